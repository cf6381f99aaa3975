"""Products with a cotangent, J' lambda, read off the words without a matrix being formed."""

from __future__ import annotations

import sympy
from sympy import Expr
from sympy.matrices.expressions import HadamardProduct, MatAdd, MatMul, MatrixExpr, OneMatrix, Transpose

from symgate.calculus.display import Gathered, factored, gather, joined, scaled
from symgate.calculus.normal import Words, column_of_ones, row_of_ones
from symgate.language import Dot
from symgate.language.matrices import transposed


def pulled_back(words: Words, rows: Expr, cotangent: Expr) -> Expr | None:
    """The product with a cotangent: words' lambda, in outer-product form where there is a seed; None if zero.

    Vector or matrix of the shape of what was differentiated by, or a scalar.  The cotangent of a scalar is a scalar.
    """
    terms = [_pulled_word(word, rows, cotangent) for word in gather(words)]
    if not terms:
        return None
    if not isinstance(terms[0], MatrixExpr):
        return sympy.Add(*terms)
    return terms[0] if len(terms) == 1 else MatAdd(*terms)


def _pulled_word(word: Gathered, rows: Expr, cotangent: Expr) -> Expr:
    """L_k' ... diag(m_1) L_1' diag(c) lambda, then times b'."""
    closed = not isinstance(cotangent, MatrixExpr)
    scalar: Expr = cotangent if closed else sympy.S.One
    parts: list[MatrixExpr] = [] if closed else [cotangent]
    size = rows
    for place, poly in enumerate(word.coefficients):
        if place:
            letter = word.letters[place - 1]
            size = letter.shape[1]
            if column_of_ones(letter):
                scalar *= _inner(parts)
                parts, closed = [], True
            elif row_of_ones(letter):
                parts, closed = [], False
            else:
                parts = [scaled(sympy.S.One, transposed(letter), joined(parts, letter.shape[0]))]
        coefficient, factors = factored(poly, size)
        scalar *= coefficient
        parts = [*factors, *parts]
    if word.seed is not None:
        vector, seed_size, turned, mask = word.seed
        coefficient, factors = factored(vector, seed_size)
        left, right = joined(parts, size), joined(factors, seed_size)
        pair = (right, left) if turned else (left, right)
        outer = MatMul(pair[0], Transpose(pair[1]))
        return scaled(scalar * coefficient, outer if mask is None else HadamardProduct(mask, outer))
    return scalar if closed else scaled(scalar, joined(parts, size))


def _inner(parts: list[MatrixExpr]) -> Expr:
    """1'(parts): the dot product of the last part with the others."""
    *others, last = [part for part in parts if not isinstance(part, OneMatrix)] or parts
    size = last.shape[0]
    return Dot(joined(others, size), last)
