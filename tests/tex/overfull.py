"""Overfull lines of everything that is printed: all objects of all cells, in one column and in two.

    python -m tests.tex.overfull            # all of them, by object
    python -m tests.tex.overfull 16         # one in sixteen

A TeX run sets every display and its definitions in text blocks of 345 and 240 points; its log says which lines stick
out by more than one point.
"""

from __future__ import annotations

import re
import sys
import time
from dataclasses import dataclass

import symgate as sg
from symgate.tex import Style, definitions, equation
from symgate.tex.run import log_of
from tests.tex.everything import every_object

#: The width of a text block in points, with the name under which it is reported.
COLUMNS = {"one column": 345, "two columns": 240}
#: TeX runs on so many printed objects at once.
_BATCH = 200


@dataclass(frozen=True)
class Overfull:
    """A line that sticks out: of which object, in which column, by how many points."""

    name: str
    column: str
    points: float


def printed(item: sg.Cell | sg.Derivation, style: Style) -> str:
    """What an author pastes: the equation, what its names stand for, and further equations."""
    parts = [equation(item, style, label=""), definitions(item, style)]
    if isinstance(item, sg.Derivation):
        parts.append(further_displays(item, style))
    return "\n".join(part for part in parts if part)


def further_displays(item: sg.Derivation, style: Style) -> str:
    """The further equations as displays."""
    from symgate.tex.equations import further_equations

    return further_equations(item, style)


def overfull(texts: dict[str, str], column: str) -> list[Overfull]:
    """The lines that stick out of a column, in the order of the texts."""
    names = list(texts)
    found: list[Overfull] = []
    for start in range(0, len(names), _BATCH):
        chosen = names[start : start + _BATCH]
        log = log_of({name: texts[name] for name in chosen}, points=COLUMNS[column])
        current = ""
        for line in log.splitlines():
            if mark := re.match(r"SYMGATE-FORMULA (\d+)\.", line):
                current = chosen[int(mark[1])]
            elif line.startswith("!"):
                raise AssertionError(f"{current}: {line}")
            elif wide := re.match(r"Overfull \\hbox \(([0-9.]+)pt too wide\)", line):
                found.append(Overfull(current, column, float(wide[1])))
    return found


def main() -> int:
    """Print the figures; exit code 1 where a line sticks out."""
    every = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    chosen = dict(list(every_object())[::every])
    found: list[Overfull] = []
    for column, points in COLUMNS.items():
        started = time.perf_counter()
        texts = {name: printed(item, Style.for_points(points)) for name, item in chosen.items()}
        between = time.perf_counter()
        wide = overfull(texts, column)
        worst = max((item.points for item in wide), default=0.0)
        sys.stdout.write(
            f"{column} ({points} pt): {len(wide)} overfull lines in {len({item.name for item in wide})} of "
            f"{len(texts)} objects, the widest by {worst:.0f} pt; printed in {between - started:.0f} s, set in "
            f"{time.perf_counter() - between:.0f} s\n"
        )
        found += wide
    for item in sorted(found, key=lambda item: -item.points)[:40]:
        sys.stdout.write(f"{item.points:8.1f} pt  {item.column}  {item.name}\n")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
