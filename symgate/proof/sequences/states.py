"""Several states as one over many steps: the sizes, the places and the names of their parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import sympy
from sympy import Expr
from sympy.matrices.expressions import BlockMatrix, MatrixExpr

from symgate.language import Signal
from symgate.language.sequences import of_state
from symgate.proof.entries import Table, concrete
from symgate.records import Cell


def total_size(cell: Cell) -> Expr:
    """N, the number of entries of all states."""
    return sympy.Add(*(sympy.Mul(*state.after.shape) for state in cell.states))


def parts(cell: Cell, name: str, index: Expr) -> list[Signal]:
    """delta or lambda of every state, in order of declaration."""
    several = len(cell.states) > 1
    return [of_state(name, state.name, sympy.Mul(*state.after.shape), index, several=several) for state in cell.states]


def whole(cell: Cell, name: str, index: Expr) -> dict[Expr, MatrixExpr]:
    """delta or lambda of all states as its parts, one below the other; nothing for one state."""
    if len(cell.states) == 1:
        return {}
    column = BlockMatrix([[part] for part in parts(cell, name, index)])
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
    return {part: Table(value.cols, value.lines[place]) for part, place in own}
