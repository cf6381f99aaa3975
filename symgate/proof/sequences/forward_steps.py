"""The induction steps of what runs forward in time: influences, truncations, the rest of an expansion; and of lags.

M_{t,k} is replaced by J_t M_{t-1,k}, the transport of the steps before; both sides are compared at generic times.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sympy
from sympy import Expr
from sympy.matrices.expressions import Identity, MatAdd, MatMul, MatrixExpr, Transpose, ZeroMatrix

from symgate.language import Signal, T
from symgate.language.sequences import EPS, LAG, LAST, K, MatrixSum
from symgate.proof.entries import Table
from symgate.proof.sequences.generic import GenericEntries, peel
from symgate.proof.sequences.states import total_size
from symgate.records import Derivation, Order, Truncated, add_up

Sizes = Mapping[Expr, int]
Steps = Iterator[tuple[str, Any, Any]]
BEFORE = {T: T - 1}


def influence(derivation: Derivation, sizes: Sizes) -> Steps:
    """The closed form starts at 0 and takes the step; the sums forward and backward have the same bodies and pairs."""
    entries = GenericEntries(derivation, sizes)
    P, closed = derivation.of, derivation.equation("closed_form").right
    size = total_size(derivation.cell)
    J = Signal("J", size, size, T)
    yield "start", entries.of(closed.xreplace({T: sympy.Integer(0)})), entries.of(ZeroMatrix(*P.shape))
    given = {P.xreplace(BEFORE): entries.of(closed.xreplace(BEFORE))}
    yield "step", GenericEntries(derivation, sizes, given).of(derivation.expr), entries.of(_grown(closed, J))
    forward, backward = (derivation.equation(key).right for key in ("forward", "backward"))
    yield "range of the forward sum", _range(forward), (T, 1, LAST)
    yield "range of the backward sum", _range(backward), (K, 1, LAST)
    yield "range of the closed form", _range(closed), (K, 1, T)
    delta, lam = Signal("delta", size, 1, T), Signal("lam", size, 1, K)
    own = {P: entries.of(closed.body)}
    back = {lam: entries.of(MatMul(Transpose(Signal("M", size, size, sympy.Tuple(T, K))), delta))}
    one, other = GenericEntries(derivation, sizes, own), GenericEntries(derivation, sizes, back)
    yield "bodies of the two sums", one.of(forward.body), other.of(backward.body)


def truncation(derivation: Derivation, sizes: Sizes) -> Steps:
    """Every order starts at 0 and takes its step; what is dropped follows from the recursions."""
    assert isinstance(derivation.parameters, Truncated)
    entries, shape = GenericEntries(derivation, sizes), derivation.of.shape
    size = total_size(derivation.cell)
    A, B = (Signal(name, size, size, T) for name in "AB")
    S, nothing = Signal("S", *shape, T), ZeroMatrix(*shape)
    orders = [term for _, term in derivation.named_terms]
    for m, order in enumerate(orders):
        yield f"start of order {m}", entries.of(order.xreplace({T: sympy.Integer(0)})), entries.of(nothing)
        step = [MatMul(A, order.xreplace(BEFORE)), S if m == 0 else MatMul(B, orders[m - 1].xreplace(BEFORE))]
        yield f"step of order {m}", entries.of(peel(order)), entries.of(add_up(step))
    whole = Signal("P", *shape, T - 1)
    parts = [Signal(f"P_{m}", *shape, T - 1) for m in range(len(orders))]
    J = add_up([A, B])
    stepped = [derivation.equation(f"recursion_{m}").right for m in range(len(orders))]
    left = add_up([MatMul(J, whole), S, *(MatMul(-1, part) for item in stepped for part in _summands(item))])
    rest = entries.of(add_up([whole, *(MatMul(-1, part) for part in parts)]))
    dropped = {Signal("E", *shape, T - 1): rest}
    mine = GenericEntries(derivation, sizes, dropped).of(derivation.equation("dropped").right)
    yield "what is dropped", entries.of(left), mine
    yield from _trace(derivation, sizes)


def _trace(derivation: Derivation, sizes: Sizes) -> Steps:
    """The trace takes its step, and its sum has the same body as that of the order 0."""
    keys = {item.key: item for item in derivation.claims}
    if "trace" not in keys:
        return
    entries, e = GenericEntries(derivation, sizes), keys["trace"].left
    closed = keys["trace_closed_form"].right
    yield "start of the trace", entries.of(closed.xreplace({T: sympy.Integer(0)})), entries.of(ZeroMatrix(*e.shape))
    given = {e.xreplace(BEFORE): entries.of(closed.xreplace(BEFORE))}
    step = GenericEntries(derivation, sizes, given).of(keys["trace"].right)
    yield "step of the trace", entries.of(peel(closed)), step
    zeroth, gradient = derivation.named_terms[0][1], keys["trace_gradient"].right
    yield "ranges of the trace", (_range(closed), _range(gradient)), (_range(zeroth), (T, 1, LAST))
    delta = Signal("delta", e.shape[0], 1, T)
    body = GenericEntries(derivation, sizes, {e: entries.of(closed.body)}).of(gradient.body)
    yield "bodies of the trace", _flat(body), entries.of(MatMul(Transpose(zeroth.body), delta))


def lag(derivation: Derivation, sizes: Sizes) -> Steps:
    """The double sum by diagonals has the bodies of the gradient, and l = t - k runs over the same pairs."""
    entries, size = GenericEntries(derivation, sizes), total_size(derivation.cell)
    every, carried = derivation.equation("all"), derivation.equation("carried")
    terms = [term for _, term in derivation.named_terms]
    for term in terms:
        yield "range of the lags", _range(term), (T, LAG + 1, LAST)
    yield "range of all lags", _range(every.left), (LAG, 0, LAST - 1)
    sums = _summands(every.right)
    for part in sums:
        yield "range of the gradient", _range(part), (K, 1, LAST)
    mine = entries.of(add_up([_body(term).xreplace({LAG: T - K}) for term in terms]))
    delta, back = Signal("delta", size, 1, T), Transpose(Signal("M", size, size, sympy.Tuple(T, K)))
    value = entries.of(MatMul(back, delta))
    given = GenericEntries(derivation, sizes, _adjoint_parts(derivation, sizes, value))
    yield "bodies", mine, given.of(add_up([_body(part) for part in sums]))
    step = derivation.equation("recursion")
    longer = {Signal("M", size, size, sympy.Tuple(T, T - LAG)): _before(size)}
    before = {step.left.xreplace({LAG: LAG - 1}): entries.of(carried.right.xreplace({LAG: LAG - 1}))}
    yield (
        "recursion in l",
        GenericEntries(derivation, sizes, before).of(step.right),
        entries.of(carried.right.xreplace(longer)),
    )


def rest(derivation: Derivation, sizes: Sizes) -> Steps:
    """The sum starts at 0 and takes the step of E; the left side takes it too."""
    assert isinstance(derivation.parameters, Order)
    entries, size, p = GenericEntries(derivation, sizes), total_size(derivation.cell), derivation.parameters.order
    A, B = (Signal(name, size, size, T) for name in "AB")
    J, E = add_up([A, MatMul(EPS, B)]), derivation.equation("recursion").left
    (closed,) = (term for _, term in derivation.named_terms)
    yield "start", entries.of(closed.xreplace({T: K})), entries.of(ZeroMatrix(size, size))
    right = derivation.equation("recursion").right
    given = {E.xreplace(BEFORE): entries.of(closed.xreplace(BEFORE))}
    yield "step of the sum", entries.of(_grown(closed, J)), GenericEntries(derivation, sizes, given).of(right)

    def order(m: int, later: Expr) -> Signal:
        return Signal("M", size, size, sympy.Tuple(later, K, sympy.Integer(m)))

    M = Signal("M", size, size, sympy.Tuple(T - 1, K))
    stepped: dict[Expr, Any] = {Signal("M", size, size, sympy.Tuple(T, K)): entries.of(MatMul(J, M))}
    for m in range(p + 1):
        more = [MatMul(B, order(m - 1, T - 1))] if m else []
        stepped[order(m, T)] = entries.of(add_up([MatMul(A, order(m, T - 1)), *more]))
    left = GenericEntries(derivation, sizes, stepped).of(derivation.of)
    before = {E.xreplace(BEFORE): entries.of(derivation.of.xreplace(BEFORE))}
    yield "step of the left side", left, GenericEntries(derivation, sizes, before).of(right)


def _grown(expr: Expr, J: MatrixExpr) -> Expr:
    """A sum over M_{t,i} with its last term taken out and J_t M_{t-1,i} for every other M_{t,i}."""
    factors = expr.args if isinstance(expr, MatMul) else (expr,)
    scalars, (whole,) = [item for item in factors if not isinstance(item, MatrixSum)], [
        item for item in factors if isinstance(item, MatrixSum)
    ]
    index, size = whole.index, J.shape[0]
    last = whole.body.xreplace({index: T}).xreplace({Signal("M", size, size, sympy.Tuple(T, T)): Identity(size)})
    earlier = Signal("M", size, size, sympy.Tuple(T - 1, index))
    body = whole.body.xreplace({Signal("M", size, size, sympy.Tuple(T, index)): MatMul(J, earlier)})
    both = [last, MatrixSum(body, index, whole.lower, T - 1)]
    return MatAdd(*(MatMul(*scalars, item) for item in both)) if scalars else MatAdd(*both)


def _before(size: Expr) -> MatrixExpr:
    """M_{t,t-l} = M_{t,t-l+1} J_{t-l+1}."""
    J = Signal("J", size, size, T - LAG + 1)
    return MatMul(Signal("M", size, size, sympy.Tuple(T, T - LAG + 1)), J)


def _adjoint_parts(derivation: Derivation, sizes: Sizes, value: Table) -> dict[Expr, Any]:
    """lambda_k of every state, cut from a value for all of them."""
    from symgate.proof.sequences.states import cut

    return cut(derivation.cell, "lam", K, sizes, value)


def _range(expr: Expr) -> tuple[Any, Any, Any]:
    """The running index of a sum and its bounds."""
    if isinstance(expr, MatMul):
        (expr,) = (item for item in expr.args if isinstance(item, MatrixSum))
    if isinstance(expr, MatrixSum):
        return expr.index, expr.lower, expr.upper
    return tuple(expr.limits[0])  # type: ignore[return-value]


def _body(term: Expr) -> Expr:
    """What is summed."""
    return term.body if isinstance(term, MatrixSum) else term.function


def _summands(expr: Expr) -> list[Expr]:
    return list(expr.args) if isinstance(expr, (MatAdd, sympy.Add)) else [expr]


def _flat(value: Table) -> Table:
    """A matrix as one column, column by column."""
    rows = len(value.lines)
    lines: list[dict[int, Any]] = [{} for _ in range(rows * value.cols)]
    for p, line in enumerate(value.lines):
        for q, entry in line.items():
            lines[p + q * rows][0] = entry
    return Table(1, lines)
