"""The gradients of the loss by the states of a step: their names, and the paths from one state to another.

In: a cell and the name of a state.  Out: expressions over lambda and delta.
"""

from __future__ import annotations

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatrixExpr, ZeroMatrix

from symgate.claims.reading.build import total
from symgate.derive import vjp
from symgate.language import T
from symgate.language.sequences import of_state
from symgate.records import Cell, State


def own_part(cell: Cell, name: str, time: Expr) -> Expr:
    """The gradient by a state that a step's own loss has."""
    return state_part(cell.state(name), "delta", time, several=len(cell.states) > 1)


def paths_through(cell: Cell, name: str, letter: str, time: Expr) -> Expr:
    """What the gradients by the other states of a step give through a state that they depend on; 0 for none.

    An LSTM has h_t = o_t tanh(c_t): a change of c_t changes h_t, which our gradient by c_t holds fixed.
    """
    carrier = "" if cell.state(name) in cell.numbers else carrier_of(cell, name)
    parts: list[Expr] = []
    for state in cell.states:
        if state.name != name and carrier:
            found = vjp(cell, carrier, state.name, written_out=True)
            back = state_part(state, letter, T, several=True)
            if not isinstance(found.expr, ZeroMatrix):
                parts.append(found.expr.xreplace({found.cotangent: back}).xreplace({T: time}))
    if not parts:
        return ZeroMatrix(*cell.state(name).after.shape)
    return parts[0] if len(parts) == 1 else total(parts)


def state_part(state: State, name: str, time: Expr, *, several: bool) -> Expr:
    """delta or lambda of a state, of its shape."""
    rows, cols = state.after.shape
    return of_state(name, state.name, rows, time, several=several, cols=cols)


def carrier_of(cell: Cell, state: str) -> str:
    """The intermediate that has the value of a state after the step, as s has that of c in an LSTM; "" for none."""
    update = cell.state(state).update
    if cell.state(state) in cell.numbers:  # m_new 1 of a state of one number
        update = sympy.Mul(*(part for part in update.args if not isinstance(part, MatrixExpr)))
    return next((str(item.symbol.name) for item in cell.assignments if update in (item.symbol, item.expr)), "")
