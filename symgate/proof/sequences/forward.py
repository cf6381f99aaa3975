"""What influences, their truncations, the gradient by lag and the rest of an expansion state along a trajectory.

The true P_t = dx_t/dtheta comes from dual numbers through the recurrence; S_t is P_t less what J_t makes of P_{t-1}.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sympy
from sympy import Expr

from symgate.language import Signal
from symgate.language import T as NOW
from symgate.language.sequences import EPS, LAG, LAST, K
from symgate.proof.sequences.laws import place
from symgate.proof.sequences.moments import Moments
from symgate.proof.sequences.paths import Path
from symgate.proof.sequences.products import pieces, tied
from symgate.proof.sequences.statements import MAIN, Check, Open, Statements, both, left_side, scaled, transposed
from symgate.proof.sequences.states import columns, parts, places
from symgate.proof.sequences.states import shaped as of_shape
from symgate.proof.tables import Table, concrete
from symgate.records import Equation, Order, Relation, Truncated

#: A name, its shape, and its times.
Place = tuple[str, tuple[Any, ...], tuple[int, ...]]
Times = Mapping[sympy.Symbol, int]


def influence(path: Path) -> Statements:
    """Both sides of every claim, with the true influence, transport, adjoint and gradient."""
    yield from left_side(path.derivation)
    yield from pieces(path)
    gradient = {_at(path, "G", path.steps, column=True): flat(path.gradient)}
    entries = path.moments({**path.transports, **path.adjoints, **path.influences, **gradient})
    for t in range(1, path.steps + 1):
        yield _compared(path, entries, MAIN, path.derivation.expr, {NOW: t}, path.influences[_at(path, "P", t)])
    yield from _equations(path, entries, {"closed_form": range(1, path.steps + 1)})


def truncation(path: Path) -> Statements:
    """Each order is the sum over the steps at which B is taken; what is dropped is the difference."""
    derivation = path.derivation
    assert isinstance(derivation.parameters, Truncated)
    yield from left_side(derivation)
    yield from pieces(path)
    yield from tied(path)
    found = _orders(path, derivation.parameters.order)
    entries = path.moments({**path.influences, **found, **_traces(path, found)})
    steps = range(1, path.steps + 1)
    for t in steps:
        for m, (_, term) in enumerate(derivation.named_terms):
            yield _compared(path, entries, MAIN, term, {NOW: t}, found.get(_at(path, f"P_{m}", t)), {"m": m})
        if derivation.relation is Relation.EQUAL:
            yield _compared(path, entries, MAIN, derivation.expr, {NOW: t}, path.influences[_at(path, "P", t)])
    yield from _equations(path, entries, {item.key: steps for item in derivation.claims})


def lag(path: Path) -> Statements:
    """Gamma_l from the true local derivative and the true transport; the sum over all lags is the true gradient."""
    yield from left_side(path.derivation)
    yield from pieces(path)
    source, last = _locals(path), path.steps
    timed: dict[Place, Any] = {**path.transports, **path.adjoints}
    zero = path.algebra.zero
    for number in range(last):
        total = None
        for t in range(number + 1, last + 1):
            v = path.times(transposed(path.transports[path.transport(t, t - number)]), _delta(path, t))
            timed |= _seen(path, v, t, number)
            part = path.times(transposed(source[t - number]), v)
            total = part if total is None else path.plain.added(total, part)
        assert total is not None
        shape = getattr(path.derivation.wrt, "shape", ())
        value = shaped(path, total) if shape else total.lines[0].get(0, zero)
        timed["Gamma", tuple(shape), (number,)] = value
    if path.cell.matrix_states:  # a sum that reaches too far gives a number, and the wrong one
        for number in range(last):
            timed |= _seen(path, _delta(path, number), number, number)
            timed |= _seen(path, _delta(path, last + 1), last + 1, number)
    entries = path.moments(timed)
    for number in range(last):
        own = timed["Gamma", tuple(getattr(path.derivation.wrt, "shape", ())), (number,)]
        yield _compared(path, entries, MAIN, path.derivation.expr, {LAG: number}, own)
    for item in path.derivation.claims:
        first = 1 if item.key.startswith("recursion") else 0
        pairs = [(t, number) for number in range(first, last) for t in range(number + 1, last + 1)]
        places = [{}] if item.key == "all" else [{NOW: t, LAG: number} for t, number in pairs]
        for times in places:
            yield _sides(path, entries, item, times)
    every = [item for item in path.derivation.claims if item.key == "all"]
    for item in every:
        yield _compared(path, entries, "all", item.right, {}, path.gradient)


def _delta(path: Path, t: int) -> Table:
    """delta_t of all states, one below the other, of a matrix its columns."""
    given = [path.given[place(part)] for part in parts(path.cell, "delta", sympy.Integer(t))]
    return Table(1, [{0: value} for table in given for value in columns(table, path.algebra.zero)])


def _seen(path: Path, v: Table, t: int, number: int) -> dict[Place, Any]:
    """v_{t,l} of all states; where one is a matrix, of each in its shape."""
    if not path.cell.matrix_states:
        return {("v", (path.size, sympy.S.One), (t, number)): v}
    own = parts(path.cell, "v", sympy.Tuple(sympy.Integer(t), sympy.Integer(number)))
    spans = places(path.cell, path.sizes)
    return {
        place(part): of_shape(Table(1, v.lines[span]), part, path.sizes) for part, span in zip(own, spans, strict=True)
    }


def rest(path: Path) -> Statements:
    """The orders above p, and E_t by its recursion; M(eps) is the sum of all orders."""
    derivation = path.derivation
    assert isinstance(derivation.parameters, Order)
    yield from tied(path)
    p, highest = derivation.parameters.order, max(path.steps, derivation.parameters.order)
    orders, square = path.orders(highest), (path.size, path.size)
    timed: dict[Place, Any] = dict(orders)
    eps = path.values.get(EPS, path.algebra.one)
    zero = Table(path.rows, [{} for _ in range(path.rows)])
    for t, k in path.pairs():
        every, beyond = zero, zero
        for m in range(highest + 1):
            part = scaled(path, path.algebra.power(eps, m), orders[path.transport(t, k, m)])
            every = path.plain.added(every, part)
            beyond = path.plain.added(beyond, part) if m > p else beyond
        timed[path.transport(t, k)] = every
        timed["E", square, (t, k)] = beyond
    entries = path.moments(timed)
    for t, k in path.pairs():
        own = timed["E", square, (t, k)]
        yield _compared(path, entries, MAIN, derivation.expr, {NOW: t, K: k}, own)
        for item in derivation.claims:
            if (item.key == "start") == (t == k) or item.key == "left_out":
                yield _sides(path, entries, item, {NOW: t, K: k})


def _equations(path: Path, entries: Moments, over: Mapping[str, range]) -> Statements:
    """Both sides of the further claims: at the steps given for a key, and once for those that have no free time."""
    for item in path.derivation.claims:
        if item.relation is not Relation.EQUAL:
            yield Open(item.key, f"the relation {item.relation.value} has no judge here")
        elif item.key in over and item.left.has(NOW):
            for t in over[item.key]:
                yield _sides(path, entries, item, {NOW: t})
        else:
            yield _sides(path, entries, item, {})


def _sides(path: Path, entries: Moments, item: Equation, times: Times) -> Check:
    """Both sides of an equation at times that are numbers."""
    every = {**times, LAST: path.steps}
    return Check(item.key, {letter.name: value for letter, value in every.items()}, both(entries, item, every))


def _compared(
    path: Path, entries: Moments, key: str, expr: Expr, times: Times, true: Any, note: Mapping[str, int] | None = None
) -> Check:
    """A closed form and its true value."""
    every = {**times, LAST: path.steps}
    shown = {letter.name: value for letter, value in every.items()} | dict(note or {})
    sides: Callable[[], tuple[Any, Any]] = lambda: (entries.at(expr, every), true)  # noqa: E731  it has a type
    return Check(key, shown, sides)


def _orders(path: Path, highest: int) -> dict[Place, Any]:
    """P_{m,t} = sum_k M^(m)_{t,k} S_k and E_t = P_t - sum_m P_{m,t}."""
    orders, source, minus = path.orders(max(highest, 1)), _locals(path), path.algebra.number(sympy.Integer(-1))
    found: dict[Place, Any] = {}
    for t in range(path.steps + 1):
        left = path.influences[_at(path, "P", t)]
        for m in range(highest + 1):
            total = Table(left.cols, [{} for _ in range(path.rows)])
            for k in range(1, t + 1):
                total = path.plain.added(total, path.times(orders[path.transport(t, k, m)], source[k]))
            found[_at(path, f"P_{m}", t)] = total
            left = path.plain.added(left, scaled(path, minus, total))
        found[_at(path, "E", t)] = left
    return found


def _traces(path: Path, found: Mapping[Place, Any]) -> dict[Place, Any]:
    """The trace by its own recursion from 0, and sum_t P_{0,t}' delta_t in the shape of the parameter."""
    step = next((item for item in path.derivation.claims if item.key == "trace"), None)
    shape = tuple(getattr(path.derivation.wrt, "shape", ()))
    if step is None or not shape:
        return {}
    rows, cols = (concrete(part, path.sizes) for part in shape)
    timed: dict[Place, Any] = {("e", shape, (0,)): Table(cols, [{} for _ in range(rows)])}
    total = Table(1, [{} for _ in range(rows * cols)])
    for t in range(1, path.steps + 1):
        timed["e", shape, (t,)] = path.moments(timed).at(step.right, {NOW: t, LAST: path.steps})
        delta = path.plain.table(Signal("delta", path.size, 1, sympy.Integer(t)))
        total = path.plain.added(total, path.times(transposed(found[_at(path, "P_0", t)]), delta))
    return timed | {("G", shape, (path.steps,)): shaped(path, total)}


