"""Products and transposes of matrix expressions, as they are written in a recurrence.

A matrix of a recurrence is made *entry by entry* (``is_entrywise``) of symbols, of u v' (entries u_i v_j), of ones, of
Hadamard products, powers and functions of such matrices; or it is a product of matrices.  A product with a vector is
multiplied out here, so that every factor in front of a vector is one matrix made entry by entry, or a diagonal.
"""

from __future__ import annotations

from typing import Any

import sympy
from sympy import Expr
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardPower,
    HadamardProduct,
    Identity,
    MatAdd,
    MatMul,
    MatrixExpr,
    MatrixSymbol,
    OneMatrix,
    Transpose,
)

from symgate.errors import DefinitionError, ShapeError
from symgate.language.nodes import Dot, Map

#: How many summands or factors one expression may have before parts of it need names, and how deep it may be nested.
LARGEST, DEEPEST = 512, 120


def refuse_depth(expr: Any) -> None:
    """Refuse functions, sums and products that are nested too deep in one another.

    Raises:
        DefinitionError: they are.
    """
    depth, level = 0, {id(expr): expr}
    while level:  # what occurs often is visited once at each depth
        depth += 1
        if depth > DEEPEST:
            raise DefinitionError(f"An expression is nested more than {DEEPEST} deep. Name parts of it with let.")
        level = {id(part): part for node in level.values() for part in getattr(node, "args", ())}


def is_vector(expr: Any) -> bool:
    """Whether the expression has one column and more than one row."""
    return isinstance(expr, MatrixExpr) and expr.shape[1] == 1


def is_row(expr: Any) -> bool:
    """Whether the expression is a transposed vector."""
    return isinstance(expr, Transpose) and is_vector(expr.arg)


def factors(array: Expr) -> tuple[Any, ...]:
    """The factors of a Hadamard product."""
    return tuple(array.args) if isinstance(array, HadamardProduct) else (array,)


def summands(array: Expr) -> tuple[Any, ...]:
    """The summands of a sum."""
    return tuple(array.args) if isinstance(array, MatAdd) else (array,)


def parted(array: Expr) -> tuple[Expr, list[Any]]:
    """A product as (its scalar, its matrices)."""
    parts = array.args if isinstance(array, MatMul) else (array,)
    scalars = [part for part in parts if not isinstance(part, MatrixExpr)]
    return sympy.Mul(*scalars), [part for part in parts if isinstance(part, MatrixExpr)]


def scaled(scalar: Expr, array: Expr) -> Expr:
    """scalar * array with one leading coefficient; scalars multiply as usual."""
    if not isinstance(array, MatrixExpr):
        return scalar * array
    own, matrices = parted(array)
    if scalar * own == 1:
        return matrices[0] if len(matrices) == 1 else MatMul(*matrices)
    return MatMul(scalar * own, *matrices)


def summed(parts: list[Expr]) -> Expr:
    """The sum of arrays.

    Raises:
        DefinitionError: it has too many summands.
    """
    if len(parts) > LARGEST:
        raise DefinitionError(f"A sum has {len(parts)} terms, more than {LARGEST}. Name parts of it with let.")
    return parts[0] if len(parts) == 1 else MatAdd(*parts)


def hadamard(left: Expr, right: Expr) -> Expr:
    """The product entry by entry of two arrays of one shape.

    Of matrices, sums are multiplied out, and u v' (.) M is diag(u) M diag(v).

    Raises:
        DefinitionError: a factor is a product of matrices, or there are too many factors.
    """
    if is_vector(left):
        own, other = factors(left), factors(right)
        if len(own) + len(other) > LARGEST:
            raise DefinitionError(f"An expression has more than {LARGEST} factors. Name parts of it with let.")
        return HadamardProduct(*own, *other)
    if isinstance(left, MatAdd) or isinstance(right, MatAdd):
        return summed([hadamard(a, b) for a in summands(left) for b in summands(right)])
    columns: list[Any] = []
    cores: list[Any] = []
    rows: list[Any] = []
    scalar: Expr = sympy.S.One
    for array in (left, right):
        entrywise(array)
        own, matrices = parted(array)
        scalar *= own
        if is_row(matrices[-1]):
            columns.append(matrices[0])
            rows.append(matrices[1].arg)
            continue
        for place, part in enumerate(matrices):
            if isinstance(part, DiagMatrix):
                (columns if place == 0 else rows).append(part.args[0])
            elif not isinstance(part, OneMatrix):
                cores.extend(factors(part))
    column, row = (
        [factor for vector in vectors for factor in factors(vector) if not isinstance(factor, OneMatrix)]
        for vectors in (columns, rows)
    )
    if not cores:
        ones = [OneMatrix(size, 1) for size in left.shape]
        return scaled(scalar, MatMul(_product(column, ones[0]), Transpose(_product(row, ones[1]))))
    core = cores[0] if len(cores) == 1 else HadamardProduct(*cores)
    front = [DiagMatrix(_product(column, core))] if column else []
    back = [DiagMatrix(_product(row, core))] if row else []
    return scaled(scalar, MatMul(*front, core, *back) if front or back else core)


def _product(vectors: list[Any], empty: Expr) -> Expr:
    return HadamardProduct(*vectors) if len(vectors) > 1 else (vectors or [empty])[0]


def entrywise(array: Expr) -> None:
    """Refuse a matrix that is not made entry by entry.

    Raises:
        DefinitionError: it holds a product of matrices.
    """
    if not is_entrywise(array):
        raise DefinitionError(
            f"{array} is a product of matrices, and products and functions entry by entry do not accept one: they "
            "would need all of its entries. Apply them to the factors, or declare the product as a separate matrix."
        )


