"""Judge of the rest of an expansion: what all orders beyond the last one add up to.

In: E_{t,k} as a sum over the step at which the last order is left.  Out: goals, that it starts at 0 and takes the step
of the error term.
"""

from __future__ import annotations

import sympy
from sympy.matrices.expressions import MatAdd, MatMul, ZeroMatrix

from symgate.language import T
from symgate.language.sequences import EPS, I, K, MatrixSum, moved
from symgate.proof.kinds.goals import MAIN, Goals, claim, fact, left_is, matrix, relation_is, same, total_size
from symgate.proof.kinds.running_sums import body_of, is_about, range_of
from symgate.proof.kinds.transports import BEFORE, LATER, START, error_term, parts_of_jacobian
from symgate.records import Derivation, Order, Relation


def rest(derivation: Derivation) -> Goals:
    """The sum starts at 0 and takes the step of the error term."""
    own = derivation.parameters
    order = own.order if isinstance(own, Order) else -1
    size = total_size(derivation.cell)
    A, B = matrix(derivation, "A", T), matrix(derivation, "B", T)
    left_out = [matrix(derivation, "M", sympy.Tuple(T, K, sympy.Integer(m))) for m in range(order + 1)]
    M = matrix(derivation, "M", sympy.Tuple(T, K))
    yield relation_is(derivation, Relation.EQUAL)
    yield left_is(derivation, matrix(derivation, "E", sympy.Tuple(T, K)))
    meaning = claim(derivation, "left_out")
    if meaning is None:
        yield fact(MAIN, "it says what E is", holds=False)
    else:
        yield from is_about(derivation, meaning, derivation.of)
        own = MatAdd(M, *(MatMul(-(EPS**m), item) for m, item in enumerate(left_out)))
        yield same(derivation, meaning.key, "M less its orders", (meaning.right, own))
    yield from parts_of_jacobian(derivation)
    yield from error_term(derivation, MAIN, max(order, 0))
    E = matrix(derivation, "E", sympy.Tuple(T, K))
    last = moved(left_out[-1], BEFORE)
    step = MatAdd(MatMul(MatAdd(A, MatMul(EPS, B)), moved(E, BEFORE)), MatMul(EPS ** (order + 1), B, last))
    nothing = ZeroMatrix(size, size)
    factors = derivation.expr.args if isinstance(derivation.expr, MatMul) else (derivation.expr,)
    (whole,) = [item for item in factors if isinstance(item, MatrixSum)] or [nothing]
    scalar, body = sympy.Mul(*(item for item in factors if item is not whole)), body_of(whole)
    yield fact(MAIN, "it is a multiple of a sum over i = k + 1 .. t", range_of(whole) == (I, K + 1, T))
    alone, before = (matrix(derivation, "M", sympy.Tuple(*index)) for index in ((T, T), (T - 1, I)))
    last = MatMul(scalar, moved(body, {I: T}).xreplace({alone: sympy.Identity(size)}))
    yield same(derivation, MAIN, "the sum: what comes in at t, M_{t,t} being I", (last, step.args[-1]), None, (LATER,))
    grown = body.xreplace({matrix(derivation, "M", sympy.Tuple(T, I)): MatMul(step.args[0].args[0], before)})
    taken = MatMul(step.args[0].args[0], moved(body, BEFORE))
    words = "the sum from t - 1 to t, M_{t,i} being (A_t + eps B_t) M_{t-1,i}"
    yield same(derivation, MAIN, words, (grown, taken), None, ((K + 1, I), (I + 1, T)))
    recursion, start = claim(derivation, "recursion"), claim(derivation, "start")
    if recursion is not None:
        yield from is_about(derivation, recursion, E)
        yield same(derivation, "recursion", "the step of the error term", (recursion.right, step), None, (LATER,))
    if start is not None:
        yield from is_about(derivation, start, moved(E, START))
        yield same(derivation, "start", "no step, no error", (start.right, nothing))
