"""What every derivation of a cell takes for granted: differentiable functions, their domains and kinks, divisors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import sympy
from sympy import Expr
from sympy.matrices.expressions import (
    HadamardPower,
    HadamardProduct,
    MatAdd,
    MatMul,
    MatrixExpr,
    MatrixSymbol,
    OneMatrix,
    Transpose,
)

from symgate.language import Dot, Map, ScalarMap, ScalarSignal
from symgate.nonlinearities import nonlinearity, registered_nonlinearities
from symgate.records import Cell

#: Functions with positive values.
_POSITIVE = {"exp", "softplus", "sigma", "sqrt"}


def assumptions(cell: Cell) -> tuple[str, ...]:
    """What every derivation of the cell takes for granted, in words."""
    bound = dict(cell.functions)
    used: dict[str, None] = {}
    for expr in cell.definitions.values():
        used |= dict.fromkeys(sorted(node.function for node in expr.atoms(Map, ScalarMap)))
    found: dict[str, None] = {}
    for name in used:
        if name in bound or (name in registered_nonlinearities() and nonlinearity(name).opaque):
            found[f"{name} is differentiable"] = None
        target = bound.get(name) or name
        if target in registered_nonlinearities() and nonlinearity(target).assumption:
            found[nonlinearity(target).assumption] = None
    return (*found, *dict.fromkeys(_divisors(cell)))


def _divisors(cell: Cell) -> Iterator[str]:
    """That nothing below a line vanishes, where that does not follow from its form."""
    for expr in cell.definitions.values():
        for node in sympy.preorder_traversal(expr):
            if not isinstance(node, (sympy.Pow, HadamardPower)) or not node.exp.is_negative:
                continue
            if node.base.is_number or _positive(node.base, cell.definitions):
                continue
            shown = str(node.base.name) if isinstance(node.base, _SYMBOLS) else str(node.base)
            yield f"no entry of {shown} is 0" if isinstance(node.base, MatrixExpr) else f"{shown} is not 0"


_SYMBOLS = (sympy.Symbol, MatrixSymbol, ScalarSignal)


def _positive(expr: Expr, definitions: Mapping[Expr, Expr]) -> bool:
    """Whether every entry is positive, by its form."""
    if expr in definitions:
        return _positive(definitions[expr], definitions)
    if isinstance(expr, OneMatrix) or (isinstance(expr, sympy.Symbol) and expr.is_integer):
        return True
    if isinstance(expr, (Map, ScalarMap)):
        return expr.order == 0 and expr.function in _POSITIVE
    if isinstance(expr, (MatAdd, sympy.Add)):
        parts = list(expr.args)
        signs = [_positive(part, definitions) for part in parts]
        return any(signs) and all(sign or _square(part) for sign, part in zip(signs, parts, strict=True))
    if isinstance(expr, Dot):
        return all(isinstance(arg, OneMatrix) for arg in expr.args)
    if isinstance(expr, (HadamardProduct, sympy.Mul, MatMul)):
        return all(_positive(part, definitions) for part in expr.args)
    if isinstance(expr, (sympy.Pow, HadamardPower, Transpose)):
        return _positive(expr.args[0], definitions)
    return bool(expr.is_number and expr.is_positive)


def _square(expr: Expr) -> bool:
    """Whether no entry is negative, by its form: a square."""
    if isinstance(expr, (sympy.Pow, HadamardPower)):
        return bool(expr.exp.is_even)
    if isinstance(expr, HadamardProduct):
        return len(expr.args) % 2 == 0 and len(set(expr.args)) == 1
    return isinstance(expr, Dot) and expr.args[0] == expr.args[1]
