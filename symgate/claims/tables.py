"""Claims kept in a file: a paper's equations in TOML, checked in one go and kept under version control.

    [[claim]]
    name = "eq. (7)"
    cell = "multi_gate"
    object = "jacobian"
    latex = '''\\operatorname{diag}(1-g_t) + ...'''

``text`` in place of ``latex`` holds a claim in plain text; ``expect`` is the verdict that the file records, "proved"
where it is not given ("refuted" keeps a known erratum in the table); ``note`` is for the reader.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from symgate.cells import CELLS
from symgate.claims.judging.judge import check
from symgate.claims.judging.record import EXIT, Finding
from symgate.claims.reading.reader import FORMS
from symgate.errors import DefinitionError, NotProvedError, unknown
from symgate.proof import PROVED
from symgate.records import Cell

_LARGEST, _MOST = 1_000_000, 1000
_KEYS = {"name", "cell", "object", "text", "latex", "expect", "note"}


@dataclass(frozen=True)
class Claim:
    """One claim of a file.

    Attributes:
        name: what the file calls it, such as "eq. (7)".
        cell, object: what it is about.
        formula: the claim.
        form: "text" or "latex".
        expect: the verdict that the file records.
    """

    name: str
    cell: Cell
    object: str
    formula: str
    form: str
    expect: str = PROVED

    def check(self, **options: Any) -> Finding:
        """Judge it; options as for :func:`symgate.check`."""
        return check(self.cell, self.formula, self.object, form=self.form, **options)


def load_claims(path: str | os.PathLike[str], cells: Mapping[str, Cell] | None = None) -> tuple[Claim, ...]:
    """The claims of a TOML file.

    Args:
        path: the file.
        cells: cells of your own by the name that the file uses, beside the built-in ones.

    Raises:
        DefinitionError: no TOML, no ``[[claim]]``, or an entry that lacks something or holds something unknown.
        UnknownNameError: a cell that does not exist.
    """
    path = Path(path)
    if path.stat().st_size > _LARGEST:
        raise DefinitionError(f"{path} is larger than {_LARGEST} bytes; split the table.")
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DefinitionError(f"{path} is no TOML: {error}") from None
    entries = table.get("claim")
    if not isinstance(entries, list) or not entries or table.keys() - {"claim", "title"}:
        raise DefinitionError(f"{path} needs a list of [[claim]] tables, and may have a title, nothing else.")
    if len(entries) > _MOST:
        raise DefinitionError(f"{path} holds {len(entries)} claims; at most {_MOST} are allowed.")
    known = {cell.name: cell for cell in CELLS} | dict(cells or {})
    return tuple(_claim(entry, f"claim {place} of {path}", known) for place, entry in enumerate(entries, start=1))


def _claim(entry: Any, where: str, known: Mapping[str, Cell]) -> Claim:
    if not isinstance(entry, dict) or not all(isinstance(value, str) for value in entry.values()):
        raise DefinitionError(f"{where}: every value is a string.")
    for key in entry:
        if key not in _KEYS:
            raise unknown(f"key in {where}", key, sorted(_KEYS))
    forms = [form for form in FORMS if form in entry]
    missing = [key for key in ("name", "cell", "object") if key not in entry]
    if missing or len(forms) != 1:
        raise DefinitionError(f"{where} needs name, cell, object and one of text and latex; found {sorted(entry)}.")
    if entry["cell"] not in known:
        raise unknown("cell", entry["cell"], known)
    expect = entry.get("expect", PROVED)
    if expect not in EXIT:
        raise unknown("verdict", expect, EXIT)
    return Claim(entry["name"], known[entry["cell"]], entry["object"], entry[forms[0]], forms[0], expect)


def assert_claims(path: str | os.PathLike[str], cells: Mapping[str, Cell] | None = None) -> tuple[Finding, ...]:
    """Check every claim of a file and require the verdicts that it records; for a paper's own tests.

    Raises:
        NotProvedError: a verdict is another one; the message lists each such claim.
    """
    claims = load_claims(path, cells)
    findings = tuple(claim.check() for claim in claims)
    wrong = [f"{c.name}: {f}" for c, f in zip(claims, findings, strict=True) if f.verdict != c.expect]
    if wrong:
        raise NotProvedError(f"{len(wrong)} of {len(claims)} claims in {path} fail.\n" + "\n".join(wrong))
    return findings


def exit_code(verdicts: Mapping[str, tuple[str, str]] | list[tuple[str, str]]) -> int:
    """0 where every (verdict, expected verdict) agrees; else 1 with a refuted claim, 2 with an undecided one."""
    pairs = list(verdicts.values()) if isinstance(verdicts, Mapping) else verdicts
    codes = [max(EXIT[verdict], int(verdict != expected)) for verdict, expected in pairs if verdict != expected]
    return 1 if 1 in codes else max(codes, default=0)
