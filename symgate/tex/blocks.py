"""Matrices over several states: written whole where they are narrow, else block by block as J^{h,c}, J^{c,h}."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Expr, Mul, S
from sympy.matrices.expressions import BlockMatrix, MatrixExpr, ZeroMatrix

from symgate.language import Signal, Vec
from symgate.language.sequences import MatrixSum, stacked_columns
from symgate.records import Cell
from symgate.tex.context import Context
from symgate.tex.latex_words import LatexWords
from symgate.tex.layout import visible_width
from symgate.tex.printer import Printer
from symgate.tex.style import Style

#: The left side, the relation and the brackets take about this many letters.
BESIDE = 12


def wide(exprs: Sequence[Expr], context: Context, style: Style) -> bool:
    """Whether block matrices side by side would not fit into the width of a style, in whatever markup."""
    matrices = [expr for expr in exprs if isinstance(expr, BlockMatrix)]
    printer = Printer(LatexWords(style), context)
    return bool(matrices) and sum(_width(matrix, printer) for matrix in matrices) + BESIDE > style.width


def _width(matrix: BlockMatrix, printer: Printer) -> float:
    """The sum over the columns of their widest block."""
    high, columns = matrix.blockshape
    widths = [[visible_width(printer.piece(matrix.blocks[i, j]).text) for i in range(high)] for j in range(columns)]
    return sum(max(column) + 2 for column in widths)


def block_names(symbol: Signal, cell: Cell, columns: int) -> list[list[Signal]]:
    """The names of the blocks: J^{h,c} of a matrix, lambda^h of one column."""
    sizes = [(state.name.replace("_", ""), Mul(*state.after.shape)) for state in cell.states]
    if columns == 1:
        return [[Signal(f"{symbol.name}_{mark}", rows, 1, symbol.index)] for mark, rows in sizes]
    return [[Signal(f"{symbol.name}_{of}_{by}", rows, cols, symbol.index) for by, cols in sizes] for of, rows in sizes]


def by_block(symbol: Signal, exprs: Sequence[Expr], cell: Cell) -> list[tuple[Signal, list[MatrixExpr]]]:
    """Each block of a matrix under its name, with its part of each of the terms; a term may be zero as a whole."""
    high, columns = next(expr.blockshape for expr in exprs if isinstance(expr, BlockMatrix))
    names = block_names(symbol, cell, columns)
    return [
        _as_matrix(names[i][j], [expr.blocks[i, j] if isinstance(expr, BlockMatrix) else S.Zero for expr in exprs])
        for i in range(high)
        for j in range(columns)
    ]


def _as_matrix(name: Signal, parts: Sequence[Expr]) -> tuple[Signal, list[MatrixExpr]]:
    """The name and parts of a block; where all parts are columns of matrices one below the other, these matrices."""
    stacked = [part.args[0] for part in parts if isinstance(part, Vec)]
    if stacked and all(isinstance(part, Vec) or is_zero(part) for part in parts):
        rows, cols = stacked[0].shape
        name = Signal(name.name, rows, cols, name.index)
        parts = [part.args[0] if isinstance(part, Vec) else part for part in parts]
    return name, [ZeroMatrix(*name.shape) if is_zero(part) else part for part in parts]


def with_names(symbol: Signal, matrix: BlockMatrix, cell: Cell) -> tuple[BlockMatrix, list[tuple[Signal, MatrixExpr]]]:
    """The matrix with a name in the place of every block that is not zero, and what the names stand for."""
    blocks = by_block(symbol, [matrix], cell)
    return names_of(blocks, cell), [(name, block) for name, (block,) in blocks if not is_zero(block)]


def names_of(blocks: Sequence[tuple[Signal, Sequence[MatrixExpr]]], cell: Cell) -> BlockMatrix:
    """The matrix or column of the names of the blocks, with 0 for those that are zero."""
    columns = len(blocks) // len(cell.states)
    named = [stacked_columns(name) if columns == 1 else name for name, _ in blocks]
    shown = [
        ZeroMatrix(*name.shape) if all(map(is_zero, parts)) else name
        for name, (_, parts) in zip(named, blocks, strict=True)
    ]
    return BlockMatrix([shown[i : i + columns] for i in range(0, len(shown), columns)])


def in_blocks(expr: Expr) -> Expr:
    """A sum over time of matrices in blocks as the matrix in blocks of the sums."""
    if not isinstance(expr, MatrixSum) or not isinstance(expr.body, BlockMatrix):
        return expr
    high, columns = expr.body.blockshape
    parts = [[expr.body.blocks[i, j] for j in range(columns)] for i in range(high)]
    sums = [[part if is_zero(part) else MatrixSum(part, *expr.args[1:]) for part in row] for row in parts]
    return BlockMatrix(sums)


def is_blocks(exprs: Sequence[Expr]) -> bool:
    """Whether one of the terms is a matrix or a column in blocks."""
    return any(isinstance(expr, BlockMatrix) for expr in exprs)


def is_zero(expr: Expr) -> bool:
    """Whether an expression is written as zero, in all of its blocks."""
    if isinstance(expr, BlockMatrix):
        return all(isinstance(part, ZeroMatrix) for part in expr.blocks)
    return isinstance(expr, ZeroMatrix) or bool(expr == 0)
