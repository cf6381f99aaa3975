r"""Equations as rows for ``split`` and ``align``: aligned at their signs, broken to a width, indented by depth.

What comes in are equations with their printed terms; what goes out are rows ``left &= right`` and ``&\\quad + more``.
"""

from __future__ import annotations

from collections.abc import Sequence

from symgate.tex.latex_words import LatexWords
from symgate.tex.layout import DEEPEST, QUAD, Row, broken, fits, plain, visible_width
from symgate.tex.statement import Line
from symgate.tex.words import Term

#: A left side above this share of the width, and this many letters, has a row of its own where all is long.
_WIDE, _LEAST = 0.4, 16
#: A relation sign with the space around it, in letters.
_RELATION = 2.2
#: A comma or a stop at the end of a row, in letters.
_STOP = 0.5


def left_text(line: Line) -> str:
    """The left side in LaTeX; "" for none."""
    return plain(line.left.text) if line.left else ""


def right_side(terms: tuple[Term, ...]) -> str:
    """A sum in LaTeX, on one line, with spaces around its outer signs."""
    texts = []
    for place, (negative, piece) in enumerate(terms):
        sign = "-" if negative else "+" if place else ""
        texts.append(sign + (" " if place else "") + plain(piece.text))
    return " ".join(texts)


def aligned(stated: Sequence[Line], words: LatexWords) -> list[str]:
    """The rows of equations that stand one below the other, for each equation in turn, none wider than the style."""
    return [row for rows in grouped(stated, words) for row in rows]


def grouped(stated: Sequence[Line], words: LatexWords) -> list[list[str]]:
    """The rows of each equation.

    Left sides are aligned at the right; a left side that leaves too little room has a row of its own.
    """
    lefts = [visible_width(left_text(line)) for line in stated]
    apart = [left > max(_WIDE * words.style.width, _LEAST) for left in lefts]
    while True:
        taken = max((left for left, own in zip(lefts, apart, strict=True) if not own), default=0.0)
        found = [_rows(line, words, taken, own=own) for line, own in zip(stated, apart, strict=True)]
        bad = [place for place, (_, fit) in enumerate(found) if not fit and not apart[place] and lefts[place]]
        if not bad:
            return [rows for rows, _ in found]
        widest = max(bad, key=lambda place: lefts[place])
        apart[widest] = True


def _rows(line: Line, words: LatexWords, taken: float, *, own: bool) -> tuple[list[str], bool]:
    """The rows of one equation behind ``taken`` letters, and whether they fit."""
    left, sign = left_text(line), words.relation(line.relation.value)
    right = words.total(line.terms)
    if own and visible_width(left) + _RELATION + visible_width(right) > words.style.width - taken:
        room = words.style.width - taken - QUAD
        parts = broken(right, room - _RELATION, room - QUAD)
        quad = r"\quad" if visible_width(parts[0].text) <= room - _RELATION - _STOP else ""  # what cannot be broken
        rows = [
            rf"& {left}",
            rf"&{quad} {sign} {parts[0].text}",
            *(f"&{_indent(part, 1)} {part.text}" for part in parts[1:]),
        ]
        return rows, True
    room = words.style.width - taken - (_RELATION if left else 0)
    parts = broken(right, room, room - QUAD)
    rest = [f"&{_indent(part)} {part.text}" for part in parts[1:]]
    fit = fits(parts, room)
    return [f"{left} &{sign} {parts[0].text}" if left else f"& {parts[0].text}", *rest], fit


def _indent(part: Row, more: int = 0) -> str:
    """How far a row is moved in: a quad, and one for each bracket that it goes on inside of."""
    return r"\quad" * (1 + more + min(part.depth, DEEPEST))
