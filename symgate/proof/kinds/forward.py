"""Judges of what runs forward in time: influences, their truncations, and the rest of an expansion.

P_0 = 0 and P_t = J_t P_{t-1} + S_t with S_t = d+x_t/dtheta; order by order P_{m,t} = A_t P_{m,t-1} + B_t P_{m-1,t-1},
with S_t in place of the last for m = 0.  A closed form is right where it starts right and takes this step.
"""

from __future__ import annotations

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatAdd, MatMul, MatrixExpr, Transpose, ZeroMatrix

from symgate.language import Signal, T
from symgate.language.sequences import EPS, LAST, I, K, MatrixSum, moved, stacked_columns
from symgate.proof.decision import Budget, Decision, Layout, decide_step
from symgate.proof.decision.truth import StepPullback
from symgate.proof.kinds.goals import (
    MAIN,
    Goal,
    Goals,
    Unjudged,
    claim,
    fact,
    introduced,
    left_is,
    matrix,
    relation_is,
    same,
    total_size,
)
from symgate.proof.kinds.gradients import by_state, transported, vector
from symgate.proof.kinds.one_step import jacobian_of_name
from symgate.proof.kinds.transports import BEFORE, LATER, START, error_term, parts_of_jacobian
from symgate.records import Derivation, Equation, Order, Relation, Truncated

ZERO = {T: sympy.S.Zero}
#: A step has been taken; the parameter acted before it, or up to it.
STEPPED = ((sympy.S.One, T),)
WITHIN, UP_TO = ((sympy.S.One, K), (K + 1, T)), ((sympy.S.One, K), (K, T))


def named(derivation: Derivation, name: str, index: Expr = T) -> Signal:
    """P_t, S_t, E_t: a column for every entry of the parameter."""
    shape = getattr(derivation.wrt, "shape", (sympy.S.One, sympy.S.One))
    return Signal(name, total_size(derivation.cell), shape[0] * shape[1], index)


def influence(derivation: Derivation) -> Goals:
    """The terms are J_t P_{t-1} + S_t; the closed form starts at 0 and steps so; both sums for the gradient agree."""
    yield relation_is(derivation, Relation.EQUAL)
    yield left_is(derivation, named(derivation, "P"))
    yield fact(MAIN, "it is by a parameter of the cell", derivation.wrt in derivation.cell.parameters)
    yield from by_state(derivation)
    yield from _pieces(derivation)
    P, S, J = named(derivation, "P"), named(derivation, "S"), matrix(derivation, "J", T)
    step = MatAdd(MatMul(J, moved(P, BEFORE)), S)
    written = derivation.expr.has(S) and derivation.expr.has(J)
    sides = (derivation.expr, step if written else _written(derivation, step))
    yield same(derivation, MAIN, "J_t P_{t-1} and the immediate derivative", sides)
    yield from _claims(derivation, P, S, J)


def _claims(derivation: Derivation, P: Signal, S: Signal, J: Signal) -> Goals:
    """The start, the closed form, and the gradient forward and backward."""
    start, closed = claim(derivation, "start"), claim(derivation, "closed_form")
    M = {matrix(derivation, "M", sympy.Tuple(T, K)): transported(derivation)}
    if start is not None:
        yield from _equal(derivation, start, moved(P, ZERO))
        yield same(derivation, "start", "the state before the first step is given", (start.right, ZeroMatrix(*P.shape)))
    if closed is not None:
        yield from _equal(derivation, closed, P)
        yield from _steps(derivation, "closed_form", closed.right, MatAdd(MatMul(J, moved(closed.right, BEFORE)), S), M)
    source = MatrixSum(MatMul(matrix(derivation, "M", sympy.Tuple(T, K)), moved(S, {T: K})), K, 1, T)
    delta, lam = (Signal(name, P.shape[0], 1, index) for name, index in (("delta of all", T), ("lam of all", K)))
    columns = {
        stacked_columns(vector(derivation, name, own.index)): own for name, own in (("delta", delta), ("lam", lam))
    }
    adjoint = MatrixSum(MatMul(Transpose(matrix(derivation, "M", sympy.Tuple(T, K))), delta), T, K, LAST)
    backward = MatrixSum(MatMul(Transpose(moved(S, {T: K})), lam), K, 1, LAST)
    G = Signal("G", P.shape[1], 1, LAST)
    for key in ("forward", "backward"):
        item = claim(derivation, key)
        if item is not None:
            yield from _equal(derivation, item, G)
            words = "sum_k S_k' lambda_k, with P and lambda as sums over the transport"
            sides = (item.right.xreplace(columns), backward)  # what holds for all columns holds for these
            yield same(derivation, key, words, sides, {P: source, lam: adjoint})


