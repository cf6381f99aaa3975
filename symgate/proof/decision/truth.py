"""Nodes that stand for what is true of the recurrence, to be compared with what is claimed."""

from __future__ import annotations

from typing import Any

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatrixExpr


class StepPullback(MatrixExpr):  # type: ignore[misc]
    """(d x_k / d v)' lambda_k: the exact derivative of dot(lambda_k, x_k) by v in step k, of the shape of v."""

    def __new__(cls, of: Expr, wrt: Expr, cotangent: Expr, index: Any) -> StepPullback:
        return sympy.Basic.__new__(cls, of, wrt, cotangent, sympy.sympify(index, strict=True))

    @property
    def shape(self) -> tuple[Expr, Expr]:
        """The shape of v; (1, 1) for a scalar."""
        return tuple(getattr(self.args[1], "shape", (sympy.S.One, sympy.S.One)))
