"""Sums over time of runs of quotients, matrix states among all states, and times that are told apart."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import permutations
from typing import Any

import pytest
import sympy
from sympy import Integer
from sympy.matrices.expressions import HadamardPower, HadamardProduct, MatAdd, MatMul

import symgate as sg
from symgate.language.sequences import HadamardRun, MatrixSum
from symgate.proof import settle
from symgate.proof.decision import Budget, Outcome, decide
from symgate.proof.kinds import JUDGES
from symgate.records import Derivation
from tests.proof.decision.symbols import PLAIN, i, j, k, matrix, one, t, vector

#: Twice what the true ones take.
BUDGET = Budget(operations=600_000)
SECOND, SLIPS = "expansion:retention:2", Budget(operations=60_000)
SMALL = Budget(operations=50_000)


def f(time: Any) -> Any:
    return vector("f", time)


def quotient(time: Any) -> Any:
    """1/(1 + tau f), whose product over time is a run of a sum under a fraction."""
    return HadamardPower(MatAdd(one, HadamardProduct(vector("tau", Integer(0)), f(time))), -1)


def run(lower: Any, upper: Any) -> Any:
    return HadamardRun(quotient(j), j, lower, upper)


def order_1(upper: Any, *, first: Any = k + 1, own: Any = quotient, twice: bool = True) -> Any:
    """Sum over i of the run after i, a quotient that is squared, and the run before i."""
    between = HadamardProduct(own(i), own(i)) if twice else own(i)
    return MatrixSum(HadamardProduct(run(i + 1, upper), between, f(i), run(k + 1, i - 1)), i, first, upper)


def step(last: Any) -> Any:
    """The last quotient in front, and what is new at t."""
    new = HadamardProduct(quotient(t), quotient(t), f(t), run(k + 1, t - 1))
    return MatAdd(HadamardProduct(quotient(t), last), new)


TRUE = {
    "the step of a sum of runs": (order_1(t), step(order_1(t - 1))),
    "the quotient moved into the run": (
        order_1(t),
        HadamardProduct(run(k + 1, t), MatrixSum(HadamardProduct(quotient(i), f(i)), i, k + 1, t)),
    ),
}
FALSE = {
    "a lower limit": (order_1(t, first=k + 2), step(order_1(t - 1, first=k + 2))),
    "an upper limit": (order_1(t), step(order_1(t - 2))),
    "an index": (order_1(t, own=lambda time: quotient(time - 1)), step(order_1(t - 1))),
    "a factor": (order_1(t, twice=False), step(order_1(t - 1))),
    "a sign": (order_1(t), step(MatMul(-1, order_1(t - 1)))),
    "an order of times": (order_1(t), HadamardProduct(run(k + 1, t), order_1(t))),
}


@pytest.mark.parametrize("name", TRUE)
def test_sums_of_runs_of_quotients(name: str) -> None:
    """They are decided without multiplying out what cancels as it stands."""
    found = decide(PLAIN, *TRUE[name], given=[(k + 1, t)], budget=SMALL)
    assert found.outcome is Outcome.EQUAL, found


@pytest.mark.parametrize("name", FALSE)
def test_slips_in_sums_of_runs_of_quotients(name: str) -> None:
    """No slip is proved."""
    found = decide(PLAIN, *FALSE[name], given=[(k + 1, t)], budget=SMALL)
    assert found.outcome is not Outcome.EQUAL, found


def times() -> Iterator[tuple[Any, Any]]:
    """Sides with two free times, one of them met first within a sum: equal only where the times are."""
    r, q = sympy.symbols("r_0 q_0", integer=True)
    for one_, other in permutations((r, q)):
        yield MatrixSum(f(one_), i, Integer(1), t), t * f(other)
        yield (
            MatrixSum(HadamardProduct(f(i), f(one_)), i, Integer(1), t),
            HadamardProduct(f(other), MatrixSum(f(i), i, Integer(1), t)),
        )
        yield (
            MatrixSum(MatMul(matrix("A", one_), f(i)), i, Integer(1), t),
            MatMul(matrix("A", other), MatrixSum(f(i), i, Integer(1), t)),
        )


@pytest.mark.parametrize("sides", list(times()))
def test_a_time_met_within_a_sum_is_no_other(sides: tuple[Any, Any]) -> None:
    """It keeps a letter of its own once the sum is closed, whichever side is read first."""
    r, q = sympy.symbols("r_0 q_0", integer=True)
    given = [(Integer(1), t)]
    for left, right in permutations(sides):
        assert decide(PLAIN, left, right, given=given).outcome is Outcome.DIFFERENT
        both = left.xreplace({q: r}), right.xreplace({q: r})
        assert decide(PLAIN, *both, given=given).outcome is Outcome.EQUAL


@cache
def result(cell: str, name: str, *, layer_norm: bool = False) -> Derivation:
    return sg.result(sg.cell(cell, layer_norm=layer_norm), name)


def orders(cell: str, name: str, m: int, change: Any, *, layer_norm: bool = False) -> Derivation:
    """An expansion with its term of order m changed."""
    given = result(cell, name, layer_norm=layer_norm)
    terms = list(given.named_terms)
    terms[m] = (terms[m][0], change(terms[m][1]))
    return replace(given, named_terms=tuple(terms))


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("ltc", "rate:retention"),
        ("ltc", "expansion:gate:2"),
        pytest.param("ltc", "expansion:retention:2", marks=pytest.mark.full),
        pytest.param("mlstm", "expansion:gate:2", marks=pytest.mark.full),
    ],
)
def test_objects_that_sums_of_quotients_left_open(cell: str, name: str) -> None:
    """They are decided."""
    assert settle.settle(result(cell, name), BUDGET).proved


def test_the_index_of_all_entries_of_a_matrix_state_is_a_pair() -> None:
    """One index over all states and one over an entry of a matrix state meet in a product with 0."""
    given = result("mlstm", "expansion:gate:2")
    (goal,) = (goal for goal in JUDGES[given.kind](given) if goal.words == "order 2 from t - 1 to t")
    assert goal.decide(BUDGET).equal


@pytest.mark.full
@pytest.mark.parametrize("cell", ["gru", "mgu", "lstm"])
def test_second_orders_with_layer_normalisation(cell: str) -> None:
    """A second order in B stands on the first one that it holds."""
    found = settle.settle(result(cell, "expansion:retention:2", layer_norm=True), Budget())
    assert found.proved, found.evidence.detail


def later(expr: Any) -> Any:
    """One term less: the outer sum begins a step later."""
    return type(expr)(expr.body, expr.index, expr.lower + 1, expr.upper)


def within(expr: Any) -> Any:
    """The inner sum begins a step later."""
    *front, inner = expr.body.args
    return type(expr)(MatMul(*front, later(inner)), expr.index, expr.lower, expr.upper)


def earlier(expr: Any) -> Any:
    """The inner sum ends a step earlier, so that it is not the first order up to there."""
    *front, inner = expr.body.args
    shorter = type(inner)(inner.body, inner.index, inner.lower, inner.upper - 1)
    return type(expr)(MatMul(*front, shorter), expr.index, expr.lower, expr.upper)


def scaled(expr: Any) -> Any:
    """The inner sum twice: the right step of a wrong first order."""
    *front, inner = expr.body.args
    return type(expr)(MatMul(*front, 2, inner), expr.index, expr.lower, expr.upper)


@pytest.mark.parametrize("change", [later, within, earlier, scaled, lambda expr: MatMul(-1, expr)])
def test_slips_in_a_second_order_are_not_proved(change: Any) -> None:
    """Also where the first order that it holds is the wrong one."""
    assert settle.settle(result("multi_gate", SECOND), SLIPS).proved
    wrong = orders("multi_gate", SECOND, 2, change)
    assert not settle.settle(wrong, SLIPS).proved


def test_a_wrong_first_order_beside_a_right_second_one() -> None:
    """The first order is judged for itself: what the second one holds does not stand for it."""
    wrong = orders("multi_gate", SECOND, 1, lambda expr: MatMul(2, expr))
    assert not settle.settle(wrong, SLIPS).proved
