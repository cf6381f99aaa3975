"""Which names of a cell depend on the state: where no gate does, nothing is lost by freezing the gates."""

from __future__ import annotations

from sympy import Expr

from symgate.language import UPDATE
from symgate.records import Cell


def state_free(cell: Cell) -> tuple[str, ...]:
    """The named intermediates that depend on the input and the parameters alone, in order of declaration."""
    varying = _varying(cell)
    return tuple(str(item.symbol.name) for item in cell.assignments if item.symbol not in varying)


def gates_depend_on_state(cell: Cell) -> bool:
    """Whether a gate of the cell (a name whose role is not "drive") depends on the state before the step.

    Where it does not, the Jacobian has no gate term: every split by gates is exact at order zero.  Where no drive
    depends on it either, the Jacobian is its retention, and the expansion of a product is exact and has one term.
    """
    varying = _varying(cell)
    return any(item.symbol in varying for item in cell.assignments if item.role not in {"drive", "cell", UPDATE})


def _varying(cell: Cell) -> set[Expr]:
    """The states before the step, and the names whose definitions reach one."""
    varying: dict[Expr, None] = dict.fromkeys(state.before for state in cell.states)
    for item in cell.assignments:
        if item.expr.has(*varying):
            varying[item.symbol] = None
    return set(varying)
