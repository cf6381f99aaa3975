"""Expressions over the transposes of their symbols, for vectors that are rows and derivatives that are transposed.

A symbol s that is chosen becomes s' of the same name with rows and columns exchanged, and stands for its transpose: W x
with both chosen becomes (x W)'.  The value stays the same where every chosen symbol is transposed.  Columns come out as
transposes of rows, so that a last transpose leaves rows.
Law: ``tests/language/test_flipped.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

import sympy
from sympy import Expr
from sympy.matrices.expressions import (
    BlockMatrix,
    DiagMatrix,
    HadamardPower,
    HadamardProduct,
    Identity,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatrixExpr,
    MatrixSymbol,
    OneMatrix,
    Transpose,
    ZeroMatrix,
)

from symgate.language.nodes import Dot, Map, ScalarMap, ScalarSignal, Signal
from symgate.language.sequences import HadamardRun, MatrixSum, Norm, OrderedProduct

Chosen = Callable[[Any], bool]


class Turn(Enum):
    """Which vectors come out as transposes: columns as those of rows, rows as those of columns, or none."""

    NONE = "none"
    COLUMNS = "columns"
    ROWS = "rows"


def flipped(expr: Any, chosen: Chosen, turn: Turn = Turn.NONE, *, reordered: bool = True) -> Any:
    """The same value over the transposes of the chosen symbols.

    Args:
        expr: an expression.
        chosen: which symbols.
        turn: COLUMNS to write columns as transposes of rows; ROWS to write rows as transposes of columns.
        reordered: whether columns are written so over transposed parameters, so that Kronecker products are in the
            order of their entries.
    """
    return _Flipping(chosen, turn, reordered).of(expr)


def as_columns(expr: Any) -> Any:
    """The same expression with rows as transposes of columns."""
    return flipped(expr, lambda _: False, Turn.ROWS)


class _Flipping:
    def __init__(self, chosen: Chosen, turn: Turn, reordered: bool) -> None:  # noqa: FBT001
        self.chosen, self.turn = chosen, turn
        self.reordered = reordered and turn is Turn.COLUMNS
        self.rows = turn is not Turn.NONE

    def column(self, expr: Any) -> bool:
        """Whether an expression is a vector that is wanted the other way round."""
        if not self.rows or not isinstance(expr, MatrixExpr) or 1 not in expr.shape or set(expr.shape) == {1}:
            return False
        return bool(expr.shape[1 if self.turn is Turn.COLUMNS else 0] == 1)

    def of(self, expr: Any) -> Any:
        """The same value."""
        if isinstance(expr, MatrixSymbol):
            return Transpose(swapped(expr)) if self.chosen(expr) else expr
        if isinstance(expr, (ScalarSignal, sympy.Symbol, Identity, ZeroMatrix)) or not getattr(expr, "args", ()):
            return expr
        if isinstance(expr, OneMatrix):
            return Transpose(OneMatrix(*expr.shape[::-1])) if self.column(expr) else expr
        if isinstance(expr, (Map, ScalarMap)):
            inner = self.of(expr.argument)
            if self.column(expr):
                return Transpose(Map(expr.function, expr.order, turned_over(inner)))
            return type(expr)(expr.function, expr.order, inner)
        if isinstance(expr, (HadamardRun, MatrixSum)):
            body = self.of(expr.body)
            if self.column(expr):
                return Transpose(expr.func(turned_over(body), *expr.args[1:]))
            return expr.func(body, *expr.args[1:])
        if isinstance(expr, (OrderedProduct, sympy.Sum, sympy.Product)):
            return expr.func(self.of(expr.args[0]), *expr.args[1:])
        if isinstance(expr, BlockMatrix):
            high, wide = expr.blockshape
            parts = [[self.of(expr.blocks[i, j]) for j in range(wide)] for i in range(high)]
            if self.column(expr):
                return Transpose(turned_over(BlockMatrix(parts)))
            return BlockMatrix(parts)
        if isinstance(expr, HadamardPower):
            base = self.of(expr.base)
            return (
                Transpose(HadamardPower(turned_over(base), expr.exp))
                if self.column(expr)
                else HadamardPower(base, expr.exp)
            )
        if isinstance(expr, Dot):
            return Dot(*(self.of(arg) for arg in expr.args))
        if isinstance(expr, KroneckerProduct):  # the entries of a parameter that is transposed come in another order
            factors = [self.of(arg) for arg in expr.args]
            return KroneckerProduct(*(factors[::-1] if self.reordered else factors))
        if isinstance(expr, Transpose):
            return turned_over(self.of(expr.arg))
        if isinstance(expr, DiagMatrix):
            inner = self.of(expr.args[0])
            return DiagMatrix(turned_over(inner) if self.rows and isinstance(inner, Transpose) else inner)
        if isinstance(expr, Norm):
            inner = self.of(expr.args[0])
            return Norm(turned_over(inner)) if _all_turned(inner) else Norm(inner)
        if isinstance(expr, (MatAdd, HadamardProduct)):
            parts_ = [self.of(arg) for arg in expr.args]
            if self.column(expr) or all(isinstance(part, Transpose) for part in parts_):
                return Transpose(expr.func(*map(turned_over, parts_)))
            return expr.func(*parts_)
        if isinstance(expr, MatMul):
            product = _product([self.of(arg) for arg in expr.args])
            return Transpose(turned_over(product)) if self.column(expr) else product
        if isinstance(expr, sympy.Basic):
            return expr.func(*(self.of(arg) if isinstance(arg, sympy.Basic) else arg for arg in expr.args))
        return expr


def swapped(symbol: MatrixSymbol) -> MatrixSymbol:
    """The symbol of that name with rows and columns exchanged."""
    rows, cols = symbol.shape
    if isinstance(symbol, Signal):
        return Signal(str(symbol.name), cols, rows, symbol.index)
    return MatrixSymbol(str(symbol.name), cols, rows)


def turned_over(expr: Any) -> Any:
    """The transpose, carried down to the symbols."""
    if isinstance(expr, Transpose):
        return expr.arg
    if isinstance(expr, (Identity, DiagMatrix)) or not isinstance(expr, MatrixExpr):
        return expr
    if isinstance(expr, ZeroMatrix):
        return ZeroMatrix(*expr.shape[::-1])
    if isinstance(expr, OneMatrix):
        return OneMatrix(*expr.shape[::-1])
    if isinstance(expr, (MatAdd, HadamardProduct, KroneckerProduct)):
        return expr.func(*map(turned_over, expr.args))
    if isinstance(expr, MatrixSum):
        return MatrixSum(turned_over(expr.body), *expr.args[1:])
    if isinstance(expr, BlockMatrix):
        high, wide = expr.blockshape
        return BlockMatrix([[turned_over(expr.blocks[i, j]) for i in range(high)] for j in range(wide)])
    if isinstance(expr, MatMul):
        scalars = [arg for arg in expr.args if not isinstance(arg, MatrixExpr)]
        matrices = [arg for arg in expr.args if isinstance(arg, MatrixExpr)]
        return _product([*scalars, *map(turned_over, reversed(matrices))])
    return Transpose(expr)


def _product(parts: list[Expr]) -> Expr:
    """Factors side by side, those of products among them too."""
    flat: list[Expr] = []
    for part in parts:
        flat += list(part.args) if isinstance(part, MatMul) else [part]
    return MatMul(*flat) if len(flat) > 1 else flat[0]


def _all_turned(expr: Any) -> bool:
    """Whether only transposed symbols, and numbers, stand in a sum."""
    if isinstance(expr, MatAdd):
        return all(map(_all_turned, expr.args))
    if isinstance(expr, MatMul):
        return all(_all_turned(arg) for arg in expr.args if isinstance(arg, MatrixExpr))
    return isinstance(expr, Transpose)