def _pieces(derivation: Derivation) -> Goals:
    """J is the Jacobian of the step, S its immediate derivative by the parameter, state by state."""
    J, S = introduced(derivation, "J"), introduced(derivation, "S")
    if J is not None:
        yield from jacobian_of_name(derivation, J.key, J.right, J.left.index)
    if S is None:
        yield fact(MAIN, "S is defined", holds=False)
        return
    cell, wrt = derivation.cell, derivation.wrt
    expr = moved(S.right, {S.left.index: T})
    rows = [expr] if len(cell.states) == 1 else _rows(expr, len(cell.states))
    layout = Layout.KRONECKER if isinstance(wrt, MatrixExpr) and wrt.shape[1] != 1 else Layout.JACOBIAN
    for state, row in zip(cell.states, rows, strict=True):

        def run(budget: Budget, of: Expr = state.after, row: Expr = row) -> Decision:
            return decide_step(cell, of, wrt, row, layout, budget=budget)

        yield Goal(S.key, f"the immediate derivative of {state.after} by {wrt}", run)


def _rows(expr: Expr, count: int) -> list[Expr]:
    """The blocks of a column of blocks.

    Raises:
        Unjudged: it is not written so.
    """
    if not isinstance(expr, sympy.BlockMatrix) or expr.blockshape != (count, 1):
        raise Unjudged(f"an immediate derivative of several states is compared block by block; found {expr}")
    return [expr.blocks[q, 0] for q in range(count)]


