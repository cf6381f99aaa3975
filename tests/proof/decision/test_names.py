"""A name at one time and one at two are two names, also where the two times are the same."""

from __future__ import annotations

from typing import Any

import pytest
from sympy import Expr, Tuple
from sympy.matrices.expressions import DiagMatrix, HadamardProduct, MatAdd, MatMul

from symgate.language.nodes import Signal
from symgate.language.sequences import HadamardRun, OrderedProduct
from symgate.proof.decision import decide
from tests.proof.decision.symbols import PLAIN, W, j, k, matrix, n, t, vector

GIVEN = [(k, t)]


def two(upper: Any, lower: Any) -> Signal:
    """M at two times."""
    return Signal("M", n, n, Tuple(upper, lower))


def over(body: Expr) -> OrderedProduct:
    return OrderedProduct(body, j, k, t)


DIAGONAL = DiagMatrix(HadamardProduct(vector("g", t), vector("h", k)))
ALONG = DiagMatrix(HadamardRun(HadamardProduct(vector("g", j), vector("h", j)), j, k, t))
#: What the product over j would be where the second time were any other: the start of the product.
MIXED = DiagMatrix(HadamardRun(HadamardProduct(vector("g", j), vector("h", k)), j, k, t))
MEANINGS = [
    {},
    {two(t, k): DIAGONAL},
    {two(t, k): MatMul(matrix("P", t), matrix("Q", k))},
    {matrix("M", j): matrix("P", j), two(t, k): MatMul(matrix("P", t), matrix("Q", k))},
]


@pytest.mark.parametrize("meaning", MEANINGS, ids=str)
def test_a_product_of_a_name_at_two_times_is_none_of_the_name_at_one(meaning: dict[Expr, Expr]) -> None:
    assert not decide(PLAIN, over(two(j, j)), over(matrix("M", j)), definitions=meaning, given=GIVEN).equal
    assert not decide(PLAIN, over(two(j, j)), over(two(j, k)), definitions=meaning, given=GIVEN).equal
    assert decide(PLAIN, over(two(j, j)), over(two(j, j)), definitions=meaning, given=GIVEN).equal
    one = OrderedProduct(two(j, j), j, t, t)
    assert decide(PLAIN, one, two(t, t), definitions=meaning).equal
    assert not decide(PLAIN, one, matrix("M", t), definitions=meaning).equal


def test_the_definition_at_two_times_is_not_that_at_one() -> None:
    """Of a diagonal matrix, whose product is one of numbers."""
    meaning = {two(t, k): DIAGONAL}
    for wrong in (ALONG, MIXED):
        assert not decide(PLAIN, over(matrix("M", j)), wrong, definitions=meaning, given=GIVEN).equal
        both = [MatAdd(over(matrix("M", j)), two(t, k)), MatAdd(wrong, DIAGONAL)]
        assert not decide(PLAIN, *both, definitions=meaning, given=GIVEN).equal
    assert not decide(PLAIN, over(two(j, j)), MIXED, definitions=meaning, given=GIVEN).equal


@pytest.mark.parametrize("times", [(0, -1), (0, 0), (1, 0)])
def test_a_product_of_equal_matrices_is_one_at_the_same_times(times: tuple[int, int]) -> None:
    """N_j = M_(j,j) W does not make the product of N that of M at any other times."""
    first, second = times
    body = MatMul(two(j + first, j + second), W)
    meaning = {matrix("N", j): MatMul(two(j, j), W)}
    assert decide(PLAIN, over(matrix("N", j)), over(body), definitions=meaning, given=GIVEN).equal is (times == (0, 0))
