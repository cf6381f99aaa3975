"""Products over time of blocks that mix: the matrix that is multiplied gets a name, and its blocks are a definition."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from typing import Any

import sympy
from sympy import Expr
from sympy.matrices.expressions import (
    BlockMatrix,
    DiagMatrix,
    Identity,
    MatAdd,
    MatMul,
    MatrixExpr,
    Transpose,
)

from symgate.language.nodes import Signal
from symgate.language.sequences import HadamardRun, MatrixSum, OrderedProduct
from symgate.proof.decision.axes import Blocks, axes
from symgate.proof.nodes import nodes


class Bodies:
    """The names of what is multiplied, none of which stands in the expressions that are compared."""

    def __init__(self, exprs: Iterable[Any] = ()) -> None:
        """Leave out the names in these expressions."""
        self.definitions: dict[Expr, Expr] = {}
        self._names: dict[Any, str] = {}
        taken = {str(node.name) for node in nodes(*exprs) if isinstance(node, Signal)}
        self._free = (name for name in map("body {}".format, count()) if name not in taken)

    def named(self, expr: Any, outer: frozenset[Any] = frozenset()) -> Any:
        """The expression with a name in the place of each block matrix that is multiplied over time.

        One that knows an index of a sum or a product around it, ``outer``, has no name of its own.
        """
        if not getattr(expr, "args", ()) or not expr.has(OrderedProduct) or not expr.has(BlockMatrix):
            return expr
        args = [self.named(arg, outer | _bound(expr)) for arg in expr.args]
        if isinstance(expr, OrderedProduct) and _mixes(args[0]):
            body, index = args[0], args[1]
            if not (_free(body) - {index}) & outer:
                if (body, index) not in self._names:
                    self._names[body, index] = next(self._free)
                name = self._names[body, index]
                symbol = Signal(name, body.shape[0], body.shape[1], index)
                self.definitions[symbol] = body
                args[0] = symbol
        return expr if tuple(args) == expr.args else expr.func(*args)


def _bound(expr: Any) -> frozenset[Any]:
    """The indices that a sum or a product binds."""
    if isinstance(expr, (sympy.Sum, sympy.Product)):
        return frozenset(limit[0] for limit in expr.limits)
    return frozenset([expr.args[1]]) if isinstance(expr, (OrderedProduct, MatrixSum, HadamardRun)) else frozenset()


def _free(expr: Any) -> set[Any]:
    """The symbols in an expression that no sum or product within it binds."""
    if isinstance(expr, (sympy.Sum, sympy.Product)):
        inner = _free(expr.function)
        for index, *ends in expr.limits:
            inner = (inner - {index}).union(*map(_free, ends))
        return inner
    if isinstance(expr, (OrderedProduct, MatrixSum, HadamardRun)):
        body, index, *ends = expr.args
        return (_free(body) - {index}).union(*map(_free, ends))
    if isinstance(expr, sympy.Symbol):
        return {expr}
    return set().union(*map(_free, getattr(expr, "args", ())))


def _mixes(body: Expr) -> bool:
    """Whether a matrix in blocks is more than diagonal blocks on the diagonal: those are multiplied entry by entry."""
    if not any(isinstance(part, Blocks) for axis in axes(body) for part in axis):
        return False
    if not isinstance(body, BlockMatrix):
        return True
    blocks = body.blocks
    places = [(i, j) for i in range(blocks.shape[0]) for j in range(blocks.shape[1])]
    return not all(_is_diagonal(blocks[i, j]) if i == j else blocks[i, j].is_ZeroMatrix for i, j in places)


def _is_diagonal(block: Any) -> bool:
    """Whether a matrix is written as a diagonal one."""
    if isinstance(block, (MatAdd, MatMul, Transpose)):
        return all(_is_diagonal(arg) for arg in block.args if isinstance(arg, MatrixExpr))
    return isinstance(block, (DiagMatrix, Identity)) or bool(block.is_ZeroMatrix)
