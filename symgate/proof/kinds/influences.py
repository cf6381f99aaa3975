"""Judge of influences, derivatives by a parameter carried forward in time: P_0 = 0 and P_t = J_t P_{t-1} + S_t.

In: a derivation of P_t, S_t being d+x_t/dtheta.  Out: goals; a closed form is right where it starts right and takes
this step.
"""

from __future__ import annotations

import sympy
from sympy.matrices.expressions import MatAdd, MatMul, Transpose, ZeroMatrix

from symgate.language import Signal, T
from symgate.language.sequences import LAST, K, MatrixSum, moved, stacked_columns
from symgate.proof.kinds.goals import MAIN, Goals, claim, fact, left_is, matrix, relation_is, same
from symgate.proof.kinds.gradients import by_state, transported, vector
from symgate.proof.kinds.running_sums import ZERO, is_about, named, pieces, steps_on, written_out
from symgate.proof.kinds.transports import BEFORE
from symgate.records import Derivation, Relation


def influence(derivation: Derivation) -> Goals:
    """The terms are J_t P_{t-1} + S_t; the closed form starts at 0 and steps so; both sums for the gradient agree."""
    yield relation_is(derivation, Relation.EQUAL)
    yield left_is(derivation, named(derivation, "P"))
    yield fact(MAIN, "it is by a parameter of the cell", derivation.wrt in derivation.cell.parameters)
    yield from by_state(derivation)
    yield from pieces(derivation)
    P, S, J = named(derivation, "P"), named(derivation, "S"), matrix(derivation, "J", T)
    step = MatAdd(MatMul(J, moved(P, BEFORE)), S)
    written = derivation.expr.has(S) and derivation.expr.has(J)
    sides = (derivation.expr, step if written else written_out(derivation, step))
    yield same(derivation, MAIN, "J_t P_{t-1} and the immediate derivative", sides)
    yield from _claims(derivation, P, S, J)


def _claims(derivation: Derivation, P: Signal, S: Signal, J: Signal) -> Goals:
    """The start, the closed form, and the gradient forward and backward."""
    start, closed = claim(derivation, "start"), claim(derivation, "closed_form")
    M = {matrix(derivation, "M", sympy.Tuple(T, K)): transported(derivation)}
    if start is not None:
        yield from is_about(derivation, start, moved(P, ZERO))
        yield same(derivation, "start", "the state before the first step is given", (start.right, ZeroMatrix(*P.shape)))
    if closed is not None:
        yield from is_about(derivation, closed, P)
        yield from steps_on(
            derivation, "closed_form", closed.right, MatAdd(MatMul(J, moved(closed.right, BEFORE)), S), M
        )
    source = MatrixSum(MatMul(matrix(derivation, "M", sympy.Tuple(T, K)), moved(S, {T: K})), K, 1, T)
    delta, lam = (Signal(name, P.shape[0], 1, index) for name, index in (("delta of all", T), ("lam of all", K)))
    columns = {
        stacked_columns(vector(derivation, name, own.index)): own for name, own in (("delta", delta), ("lam", lam))
    }
    adjoint = MatrixSum(MatMul(Transpose(matrix(derivation, "M", sympy.Tuple(T, K))), delta), T, K, LAST)
    backward = MatrixSum(MatMul(Transpose(moved(S, {T: K})), lam), K, 1, LAST)
    G = Signal("G", P.shape[1], 1, LAST)
    for key in ("forward", "backward"):
        item = claim(derivation, key)
        if item is not None:
            yield from is_about(derivation, item, G)
            words = "sum_k S_k' lambda_k, with P and lambda as sums over the transport"
            sides = (item.right.xreplace(columns), backward)  # what holds for all columns holds for these
            yield same(derivation, key, words, sides, {P: source, lam: adjoint})
