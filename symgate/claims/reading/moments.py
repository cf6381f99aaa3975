"""Time indices: whole linear combinations of t, k, j, ... and numbers, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sympy
from sympy import Expr

from symgate.claims.reading.limits import UnreadableError
from symgate.claims.reading.surface import Node
from symgate.language import T
from symgate.language.sequences import LAST, K

_LARGEST = 4  # digits


def moment(node: Node, times: Mapping[str, sympy.Symbol]) -> Expr:
    """A time index, such as t, k + 1, i_1 - 1.

    Raises:
        UnreadableError: anything else.
    """
    if node.kind == "number" and node.value.isdigit() and len(node.value) <= _LARGEST:
        return sympy.Integer(int(node.value))
    if node.kind == "name" and not node.primes and node.index is None and node.value in times:
        return times[node.value]
    if node.kind == "minus":
        return -moment(node.args[0], times)
    if node.kind == "sum":
        signs = [1 if sign == "+" else -1 for sign in node.value]
        return sympy.Add(*(sign * moment(part, times) for sign, part in zip(signs, node.args, strict=True)))
    known = ", ".join(sorted(times))
    raise UnreadableError(f"a time index is a sum of whole numbers and of {known}", node.at)


def from_tokens(tokens: Sequence[tuple[str, int]], at: int) -> Node:
    """The tree of an index that LaTeX wrote as tokens, such as i _ 1 - 1.

    Raises:
        UnreadableError: it is not of this form.
    """
    signs: list[str] = []
    parts: list[Node] = []
    expect, sign = True, "+"
    place = 0
    while place < len(tokens):
        word, where = tokens[place]
        place += 1
        if word in "+-" and not (expect and parts):
            sign, expect = word, True
            continue
        word = word.lstrip("\\")
        if not expect or not word.isalnum():
            raise UnreadableError("this is not a time index", where, word[:16])
        if place + 1 < len(tokens) and tokens[place][0] == "_" and tokens[place + 1][0].isalnum():
            word, place = f"{word}_{tokens[place + 1][0]}", place + 2
        signs.append(sign)
        parts.append(Node("number" if word.isdigit() else "name", where, word))
        expect = False
    if expect:
        raise UnreadableError("a time index is missing", at)
    return parts[0] if signs == ["+"] else Node("sum", at, "".join(signs), tuple(parts))


def is_moment(tokens: Sequence[tuple[str, int]]) -> bool:
    """Whether tokens have the form of a time index."""
    try:
        from_tokens(tokens, 0)
    except UnreadableError:
        return False
    return True


def may_be_negative(exponent: Expr) -> bool:
    """Whether an exponent may be below 0 where k <= t <= T, as -k, 1 - t, k - t and t - k - 1 may.

    Of other indices nothing is known: ``t - i``, and ``t - 1``, are lengths where they are used.
    """
    number, rest = exponent.as_coeff_Add()
    terms = [term.as_coeff_Mul() for term in sympy.Add.make_args(rest) if term != 0]
    spare = [letter for factor, letter in terms if factor > 0 for _ in range(int(factor))]
    for letter in (letter for factor, letter in terms if factor < 0 for _ in range(int(-factor))):
        later = next((own for own in spare if _not_before(own, letter)), None)
        if later is None:
            return True
        spare.remove(later)
    return bool(number < 0 and not spare)


def _not_before(letter: Expr, other: Expr) -> bool:
    order = (K, T, LAST)
    return letter not in order or other not in order or order.index(letter) >= order.index(other)