def truncation(derivation: Derivation) -> Goals:
    """Every order starts at 0 and takes its step; what is dropped follows; the trace has the gradient of order 0."""
    assert isinstance(derivation.parameters, Truncated)
    orders = [term for _, term in derivation.named_terms]
    yield fact(MAIN, "it has every order", len(orders) == derivation.parameters.order + 1)
    yield left_is(derivation, named(derivation, "P"))
    yield fact(MAIN, "it is by a parameter of the cell", derivation.wrt in derivation.cell.parameters)
    yield from by_state(derivation)
    yield from parts_of_jacobian(derivation)
    yield from _pieces(derivation)
    A, B, S = matrix(derivation, "A", T), matrix(derivation, "B", T), named(derivation, "S")
    bodies = [_body(order) for order in orders]
    for m, (order, body) in enumerate(zip(orders, bodies, strict=True)):
        taken = MatMul(A, moved(body, BEFORE))
        if m:
            taken = MatAdd(taken, MatMul(B, moved(bodies[m - 1], BEFORE)))
        first = ZeroMatrix(*S.shape) if m else S
        yield from _summed(derivation, MAIN, order, (first, taken), f"order {m}")
    if derivation.relation is Relation.EQUAL:
        left, nothing = MatMul(B, moved(bodies[-1], BEFORE)), ZeroMatrix(*S.shape)
        yield same(
            derivation,
            MAIN,
            "nothing is left beyond the last order",
            (_written(derivation, left), nothing),
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
        yield from _equal(derivation, item, named(derivation, f"P_{m}"))
        own, lower = (moved(named(derivation, f"P_{q}"), BEFORE) for q in (m, m - 1))
        step = MatAdd(MatMul(A, own), MatMul(B, lower) if m else S)
        yield same(derivation, item.key, f"the step of order {m}", (item.right, step))


def _dropped(derivation: Derivation, count: int) -> Goals:
    """E_t = P_t - sum_m P_{m,t}: J_t P_{t-1} + S_t less the steps of the orders."""
    item = claim(derivation, "dropped")
    if item is None:
        return
    E, P, S = (named(derivation, name) for name in ("E", "P", "S"))
    A, B = matrix(derivation, "A", T), matrix(derivation, "B", T)
    yield from _equal(derivation, item, E)
    own = [moved(named(derivation, f"P_{m}"), BEFORE) for m in range(count)]
    taken = [MatMul(-1, A, part) for part in own] + [MatMul(-1, B, part) for part in own[:-1]]
    left = MatAdd(MatMul(MatAdd(A, B), moved(P, BEFORE)), *taken)
    rest = MatAdd(moved(P, BEFORE), *(MatMul(-1, part) for part in own))
    right = item.right.xreplace({moved(E, BEFORE): rest})
    del S
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
    (rows, cols), own = shape, _body(closed.right)
    e, G = Signal("e", rows, cols, T), Signal("G", rows, cols, LAST)
    for item in (step, closed):
        yield from _equal(derivation, item, e)
        first, taken = (
            step.right.xreplace({moved(e, BEFORE): value}) for value in (ZeroMatrix(*shape), moved(own, BEFORE))
        )
        last = MatAdd(taken, MatMul(-1, first))
        yield from _summed(derivation, item.key, closed.right, (first, last), "the trace")
    yield from _equal(derivation, gradient, G)
    body, S = _body(zeroth), _written(derivation, named(derivation, "S", K))
    factors = body.args if isinstance(body, MatMul) else (body,)
    scalars = [item for item in factors if not isinstance(item, MatrixExpr)]
    ahead = [item for item in factors if isinstance(item, MatrixExpr)][:-1] or [sympy.Identity(e.shape[0])]
    R = MatMul(sympy.Mul(*scalars) / _scalar(S), *ahead)
    key = gradient.key
    yield same(derivation, key, "each part of the order 0 is R S_k", (body, MatMul(R, S)), None, UP_TO)
    yield fact(key, "it is summed over t = 1 .. T", _range(gradient.right) == (T, sympy.S.One, LAST))
    cotangent = MatMul(Transpose(R), vector(derivation, "delta", T))
    pull = StepPullback(derivation.cell.states[0].after, derivation.wrt, cotangent, K)
    words = "each pair (t, k) is S_k' R' delta_t, in the shape of the parameter"
    yield same(derivation, key, words, (_body(gradient.right).xreplace({e: own}), pull), None, UP_TO)


def _scalar(expr: Expr) -> Expr:
    """The scalars in front of a product of matrices."""
    return sympy.Mul(*(item for item in expr.args if not isinstance(item, MatrixExpr) and isinstance(expr, MatMul)))


def rest(derivation: Derivation) -> Goals:
    """The sum starts at 0 and takes the step of the error term."""
    own = derivation.parameters
    order = own.order if isinstance(own, Order) else -1
    size = total_size(derivation.cell)
    A, B = matrix(derivation, "A", T), matrix(derivation, "B", T)
    left_out = [matrix(derivation, "M", sympy.Tuple(T, K, sympy.Integer(m))) for m in range(order + 1)]
    M = matrix(derivation, "M", sympy.Tuple(T, K))
    yield relation_is(derivation, Relation.EQUAL)
    yield left_is(derivation, matrix(derivation, "E", sympy.Tuple(T, K)))
    meaning = claim(derivation, "left_out")
    if meaning is None:
        yield fact(MAIN, "it says what E is", holds=False)
    else:
        yield from _equal(derivation, meaning, derivation.of)
        own = MatAdd(M, *(MatMul(-(EPS**m), item) for m, item in enumerate(left_out)))
        yield same(derivation, meaning.key, "M less its orders", (meaning.right, own))
    yield from parts_of_jacobian(derivation)
    yield from error_term(derivation, MAIN, max(order, 0))
    E = matrix(derivation, "E", sympy.Tuple(T, K))
    last = moved(left_out[-1], BEFORE)
    step = MatAdd(MatMul(MatAdd(A, MatMul(EPS, B)), moved(E, BEFORE)), MatMul(EPS ** (order + 1), B, last))
    nothing = ZeroMatrix(size, size)
    factors = derivation.expr.args if isinstance(derivation.expr, MatMul) else (derivation.expr,)
    (whole,) = [item for item in factors if isinstance(item, MatrixSum)] or [nothing]
    scalar, body = sympy.Mul(*(item for item in factors if item is not whole)), _body(whole)
    yield fact(MAIN, "it is a multiple of a sum over i = k + 1 .. t", _range(whole) == (I, K + 1, T))
    alone, before = (matrix(derivation, "M", sympy.Tuple(*index)) for index in ((T, T), (T - 1, I)))
    last = MatMul(scalar, moved(body, {I: T}).xreplace({alone: sympy.Identity(size)}))
    yield same(derivation, MAIN, "the sum: what comes in at t, M_{t,t} being I", (last, step.args[-1]), None, (LATER,))
    grown = body.xreplace({matrix(derivation, "M", sympy.Tuple(T, I)): MatMul(step.args[0].args[0], before)})
    taken = MatMul(step.args[0].args[0], moved(body, BEFORE))
    words = "the sum from t - 1 to t, M_{t,i} being (A_t + eps B_t) M_{t-1,i}"
    yield same(derivation, MAIN, words, (grown, taken), None, ((K + 1, I), (I + 1, T)))
    recursion, start = claim(derivation, "recursion"), claim(derivation, "start")
    if recursion is not None:
        yield from _equal(derivation, recursion, E)
        yield same(derivation, "recursion", "the step of the error term", (recursion.right, step), None, (LATER,))
    if start is not None:
        yield from _equal(derivation, start, moved(E, START))
        yield same(derivation, "start", "no step, no error", (start.right, nothing))


def _equal(derivation: Derivation, item: Equation, left: Expr) -> Goals:
    """It is an equation for what it is about."""
    yield relation_is(derivation, Relation.EQUAL, key=item.key)
    yield left_is(derivation, left, key=item.key)


def _summed(derivation: Derivation, key: str, closed: Expr, parts: tuple[Expr, Expr], words: str) -> Goals:
    """A sum over k = 1 .. t of f(t, k): f(t, t) is what comes in, and f(t, k) what its step makes of f(t - 1, k)."""
    body = _body(closed)
    first, taken = (_written(derivation, part, body) for part in parts)
    yield fact(key, f"{words} is a sum over k = 1 .. t", _range(closed) == (K, sympy.S.One, T))
    yield same(derivation, key, f"{words}: what comes in at t", (moved(body, {K: T}), first), None, STEPPED)
    yield same(derivation, key, f"{words} from t - 1 to t", (body, taken), None, WITHIN)


def _body(term: Expr) -> Expr:
    """What is summed."""
    return term.body if isinstance(term, MatrixSum) else term


def _range(term: Expr) -> tuple[Expr, ...]:
    """The running index of a sum and its bounds."""
    return (term.index, term.lower, term.upper) if isinstance(term, MatrixSum) else ()


def _written(derivation: Derivation, expr: Expr, beside: Expr | None = None) -> Expr:
    """A, B, J and S written out: a product over time meets its own body, and an entry of a parameter its two letters.

    A name that stands in what it is compared with stays a name.
    """
    kept = {str(node.name) for node in beside.atoms(Signal)} if beside is not None else set()
    meant = {str(item.left.name): item for item in derivation.definitions if isinstance(item.left, Signal)}
    meant = {name: item for name, item in meant.items() if name not in kept}
    found = {}
    for node in [*expr.atoms(Signal), *([expr] if isinstance(expr, Signal) else [])]:
        item = meant.get(str(node.name)) if str(node.name) in {"A", "B", "J", "S"} else None
        if item is not None:
            found[node] = moved(item.right, {item.left.index: node.index})
    return expr.xreplace(found)


def _steps(
    derivation: Derivation, key: str, closed: Expr, taken: Expr, names: dict[Expr, Expr], words: str = "it"
) -> Goals:
    """A closed form is 0 at t = 0, and what its step makes of it before."""
    nothing = ZeroMatrix(*closed.shape)
    yield same(derivation, key, f"{words} is 0 before the first step", (moved(closed, ZERO), nothing), names)
    yield same(derivation, key, f"{words} from t - 1 to t", (closed, taken), names, STEPPED)
