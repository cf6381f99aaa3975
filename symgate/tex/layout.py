"""Where a line of LaTeX is broken: at the outermost sign that helps, and inside a term only where it alone is too long.

What comes in is LaTeX with a mark at each place where a line may end; what goes out are rows, each with its depth.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import accumulate

from symgate.tex.latex_words import BREAK
from symgate.tex.metrics import points
from symgate.tex.style import LETTER

#: What a row is moved in for each depth, in letters: a quad.
QUAD = 10 / LETTER
#: How deep rows are moved in at most.
DEEPEST = 3
#: A factor narrower than this never begins or ends a row by itself where another break helps.
_SMALL = 9.0
#: A last row narrower than this share of the width is filled from the rows above it.
_ORPHAN = 0.3
#: The estimate of a width may be too small by about so much.
_SAFE = 1.025
_OPEN = re.compile(r"\(|\\lVert|\\lvert")
_CLOSE = re.compile(r"\)|\\rVert|\\rvert")
_SIGN = re.compile(r"\s*[+-]")
_OPERATOR = re.compile(r"\s*\\(?:odot|otimes|had|kron)(?![A-Za-z])")
#: How breaks rank at one depth: before a sign, before an operator, between large factors, between small ones.
_AT_SIGN, _AT_OPERATOR, _AT_LARGE, _AT_SMALL, _NEVER = 0.0, 1.0, 1.5, 5.5, 40.0


@dataclass(frozen=True)
class Row:
    """A row: its text, and how many brackets it goes on inside of."""

    text: str
    depth: int = 0


def plain(latex: str) -> str:
    """The text without the marks of possible breaks."""
    return re.sub("  +", " ", latex.replace(BREAK, ""))


def on_one_line(latex: str) -> str:
    r"""A derivative without fraction bars: ``\frac{a}{b}`` as a / b, tall parentheses as plain ones."""
    latex = plain(latex).replace(r"\left(", "(").replace(r"\right)", ")")
    while r"\frac{" in latex:
        place = latex.index(r"\frac{")
        top, after = _braced(latex, place + 5)
        bottom, end = _braced(latex, after)
        latex = f"{latex[:place]}{top} / {bottom}{latex[end:]}"
    return latex


def _braced(latex: str, start: int) -> tuple[str, int]:
    """The group that opens at ``start`` (or the one character there), and where it ends."""
    if latex[start] != "{":
        return latex[start], start + 1
    depth = 0
    for place in range(start, len(latex)):
        depth += {"{": 1, "}": -1}.get(latex[place], 0)
        if depth == 0:
            return latex[start + 1 : place], place + 1
    return latex[start + 1 :], len(latex)


def visible_width(latex: str) -> float:
    """A close estimate of the printed width, in letters of running text."""
    return _SAFE * points(plain(latex)) / LETTER


def broken(latex: str, first: float, rest: float) -> list[Row]:
    """The text as rows, at most ``first`` letters wide on the first and ``rest`` on the others where breaks allow.

    Rows are filled; a last row that would hold little is filled up from those before it.
    """
    rows = _rows(latex, first, rest, 0)
    for share in (0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6):
        if len(rows) < 2 or _width(rows[-1].text) >= _ORPHAN * rest:
            break
        even = _rows(latex, first * share, rest * share, 0)
        if len(even) == len(rows) and _width(even[-1].text) > _width(rows[-1].text):
            rows = even
    kept = [Row(row.text, _depth_that_fits(row, rest)) for row in rows]
    return _with_fixed_brackets([Row(plain(row.text).strip(), row.depth) for row in kept])


def _depth_that_fits(row: Row, room: float) -> int:
    """The depth of a row; less where what cannot be broken would stick out at it."""
    depth = min(row.depth, DEEPEST)
    while depth and _width(row.text) + QUAD * depth > room:
        depth -= 1
    return depth


def _width(text: str) -> float:
    """The width of a part of a formula that goes on after an operand."""
    return _SAFE * points(text.replace(BREAK, ""), operand=True) / LETTER


def _rows(latex: str, first: float, rest: float, depth: int) -> list[Row]:
    """The text as rows that still hold their marks; all but the first are at ``depth`` or deeper."""
    if BREAK not in latex or visible_width(latex) <= first:
        return [Row(latex, depth)]
    units, signs = _units(latex)
    rows: list[Row] = []
    current, used, deep = "", 0.0, depth
    for unit in units:
        width = _width(unit)
        room = (rest if rows else first) - QUAD * min(deep, DEEPEST)
        if used + width <= room or (not current and BREAK not in unit):
            current, used = current + unit, used + width
            continue
        if current and used < _SMALL and BREAK in unit and not signs:  # no factor alone in its row
            inner = _rows(unit, room - used, rest, depth + 1)
            if len(inner) > 1 and used + _width(inner[0].text) <= room:
                rows += [Row(current + inner[0].text, deep), *inner[1:-1]]
                current, used, deep = inner[-1].text, _width(inner[-1].text), inner[-1].depth
                continue
        if current:
            rows.append(Row(current, deep))
            current, used, deep = unit, width, depth
            room = rest - QUAD * min(deep, DEEPEST)
        else:
            current, used = unit, width
        if used > room and BREAK in unit:
            *inner, last = _rows(unit, room, rest, depth + 1)
            rows += [Row(row.text, row.depth if place else depth) for place, row in enumerate(inner)]
            current, used, deep = last.text, _width(last.text), last.depth if inner else depth
            if signs and unit is not units[-1]:
                rows.append(Row(current, deep))
                current, used, deep = "", 0.0, depth
    return [*rows, Row(current, deep)] if current else rows


def _units(latex: str) -> tuple[list[str], bool]:
    """The text cut at its outermost breaks, and whether those stand before signs."""
    chunks = latex.split(BREAK)
    depths = list(accumulate(len(_OPEN.findall(chunk)) - len(_CLOSE.findall(chunk)) for chunk in chunks[:-1]))
    ranks = [_rank(place, depths, chunks) for place in range(len(depths))]
    lowest = min(ranks)
    units = [chunks[0]]
    for rank, chunk in zip(ranks, chunks[1:], strict=True):
        if rank == lowest:
            units.append(chunk)
        else:
            units[-1] += BREAK + chunk
    return units, lowest % 2 == _AT_SIGN


def _rank(place: int, depths: list[int], chunks: list[str]) -> float:
    """How far out a break stands."""
    depth, following = depths[place], chunks[place + 1]
    if _SIGN.match(following):
        return 2 * depth + (_AT_SIGN if depth == 0 or _inside(place, depths, chunks) >= _SMALL else _NEVER)
    if _OPERATOR.match(following):
        return 2 * depth + _AT_OPERATOR
    before = next((other for other in range(place - 1, -1, -1) if depths[other] <= depth), -1)
    after = next((other for other in range(place + 1, len(depths)) if depths[other] <= depth), len(depths))
    left, right = "".join(chunks[before + 1 : place + 1]), "".join(chunks[place + 1 : after + 1])
    return 2 * depth + (_AT_LARGE if min(_width(left), _width(right)) >= _SMALL else _AT_SMALL)


def _inside(place: int, depths: list[int], chunks: list[str]) -> float:
    """About how wide the brackets are around a break."""
    depth = depths[place]
    first = next((other + 1 for other in range(place - 1, -1, -1) if depths[other] < depth), 0)
    last = next((other for other in range(place + 1, len(depths)) if depths[other] < depth), len(depths))
    return (
        _width("".join(chunks[first : last + 1]))
        - _width(chunks[first].rsplit("(", 1)[0])
        - _width(chunks[last].split(")", 1)[-1])
    )


def _with_fixed_brackets(rows: list[Row]) -> list[Row]:
    r"""Brackets that grow by themselves must close in their row; where one does not, they get a size."""
    if all(row.text.count(r"\left(") == row.text.count(r"\right)") for row in rows):
        return rows
    return [Row(row.text.replace(r"\left(", r"\biggl(").replace(r"\right)", r"\biggr)"), row.depth) for row in rows]


def fits(rows: list[Row], room: float) -> bool:
    """Whether every row is at most so wide, its indentation included."""
    return all(
        _width(row.text) + (QUAD * (1 + min(row.depth, DEEPEST)) if place else 0) <= room
        for place, row in enumerate(rows)
    )
