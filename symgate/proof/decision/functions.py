"""Functions of forms made canonical: exp of a sum, odd and even functions, squares.

exp(a + b) = exp(a) exp(b)      exp(c a) = exp(a)^c      f(-z) = -f(z) or f(z)      f^2 = 1 - g^2 or 1
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from symgate.proof.decision.forms import Atom, Kind, Number, Raw

if TYPE_CHECKING:
    from symgate.proof.decision.canon import Algebra

#: The origin of what is a scalar of all entries of a matrix, at letters of its own; entries of that sort are others.
NORM = "norm"


@dataclass(frozen=True)
class Function:
    """A scalar function as an atom knows it.

    Attributes:
        origin: "cell" for a function that the cell declares, ``NORM`` for a norm or an extreme, "registry" otherwise.
        name: its name there.
        parity: 1 for an even function, -1 for an odd one, 0 where nothing is used.
        exponential: whether it is exp, with its addition theorem.
        square: the name of g where f^2 = 1 - g^2, empty where f^2 = 1, None where nothing is used.
    """

    origin: str
    name: str
    parity: int = 0
    exponential: bool = False
    square: str | None = None


def simpler(algebra: Algebra, atom: Atom, power: Number) -> list[Raw] | None:
    """A power of a function as a sum of simpler products, or None where it is as simple as it gets."""
    function, order = atom.head
    (inner,) = atom.args
    if function.exponential:
        if len(inner.terms) == 1 and inner.terms[0][1] == 1 and not order:
            return None
        head = (function, 0)
        parts = [(algebra.atom(Kind.FUN, head, args=(algebra.form({t: 1}),)), power * c) for t, c in inner.terms]
        return [(1, parts, ())]
    if function.square is not None and not order and power >= 2:
        rest = [(atom, power - 2)]
        if not function.square:
            return [(1, rest, ())]
        other = algebra.atom(Kind.FUN, (Function(function.origin, function.square, 1), 0), args=atom.args)
        return [(1, rest, ()), (-1, [*rest, (other, 2)], ())]
    if not function.parity:
        return None
    parity = function.parity * (-1) ** order
    if not inner.terms:
        return [] if parity < 0 and power > 0 else None
    if inner.terms[0][1] > 0:
        return None
    turned = algebra.atom(Kind.FUN, atom.head, args=(algebra.scaled(inner, -1),))
    return [(1 if parity > 0 or power % 2 == 0 else -1, [(turned, power)], ())]
