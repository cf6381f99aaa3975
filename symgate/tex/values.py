"""Derivatives written by the value of the function: sigma'(a) = g (.) (1 - g) for g = sigma(a)."""

from __future__ import annotations

from typing import Any

import sympy
from sympy import Expr
from sympy.matrices.expressions import HadamardProduct, MatAdd, MatMul, OneMatrix

from symgate.language import Map, ScalarMap, ScalarSignal, Signal, T
from symgate.nonlinearities import nonlinearity, registered_nonlinearities


def by_value(node: Map | ScalarMap, named: dict[Expr, Expr]) -> Expr | None:
    """f^(k)(v) as a polynomial in f(v), or None where f has no such rule.

    From y' = p(y) follows y'' = p'(y) p(y), and so on.  f(v) is shown under its name where it has one.
    """
    rule = nonlinearity(node.function).value_rule if node.function in registered_nonlinearities() else None
    if rule is None:
        return None
    y = sympy.Symbol("y", real=True)
    first = polynomial = rule(y)
    for _ in range(node.order - 1):
        polynomial = polynomial.diff(y) * first
    value = node.func(node.args[0], 0, node.argument)
    value = _name_of(value, named)
    return polynomial.subs(y, value) if isinstance(node, ScalarMap) else _entrywise(polynomial, y, value)


def _name_of(value: Expr, named: dict[Expr, Expr]) -> Expr:
    """The name of a function value, at any time; the value itself where it has none."""
    signals = [node for node in sympy.preorder_traversal(value) if isinstance(node, (Signal, ScalarSignal))]
    for index in dict.fromkeys(node.index for node in signals):
        known = named.get(value.xreplace({index: T}))
        if known is not None:
            return known.xreplace({T: index})
    return value


def _entrywise(polynomial: Expr, y: sympy.Symbol, value: Any) -> Any:
    """A polynomial in y, y standing for every entry of a vector; numbers first in sums."""
    ones = OneMatrix(*value.shape)
    if polynomial == y:
        return value
    if polynomial.is_Number:
        return ones if polynomial == 1 else MatMul(polynomial, ones)
    if isinstance(polynomial, sympy.Add):
        ordered = sorted(polynomial.args, key=lambda arg: (sympy.degree(arg, y), str(arg)))
        return MatAdd(*[_entrywise(arg, y, value) for arg in ordered])
    if isinstance(polynomial, sympy.Pow):
        base = _entrywise(polynomial.base, y, value)
        return HadamardProduct(*[base] * int(polynomial.exp))
    number, rest = polynomial.as_coeff_Mul()
    if number != 1:
        return MatMul(number, _entrywise(rest, y, value))
    ordered = sorted(rest.args, key=lambda arg: (arg.is_Add, str(arg)))
    return HadamardProduct(*[_entrywise(arg, y, value) for arg in ordered])
