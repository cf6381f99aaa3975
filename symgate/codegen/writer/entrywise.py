"""Matrices that are made entry by entry, such as W * M or sigma(G * (v[None, :] - M)), as code over whole arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sympy import Expr
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

from symgate.codegen.writer.backend import Code
from symgate.codegen.writer.products import scale
from symgate.codegen.writer.vectors import is_zero
from symgate.errors import UnsupportedNodeError
from symgate.language import Map
from symgate.language.matrices import is_row, parted

if TYPE_CHECKING:
    from symgate.codegen.writer.fold import Writer


def entrywise(writer: Writer, expr: Expr) -> Code:
    """A matrix made entry by entry, with both of its axes.

    Raises:
        UnsupportedNodeError: it is not made entry by entry.
    """
    join = writer.backend.join
    if isinstance(expr, MatrixSymbol):
        return Code(str(expr.name), kind="matrix")
    if isinstance(expr, Transpose) and isinstance(expr.arg, MatrixSymbol):
        return join("transpose", "matrix", Code(str(expr.arg.name), kind="matrix"))
    if isinstance(expr, OneMatrix):
        return writer.ones("matrix", expr.shape)
    if isinstance(expr, Map):
        return writer.map(expr)
    if isinstance(expr, HadamardPower):
        return writer.raised(entrywise(writer, expr.base), int(expr.exp))
    if isinstance(expr, HadamardProduct):
        return writer.quotient(expr, "matrix")
    if isinstance(expr, MatAdd):
        return _sum(writer, expr)
    if isinstance(expr, MatMul):
        scalar, matrices = parted(expr)
        if is_row(matrices[-1]) and len(matrices) == 2:
            value = join("outer", "matrix", writer.vector(matrices[0]), writer.vector(matrices[1].arg))
            return scale(writer, writer.scalar(scalar), value)
        core = next(part for part in matrices if not isinstance(part, DiagMatrix))
        value, place = entrywise(writer, core), matrices.index(core)
        for part in matrices[:place]:
            value = join("scale rows", "matrix", writer.vector(part.args[0]), value)
        for part in matrices[place + 1 :]:
            value = join("scale columns", "matrix", value, writer.vector(part.args[0]))
        return scale(writer, writer.scalar(scalar), value)
    raise UnsupportedNodeError(f"symgate cannot write code for the node {type(expr).__name__}: {expr}.")


def _sum(writer: Writer, expr: MatAdd) -> Code:
    """A sum, in which a matrix of ones may be a plain number."""
    terms = [writer.coefficient(part) for part in expr.args if not is_zero(part)]
    only_ones = all(isinstance(part, OneMatrix) for _, _, part in terms)
    items = []
    for sign, number, part in terms:
        value = (
            writer.number(number)
            if isinstance(part, OneMatrix) and not only_ones
            else scale(writer, writer.number(number), entrywise(writer, part))
        )
        items.append((sign, value))
    return writer.sum(items, "matrix")
