"""Derivatives by and of named intermediates, as results of a cell in which they are inputs or states.

``h_tilde/h`` is the Jacobian of an intermediate; ``h/c_new`` the Jacobian of the state by one, its own value held fixed where
it stands.  The recurrence is the author's, so what is derived here is proved like everything else.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from symgate.derive import jacobian, result, vjp
from symgate.errors import SymgateError, UnknownNameError
from symgate.language import ScalarSignal, Signal, T
from symgate.records import Cell, Derivation, State


@lru_cache(maxsize=512)
def partial(cell: Cell, of: str, wrt: str, *, pulled: bool = False) -> Derivation:
    """The Jacobian of a state or intermediate by a state, input, parameter or intermediate; or its vector-Jacobian product.

    Raises:
        UnknownNameError: the cell has no such name.
    """
    states = {state.name for state in cell.states}
    if of in states and wrt in cell.symbols:
        return result(cell, ("vjp:" if pulled else "") + (wrt if len(states) == 1 else f"{of}/{wrt}"))
    seen = cell
    if wrt not in seen.symbols:
        seen = _as_input(seen, wrt)
    if of not in states:
        seen = _as_state(seen, of)
    make = vjp if pulled else jacobian
    return make(seen, wrt, of)


def _as_input(cell: Cell, name: str) -> Cell:
    """The cell in which an intermediate is an input."""
    for item in cell.assignments:
        if str(item.symbol.name) == name and isinstance(item.symbol, Signal):
            rest = tuple(other for other in cell.assignments if other is not item)
            return replace(cell, inputs=(*cell.inputs, item.symbol), assignments=rest)
    raise UnknownNameError(f"Cell {cell.name!r} has no state, input, parameter or intermediate vector {name!r}.")


def _as_state(cell: Cell, name: str) -> Cell:
    """The cell whose first state is an intermediate; those behind it are left out."""
    for place, item in enumerate(cell.assignments):
        if str(item.symbol.name) == name and not isinstance(item.symbol, ScalarSignal):
            before = Signal(name, item.symbol.shape[0], 1, T - 1)
            own = State(before, item.symbol, item.expr)
            kept = tuple(replace(state, update=state.before) for state in cell.states)
            return replace(cell, states=(own, *kept), assignments=cell.assignments[:place])
    raise UnknownNameError(f"Cell {cell.name!r} has no state or intermediate vector {name!r}.")


def exists(cell: Cell, of: str, wrt: str) -> bool:
    """Whether there is such a derivative."""
    try:
        partial(cell, of, wrt)
    except SymgateError:
        return False
    return True
