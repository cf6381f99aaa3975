r"""States of one number in claims: m_t of an author is the mean of the entries of ours, which are equal.

A vector that is m 1 has derivatives by m that are spread over its entries: \partial y/\partial m of a number m is the
sum of those by the entries, so what is stated by m is stated by each entry with its share, and what is stated of m is
stated of every entry.
"""

from __future__ import annotations

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatrixExpr, OneMatrix, Transpose

from symgate.claims.reading.build import dot, product, times_scalar, total
from symgate.claims.reading.shapes import Value
from symgate.language import Dot
from symgate.records import Cell, Derivation, Kind

#: Objects that are spread over the entries of a state of one number.
_SPREAD = frozenset({Kind.JACOBIAN, Kind.KRONECKER, Kind.VJP, Kind.ADJOINT})


def sizes_of_numbers(cell: Cell) -> frozenset[Expr]:
    """The sizes of states of one number."""
    return frozenset(state.after.shape[0] for state in cell.numbers)


def as_number(symbol: Expr, name: str, cotangents: frozenset[str], numbers: frozenset[str]) -> Expr | None:
    """The number that an author's name stands for where ours is a vector; None for every other name.

    The mean of a state of one number, and the sum of the gradients by its entries.
    """
    ones = OneMatrix(*symbol.shape)
    letter, _, of = name.partition("_")
    if name in numbers:
        return mean(symbol)
    if letter in cotangents and (of in numbers or (not of and len(numbers) == 1)):
        return dot(Transpose(ones), symbol)
    return None


def mean(vector: Expr) -> Expr:
    """The mean of the entries."""
    ones = OneMatrix(*vector.shape)
    return Dot(ones, vector) / Dot(ones, ones)


def spread(value: Value, wanted: tuple[Expr, ...], truth: Derivation, own: Expr | None) -> Value:
    """What is stated of a number, of the vector that ours is; a value of the wanted shape as it is.

    Args:
        value: the right side.
        wanted: the shape of the object.
        truth: the object.
        own: of a gradient by a state of one number, the part that its own step's loss has.
    """
    sizes = sizes_of_numbers(truth.cell)
    if truth.kind not in _SPREAD or len(wanted) != 2 or not sizes.intersection(wanted):
        return value
    shape = value.shape or (sympy.S.One, sympy.S.One)
    rows, cols = (size in sizes and have == 1 for size, have in zip(wanted, shape, strict=True))
    if not rows and not cols:
        return value
    front, back = OneMatrix(wanted[0], 1), OneMatrix(wanted[1], 1)

    def make() -> Expr:
        stated = value.make()
        if rows and truth.kind is Kind.ADJOINT and own is not None:
            rest = stated - dot(Transpose(front), own)
            return total([own, times_scalar(rest / Dot(front, front), front)])
        shared = front if rows and truth.kind is Kind.VJP else back if cols else None
        if shared is not None:
            stated = _over(stated, Dot(shared, shared))
        if rows:
            stated = product(front, stated) if isinstance(stated, MatrixExpr) else times_scalar(stated, front)
        if cols:
            row = Transpose(back)
            stated = product(stated, row) if isinstance(stated, MatrixExpr) else times_scalar(stated, row)
        return stated

    return Value(wanted, make, value.at, factors=value.factors)


def _over(expr: Expr, number: Expr) -> Expr:
    return times_scalar(1 / number, expr) if isinstance(expr, MatrixExpr) else expr / number
