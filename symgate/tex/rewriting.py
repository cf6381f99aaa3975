"""A walk through an expression that rewrites its nodes by a rule, and joins what is left in the usual way.

In: a rule for one node.  Out: the expression with the rule applied from the inside out; numbers stand in front.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy
from sympy import Expr, KroneckerDelta
from sympy.matrices.expressions import (
    BlockMatrix,
    DiagMatrix,
    HadamardProduct,
    MatAdd,
    MatMul,
    MatrixExpr,
    OneMatrix,
    Transpose,
    ZeroMatrix,
)

from symgate.language import Dot, Map, ScalarMap, ScalarSignal, Signal, Vec
from symgate.language.sequences import HadamardRun, MatrixSum, OrderedProduct


def scalar_of(expr: Any) -> tuple[Expr, Any]:
    """A matrix as a scalar times a matrix."""
    if not isinstance(expr, MatMul):
        return sympy.S.One, expr
    scalars = [part for part in expr.args if not isinstance(part, MatrixExpr)]
    matrices = [part for part in expr.args if isinstance(part, MatrixExpr)]
    return sympy.Mul(*scalars), matrices[0] if len(matrices) == 1 else MatMul(*matrices)


def times(scalar: Expr, matrix: Any) -> Any:
    """A scalar times a matrix, with one scalar in front."""
    own, rest = scalar_of(matrix)
    scalar = scalar * own
    if scalar == 0:
        return ZeroMatrix(*matrix.shape)
    return rest if scalar == 1 else MatMul(scalar, *(rest.args if isinstance(rest, MatMul) else (rest,)))


class Rewriting:
    """Rebuilds an expression from its leaves, with one rule at each node; zeros vanish and scalars come out."""

    def __init__(self, rule: Callable[[Any], Any]) -> None:
        self.rule = rule
        self.known: dict[Any, Any] = {}

    def walk(self, expr: Any) -> Any:
        """The expression, rewritten."""
        if expr not in self.known:
            self.known[expr] = self.rule(self._rebuilt(expr))
        return self.known[expr]

    def _rebuilt(self, expr: Any) -> Any:
        if (
            isinstance(expr, (Signal, ScalarSignal, sympy.Symbol, sympy.MatrixSymbol, OneMatrix, ZeroMatrix))
            or not expr.args
        ):
            return expr
        if isinstance(expr, BlockMatrix):
            rows, cols = expr.blockshape
            return BlockMatrix([[self.walk(expr.blocks[i, j]) for j in range(cols)] for i in range(rows)])
        if isinstance(expr, (Map, ScalarMap)):
            inner = self.walk(expr.argument)
            return expr if inner == expr.argument else type(expr)(expr.function, expr.order, inner)
        if not isinstance(expr, (MatrixExpr, Expr)) or isinstance(expr, KroneckerDelta):
            return expr
        old = expr.args
        over_time = isinstance(expr, (MatrixSum, OrderedProduct, HadamardRun, sympy.Sum, sympy.Product))
        new = (self.walk(old[0]), *old[1:]) if over_time else tuple(self.walk(arg) for arg in old)
        return expr if new == old else _joined(expr, new)


def _joined(expr: Any, args: tuple[Any, ...]) -> Any:
    """The node over new parts."""
    zeros = [isinstance(arg, ZeroMatrix) or arg == 0 for arg in args]
    if isinstance(expr, sympy.Add):  # MatAdd is one
        kept = [arg for arg, none in zip(args, zeros, strict=True) if not none]
        if not isinstance(expr, MatAdd):
            return sympy.Add(*kept)
        flat = [part for arg in kept for part in (arg.args if isinstance(arg, MatAdd) else (arg,))]
        return MatAdd(*flat) if len(flat) > 1 else (flat or [ZeroMatrix(*expr.shape)])[0]
    if isinstance(expr, (MatMul, HadamardProduct, Transpose, DiagMatrix, MatrixSum, Vec)) and any(zeros):
        return ZeroMatrix(*expr.shape)
    if isinstance(expr, Dot) and any(zeros):
        return sympy.S.Zero
    if isinstance(expr, MatMul):
        scalar = sympy.Mul(*[scalar_of(arg)[0] if isinstance(arg, MatrixExpr) else arg for arg in args])
        inner = [scalar_of(arg)[1] for arg in args if isinstance(arg, MatrixExpr)]
        flat = [part for arg in inner for part in (arg.args if isinstance(arg, MatMul) else (arg,))]
        return times(scalar, MatMul(*flat) if len(flat) > 1 else flat[0])
    if isinstance(expr, HadamardProduct):
        scalar = sympy.Mul(*[scalar_of(arg)[0] for arg in args])
        inner = [scalar_of(arg)[1] for arg in args]
        flat = [part for arg in inner for part in (arg.args if isinstance(arg, HadamardProduct) else (arg,))]
        kept = [part for part in flat if not isinstance(part, OneMatrix)] or flat[:1]
        return times(scalar, HadamardProduct(*kept) if len(kept) > 1 else kept[0])
    if isinstance(expr, DiagMatrix):
        scalar, inner = scalar_of(args[0])
        return times(scalar, DiagMatrix(inner))
    return expr.func(*args)
