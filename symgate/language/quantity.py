"""Quantities: SymPy expressions with the operators a paper uses, and with their shapes checked.

SymPy's own operators cannot serve: they accept ``x*x`` and ``W*y`` of the wrong size when n is
symbolic, and they have no ``1 - g`` for a vector g.  So a cell is written with these light
handles; what they hold, ``.expr``, is ordinary SymPy.

    W @ x     matrix times vector            w.T @ x   dot product, a scalar
    g * v     scalar times vector, or the Hadamard product of two vectors of one size
    1 - g     a number meets a vector entry by entry
    v**2      a positive integer power, entry by entry
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Any

import sympy
from sympy import Expr
from sympy.matrices.expressions import (
    HadamardProduct,
    MatAdd,
    MatMul,
    MatrixExpr,
    OneMatrix,
    Transpose,
)

from symgate.errors import ShapeError
from symgate.language.nodes import Dot


def describe(quantity: Quantity) -> str:
    """The expression and its kind, for messages."""
    return f"{quantity.expr} is {quantity.kind}"


@dataclass(frozen=True)
class Quantity:
    """A scalar, a column vector or a matrix in the recurrence of a cell; ``row`` marks a transposed vector."""

    expr: Expr
    row: bool = False

    @property
    def shape(self) -> tuple[Expr, ...]:
        """() for a scalar, (n, 1) for a vector, (p, q) for a matrix."""
        return tuple(self.expr.shape) if isinstance(self.expr, MatrixExpr) else ()

    @property
    def is_scalar(self) -> bool:
        """Whether this is a scalar."""
        return not self.shape

    @property
    def is_vector(self) -> bool:
        """Whether this is a column vector."""
        return bool(self.shape) and self.shape[1] == 1

    @property
    def kind(self) -> str:
        """In words: what this is and of which size."""
        if self.is_scalar:
            return "a scalar"
        if self.is_vector:
            return f"a {'row' if self.row else 'vector'} of size {self.shape[0]}"
        return f"a {self.shape[0]} x {self.shape[1]} matrix"

    @property
    def T(self) -> Quantity:
        """The transpose; of a vector v it exists only to write ``v.T @ w``."""
        if self.is_scalar:
            return self
        if self.is_vector:
            return Quantity(self.expr, row=not self.row)
        return Quantity(transposed(self.expr))

    def __matmul__(self, other: object) -> Quantity:
        right = as_quantity(other)
        if self.is_vector and self.row and right.is_vector and not right.row:
            if self.shape != right.shape:
                raise ShapeError(f"u.T @ v needs vectors of one size; {describe(self)}, {describe(right)}.")
            return Quantity(Dot(self.expr, right.expr))
        if self.is_scalar or self.is_vector or right.is_scalar or right.row:
            raise ShapeError(
                f"A @ v needs a matrix on the left and a matrix or vector on the right; {describe(self)}, "
                f"{describe(right)}. For entry by entry or scalar products write *, for a dot product u.T @ v."
            )
        if self.shape[1] != right.shape[0]:
            raise ShapeError(
                f"A @ v needs the columns of A to match the rows of v; {describe(self)}, {describe(right)}: "
                f"{self.shape[1]} is not {right.shape[0]}."
            )
        return Quantity(multiplied(self.expr, right.expr))

    def __rmatmul__(self, other: object) -> Quantity:
        return as_quantity(other) @ self

    def __mul__(self, other: object) -> Quantity:
        right = as_quantity(other)
        refuse_rows("u * v", self, right)
        if self.is_scalar and right.is_scalar:
            return Quantity(self.expr * right.expr)
        if self.is_scalar or right.is_scalar:
            scalar, array = (self.expr, right.expr) if self.is_scalar else (right.expr, self.expr)
            return Quantity(scaled(scalar, array))
        if not (self.is_vector and right.is_vector):
            raise ShapeError(f"u * v multiplies entry by entry; {describe(self)}, {describe(right)}. Write A @ v.")
        if self.shape != right.shape:
            raise ShapeError(
                f"u (.) v needs equal shapes; {describe(self)}, {describe(right)}. "
                "To scale a vector by a scalar gate write gate * vector with a scalar gate."
            )
        return Quantity(HadamardProduct(*factors(self.expr), *factors(right.expr)))

    def __rmul__(self, other: object) -> Quantity:
        return as_quantity(other) * self

    def __add__(self, other: object) -> Quantity:
        return add(self, as_quantity(other))

    def __radd__(self, other: object) -> Quantity:
        return add(as_quantity(other), self)

    def __sub__(self, other: object) -> Quantity:
        return add(self, -as_quantity(other))

    def __rsub__(self, other: object) -> Quantity:
        return add(as_quantity(other), -self)

    def __neg__(self) -> Quantity:
        return Quantity(scaled(sympy.S.NegativeOne, self.expr), row=self.row)

    def __truediv__(self, other: object) -> Quantity:
        right = as_quantity(other)
        if not right.is_scalar:
            raise ShapeError(f"Only division by a scalar is defined; {describe(right)}.")
        return self * Quantity(1 / right.expr)

    def __rtruediv__(self, other: object) -> Quantity:
        return as_quantity(other) / self

    def __pow__(self, exponent: object) -> Quantity:
        if isinstance(exponent, bool) or not isinstance(exponent, int) or exponent < 1:
            raise ShapeError(f"v**k needs a positive whole number k; found {exponent!r}.")
        if not (self.is_scalar or self.is_vector) or self.row:
            raise ShapeError(f"v**k is entry by entry, for a scalar or a vector; {describe(self)}.")
        if self.is_scalar:
            return Quantity(self.expr**exponent)
        return self if exponent == 1 else Quantity(HadamardProduct(*factors(self.expr) * exponent))


def as_quantity(value: object) -> Quantity:
    """A number, a SymPy number or a quantity as a quantity; text is never read.

    Raises:
        TypeError: anything else.
    """
    if isinstance(value, Quantity):
        return value
    if isinstance(value, (int, float, sympy.Number)) and not isinstance(value, bool):
        if isinstance(value, sympy.Number) and value.is_finite:
            return Quantity(value)
        if isinstance(value, int):
            return Quantity(sympy.Integer(value))
        if isinstance(value, float) and isfinite(value):
            return Quantity(sympy.Rational(repr(float(value))))
    raise TypeError(
        "A recurrence is made of symbols of its CellBuilder and of finite numbers; "
        f"found {type(value).__name__} {value!r}."
    )


def factors(vector: Expr) -> tuple[Any, ...]:
    """The factors of a Hadamard product."""
    return tuple(vector.args) if isinstance(vector, HadamardProduct) else (vector,)


def scaled(scalar: Expr, array: Expr) -> Expr:
    """scalar * array with one leading coefficient; scalars multiply as usual."""
    if not isinstance(array, MatrixExpr):
        return scalar * array
    if isinstance(array, MatMul) and not isinstance(array.args[0], MatrixExpr):
        scalar, array = scalar * array.args[0], MatMul(*array.args[1:]) if len(array.args) > 2 else array.args[1]
    return array if scalar == 1 else MatMul(scalar, *(array.args if isinstance(array, MatMul) else (array,)))


def transposed(matrix: Expr) -> Expr:
    """The transpose, carried down to the symbols, so that every matrix in a product is a symbol or its transpose."""
    if isinstance(matrix, MatAdd):
        return MatAdd(*map(transposed, matrix.args))
    if isinstance(matrix, MatMul):
        scalars = [arg for arg in matrix.args if not isinstance(arg, MatrixExpr)]
        return MatMul(*scalars, *(transposed(arg) for arg in reversed(matrix.args[len(scalars) :])))
    return matrix.arg if isinstance(matrix, Transpose) else Transpose(matrix)


def multiplied(left: Expr, right: Expr) -> Expr:
    """The product of a matrix with a matrix or vector; sums of matrices are multiplied out, scalars come first."""
    if isinstance(left, MatAdd):
        return MatAdd(*(multiplied(part, right) for part in left.args))
    if isinstance(right, MatAdd) and right.shape[1] != 1:
        return MatAdd(*(multiplied(left, part) for part in right.args))
    flat = [arg for part in (left, right) for arg in (part.args if isinstance(part, MatMul) else (part,))]
    scalar = sympy.Mul(*(arg for arg in flat if not isinstance(arg, MatrixExpr)))
    return scaled(scalar, MatMul(*(arg for arg in flat if isinstance(arg, MatrixExpr))))


def refuse_rows(operation: str, *quantities: Quantity) -> None:
    """Refuse a transposed vector outside a dot product."""
    for quantity in quantities:
        if quantity.row:
            raise ShapeError(
                f"{operation}: a transposed vector only forms a dot product u.T @ v; {describe(quantity)}."
            )


def add(left: Quantity, right: Quantity) -> Quantity:
    """left + right; a number meets a vector entry by entry."""
    refuse_rows("u + v", left, right)
    if left.is_scalar and right.is_scalar:
        return Quantity(left.expr + right.expr)
    if left.is_vector != right.is_vector and (left.is_scalar or right.is_scalar):
        vector, other = (left, right) if left.is_vector else (right, left)
        if other.expr.is_number:
            filled = Quantity(scaled(other.expr, OneMatrix(*vector.shape)))
            left, right = (left, filled) if left is vector else (filled, right)
    if left.shape != right.shape:
        raise ShapeError(
            f"u + v needs equal shapes; {describe(left)}, {describe(right)}. "
            "Only a plain number is added to every entry; for a scalar s write s * ones."
        )
    parts = [arg for part in (left.expr, right.expr) for arg in (part.args if isinstance(part, MatAdd) else (part,))]
    return Quantity(MatAdd(*[part for part in parts if part != 0]))
