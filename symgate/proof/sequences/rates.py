"""What learning rates and analogies claim along a trajectory."""

from __future__ import annotations

from typing import Any

import sympy
from sympy import Expr
from sympy.matrices.expressions import (
    DiagMatrix,
    DiagonalOf,
    HadamardPower,
    HadamardProduct,
    MatMul,
    MatrixExpr,
    MatrixSymbol,
    OneMatrix,
)

from symgate.language import ScalarSignal, Signal
from symgate.language.sequences import ETA
from symgate.language.sequences import J as INDEX
from symgate.proof.entries import Table
from symgate.proof.sequences.common import Claims, further, orders_of, split_is_tied, transport_of
from symgate.proof.sequences.products import adjoint
from symgate.proof.sequences.timed import TimedEntries
from symgate.proof.sequences.trajectories import Trajectory, placed
from symgate.records import Kind, Relation, add_up


def rate(path: Trajectory) -> Claims:
    """Rates and preconditioners are what the orders of the transport say; a drive rate takes the gate out of A."""
    plain, true = path.entries(), path.truths()
    yield from split_is_tied(path, plain, true)
    values = orders_of(path, plain, 1)
    entries = path.entries(values)
    derivation = path.derivation
    orders = dict(enumerate(derivation.terms.values()))
    retention = any(item.key == "leak" for item in derivation.claims)
    for t, k in path.pairs():
        for m in (0, 1):
            term = orders.get(m)
            matrix = placed(_as_signal(path, m), t=t, k=k)
            if term is not None and retention:
                yield (
                    f"rate of order {m}",
                    entries.of(placed(term, t=t, k=k)),
                    entries.of(MatMul(ETA, DiagonalOf(matrix))),
                )
            elif term is not None and derivation.kind is Kind.PRECONDITIONER:
                yield f"P_({t},{k})", entries.of(placed(term, t=t, k=k)), entries.of(matrix.T)
        yield from further(path, entries, ("order_0", "order_1"), t=t, k=k)
    if derivation.kind is Kind.RATE and not retention:
        yield from _drive_rate(path, entries)
    yield from _leaks(path, entries)
    if derivation.relation is Relation.EQUAL and retention:
        exact = path.entries(true)
        for t, k in path.pairs():
            found = exact.of(placed(derivation.expr, t=t, k=k))
            yield "rate without error", found, exact.of(MatMul(ETA, DiagonalOf(transport_of(path, t, k))))


def _as_signal(path: Trajectory, m: int) -> Signal:
    t, k = sympy.symbols("t k", integer=True)
    return Signal("M", path.size, path.size, sympy.Tuple(t, k, m))


def _drive_rate(path: Trajectory, entries: TimedEntries) -> Claims:
    """The rate starts at eta, multiplies over steps, and its step q_j takes the gate out of A_j."""
    rate = path.derivation.expr
    vector = isinstance(rate, MatrixExpr)
    for t, k in path.pairs():
        if t == k:
            one = MatMul(ETA, OneMatrix(path.size, 1)) if vector else ETA
            yield "start of the rate", entries.of(placed(rate, t=t, k=k)), entries.of(one)
        else:
            last, earlier = placed(rate, t=t, k=t - 1), placed(rate, t=t - 1, k=k)
            step = MatMul(1 / ETA, HadamardProduct(last, earlier)) if vector else last * earlier / ETA
            yield "product of the steps", entries.of(placed(rate, t=t, k=k)), entries.of(step)
    first = placed(rate, t=1, k=0)
    letters = [node for node in sympy.preorder_traversal(first) if _is_letter(node) and node != ETA]
    gates = list(dict.fromkeys(node.xreplace({INDEX: sympy.S.One}) for node in letters))
    A = Signal("A", path.size, path.size, sympy.S.One)
    inverse = DiagMatrix(HadamardPower(MatMul(1 / ETA, first), -1)) if vector else ETA / first
    free = []
    for label in ("one", "another"):
        other = path.entries({gate: _another(path, gate, label) for gate in gates})
        free.append(other.of(MatMul(inverse, A)))
    yield "A_1 over its rate is free of the gate", free[0], free[1]


def _is_letter(node: Any) -> bool:
    return isinstance(node, (MatrixSymbol, ScalarSignal)) or (isinstance(node, sympy.Symbol) and node.is_real is True)


