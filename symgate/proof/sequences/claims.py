"""The equations that a derivation over many steps claims, at one trajectory: (label, found, true) values to compare.

Everything to the right of a comparison comes from ``trajectories.py``: dual numbers through the recurrence, or
plain sums over subsets of steps.  What merely introduces a name is no claim and is not compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
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

from symgate.notation import ScalarSignal, Signal
from symgate.notation.sequences import EPS, ETA, Norm
from symgate.notation.sequences import J as INDEX
from symgate.proof.entries import Table
from symgate.proof.sequences.timed import OutsideError, TimedEntries
from symgate.proof.sequences.trajectories import Trajectory, placed
from symgate.records import add_up

Claims = Iterator[tuple[str, Any, Any]]


def claims(path: Trajectory) -> Claims:
    """Every comparison of the derivation along the trajectory."""
    yield from BY_FORM[path.derivation.form](path)


def _also(path: Trajectory, entries: TimedEntries, labels: tuple[str, ...], **times: int) -> Claims:
    """Both sides of the further equations with these labels."""
    for label, left, right in path.derivation.also:
        if label in labels:
            yield label, entries.of(placed(right, **times)), entries.of(placed(left, **times))


def _transport(path: Trajectory) -> Claims:
    true = path.truths()
    entries = path.entries(true)
    for t, k in path.pairs():
        M = _M(path, t, k)
        yield f"M_({t},{k})", entries.of(placed(path.derivation.expr, t=t, k=k)), true[M]
        yield from _also(path, entries, ("in t", "in k") if t > k else ("empty",), t=t, k=k)


def _M(path: Trajectory, *index: int) -> Signal:
    return Signal("M", path.size, path.size, sympy.Tuple(*index))


def _split_is_tied(path: Trajectory, entries: TimedEntries, true: Mapping[Expr, Table]) -> Claims:
    """A_j + B_j is the derivative of the step: without this an expansion is one of something else."""
    for j in range(1, path.steps + 1):
        both = add_up([Signal(name, path.size, path.size, sympy.Integer(j)) for name in "AB"])
        yield f"A_{j} + B_{j} = J_{j}", entries.of(both), true[_M(path, j, j - 1)]


def _orders(path: Trajectory, entries: TimedEntries, highest: int) -> dict[Expr, Any]:
    """The true M^(m)_{t,k} for all orders up to ``highest``, as values of their symbols."""
    pairs = [(m, t, k) for m in range(highest + 1) for t, k in path.pairs()]
    return {_M(path, t, k, m): entries.of(path.order(m, t, k)) for m, t, k in pairs}


def _expansion(path: Trajectory) -> Claims:
    plain, true = path.entries(), path.truths()
    yield from _split_is_tied(path, plain, true)
    orders = [(int(name.removeprefix("order_")), term) for name, term in path.derivation.named_terms]
    highest = max(m for m, _ in orders)
    values = _orders(path, plain, highest)
    entries = path.entries(values)
    for t, k in path.pairs():
        found = [entries.of(placed(term, t=t, k=k)) for _, term in orders]
        for (m, _), value in zip(orders, found, strict=True):
            yield f"order {m} of M_({t},{k})", value, values[_M(path, t, k, m)]
        if t - k <= highest:
            total = _sum(path, found)
            yield f"all orders of M_({t},{k})", total, true[_M(path, t, k)]
        if t > k:
            yield from _also(path, entries, ("first order = Frechet derivative",), t=t, k=k)
            for m in range(1, highest + 1):
                yield from _also(path, entries, ("recursion",), t=t, k=k, m=m)


def _sum(path: Trajectory, tables: list[Table]) -> Table:
    names = [sympy.MatrixSymbol(f"S_{q}", path.size, path.size) for q in range(len(tables))]
    return path.entries(dict(zip(names, tables, strict=True))).of(add_up(names))


def _adjoint(path: Trajectory) -> Claims:
    true = path.truths()
    entries = path.entries(true)
    for k in range(path.steps):
        lam = true[Signal("lam", path.size, 1, sympy.Integer(k))]
        yield f"lambda_{k}", entries.of(placed(path.derivation.expr, k=k)), lam
        yield from _also(path, entries, ("closed form",), k=k, T=path.steps)
    yield from _also(path, entries, ("start",), T=path.steps)


def _gradient(path: Trajectory) -> Claims:
    entries = path.entries(path.truths())
    expected = path.gradient(path.derivation.wrt)
    yield "outer-product form", entries.of(placed(path.derivation.expr, T=path.steps)), expected
    for _, _, double in path.derivation.also:
        yield "double sum", entries.of(placed(double, T=path.steps)), expected


def _rate(path: Trajectory) -> Claims:
    plain, true = path.entries(), path.truths()
    yield from _split_is_tied(path, plain, true)
    values = _orders(path, plain, 1)
    entries = path.entries(values)
    derivation = path.derivation
    for t, k in path.pairs():
        for m in (0, 1):
            term = derivation.terms.get(f"order_{m}")
            matrix = placed(_as_signal(path, m), t=t, k=k)
            if term is not None and derivation.name.endswith("retention"):
                yield (
                    f"rate of order {m}",
                    entries.of(placed(term, t=t, k=k)),
                    entries.of(MatMul(ETA, DiagonalOf(matrix))),
                )
            elif term is not None and derivation.name.endswith("preconditioner"):
                yield f"P_({t},{k})", entries.of(placed(term, t=t, k=k)), entries.of(matrix.T)
        yield from _also(path, entries, ("zeroth order of the transport", "first order of the transport"), t=t, k=k)
    if derivation.name.endswith("drive"):
        yield from _drive_rate(path, entries)
    yield from _leaks(path, entries)


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
    meaning = {"leak": "A", "own sensitivity beyond the leak": "B"}
    for label, _, right in path.derivation.also:
        for j in range(1, path.steps + 1) if label in meaning else ():
            matrix = Signal(meaning[label], path.size, path.size, sympy.Integer(j))
            yield label, entries.of(placed(right, i=j)), entries.of(DiagonalOf(matrix))


def _analogy(path: Trajectory) -> Claims:
    name = path.derivation.name.rsplit("_", 1)[-1]
    if name == "momentum":
        yield from _adjoint(path)
        yield from _heavy_ball(path)
        return
    plain, true = path.entries(), path.truths()
    yield from _split_is_tied(path, plain, true)
    values = _orders(path, plain, 1)
    entries = path.entries(values)
    if name == "adam":
        for t, k in path.pairs():
            for m in (0, 1):
                term = placed(path.derivation.terms[f"order_{m}"], t=t, k=k)
                yield f"order {m}", entries.of(term), values[_M(path, t, k, m)]
        return
    drawn = {_s(j): path.algebra.number(sympy.Rational(j + 2, 7)) for j in range(path.steps + 1)}
    weights = path.entries({**values, **drawn})
    for t, k in path.pairs():
        rate = weights.of(placed(path.derivation.expr, t=t, k=k))
        diagonal = weights.table(DiagonalOf(_M(path, t, k, 0)))
        if not isinstance(rate, Table):
            rate, diagonal = Table(1, [{0: rate}]), Table(1, diagonal.lines[:1])
        eta = path.values[ETA]
        scaled = [{0: path.algebra.product([eta, line.get(0, path.algebra.zero)])} for line in diagonal.lines]
        yield f"weight of step {k} at {t}", rate, Table(1, scaled)
        yield from _telescopes(path, weights, t, k)


def _s(j: int) -> Expr:
    return ScalarSignal("s", sympy.Integer(j))


def _telescopes(path: Trajectory, entries: TimedEntries, t: int, k: int) -> Claims:
    for label, left, right in path.derivation.also:
        if label == "because the product telescopes":
            yield label, entries.of(placed(left, t=t, k=k)), entries.of(placed(right, t=t, k=k))


def _heavy_ball(path: Trajectory) -> Claims:
    """With v_s = lambda_{T-s} the zeroth order of the adjoint is the heavy-ball step, for any buffer v_{s-1}."""
    terms = path.derivation.terms
    zeroth = add_up([terms["loss"], terms["order_0"]])
    equations = {label: (left, right) for label, left, right in path.derivation.also}
    _, ball = equations["heavy ball"]
    beta, momentum = equations["and the momentum"]
    for s in range(1, path.steps + 1):
        buffer = path.truths()[Signal("lam", path.size, 1, sympy.Integer(s - 1))]
        k = path.steps - s
        values = {
            Signal("v", path.size, 1, sympy.Integer(s - 1)): buffer,
            Signal("lam", path.size, 1, sympy.Integer(k + 1)): buffer,
        }
        values[placed(beta, s=s)] = path.entries().of(placed(momentum, s=s, T=path.steps))
        entries = path.entries(values)
        yield "heavy ball", entries.of(placed(ball, s=s, T=path.steps)), entries.of(placed(zeroth, k=k))


def _bound(path: Trajectory) -> Claims:
    """The closed form obeys the recursion of the remainder, for arbitrary norms; so does the remainder itself."""
    plain, true = path.entries(), path.truths()
    yield from _split_is_tied(path, plain, true)
    derivation = path.derivation
    norms: dict[Expr, Any] = {}
    for j in range(1, path.steps + 1):
        for name in "AB":
            symbol = Norm(Signal(name, path.size, path.size, sympy.Integer(j)))
            norms[symbol] = path.algebra.apply("norm of " + name, 0, j, -1)
    closed = {}
    entries = _WithNorms(path, norms)
    for t, k in path.pairs():
        closed[t, k] = entries.of(placed(derivation.expr, t=t, k=k))
        if t == k:
            yield "start", closed[t, k], path.algebra.zero
            continue
        recursion = next(right for label, _, right in derivation.also if label == "recursion")
        earlier = next(left for label, left, _ in derivation.also if label == "recursion")
        before = placed(earlier, t=t - 1, k=k)
        yield (
            "recursion",
            _WithNorms(path, {**norms, before: closed[t - 1, k]}).of(placed(recursion, t=t, k=k)),
            closed[t, k],
        )
    yield from _remainder_itself(path, int(derivation.name.rsplit("_", 1)[-1]))


def _WithNorms(path: Trajectory, values: Mapping[Expr, Any]) -> TimedEntries:
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
    values = _orders(path, plain, max(path.steps, p))
    entries = path.entries(values)

    def rest(t: int, k: int) -> Expr:
        terms = [MatMul(EPS**m, _M(path, t, k, m)) for m in range(p + 1, max(path.steps, p) + 1)]
        return add_up([sympy.ZeroMatrix(path.size, path.size), *terms])

    for t, k in path.pairs():
        if t > k:
            A, B = (Signal(name, path.size, path.size, sympy.Integer(t)) for name in "AB")
            step = add_up([A, MatMul(EPS, B)])
            right = add_up([MatMul(step, rest(t - 1, k)), MatMul(EPS ** (p + 1), B, _M(path, t - 1, k, p))])
            yield f"remainder of M_({t},{k})", entries.of(rest(t, k)), entries.of(right)


BY_FORM: dict[str, Callable[[Trajectory], Claims]] = {
    "transport": _transport,
    "expansion": _expansion,
    "adjoint": _adjoint,
    "gradient": _gradient,
    "rate": _rate,
    "analogy": _analogy,
    "bound": _bound,
}
