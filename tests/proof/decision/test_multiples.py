"""Products over time of multiples, of functions and of what differs in one place: what holds is found, no more."""

from __future__ import annotations

import pytest
from sympy import Expr, Product
from sympy.matrices.expressions import HadamardProduct, MatAdd, MatMul, Transpose

import symgate as sg
from symgate.language.nodes import Map, ScalarMap
from symgate.language.sequences import HadamardRun, OrderedProduct
from symgate.proof.decision import decide
from tests.proof.decision.symbols import PLAIN, W, alpha, j, k, matrix, scalar, t, vector

GIVEN = [(k, t)]
CELL = sg.cell("multi_gate")


def over(body: Expr) -> OrderedProduct:
    return OrderedProduct(body, j, k, t)


def product(body: Expr) -> Product:
    return Product(body, (j, k, t))


S, P = scalar("s", j), scalar("p", j)
BODY = MatMul(matrix("P", j), W)
#: By the scalars of two matrices that are multiples of one BODY the quotient of their products, and wrong ones.
SCALARS = {
    (S, 1): (S, [1, S**2, P, -S, 2 * S]),
    (2 * S, 1): (2 * S, [S, 4 * S, 2]),
    (2 * S, S): (2, [1, 4, 2 * S]),
    (S * P, P): (S, [P, S * P, 1]),
    (S**2, S): (S, [S**2, 1, -S]),
    (alpha, 1): (alpha, [1, alpha**2]),
    (-1, 1): (-1, [1]),
}


@pytest.mark.parametrize("pair", SCALARS, ids=str)
def test_a_product_of_multiples_is_that_of_the_scalars_times_that_of_the_matrices(pair: tuple[Expr, Expr]) -> None:
    """Under two names; with other scalars, or with the matrices in another order, it is not."""
    one, other = pair
    ratio, wrong = SCALARS[pair]
    meaning = {matrix("A", j): MatMul(one, BODY), matrix("B", j): MatMul(other, BODY)}
    left, right = over(matrix("A", j)), over(matrix("B", j))
    assert decide(PLAIN, left, MatMul(product(ratio), right), definitions=meaning, given=GIVEN).equal
    for scale in wrong:
        assert not decide(PLAIN, left, MatMul(product(scale), right), definitions=meaning, given=GIVEN).equal
    turned = over(MatMul(Transpose(W), Transpose(matrix("P", j))))
    assert not decide(PLAIN, left, MatMul(product(one), turned), definitions=meaning, given=GIVEN).equal


#: What is multiplied entry by entry: functions of names, of sums and of scalars.
FACTORS = [
    Map("sigma", 0, vector("a_g", j)),
    Map("sigma", 0, MatAdd(vector("a_g", j), vector("q", j - 1))),
    Map("phi", 1, MatMul(2, vector("q", j))),
    HadamardProduct(vector("g", j), Map("tanh", 0, vector("q", j))),
    MatAdd(MatMul(2, vector("q", j)), MatMul(2, vector("h", j))),
    MatAdd(HadamardProduct(vector("q", j), vector("h", j)), HadamardProduct(vector("q", j), vector("q", j))),
]


@pytest.mark.parametrize("factor", FACTORS, ids=str)
def test_a_product_is_one_of_fewer_factors_times_those_that_are_left(factor: Expr) -> None:
    """At either end; not with a factor of another time, and not one factor short."""
    last, first = (HadamardRun(factor, j, *ends) for ends in ((k, t - 1), (k + 1, t)))
    whole = HadamardRun(factor, j, k, t)
    at_t, at_k = factor.xreplace({j: t}), factor.xreplace({j: k})
    for right in (HadamardProduct(last, at_t), HadamardProduct(at_k, first)):
        assert decide(CELL, whole, right, given=GIVEN).equal
    for wrong in (HadamardProduct(last, at_k), HadamardProduct(first, at_t), last, HadamardProduct(whole, at_t)):
        assert not decide(CELL, whole, wrong, given=GIVEN).equal


@pytest.mark.parametrize("number", [2, -1, 3])
@pytest.mark.parametrize("factor", FACTORS, ids=str)
def test_a_number_in_a_product_is_one_in_every_factor(factor: Expr, number: int) -> None:
    whole, power = HadamardRun(factor, j, k, t), number ** (t - k + 1)
    many = HadamardRun(MatMul(number, factor), j, k, t)
    assert decide(CELL, many, MatMul(power, whole), given=GIVEN).equal
    for wrong in (1, number, number ** (t - k), power**2 if number != -1 else 1):
        assert not decide(CELL, many, MatMul(wrong, whole), given=GIVEN).equal


def test_scalar_functions_in_a_product() -> None:
    body = ScalarMap("sigma", 0, S + P)
    whole = product(body)
    assert decide(PLAIN, whole, Product(body, (j, k, t - 1)) * body.xreplace({j: t}), given=GIVEN).equal
    assert not decide(PLAIN, whole, Product(body, (j, k, t - 1)) * body.xreplace({j: k}), given=GIVEN).equal
    assert not decide(PLAIN, whole, product(ScalarMap("sigma", 0, S - P)), given=GIVEN).equal
