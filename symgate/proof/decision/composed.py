"""Registered functions that are made of others, as rewritings of their atoms.

    silu(z) = z sigma(z)                    gelu(z) = z (1 + erf(z/sqrt(2)))/2      mish(z) = z tanh(softplus(z))
    log_sigmoid(z) = z - softplus(z)        elu(z) = relu(z) + e(z) - 1             e(z) = exp(-relu(-z))
    selu(z) = c relu(z) + c a (e(z) - 1)    leaky_relu(z) = relu(z) - relu(-z)/100  relu6(z) = relu(z) - relu(z-6)
    hard_tanh(z) = relu(z+1) - relu(z-1) - 1        hard_sigmoid(z) = (relu(z+3) - relu(z-3))/6
    step(z) = (1 + s(z))/2

Their derivatives follow by the rules for products and sums.  What each is made of is rewritten in turn, by what is
used of it at the same level; a derivative that no line gives stays an atom.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from symgate.nonlinearities.activations import ALPHA, SCALE
from symgate.proof.decision.forms import Form, Number

if TYPE_CHECKING:
    from symgate.proof.decision.knowledge import Knowledge

Rule = Callable[["Knowledge", int, Form], "Form | None"]
HALF = Fraction(1, 2)
SELU, BELOW = (Fraction(int(number.p), int(number.q)) for number in (SCALE, SCALE * ALPHA))


def _times(z: Form, order: int, factor: Callable[[int], Form], k: Knowledge) -> Form:
    """z f(z), differentiated: z f^(k) + k f^(k-1)."""
    found = k.algebra.times(z, factor(order))
    return k.algebra.add(found, k.algebra.scaled(factor(order - 1), order)) if order else found


def _silu(k: Knowledge, order: int, z: Form) -> Form:
    return _times(z, order, lambda own: k.registered("sigma", z, own), k)


def _gelu(k: Knowledge, order: int, z: Form) -> Form:
    algebra = k.algebra

    def share(own: int) -> Form:
        root = algebra.power(algebra.number(2), -HALF)
        inner = k.registered("erf", algebra.times(root, z), own)
        for _ in range(own):
            inner = algebra.times(root, inner)
        return algebra.scaled(inner if own else algebra.add(algebra.one, inner), HALF)

    return _times(z, order, share, k)


def _mish(k: Knowledge, order: int, z: Form) -> Form | None:
    algebra, inner = k.algebra, k.registered("softplus", z)
    value = k.registered("tanh", inner)
    if not order:
        return algebra.times(z, value)
    if order > 1:
        return None
    return algebra.add(value, algebra.product([z, k.registered("tanh", inner, 1), k.registered("sigma", z)]))


def _log_sigmoid(k: Knowledge, order: int, z: Form) -> Form:
    outer = z if not order else k.algebra.one if order == 1 else k.algebra.zero
    return k.algebra.subtract(outer, k.registered("softplus", z, order))


def _bent(parts: Sequence[tuple[Number, int, int]], constant: Number = 0) -> Rule:
    """The sum of c relu(a z + b) over (c, a, b), and a constant."""

    def rule(k: Knowledge, order: int, z: Form) -> Form:
        algebra = k.algebra
        found = algebra.number(constant) if constant and not order else algebra.zero
        for c, a, b in parts:
            inner = algebra.add(algebra.scaled(z, a), algebra.number(b)) if b else algebra.scaled(z, a)
            found = algebra.add(found, algebra.scaled(k.registered("relu", inner, order), c * a**order))
        return found

    return rule


def _bottomed(above: Number, below: Number) -> Rule:
    """c z for z > 0, d (exp(z) - 1) else."""

    def rule(k: Knowledge, order: int, z: Form) -> Form | None:
        algebra = k.algebra
        if order > 1:
            return None
        under = k.registered("exp", algebra.scaled(k.registered("relu", algebra.scaled(z, -1)), -1))
        if not order:
            under = algebra.subtract(under, algebra.one)
            return algebra.add(
                algebra.scaled(k.registered("relu", z), above),
                algebra.scaled(under, below),
            )
        upper = k.registered("relu", z, 1)
        lower = algebra.times(algebra.subtract(algebra.one, upper), under)
        return algebra.add(algebra.scaled(upper, above), algebra.scaled(lower, below))

    return rule


def _step(k: Knowledge, order: int, z: Form) -> Form:
    return k.registered("relu", z, order + 1)


COMPOSED: dict[str, Rule] = {
    "silu": _silu,
    "gelu": _gelu,
    "mish": _mish,
    "log_sigmoid": _log_sigmoid,
    "elu": _bottomed(1, 1),
    "selu": _bottomed(SELU, BELOW),
    "leaky_relu": _bent([(1, 1, 0), (Fraction(-1, 100), -1, 0)]),
    "relu6": _bent([(1, 1, 0), (-1, 1, -6)]),
    "hard_tanh": _bent([(1, 1, 1), (-1, 1, -1)], -1),
    "hard_sigmoid": _bent([(Fraction(1, 6), 1, 3), (Fraction(-1, 6), 1, -3)]),
    "step": _step,
}
