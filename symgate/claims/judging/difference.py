"""Claim minus truth, written down: what the two have in common is gone."""

from __future__ import annotations

from typing import Any

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatAdd, MatrixExpr, ZeroMatrix

from symgate.calculus import matrix_expr, normal_form
from symgate.claims.reading.build import negated
from symgate.errors import SymgateError
from symgate.language import Map, ScalarMap
from symgate.records import Derivation
from symgate.tex.values import by_value


def difference(claim: Expr, truth: Derivation) -> Expr | None:
    """Claim minus truth as a normal form; None where the two cannot be subtracted or written down.

    Derivatives are kept as they are, or written by their values (sigma' = g (1 - g)), whichever leaves less.
    """
    found = []
    for values in (False, True):
        left, right = (_by_value(expr, truth) if values else expr for expr in (claim, truth.expr))
        try:
            found.append(_subtracted(left, right))
        except (SymgateError, AttributeError, TypeError, ValueError):
            continue
    return min(found, key=_size, default=None)


def _subtracted(claim: Expr, truth: Expr) -> Expr:
    if not isinstance(truth, MatrixExpr):
        return sympy.expand(claim - truth)
    if claim.shape != truth.shape:
        raise ValueError("shapes differ")
    if isinstance(claim, ZeroMatrix):
        return matrix_expr(normal_form(negated(truth)), *truth.shape)
    return matrix_expr(normal_form(MatAdd(claim, negated(truth))), *truth.shape)


def _size(expr: Expr) -> int:
    return 0 if isinstance(expr, ZeroMatrix) or expr == 0 else sum(1 for _ in sympy.preorder_traversal(expr))


def _by_value(expr: Any, truth: Derivation) -> Any:
    named = {item.expr: item.symbol for item in truth.cell.assignments}
    nodes = sorted(expr.atoms(Map, ScalarMap), key=str)
    values = {node: by_value(node, named) for node in nodes if node.order}
    return expr.xreplace({node: value for node, value in values.items() if value is not None})
