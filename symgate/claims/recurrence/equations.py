r"""The equations of a recurrence: left side and right side as raw factors, chains taken apart.

In: text, which ``pieces.py`` cuts.  Out: one ``Equation`` for each name that an equation or a chain defines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from symgate.claims.reading.latex_macros import Macro
from symgate.claims.reading.latex_parser import DoubleScriptError, parsed_tokens
from symgate.claims.reading.latex_sides import sides_of
from symgate.claims.reading.limits import UnreadableError, guard, nesting
from symgate.claims.reading.raw import Raw
from symgate.claims.recurrence.pieces import pieces_of

#: How many equations a recurrence may have.
MOST = 64


@dataclass(frozen=True)
class Equation:
    """One equation of a recurrence.

    Attributes:
        left, right: its sides.
        at: where it starts in the text.
        given: its letters as written.
        implied: whether it follows from a chain, as a = W h does from b = f(a) = f(W h).
    """

    left: Raw
    right: Raw
    at: int
    given: str
    implied: bool = False


def equations_of(text: str, macros: Mapping[str, Macro] | None = None) -> tuple[Equation, ...]:
    """The equations of a recurrence.

    Raises:
        UnreadableError: something is not an equation of the notation; the position and the reason are given.
    """
    text = guard(text)
    nesting(text)
    try:
        return _equations(text, macros, loose="\\" not in text)
    except DoubleScriptError:  # names such as d_c_bar
        return _equations(text, macros, loose=True)


def _equations(text: str, macros: Mapping[str, Macro] | None, *, loose: bool) -> tuple[Equation, ...]:
    found: list[Equation] = []
    for piece in pieces_of(text, macros, loose=loose):
        sides = sides_of(piece)
        if len(sides) == 1:
            raise UnreadableError("an equation has an equals sign", piece[0].at, piece[0].text)
        if any(relation != "=" for relation, _ in sides[1:]):
            raise UnreadableError("a recurrence is made of equations; found another relation", piece[0].at)
        parts = [parsed_tokens(side, loose=loose, at=piece[0].at) for _, side in sides]
        end = piece[-1].at + len(piece[-1].text)
        found += linked(parts, piece[0].at, text[piece[0].at : end])
        if len(found) > MOST:
            raise UnreadableError(f"a recurrence has at most {MOST} equations", piece[0].at)
    if not found:
        raise UnreadableError("it contains no equation", 0)
    return tuple(found)


def linked(parts: list[Raw], at: int, given: str) -> list[Equation]:
    """The equations of a chain: z = [a; b] = W x defines a and b; b = f(a) = f(W h) defines b, and a if need be."""
    left, *rights = parts
    if len(rights) > 1 and rights[0].kind == "list":
        return [Equation(left, rights[0], at, given), Equation(rights[0], rights[-1], at, given)]
    found, implied = rights[-1], []
    for shown, other in pairwise(rights):
        word, expr = only_difference(shown, other)
        if word is not None and expr is not None:
            implied.append(Equation(word, expr, at, given, implied=True))
            found = shown if found is other and word in tuple(words_of(shown)) else found
    return [Equation(left, found, at, given), *implied]


def words_of(raw: Raw) -> Iterator[Raw]:
    """Every word."""
    return (part for part in raw.walk() if part.kind == "word")


def only_difference(one: Raw, other: Raw) -> tuple[Raw | None, Raw | None]:
    """The name in one and the expression in its place in the other, where the two differ in nothing else."""
    if alike(one, other):
        return None, None
    for word, expr in ((one, other), (other, one)):
        if word.kind == "word" and expr.kind not in ("word", "number"):
            return word, expr
    if _head(one) != _head(other) or [item.joined for item in one.scripts] != [item.joined for item in other.scripts]:
        return None, None
    differing = [pair for pair in zip(one.args, other.args, strict=True) if not alike(*pair)]
    return only_difference(*differing[0]) if len(differing) == 1 else (None, None)


def alike(one: Raw, other: Raw) -> bool:
    """Whether two are the same but for where they stand."""
    return (
        _head(one) == _head(other)
        and [(item.place, item.joined) for item in one.scripts] == [(item.place, item.joined) for item in other.scripts]
        and all(alike(*pair) for pair in zip(one.args, other.args, strict=True))
    )


def _head(raw: Raw) -> tuple[object, ...]:
    """What a factor is, apart from its parts and scripts."""
    return raw.kind, raw.value, raw.face, len(raw.args)
