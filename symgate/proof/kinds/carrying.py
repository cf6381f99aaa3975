"""Gradients of matrix states carried back over time: what is multiplied has a name while two formulas are compared.

What holds for every matrix of a name, or for every column, holds for the one that the name stands for.
"""

from __future__ import annotations

from itertools import count

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatMul, MatrixExpr, MatrixSymbol, Transpose

from symgate.language import Signal, Vec
from symgate.language.matrices import transposed
from symgate.language.sequences import HadamardRun, K, MatrixSum, OrderedProduct, moved
from symgate.proof.kinds.goals import Unjudged, total_size
from symgate.records import Cell

#: What binds a time.
_OVER_TIME = (MatrixSum, OrderedProduct, HadamardRun, sympy.Sum, sympy.Product)


def stepped(cell: Cell, step: MatrixExpr, closed: MatrixExpr, lam: Signal) -> tuple[MatrixExpr, MatrixExpr]:
    """A closed form at k, and what the recursion ``step`` from ``lam``, at k + 1, makes of it at k + 1.

    A matrix that is multiplied over time has a name on both sides, wherever it stands in the recursion: what holds for
    every matrix of that name holds for this one.  It is a matrix of its index alone.

    Raises:
        Unjudged: the recursion sums or multiplies over time.
    """
    if step.atoms(*_OVER_TIME):
        raise Unjudged("a recursion from one step to the next has no sum or product over time")
    named = closed
    taken = {str(node.name) for side in (closed, step) for node in side.atoms(Signal)}
    free = (name for name in map("factor {}".format, count()) if name not in taken)
    for node in sorted(closed.atoms(OrderedProduct), key=str):
        letters = {part for part in sympy.preorder_traversal(node.body) if isinstance(part, sympy.Symbol)}
        times = {letter for letter in letters if letter.is_integer} - set(cell.dimensions)
        if isinstance(node.body, Signal) or not times <= {node.index} or node.body.atoms(*_OVER_TIME):
            continue
        factor = Signal(next(free), node.shape[0], node.shape[0], node.index)
        named = named.xreplace({node: node.func(factor, *node.args[1:])})
        here, there = (moved(matrix, {node.index: K + 1}) for matrix in (factor, node.body))
        step = with_factor(with_factor(step, there, here), transposed(there), Transpose(here))
    return named, step.xreplace({lam: moved(named, {K: K + 1})})


def with_factor(expr: Expr, matrix: MatrixExpr, name: MatrixExpr) -> Expr:
    """An expression with a name for a matrix, where it stands whole or as neighbouring factors of a product."""
    if expr == matrix:
        return name
    if not expr.args or isinstance(expr, MatrixSymbol):
        return expr
    args = [with_factor(arg, matrix, name) for arg in expr.args]
    own = list(matrix.args) if isinstance(matrix, MatMul) else []
    if isinstance(expr, MatMul) and own:
        place = next((q for q in range(len(args) - len(own) + 1) if args[q : q + len(own)] == own), None)
        args = args if place is None else [*args[:place], name, *args[place + len(own) :]]
    return expr if tuple(args) == expr.args else expr.func(*args)


def as_columns(cell: Cell, expr: Expr) -> Expr:
    """An expression with a column of which nothing is known for vec of the gradient of the loss of a step.

    What holds for every column holds for this one.
    """
    nodes = [node for node in expr.atoms(Vec) if isinstance(node.args[0], Signal) and node.args[0].name == "delta"]
    return expr.xreplace({node: Signal("vec delta", total_size(cell), 1, node.args[0].index) for node in nodes})
