"""What an expression holds: its symbols, and how large it and its derivative are when written out."""

from __future__ import annotations

from typing import NamedTuple

import sympy
from sympy import Expr
from sympy.matrices.expressions import HadamardProduct, MatAdd, MatMul, MatrixExpr, MatrixSymbol, OneMatrix

from symgate.language.nodes import Dot, Map, ScalarMap, ScalarSignal


def leaves(expr: Expr) -> set[Expr]:
    """The symbols in an expression, sizes aside."""
    found: set[Expr] = set()
    seen: set[int] = set()
    stack = [expr]
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, OneMatrix):
            continue
        if isinstance(node, (MatrixSymbol, ScalarSignal, sympy.Symbol)):
            found.add(node)
        elif isinstance(node, (Map, ScalarMap, Dot)) or node.args:
            stack.extend(arg for arg in node.args if isinstance(arg, sympy.Expr) or hasattr(arg, "shape"))
    return found


def entry_by_entry(expr: Expr) -> set[Expr]:
    """The symbols that an expression holds as summands or factors, in no function, matrix product or dot product."""
    if isinstance(expr, (MatAdd, HadamardProduct)):
        return {leaf for part in expr.args for leaf in entry_by_entry(part)}
    if isinstance(expr, MatMul):
        matrices = [part for part in expr.args if isinstance(part, MatrixExpr)]
        return entry_by_entry(matrices[0]) if len(matrices) == 1 else set()
    return {expr} if isinstance(expr, MatrixSymbol) else set()


def weight(expr: object, known: dict[int, int]) -> int:
    """How many nodes an expression has when written out; parts that occur often are counted once and multiplied."""
    if id(expr) not in known:
        known[id(expr)] = 1 + sum(weight(part, known) for part in getattr(expr, "args", ()))
    return known[id(expr)]


class Written(NamedTuple):
    """Of an expression when written out: its nodes, the terms of its derivative, and the nodes of those."""

    nodes: int
    terms: int
    size: int


def derivative(expr: object, known: dict[int, Written]) -> Written:
    """How large the derivative of an expression is, names of intermediates being atoms: f(v)' has f'(v) everywhere."""
    if id(expr) not in known:
        parts = [derivative(part, known) for part in getattr(expr, "args", ())]
        nodes, terms = 1 + sum(part.nodes for part in parts), sum(part.terms for part in parts) or 1
        others = 0 if isinstance(expr, (MatAdd, sympy.Add)) else nodes
        known[id(expr)] = Written(nodes, terms, sum(part.size for part in parts) + terms * others)
    return known[id(expr)]
