"""Judge of influences truncated in the perturbation: orders, what is dropped, and the trace that carries order 0.

Order by order P_{m,t} = A_t P_{m,t-1} + B_t P_{m-1,t-1}, with S_t = d+x_t/dtheta in place of the last for m = 0.
"""

from __future__ import annotations

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatAdd, MatMul, MatrixExpr, Transpose, ZeroMatrix

from symgate.language import Signal, T
from symgate.language.sequences import LAST, K, moved
from symgate.proof.decision.truth import StepPullback
from symgate.proof.kinds.goals import MAIN, Goals, claim, fact, left_is, matrix, relation_is, same
from symgate.proof.kinds.gradients import by_state, vector
from symgate.proof.kinds.running_sums import (
    UP_TO,
    WITHIN,
    body_of,
    is_about,
    named,
    pieces,
    range_of,
    summed,
    written_out,
)
from symgate.proof.kinds.transports import BEFORE, parts_of_jacobian
from symgate.records import Derivation, Relation, Truncated


def truncation(derivation: Derivation) -> Goals:
    """Every order starts at 0 and takes its step; what is dropped follows; the trace has the gradient of order 0."""
    assert isinstance(derivation.parameters, Truncated)
    orders = [term for _, term in derivation.named_terms]
    yield fact(MAIN, "it has every order", len(orders) == derivation.parameters.order + 1)
    yield left_is(derivation, named(derivation, "P"))
    yield fact(MAIN, "it is by a parameter of the cell", derivation.wrt in derivation.cell.parameters)
    yield from by_state(derivation)
    yield from parts_of_jacobian(derivation)
    yield from pieces(derivation)
    A, B, S = matrix(derivation, "A", T), matrix(derivation, "B", T), named(derivation, "S")
    bodies = [body_of(order) for order in orders]
    for m, (order, body) in enumerate(zip(orders, bodies, strict=True)):
        taken = MatMul(A, moved(body, BEFORE))
        if m:
            taken = MatAdd(taken, MatMul(B, moved(bodies[m - 1], BEFORE)))
        first = ZeroMatrix(*S.shape) if m else S
        yield from summed(derivation, MAIN, order, (first, taken), f"order {m}")
    if derivation.relation is Relation.EQUAL:
        left, nothing = MatMul(B, moved(bodies[-1], BEFORE)), ZeroMatrix(*S.shape)
        yield same(
            derivation,
            MAIN,
            "nothing is left beyond the last order",
            (written_out(derivation, left), nothing),
            None,
            WITHIN,
        )
    else:
        yield relation_is(derivation, Relation.APPROXIMATELY)
    yield from _recursions(derivation, orders)
    yield from _dropped(derivation, len(orders))
    yield from _trace(derivation, orders[0])


def _recursions(derivation: Derivation, orders: list[Expr]) -> Goals:
    """The recursion of each order is the one that its closed form takes."""
    A, B, S = matrix(derivation, "A", T), matrix(derivation, "B", T), named(derivation, "S")
    for m in range(len(orders)):
        item = claim(derivation, f"recursion_{m}")
        if item is None:
            continue
        yield from is_about(derivation, item, named(derivation, f"P_{m}"))
        own, lower = (moved(named(derivation, f"P_{q}"), BEFORE) for q in (m, m - 1))
        step = MatAdd(MatMul(A, own), MatMul(B, lower) if m else S)
        yield same(derivation, item.key, f"the step of order {m}", (item.right, step))


def _dropped(derivation: Derivation, count: int) -> Goals:
    """E_t = P_t - sum_m P_{m,t}: J_t P_{t-1} + S_t less the steps of the orders."""
    item = claim(derivation, "dropped")
    if item is None:
        return
    E, P = (named(derivation, name) for name in ("E", "P"))
    A, B = matrix(derivation, "A", T), matrix(derivation, "B", T)
    yield from is_about(derivation, item, E)
    own = [moved(named(derivation, f"P_{m}"), BEFORE) for m in range(count)]
    taken = [MatMul(-1, A, part) for part in own] + [MatMul(-1, B, part) for part in own[:-1]]
    left = MatAdd(MatMul(MatAdd(A, B), moved(P, BEFORE)), *taken)
    rest = MatAdd(moved(P, BEFORE), *(MatMul(-1, part) for part in own))
    right = item.right.xreplace({moved(E, BEFORE): rest})
    yield same(derivation, "dropped", "the step of P less the steps of its orders", (left, right))


def _trace(derivation: Derivation, zeroth: Expr) -> Goals:
    """The trace starts at 0 and takes its step; summed with delta it is P_{0,t}' delta_t, entry by entry."""
    keys = [claim(derivation, key) for key in ("trace", "trace_closed_form", "trace_gradient")]
    step, closed, gradient = keys
    if step is None or closed is None or gradient is None:
        for item in keys:
            if item is not None:
                yield fact(item.key, "the trace, its closed form and its gradient come together", holds=False)
        return
    shape = derivation.wrt.shape
    (rows, cols), own = shape, body_of(closed.right)
    e, G = Signal("e", rows, cols, T), Signal("G", rows, cols, LAST)
    for item in (step, closed):
        yield from is_about(derivation, item, e)
        first, taken = (
            step.right.xreplace({moved(e, BEFORE): value}) for value in (ZeroMatrix(*shape), moved(own, BEFORE))
        )
        last = MatAdd(taken, MatMul(-1, first))
        yield from summed(derivation, item.key, closed.right, (first, last), "the trace")
    yield from is_about(derivation, gradient, G)
    body, S = body_of(zeroth), written_out(derivation, named(derivation, "S", K))
    factors = body.args if isinstance(body, MatMul) else (body,)
    scalars = [item for item in factors if not isinstance(item, MatrixExpr)]
    ahead = [item for item in factors if isinstance(item, MatrixExpr)][:-1] or [sympy.Identity(e.shape[0])]
    R = MatMul(sympy.Mul(*scalars) / _scalar(S), *ahead)
    key = gradient.key
    yield same(derivation, key, "each part of the order 0 is R S_k", (body, MatMul(R, S)), None, UP_TO)
    yield fact(key, "it is summed over t = 1 .. T", range_of(gradient.right) == (T, sympy.S.One, LAST))
    cotangent = MatMul(Transpose(R), vector(derivation, "delta", T))
    pull = StepPullback(derivation.cell.states[0].after, derivation.wrt, cotangent, K)
    words = "each pair (t, k) is S_k' R' delta_t, in the shape of the parameter"
    yield same(derivation, key, words, (body_of(gradient.right).xreplace({e: own}), pull), None, UP_TO)


def _scalar(expr: Expr) -> Expr:
    """The scalars in front of a product of matrices."""
    return sympy.Mul(*(item for item in expr.args if not isinstance(item, MatrixExpr) and isinstance(expr, MatMul)))
