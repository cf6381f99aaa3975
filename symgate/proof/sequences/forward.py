"""What influences, their truncations, the gradient by lag and the rest of an expansion claim along a trajectory.

The true P_t = dx_t/dtheta comes from dual numbers through the recurrence; S_t is P_t less what J_t makes of P_{t-1}.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatAdd, MatMul

from symgate.language import Signal
from symgate.language.sequences import EPS
from symgate.proof.algebras import Dual
from symgate.proof.entries import Entries, Table, concrete
from symgate.proof.layout import seeded
from symgate.proof.sequences.common import Claims, orders_of, split_is_tied, transport_of
from symgate.proof.sequences.trajectories import Trajectory, placed
from symgate.records import Order, Truncated, add_up

#: The names of the influence, of its local term, of what is left out, of the gradient so far, of the trace.
INFLUENCE, LOCAL, DROPPED, GRADIENT, TRACE = "P", "S", "E", "G", "e"


def influence(path: Trajectory) -> Claims:
    """Both sides of every claim, with the true influence, transport and adjoint."""
    true, derived = path.truths(), derivatives(path)
    entries = path.entries({**true, **derived})
    yield from _local_is_tied(path, true, derived)
    for t in range(1, path.steps + 1):
        own = derived[_named(path, INFLUENCE, t)]
        yield f"P_{t}", entries.of(placed(path.derivation.expr, t=t)), own
        yield f"closed form of P_{t}", entries.of(placed(path.derivation.equation("closed_form").right, t=t)), own
    start = path.derivation.equation("start")
    yield "start", entries.of(start.right), derived[start.left]
    whole = flat(path, path.gradient(path.derivation.wrt))
    for key in ("forward", "backward"):
        yield f"gradient, {key}", entries.of(placed(path.derivation.equation(key).right, T=path.steps)), whole


def truncation(path: Trajectory) -> Claims:
    """Each order is the sum over the steps at which B is taken; what is dropped is the difference."""
    derivation, true, derived = path.derivation, path.truths(), derivatives(path)
    assert isinstance(derivation.parameters, Truncated)
    plain, highest = path.entries(), derivation.parameters.order
    yield from split_is_tied(path, plain, true)
    yield from _local_is_tied(path, true, derived)
    orders = orders_of(path, plain, highest)
    inner = path.entries({**orders, **true})
    found: dict[Expr, Any] = {}
    for t in range(path.steps + 1):
        for m in range(highest + 1):
            parts = [MatMul(transport_of(path, t, k, m), _named(path, LOCAL, k)) for k in range(1, t + 1)]
            found[_named(path, f"{INFLUENCE}_{m}", t)] = inner.of(add_up([_zero(path), *parts]))
        kept = [MatMul(-1, _named(path, f"{INFLUENCE}_{m}", t)) for m in range(highest + 1)]
        values = path.entries({**found, **derived})
        found[_named(path, DROPPED, t)] = values.of(add_up([_named(path, INFLUENCE, t), *kept]))
    entries = path.entries({**found, **derived, **true})
    for t in range(1, path.steps + 1):
        for m, (_, term) in enumerate(derivation.named_terms):
            own = found[_named(path, f"{INFLUENCE}_{m}", t)]
            yield f"order {m} of P_{t}", entries.of(placed(term, t=t)), own
            yield f"recursion of order {m}", entries.of(placed(derivation.equation(f"recursion_{m}").right, t=t)), own
        own = found[_named(path, DROPPED, t)]
        yield f"what is dropped, E_{t}", entries.of(placed(derivation.equation("dropped").right, t=t)), own
    yield from _trace(path, found)


def _trace(path: Trajectory, found: Mapping[Expr, Any]) -> Claims:
    """The trace obeys its recursion from 0, and gives sum_t P_{0,t}' delta_t."""
    keys = {item.key: item for item in path.derivation.claims}
    if "trace" not in keys:
        return
    values = dict(found)
    shape = path.derivation.wrt.shape
    values[Signal(TRACE, *shape, sympy.Integer(0))] = path.entries().of(sympy.ZeroMatrix(*shape))
    for t in range(1, path.steps + 1):
        stepped = path.entries(values).of(placed(keys["trace"].right, t=t))
        yield f"e_{t}", path.entries(values).of(placed(keys["trace_closed_form"].right, t=t)), stepped
        values[Signal(TRACE, *shape, sympy.Integer(t))] = stepped
    entries = path.entries(values)
    parts = [
        MatMul(sympy.Transpose(_named(path, f"{INFLUENCE}_0", t)), Signal("delta", path.size, 1, sympy.Integer(t)))
        for t in range(1, path.steps + 1)
    ]
    claimed = entries.of(placed(keys["trace_gradient"].right, T=path.steps))
    yield "gradient of the trace", flat(path, claimed), entries.of(add_up(parts))


def lag(path: Trajectory) -> Claims:
    """Gamma_l from the true local derivative and the true transport; the sum is the true gradient."""
    true, derived = path.truths(), derivatives(path)
    entries, shape = path.entries(true), getattr(path.derivation.wrt, "shape", ())
    last = path.steps
    for number in range(last):
        parts = [_pushed(path, t, t - number) for t in range(number + 1, last + 1)]
        values = path.entries({**true, **_locals(path, true, derived)})
        expected = values.of(add_up(parts))
        claimed = entries.of(placed(path.derivation.expr, l=number, T=last))
        yield f"Gamma_{number}", flat(path, claimed), expected
        for t in range(number + 1, last + 1):
            v = entries.of(placed(path.derivation.equation("carried").right, t=t, l=number))
            if number:
                earlier = Signal("v", path.size, 1, sympy.Tuple(t, number - 1))
                before = entries.of(placed(path.derivation.equation("carried").right, t=t, l=number - 1))
                step = path.entries({**true, earlier: before})
                yield "recursion", step.of(placed(path.derivation.equation("recursion").right, t=t, l=number)), v
    whole = path.gradient(path.derivation.wrt)
    every = path.derivation.equation("all")
    yield "all lags, by the adjoint", entries.of(placed(every.right, T=last)), whole
    names = {number: Signal("Gamma", *shape, sympy.Integer(number)) for number in range(last)} if shape else {}
    if shape:
        values = {
            name: entries.of(placed(path.derivation.expr, l=number, T=last)) for number, name in names.items()
        }
        yield "all lags", path.entries(values).of(placed(every.left, T=last)), whole


