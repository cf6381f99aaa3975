"""Expressions as trees to be changed in one place: operands, their rebuilding, and the running indices above a place."""  # noqa: E501

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Any

import sympy
from sympy.matrices import expressions as me
from sympy.matrices.expressions import MatrixExpr

from symgate.language import Map, ScalarMap, ScalarSignal
from symgate.language.sequences import HadamardRun, MatrixSum, OrderedProduct

RUNNING = (OrderedProduct, MatrixSum, HadamardRun)
_LEAVES = (me.MatrixSymbol, ScalarSignal, me.OneMatrix, me.ZeroMatrix, me.Identity, sympy.KroneckerDelta)
#: Steps from a tree down to a place in it.
Path = tuple[int, ...]


@dataclass(frozen=True)
class Range:
    """A running index with its bounds, both included."""

    index: sympy.Symbol
    lower: Any
    upper: Any


@dataclass(frozen=True)
class Place:
    """A place in an expression, and the ranges of the indices that are bound there, the outermost first."""

    path: Path
    expr: Any
    ranges: tuple[Range, ...] = ()


def operands(expr: Any) -> list[Any]:
    """The parts of a node that are expressions, time indices and bounds left out."""
    if isinstance(expr, _LEAVES) or not getattr(expr, "args", ()):
        return []
    if isinstance(expr, (Map, ScalarMap)):
        return [expr.argument]
    if isinstance(expr, (*RUNNING, sympy.Sum, sympy.Product)):
        return [expr.args[0]]
    if isinstance(expr, (sympy.Pow, me.HadamardPower)):
        return [expr.args[0]]
    if isinstance(expr, me.BlockMatrix):
        rows, cols = expr.blockshape
        return [expr.blocks[i, j] for i in range(rows) for j in range(cols)]
    return list(expr.args)


def rebuilt(expr: Any, parts: list[Any]) -> Any:
    """The node over other operands."""
    if isinstance(expr, (Map, ScalarMap)):
        return expr.func(expr.args[0], expr.args[1], parts[0])
    if isinstance(expr, (*RUNNING, sympy.Sum, sympy.Product, sympy.Pow, me.HadamardPower)):
        return expr.func(parts[0], *expr.args[1:])
    if isinstance(expr, me.BlockMatrix):
        rows, cols = expr.blockshape
        return me.BlockMatrix([[parts[i * cols + j] for j in range(cols)] for i in range(rows)])
    return expr.func(*parts)


def bound_by(expr: Any) -> tuple[Range, ...]:
    """The ranges that a node opens."""
    if isinstance(expr, RUNNING):
        return (Range(expr.index, expr.lower, expr.upper),)
    if isinstance(expr, (sympy.Sum, sympy.Product)):
        return tuple(Range(*limit) for limit in expr.args[1:])[::-1]
    return ()


def places(expr: Any, path: Path = (), ranges: tuple[Range, ...] = ()) -> Iterator[Place]:
    """Every place in an expression."""
    yield Place(path, expr, ranges)
    inner = (*ranges, *bound_by(expr))
    for q, part in enumerate(operands(expr)):
        yield from places(part, (*path, q), inner)


def put(expr: Any, path: Path, new: Any) -> Any:
    """The expression with another one at a place."""
    if not path:
        return new
    parts = operands(expr)
    parts[path[0]] = put(parts[path[0]], path[1:], new)
    return rebuilt(expr, parts)


def mentions(expr: Any, index: Any) -> bool:
    """Whether an index is free in an expression, also in the index of a signal."""
    if isinstance(expr, (*RUNNING, sympy.Sum, sympy.Product)) and any(r.index == index for r in bound_by(expr)):
        return any(mentions(part, index) for limit in bound_by(expr) for part in (limit.lower, limit.upper))
    return expr == index or any(mentions(part, index) for part in getattr(expr, "args", ()))


def indices(expr: Any) -> set[Any]:
    """Every symbol in an expression, bound or free."""
    return {node for node in sympy.preorder_traversal(expr) if isinstance(node, sympy.Symbol)}


def moved(expr: Any, index: Any, to: Any) -> Any:
    """The expression with a free index replaced."""
    if isinstance(expr, (*RUNNING, sympy.Sum, sympy.Product)) and any(r.index == index for r in bound_by(expr)):
        return expr
    if expr == index:
        return to
    args = getattr(expr, "args", ())
    if not args or not mentions(expr, index):
        return expr
    return expr.func(*(moved(part, index, to) for part in args))


def is_matrix(expr: Any) -> bool:
    """Whether an expression has a shape."""
    return isinstance(expr, MatrixExpr)


def column(expr: Any) -> bool:
    """Whether it is a column."""
    return is_matrix(expr) and expr.shape[1] == 1


def shape(expr: Any) -> tuple[Any, ...]:
    """() for a scalar."""
    return tuple(expr.shape) if is_matrix(expr) else ()


def product(*factors: Any) -> Any:
    """A product, scalars first; a single factor as it is."""
    flat = [arg for factor in factors for arg in (factor.args if isinstance(factor, me.MatMul) else (factor,))]
    scalar = sympy.Mul(*(arg for arg in flat if not is_matrix(arg)))
    matrices = [arg for arg in flat if is_matrix(arg)]
    if not matrices:
        return scalar
    parts = matrices if scalar == 1 else [scalar, *matrices]
    return me.MatMul(*parts) if len(parts) > 1 else parts[0]


def total(*terms: Any) -> Any:
    """A sum; a single term as it is."""
    if not is_matrix(terms[0]):
        return sympy.Add(*terms)
    flat = [arg for term in terms for arg in (term.args if isinstance(term, me.MatAdd) else (term,))]
    return me.MatAdd(*flat) if len(flat) > 1 else flat[0]


def negative(expr: Any) -> Any:
    """Its negative."""
    return product(sympy.S.NegativeOne, expr)


def entrywise(*vectors: Any) -> Any:
    """A Hadamard product, flat; a single factor as it is."""
    flat = [arg for v in vectors for arg in (v.args if isinstance(v, me.HadamardProduct) else (v,))]
    return me.HadamardProduct(*flat) if len(flat) > 1 else flat[0]


def factors(expr: Any) -> list[Any]:
    """The factors of a product of matrices; of anything else, itself."""
    return list(expr.args) if isinstance(expr, me.MatMul) else [expr]


def chain(steps: list[Callable[[Any], Any]], expr: Any) -> Any:
    """One step after another."""
    return reduce(lambda found, step: step(found), steps, expr)
