"""The operations of the notation on typed values: shapes are checked here.

Expressions are built as the rules build them: factors keep their order, scalars come first, nothing is evaluated.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy
from sympy import Expr
from sympy.matrices.expressions import (
    BlockMatrix,
    HadamardPower,
    KroneckerProduct,
    OneMatrix,
    ZeroMatrix,
)

from symgate.claims.reading.build import dot, hadamard, negated, product, times_scalar, total, turned
from symgate.claims.reading.limits import EXPONENT, FACTORS, UnreadableError
from symgate.claims.reading.shapes import Sizes, Value


def add(sizes: Sizes, values: Sequence[Value], signs: str) -> Value:
    """A signed sum; a number meets a vector entry by entry."""
    first = next((value for value in values if not value.scalar), None)
    if first is None:
        numbers = [value.number for value in values if value.number is not None]
        number = None
        if len(numbers) == len(values):
            number = sympy.Add(*(-item if sign == "-" else item for sign, item in zip(signs, numbers, strict=True)))
        parts = list(zip(signs, values, strict=True))
        return Value(
            (),
            lambda: sympy.Add(*(-value.make() if sign == "-" else value.make() for sign, value in parts)),
            values[0].at,
            number,
            _most(values),
        )
    terms = [_broadcast(sizes, value, first) for value in values]
    for value in terms:
        if not sizes.match(first.shape, value.shape):
            hint = " (for a multiple of the identity write eye)" if value.number is not None else ""
            raise UnreadableError(
                f"a sum needs equal shapes; {sizes.words(first)} meets {sizes.words(value)}{hint}", value.at
            )
    return Value(
        first.shape,
        lambda: total([negated(t.make()) if sign == "-" else t.make() for sign, t in zip(signs, terms, strict=True)]),
        values[0].at,
        factors=_most(values),
    )


def _broadcast(sizes: Sizes, value: Value, other: Value) -> Value:
    """A number beside a vector as that many ones; 0 beside anything."""
    if value.number is None:
        return value
    if value.number == 0:
        return zeros(sizes, other.shape, value.at)
    if sizes.row(other):
        return transpose(_broadcast(sizes, value, transpose(other)))
    if not sizes.column(other):
        return value
    rows, number = other.shape[0], value.number

    def make() -> Expr:
        return times_scalar(number, OneMatrix(sizes.settled(rows, value.at), 1))

    return Value((rows, sympy.S.One), make, value.at)


def zeros(sizes: Sizes, shape: tuple[Expr, ...], at: int) -> Value:
    """A matrix of zeros."""
    return Value(shape, lambda: ZeroMatrix(*(sizes.settled(size, at) for size in shape)), at)


def minus(value: Value) -> Value:
    """The negative."""
    number = None if value.number is None else -value.number
    return Value(value.shape, lambda: negated(value.make()), value.at, number, value.factors)


def star(sizes: Sizes, left: Value, right: Value, at: int) -> Value:
    """Scalar times anything, or entry by entry."""
    if left.scalar or right.scalar:
        return _scaled(left, right)
    if not sizes.match(left.shape, right.shape):
        raise UnreadableError(
            f"a product entry by entry needs equal shapes; {sizes.words(left)} meets {sizes.words(right)} "
            "(a matrix product is written @ or by juxtaposition)",
            at,
        )
    return Value(left.shape, lambda: hadamard(left.make(), right.make()), left.at, factors=_sum(left, right, at))


def _scaled(left: Value, right: Value) -> Value:
    scalar, array = (left, right) if left.scalar else (right, left)
    factors = _sum(left, right, left.at)
    if array.scalar:
        number = None if left.number is None or right.number is None else left.number * right.number
        return Value((), lambda: left.make() * right.make(), left.at, number, factors)
    return Value(array.shape, lambda: times_scalar(scalar.make(), array.make()), left.at, factors=factors)


def matmul(sizes: Sizes, left: Value, right: Value, at: int) -> Value:
    """The matrix product; a row times a column is a scalar, a column times a row a matrix."""
    if left.scalar or right.scalar:
        return _scaled(left, right)
    if not sizes.same(left.shape[1], right.shape[0]):
        hint = ""
        if sizes.column(left) and sizes.column(right):
            hint = "; two vectors multiply entry by entry with * or \\odot, and u.T @ v is their dot product"
        raise UnreadableError(
            f"a matrix product needs matching sizes; {sizes.words(left)} meets {sizes.words(right)}{hint}", at
        )
    factors = _sum(left, right, at)
    if sizes.row(left) and sizes.column(right):
        return Value((), lambda: dot(left.make(), right.make()), left.at, factors=factors)
    return Value((left.shape[0], right.shape[1]), lambda: product(left.make(), right.make()), left.at, factors=factors)


def times(sizes: Sizes, factors: Sequence[Value], at: int) -> Value:
    """Juxtaposition: the product that the shapes ask for, from left to right; a dot product at the end binds first."""
    found = factors[0]
    rest = list(factors[1:])
    while rest:
        right = rest.pop(0)
        if sizes.column(found) and rest and sizes.row(right) and sizes.column(rest[0]):
            right = matmul(sizes, right, rest.pop(0), at)  # u v'w = u (v'w)
        found = matmul(sizes, found, right, right.at)
    return found


def kronecker(sizes: Sizes, values: Sequence[Value], at: int) -> Value:
    """The Kronecker product."""
    if any(value.scalar for value in values):
        raise UnreadableError("a Kronecker product needs matrices, rows or vectors", at)
    rows = sympy.Mul(*(sizes.of(value.shape[0]) for value in values))
    cols = sympy.Mul(*(sizes.of(value.shape[1]) for value in values))
    return Value((rows, cols), lambda: KroneckerProduct(*(value.make() for value in values)), at, factors=_most(values))


def transpose(value: Value) -> Value:
    """The transpose."""
    if value.scalar:
        return value
    return Value(value.shape[::-1], lambda: turned(value.make()), value.at, factors=value.factors)


def power(sizes: Sizes, value: Value, exponent: int, at: int, *, matrices: bool = False) -> Value:
    """A whole power, of a scalar or entry by entry; of a square matrix its product with itself.

    Of matrices entry by entry only where that is what was written.
    """
    if abs(exponent) > EXPONENT:
        raise UnreadableError(f"exponents go up to {EXPONENT}; found {str(exponent)[:12]}", at)
    factors = value.factors * max(abs(exponent), 1)
    if factors > FACTORS:
        raise UnreadableError(f"a power may not have more than {FACTORS} factors", at)
    if value.number is not None:
        if value.number == 0 and exponent < 0:
            raise UnreadableError("0 has no inverse", at)
        number = value.number**exponent
        return Value((), lambda: number, value.at, number, factors)
    if value.scalar:
        return Value((), lambda: value.make() ** exponent, value.at, factors=factors)
    square = not matrices and exponent > 0 and not sizes.column(value) and not sizes.row(value)
    if square and sizes.match(value.shape, value.shape[::-1]):
        return Value(value.shape, lambda: _repeated(value.make(), exponent), value.at, factors=factors)
    if not (sizes.column(value) or (matrices and not sizes.row(value))) or exponent == 0:
        raise UnreadableError(
            "a power is of a scalar, or of a vector entry by entry with a non-zero exponent; found "
            f"{sizes.words(value)}",
            at,
        )
    if exponent < 0:
        return Value(value.shape, lambda: HadamardPower(value.make(), exponent), value.at, factors=factors)
    return Value(value.shape, lambda: hadamard(*[value.make()] * exponent), value.at, factors=factors)


def _repeated(matrix: Expr, exponent: int) -> Expr:
    """A matrix times itself, so many factors."""
    found = matrix
    for _ in range(exponent - 1):
        found = product(found, matrix)
    return found


def over(left: Value, right: Value, at: int) -> Value:
    """A quotient by a scalar."""
    if not right.scalar:
        raise UnreadableError("division is by a scalar, or of vectors entry by entry", at)
    if right.number == 0:
        raise UnreadableError("division by zero", at)
    number = None if right.number is None else 1 / right.number
    return _scaled(left, Value((), lambda: 1 / right.make(), right.at, number, right.factors))


def _sum(left: Value, right: Value, at: int) -> int:
    factors = left.factors + right.factors
    if factors > FACTORS:
        raise UnreadableError(f"a product may not have more than {FACTORS} factors", at)
    return factors


def _most(values: Sequence[Value]) -> int:
    return max(value.factors for value in values)


def block(sizes: Sizes, rows: Sequence[Sequence[Value]], at: int, states: tuple[Expr, ...] = ()) -> Value:
    """A matrix of blocks; a 0 is of the size that its row and column ask for, or that of its state."""
    cells = [[_cell(sizes, value) for value in row] for row in rows]
    for row in cells:
        for value in row[1:]:
            _fit(sizes, value, 0, row[0])
        for value, above in zip(row, cells[0], strict=True):
            _fit(sizes, value, 1, above)
    if len(cells) == len(states) > 1:
        for place, size in enumerate(states):
            sizes.match(cells[place][0].shape[:1], (size,))
            if len(cells[0]) == len(states):
                sizes.match(cells[0][place].shape[1:], (size,))
    height = sympy.Add(*(sizes.of(row[0].shape[0]) for row in cells))
    width = sympy.Add(*(sizes.of(value.shape[1]) for value in cells[0]))
    factors = max(_most(row) for row in cells)
    return Value(
        (height, width), lambda: BlockMatrix([[value.make() for value in row] for row in cells]), at, factors=factors
    )


def _cell(sizes: Sizes, value: Value) -> Value:
    if value.number == 0:
        return zeros(sizes, (sizes.unknown(), sizes.unknown()), value.at)
    if value.scalar:
        raise UnreadableError("a block is a matrix or a vector", value.at)
    return value


def _fit(sizes: Sizes, value: Value, axis: int, other: Value) -> None:
    if not sizes.same(value.shape[axis], other.shape[axis]):
        raise UnreadableError(f"blocks do not fit: {sizes.words(value)} beside {sizes.words(other)}", value.at)
