"""Expressions as the author lays them out: rows for columns, the other layout, transposes down to the symbols."""

from __future__ import annotations

from typing import Any

from sympy import Expr
from sympy.matrices.expressions import (
    BlockMatrix,
    DiagMatrix,
    Identity,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatrixExpr,
    ZeroMatrix,
)

from symgate.language.flipped import Turn, flipped, turned_over
from symgate.language.matrices import transposed
from symgate.notation import Layout, Vectors
from symgate.records import Derivation, Kind
from symgate.tex.context import Context
from symgate.tex.printer import Printer


def written(expr: Any, printer: Printer, *, turned: bool = False) -> Any:
    """An expression over the symbols as the author lays them out; ``turned`` for its transpose."""
    context = printer.context
    if not context.lays_out_otherwise:
        return turned_over(expr) if turned else expr
    rows = context.notation.vectors is Vectors.ROW
    turn = Turn.COLUMNS if rows else Turn.NONE
    shown = flipped(expr, context.is_flipped, turn, reordered=not context.in_rows)
    return turned_over(shown) if turned else shown


def turned(expr: Expr) -> Expr:
    """The transpose, carried down to the symbols."""
    if isinstance(expr, BlockMatrix):
        rows, cols = expr.blockshape
        return BlockMatrix([[turned(expr.blocks[i, j]) for i in range(rows)] for j in range(cols)])
    if isinstance(expr, KroneckerProduct):
        return KroneckerProduct(*map(turned, expr.args))
    if isinstance(expr, (MatAdd, MatMul)):
        parts = [turned(arg) if isinstance(arg, MatrixExpr) else arg for arg in expr.args]
        return expr.func(*parts) if isinstance(expr, MatAdd) else MatMul(*_scalars_first(parts))
    if isinstance(expr, (Identity, DiagMatrix)):
        return expr
    return ZeroMatrix(*expr.shape[::-1]) if isinstance(expr, ZeroMatrix) else transposed(expr)


def _scalars_first(parts: list[Expr]) -> list[Expr]:
    scalars = [part for part in parts if not isinstance(part, MatrixExpr)]
    return [*scalars, *[part for part in reversed(parts) if isinstance(part, MatrixExpr)]]


def is_laid_over(derivation: Derivation, context: Context) -> bool:
    """Whether the author has the right side transposed: by her layout, or because the left side is a symbol that is."""
    if derivation.kind in {Kind.VJP, Kind.GRADIENT}:
        return context.is_flipped(derivation.wrt)
    if derivation.one_step:
        return context.notation.layout is Layout.DENOMINATOR and derivation.kind is not Kind.JVP
    return context.is_flipped(derivation.of)
