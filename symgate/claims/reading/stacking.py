"""A gradient by a matrix that is stated as the column of its entries, as the matrix.

A chain of Jacobians ends in d x / d vec(W) = a' (x) D, so that the gradient is (a (x) D') lambda = vec(D' lambda a').
In: an expression that is such a column.  Out: the matrix of which it is the vec, column by column.
"""

from __future__ import annotations

from sympy import Expr, Mul
from sympy.matrices.expressions import KroneckerProduct, MatAdd, MatMul, MatrixExpr, Transpose

from symgate.claims.reading.build import product, times_scalar, total, turned
from symgate.language.sequences import MatrixSum


def unstacked(column: Expr) -> Expr | None:
    """The matrix whose columns, stacked, are ``column``; None where its form does not show it."""
    if isinstance(column, MatAdd):
        parts = [unstacked(part) for part in column.args]
        found = [part for part in parts if part is not None]
        return total(found) if len(found) == len(parts) else None
    if isinstance(column, MatrixSum):
        body, *limits = column.args
        inner = unstacked(body)
        return None if inner is None else MatrixSum(inner, *limits)
    if isinstance(column, Transpose):
        return _of_row(column.arg)
    if isinstance(column, KroneckerProduct) and len(column.args) == 2:
        ahead, behind = column.args
        return product(behind, turned(ahead)) if ahead.shape[1] == behind.shape[1] == 1 else None
    return _of_product(column) if isinstance(column, MatMul) else None


def _of_row(row: Expr) -> Expr | None:
    """The matrix of a row of stacked columns."""
    if isinstance(row, MatrixSum):
        body, *limits = row.args
        return unstacked(MatrixSum(turned(body), *limits))
    other = turned(row)
    return None if isinstance(other, Transpose) else unstacked(other)


def _of_product(column: MatMul) -> Expr | None:
    """(a (x) B) v = vec(B v a'); of a sum in the first place, the sum."""
    scalar = Mul(*(arg for arg in column.args if not isinstance(arg, MatrixExpr)))
    first, *rest = (arg for arg in column.args if isinstance(arg, MatrixExpr))
    over_time = first.arg if isinstance(first, Transpose) else first
    if not rest:
        inner = unstacked(first)
    elif isinstance(over_time, MatrixSum) and not any(part.has(over_time.index) for part in rest):
        body = over_time.body if over_time is first else turned(over_time.body)
        inner = unstacked(MatrixSum(product(body, MatMul(*rest)), *over_time.args[1:]))
    elif isinstance(first, MatAdd):
        inner = unstacked(MatAdd(*(MatMul(part, *rest) for part in first.args)))
    elif isinstance(first, KroneckerProduct) and len(first.args) == 2 and first.args[0].shape[1] == 1:
        inner = product(product(first.args[1], MatMul(*rest)), turned(first.args[0]))
    else:
        return None
    return None if inner is None else times_scalar(scalar, inner)
