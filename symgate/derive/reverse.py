"""One step backward: the cotangent of every name of a cell from those of the states after the step.

Comes in: a cell.  Goes out: for every named intermediate, then for every state, input and parameter, the sum of what
its direct uses hand back, lambda_y = sum_z (dz/dy)' lambda_z, each (dz/dy)' lambda_z by the rules of ``calculus``.
"""

from __future__ import annotations

from collections.abc import Mapping

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatrixExpr, MatrixSymbol

from symgate.calculus import Variable, acting, differential, matrix_forms, pulled_back
from symgate.language import ScalarSignal
from symgate.language.matrices import multiplied
from symgate.records import Cell, add_up


def cotangents(cell: Cell, lams: Mapping[Expr, Expr]) -> dict[Expr, Expr]:
    """The cotangent of everything that a step uses, as a sum over its direct uses.

    Args:
        cell: the recurrence; each name stands for its own cotangent, so that nothing is multiplied out.
        lams: the symbol of the cotangent of each named intermediate and of each state after the step.

    Returns:
        By name: first of the intermediates from the last to the first, then of states (before), inputs and parameters;
        what the states after the step do not depend on is absent.

    Raises:
        UnsupportedNodeError: an expression holds a node without a rule.

    Law: ``tests/codegen/training/test_numpy_loops.py`` (against the recurrences as published); torch and jax beside it.
    """
    handed: dict[Expr, list[Expr]] = {}

    def use(expr: Expr, lam: Expr) -> None:
        for symbol in _symbols(expr, known):
            value = _handed_back(expr, symbol, lam)
            if value is not None:
                handed.setdefault(symbol, []).append(value)

    known = {*cell.symbols.values(), *cell.definitions}
    found: dict[Expr, Expr] = {}
    for state in cell.states:
        use(state.update, lams[state.after])
    for item in reversed(cell.assignments):
        if item.symbol in handed:
            found[item.symbol] = add_up(handed[item.symbol])
            use(item.expr, lams[item.symbol])
    for symbol in cell.symbols.values():
        if symbol in handed:
            found[symbol] = add_up(handed[symbol])
    return found


def _handed_back(expr: Expr, symbol: Expr, lam: Expr) -> Expr | None:
    """(d expr/d symbol)' lam, of a matrix by what it does to a vector; None where it is zero."""
    if not isinstance(expr, MatrixExpr) or expr.shape[1] == 1:
        rows = expr.shape[0] if isinstance(expr, MatrixExpr) else sympy.S.One
        return pulled_back(differential(expr, Variable(symbol)), rows, lam)
    vector = acting.probe(expr.shape[1])
    terms = acting.terms_of(differential(multiplied(expr, vector), Variable(symbol)), vector)
    return matrix_forms.pullback(terms, expr.shape, lam)


def _symbols(expr: Expr, known: set[Expr]) -> list[Expr]:
    """The names in an expression, in the order in which they appear."""
    nodes = sympy.preorder_traversal(expr)
    return list(dict.fromkeys(node for node in nodes if node in known and isinstance(node, _SYMBOLS)))


_SYMBOLS = (MatrixSymbol, ScalarSignal, sympy.Symbol)
