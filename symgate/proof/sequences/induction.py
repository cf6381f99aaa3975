"""The step of an induction over time, at generic t and k: why a closed form holds for every number of steps.

A closed form E(t) is right for all t >= k where it starts right, E(k), and takes the step that defines what it
stands for, such as M^(m)_t = A_t M^(m)_{t-1} + B_t M^(m-1)_{t-1}.  The last step is peeled off E(t); both sides are
then compared in arbitrary residues (``generic.py``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import sympy
from sympy import Expr
from sympy.matrices.expressions import DiagonalOf, HadamardProduct, Identity, MatAdd, MatMul, MatrixExpr, Transpose

from symgate.errors import ShapeError, UnsupportedNodeError
from symgate.language import Signal, T
from symgate.language.sequences import ETA, LAST, I, K, MatrixSum, OrderedProduct
from symgate.language.sequences import J as INDEX
from symgate.proof.certificate import Evidence
from symgate.proof.entries import Table
from symgate.proof.sequences import forward_steps
from symgate.proof.sequences.compare import differ
from symgate.proof.sequences.gates import realised_diagonal, realised_schedules
from symgate.proof.sequences.generic import GenericEntries, peel
from symgate.proof.sequences.states import cut, parts, total_size
from symgate.records import Derivation, Kind, Relation, add_up

ROUTE = "induction"
BEFORE = {T: T - 1}

Sizes = dict[Expr, int]
Steps = Iterator[tuple[str, Any, Any]]


def check(derivation: Derivation) -> Evidence:
    """Start and step of the induction, at several sizes."""
    start, checks = time.perf_counter(), 0
    try:
        for numbers in ((1, 1), (2, 1), (_letters(derivation), 2)):
            sizes = {dim: numbers[q % 2] + q // 2 for q, dim in enumerate(derivation.cell.dimensions)}
            for label, left, right in BY_KIND[derivation.kind](derivation, sizes):
                checks += 1
                if differ(left, right):
                    detail = f"the induction does not go through: {label}"
                    return Evidence(ROUTE, None, detail, checks=checks, seconds=time.perf_counter() - start)
    except (UnsupportedNodeError, ShapeError, ZeroDivisionError) as error:
        return Evidence(ROUTE, None, str(error), checks=checks, seconds=time.perf_counter() - start)
    detail = f"by induction over time, start and step, in {checks} comparisons at generic t and k"
    return Evidence(ROUTE, passed=True, detail=detail, checks=checks, seconds=time.perf_counter() - start)


def _letters(derivation: Derivation) -> int:
    """A size that settles all: no word in a comparison chains more matrices, so none has more index letters."""
    return 2 * len(derivation.named_terms) + 3


def _signal(derivation: Derivation, name: str, index: Expr) -> Signal:
    size = total_size(derivation.cell)
    return Signal(name, size, size, index)


def _grows(derivation: Derivation, sizes: Sizes, orders: list[Expr]) -> Steps:
    """M^(m) = 0 or I at t = k, and A_t M^(m)_{t-1} + B_t M^(m-1)_{t-1} after a step."""
    A, B = _signal(derivation, "A", T), _signal(derivation, "B", T)
    size = A.shape[0]
    for m, order in enumerate(orders):
        entries = GenericEntries(derivation, sizes)
        first = Identity(size) if m == 0 else sympy.ZeroMatrix(size, size)
        yield f"start of order {m}", entries.of(order.xreplace({T: K})), entries.of(first)
        step = [MatMul(A, order.xreplace(BEFORE))]
        if m:
            step.append(MatMul(B, orders[m - 1].xreplace(BEFORE)))
        yield f"step of order {m}", entries.of(peel(order)), entries.of(add_up(step))


def _expansion(derivation: Derivation, sizes: Sizes) -> Steps:
    orders = [term for _, term in derivation.named_terms]
    yield from _grows(derivation, sizes, orders)
    if derivation.relation is Relation.EQUAL:
        last = MatMul(_signal(derivation, "B", T), orders[-1].xreplace(BEFORE))
        nothing = sympy.ZeroMatrix(*last.shape)
        entries = GenericEntries(derivation, sizes)
        yield "nothing is left beyond the last order", entries.of(last), entries.of(nothing)
    general = [item.right for item in derivation.claims if item.key == "frechet"]
    if general:
        zeroth = OrderedProduct(_signal(derivation, "A", INDEX), INDEX, K + 1, T)
        yield from _grows(derivation, sizes, [zeroth, general[0]])


def _transport(derivation: Derivation, sizes: Sizes) -> Steps:
    entries = GenericEntries(derivation, sizes)
    J = _signal(derivation, "J", T)
    expr = derivation.expr
    yield "start", entries.of(expr.xreplace({T: K})), entries.of(Identity(J.shape[0]))
    yield "step", entries.of(peel(expr)), entries.of(MatMul(J, expr.xreplace(BEFORE)))


def _rate(derivation: Derivation, sizes: Sizes) -> Steps:
    """Rates multiply by the leak of the step; the first order adds what the step has beyond it."""
    also = {item.key: item.right for item in derivation.claims}
    entries = GenericEntries(derivation, sizes)
    orders = [term for _, term in derivation.named_terms]
    zeroth = orders[0]
    if derivation.kind is Kind.PRECONDITIONER:
        yield from _grows(derivation, sizes, [zeroth])
    elif "leak" in also:
        leak, own = (also[name].xreplace({I: T}) for name in ("leak", "own"))
        yield "the leak is the diagonal of A", entries.of(leak), entries.of(DiagonalOf(_signal(derivation, "A", T)))
        yield "and the rest that of B", entries.of(own), entries.of(DiagonalOf(_signal(derivation, "B", T)))
        yield "step of order 0", entries.of(peel(zeroth)), entries.of(HadamardProduct(leak, zeroth.xreplace(BEFORE)))
        if derivation.relation is Relation.EQUAL:
            yield (
                "B is zero",
                entries.of(_signal(derivation, "B", T)),
                entries.of(sympy.ZeroMatrix(*_square(derivation))),
            )
            return
        step = [HadamardProduct(leak, orders[1].xreplace(BEFORE)), HadamardProduct(own, zeroth.xreplace(BEFORE))]
        yield "step of order 1", entries.of(peel(orders[1])), entries.of(add_up(step))
        first = entries.of(orders[1].xreplace({T: K}))
        yield "start of order 1", first, Table(1, [{} for _ in first.lines])
    else:
        one = zeroth.xreplace({K: T - 1})
        earlier = zeroth.xreplace(BEFORE)
        step = HadamardProduct(one, earlier) if isinstance(zeroth, MatrixExpr) else one * earlier
        unit = MatMul(1 / ETA, step) if isinstance(zeroth, MatrixExpr) else step / ETA
        yield "step of the rate", entries.of(peel(zeroth)), entries.of(unit)
        yield from _grows(derivation, sizes, [also["order_0"], also["order_1"]])


def _square(derivation: Derivation) -> tuple[Expr, Expr]:
    size = total_size(derivation.cell)
    return size, size


def _adjoint(derivation: Derivation, sizes: Sizes) -> Steps:
    """delta_k + J_{k+1}' lambda_{k+1}, solved by sum_{t >= k} M_{t,k}' delta_t."""
    lam, J = derivation.of, _signal(derivation, "J", K + 1)
    size = J.shape[0]
    entries = GenericEntries(derivation, sizes)
    step = [Signal("delta", size, 1, K), MatMul(Transpose(J), lam.xreplace({K: K + 1}))]
    yield "the terms are J' lambda", entries.of(derivation.expr), entries.of(add_up(step))
    for label, left, right in ((item.key, item.left, item.right) for item in derivation.claims):
        if label == "start":
            own = entries.of(Signal("delta", size, 1, LAST))
            given = entries.of(left) if left not in derivation.cell.definitions else None
            yield "start", entries.of(right), own if given is not None else given
        if label == "closed_form":
            yield from _closed_adjoint(derivation, sizes, right)


def _closed_adjoint(derivation: Derivation, sizes: Sizes, closed: MatrixSum) -> Steps:
    size = closed.shape[0]
    entries = GenericEntries(derivation, sizes)
    own = {_pair(derivation, K, K): Identity(size)}
    first = closed.body.xreplace({T: K}).xreplace(own)
    through = MatMul(_pair(derivation, T, K + 1), _signal(derivation, "J", K + 1))
    rest = MatrixSum(closed.body.xreplace({_pair(derivation, T, K): through}), T, K + 1, LAST)
    later = closed.xreplace({K: K + 1})
    step = [Signal("delta", size, 1, K), MatMul(Transpose(_signal(derivation, "J", K + 1)), later)]
    yield "step of the closed form", entries.of(MatAdd(first, rest)), entries.of(add_up(step))


def _pair(derivation: Derivation, later: Expr, earlier: Expr) -> Signal:
    return _signal(derivation, "M", sympy.Tuple(later, earlier))


def _gradient(derivation: Derivation, sizes: Sizes) -> Steps:
    """sum_k f_k(lambda_k) with f_k linear; lambda_k = sum_{t >= k} M' delta; the triangle is summed the other way."""
    cell, size = derivation.cell, total_size(derivation.cell)
    lam = parts(cell, "lam", K)
    transported = MatMul(Transpose(_pair(derivation, T, K)), Signal("delta", size, 1, T))
    outer = add_up([_body(term) for _, term in derivation.named_terms])
    entries = GenericEntries(derivation, sizes)
    for double in (item.right for item in derivation.claims):
        doubled = [_limits(part) for part in (double.args if isinstance(double, (MatAdd, sympy.Add)) else (double,))]
        body = add_up([part for _, part in doubled])
        for limits, _ in doubled:
            yield "order of summation", limits, [(K, 1, T), (T, 1, LAST)]
        yield "bodies", entries.of(body), _given(derivation, sizes, entries.table(transported)).of(outer)
    one, two = ({part: part.xreplace({K: sympy.Symbol(name, integer=True)}) for part in lam} for name in ("p", "q"))
    sums = {part: entries.of(add_up([MatMul(3, one[part]), two[part]])) for part in lam}
    both = GenericEntries(derivation, sizes, sums).of(outer)
    first, second = outer.xreplace(one), outer.xreplace(two)
    scaled = [MatMul(3, first) if isinstance(first, MatrixExpr) else 3 * first, second]
    yield "linear in lambda", both, entries.of(add_up(scaled))


