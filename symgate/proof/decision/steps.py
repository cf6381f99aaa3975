"""The derivative of one step, compared with what is claimed of it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import partial

import sympy
from sympy import Expr, Trace
from sympy.matrices.expressions import MatMul, MatrixExpr, Transpose

from symgate.errors import ShapeError
from symgate.language.nodes import Dot
from symgate.proof.decision.axes import Index, axes, finest
from symgate.proof.decision.budget import Budget
from symgate.proof.decision.canon import Algebra
from symgate.proof.decision.forms import Form
from symgate.proof.decision.outcome import Decision
from symgate.proof.decision.recurrence import Recurrence
from symgate.proof.decision.remembered import remembered
from symgate.proof.decision.working import Working
from symgate.records import Cell


class Layout(Enum):
    """How a derivative of one step is laid out."""

    JACOBIAN = "numerator layout: (dy/dx)_ij = dy_i/dx_j"
    KRONECKER = "the columns run over column-major vec of the variable"
    VJP = "the gradient of dot(cotangent, of), of the shape of the variable"
    ACTION = "what a change of the variable does, of the shape of what is differentiated"
    DIAGONAL = "the entries dy_i/dx_i, one below the other"


def decide_step(
    cell: Cell,
    of: Expr,
    wrt: Expr,
    claim: Expr,
    layout: Layout = Layout.JACOBIAN,
    *,
    cotangent: Expr | None = None,
    held: Mapping[Expr, Expr] | None = None,
    budget: Budget | None = None,
) -> Decision:
    """Compare a claim with the derivative of one step of the recurrence.

    Args:
        cell: the recurrence.
        of: what is differentiated: a state after the step, a named intermediate, or an expression.
        wrt: a state before the step, an input, a parameter or a named intermediate.
        claim: the derivative that is claimed.
        layout: where each entry stands.
        cotangent: the vector or matrix of a vector-Jacobian product; of an action the change of the variable.
        held: names in ``of`` with the symbol of the step whose value each of them has; they do not vary.
        budget: how much work is allowed.

    Raises:
        ShapeError: the claim has not the shape of such a derivative.
        UnknownNameError: ``wrt`` is no symbol of the cell.
    """
    _check_shape(of, wrt, claim, layout)
    compared = (of, wrt, claim, layout, cotangent, tuple((held or {}).items()))
    return remembered(cell, compared, budget, partial(_step, cell, of, wrt, claim, layout, cotangent, held or {}))


def _step(
    cell: Cell,
    of: Expr,
    wrt: Expr,
    claim: Expr,
    layout: Layout,
    cotangent: Expr | None,
    held: Mapping[Expr, Expr],
    algebra: Algebra,
) -> Decision:
    """One comparison with the derivative of a step."""
    work = Working(cell, algebra, [of, wrt, claim])

    def acting(recurrence: Recurrence) -> list[Form]:
        """Entry by entry: the sum of dY_ij/dV_pq dV_pq over all p, q."""
        builder = recurrence.builder
        high, wide = axes(wrt) if isinstance(wrt, MatrixExpr) else ((), ())

        def along(row: Index, col: Index) -> Form:
            return builder.summed(high + wide, lambda at: _moved(row, col, at[: len(high)], at[len(high) :]))

        def _moved(row: Index, col: Index, p: Index, q: Index) -> Form:
            return algebra.times(recurrence.derivative(of, wrt, row, (p, q), col), builder.at(cotangent, p, q))

        rows, cols = axes(of) if isinstance(of, MatrixExpr) else ((), ())
        return [
            algebra.subtract(along(row, col), builder.at(claim, row, col))
            for row in builder.free(rows, 5)
            for col in builder.free(cols, 6)
        ]

    def differences(recurrence: Recurrence) -> list[Form]:
        if layout is Layout.ACTION:
            return acting(recurrence)
        builder = recurrence.builder
        recurrence.hold(held)
        found = []
        high, wide = axes(wrt) if isinstance(wrt, MatrixExpr) else ((), ())
        for p in builder.free(high, 3):
            for q in builder.free(wide, 4):
                if layout is Layout.DIAGONAL:
                    true = recurrence.derivative(of, wrt, p, (p, q), q)
                    found.append(algebra.subtract(true, builder.at(claim, (*q, *p), ())))
                    continue
                if layout is Layout.VJP:
                    target = _paired(cotangent, of)
                    true = recurrence.derivative(target, wrt, (), (p, q))
                    found.append(algebra.subtract(true, builder.at(claim, p, q)))
                    continue
                rows, cols = axes(of) if isinstance(of, MatrixExpr) else ((), ())
                for row in builder.free(rows if cols else finest([rows, _rows(claim)]), 5):
                    for col in builder.free(cols, 6):
                        true = recurrence.derivative(of, wrt, row, (p, q), col)
                        found.append(algebra.subtract(true, builder.at(claim, (*col, *row), (*q, *p))))
        return found

    return work.judge(differences)


def _rows(claim: Expr) -> Index:
    return axes(claim)[0] if isinstance(claim, MatrixExpr) else ()


def _paired(cotangent: Expr | None, of: Expr) -> Expr:
    """The scalar that a vector-Jacobian product is the gradient of: the sum of the products of the entries."""
    if not isinstance(of, MatrixExpr):
        return of * cotangent
    return Dot(cotangent, of) if of.shape[1] == 1 else Trace(MatMul(Transpose(cotangent), of))


def _check_shape(of: Expr, wrt: Expr, claim: Expr, layout: Layout) -> None:
    rows, cols = getattr(wrt, "shape", (sympy.S.One, sympy.S.One))
    height, width = getattr(of, "shape", (sympy.S.One, sympy.S.One))
    wanted = (rows, cols) if layout is Layout.VJP else (height * width, rows * cols)
    if layout is Layout.ACTION:
        wanted = (height, width)
    if layout is Layout.DIAGONAL:
        wanted = (rows * cols, sympy.S.One)
    shape = tuple(getattr(claim, "shape", (sympy.S.One, sympy.S.One)))
    if any(sympy.expand(a - b) != 0 for a, b in zip(wanted, shape, strict=True)):
        raise ShapeError(f"Such a derivative is {wanted[0]} x {wanted[1]}; the claim is {shape[0]} x {shape[1]}.")
