"""Several states as one over many steps: the sizes, the places and the names of their parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sympy
from sympy import Expr
from sympy.matrices.expressions import BlockMatrix, MatrixExpr

from symgate.language import Signal
from symgate.language.sequences import of_state, stacked_columns
from symgate.proof.tables import Table, concrete
from symgate.records import Cell


def total_size(cell: Cell) -> Expr:
    """N, the number of entries of all states."""
    return sympy.Add(*(sympy.Mul(*state.after.shape) for state in cell.states))


def parts(cell: Cell, name: str, index: Expr) -> list[Signal]:
    """delta or lambda of every state, each of the shape of the state, in order of declaration."""
    several = len(cell.states) > 1
    shapes = [(state.name, *state.after.shape) for state in cell.states]
    return [of_state(name, own, rows, index, several=several, cols=cols) for own, rows, cols in shapes]


def whole(cell: Cell, name: str, index: Expr) -> dict[Expr, MatrixExpr]:
    """delta or lambda of all states as its parts, one below the other; nothing for one state."""
    if len(cell.states) == 1:
        return {}
    column = BlockMatrix([[stacked_columns(part)] for part in parts(cell, name, index)])
    return {Signal(name, total_size(cell), 1, index): column}


def places(cell: Cell, sizes: Mapping[Expr, int]) -> Iterator[slice]:
    """Where each state lies among all entries."""
    first = 0
    for state in cell.states:
        last = first + concrete(sympy.Mul(*state.after.shape), sizes)
        yield slice(first, last)
        first = last


def cut(cell: Cell, name: str, index: Expr, sizes: Mapping[Expr, int], value: Table) -> dict[Expr, Table]:
    """A value of delta or lambda of all states, as values of its parts."""
    own = zip(parts(cell, name, index), places(cell, sizes), strict=True)
    return {part: shaped(Table(value.cols, value.lines[place]), part, sizes) for part, place in own}


def shaped(column: Table, part: Expr, sizes: Mapping[Expr, int]) -> Table:
    """The table of the shape of ``part`` whose columns, one below the other, are a column."""
    rows, cols = (concrete(size, sizes) for size in part.shape)
    if cols == 1:
        return column
    entries = [line.get(0) for line in column.lines]
    lines = [{q: entries[p + q * rows] for q in range(cols) if entries[p + q * rows] is not None} for p in range(rows)]
    return Table(cols, lines)


def columns(table: Table, zero: Any) -> list[Any]:
    """The entries of a table, column by column."""
    return [line.get(q, zero) for q in range(table.cols) for line in table.lines]
