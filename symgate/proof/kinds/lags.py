"""The judge of the gradient by lag: the double sum of backpropagation through time along its diagonals t - k = l."""

from __future__ import annotations

from typing import Any

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatAdd, MatMul, MatrixExpr, Transpose

from symgate.language import ScalarSignal, Signal, T
from symgate.language.sequences import LAG, LAST, K, MatrixSum, moved
from symgate.proof.decision.truth import StepPullback
from symgate.proof.kinds.goals import (
    MAIN,
    Goals,
    claim,
    fact,
    introduced,
    left_is,
    matrix,
    parts,
    relation_is,
    same,
)
from symgate.proof.kinds.gradients import by_state, selector, transported, truth, vector
from symgate.proof.kinds.one_step import jacobian_of_name
from symgate.records import Derivation, Relation

#: Seen from step k: the lag is t - k, with 1 <= k <= t <= T.
FROM_STEP = {LAG: T - K}
PAIRS = ((sympy.S.One, K), (K, T), (T, LAST))


def lag(derivation: Derivation) -> Goals:
    """Each term of the sum is the derivative of step t - l, pulled back along M_{t,t-l}' delta_t."""
    yield relation_is(derivation, Relation.EQUAL)
    yield left_is(derivation, _gamma(derivation))
    yield fact(MAIN, "it is by a parameter of the cell", derivation.wrt in derivation.cell.parameters)
    yield from by_state(derivation)
    terms = [term for _, term in derivation.named_terms]
    for term in terms:
        yield fact(MAIN, "it is summed over t = l + 1 .. T", _range(term) == (T, LAG + 1, LAST))
    body = _added([moved(_body(term), FROM_STEP) for term in terms])
    if derivation.cell.matrix_states:
        yield from _of_matrices(derivation, body)
        return
    words = "each pair (t, k) is the derivative of step k, pulled back along M_{t,k}' delta_t"
    yield same(derivation, MAIN, words, (body, _pair(derivation)), None, PAIRS)
    yield from _every(derivation)
    yield from _carried(derivation)


def _of_matrices(derivation: Derivation, body: Expr) -> Goals:
    """The same in v_{t,l} of each state, which starts at delta_t and takes the step of the recurrence back."""
    cell = derivation.cell
    states, several = cell.states, len(cell.states) > 1
    before = parts(cell, "v", sympy.Tuple(T, LAG - 1))
    own = parts(cell, "v", sympy.Tuple(T, LAG))
    seen = [moved(part, FROM_STEP) for part in own]
    pulls = [StepPullback(of.after, derivation.wrt, v, K) for of, v in zip(states, seen, strict=True)]
    words = "each pair (t, k) is the derivative of step k, pulled back along v_{t,t-k}"
    yield same(derivation, MAIN, words, (body, _added(pulls)), None, PAIRS)
    yield from _every(derivation)
    for state, v, delta in zip(states, own, parts(cell, "delta", T), strict=True):
        mark = f"_{state.name}" if several else ""
        keys = [f"start{mark}", f"recursion{mark}"]
        start, step = (claim(derivation, key) for key in keys)
        if start is None or step is None:
            for key in (MAIN, "all"):
                yield fact(key, f"{keys[0]} and {keys[1]} say what v is", holds=False)
            continue
        for key in keys:
            yield relation_is(derivation, Relation.EQUAL, key=key)
        yield left_is(derivation, v.xreplace({LAG: sympy.S.Zero}), key=keys[0])
        yield same(derivation, keys[0], "no step back, the gradient of the loss at t", (start.right, delta))
        yield left_is(derivation, v, key=keys[1])
        taken = [
            StepPullback(of.after, state.before, moved(lam, FROM_STEP), K + 1)
            for of, lam in zip(states, before, strict=True)
        ]
        sides = (moved(step.right, FROM_STEP), _added(taken))
        yield same(derivation, keys[1], "one step more, by the recurrence itself", sides)


