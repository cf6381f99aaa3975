"""A right side in our terms: our letters of time, columns for rows, the shape of the object, no number in front.

In: the typed right side of a claim, and its frame.  Out: what it says of the object itself.
"""

from __future__ import annotations

from collections.abc import Mapping

import sympy
from sympy import Expr
from sympy.matrices.expressions import KroneckerProduct, MatAdd, MatMul, MatrixExpr

from symgate.claims.reading.build import product, times_scalar, turned
from symgate.claims.reading.changes import on_vec, with_change
from symgate.claims.reading.frame import OTHER, TYPED, Frame
from symgate.claims.reading.limits import SenselessError
from symgate.claims.reading.stacking import unstacked
from symgate.language import ScalarSignal, Signal
from symgate.language.flipped import as_columns
from symgate.language.sequences import moved
from symgate.records import Derivation, Kind


def in_our_terms(expr: Expr, truth: Derivation, frame: Frame, notes: list[str]) -> Expr:
    """The right side with our times, of the object itself.

    Raises:
        SenselessError: it is stated at a time that the left side does not have.
    """
    expr = moved(expr, dict(frame.times)) if frame.times else expr
    for ours, letter in TYPED:
        if expr.has(OTHER[ours]):
            raise SenselessError(f"the right side is stated at a time {letter} that the left side does not have")
    expr = shifted(expr, dict(frame.shifts)) if frame.shifts else expr
    expr = expr.xreplace(dict(frame.same)) if frame.same else expr
    if frame.rows:
        over = truth.kind is Kind.KRONECKER and not truth.cell.in_rows
        expr = in_our_order(as_columns(expr)) if over else as_columns(expr)
    if frame.turned:
        expr = turned(expr)
    if frame.multiple != 1:
        expr = times_scalar(1 / frame.multiple, expr)
    expr = _in_shape(_with_row(expr, truth, frame, notes), truth, notes)
    return on_vec(expr, truth, notes) if frame.on_vec else with_change(expr, truth, notes)


def _with_row(expr: Expr, truth: Derivation, frame: Frame, notes: list[str]) -> Expr:
    """The gradient by a pre-activation times the row that follows it."""
    shape = tuple(getattr(expr, "shape", ()))
    if frame.pulled and len(shape) == 2 and shape[1] == 1 and len(truth.shape) == 2 and truth.shape[1] != 1:
        row = common_row(truth)
        if row is not None:
            notes.append(f"the gradient by a pre-activation is multiplied by the row that follows it, {row}")
            return product(expr, row)
    return expr


def _in_shape(expr: Expr, truth: Derivation, notes: list[str]) -> Expr:
    """A gradient by a matrix, also where it is stated as the column of its entries; a number as 1 x 1 where ours is."""
    if truth.shape == (1, 1) and not isinstance(expr, MatrixExpr):
        return times_scalar(expr, sympy.Identity(1))
    if truth.kind not in (Kind.GRADIENT, Kind.VJP) or len(truth.shape) != 2 or truth.shape[1] == 1:
        return expr
    count = truth.shape[0] * truth.shape[1]
    if tuple(getattr(expr, "shape", ())) not in ((count, 1), (1, count)):
        return expr
    found = unstacked(turned(expr) if expr.shape[0] == 1 else expr)
    if found is None:
        return expr
    notes.append("the gradient by a matrix is stated as its columns, stacked")
    return found


def in_our_order(expr: Expr) -> Expr:
    """Kronecker products on the entries of a transposed parameter as those on ours."""
    if isinstance(expr, (MatAdd, MatMul)):
        return expr.func(*map(in_our_order, expr.args))
    return KroneckerProduct(*expr.args[::-1]) if isinstance(expr, KroneckerProduct) else expr


def shifted(expr: Expr, shifts: Mapping[str, int]) -> Expr:
    """Signals moved in time, each by as much as its name says."""
    signals = [node for node in sympy.preorder_traversal(expr) if isinstance(node, (Signal, ScalarSignal))]
    moves = {node: shifts[str(node.name)] for node in signals if shifts.get(str(node.name))}
    return expr.xreplace({node: node.func(*node.args[:-1], _later(node.index, by)) for node, by in moves.items()})


def _later(index: Expr, by: int) -> Expr:
    """A time, or both of two, later by so much; an order that follows them stays."""
    if not isinstance(index, sympy.Tuple):
        return index + by
    return sympy.Tuple(*(time + by for time in index[:2]), *index[2:])


def common_row(truth: Derivation) -> Expr | None:
    """The row behind the outer products of a gradient by a matrix, where all terms have the same one."""
    rows = {term.args[-1] for _, term in truth.named_terms if isinstance(term, MatMul)}
    row = next(iter(rows)) if len(rows) == 1 else None
    return row if row is not None and row.shape[0] == 1 else None
