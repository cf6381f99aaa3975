"""How expressions are put together: factors keep their order, scalars come first, nothing is evaluated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy
from sympy import Expr
from sympy.matrices.expressions import (
    HadamardProduct,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatrixExpr,
    MatrixSymbol,
    OneMatrix,
    Transpose,
    ZeroMatrix,
)

from symgate.claims.reading.limits import UnreadableError
from symgate.language import Dot, Map, ScalarMap
from symgate.language.sequences import POWER, OrderedProduct


def total(parts: Sequence[Expr]) -> Expr:
    """A sum of matrices, flat, in order.

    Raises:
        UnreadableError: one of them is a number.
    """
    if not all(isinstance(part, MatrixExpr) for part in parts):
        raise UnreadableError("a number is added to a vector or a matrix")
    return MatAdd(*(arg for part in parts for arg in (part.args if isinstance(part, MatAdd) else (part,))))


def negated(expr: Expr) -> Expr:
    """The negative, with one leading number."""
    return times_scalar(sympy.S.NegativeOne, expr)


def times_scalar(scalar: Expr, array: Expr) -> Expr:
    """A scalar times anything, with one leading scalar."""
    if not isinstance(array, MatrixExpr):
        return scalar * array
    factors = list(array.args) if isinstance(array, MatMul) else [array]
    if not isinstance(factors[0], MatrixExpr):
        scalar = scalar * factors.pop(0)
    if scalar == 1:
        return factors[0] if len(factors) == 1 else MatMul(*factors)
    return MatMul(scalar, *factors)


def product(left: Expr, right: Expr) -> Expr:
    """A matrix product, flat, its scalars in front."""
    flat = [arg for part in (left, right) for arg in (part.args if isinstance(part, MatMul) else (part,))]
    scalar = sympy.Mul(*(arg for arg in flat if not isinstance(arg, MatrixExpr)))
    return times_scalar(scalar, MatMul(*(arg for arg in flat if isinstance(arg, MatrixExpr))))


def hadamard(*parts: Expr) -> Expr:
    """A product entry by entry, flat; of two rows, the row of the product."""
    if len(parts) == 1:
        return parts[0]
    if all(isinstance(part, Transpose) and part.shape[0] == 1 for part in parts):
        return Transpose(hadamard(*(part.arg for part in parts)))
    scalar: Expr = sympy.S.One
    bare: list[Expr] = []
    for part in parts:
        inner = part
        if isinstance(part, MatMul) and not isinstance(part.args[0], MatrixExpr):
            scalar *= part.args[0]
            inner = part.args[1] if len(part.args) == 2 else MatMul(*part.args[1:])
        bare += inner.args if isinstance(inner, HadamardProduct) else [inner]
    return times_scalar(scalar, HadamardProduct(*bare))


def dot(row: Expr, column: Expr) -> Expr:
    """row @ column as a commutative scalar."""
    factors = list(row.args) if isinstance(row, MatMul) else [row]
    scalar = sympy.S.One if isinstance(factors[0], MatrixExpr) else factors.pop(0)
    left = turned(factors.pop(0))
    for factor in reversed(factors):
        column = product(factor, column)
    if isinstance(column, MatMul) and not isinstance(column.args[0], MatrixExpr):
        scalar, column = scalar * column.args[0], times_scalar(sympy.S.One, MatMul(*column.args[1:]))
        column = column.args[0] if isinstance(column, MatMul) and len(column.args) == 1 else column
    return scalar * Dot(left, column)


def turned(expr: Expr) -> Expr:
    """The transpose, carried into sums and products of matrices; of a vector, the row."""
    if isinstance(expr, Transpose):
        return expr.arg
    if expr.shape[1] == 1 and not (isinstance(expr, MatMul) and not isinstance(expr.args[0], MatrixExpr)):
        return Transpose(expr)
    if isinstance(expr, MatAdd):
        return MatAdd(*map(turned, expr.args))
    if isinstance(expr, MatMul):
        scalars = [arg for arg in expr.args if not isinstance(arg, MatrixExpr)]
        matrices = [turned(arg) for arg in reversed(expr.args[len(scalars) :])]
        return MatMul(*scalars, *matrices)
    if isinstance(expr, (sympy.DiagMatrix, sympy.Identity)):
        return expr
    if isinstance(expr, KroneckerProduct):
        return KroneckerProduct(*map(turned, expr.args))
    if isinstance(expr, (ZeroMatrix, OneMatrix)):
        return type(expr)(*expr.shape[::-1])
    return Transpose(expr)


def matrix_power(matrix: Expr, exponent: Expr) -> Expr:
    """W^(t-k) as the product of W over the steps k+1, ..., t, and (W')^(t-k) as its transpose."""
    if isinstance(matrix, Transpose):
        return Transpose(matrix_power(matrix.arg, exponent))
    terms = sympy.Add.make_args(exponent)
    before = sympy.Add(*(-term for term in terms if term.could_extract_minus_sign() and not term.is_Integer))
    number, last = (exponent + before).as_coeff_Add()
    before -= number if last != 0 else 0  # up to a letter: W^(t-1) over the steps 2, ..., t
    return OrderedProduct(matrix, POWER, before + 1, exponent + before)


def with_transposes(expr: Any, symbols: set[Expr]) -> Any:
    """Matrices as their transposes, but not in the arguments of functions, which are the recurrence's own."""
    if expr in symbols:
        return Transpose(expr)
    if isinstance(expr, Transpose) and expr.arg in symbols:
        return expr.arg
    if (
        isinstance(expr, (MatrixSymbol, sympy.Symbol, Map, ScalarMap))
        or not isinstance(expr, sympy.Basic)
        or not expr.args
    ):
        return expr
    parts = [with_transposes(arg, symbols) for arg in expr.args]
    return expr if all(new is old for new, old in zip(parts, expr.args, strict=True)) else expr.func(*parts)
