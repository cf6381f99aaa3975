"""Judges of gradients through time: the adjoint and the gradient by a parameter.

lambda_T = delta_T and lambda_k = delta_k + J_{k+1}' lambda_{k+1}; dL/dtheta = sum_k (d+x_k/dtheta)' lambda_k.  Of
several states lambda, delta and J are those of all of them, in blocks.
"""

from __future__ import annotations

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatAdd, MatMul, MatrixExpr, Transpose

from symgate.language import Signal, T
from symgate.language.sequences import LAST, K, MatrixSum, OrderedProduct, moved
from symgate.language.sequences import J as INDEX
from symgate.proof.decision.truth import StepPullback
from symgate.proof.kinds.goals import (
    MAIN,
    Definitions,
    Goal,
    Goals,
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
from symgate.records import Derivation, Relation

#: The loss.
LOSS = sympy.Symbol("L", real=True)
BEFORE_LAST, SOME = (K + 1, LAST), (sympy.S.One, LAST)


def vector(derivation: Derivation, name: str, index: Expr) -> Signal:
    """delta or lambda of all states."""
    return Signal(name, total_size(derivation.cell), 1, index)


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
    J = introduced(derivation, "J")
    if J is None:
        yield fact(MAIN, "J is defined", holds=False)
        return
    yield from jacobian_of_name(derivation, J.key, J.right, J.left.index)
    yield left_is(derivation, vector(derivation, "lam", K))
    delta, later = vector(derivation, "delta", K), vector(derivation, "lam", K + 1)
    right = MatAdd(delta, MatMul(Transpose(matrix(derivation, "J", K + 1)), later))
    yield same(derivation, MAIN, "delta_k + J_{k+1}' lambda_{k+1}", (derivation.expr, right), names_of(derivation))


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
        yield left_is(derivation, vector(derivation, "lam", K), key="closed_form")
        yield from _closed(derivation, closed.right)


def _closed(derivation: Derivation, closed: Expr) -> Goals:
    """It is delta_T at k = T, and delta_k + J_{k+1}' (itself at k + 1) before."""
    M = {matrix(derivation, "M", sympy.Tuple(T, K)): transported(derivation)}
    last = (moved(closed, {K: LAST}), vector(derivation, "delta", LAST))
    yield same(derivation, "closed_form", "the closed form at k = T", last, M)
    J = matrix(derivation, "J", K + 1)
    step = MatAdd(vector(derivation, "delta", K), MatMul(Transpose(J), moved(closed, {K: K + 1})))
    yield same(derivation, "closed_form", "the closed form from k + 1 to k", (closed, step), M, (BEFORE_LAST,))


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
    double = claim(derivation, "double_sum")
    if double is not None:
        yield relation_is(derivation, Relation.EQUAL, key="double_sum")
        yield left_is(derivation, LOSS, key="double_sum")
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
    """lambda_k as the sum over t of M_{t,k}' delta_t; of several states the part of each."""
    cell = derivation.cell
    pulled = (Transpose(matrix(derivation, "M", sympy.Tuple(T, K))), vector(derivation, "delta", T))
    if len(cell.states) == 1:
        return {vector(derivation, "lam", K): MatrixSum(MatMul(*pulled), T, K, LAST)}
    own = enumerate(parts(cell, "lam", K))
    return {part: MatrixSum(MatMul(selector(derivation, q), *pulled), T, K, LAST) for q, part in own}


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
