"""Matrices made of others, from SymPy expressions to forms: products, transposes, diagonals and blocks.

In: a node and the two indices of an entry.  Out: the form of that entry.  ``build.py`` registers these for its nodes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sympy
from sympy.matrices import expressions as me

from symgate.language.nodes import Dot, Vec
from symgate.proof.decision.axes import Index, axes, finest, place, take
from symgate.proof.decision.forms import Form

if TYPE_CHECKING:
    from symgate.proof.decision.build import Builder


def diagonal(builder: Builder, expr: me.DiagMatrix, row: Index, col: Index) -> Form:
    """A vector on the diagonal."""
    return builder.algebra.times(builder.same(row, col), builder.at(expr.args[0], row, ()))


def diagonal_of(builder: Builder, expr: me.DiagonalOf, row: Index, *_: Index) -> Form:
    """The diagonal of a matrix."""
    return builder.at(expr.arg, row, row)


def vec(builder: Builder, expr: Vec, row: Index, *_: Index) -> Form:
    """Columns below one another: the index of a column comes first, as in a Kronecker product."""
    wide = len(axes(expr.args[0])[1])
    return builder.at(expr.args[0], row[wide:], row[:wide])


def transpose(builder: Builder, expr: me.Transpose, row: Index, col: Index) -> Form:
    """The indices in the other order."""
    return builder.at(expr.arg, col, row)


def dot(builder: Builder, expr: Dot, *_: Index) -> Form:
    """The sum of the products of entries."""
    left, right = expr.args
    return builder.summed(
        finest([axes(left)[0], axes(right)[0]]),
        lambda at: builder.algebra.times(builder.at(left, at, ()), builder.at(right, at, ())),
    )


def trace(builder: Builder, expr: sympy.Trace, *_: Index) -> Form:
    """The sum of the diagonal."""
    return builder.summed(finest(axes(expr.arg)), lambda at: builder.at(expr.arg, at, at))


def matrix_product(builder: Builder, expr: me.MatMul, row: Index, col: Index) -> Form:
    """The factors from the left, summed over the index between each and the next."""
    scalars = [builder.at(arg, (), ()) for arg in expr.args if not isinstance(arg, me.MatrixExpr)]
    matrices = [arg for arg in expr.args if isinstance(arg, me.MatrixExpr)]
    form = _chain(builder, matrices, row, col)
    return builder.algebra.product([*scalars, form])


def _chain(builder: Builder, matrices: list[Any], row: Index, col: Index) -> Form:
    """The product of matrices, from the side where a vector ends it."""
    if len(matrices) == 1:
        return builder.at(matrices[0], row, col)
    *front, last = matrices
    first, *back = matrices
    if row or not col:
        axis = finest([axes(first)[1], axes(back[0])[0]])
        return builder.summed(axis, lambda at: _pair(builder, first, back, row, at, col))
    axis = finest([axes(front[-1])[1], axes(last)[0]])
    return builder.summed(
        axis, lambda at: builder.algebra.times(_chain(builder, front, row, at), builder.at(last, at, col))
    )


def _pair(builder: Builder, first: Any, back: list[Any], row: Index, at: Index, col: Index) -> Form:
    """One term of a product of matrices; what is behind a factor that is 0 is not built."""
    left = builder.at(first, row, at)
    return builder.algebra.times(left, _chain(builder, back, at, col)) if left.terms else left


def kronecker(builder: Builder, expr: me.KroneckerProduct, row: Index, col: Index) -> Form:
    """The product of the entries that the parts of the indices name."""
    parts = []
    for arg in expr.args:
        rows, cols = axes(arg)
        own, row = take(row, rows, expr)
        other, col = take(col, cols, expr)
        parts.append(builder.at(arg, own, other))
    return builder.algebra.product(parts)


def blocks(builder: Builder, expr: me.BlockMatrix, row: Index, col: Index) -> Form:
    """The block that the places name, at what is left of the indices."""
    high, wide = expr.blockshape
    p, row = place(row, high, expr)
    q, col = place(col, wide, expr)
    return builder.at(expr.blocks[p, q], row, col)
