"""What a statement takes for granted: differentiable functions, arguments away from kinks, denominators that are not 0.

Derived from the recurrence and from the formula, not taken from what a derivation says of itself.
"""

from __future__ import annotations

from typing import Any

import sympy
from sympy import Expr
from sympy.matrices.expressions import HadamardPower, MatAdd, MatMul, MatrixExpr, OneMatrix

from symgate.language import Map, ScalarMap
from symgate.language.giving_way import spelled_otherwise
from symgate.language.sequences import EPS
from symgate.nonlinearities import nonlinearity, registered_nonlinearities
from symgate.proof.nodes import nodes
from symgate.proof.plain import plain
from symgate.records import Cell, Derivation, Kind


def conditions(derivation: Derivation) -> tuple[str, ...]:
    """The conditions under which the statement of a derivation is meant, each once, in order of appearance."""
    if derivation.kind in (Kind.WINDOW, Kind.ENVELOPE):
        return ()  # all letters are positive, and so is what they are divided by
    cell = derivation.cell
    exprs = [*cell.definitions.values(), *(term for _, term in derivation.named_terms)]
    exprs += [item.right for item in derivation.equations]
    found: dict[str, None] = {}
    bound = dict(cell.functions)
    for node in nodes(*exprs):
        if isinstance(node, (Map, ScalarMap)):
            found |= dict.fromkeys(_of_function(node.function, bound))
        elif isinstance(node, (sympy.Pow, HadamardPower)) and _below_the_line(node):
            found[is_not_zero(node.base)] = None
        elif isinstance(node, (sympy.Pow, HadamardPower)) and _is_root(node):
            found[_is_positive(node.base)] = None
    if derivation.kind is Kind.REMAINDER:
        found[f"{plain(EPS, spelled_otherwise(cell))} is not negative"] = None
    if derivation.kind is Kind.PRECONDITIONER and any(item.key == "condition" for item in derivation.claims):
        found["no entry on the diagonal is negative or 0, where a condition number is stated"] = None
    return tuple(found)


def is_not_zero(base: Expr) -> str:
    """That something may be divided by, in words."""
    return f"no entry of {plain(base)} is 0" if isinstance(base, MatrixExpr) else f"{plain(base)} is not 0"


def _is_root(node: Any) -> bool:
    """A power whose exponent is no whole number at every time, as in d^(1/(t-k)): it is real of what is positive."""
    return not node.exp.is_number and node.exp.is_integer is not True


def _is_positive(base: Expr) -> str:
    return f"every entry of {plain(base)} is positive" if isinstance(base, MatrixExpr) else f"{plain(base)} is positive"


def denominators(derivation: Derivation) -> tuple[Expr, ...]:
    """What the statement divides by, each scalar once, in order of appearance."""
    return divided_by(*_stated(derivation))


def divided_by(*exprs: Expr) -> tuple[Expr, ...]:
    """What expressions divide by, each scalar once, in order of appearance."""
    found = (node.base for node in nodes(*exprs) if isinstance(node, sympy.Pow) and _below_the_line(node))
    return tuple(dict.fromkeys(found))


def kinks(derivation: Derivation) -> tuple[Expr, ...]:
    """What is 0 where a function of the statement has no derivative: its argument, less the place of the kink."""
    return kinks_in(derivation.cell, *_stated(derivation))


def kinks_in(cell: Cell, *exprs: Expr) -> tuple[Expr, ...]:
    """The same for the functions in expressions."""
    known, bound = registered_nonlinearities(), dict(cell.functions)
    found: dict[Expr, None] = {}
    for node in nodes(*exprs):
        if not isinstance(node, (Map, ScalarMap)):
            continue
        target = bound.get(node.function) or node.function
        for place in nonlinearity(target).kinks if target in known else ():
            found[_less(node.argument, place)] = None
    return tuple(found)


def _less(argument: Expr, place: Expr) -> Expr:
    """A scalar, or every entry of a matrix, less a number."""
    if not isinstance(argument, MatrixExpr):
        return argument - place
    return argument if place == 0 else MatAdd(argument, MatMul(-place, OneMatrix(*argument.shape)))


def _stated(derivation: Derivation) -> list[Expr]:
    """What the terms and the equations of a derivation say."""
    return [*(term for _, term in derivation.named_terms), *(item.right for item in derivation.equations)]


def _of_function(name: str, bound: dict[str, str | None]) -> list[str]:
    """What is assumed of a function of the cell or of the registry."""
    known = registered_nonlinearities()
    found = []
    if name in bound or (name in known and nonlinearity(name).opaque):
        found.append(f"{name} is differentiable")
    target = bound.get(name) or name
    if target in known and nonlinearity(target).assumption:
        found.append(nonlinearity(target).assumption)
    return found


def _below_the_line(node: Any) -> bool:
    """A power that is not defined at 0: a negative exponent of what is not a number or a size."""
    exponent = node.exp
    negative = exponent.is_number and exponent.is_negative
    sizes = all(symbol.is_positive for symbol in getattr(node.base, "free_symbols", ()))
    plain = isinstance(node.base, (sympy.Symbol, sympy.Number)) and sizes
    return bool(negative and not plain)
