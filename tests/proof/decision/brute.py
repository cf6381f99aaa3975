"""An oracle that shares nothing with the decision: matrices written out entry by entry at numbers for the sizes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy
from sympy.matrices import expressions as me

from symgate.language.nodes import Dot, Map, ScalarMap


def written_out(expr: Any, sizes: Mapping[Any, int]) -> Any:
    """An expression as a SymPy matrix of scalars, or as a scalar; functions stay opaque."""
    out = lambda arg: written_out(arg, sizes)  # noqa: E731
    number = lambda size: int(sympy.sympify(size).subs(sizes))  # noqa: E731
    match expr:
        case me.OneMatrix():
            return sympy.ones(*map(number, expr.shape))
        case me.ZeroMatrix():
            return sympy.zeros(*map(number, expr.shape))
        case me.Identity():
            return sympy.eye(number(expr.shape[0]))
        case me.MatrixSymbol():
            rows, cols = map(number, expr.shape)
            return sympy.Matrix(rows, cols, lambda i, j: sympy.Symbol(f"{expr.name}_{i}_{j}"))
        case Map():
            return out(expr.argument).applyfunc(sympy.Function(f"{expr.function}_{expr.order}"))
        case ScalarMap():
            return sympy.Function(f"{expr.function}_{expr.order}")(sympy.expand(out(expr.argument)))
        case Dot():
            return (out(expr.args[0]).T * out(expr.args[1]))[0, 0]
        case me.MatAdd() | sympy.Add():
            parts = [out(arg) for arg in expr.args]
            return sum(parts[1:], parts[0])
        case me.MatMul():
            found = out(expr.args[0])
            for arg in expr.args[1:]:
                found = found * out(arg)
            return found
        case me.HadamardProduct():
            found = out(expr.args[0])
            for arg in expr.args[1:]:
                found = found.multiply_elementwise(out(arg))
            return found
        case me.DiagMatrix():
            return sympy.diag(*out(expr.args[0]))
        case me.Transpose():
            return out(expr.arg).T
        case me.KroneckerProduct():
            found = out(expr.args[0])
            for arg in expr.args[1:]:
                found = sympy.Matrix(sympy.kronecker_product(found, out(arg)))
            return found
        case sympy.Mul():
            return sympy.Mul(*map(out, expr.args))
        case sympy.Pow():
            return out(expr.base) ** expr.exp
        case sympy.Symbol():
            return sympy.Integer(sizes[expr]) if expr in sizes else expr
        case sympy.Number():
            return expr
    raise TypeError(type(expr).__name__)


def equal(left: Any, right: Any, sizes: Mapping[Any, int]) -> bool:
    """Whether two expressions agree at these sizes, as polynomials in entries and opaque values."""
    one, other = written_out(left, sizes), written_out(right, sizes)
    pairs = zip(one, other, strict=True) if hasattr(one, "shape") else [(one, other)]
    return all(sympy.expand(_plain(a) - _plain(b)) == 0 for a, b in pairs)


def _plain(expr: Any) -> Any:
    """Arguments of functions expanded, so that equal values are equal symbols."""
    return sympy.sympify(expr).replace(
        lambda node: isinstance(node, sympy.core.function.AppliedUndef),
        lambda node: node.func(sympy.expand(node.args[0])),
    )
