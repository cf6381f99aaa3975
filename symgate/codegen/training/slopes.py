"""Slopes of nonlinearities over values that the way forward has, such as sigma' = y (1 - y)."""

from __future__ import annotations

from collections.abc import Mapping

import sympy
from sympy import Expr
from sympy.matrices.expressions import HadamardPower, MatMul, MatrixSymbol

from symgate.codegen.writer.rewrite import MINUS_ONE
from symgate.language import Map, ScalarMap, ScalarSignal
from symgate.language.matrices import is_vector

#: Functions whose slope is a function of their value, and the name under which targets know that: y (1 - y), 1 - y^2.
SLOPES = {"sigma": "slope of sigma", "tanh": "slope of tanh", "relu": "slope of relu"}


def _negative(node: Expr) -> Expr:
    """-z for the argument z of a nonlinearity."""
    z = node.argument
    if isinstance(node, Map):
        own = isinstance(z, MatMul) and len(z.args) == 2 and z.args[0] == MINUS_ONE
        return z.args[1] if own else MatMul(MINUS_ONE, z)
    return -z if isinstance(z, sympy.Mul) else sympy.Mul(MINUS_ONE, z, evaluate=False)


def _slope(node: Expr, values: Mapping[Expr, Expr]) -> Expr:
    """f'(z) over values of functions of order 0, where there is such a form."""

    def value(function: str, argument: Expr) -> Expr:
        found = type(node)(function, 0, argument)
        return values.get(found, found)

    if node.function == "sigma" and isinstance(node, ScalarMap):  # one number for all units: exact at no cost
        return sympy.Mul(value("sigma", node.argument), value("sigma", _negative(node)))
    own = values.get(type(node)(node.function, 0, node.argument))
    if own is not None and node.function in SLOPES:
        return type(node)(SLOPES[node.function], 0, own)
    if node.function in {"exp", "expm1"}:
        return value("exp", node.argument)
    if node.function == "softplus":
        return value("sigma", node.argument)
    if node.function == "log_sigmoid":
        return value("sigma", _negative(node))
    if node.function == "sqrt" and own is not None:
        half = sympy.Rational(1, 2)
        return MatMul(half, HadamardPower(own, -1)) if isinstance(node, Map) else half / own
    return node


def from_values(expr: Expr, values: Mapping[Expr, Expr]) -> Expr:
    """The expression with slopes over values."""
    if isinstance(expr, (Map, ScalarMap)) and expr.order == 1 and (isinstance(expr, ScalarMap) or is_vector(expr)):
        return _slope(expr, values)
    if not expr.args or isinstance(expr, (MatrixSymbol, ScalarSignal, Map, ScalarMap)):
        return values.get(expr, expr)
    parts = [from_values(part, values) for part in expr.args]
    return expr if all(new is old for new, old in zip(parts, expr.args, strict=True)) else expr.func(*parts)
