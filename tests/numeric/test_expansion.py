"""Expansions of the product: factors tied to the cell first, then the order of the error, then planted slips."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import symgate as sg
from symgate import numeric
from symgate.errors import ShapeError
from tests.drawn import examples
from tests.numeric.recurrence import draw
from tests.numeric.test_products import expected_transport

N, M, STEPS = 4, 2, 6

GATED = [("leaky", ("retention",)), ("scalar_gate", ("drive",)), ("multi_gate", ("retention", "drive"))]


def stacks(name: str, keep: tuple[str, ...], steps: int = STEPS) -> tuple[np.ndarray, np.ndarray]:
    """(A, B) of a cell on a drawn trajectory, once their sum agrees with complex step through the recurrence."""
    cell = sg.cell(name)
    rng = np.random.default_rng(8)
    params, u, x0 = draw(cell, N, M, seed=8), rng.normal(size=(steps, M)), rng.normal(size=N)
    trajectory = numeric.rollout(cell, params, u, x0)
    A, B = numeric.split(trajectory, keep)
    for t in range(1, steps + 1):
        assert_allclose((A + B)[t - 1], expected_transport(cell, params, u, x0, t, t - 1), atol=1e-13)
    return A, B


def by_subsets(A: np.ndarray, B: np.ndarray, order: int) -> np.ndarray:
    """M^(m) as the sum over all choices of m places for B, later factors left: the definition."""
    total = np.zeros(A.shape[1:])
    for places in combinations(range(len(A)), order):
        product = np.eye(A.shape[-1])
        for j in range(len(A)):
            product = (B[j] if j in places else A[j]) @ product
        total += product
    return total


def slope(A: np.ndarray, B: np.ndarray, truncated: Callable[[float], np.ndarray]) -> float:
    """The order of the error of ``truncated`` in eps, from two sizes of eps."""
    sizes = (1e-2, 5e-3)
    errors = [np.linalg.norm(numeric.transport(A + e * B, len(A), 0) - truncated(e)) for e in sizes]
    return float(np.log2(errors[0] / errors[1]))


@pytest.mark.parametrize(("name", "keep"), GATED)
@pytest.mark.parametrize("order", [0, 1, 2, 3])
def test_error_is_of_the_next_order(name: str, keep: tuple[str, ...], order: int) -> None:
    """|M(eps) - sum_{m<=p} eps^m M^(m)| = O(eps^(p+1)), for factors that are the cell's own."""
    A, B = stacks(name, keep)

    assert slope(A, B, lambda e: numeric.expand_product(A, B, order, e)) == pytest.approx(order + 1, abs=0.1)


@pytest.mark.parametrize(("name", "keep"), GATED)
@pytest.mark.parametrize("steps", [0, 1, 2, 3, 4])
def test_exact_when_every_order_is_kept(name: str, keep: tuple[str, ...], steps: int) -> None:
    """At order T the sum is the product, at eps = 1 that of the cell; higher orders add nothing."""
    A, B = stacks(name, keep, steps)
    for order in (steps, steps + 2):
        assert_allclose(numeric.expand_product(A, B, order), numeric.transport(A + B, steps, 0), atol=1e-13)
    assert_array_equal(numeric.expansion_orders(A, B, steps + 2)[steps + 1 :], 0)


@settings(max_examples=examples(30))
@given(n=st.integers(1, 4), steps=st.integers(0, 5), order=st.integers(0, 6), seed=st.integers(0, 99))
def test_orders_are_the_sums_over_places(n: int, steps: int, order: int, seed: int) -> None:
    """The recursion gives the definition, batched as one by one."""
    A, B = np.random.default_rng(seed).normal(size=(2, 3, steps, n, n))
    found = numeric.expansion_orders(A, B, order)

    assert found.shape == (order + 1, 3, n, n)
    for m in range(order + 1):
        assert_allclose(found[m], [by_subsets(a, b, m) for a, b in zip(A, B, strict=True)], atol=1e-9)
    eps = 0.3
    total = sum(eps**m * found[m] for m in range(order + 1))
    assert_allclose(numeric.expand_product(A, B, order, eps), total, atol=1e-9)


