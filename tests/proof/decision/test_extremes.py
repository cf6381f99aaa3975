"""The largest and the smallest entry, sizes that are numbers, shapes, and what a matrix is made of."""

from __future__ import annotations

from typing import Any

import pytest
import sympy
from sympy import Piecewise, Trace
from sympy.matrices.expressions import (
    DiagonalOf,
    HadamardPower,
    Identity,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatrixSymbol,
    OneMatrix,
    Transpose,
)

from symgate.errors import ShapeError
from symgate.language.nodes import Dot, Vec
from symgate.language.sequences import Largest, Norm, OrderedProduct, Smallest
from symgate.proof.decision import Outcome, decide
from tests.proof.decision.symbols import PLAIN, W, alpha, b, j, k, m, matrix, n, one, s, scalar, t, v, x

U = MatrixSymbol("U", n, m)


@pytest.mark.parametrize("kind", [Largest, Smallest])
def test_an_extreme_is_told_by_its_vector(kind: Any) -> None:
    """It is that of no other vector, not the other extreme, and no norm."""
    whole = kind(MatAdd(b, v))
    other = Smallest if kind is Largest else Largest
    assert decide(PLAIN, whole, kind(MatAdd(v, b))).equal
    assert decide(PLAIN, kind(MatMul(W, x)), kind(MatMul(Transpose(Transpose(W)), x))).equal
    for wrong in (kind(b), other(MatAdd(b, v)), kind(MatAdd(b, MatMul(-1, v))), Norm(MatAdd(b, v)), -whole, 2 * whole):
        assert decide(PLAIN, whole, wrong).outcome is Outcome.DIFFERENT
    assert not decide(PLAIN, kind(MatMul(W, x)), kind(MatMul(Transpose(W), x))).equal
    assert not decide(PLAIN, kind(b), kind(v)).equal
    assert not decide(PLAIN, kind(Vec(W)), kind(DiagonalOf(W))).equal
    assert not decide(PLAIN, kind(Vec(W)), kind(Vec(Transpose(W)))).equal


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_size_may_be_a_number(size: int) -> None:
    """A sum over it counts it, and no other number does."""
    ones, square = OneMatrix(size, 1), MatrixSymbol("Q", size, size)
    for told in (Dot(ones, ones), Trace(Identity(size))):
        assert decide(PLAIN, told, sympy.Integer(size)).equal
        assert not decide(PLAIN, told, sympy.Integer(size + 1)).equal
    assert decide(PLAIN, MatMul(OneMatrix(size, size), ones), MatMul(size, ones)).equal
    if size > 1:
        assert not decide(PLAIN, square, Transpose(square)).equal


SHAPES = [b, W, U, Transpose(U), Transpose(b), s, KroneckerProduct(b, b), OneMatrix(m, 1)]


@pytest.mark.parametrize("left", SHAPES, ids=str)
def test_only_expressions_of_one_shape_are_compared(left: Any) -> None:
    """An entry of a vector is none of a matrix, whatever index it does not carry."""
    for right in SHAPES:
        if right is not left:
            with pytest.raises(ShapeError, match="of one shape"):
                decide(PLAIN, left, right)
    assert decide(PLAIN, left, left).equal


def test_sizes_that_are_multiplied_in_two_orders_are_not_compared() -> None:
    """Columns below one another run over m and n, the rows below one another over n and m."""
    rows, columns = Vec(Transpose(U)), Vec(U)
    assert decide(PLAIN, rows, columns).outcome is Outcome.UNDECIDED
    assert decide(PLAIN, MatAdd(rows, MatMul(-1, columns)), MatMul(0, rows)).outcome is Outcome.UNDECIDED
    assert decide(PLAIN, columns, columns).equal


