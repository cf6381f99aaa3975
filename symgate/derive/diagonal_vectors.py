"""The diagonal of a derived matrix as a vector, without forming the matrix where it need not be formed.

In: a sum of words.  Out: a vector, for rates of one number per unit.
"""

from __future__ import annotations

import sympy
from sympy import Expr
from sympy.matrices.expressions import (
    DiagonalOf,
    HadamardProduct,
    MatAdd,
    MatMul,
    MatrixExpr,
    Transpose,
)

from symgate.calculus import normal_form
from symgate.calculus.display import Gathered, expression, factored, gather, joined, scaled
from symgate.calculus.normal import column_of_ones, row_of_ones
from symgate.records import add_up


def diagonal(matrix: MatrixExpr) -> MatrixExpr:
    """The diagonal of a sum of words as a vector, without forming a matrix where one product of two is involved.

    diag(c) -> c; diag(c) W -> c (.) diag(W); c r' -> c (.) r; U diag(v) W -> (U (.) W') v, a sum over k and not its
    k = i term.
    """
    size = matrix.shape[0]
    terms = matrix.args if isinstance(matrix, MatAdd) else (matrix,)
    return add_up([_diagonal(word, size) for term in terms for word in gather(normal_form(term))])


def _diagonal(word: Gathered, size: Expr) -> MatrixExpr:
    scalar: Expr = sympy.S.One
    parts: list[list[MatrixExpr]] = []
    for poly in word.coefficients:
        coefficient, factors = factored(poly, size)
        scalar *= coefficient
        parts.append(factors)
    outer = [*parts[0], *(parts[-1] if len(parts) > 1 else [])]
    if not word.letters:
        return scaled(scalar, joined(parts[0], size))
    plain = not any(row_of_ones(item) or column_of_ones(item) for item in word.letters)
    if len(word.letters) == 1 and plain:
        return scaled(scalar, joined([*outer, DiagonalOf(word.letters[0])], size))
    if len(word.letters) == 2 and plain:
        U, W = word.letters
        turned = W.arg if isinstance(W, Transpose) else Transpose(W)
        through = MatMul(HadamardProduct(U, turned), joined(parts[1], U.shape[1]))
        return scaled(scalar, joined([*outer, through], size))
    if len(word.letters) == 2 and column_of_ones(word.letters[0]) and row_of_ones(word.letters[1]):
        return scaled(scalar, joined(outer, size))
    return DiagonalOf(expression([word], size, size))
