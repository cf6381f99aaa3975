"""Nodes that stand for what is true of the recurrence, to be compared with what is claimed."""

from __future__ import annotations

from typing import Any

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatrixExpr

from symgate.errors import ShapeError
from symgate.language.nodes import T


class StepPullback(MatrixExpr):  # type: ignore[misc]
    """(d x_k / d v)' lambda_k: the exact derivative of dot(lambda_k, x_k) by v in step k, of the shape of v.

    Of a matrix lambda_k has its shape, and the dot product is the sum of the products of the entries.

    Raises:
        ShapeError: lambda_k has not the shape of what is differentiated.
    """

    def __new__(cls, of: Expr, wrt: Expr, cotangent: Expr, index: Any) -> StepPullback:
        if tuple(getattr(of, "shape", ())) != tuple(getattr(cotangent, "shape", ())):
            raise ShapeError(f"A cotangent has the shape of what is differentiated; {of} meets {cotangent}.")
        return sympy.Basic.__new__(cls, of, wrt, cotangent, sympy.sympify(index, strict=True))

    @property
    def shape(self) -> tuple[Expr, Expr]:
        """The shape of v; (1, 1) for a scalar."""
        return tuple(getattr(self.args[1], "shape", (sympy.S.One, sympy.S.One)))


class StepDerivative(MatrixExpr):  # type: ignore[misc]
    """The exact derivative of one step in numerator layout, dy/dx at the time ``index``: (rows of y, rows of x).

    ``of`` and ``wrt`` are symbols of the step at time t: a state after it or a name, by a vector.
    """

    def __new__(cls, of: Expr, wrt: Expr, index: Expr = T) -> StepDerivative:
        return sympy.Basic.__new__(cls, of, wrt, sympy.sympify(index, strict=True))

    @property
    def shape(self) -> tuple[Expr, Expr]:
        """Rows of what is differentiated, rows of the variable."""
        return self.args[0].shape[0], self.args[1].shape[0]
