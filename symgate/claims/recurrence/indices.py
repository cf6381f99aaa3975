r"""Recurrences entry by entry: ``h_i^t = \phi(\sum_j W_{ij} h_j^{t-1} + b_i)`` as one of vectors and matrices.

The letter of the left side is the row.  A sum over a letter is a matrix product; ``W_{ji}`` with the row last is the
transpose.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from symgate.claims.reading.limits import UnreadableError
from symgate.claims.reading.raw import Raw, Script
from symgate.claims.reading.scripts import items_of
from symgate.claims.recurrence.equations import Equation
from symgate.claims.recurrence.looks import MATRIX_FACE, VECTOR_FACE, words_with_next

_LETTERS = frozenset("ijklmn")


def unindexed(equations: tuple[Equation, ...]) -> tuple[Equation, ...]:
    """The equations without the letters of entries, where one has a sum or a pair of letters with its row."""
    return tuple(map(_unindexed, equations)) if any(map(_indexed, equations)) else equations


def _indexed(equation: Equation) -> bool:
    row = _row(equation.left)
    pairs = [pair for word, _ in words_with_next(equation.right) for pair in _pairs(word)]
    summed = bool(_summed(equation.right)) or any(row in pair for pair in pairs)
    return bool(row) and (summed or any(True for _ in _entries(equation.right, row)))


def _entries(raw: Raw, row: str) -> Iterator[Raw]:
    """Brackets of which an entry is taken, as in [W x]_j."""
    return (part for part in raw.walk() if _is_bracket(part) and any(_is_row(item, row) for item in part.scripts))


def _unindexed(equation: Equation) -> Equation:
    row = _row(equation.left)
    if not row:
        return equation
    pairs = {pair for word, _ in words_with_next(equation.right) for pair in _pairs(word)}
    letters = frozenset({row, *_summed(equation.right), *(letter for pair in pairs if row in pair for letter in pair)})
    left, right = (_without(side, row, letters) for side in (equation.left, equation.right))
    return replace(equation, left=left, right=right)


def _row(left: Raw) -> str:
    """The letter of the entry on the left, such as i in h_i^t; "" for none."""
    for word, _ in words_with_next(left):
        below, above = items_of(word)
        found = [item.joined for item in below if item.joined in _LETTERS]
        if below and not found:  # h_t^j
            found = [item.joined.strip("()") for item in above if item.joined.strip("()") in _LETTERS]
        if found:
            return found[-1]
    return ""


def _is_row(item: Script, row: str) -> bool:
    """Whether a script is the letter of the row, below or above."""
    return item.joined == row if item.place == "_" else item.place == "^" and item.joined.strip("()") == row


def _summed(raw: Raw) -> set[str]:
    """The letters that sums run over."""
    own = {item.joined[0] for item in raw.scripts if item.place == "_" and item.joined[:1] in _LETTERS}
    found = own if raw.kind == "bigop" and raw.value == "sum" else set()
    return found.union(*(_summed(part) for part in raw.args))


def _pairs(word: Raw) -> list[str]:
    """Two letters below a word, as ij or i,j."""
    items = [item.joined for item in items_of(word)[0]]
    joined = ["".join(pair) for pair in pairwise(items) if all(item in _LETTERS for item in pair)]
    return [*joined, *(item for item in items if len(item) == 2 and set(item) <= _LETTERS)]


def _without(raw: Raw, row: str, letters: frozenset[str]) -> Raw:
    if raw.kind == "word":
        return _bare(raw, row, letters)
    parts = [_without(part, row, letters) for part in raw.args if not (part.kind == "bigop" and part.value == "sum")]
    if len(parts) != len(raw.args) and (raw.kind != "chain" or not parts):
        raise UnreadableError("something must follow this sum", raw.at)
    if raw.kind == "chain" and len(parts) == 1:
        return parts[0].scripted(*raw.scripts)
    scripts = tuple(item for item in raw.scripts if not (_is_bracket(raw) and _is_row(item, row)))
    return Raw(raw.kind, raw.at, raw.value, tuple(parts), scripts, raw.face)


def _is_bracket(raw: Raw) -> bool:
    return raw.kind in ("group", "list")


def _bare(word: Raw, row: str, letters: frozenset[str]) -> Raw:
    """A word without its letters; transposed where the row comes last of two."""
    below, above = items_of(replace(word, scripts=tuple(item for item in word.scripts if item.place in ("_", "^"))))
    seen = "".join(item.joined for item in below if item.joined and set(item.joined) <= letters)
    kept = [item for item in below if not (item.joined and set(item.joined) <= letters)]
    if not seen and kept:  # h_t^j, where the time stands below
        own = [item for item in above if item.joined.strip("()") in letters]
        seen = "".join(item.joined.strip("()") for item in own)
        above = [item for item in above if item not in own]
    turned = (Script("^", (("\\top", word.at),), word.at),) if len(seen) == 2 and seen[1] == row != seen[0] else ()
    accents = tuple(item for item in word.scripts if item.place not in ("_", "^"))
    if word.value == "I" and len(seen) == 1:
        kept = [*kept, Script("_", (("ext", word.at),), word.at)]  # a current, not the identity
    face = {1: VECTOR_FACE, 2: MATRIX_FACE}.get(len(seen), word.face)
    return replace(word, scripts=(*accents, *kept, *above, *turned), face=face)
