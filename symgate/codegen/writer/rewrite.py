"""Expressions made ready for code: functions bound, and complements of gates kept exact.

1 - g becomes f(-z) where g = f(z) is a named intermediate and 1 - f(z) = f(-z): that keeps every digit
of 1 - g near g = 1, where the difference has none left.
"""

from __future__ import annotations

import sympy
from sympy import Expr
from sympy.matrices.expressions import Identity, MatAdd, MatMul, MatrixSymbol, OneMatrix, ZeroMatrix

from symgate.errors import OpaqueFunctionError
from symgate.language import Map, ScalarMap, ScalarSignal
from symgate.nonlinearities import nonlinearity
from symgate.records import Cell

MINUS_ONE = sympy.S.NegativeOne


class Rewriter:
    """Replaces opaque functions by the bound ones, and 1 - f(z) by f(-z) where that is an identity.

    Args:
        cell: the recurrence.
        complements: whether 1 - f(z) is replaced; otherwise it stays the difference, which costs no second f.
    """

    def __init__(self, cell: Cell, *, complements: bool = True) -> None:
        self._complements = complements
        #: What a rewritten node stands for, such as sigma(-a_g) for one_minus_g.
        self.labels: dict[Expr, str] = {}
        self.cell = cell
        self._cell = cell.name
        self._bound = dict(cell.functions)
        self._definitions = {item.symbol: item.expr for item in cell.assignments}

    def __call__(self, expr: Expr) -> Expr:
        complement = self._complement(expr)
        if complement is not None:
            return complement
        if isinstance(expr, (Map, ScalarMap)):
            return type(expr)(self._function(expr.function), expr.order, self(expr.argument))
        if not expr.args or isinstance(expr, (MatrixSymbol, ScalarSignal, OneMatrix, ZeroMatrix, Identity)):
            return expr
        parts = [self(part) for part in expr.args]
        return expr if all(new is old for new, old in zip(parts, expr.args, strict=True)) else expr.func(*parts)

    def _function(self, name: str) -> str:
        """The name of the nonlinearity whose values are computed."""
        bound = self._bound.get(name, name)
        if bound is None or nonlinearity(bound).opaque:
            raise OpaqueFunctionError(
                f"{name} stands for any differentiable function in cell {self._cell!r}, so it has no values "
                f"and no code. Bind it first: sg.cell({self._cell!r}, {name}='tanh') for a built-in cell, "
                f"cell.bind({name}='tanh') for your own."
            )
        return bound

    def _complement(self, expr: Expr) -> Expr | None:
        """f(-z) for an expression 1 - f(z), if f has that symmetry."""
        if not self._complements or not isinstance(expr, (MatAdd, sympy.Add)) or len(expr.args) != 2:
            return None
        for one, other in (expr.args, expr.args[::-1]):
            if not (one == 1 or isinstance(one, OneMatrix)):
                continue
            if not isinstance(other, (MatMul, sympy.Mul)) or len(other.args) != 2 or other.args[0] != MINUS_ONE:
                continue
            gate = other.args[1]
            node = self._definitions.get(gate, gate)
            if isinstance(node, (Map, ScalarMap)) and node.order == 0:
                function = self._function(node.function)
                if nonlinearity(function).complement:
                    inner = self(node.argument)
                    negative = (
                        MatMul(MINUS_ONE, inner)
                        if isinstance(node, Map)
                        else sympy.Mul(MINUS_ONE, inner, evaluate=False)
                    )
                    found = type(node)(function, 0, negative)
                    if gate in self._definitions:
                        self.labels.setdefault(found, f"one_minus_{gate.name}")
                    return found
        return None


def leaves(expr: Expr) -> dict[Expr, None]:
    """The symbols in an expression, sizes and indices aside, in order of appearance."""
    if isinstance(expr, (MatrixSymbol, ScalarSignal, sympy.Symbol)):
        return {expr: None}
    if isinstance(expr, (OneMatrix, ZeroMatrix, Identity)):
        return {}
    parts = expr.args[2:] if isinstance(expr, (Map, ScalarMap)) else expr.args
    return {leaf: None for part in parts for leaf in leaves(part)}
