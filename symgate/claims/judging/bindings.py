"""Claims that say tanh where the cell says phi: both are read as the function that the cell binds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatrixSymbol

from symgate.language import Map, ScalarMap, ScalarSignal
from symgate.records import Cell, Derivation


def bound_alike(truth: Derivation, claim: Expr) -> tuple[Derivation, Expr, str]:
    """Truth and claim with one name for one function, and a note on it; unchanged where the claim asks for nothing.

    Where the claim holds tanh and the cell binds phi to tanh, the letter phi gives way to tanh in both, so what is
    proved then is proved for tanh alone.
    """
    used = {node.function for node in claim.atoms(Map, ScalarMap)}
    own = dict(truth.cell.functions)
    names = {name: bound for name, bound in own.items() if bound is not None and bound in used and bound not in own}
    if not names:
        return truth, claim, ""
    cell = _cell(truth.cell, names)
    terms = tuple((name, renamed(term, names)) for name, term in truth.named_terms)
    words = " and ".join(f"{name} is taken as {bound}, to which the cell binds it" for name, bound in names.items())
    return replace(truth, cell=cell, named_terms=terms), renamed(claim, names), words


def _cell(cell: Cell, names: Mapping[str, str]) -> Cell:
    return replace(
        cell,
        assignments=tuple(replace(item, expr=renamed(item.expr, names)) for item in cell.assignments),
        states=tuple(replace(state, update=renamed(state.update, names)) for state in cell.states),
        functions=tuple((name, bound) for name, bound in cell.functions if name not in names),
    )


def renamed(expr: Any, names: Mapping[str, str]) -> Any:
    """The expression with functions renamed."""
    if isinstance(expr, (MatrixSymbol, ScalarSignal)) or not isinstance(expr, sympy.Basic) or not expr.args:
        return expr
    if isinstance(expr, (Map, ScalarMap)):
        name = names.get(expr.function, expr.function)
        return expr.func(name, expr.order, renamed(expr.argument, names))
    parts = [renamed(arg, names) for arg in expr.args]
    return expr if all(new is old for new, old in zip(parts, expr.args, strict=True)) else expr.func(*parts)
