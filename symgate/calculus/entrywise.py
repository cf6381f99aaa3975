"""The differential of a matrix that is made entry by entry, such as W (.) M, relu(W) or sigma(G (.) (1 v' - M)).

Entry (i, j) depends on entries (i, j) of parameters, on entry i or j of vectors, and on scalars; so

    dE = sum N (.) dP  +  sum N diag(dv)  +  sum diag(du) N  +  sum N ds,

with matrices N that are made entry by entry as well; N is None for a matrix of ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sympy import Expr
from sympy.core.symbol import Str
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardPower,
    HadamardProduct,
    MatAdd,
    MatMul,
    MatrixSymbol,
    OneMatrix,
    Transpose,
)

from symgate.calculus.normal import Words, add, column, matrix_times, scale_rows, seeded
from symgate.calculus.polynomial import Polynomial, apply, polynomial, product
from symgate.language import Map
from symgate.language.matrices import hadamard, is_row, parted, scaled, transposed
from symgate.nonlinearities import nonlinearity, registered_nonlinearities

#: The differential of a vector or a scalar.
Differential = Callable[[Expr], Words]


@dataclass(frozen=True)
class Change:
    """One summand of dE: a matrix N (None: ones) beside what varies.

    ``kind`` is "parameter" or "turned" for N (.) dP and N (.) dP', "rows" for diag(dv) N, "columns" for N diag(dv),
    "scalar" for N ds; ``what`` is P, v or s.
    """

    kind: str
    what: Expr
    matrix: Expr | None


def constant_in_pieces(function: str) -> bool:
    """Whether the derivative of a function is 0 wherever it exists."""
    return function in registered_nonlinearities() and nonlinearity(function).constant_in_pieces


def changes(array: Expr, wrt: Expr | None) -> list[Change]:
    """The summands of the differential of a matrix made entry by entry; only ``wrt`` varies among the matrices."""
    if isinstance(array, MatrixSymbol):
        return [Change("parameter", array, None)] if array == wrt else []
    if isinstance(array, Transpose) and isinstance(array.arg, MatrixSymbol):
        return [Change("turned", array.arg, None)] if array.arg == wrt else []
    if isinstance(array, MatAdd):
        return [change for part in array.args for change in changes(part, wrt)]
    if isinstance(array, HadamardProduct):
        return _products(array.args, wrt)
    if isinstance(array, HadamardPower):
        lowered = _raised(array.base, int(array.exp) - 1)
        return [_times(change, scaled(array.exp, lowered)) for change in changes(array.base, wrt)]
    if isinstance(array, Map):
        if constant_in_pieces(array.function):
            return []
        slope = Map(Str(array.function), array.order + 1, array.argument)
        return [_times(change, slope) for change in changes(array.argument, wrt)]
    if isinstance(array, MatMul):
        return _scaled(array, wrt)
    return []


def _products(parts: Sequence[Expr], wrt: Expr | None) -> list[Change]:
    """d(E (.) F) = E (.) dF + F (.) dE."""
    found = []
    for place, part in enumerate(parts):
        others = [*parts[:place], *parts[place + 1 :]]
        rest = others[0] if len(others) == 1 else HadamardProduct(*others)
        found += [_times(change, rest) for change in changes(part, wrt)]
    return found


def _scaled(array: MatMul, wrt: Expr | None) -> list[Change]:
    """s diag(u) E diag(v), or s u v'."""
    scalar, matrices = parted(array)
    found = []
    if is_row(matrices[-1]):
        u, v = matrices[0], matrices[1].arg
        ones = [OneMatrix(size, 1) for size in array.shape]
        left = [Change("rows", u, scaled(scalar, MatMul(ones[0], Transpose(v))))] if _may_vary(u) else []
        right = [Change("columns", v, scaled(scalar, MatMul(u, Transpose(ones[1]))))] if _may_vary(v) else []
        found = left + right
    else:
        for place, part in enumerate(matrices):
            rest = matrices[:place] + matrices[place + 1 :]
            if isinstance(part, DiagMatrix):
                matrix = scaled(scalar, rest[0] if len(rest) == 1 else MatMul(*rest))
                found.append(Change("rows" if place == 0 else "columns", part.args[0], matrix))
                continue
            for change in changes(part, wrt):
                core = change.matrix if change.matrix is not None else OneMatrix(*array.shape)
                around = MatMul(*matrices[:place], core, *matrices[place + 1 :]) if rest else core
                found.append(Change(change.kind, change.what, scaled(scalar, around)))
    if scalar.free_symbols or scalar.args:
        matrix = matrices[0] if len(matrices) == 1 else MatMul(*matrices)
        found.append(Change("scalar", scalar, matrix))
    return found


def _may_vary(vector: Expr) -> bool:
    """Whether a vector may vary: the vector of ones does not."""
    return not isinstance(vector, OneMatrix)


def _times(change: Change, factor: Expr) -> Change:
    """The summand with its matrix times another one, entry by entry."""
    return Change(change.kind, change.what, factor if change.matrix is None else hadamard(factor, change.matrix))


def _raised(base: Expr, exponent: int) -> Expr:
    if exponent == 0:
        return OneMatrix(*base.shape)
    return base if exponent == 1 else HadamardPower(base, exponent)


def matrix_differential(array: Expr, image: Polynomial, wrt: Expr | None, d: Differential) -> Words:
    """dE b in normal form: words that end in the seed b where a parameter matrix varies."""
    return add(_applied(change, array, image, d) for change in changes(array, wrt))


def _applied(change: Change, array: Expr, image: Polynomial, d: Differential) -> Words:
    rows, cols = array.shape
    matrix = change.matrix if change.matrix is not None else OneMatrix(rows, cols)
    if change.kind == "scalar":
        return column(apply(matrix, image), rows, d(change.what))
    if change.kind == "rows":
        return scale_rows(apply(matrix, image), d(change.what))
    if change.kind == "columns":
        return matrix_times(matrix, scale_rows(image, d(change.what)))
    return add(_seeds(part, image, cols, turned=change.kind == "turned") for part in _parts(matrix))


def _parts(matrix: Expr) -> tuple[Expr, ...]:
    return tuple(matrix.args) if isinstance(matrix, MatAdd) else (matrix,)


def _seeds(matrix: Expr, image: Polynomial, cols: Expr, *, turned: bool) -> Words:
    """(s diag(u) M diag(v) (.) dP) b = s diag(u) (M (.) dP) (v (.) b)."""
    scalar, matrices = parted(matrix)
    lead, vector, mask = polynomial(scalar), image, None
    if is_row(matrices[-1]):
        lead = product([lead, polynomial(matrices[0])])
        vector = product([polynomial(matrices[1].arg), vector])
        matrices = []
    for place, part in enumerate(matrices):
        if isinstance(part, DiagMatrix) and place == 0:
            lead = product([lead, polynomial(part.args[0])])
        elif isinstance(part, DiagMatrix):
            vector = product([vector, polynomial(part.args[0])])
        elif not isinstance(part, OneMatrix):
            mask = transposed(part) if turned else part
    return scale_rows(lead, seeded(vector, cols, transposed=turned, mask=mask))
