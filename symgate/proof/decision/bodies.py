"""Products over time of blocks that mix: the matrix that is multiplied gets a name, and its blocks are a definition."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from typing import Any

import sympy
from sympy import Expr
from sympy.matrices.expressions import BlockMatrix

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
            if not any(node in outer for node in nodes(body) if node != index):
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


def _mixes(body: Expr) -> bool:
    """Whether a matrix has blocks off its diagonal that are not 0, or is made of such matrices."""
    if not any(isinstance(part, Blocks) for axis in axes(body) for part in axis):
        return False
    if not isinstance(body, BlockMatrix):
        return True
    blocks = body.blocks
    places = [(i, j) for i in range(blocks.shape[0]) for j in range(blocks.shape[1]) if i != j]
    return any(not blocks[i, j].is_ZeroMatrix for i, j in places)