def _given(derivation: Derivation, sizes: Sizes, value: Table) -> GenericEntries:
    """An evaluator in which lambda_k of all states has a value."""
    return GenericEntries(derivation, sizes, cut(derivation.cell, "lam", K, sizes, value))


def _body(term: Expr) -> Expr:
    """What is summed over k."""
    return term.body if isinstance(term, MatrixSum) else term.function


def _limits(double: Expr) -> tuple[list[tuple[Any, Any, Any]], Expr]:
    """The inner and outer limits of a double sum, and its body."""
    if isinstance(double, MatrixSum):
        inner = double.body
        limits = [(item.index, item.lower, item.upper) for item in (inner, double)]
        return limits, inner.body
    return [tuple(limit) for limit in double.limits], double.function


def _analogy(derivation: Derivation, sizes: Sizes) -> Steps:
    if derivation.kind is Kind.MOMENTUM:
        yield from _one_step_of_momentum(derivation, sizes)
    elif derivation.kind is Kind.ADAM:
        yield from _grows(derivation, sizes, [term for _, term in derivation.named_terms])
        yield from realised_diagonal(derivation)
    else:
        entries = GenericEntries(derivation, sizes)
        zeroth = derivation.named_terms[0][1]
        leak = DiagonalOf(_signal(derivation, "A", T))
        before = zeroth.xreplace(BEFORE)
        left = entries.of(peel(zeroth))
        if isinstance(zeroth, MatrixExpr):
            yield "step of the weight", left, entries.of(HadamardProduct(leak, before))
        else:
            column = entries.table(leak).lines[0][0]
            yield "step of the weight", left, entries.algebra.product([column, entries.of(before)])
        for label, product, ratio in ((item.key, item.left, item.right) for item in derivation.claims):
            if label == "telescopes":
                yield label, _telescoped(entries, product, ratio), entries.of(ratio)
        yield from realised_schedules(derivation, entries)


