"""A derivative is one of a function of one step: what has no rule is never taken for a constant."""

from __future__ import annotations

from typing import Any

import pytest
from sympy.matrices.expressions import BlockMatrix, Identity, MatAdd, MatMul, OneMatrix, ZeroMatrix

from symgate.language import CellBuilder
from symgate.language.sequences import HadamardRun, Largest, MatrixSum, Norm, OrderedProduct, Smallest
from symgate.proof.decision import Outcome, StepDerivative, decide, decide_step
from tests.proof.decision.symbols import PLAIN, W, a, after, b, i, j, k, matrix, n, t, vector, x

NOTHING = ZeroMatrix(n, n)

#: By what is differentiated the part of its derivative by x that is left where the rest is taken for a constant.
TAKEN = {
    MatMul(Norm(x), x): MatMul(Norm(x), Identity(n)),
    MatMul(Norm(MatAdd(x, b)), x): MatMul(Norm(MatAdd(x, b)), Identity(n)),
    MatMul(Norm(a), b): NOTHING,
    MatMul(Norm(after), b): NOTHING,
    MatMul(Largest(x), x): MatMul(Largest(x), Identity(n)),
    MatMul(Smallest(MatMul(W, x)), b): NOTHING,
    MatrixSum(vector("x", i), i, k, t - 1): NOTHING,
    HadamardRun(vector("x", j), j, k, t - 1): NOTHING,
    HadamardRun(MatAdd(x, vector("h", j)), j, k, t): NOTHING,
    MatMul(OrderedProduct(matrix("J", j), j, k, t), x): OrderedProduct(matrix("J", j), j, k, t),
    vector("x", t + 1): NOTHING,
    vector("x", k): NOTHING,
    vector("a", t + 1): NOTHING,
    vector("a", k): NOTHING,
}
#: And what does not depend on x.
CONSTANT = {
    MatMul(Norm(W), x): MatMul(Norm(W), Identity(n)),
    MatMul(Norm(vector("x", t - 2)), x): MatMul(Norm(vector("x", t - 2)), Identity(n)),
    MatMul(Largest(MatMul(W, b)), x): MatMul(Largest(MatMul(W, b)), Identity(n)),
    MatAdd(vector("x", t - 2), x): Identity(n),
    MatAdd(vector("a", t - 1), x): Identity(n),
    MatAdd(HadamardRun(vector("h", j), j, k, t), x): Identity(n),
}


@pytest.mark.parametrize("of", TAKEN, ids=str)
def test_what_has_no_rule_is_not_differentiated(of: Any) -> None:
    assert decide_step(PLAIN, of, x, TAKEN[of]).outcome is Outcome.UNDECIDED
    assert decide(PLAIN, StepDerivative(of, x), TAKEN[of]).outcome is Outcome.UNDECIDED


@pytest.mark.parametrize("of", CONSTANT, ids=str)
def test_what_cannot_depend_on_the_variable_is_a_constant(of: Any) -> None:
    assert decide_step(PLAIN, of, x, CONSTANT[of]).equal
    assert decide_step(PLAIN, of, x, MatMul(2, CONSTANT[of])).outcome is Outcome.DIFFERENT


def test_a_part_of_a_symbol_depends_on_the_symbol() -> None:
    """Of three entries the first alone is read, by a matrix in blocks."""
    c = CellBuilder("numbered")
    state = c.state("x", 3)
    c.next(state, c.matrix("W", 3, 3) @ state)
    cell = c.build()
    before, later = cell.states[0].before, cell.states[0].after
    first = BlockMatrix([[OneMatrix(3, 1), ZeroMatrix(3, 2)]])
    for of in (before, later):
        assert not decide_step(cell, MatMul(first, of), before, ZeroMatrix(3, 3)).equal
