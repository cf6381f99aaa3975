"""Formulas as people published them, with their author's recurrence: ``python benchmarks/wild.py FILE ...``.

Each file is a TOML list of ``[[formula]]`` tables with id, recurrence and formula; ``holds`` (or ``true``) says
whether it holds as it
stands.  Without a file the collection of the tests is run.
"""

from __future__ import annotations

import sys
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import symgate as sg
from symgate.claims import read_recurrence

ROOT = Path(__file__).parents[1]
OWN = sorted((ROOT / "tests" / "claims" / "wild").glob("*.toml"))


@dataclass(frozen=True)
class Row:
    """One formula with what came out.

    Attributes:
        name: its id.
        holds: whether it holds as it stands.
        verdict: the verdict, or "error".
        words: the proposal, the slip or the error.
        expected: whether the verdict is right, and an expected proposal or question is there.
        seconds: the time it took.
    """

    name: str
    holds: bool
    verdict: str
    words: str
    expected: bool
    seconds: float


def judged(entry: dict[str, Any]) -> Row:
    """The verdict on one formula."""
    start = time.perf_counter()
    holds = entry.get("holds", entry.get("true"))
    try:
        found = read_recurrence(entry["recurrence"], discretisation=entry.get("discretisation"))
        finding = sg.check(found, entry["formula"], _object(entry.get("object")))
    except sg.SymgateError as error:
        asked = "asks" in entry and entry["asks"] in str(error)
        return Row(entry["id"], holds, "error", str(error), expected=asked, seconds=time.perf_counter() - start)
    offers = "; ".join(item.words for item in finding.proposals)
    if finding.verdict in ("proved", "refuted"):
        expected = (finding.verdict == "proved") == holds and "asks" not in entry
    else:
        expected = "asks" in entry and entry["asks"] in finding.statement
    expected = expected and entry.get("proposal", "") in offers
    words = offers or "; ".join(finding.slips[:1]) or ("" if finding.proved else finding.statement)
    return Row(entry["id"], holds, finding.verdict, words, expected=expected, seconds=time.perf_counter() - start)


def _object(name: str | None) -> str | None:
    """Older files put the state of a product in front: h/vjp:W_f is vjp:h/W_f."""
    if name and "/vjp:" in name:
        state, _, parameter = name.partition("/vjp:")
        return f"vjp:{state}/{parameter}"
    return name


def main() -> int:
    """Print the table; the exit code is 1 where a verdict is not the expected one."""
    paths = [Path(item) for item in sys.argv[1:]] or OWN
    rows = [judged(entry) for path in paths for entry in tomllib.loads(path.read_text(encoding="utf-8"))["formula"]]
    for row in rows:
        mark = " " if row.expected else "!"
        holds = "holds" if row.holds else "fails"
        print(f"{mark} {row.name:<30} {holds:<6} {row.verdict:<11} {row.seconds:5.1f} s  {row.words[:150]}")
    right = sum(row.expected for row in rows)
    print(f"{right} of {len(rows)} as expected")
    return int(right < len(rows))


if __name__ == "__main__":
    sys.exit(main())