def test_first_order_is_the_derivative_in_eps() -> None:
    """M^(1) is the Frechet derivative of the product, by complex step."""
    A, B = stacks("multi_gate", ("retention",))
    product = np.eye(N, dtype=complex)
    for a, b in zip(A, B, strict=True):
        product = (a + 1e-30j * b) @ product

    assert_allclose(numeric.expansion_orders(A, B, 1)[1], product.imag / 1e-30, atol=1e-14)


def _reversed(A: np.ndarray, B: np.ndarray, order: int, eps: float) -> np.ndarray:
    return numeric.expand_product(A[::-1], B[::-1], order, eps)


def _sum_stops_early(A: np.ndarray, B: np.ndarray, order: int, eps: float) -> np.ndarray:
    """The sum over the place of B leaves out the last step."""
    short = B.copy()
    short[-1] = 0
    return numeric.expand_product(A, short, order, eps)


def _zeroth_one_step_too_many(A: np.ndarray, B: np.ndarray, order: int, eps: float) -> np.ndarray:
    M = numeric.expansion_orders(A, B, order)
    M[0] = M[0] @ A[0]
    return sum(eps**m * M[m] for m in range(order + 1))


def _factors_in_a_row(A: np.ndarray, B: np.ndarray, order: int, eps: float) -> np.ndarray:
    """B before A where it should stand between the A on both sides."""
    M = numeric.expansion_orders(A, B, order)
    M[1] = sum(np.linalg.multi_dot([*A[::-1][: len(A) - 1], B[i]]) for i in range(len(A)))
    return sum(eps**m * M[m] for m in range(order + 1))


@pytest.mark.parametrize("wrong", [_reversed, _sum_stops_early, _zeroth_one_step_too_many, _factors_in_a_row])
def test_planted_slips_lose_the_order(wrong: Callable) -> None:
    """The slope check of this file objects to each."""
    A, B = stacks("multi_gate", ("retention", "drive"))

    assert slope(A, B, lambda e: wrong(A, B, 2, e)) < 2.5


def test_a_gate_term_with_the_state_after_the_step_is_told_apart() -> None:
    """Order alone cannot see it (the slope holds for any A and B): the tie to the cell does."""
    cell = sg.cell("multi_gate")
    rng = np.random.default_rng(9)
    params, u, x0 = draw(cell, N, M, seed=9), rng.normal(size=(STEPS, M)), rng.normal(size=N)
    trajectory = numeric.rollout(cell, params, u, x0)
    terms = numeric.jacobian_terms(trajectory)
    A, B = terms["retention"] + terms["drive"], terms["retention"] @ terms["gate"]

    assert slope(A, B, lambda e: numeric.expand_product(A, B, 1, e)) == pytest.approx(2, abs=0.1)
    assert np.abs((A + B)[0] - expected_transport(cell, params, u, x0, 1, 0)).max() > 1e-3


@pytest.mark.parametrize(
    ("A", "B", "order", "words"),
    [
        (np.ones((3, 2, 2)), np.ones((4, 2, 2)), 1, r"same T and n; found \(3, 2, 2\) and \(4, 2, 2\)"),
        (np.ones((2, 3, 2, 2)), np.ones((5, 3, 2, 2)), 1, "batch axes of A and B"),
        (np.ones((3, 2, 2)), np.ones((3, 2)), 1, "B needs shape"),
        (np.ones((3, 2, 2)), np.ones((3, 2, 2)), -1, "order needs .*found -1"),
        (np.ones((3, 2, 2)), np.ones((3, 2, 2)), 1.5, "order needs"),
    ],
)
def test_bad_arguments_are_named(A: np.ndarray, B: np.ndarray, order: int, words: str) -> None:
    """For the expansion as for its bound."""
    for function in (numeric.expand_product, numeric.remainder_bound):
        with pytest.raises(ShapeError, match=words):
            function(A, B, order)
    with pytest.raises(ShapeError, match="eps needs one number"):
        numeric.expand_product(np.ones((1, 2, 2)), np.ones((1, 2, 2)), 1, [1.0, 2.0])