def _every(derivation: Derivation) -> Goals:
    """The pairs with t - l = k >= 1 and 0 <= l < T are all pairs 1 <= k <= t <= T; the right side is the gradient."""
    every = claim(derivation, "all")
    if every is None:
        return
    yield relation_is(derivation, Relation.EQUAL, key="all")
    ends = (LAG, sympy.S.Zero, LAST - 1)
    is_sum = isinstance(every.left, (MatrixSum, sympy.Sum)) and _body(every.left) == _gamma(derivation)
    holds = is_sum and _range(every.left) == ends
    yield fact("all", "the left side is the sum of Gamma_l over l = 0 .. T - 1", holds)
    words = "the right side is the gradient, sum_k (d+x_k/dtheta)' lambda_k"
    yield same(derivation, "all", words, (every.right, truth(derivation)))


def _carried(derivation: Derivation) -> Goals:
    """v_{t,l} is M_{t,t-l}' delta_t, so that v_{t,l} = J_{t-l+1}' v_{t,l-1}."""
    J = introduced(derivation, "J")
    if J is not None:
        yield from jacobian_of_name(derivation, J.key, J.right, J.left.index)
    carried, recursion = claim(derivation, "carried"), claim(derivation, "recursion")
    v = {step: vector(derivation, "v", sympy.Tuple(T, step)) for step in (LAG, LAG - 1)}
    back = MatMul(Transpose(matrix(derivation, "M", sympy.Tuple(T, T - LAG))), vector(derivation, "delta", T))
    if carried is not None:
        yield relation_is(derivation, Relation.EQUAL, key="carried")
        yield left_is(derivation, v[LAG], key="carried")
        sides = (moved(carried.right, FROM_STEP), moved(back, FROM_STEP))
        yield same(derivation, "carried", "what it stands for", sides, None, PAIRS)
    if recursion is not None:
        yield relation_is(derivation, Relation.EQUAL, key="recursion")
        yield left_is(derivation, v[LAG], key="recursion")
        given = recursion.right.xreplace({v[LAG - 1]: back.xreplace({LAG: LAG - 1})})
        M = {matrix(derivation, "M", sympy.Tuple(T, K)): transported(derivation)}
        sides = (moved(back, FROM_STEP), moved(given, FROM_STEP))
        yield same(derivation, "recursion", "one step more", sides, M, ((sympy.S.One, K), (K + 1, T)))


def _pair(derivation: Derivation) -> Expr:
    """sum over the states of (d+x_k/dtheta)' of what M_{t,k}' delta_t is for each."""
    cell = derivation.cell
    back = [Transpose(matrix(derivation, "M", sympy.Tuple(T, K))), vector(derivation, "delta", T)]
    several = len(cell.states) > 1
    pulls = []
    for q, state in enumerate(cell.states):
        cotangent = MatMul(*([selector(derivation, q)] if several else []), *back)
        pulls.append(StepPullback(state.after, derivation.wrt, cotangent, K))
    return _added(pulls)


def _gamma(derivation: Derivation) -> Expr:
    if not isinstance(derivation.wrt, MatrixExpr):
        return ScalarSignal("Gamma", LAG)
    rows, cols = derivation.wrt.shape
    return Signal("Gamma", rows, cols, LAG)


def _added(items: list[Any]) -> Any:
    if len(items) == 1:
        return items[0]
    return MatAdd(*items) if isinstance(items[0], MatrixExpr) else sympy.Add(*items)


def _range(term: Expr) -> tuple[Any, ...]:
    """The running index of a sum and its bounds."""
    if isinstance(term, MatrixSum):
        return term.index, term.lower, term.upper
    return tuple(term.limits[0]) if isinstance(term, sympy.Sum) and len(term.limits) == 1 else ()


def _body(term: Expr) -> Expr:
    """What is summed."""
    return term.body if isinstance(term, MatrixSum) else term.function if isinstance(term, sympy.Sum) else term