def is_entrywise(array: Expr) -> bool:
    """Whether entry (i, j) is made of entries (i, j) of matrices and of entries i and j of vectors."""
    if isinstance(array, (MatrixSymbol, OneMatrix)) or is_vector(array):
        return True
    if isinstance(array, Transpose):
        return isinstance(array.arg, MatrixSymbol)
    if isinstance(array, (MatAdd, HadamardProduct)):
        return all(map(is_entrywise, array.args))
    if isinstance(array, Map):
        return is_entrywise(array.argument)
    if isinstance(array, HadamardPower):
        return is_entrywise(array.base)
    if isinstance(array, MatMul):
        _, matrices = parted(array)
        if is_row(matrices[-1]):
            return len(matrices) == 2
        cores = [part for part in matrices if not isinstance(part, DiagMatrix)]
        return len(cores) == 1 and is_entrywise(cores[0])
    return False


def transposed(matrix: Expr) -> Expr:
    """The transpose, carried down to the symbols, so that every matrix in a product is a symbol or its transpose."""
    if is_vector(matrix) and not isinstance(matrix, MatMul):
        return Transpose(matrix)
    if isinstance(matrix, (MatAdd, HadamardProduct)):
        return matrix.func(*map(transposed, matrix.args))
    if isinstance(matrix, MatMul):
        scalar, matrices = parted(matrix)
        return scaled(scalar, MatMul(*(transposed(arg) for arg in reversed(matrices))))
    if isinstance(matrix, Map):
        return Map(matrix.function, matrix.order, transposed(matrix.argument))
    if isinstance(matrix, HadamardPower):
        return HadamardPower(transposed(matrix.base), matrix.exp)
    if isinstance(matrix, OneMatrix):
        return OneMatrix(*matrix.shape[::-1])
    if isinstance(matrix, (DiagMatrix, Identity)):
        return matrix
    return matrix.arg if isinstance(matrix, Transpose) else Transpose(matrix)


def multiplied(left: Expr, right: Expr) -> Expr:
    """The product of a matrix with a matrix or vector; sums of matrices are multiplied out, scalars come first."""
    if isinstance(left, MatAdd):
        return summed([multiplied(part, right) for part in left.args])
    if isinstance(right, MatAdd) and not is_vector(right):
        return summed([multiplied(left, part) for part in right.args])
    scalar, matrices = parted(left)
    own, others = parted(right)
    scalar *= own
    if not is_vector(right):
        every = [part for part in (*matrices, *others) if not isinstance(part, Identity)] or matrices[:1]
        return scaled(scalar, every[0] if len(every) == 1 else MatMul(*every))
    vector = others[0] if len(others) == 1 else MatMul(*others)
    for matrix in reversed(matrices):
        if isinstance(matrix, OneMatrix) and not is_vector(matrix):
            scalar *= Dot(OneMatrix(matrix.shape[1], 1), vector)
            vector = OneMatrix(matrix.shape[0], 1)
        elif is_row(matrix):
            scalar, vector = scalar * Dot(matrix.arg, vector), None
        elif is_vector(matrix):
            vector = matrix
        elif isinstance(matrix, DiagMatrix):
            vector = hadamard(matrix.args[0], vector)
        elif isinstance(matrix, MatAdd):
            vector = multiplied(matrix, vector)
        elif not isinstance(matrix, Identity):
            vector = MatMul(matrix, *(vector.args if isinstance(vector, MatMul) else (vector,)))
    return scaled(scalar, vector)


def outer(left: Expr, right: Expr) -> Expr:
    """The matrix u v' of two vectors; a scalar of one of them comes first."""
    scalar: Expr = sympy.S.One
    vectors = []
    for vector in (left, right):
        own, matrices = parted(vector)
        scalar *= own if len(matrices) == 1 else 1
        vectors.append(matrices[0] if len(matrices) == 1 else vector)
    return scaled(scalar, MatMul(vectors[0], Transpose(vectors[1])))


def is_nothing(array: Expr) -> bool:
    """Whether the summands of an array cancel, as those of x - x do, or carry the factor 0."""
    totals: dict[tuple[Any, ...], Expr] = {}
    for part in summands(array):
        scalar, matrices = parted(part)
        totals[tuple(matrices)] = totals.get(tuple(matrices), sympy.S.Zero) + scalar
    return all(total == 0 for total in totals.values())


def power(array: Expr, exponent: int) -> Expr:
    """An integer power, entry by entry; products and scalars are raised factor by factor.

    Raises:
        DefinitionError: the array holds a product of matrices.
        ShapeError: there are too many factors.
    """
    if not is_vector(array):
        entrywise(array)
    if exponent == 1:
        return array
    if is_vector(array) and exponent > 0 and not any(isinstance(part, HadamardPower) for part in factors(array)):
        if exponent * len(factors(array)) > LARGEST:
            raise ShapeError(f"A power has more than {LARGEST} factors; found the exponent {exponent}.")
        return HadamardProduct(*factors(array) * exponent)
    scalar, matrices = parted(array)
    if len(matrices) == 1:
        powers: dict[Any, int] = {}
        for part in factors(matrices[0]):
            base, own = (part.base, int(part.exp)) if isinstance(part, HadamardPower) else (part, 1)
            powers[base] = powers.get(base, 0) + own * exponent
        parts = [
            base if isinstance(base, OneMatrix) or total == 1 else HadamardPower(base, total)
            for base, total in powers.items()
        ]
        return scaled(scalar**exponent, parts[0] if len(parts) == 1 else HadamardProduct(*parts))
    return HadamardPower(array, exponent)
