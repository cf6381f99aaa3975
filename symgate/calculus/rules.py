"""The rules of differentiation: one node type, one identity, one function.

Numerator layout throughout: the differential of a vector y with respect to a vector x is the matrix
(dy/dx)_{ij} = dy_i/dx_j, in normal form; that of a scalar is a row.  With respect to a matrix P the words
end in a seed: dy = sum A dP b.  Named intermediates are leaves: their own differentials are handed in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import singledispatch

import sympy
from sympy import Expr
from sympy.core.symbol import Str
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
    ZeroMatrix,
)

from symgate.calculus.entrywise import constant_in_pieces, matrix_differential
from symgate.calculus.normal import IDENTITY, NOTHING, Words, add, column, prepend, row, scale_rows
from symgate.calculus.polynomial import Polynomial, apply, polynomial, product
from symgate.errors import UnsupportedNodeError
from symgate.language import Dot, Map, ScalarMap, ScalarSignal, is_vector
from symgate.language.matrices import is_entrywise, scaled


@dataclass(frozen=True)
class Variable:
    """What to differentiate by.

    Attributes:
        wrt: the independent symbol; None where only ``known`` varies.
        known: the differentials of the named intermediates that vary.
    """

    wrt: Expr | None
    known: Mapping[Expr, Words] = field(default_factory=dict)


@singledispatch
def differential(node: Expr, by: Variable) -> Words:  # noqa: ARG001
    """The differential of a scalar or vector expression, in normal form.

    Raises:
        UnsupportedNodeError: no rule for a node of the expression.
    """
    raise UnsupportedNodeError(f"No differentiation rule for {type(node).__name__}: {node}.")


@differential.register(MatrixSymbol)
@differential.register(ScalarSignal)
@differential.register(sympy.Symbol)
def _symbol(node: Expr, by: Variable) -> Words:
    """dx = dx; a named intermediate brings its own differential; everything else is constant."""
    if node == by.wrt:
        return IDENTITY
    return by.known.get(node, NOTHING)


@differential.register(sympy.Number)
@differential.register(OneMatrix)
@differential.register(ZeroMatrix)
def _constant(node: Expr, by: Variable) -> Words:  # noqa: ARG001
    """d(constant) = 0."""
    return NOTHING


@differential.register(sympy.Add)
@differential.register(MatAdd)
def _sum(node: Expr, by: Variable) -> Words:
    """d(u + v) = du + dv."""
    return add(differential(part, by) for part in node.args)


@differential.register(HadamardProduct)
@differential.register(sympy.Mul)
def _product(node: Expr, by: Variable) -> Words:
    """d(u (.) v) = diag(v) du + diag(u) dv; for scalars d(s r) = r ds + s dr."""
    parts = [polynomial(part) for part in node.args]
    return add(
        scale_rows(product(parts[:i] + parts[i + 1 :]), differential(part, by)) for i, part in enumerate(node.args)
    )


@differential.register(sympy.Pow)
def _power(node: sympy.Pow, by: Variable) -> Words:
    """d(s^k) = k s^(k-1) ds, k an integer."""
    if not node.exp.is_Integer:
        raise UnsupportedNodeError(f"Only integer powers are differentiated; found {node}.")
    return scale_rows(polynomial(node.exp * node.base ** (node.exp - 1)), differential(node.base, by))


@differential.register(HadamardPower)
def _entry_power(node: HadamardPower, by: Variable) -> Words:
    """d v^k = diag(k v^(k-1)) dv, entry by entry, k an integer."""
    if not node.exp.is_Integer:
        raise UnsupportedNodeError(f"Only integer powers are differentiated; found {node}.")
    lowered = scaled(node.exp, HadamardPower(node.base, node.exp - 1))
    return scale_rows(polynomial(lowered), differential(node.base, by))


@differential.register(MatMul)
def _matmul(node: MatMul, by: Variable) -> Words:
    """d(s A v) = (A v) ds + s A dv + s dA v."""
    scalars = [arg for arg in node.args if not isinstance(arg, MatrixExpr)]
    *matrices, vector = [arg for arg in node.args if isinstance(arg, MatrixExpr)]
    if not is_vector(vector):
        raise UnsupportedNodeError(f"A product must end in a vector to be differentiated; found {node}.")
    tail, image = differential(vector, by), polynomial(vector)
    for matrix in reversed(matrices):
        tail = add([prepend(matrix, tail), _matrix(matrix, image, by)])
        image = apply(matrix, image)
    scalar = sympy.Mul(*scalars)
    return add(
        [scale_rows(polynomial(scalar), tail), column(image, node.shape[0], differential(scalar, by))]
        if scalars
        else [tail]
    )


def _matrix(matrix: MatrixExpr, image: Polynomial, by: Variable) -> Words:
    """dA b: the seed b where P varies, entry by entry; d diag(v) b = diag(b) dv."""
    if isinstance(matrix, DiagMatrix):
        return scale_rows(image, differential(matrix.args[0], by))
    if isinstance(matrix, Identity):
        return NOTHING
    if not is_entrywise(matrix):
        raise UnsupportedNodeError(f"A matrix in a product must be made entry by entry; found {matrix}.")
    return matrix_differential(matrix, image, by.wrt, lambda part: differential(part, by))


@differential.register(Map)
@differential.register(ScalarMap)
def _map(node: Map | ScalarMap, by: Variable) -> Words:
    """d f.(v) = diag(f'(v)) dv."""
    if constant_in_pieces(node.function):
        return NOTHING
    slope = type(node)(Str(node.function), node.order + 1, node.argument)
    return scale_rows(polynomial(slope), differential(node.argument, by))


@differential.register(Dot)
def _dot(node: Dot, by: Variable) -> Words:
    """d(u'v) = u' dv + v' du."""
    left, right = node.args
    size = left.shape[0]
    return add(
        [
            row(polynomial(left), size, differential(right, by)),
            row(polynomial(right), size, differential(left, by)),
        ]
    )
