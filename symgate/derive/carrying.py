"""What a gradient at step t becomes at an earlier step k: M_{t,k}' of it.

Of vector states M_{t,k} is a matrix.  Of one matrix state that is multiplied from both sides,

    C_t = s_t L_t C_{t-1} R_t + ...      M_{t,k}[X] = (prod_j s_j) L_t ... L_{k+1} X R_{k+1} ... R_t,

it is an action, and so is its adjoint, X -> (prod_j s_j) (L_t ... L_{k+1})' X R_t' ... R_{k+1}'.  A recurrence that
adds several such products, or couples several states, carries the stacked columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sympy
from sympy import Expr
from sympy.matrices.expressions import (
    DiagMatrix,
    Identity,
    KroneckerProduct,
    MatMul,
    MatrixExpr,
    MatrixSymbol,
    Transpose,
)

from symgate.calculus.display import scaled
from symgate.derive.jacobians import kronecker
from symgate.derive.runs import DENSE, DIAGONAL, kept
from symgate.derive.transports import transport_symbol
from symgate.errors import NotDerivedError
from symgate.language import T
from symgate.language.matrices import parted, transposed
from symgate.language.sequences import J as INDEX
from symgate.language.sequences import K, OrderedProduct, at, depends_on_time
from symgate.records import Cell, add_up


@dataclass(frozen=True)
class Sides:
    """C_t = scalar left C_{t-1} right + what does not depend on C_{t-1}; ``right`` is transposed here."""

    scalar: Expr
    left: MatrixExpr
    right: MatrixExpr

    def back(self, value: MatrixExpr) -> MatrixExpr:
        """A matrix at step t, carried back to step k."""
        numbers, front = _run(self.left)
        more, behind = _run(self.right)
        scalar = _scalar_run(self.scalar) * numbers * more
        before = [part if isinstance(part, DiagMatrix) else Transpose(part) for part in front]
        return scaled(scalar, *before, value, *behind)


def _run(matrix: MatrixExpr) -> tuple[Expr, list[MatrixExpr]]:
    """The product of a matrix over the steps from k + 1 to t, later factors on the left."""
    if isinstance(matrix, Identity):
        return sympy.S.One, []
    part = kept(matrix)
    if part.kind == DENSE:
        return sympy.S.One, [OrderedProduct(at(matrix, INDEX), INDEX, K + 1, T)]
    if part.kind == DIAGONAL:
        return sympy.S.One, [DiagMatrix(part.vector_run(K + 1, T))]
    return part.scalar_run(K + 1, T), []


def _scalar_run(scalar: Expr) -> Expr:
    if not depends_on_time(scalar):
        return scalar ** (T - K)
    return sympy.Product(at(scalar, INDEX), (INDEX, K + 1, T))


def sides_of(cell: Cell) -> Sides | None:
    """The factors of a recurrence with one matrix state that multiplies it from both sides; None of any other."""
    if len(cell.states) != 1 or not cell.matrix_states:
        return None
    try:
        whole = add_up([term for _, term in kronecker(cell).named_terms])
    except NotDerivedError:
        return None
    return sides(whole, cell.states[0].after.shape)


def sides(whole: MatrixExpr, shape: tuple[Expr, Expr]) -> Sides | None:
    """The factors of a matrix on the stacked columns of a state of that shape; None where it is no single product."""
    scalar, matrices = parted(whole)
    rows, cols = shape
    if len(matrices) != 1 or whole.is_ZeroMatrix:
        return None
    (only,) = matrices
    if isinstance(only, Identity):
        return Sides(scalar, Identity(rows), Identity(cols))
    if isinstance(only, KroneckerProduct) and len(only.args) == 2:
        right, left = only.args
        return Sides(scalar, left, right)
    return None


def replaced(expr: Expr, values: Mapping[Expr, MatrixExpr]) -> Expr:
    """An expression with matrices in the place of symbols, products and transposes carried down into them."""
    turned = {Transpose(symbol): transposed(value) for symbol, value in values.items() if symbol.shape[1] != 1}
    return _flat(expr.xreplace({**values, **turned}))


def _flat(expr: Expr) -> Expr:
    """The expression with products of products as one."""
    if not expr.args or isinstance(expr, MatrixSymbol):
        return expr
    args = [_flat(arg) for arg in expr.args]
    if isinstance(expr, MatMul) and any(isinstance(arg, MatMul) for arg in args):
        pairs = [parted(arg) if isinstance(arg, MatrixExpr) else (arg, []) for arg in args]
        return scaled(sympy.Mul(*(number for number, _ in pairs)), *(part for _, parts in pairs for part in parts))
    return expr if tuple(args) == expr.args else expr.func(*args)


def transported(size: Expr, delta: MatrixExpr) -> MatrixExpr:
    """M_{t,k}' delta_t, of a column delta_t."""
    return MatMul(Transpose(transport_symbol(size)), delta)