def _locals(path: Path) -> dict[int, Table]:
    """S_t = P_t - J_t P_{t-1} from the true influence and the true Jacobian."""
    minus, found = path.algebra.number(sympy.Integer(-1)), {}
    for t in range(1, path.steps + 1):
        carried = path.times(path.transports[path.transport(t, t - 1)], path.influences[_at(path, "P", t - 1)])
        found[t] = path.plain.added(path.influences[_at(path, "P", t)], scaled(path, minus, carried))
    return found


def _at(path: Path, name: str, t: int, *, column: bool = False) -> Place:
    """Where P_t, S_t, E_t or the gradient as a column has its value."""
    shape = getattr(path.derivation.wrt, "shape", (sympy.S.One, sympy.S.One))
    entries = shape[0] * shape[1]
    rows, cols = (entries, sympy.S.One) if column else (path.size, entries)
    return place(Signal(name, rows, cols, sympy.Integer(t)))


def flat(value: Any) -> Table:
    """Something of the shape of the parameter as one column, column by column."""
    if not isinstance(value, Table):
        return Table(1, [{0: value}])
    rows = len(value.lines)
    lines: list[dict[int, Any]] = [{} for _ in range(rows * value.cols)]
    for p, line in enumerate(value.lines):
        for q, entry in line.items():
            lines[p + q * rows][0] = entry
    return Table(1, lines)


def shaped(path: Path, column: Table) -> Table:
    """A column as something of the shape of the parameter."""
    rows, cols = (concrete(part, path.sizes) for part in path.derivation.wrt.shape)
    lines: list[dict[int, Any]] = [{} for _ in range(rows)]
    for place_, line in enumerate(column.lines):
        if 0 in line:
            lines[place_ % rows][place_ // rows] = line[0]
    return Table(cols, lines)