def rest(path: Trajectory) -> Claims:
    """The orders above p, and E_t by its recursion; M(eps) is the sum of all orders."""
    plain, true, derivation = path.entries(), path.truths(), path.derivation
    assert isinstance(derivation.parameters, Order)
    yield from split_is_tied(path, plain, true)
    p, highest = derivation.parameters.order, max(path.steps, derivation.parameters.order)
    orders = orders_of(path, plain, highest)
    inner = path.entries(orders)
    values: dict[Expr, Any] = dict(orders)
    for t, k in path.pairs():
        every = [MatMul(EPS**m, transport_of(path, t, k, m)) for m in range(highest + 1)]
        values[transport_of(path, t, k)] = inner.of(add_up(every))
        beyond = [sympy.ZeroMatrix(path.size, path.size), *every[p + 1 :]]
        values[Signal("E", path.size, path.size, sympy.Tuple(t, k))] = inner.of(add_up(beyond))
    entries = path.entries(values)
    for t, k in path.pairs():
        own = values[Signal("E", path.size, path.size, sympy.Tuple(t, k))]
        yield f"left side at ({t},{k})", entries.of(placed(derivation.of, t=t, k=k)), own
        yield f"rest of M_({t},{k})", entries.of(placed(derivation.expr, t=t, k=k)), own
        if t > k:
            yield "recursion", entries.of(placed(derivation.equation("recursion").right, t=t, k=k)), own
        else:
            yield "start", entries.of(placed(derivation.equation("start").right, k=k)), own


def derivatives(path: Trajectory) -> dict[Expr, Table]:
    """The true P_t = dx_t/dtheta for t = 0 .. T, by dual numbers; a column for each entry, column by column."""
    dual, wrt = Dual(path.algebra), path.derivation.wrt
    entries = Entries(dual, path.sizes, seeded(path.values, wrt, dual), path.names())
    rows, cols = _shape(path)
    found = {}
    for t in range(path.steps + 1):
        lines = []
        for state in path.states(t):
            for line in entries.table(state).lines:
                slopes = line.get(0, dual.zero)[1] or {}
                lines.append({p + q * rows: slope for (p, q), slope in slopes.items()})
        found[_named(path, INFLUENCE, t)] = Table(rows * cols, lines)
    return found


def flat(path: Trajectory, value: Any) -> Table:
    """Something of the shape of the parameter as one column, column by column."""
    rows, cols = _shape(path)
    if not isinstance(value, Table):
        return Table(1, [{0: value}])
    lines: list[dict[int, Any]] = [{} for _ in range(rows * cols)]
    for p, line in enumerate(value.lines):
        for q, entry in line.items():
            lines[p + q * rows][0] = entry
    return Table(1, lines)


def _shape(path: Trajectory) -> tuple[int, int]:
    """The shape of the parameter in numbers, (1, 1) for a scalar."""
    shape = getattr(path.derivation.wrt, "shape", (sympy.S.One, sympy.S.One))
    rows, cols = (concrete(size, path.sizes) for size in shape)
    return rows, cols


def _named(path: Trajectory, name: str, t: int) -> Signal:
    """P_t, S_t, E_t: (N, number of entries of the parameter)."""
    shape = getattr(path.derivation.wrt, "shape", (sympy.S.One, sympy.S.One))
    return Signal(name, path.size, shape[0] * shape[1], sympy.Integer(t))


def _zero(path: Trajectory) -> Expr:
    return sympy.ZeroMatrix(*_named(path, INFLUENCE, 0).shape)


def _locals(path: Trajectory, true: Mapping[Expr, Any], derived: Mapping[Expr, Any]) -> dict[Expr, Any]:
    """S_t = P_t - J_t P_{t-1} from the true influence and the true Jacobian."""
    values = path.entries({**true, **derived})
    found = {}
    for t in range(1, path.steps + 1):
        carried = MatMul(-1, transport_of(path, t, t - 1), _named(path, INFLUENCE, t - 1))
        found[_named(path, LOCAL, t)] = values.of(MatAdd(_named(path, INFLUENCE, t), carried))
    return found


def _local_is_tied(path: Trajectory, true: Mapping[Expr, Any], derived: Mapping[Expr, Any]) -> Claims:
    """What S_j is said to be is the immediate derivative of the step, and J_j its Jacobian where it is named."""
    plain = path.entries()
    for symbol, value in _locals(path, true, derived).items():
        yield f"S_{symbol.index}", plain.of(symbol), value
    for item in path.derivation.definitions:
        if str(item.left.name) == "J":
            for t in range(1, path.steps + 1):
                own = plain.of(item.left.xreplace({item.left.index: sympy.Integer(t)}))
                yield f"J_{t}", own, true[transport_of(path, t, t - 1)]


def _pushed(path: Trajectory, t: int, k: int) -> Expr:
    """S_k' M_{t,k}' delta_t."""
    back = sympy.Transpose(transport_of(path, t, k))
    return MatMul(sympy.Transpose(_named(path, LOCAL, k)), back, Signal("delta", path.size, 1, sympy.Integer(t)))
