"""States in a claim as their equations have them: what is claimed of h_k may be seen only where h_k is written out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy
from sympy import Expr

from symgate.language import Map, ScalarMap, Signal, T
from symgate.language.sequences import K, MatrixSum, OrderedProduct
from symgate.records import Derivation, Kind


def states_written_out(expr: Expr, truth: Derivation, *further: Expr) -> Expr:
    """States at the index of a sum or product, at k+1 of an adjoint, at a number, or at ``further`` times.

    Of the state at the start, x_0, there is no equation: a sum from k = 0 has one for x_{k+1} and none for x_k.
    """
    states = {str(state.name) for state in truth.cell.states}
    steps = {node.index for node in expr.atoms(Signal) if str(node.name) in states}
    steps = {step for step in steps if step.is_Integer and step >= 1}
    steps |= {K + 1} if truth.kind is Kind.ADJOINT else set()
    return _written(_in_runs(expr, truth), steps | set(further), truth)


def written_at_k(expr: Expr, truth: Derivation) -> Expr:
    """States at k, a step from 1 on, as their equations have them: (1 - h_k^2) as the slope of h_k = tanh(...)."""
    cell, at = truth.cell, {T: K}
    names = [(item.symbol, item.expr) for item in cell.assignments]
    alike = {by: of.after for of in cell.states for by, value in names if value == of.update}
    carried = {by.xreplace(at): state.xreplace(at) for by, state in alike.items()}
    values = {state.after.xreplace(at): state.update.xreplace(at).xreplace(carried) for state in cell.states}
    return outside_functions(expr, values)


def outside_functions(expr: Any, values: Mapping[Expr, Expr]) -> Any:
    """With names replaced but where a function is applied to them: there the state is as good as its closed form."""
    if expr in values:
        return values[expr]
    if isinstance(expr, (Map, ScalarMap)) or not isinstance(expr, sympy.Basic) or not expr.args:
        return expr
    parts = [outside_functions(arg, values) for arg in expr.args]
    return expr if all(new is old for new, old in zip(parts, expr.args, strict=True)) else expr.func(*parts)


def _in_runs(expr: Any, truth: Derivation) -> Any:
    """The same inside every sum and product, at its own index, which is no time outside."""
    if isinstance(expr, (sympy.MatrixSymbol, sympy.Symbol)) or not isinstance(expr, sympy.Basic) or not expr.args:
        return expr
    parts = [_in_runs(arg, truth) for arg in expr.args]
    if isinstance(expr, MatrixSum | OrderedProduct):
        steps = {expr.index + by for by in (0, 1) if _is_later(expr.lower + by)}
        parts[0] = _written(parts[0], steps, truth)
    return expr if all(new is old for new, old in zip(parts, expr.args, strict=True)) else expr.func(*parts)


def _written(expr: Expr, steps: set[Expr], truth: Derivation) -> Expr:
    """States at these times as their equations have them."""
    every = ((state, step) for step in steps for state in truth.cell.states)
    return expr.xreplace({state.after.xreplace({T: step}): state.update.xreplace({T: step}) for state, step in every})


def _is_later(time: Expr) -> bool:
    """Whether a time, such as 1 or k + 1, is after the start for every k."""
    return any(rest.is_Integer and rest >= 1 for rest in (time, time - K, time - T))