def test_each_sum_of_a_product_runs_over_the_sizes_between_two_matrices() -> None:
    """From a row of pairs over entries of n to a row of m: what is summed is n, and no other size."""
    row, ones = Transpose(KroneckerProduct(b, b)), OneMatrix(n * n, m)
    start, end = Dot(one, b) ** 2, OneMatrix(1, n)
    whole = MatMul(row, ones, OneMatrix(m, n))
    assert decide(PLAIN, whole, MatMul(m * start, end)).equal
    assert decide(PLAIN, Transpose(whole), MatMul(m * start, Transpose(end))).equal
    for wrong in (n * n * start, n * start, m * m * start, start):
        assert not decide(PLAIN, whole, MatMul(wrong, end)).equal
        assert not decide(PLAIN, Transpose(whole), MatMul(wrong, Transpose(end))).equal


def test_cases_are_raised_to_a_power_one_by_one() -> None:
    cases = Piecewise((scalar("s", j), j < t), (alpha, True))
    square = sympy.Pow(cases, 2, evaluate=False)
    assert decide(PLAIN, square, Piecewise((scalar("s", j) ** 2, j < t), (alpha**2, True))).equal
    assert decide(PLAIN, square, scalar("s", j) ** 2, given=[(j + 1, t)]).equal
    assert not decide(PLAIN, square, scalar("s", j) ** 2, given=[(j, t)]).equal
    assert not decide(PLAIN, square, cases).equal


def test_a_root_of_a_number_is_no_number() -> None:
    """And its whole part is taken out."""
    vector = HadamardPower(MatMul(2, one), sympy.Rational(3, 2))
    assert decide(PLAIN, vector, MatMul(2, HadamardPower(MatMul(2, one), sympy.S.Half))).equal
    for wrong in (MatMul(2, one), MatMul(4, HadamardPower(MatMul(2, one), sympy.S.Half)), MatMul(3, one)):
        assert not decide(PLAIN, vector, wrong).equal


def test_a_bound_that_follows_is_kept_where_it_is_weaker_than_one_that_is_given() -> None:
    """i + 5 <= j says more than i <= k <= j."""
    i = sympy.Symbol("i", integer=True)
    far = Piecewise((scalar("s", j), i + 5 <= j), (0, True))
    for given in ([(i, k), (k, j)], [(k, j), (i, k)], [(i + 2, k), (k + 2, j)]):
        assert not decide(PLAIN, far, scalar("s", j), given=given).equal
        assert not decide(PLAIN, scalar("s", j), far, given=given).equal
    for given in ([(i + 2, k), (k + 3, j)], [(i, k), (k + 6, j)], [(i + 5, j), (i, k), (k, j)]):
        assert decide(PLAIN, far, scalar("s", j), given=given).equal


def test_a_definition_at_a_number_is_one_at_that_time() -> None:
    """And a definition at a letter is one at every time."""
    start = {scalar("s", sympy.Integer(0)): alpha}
    assert decide(PLAIN, scalar("s", sympy.Integer(0)), alpha, definitions=start).equal
    for time in (sympy.Integer(1), t, k):
        assert not decide(PLAIN, scalar("s", time), alpha, definitions=start).equal
        assert decide(PLAIN, scalar("s", time), alpha, definitions={scalar("s", j): alpha}).equal


def test_only_products_of_equal_matrices_are_exchanged() -> None:
    """With A = B the product of A is that of B, and that of C is still that of C."""

    def over(name: str) -> OrderedProduct:
        return OrderedProduct(matrix(name, j), j, k, t)

    meaning = {matrix(name, j): MatMul(matrix("P", j), W) for name in "AB"} | {matrix("C", j): matrix("Q", j)}
    given = [(k, t)]
    whole = MatAdd(over("A"), over("C"))
    assert decide(PLAIN, over("A"), over("B"), definitions=meaning, given=given).equal
    assert decide(PLAIN, whole, MatAdd(over("B"), over("C")), definitions=meaning, given=given).equal
    for wrong in (MatMul(2, over("B")), MatMul(2, over("A")), MatAdd(over("B"), over("Q"), over("A"))):
        assert not decide(PLAIN, whole, wrong, definitions=meaning, given=given).equal
    assert not decide(PLAIN, over("A"), over("C"), definitions=meaning, given=given).equal