def _another(path: Trajectory, gate: Expr, label: str) -> Any:
    """An arbitrary value for a gate, of its shape."""

    def draw(i: int) -> Any:
        return path.algebra.apply(f"{gate} {label}", 0, i, -1)

    if not isinstance(gate, MatrixExpr):
        return draw(0)
    return Table(1, [{0: draw(i)} for i in range(int(path.sizes.get(gate.shape[0], gate.shape[0])))])


def _leaks(path: Trajectory, entries: TimedEntries) -> Claims:
    """The leak and the sensitivity beyond it are the true diagonals of A_j and B_j."""
    meaning = {"leak": "A", "own": "B"}
    for label, right in ((item.key, item.right) for item in path.derivation.claims):
        for j in range(1, path.steps + 1) if label in meaning else ():
            matrix = Signal(meaning[label], path.size, path.size, sympy.Integer(j))
            yield label, entries.of(placed(right, i=j)), entries.of(DiagonalOf(matrix))


def analogy(path: Trajectory) -> Claims:
    """Each analogy, order by order, against the transport or the adjoint of the recurrence."""
    kind = path.derivation.kind
    if kind is Kind.MOMENTUM:
        yield from adjoint(path)
        yield from _heavy_ball(path)
        return
    plain, true = path.entries(), path.truths()
    yield from split_is_tied(path, plain, true)
    values = orders_of(path, plain, 1)
    entries = path.entries(values)
    if kind is Kind.ADAM:
        for t, k in path.pairs():
            for m in (0, 1):
                term = placed(path.derivation.named_terms[m][1], t=t, k=k)
                yield f"order {m}", entries.of(term), values[transport_of(path, t, k, m)]
        return
    drawn = {_s(path, j): path.algebra.number(sympy.Rational(j + 2, 7)) for j in range(path.steps + 1)}
    weights = path.entries({**values, **drawn})
    for t, k in path.pairs():
        rate = weights.of(placed(path.derivation.expr, t=t, k=k))
        diagonal = weights.table(DiagonalOf(transport_of(path, t, k, 0)))
        if not isinstance(rate, Table):
            rate, diagonal = Table(1, [{0: rate}]), Table(1, diagonal.lines[:1])
        eta = path.values[ETA]
        scaled = [{0: path.algebra.product([eta, line.get(0, path.algebra.zero)])} for line in diagonal.lines]
        yield f"weight of step {k} at {t}", rate, Table(1, scaled)
        yield from _telescopes(path, weights, t, k)


def _s(path: Trajectory, j: int) -> Expr:
    """The symbol of the schedule at step j, s unless the cell has something of that name."""
    rights = (item.right for item in path.derivation.claims if item.key == "telescopes")
    names = sorted({str(signal.name) for right in rights for signal in right.atoms(ScalarSignal)})
    return ScalarSignal(names[0] if names else "s", sympy.Integer(j))


def _telescopes(path: Trajectory, entries: TimedEntries, t: int, k: int) -> Claims:
    for item in path.derivation.claims:
        if item.key == "telescopes":
            yield item.key, entries.of(placed(item.left, t=t, k=k)), entries.of(placed(item.right, t=t, k=k))


def _heavy_ball(path: Trajectory) -> Claims:
    """With v_s = lambda_{T-s} the zeroth order of the adjoint is the heavy-ball step, for any buffer v_{s-1}."""
    zeroth = add_up([term for _, term in path.derivation.named_terms[:2]])
    (heavy, ball), (beta, momentum) = (
        (item.left, item.right) for item in map(path.derivation.equation, ("heavy_ball", "momentum"))
    )
    for s in range(1, path.steps + 1):
        buffer = path.truths()[Signal("lam", path.size, 1, sympy.Integer(s - 1))]
        k = path.steps - s
        values = {
            placed(heavy, s=s - 1): buffer,
            Signal("lam", path.size, 1, sympy.Integer(k + 1)): buffer,
        }
        values[placed(beta, s=s)] = path.entries().of(placed(momentum, s=s, T=path.steps))
        entries = path.entries(values)
        yield "heavy ball", entries.of(placed(ball, s=s, T=path.steps)), entries.of(placed(zeroth, k=k))
