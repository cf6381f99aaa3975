"""J v and J' lambda of all states at once, as recurrences over the names of a cell: nothing is multiplied out.

Each name y gets a tangent, or a cotangent, from those of the names beside it.  So along the layers of a stack the work
and the text grow with their number, where the words of J multiply at every layer.
"""

from __future__ import annotations

from dataclasses import fields, replace

from sympy import Expr
from sympy.matrices.expressions import MatrixExpr, MatrixSymbol

from symgate.derive.reverse import cotangents
from symgate.derive.tangents import pushed
from symgate.language import ScalarSignal, Signal
from symgate.language.matrices import is_vector
from symgate.records import Assignment, Cell, Kind, State, WholeProduct, vectors_only


def along_states(cell: Cell) -> WholeProduct:
    """J v of all states: a step that takes tangents of the states before it and gives those of the states after it.

    Args:
        cell: a recurrence of vectors.

    Returns:
        A cell ``<name>_tangents`` with the states and arguments of ``cell``, in their order, and behind them
        ``tangent_x`` for each state x.  What it gives for x is dx_t = sum over states y of (dx_t/dy_{t-1}) tangent_y.

    Raises:
        UnsupportedNodeError: an expression holds a node without a rule.

    Law: ``tests/derive/test_whole_steps.py`` (against the Jacobian of all states, and complex step).
    """
    vectors_only(cell, "J v of all states at once")
    cell = _named(cell)
    taken = _taken(cell)
    given = {state.before: _new(state.before, f"tangent_{state.name}", taken) for state in cell.states}
    dots, assignments = dict(given), []
    for item in cell.assignments:
        assignments.append(item)
        moved = pushed(item.expr, dots)
        if any(symbol in moved.atoms(Signal, ScalarSignal) for symbol in dots.values()):
            dots[item.symbol] = _new(item.symbol, f"{item.symbol.name}_dot", taken)
            assignments.append(Assignment(dots[item.symbol], moved, item.role))
    states = [_moved(state, f"{state.name}_dot", pushed(state.update, dots), taken) for state in cell.states]
    return _step(cell, Kind.JVP, states, assignments, list(given.values()))


def back_to_states(cell: Cell) -> WholeProduct:
    """J' lambda of all states: a step that takes cotangents of the states after it and gives those before it.

    As ``along_states``, with ``lam_x`` for each state x: what it gives for x is the sum over states y of
    (dy_t/dx_{t-1})' lam_y.
    """
    step, found, lams, taken = _backwards(cell, "J' lambda of all states at once")
    zero = {state.before: 0 * lams[state.after] for state in cell.states}
    moved = [_moved(s, f"{s.name}_lam", found.get(s.before, zero[s.before]), taken) for s in cell.states]
    return replace(step, states=tuple(moved))


def back_to_parameters(cell: Cell) -> WholeProduct:
    """The gradient of every parameter: as ``back_to_states``, but what it gives for p is the sum of (dy_t/dp)' lam_y.

    A parameter that no state depends on is left out.
    """
    step, found, _, taken = _backwards(cell, "the gradient of every parameter at once")
    used = [p for p in cell.parameters if p in found]
    return replace(
        step,
        name=f"{cell.name}_gradients",
        gradients=tuple(State(p, _new(p, f"gradient_{p.name}", taken), found[p]) for p in used),
    )


def _backwards(cell: Cell, what: str) -> tuple[WholeProduct, dict[Expr, Expr], dict[Expr, Expr], set[str]]:
    """A step with the cotangents of all names, what each symbol gets, the names of cotangents, and all names taken."""
    vectors_only(cell, what)
    cell = _named(cell)
    taken = _taken(cell)
    given = {state.after: _new(state.before, f"lam_{state.name}", taken) for state in cell.states}
    lams = dict(given)
    for item in cell.assignments:
        lams[item.symbol] = _new(item.symbol, f"lam_{item.symbol.name}", taken)
    found = cotangents(cell, lams)
    assignments = list(cell.assignments)
    assignments += [
        Assignment(lams[item.symbol], found[item.symbol], item.role)
        for item in reversed(cell.assignments)
        if item.symbol in found
    ]
    return _step(cell, Kind.VJP, list(cell.states), assignments, list(given.values())), found, lams, taken


def _step(
    cell: Cell, kind: Kind, states: list[State], assignments: list[Assignment], given: list[Expr]
) -> WholeProduct:
    """A step with further arguments behind those of a cell."""
    step = replace(
        cell,
        name=f"{cell.name}_{'tangents' if kind is Kind.JVP else 'cotangents'}",
        states=tuple(states),
        parameters=(*cell.parameters, *given),
        assignments=tuple(assignments),
    )
    return WholeProduct(**{item.name: getattr(step, item.name) for item in fields(step)}, kind=kind, along=tuple(given))


def _moved(state: State, name: str, update: Expr, taken: set[str]) -> State:
    """What a step gives in the place of a state."""
    return State(state.before, _new(state.before, name, taken), update)


def _named(cell: Cell) -> Cell:
    """The same cell, where an update that has a name among the intermediates is that name, so it is met once."""
    names = {item.expr: item.symbol for item in cell.assignments}
    states = (replace(state, update=names.get(state.update, state.update)) for state in cell.states)
    return replace(cell, states=tuple(states))


def _taken(cell: Cell) -> set[str]:
    named = {str(symbol.name) for symbol in cell.definitions}
    return {*cell.symbols, *named, *map(str, cell.dimensions)}


def _new(like: Expr, name: str, taken: set[str]) -> Expr:
    """A symbol of the shape of another one, under a name that nothing bears."""
    while name in taken:
        name += "_"
    taken.add(name)
    if isinstance(like, MatrixExpr) and not is_vector(like):
        return MatrixSymbol(name, *like.shape)
    return Signal(name, like.shape[0], 1) if is_vector(like) else ScalarSignal(name)
