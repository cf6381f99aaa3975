"""What the bound on a remainder claims along a trajectory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy
from sympy import Expr
from sympy.matrices.expressions import (
    MatMul,
)

from symgate.language import Signal
from symgate.language.sequences import EPS, Norm
from symgate.proof.sequences.common import Claims, orders_of, split_is_tied, transport_of
from symgate.proof.sequences.timed import OutsideError, TimedEntries
from symgate.proof.sequences.trajectories import Trajectory, placed
from symgate.records import Order, add_up


def bound(path: Trajectory) -> Claims:
    """The closed form obeys the recursion of the remainder, for arbitrary norms; so does the remainder itself."""
    plain, true = path.entries(), path.truths()
    yield from split_is_tied(path, plain, true)
    derivation = path.derivation
    norms: dict[Expr, Any] = {}
    for j in range(1, path.steps + 1):
        for name in "AB":
            symbol = Norm(Signal(name, path.size, path.size, sympy.Integer(j)))
            norms[symbol] = path.algebra.apply("norm of " + name, 0, j, -1)
    closed = {}
    entries = _with_norms(path, norms)
    for t, k in path.pairs():
        closed[t, k] = entries.of(placed(derivation.expr, t=t, k=k))
        if t == k:
            yield "start", closed[t, k], path.algebra.zero
            continue
        recursion, earlier = (getattr(derivation.equation("recursion"), side) for side in ("right", "left"))
        before = placed(earlier, t=t - 1, k=k)
        yield (
            "recursion",
            _with_norms(path, {**norms, before: closed[t - 1, k]}).of(placed(recursion, t=t, k=k)),
            closed[t, k],
        )
    assert isinstance(derivation.parameters, Order)
    yield from _remainder_itself(path, derivation.parameters.order)


def _with_norms(path: Trajectory, values: Mapping[Expr, Any]) -> TimedEntries:
    """An evaluator in which norms have given values."""

    class Normed(TimedEntries):
        def of(self, expr: Any) -> Any:
            if not isinstance(expr, Norm):
                return super().of(expr)
            if expr not in self.values:
                raise OutsideError(f"it reaches for {expr}, a step that is not there")
            return self.values[expr]

    return Normed(path.algebra, path.sizes, {**path.values, **values}, path.names())


def _remainder_itself(path: Trajectory, p: int) -> Claims:
    """E(t) = (A_t + eps B_t) E(t-1) + eps^(p+1) B_t M^(p)(t-1), whatever eps."""
    plain = path.entries()
    values = orders_of(path, plain, max(path.steps, p))
    entries = path.entries(values)

    def rest(t: int, k: int) -> Expr:
        terms = [MatMul(EPS**m, transport_of(path, t, k, m)) for m in range(p + 1, max(path.steps, p) + 1)]
        return add_up([sympy.ZeroMatrix(path.size, path.size), *terms])

    for t, k in path.pairs():
        if t > k:
            A, B = (Signal(name, path.size, path.size, sympy.Integer(t)) for name in "AB")
            step = add_up([A, MatMul(EPS, B)])
            right = add_up([MatMul(step, rest(t - 1, k)), MatMul(EPS ** (p + 1), B, transport_of(path, t - 1, k, p))])
            yield f"remainder of M_({t},{k})", entries.of(rest(t, k)), entries.of(right)
