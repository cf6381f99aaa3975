"""Claims kept in a file: a paper's equations in TOML, checked in one go and kept under version control.

    [[claim]]
    name = "eq. (7)"
    cell = "multi_gate"
    object = "jacobian"
    latex = '''\\operatorname{diag}(1-g_t) + ...'''

Cells of your own stand in the same file as the paper has them, and so do the author's conventions:

    [cell.elman]
    latex = '''h_t = \\tanh(W h_{t-1} + U x_t + b)'''

    [notation]
    layout = "denominator"

A cell may also come from a Python file, ``cell = "mine.py:PAPER"``, which is run.  ``object`` may be left out where
the left side of the claim says it.  ``text`` in place of ``latex`` holds a claim in plain text; ``expect`` is the
verdict that the file records, "proved" where it is not given ("refuted" keeps a known erratum in the table); ``note``
is for the reader.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from symgate.cells import CELLS
from symgate.claims.files import cell_from_file
from symgate.claims.judging.judge import check
from symgate.claims.judging.record import EXIT, Finding
from symgate.claims.reading.limits import UnreadableError
from symgate.claims.reading.reader import FORMS
from symgate.claims.recurrence.reader import Recurrence, read_recurrence
from symgate.errors import DefinitionError, NotProvedError, unknown
from symgate.notation import PLAIN, Notation, notation_of
from symgate.proof import PROVED
from symgate.records import Cell

_LARGEST, _MOST = 1_000_000, 1000
_CELL_KEYS = {"latex", "text", "sizes", "inputs", "states", "discretisation", "source"}
_KEYS = {"name", "cell", "object", "text", "latex", "expect", "note"}


@dataclass(frozen=True)
class Claim:
    """One claim of a file.

    Attributes:
        name: what the file calls it, such as "eq. (7)".
        cell, object: what it is about; no object where the left side says it.
        notation: the author's conventions.
        formula: the claim.
        form: "text" or "latex".
        expect: the verdict that the file records.
    """

    name: str
    cell: Cell
    object: str | None
    formula: str
    form: str
    expect: str = PROVED
    notation: Notation = PLAIN

    def check(self, **options: Any) -> Finding:
        """Judge it; options as for :func:`symgate.check`."""
        return check(self.cell, self.formula, self.object, form=self.form, notation=self.notation, **options)


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
        raise DefinitionError(f"{path} is not TOML: {error}") from None
    entries = table.get("claim")
    if not isinstance(entries, list) or not entries or table.keys() - {"claim", "title", "cell", "notation"}:
        raise DefinitionError(
            f"{path} needs a list of [[claim]] tables, and may have a title, [cell.NAME] and [notation] tables, "
            "nothing else."
        )
    if len(entries) > _MOST:
        raise DefinitionError(f"{path} holds {len(entries)} claims; at most {_MOST} are allowed.")
    author = notation_of(_table(table, "notation", path), f"[notation] of {path}")
    own = {name: _cell(name, entry, author, path) for name, entry in _table(table, "cell", path).items()}
    known = {cell.name: Recurrence(cell, author) for cell in [*CELLS, *(cells or {}).values()]}
    known |= {name: Recurrence(cell, author) for name, cell in (cells or {}).items()} | own
    finder = _Finder(known, author, path.parent)
    return tuple(_claim(entry, f"claim {place} of {path}", finder) for place, entry in enumerate(entries, start=1))


def _table(table: Mapping[str, Any], key: str, path: Path) -> dict[str, Any]:
    found = table.get(key, {})
    if not isinstance(found, dict):
        raise DefinitionError(f"{path}: {key} is a table; found {type(found).__name__}.")
    return found


def _cell(name: str, entry: Any, author: Notation, path: Path) -> Recurrence:
    """The cell of a ``[cell.NAME]`` table."""
    where = f"[cell.{name}] of {path}"
    if not isinstance(entry, dict):
        raise DefinitionError(f"{where} is a table with the equations in latex or text.")
    for key in entry:
        if key not in _CELL_KEYS:
            raise unknown(f"key in {where}", key, sorted(_CELL_KEYS))
    forms = [entry[form] for form in FORMS if form in entry]
    if len(forms) != 1 or not isinstance(forms[0], str):
        raise DefinitionError(f"{where} needs its equations in one of text and latex.")
    options = {key: entry[key] for key in ("inputs", "states", "discretisation", "source") if key in entry}
    try:
        return read_recurrence(forms[0], name, entry.get("sizes"), author, **options)
    except UnreadableError as error:
        raise DefinitionError(f"{where}: {error}") from None


@dataclass(frozen=True)
class _Finder:
    """The cells that a file can name."""

    known: Mapping[str, Recurrence]
    notation: Notation
    folder: Path

    def __call__(self, name: str) -> Recurrence:
        if name in self.known:
            return self.known[name]
        if name.endswith(".py") or ".py:" in name:
            return Recurrence(cell_from_file(name, self.folder), self.notation)
        raise unknown("cell", name, self.known)


def _claim(entry: Any, where: str, finder: _Finder) -> Claim:
    if not isinstance(entry, dict) or not all(isinstance(value, str) for value in entry.values()):
        raise DefinitionError(f"{where}: every value is a string.")
    for key in entry:
        if key not in _KEYS:
            raise unknown(f"key in {where}", key, sorted(_KEYS))
    forms = [form for form in FORMS if form in entry]
    missing = [key for key in ("name", "cell") if key not in entry]
    if missing or len(forms) != 1:
        raise DefinitionError(
            f"{where} needs name, cell and one of text and latex, and an object "
            f"where no left side says it; found {sorted(entry)}."
        )
    found = finder(entry["cell"])
    expect = entry.get("expect", PROVED)
    if expect not in EXIT:
        raise unknown("verdict", expect, EXIT)
    formula, form = entry[forms[0]], forms[0]
    if "object" not in entry and not re.search(r"=|\\\\(?:approx|leq?)", formula):
        raise DefinitionError(f"{where} needs an object, or a formula whose left side says it.")
    return Claim(entry["name"], found.cell, entry.get("object"), formula, form, expect, found.notation)


def assert_claims(path: str | os.PathLike[str], cells: Mapping[str, Cell] | None = None) -> tuple[Finding, ...]:
    """Check every claim of a file and require the verdicts that it records; for a paper's own tests.

    Raises:
        NotProvedError: a verdict differs from the recorded one; the message lists each such claim.
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
