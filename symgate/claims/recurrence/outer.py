r"""``v \otimes k`` in a recurrence: the outer product v k^\top of two vectors.

In: the equations over plain names.  Out: the same with products of vectors in the place of the sign, so that all that
is told of v k^\top holds of it too.  Of two letters that may be matrices it is refused: that is a Kronecker product.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from symgate.claims.reading.limits import UnreadableError
from symgate.claims.reading.raw import Raw, Script
from symgate.claims.recurrence.steps import Steps

#: The sign among those that join the factors of a term.
OUTER = "k"
#: Operators that stack the entries of a matrix in another way: no function entry by entry.
STACKING = frozenset({"vec", "vecop", "mat", "unvec", "reshape"})
_TURNED = Script("^", (("\\top", 0),), 0)


def with_outer_products(steps: Steps, given: Mapping[str, Sequence[str | int]]) -> Steps:
    r"""The equations with v k^\top for v \otimes k.

    Raises:
        UnreadableError: a factor is one capital letter, which may be a matrix, and its size is not given; there are
            more than two factors; or vec or mat stacks a matrix in another way.
    """
    stacking = STACKING.intersection([*steps.functions, *steps.functions.values()])
    if stacking:
        raise UnreadableError(
            f"{min(stacking)} stacks the entries of a matrix in another way and is not a function of entries; write "
            "the matrix itself, such as C_{t-1} + v_t k_t^\\top for mat(k_t \\otimes v_t)"
        )
    vectors = {name for name, shape in given.items() if len(shape) == 1}
    states = {name: _read(raw, vectors) for name, raw in steps.states.items()}
    lets = [(name, _read(raw, vectors)) for name, raw in steps.lets]
    return replace(steps, states=states, lets=type(steps.lets)(lets))


def _read(raw: Raw, vectors: set[str]) -> Raw:
    args = tuple(_read(part, vectors) for part in raw.args)
    raw = raw if args == raw.args else replace(raw, args=args)
    if raw.kind != "term" or OUTER not in raw.value:
        return raw
    place = raw.value.index(OUTER)
    if raw.value.count(OUTER) > 1 or place not in (0, len(raw.value) - 1):
        raise UnreadableError(
            "\\otimes stands between two vectors, v \\otimes k, and its term has no other factor", raw.at
        )
    left, right = args[: place + 1], args[place + 1 :]
    sides = [_side(part, sign) for part, sign in ((left, raw.value[:place]), (right, raw.value[place + 1 :]))]
    for side in sides:
        _refuse_matrix(side, vectors)
    front = sides[0].args if sides[0].kind == "chain" else (sides[0],)
    last = sides[1] if sides[1].kind == "word" else Raw("group", sides[1].at, "(", (sides[1],))
    return Raw("chain", raw.at, args=(*front, last.scripted(replace(_TURNED, at=last.at))))


def _side(parts: tuple[Raw, ...], signs: str) -> Raw:
    """What stands on one side of the sign."""
    return parts[0] if len(parts) == 1 else Raw("group", parts[0].at, "(", (Raw("term", parts[0].at, signs, parts),))


def _refuse_matrix(side: Raw, vectors: set[str]) -> None:
    if side.kind == "word" and side.value[:1].isupper() and side.value not in vectors:
        name = side.value
        raise UnreadableError(
            f"{name} beside \\otimes can be read in 2 ways: a vector, of an outer product v k^\\top; or a matrix, of a "
            f"Kronecker product, which a recurrence cannot contain. Write the product with ^\\top, or say sizes={{"
            f"{name!r}: 'n'}}",
            side.at,
        )
