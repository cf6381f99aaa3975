r"""Derivatives of a matrix that are stated without the change of the variable on which ours act.

\partial C_t / \partial f_t = C_{t-1} of a number f_t is ours with the change f_dot as a factor.  Of a vector or a
matrix the derivative has three indices or four: it is stated as what it does to a change, or as its matrix on vec.
"""

from __future__ import annotations

from sympy import Expr
from sympy.matrices.expressions import MatrixExpr, ZeroMatrix

from symgate.claims.reading.build import times_scalar
from symgate.claims.reading.limits import SenselessError
from symgate.claims.reading.one_number import mean, sizes_of_numbers
from symgate.records import Derivation, Kind


def with_change(expr: Expr, truth: Derivation, notes: list[str]) -> Expr:
    """A right side with the change of the variable, where the object acts on one and the claim leaves it out."""
    change = truth.cotangent
    number = change is not None and (
        not isinstance(change, MatrixExpr) or change.shape[0] in sizes_of_numbers(truth.cell)
    )
    if truth.kind is not Kind.JVP or change is None or expr.has(change) or not number:
        return expr
    if tuple(getattr(expr, "shape", ())) != truth.shape or isinstance(expr, ZeroMatrix):
        return expr
    notes.append(f"the derivative by the number {truth.wrt.name} is stated without its change, {change.name}")
    return times_scalar(mean(change) if isinstance(change, MatrixExpr) else change, expr)


def on_vec(expr: Expr, truth: Derivation, notes: list[str]) -> Expr:
    """The matrix on vec that a derivative of a matrix is stated to be.

    Raises:
        SenselessError: it is of another shape, such as diag(g_t), which is what the derivative does to each row.
    """
    shape = tuple(getattr(expr, "shape", ()))
    of, by = str(truth.of.name), str(truth.wrt.name)
    if shape != truth.shape:
        size = " x ".join(map(str, truth.shape))
        raise SenselessError(
            f"the derivative of the matrix {of} by {by} has as many indices as both together: state what it does to a "
            f"change {by}_dot, such as dC/dC_prev[C_dot_prev] = C_dot_prev @ diag(g), or its matrix on vec, {size}, "
            "such as \\operatorname{diag}(g_t) \\otimes I"
        )
    notes.append(f"the derivative of the matrix {of} is stated on vec, which stacks the columns")
    return expr