def _telescoped(entries: GenericEntries, product: Expr, ratio: Expr) -> Any:
    """The last factor times the claimed value of the others."""
    index, _, _ = product.limits[0]
    return entries.of(product.function.xreplace({index: T}) * ratio.xreplace(BEFORE))


def _one_step_of_momentum(derivation: Derivation, sizes: Sizes) -> Steps:
    lam, J = derivation.of, _signal(derivation, "J", K + 1)
    entries = GenericEntries(derivation, sizes)
    step = [Signal("delta", J.shape[0], 1, K), MatMul(Transpose(J), lam.xreplace({K: K + 1}))]
    yield "the terms are the whole adjoint", entries.of(derivation.expr), entries.of(add_up(step))


def _bound(derivation: Derivation, sizes: Sizes) -> Steps:
    """The closed form of the bound starts at 0 and obeys the recursion of the remainder in norms."""
    entries = GenericEntries(derivation, sizes)
    closed = derivation.expr
    yield "start", entries.of(closed.xreplace({T: K})), entries.algebra.zero
    for label, left, right in ((item.key, item.left, item.right) for item in derivation.claims):
        if label == "recursion":
            before = {left.xreplace(BEFORE): entries.of(closed.xreplace(BEFORE))}
            yield "step", entries.of(peel(closed)), GenericEntries(derivation, sizes, before).of(right)


BY_KIND: dict[Kind, Callable[[Derivation, Sizes], Steps]] = {
    Kind.TRANSPORT: _transport,
    Kind.EXPANSION: _expansion,
    Kind.ADJOINT: _adjoint,
    Kind.GRADIENT: _gradient,
    Kind.RATE: _rate,
    Kind.PRECONDITIONER: _rate,
    Kind.SCHEDULE: _analogy,
    Kind.MOMENTUM: _analogy,
    Kind.ADAM: _analogy,
    Kind.REMAINDER: _bound,
    Kind.REST: forward_steps.rest,
    Kind.INFLUENCE: forward_steps.influence,
    Kind.TRUNCATION: forward_steps.truncation,
    Kind.LAG: forward_steps.lag,
}
