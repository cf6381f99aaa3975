"""Judges of gradients through time: the adjoint and the gradient by a parameter.

lambda_T = delta_T and lambda_k = delta_k + J_{k+1}' lambda_{k+1}; dL/dtheta = sum_k (d+x_k/dtheta)' lambda_k.  Of
several states lambda, delta and J are those of all of them, in blocks.

Of a matrix state lambda_k and delta_k are matrices of its shape, and what takes the place of J_{k+1}' lambda_{k+1} is
the derivative of the sum of the products of the entries of lambda_{k+1} and of the state, by the state before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatAdd, MatMul, MatrixExpr, Transpose

from symgate.language import Signal, T
from symgate.language.sequences import LAST, K, MatrixSum, OrderedProduct, moved, stacked_columns
from symgate.language.sequences import J as INDEX
from symgate.proof.decision.truth import StepPullback
from symgate.proof.kinds.carrying import as_columns, stepped
from symgate.proof.kinds.goals import (
    MAIN,
    Definitions,
    Goal,
    Goals,
    Unjudged,
    claim,
    defined,
    fact,
    introduced,
    left_is,
    matrix,
    parts,
    relation_is,
    same,
    stacked,
    total_size,
)
from symgate.proof.kinds.one_step import jacobian_of_name
from symgate.records import Derivation, Kind, Relation

#: The loss.
LOSS = sympy.Symbol("L", real=True)
BEFORE_LAST, SOME = (K + 1, LAST), (sympy.S.One, LAST)


def vector(derivation: Derivation, name: str, index: Expr) -> Signal:
    """delta or lambda of all states: of one state of its shape, of several a column."""
    states = derivation.cell.states
    rows, cols = states[0].after.shape if len(states) == 1 else (total_size(derivation.cell), sympy.S.One)
    return Signal(name, rows, cols, index)


def by_state(derivation: Derivation) -> Goals:
    """What lambda and delta of all states stand for: those of each state, one below the other."""
    for name in ("lam", "delta"):
        item = introduced(derivation, name)
        if item is not None:
            own = stacked(parts(derivation.cell, name, item.left.index))
            yield same(derivation, item.key, "the parts, one below the other", (item.right, own))


def names_of(derivation: Derivation) -> Definitions:
    """The meaning of lambda, delta and J."""
    found = defined(derivation)
    if len(derivation.cell.states) > 1:
        for name in ("lam", "delta"):
            found.setdefault(vector(derivation, name, K), stacked(parts(derivation.cell, name, K)))
    return found


def recursion(derivation: Derivation) -> Goals:
    """The terms add up to delta_k + J_{k+1}' lambda_{k+1}."""
    yield from by_state(derivation)
    yield from jacobian_is_true(derivation)
    yield left_is(derivation, vector(derivation, "lam", K))
    if derivation.cell.matrix_states:
        right = stacked(pulled(derivation, parts(derivation.cell, "lam", K + 1)))
        words = "delta_k + the derivative of step k + 1 along lambda_{k+1}"
        yield same(derivation, MAIN, words, (derivation.expr, right))
        return
    if introduced(derivation, "J") is None:
        yield fact(MAIN, "J is defined", holds=False)
        return
    delta, later = vector(derivation, "delta", K), vector(derivation, "lam", K + 1)
    right = MatAdd(delta, MatMul(Transpose(matrix(derivation, "J", K + 1)), later))
    yield same(derivation, MAIN, "delta_k + J_{k+1}' lambda_{k+1}", (derivation.expr, right), names_of(derivation))


def jacobian_is_true(derivation: Derivation) -> Goals:
    """What is called J is the Jacobian of the step."""
    J = introduced(derivation, "J")
    if J is not None:
        yield from jacobian_of_name(derivation, J.key, J.right, J.left.index)


def pulled(derivation: Derivation, later: Sequence[MatrixExpr]) -> list[MatrixExpr]:
    """For each state delta_k + sum_r (d r_{k+1}/d state_k)' lambda^r_{k+1}, by the derivative of the recurrence."""
    cell = derivation.cell
    found = []
    for state, delta in zip(cell.states, parts(cell, "delta", K), strict=True):
        pairs = zip(cell.states, later, strict=True)
        found.append(MatAdd(delta, *(StepPullback(of.after, state.before, lam, K + 1) for of, lam in pairs)))
    return found


def adjoint(derivation: Derivation) -> Goals:
    """The recursion, its start, and its closed form by base and step."""
    yield relation_is(derivation, Relation.EQUAL)
    yield from recursion(derivation)
    start, closed = claim(derivation, "start"), claim(derivation, "closed_form")
    names = names_of(derivation)
    if start is not None:
        yield relation_is(derivation, Relation.EQUAL, key="start")
        yield left_is(derivation, vector(derivation, "lam", LAST), key="start")
        sides = (start.right, vector(derivation, "delta", LAST))
        yield same(derivation, "start", "nothing follows the last step", sides, names)
    if closed is not None:
        yield relation_is(derivation, Relation.EQUAL, key="closed_form")
        yield from _closed(derivation, closed.left, closed.right)


