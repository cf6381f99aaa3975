"""A cell under other names."""

from __future__ import annotations

from dataclasses import replace

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatrixSymbol

from symgate.errors import NameRefusedError, unknown
from symgate.language import ScalarSignal, Signal
from symgate.names import check_name
from symgate.records import Assignment, Cell, State


def renamed(cell: Cell, **names: str) -> Cell:
    """The cell with other names for its states, inputs, parameters or intermediates: ``renamed(cell, A="W")``.

    Raises:
        UnknownNameError: the cell has no such name.
        NameRefusedError: a new name is not plain, or in use.
    """
    known = {str(item.symbol.name): item.symbol for item in cell.assignments} | cell.symbols
    for old, new in names.items():
        if old not in known:
            raise unknown(f"name of cell {cell.name!r}", old, known)
        if check_name(new) in known or new in map(str, cell.dimensions) or list(names.values()).count(new) > 1:
            raise NameRefusedError(f"{new!r} is already a name of cell {cell.name!r}. Choose another one.")
    every = [*known.values(), *(state.after for state in cell.states)]
    rule = {symbol: _under(symbol, names[str(symbol.name)]) for symbol in every if str(symbol.name) in names}
    return replace(
        cell,
        states=tuple(State(*(side.xreplace(rule) for side in (s.before, s.after, s.update))) for s in cell.states),
        inputs=tuple(symbol.xreplace(rule) for symbol in cell.inputs),
        parameters=tuple(symbol.xreplace(rule) for symbol in cell.parameters),
        assignments=tuple(
            Assignment(item.symbol.xreplace(rule), item.expr.xreplace(rule), item.role) for item in cell.assignments
        ),
        written=tuple((names.get(name, name), shown) for name, shown in cell.written),
    )


def _under(symbol: Expr, name: str) -> Expr:
    if isinstance(symbol, ScalarSignal):
        return ScalarSignal(name, symbol.index)
    if isinstance(symbol, Signal):
        rows, cols = symbol.shape
        return Signal(name, rows, cols, symbol.index)
    return MatrixSymbol(name, *symbol.shape) if isinstance(symbol, MatrixSymbol) else sympy.Symbol(name, real=True)
