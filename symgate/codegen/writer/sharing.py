"""Products that words share: a sum of products with one vector multiplies by each matrix as seldom as it can.

    diag(c) U a + diag(c) U b = diag(c) U (a + b),      (d v') W x = d (v' (W x)),

the second so that W x, which other words need too, is formed once.  Sums of matrices are left to ``pieces``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import sympy
from sympy import Expr
from sympy.matrices.expressions import DiagMatrix, Identity, MatAdd, MatMul, MatrixExpr, OneMatrix

from symgate.codegen.writer.words import split
from symgate.language import Dot
from symgate.language.matrices import transposed

#: A matrix, and the column that it is multiplied by.
Product = tuple[Expr, Expr]


def gathered(expr: Expr) -> Expr:
    """A column with the words that begin alike brought together; anything else as it is."""
    if not isinstance(expr, MatAdd) or expr.shape[1] != 1:
        return expr
    groups: dict[tuple[Expr, ...], list[Expr]] = {}
    for place, word in enumerate(expr.args):
        scalars, factors = _column(word)
        at = next((k for k, factor in enumerate(factors) if not isinstance(factor, DiagMatrix)), len(factors))
        if at >= len(factors) - 1:
            groups[(word, sympy.Integer(place))] = []  # a word that stands there twice is added twice
        else:
            rest = _joined(scalars, factors[at + 1 :])
            groups.setdefault(tuple(factors[: at + 1]), []).append(rest)
    words = [_joined([], [*first, gathered(_sum(rest))]) if rest else first[0] for first, rest in groups.items()]
    return _sum(words)


def repeated(expressions: Iterable[Expr]) -> Counter[Product]:
    """How often each product of a matrix with a column is met in some expressions."""
    found: Counter[Product] = Counter()
    for expr in expressions:
        for node in sympy.preorder_traversal(expr):
            if isinstance(node, MatMul) and node.shape[1] == 1:
                product = last_product(split(node)[1])
                if product is not None:
                    found[product] += 1
    return found


def last_product(factors: list[Expr]) -> Product | None:
    """The matrix and the column that a word ends with; None where there are none."""
    if len(factors) < 2 or factors[-1].shape[1] != 1 or factors[-1].shape[0] == 1 or isinstance(factors[-1], OneMatrix):
        return None
    matrix = factors[-2]
    if 1 in matrix.shape or isinstance(matrix, (DiagMatrix, Identity, OneMatrix)):
        return None
    return matrix, factors[-1]


def _column(word: Expr) -> tuple[list[Expr], list[Expr]]:
    """The scalars and the factors of a column; what is a row times a column among its factors is a scalar."""
    scalars, factors = split(word)
    parts: list[list[Expr]] = []
    for factor in factors:
        if not parts or factor.shape[0] == 1 or parts[-1][-1].shape[1] == 1:
            parts.append([])
        parts[-1].append(factor)
    kept: list[Expr] = []
    for part in parts:
        if part[0].shape[0] == 1 and part[-1].shape[1] == 1 and len(part) > 1:
            scalars.append(Dot(transposed(part[0]), _joined([], part[1:])))
        else:
            kept += part
    return scalars, [factor for factor in kept if not isinstance(factor, Identity)]


def _joined(scalars: list[Expr], factors: list[Expr]) -> Expr:
    """A product, flat."""
    flat = [part for factor in factors for part in (split(factor)[1] if isinstance(factor, MatMul) else (factor,))]
    scalars = [*scalars, *(part for factor in factors if isinstance(factor, MatMul) for part in split(factor)[0])]
    if len(flat) == 1 and not scalars:
        return flat[0]
    return MatMul(*([sympy.Mul(*scalars)] if scalars else []), *flat)


def _sum(parts: list[Expr]) -> Expr:
    return parts[0] if len(parts) == 1 else MatAdd(*parts)


def is_scaled_ones(expr: Expr) -> bool:
    """Whether a column is a scalar times the vector of ones."""
    scalars, factors = split(expr)
    return bool(scalars) and len(factors) == 1 and isinstance(factors[0], OneMatrix) and isinstance(expr, MatrixExpr)
