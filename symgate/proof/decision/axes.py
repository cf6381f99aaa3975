"""How the rows and columns of an expression are made up: of one size, of a product of sizes, or of blocks.

An index of an axis is a tuple of letters: none for an axis of length 1, one for an axis of a plain size, several (major
first) for a product of sizes, and (place, letter) where blocks stand one below the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import singledispatch
from types import MappingProxyType
from typing import Any

from sympy import Expr, Mul
from sympy.matrices import expressions as me

from symgate.errors import UnsupportedNodeError
from symgate.language import sequences as seq
from symgate.language.nodes import Map, Vec
from symgate.proof.decision.forms import CONSTANT, Letter
from symgate.records import Cell

Index = tuple[Letter, ...]
Axis = tuple[Any, ...]


@dataclass(frozen=True)
class Blocks:
    """The space of an axis made of blocks: their axes, one below the other."""

    parts: tuple[Axis, ...]


@singledispatch
def axes(expr: Any) -> tuple[Axis, Axis]:
    """The structure of rows and columns, as finely as the expression itself says."""
    rows, cols = expr.shape
    return plain(rows), plain(cols)


@axes.register(me.MatAdd)
@axes.register(me.HadamardProduct)
def _same_axes(expr: Any) -> tuple[Axis, Axis]:
    rows, cols = zip(*(axes(arg) for arg in expr.args), strict=True)
    return finest(rows), finest(cols)


@axes.register
def _product_axes(expr: me.MatMul) -> tuple[Axis, Axis]:
    matrices = [arg for arg in expr.args if isinstance(arg, me.MatrixExpr)]
    return axes(matrices[0])[0], axes(matrices[-1])[1]


@axes.register
def _turned_axes(expr: me.Transpose) -> tuple[Axis, Axis]:
    return axes(expr.arg)[::-1]


@axes.register
def _kron_axes(expr: me.KroneckerProduct) -> tuple[Axis, Axis]:
    rows, cols = zip(*(axes(arg) for arg in expr.args), strict=True)
    return sum(rows, ()), sum(cols, ())


@axes.register
def _block_axes(expr: me.BlockMatrix) -> tuple[Axis, Axis]:
    high, wide = expr.blockshape
    rows = [finest([axes(expr.blocks[p, q])[0] for q in range(wide)]) for p in range(high)]
    cols = [finest([axes(expr.blocks[p, q])[1] for p in range(high)]) for q in range(wide)]
    return stacked(rows), stacked(cols)


@axes.register
def _diag_axes(expr: me.DiagMatrix) -> tuple[Axis, Axis]:
    rows = axes(expr.args[0])[0]
    return rows, rows


@axes.register
def _diagonal_axes(expr: me.DiagonalOf) -> tuple[Axis, Axis]:
    return finest(axes(expr.arg)), ()


@axes.register
def _vec_axes(expr: Vec) -> tuple[Axis, Axis]:
    rows, cols = axes(expr.args[0])
    return cols + rows, ()


@axes.register
def _map_axes(expr: Map) -> tuple[Axis, Axis]:
    return axes(expr.argument)


@axes.register
def _power_axes(expr: me.HadamardPower) -> tuple[Axis, Axis]:
    return axes(expr.base)


@axes.register(seq.OrderedProduct)
@axes.register(seq.MatrixSum)
@axes.register(seq.HadamardRun)
def _over_axes(expr: Any) -> tuple[Axis, Axis]:
    return axes(expr.body)


def keyed(row: Index, col: Index) -> tuple[Any, Index]:
    """How an index is made up (a number for a block, None for a letter), and its letters."""
    key = tuple(tuple(part.number if part.level == CONSTANT else None for part in index) for index in (row, col))
    return key, tuple(part for part in (*row, *col) if part.level != CONSTANT)


#: The sizes that are known to be products: of the columns of a matrix state, one below the other.
_PAIRS: ContextVar[Mapping[Expr, Axis]] = ContextVar("pairs", default=MappingProxyType({}))


@contextmanager
def paired(cell: Cell) -> Iterator[None]:
    """Within this an index of all entries of a matrix state is a pair, the column first."""
    shapes = [state.before.shape for state in cell.matrix_states]
    token = _PAIRS.set({Mul(*shape): (shape[1], shape[0]) for shape in shapes})
    try:
        yield
    finally:
        _PAIRS.reset(token)


def pairs() -> Mapping[Expr, Axis]:
    """The sizes that are read as pairs here."""
    return _PAIRS.get()


def plain(size: Expr) -> Axis:
    """The axis of a size that says nothing more of itself."""
    return () if size == 1 else pairs().get(size, (size,))


def finest(axes: Any) -> Axis:
    """The axis that says most.

    Raises:
        UnsupportedNodeError: two axes are structured in different ways.
    """
    best = max(axes, key=lambda axis: (len(axis), sum(isinstance(space, Blocks) for space in axis)))
    for axis in axes:
        if len(axis) == len(best) and axis != best and not _opaque(axis, best):
            raise UnsupportedNodeError("sizes are multiplied or stacked in different ways")
    return best


def _opaque(axis: Axis, best: Axis) -> bool:
    """Whether an axis differs only where it says nothing of how a sum of sizes is made up."""
    return all(a == b or (isinstance(b, Blocks) and not isinstance(a, Blocks)) for a, b in zip(axis, best, strict=True))


def stacked(parts: list[Axis]) -> Axis:
    """The axis of blocks one below the other; of one block its own."""
    return parts[0] if len(parts) == 1 else (Blocks(tuple(parts)),)


def take(index: Index, axis: Axis, expr: Expr) -> tuple[Index, Index]:
    """What of an index belongs to the first factor of a Kronecker product, and the rest."""
    own = index[: len(axis)]
    if len(own) != len(axis) or any(letter.space != space for letter, space in zip(own, axis, strict=True)):
        raise UnsupportedNodeError(f"the sizes of {expr} are multiplied in another order where it is used")
    return own, index[len(axis) :]


def place(index: Index, count: int, expr: Expr) -> tuple[int, Index]:
    """The block that an index names, and the index within it."""
    if count == 1:
        return 0, index
    if not index or not isinstance(index[0].space, Blocks) or len(index[0].space.parts) != count:
        raise UnsupportedNodeError(f"the blocks of {expr} stand where others are expected")
    return index[0].number, index[1:]