def _closed(derivation: Derivation, left: Expr, closed: Expr) -> Goals:
    """It is delta_T at k = T, and delta_k + J_{k+1}' (itself at k + 1) before."""
    M = {matrix(derivation, "M", sympy.Tuple(T, K)): transported(derivation)}
    lam, delta = (vector(derivation, name, K) for name in ("lam", "delta"))
    alone = left == lam
    yield fact("closed_form", f"the left side is {lam}", alone or left == stacked_columns(lam))
    if not alone:
        delta, closed = (as_columns(derivation.cell, side) for side in (stacked_columns(delta), closed))
    last = (moved(closed, {K: LAST}), delta.xreplace({K: LAST}))
    yield same(derivation, "closed_form", "the closed form at k = T", last, M)
    words = "the closed form from k + 1 to k"
    if lam.shape[1] != 1 and alone:
        by_step = derivation.expr if derivation.kind is Kind.ADJOINT else derivation.equation("recursion").right
        later = vector(derivation, "lam", K + 1)
        right = pulled(derivation, [later])[0]
        yield same(derivation, "closed_form", "the recursion that takes the step", (by_step, right))
        yield same(
            derivation, "closed_form", words, stepped(derivation.cell, by_step, closed, later), None, (BEFORE_LAST,)
        )
        return
    if derivation.cell.matrix_states:
        yield fact("closed_form", "J is defined", introduced(derivation, "J") is not None)
    step = MatAdd(delta, MatMul(Transpose(matrix(derivation, "J", K + 1)), moved(closed, {K: K + 1})))
    yield same(derivation, "closed_form", words, (closed, step), M, (BEFORE_LAST,))


def transported(derivation: Derivation) -> MatrixExpr:
    """M_{t,k}, the product of the Jacobians from k + 1 to t."""
    return OrderedProduct(matrix(derivation, "J", INDEX), INDEX, K + 1, T)


def gradient(derivation: Derivation) -> Goals:
    """The sum over k of the derivative of step k, pulled back along lambda_k; and with lambda_k as a sum over t."""
    cell = derivation.cell
    yield relation_is(derivation, Relation.EQUAL)
    yield left_is(derivation, LOSS)
    yield fact(MAIN, "it is by a parameter of the cell", derivation.wrt in cell.parameters)
    yield from by_state(derivation)
    words = "the sum over k of (d+x_k/dtheta)' lambda_k"
    yield same(derivation, MAIN, words, (derivation.expr, truth(derivation)), names_of(derivation), (SOME,))
    closed, step, double = (claim(derivation, key) for key in ("closed_form", "recursion", "double_sum"))
    if step is not None:
        yield relation_is(derivation, Relation.EQUAL, key="recursion")
        yield fact("recursion", "the left side is lambda", step.left == vector(derivation, "lam", K))
        right = stacked(pulled(derivation, parts(cell, "lam", K + 1)))
        yield same(
            derivation, "recursion", "delta_k + the derivative of step k + 1 along lambda_{k+1}", (step.right, right)
        )
    if closed is not None:
        yield relation_is(derivation, Relation.EQUAL, key="closed_form")
        yield from _closed(derivation, closed.left, closed.right)
    if double is not None:
        yield relation_is(derivation, Relation.EQUAL, key="double_sum")
        yield left_is(derivation, LOSS, key="double_sum")
        if cell.matrix_states and closed is not None:  # what it stands on
            yield from (replace(goal, key="double_sum") for goal in _closed(derivation, closed.left, closed.right))
        yield _double(derivation, double.right)


def truth(derivation: Derivation) -> Expr:
    """sum_k sum over the states of (d+x_k/dtheta)' lambda_k, the derivative being that of the recurrence itself."""
    cell = derivation.cell
    lam = parts(cell, "lam", K)
    pulls = [StepPullback(state.after, derivation.wrt, own, K) for state, own in zip(cell.states, lam, strict=True)]
    if isinstance(derivation.wrt, MatrixExpr):
        return MatrixSum(MatAdd(*pulls) if len(pulls) > 1 else pulls[0], K, 1, LAST)
    return sympy.Sum(sympy.Add(*pulls), (K, 1, LAST))


def written_out(derivation: Derivation) -> Definitions:
    """lambda_k as the sum over t of M_{t,k}' delta_t; of several states the part of each.

    Raises:
        Unjudged: a state is a matrix, and its closed form, which is proved beside it, is not there.
    """
    cell = derivation.cell
    if cell.matrix_states:
        closed, lam = claim(derivation, "closed_form"), vector(derivation, "lam", K)
        if closed is None or closed.left != lam:
            raise Unjudged("the double sum stands on the closed form of lambda, which is not stated")
        return {lam: closed.right}
    pulled_back = (Transpose(matrix(derivation, "M", sympy.Tuple(T, K))), vector(derivation, "delta", T))
    if len(cell.states) == 1:
        return {vector(derivation, "lam", K): MatrixSum(MatMul(*pulled_back), T, K, LAST)}
    own = enumerate(parts(cell, "lam", K))
    return {part: MatrixSum(MatMul(selector(derivation, q), *pulled_back), T, K, LAST) for q, part in own}


def _double(derivation: Derivation, double: Expr) -> Goal:
    """The double sum, where lambda_k is the sum over t of M_{t,k}' delta_t."""
    sides = (double, truth(derivation))
    words = "the same with lambda_k written out"
    return same(derivation, "double_sum", words, sides, written_out(derivation), (SOME,))


def selector(derivation: Derivation, q: int) -> MatrixExpr:
    """The matrix (n, N) that takes one state out of the whole."""
    sizes = [state.after.shape[0] for state in derivation.cell.states]
    row = [sympy.Identity(size) if p == q else sympy.ZeroMatrix(sizes[q], size) for p, size in enumerate(sizes)]
    return sympy.BlockMatrix([row])
