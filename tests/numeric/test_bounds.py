"""The remainder bound is above the exact remainder: searched for a violation in exact arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import symgate as sg
from symgate import numeric
from symgate.errors import ShapeError
from symgate.numeric.rounding import norm_above
from tests.drawn import examples
from tests.numeric.recurrence import draw

NORMS = [2, "fro", 1, np.inf]


def exact(matrix: np.ndarray) -> np.ndarray:
    """Floats as fractions."""
    return np.array([Fraction(float(value)) for value in matrix.ravel()], dtype=object).reshape(matrix.shape)


def exact_remainder(A: np.ndarray, B: np.ndarray, order: int, eps: float) -> np.ndarray:
    """M(eps) - sum_{m<=p} eps^m M^(m) in rational arithmetic: the orders above p."""
    n = A.shape[-1]
    eye = exact(np.eye(n))
    orders = [eye] + [0 * eye for _ in range(len(A))]
    for a, b in zip(exact(A), exact(B), strict=True):
        orders = [a.dot(M) + (b.dot(orders[m - 1]) if m else 0) for m, M in enumerate(orders)]
    return sum((Fraction(eps) ** m * M for m, M in enumerate(orders) if m > order), 0 * eye)


def exact_norm(matrix: np.ndarray, norm: object) -> mp.mpf:
    """The norm of a matrix of fractions, to 60 digits."""
    mp.mp.dps = 60
    sizes = np.abs(matrix)
    if norm == 1:
        return _real(max(sizes.sum(axis=0)))
    if norm == np.inf:
        return _real(max(sizes.sum(axis=1)))
    if norm == "fro":
        return mp.sqrt(_real((sizes * sizes).sum()))
    gram = mp.matrix([[_real(value) for value in row] for row in matrix.T.dot(matrix)])
    return mp.sqrt(max(mp.eigsy(gram, eigvals_only=True)))


def _real(value: Fraction) -> mp.mpf:
    return mp.mpf(value.numerator) / value.denominator


def violations(bound: Callable, A: np.ndarray, B: np.ndarray, order: int, eps: float, norm: object) -> bool:
    """Whether the bound lies below the exact remainder."""
    remainder = exact_norm(exact_remainder(A, B, order, eps), norm)
    return bool(mp.mpf(float(bound(A, B, order, eps, norm))) < remainder * (1 - mp.mpf(10) ** -50))


def matrices(seed: int, kind: str, n: int, steps: int) -> np.ndarray:
    """Stacks for which a bound without outward rounding is most likely too low: equality holds for many."""
    rng = np.random.default_rng(seed)
    stack = rng.normal(size=(steps, n, n))
    if kind == "rank one, positive":
        stack = np.einsum("t,i,j->tij", np.abs(stack[:, 0, 0]), np.ones(n), np.ones(n)) / 3
    elif kind == "multiple of I":
        stack = np.abs(stack[:, :1, :1]) * np.eye(n)
    elif kind == "tiny":
        stack *= 1e-160
    elif kind == "graded":
        stack *= 10.0 ** -rng.integers(0, 12, size=(n, 1))
    elif kind == "zero":
        stack *= rng.integers(0, 2, size=(steps, 1, 1))
    return stack


KINDS = ["normal", "rank one, positive", "multiple of I", "tiny", "graded", "zero"]


@settings(max_examples=examples(120))
@given(
    kinds=st.tuples(st.sampled_from(KINDS), st.sampled_from(KINDS)),
    n=st.integers(1, 4),
    steps=st.integers(0, 5),
    order=st.integers(0, 5),
    eps=st.sampled_from([1.0, 0.1, -0.3, 1e-5, 0.0, 7.0]),
    norm=st.sampled_from(NORMS),
    seed=st.integers(0, 9999),
)
def test_no_violation_is_found(
    kinds: tuple, n: int, steps: int, order: int, eps: float, norm: object, seed: int
) -> None:
    """In every norm, for every order, where the inequality is nearly an equality too."""
    A, B = (matrices(seed + place, kind, n, steps) for place, kind in enumerate(kinds))

    assert not violations(numeric.remainder_bound, A, B, order, eps, norm)
    if order >= steps:
        assert numeric.remainder_bound(A, B, order, eps, norm) == 0


def plain_bound(A: np.ndarray, B: np.ndarray, order: int, eps: float, norm: object, *, first: int = 1) -> float:
    """The same formula rounded to nearest, and, for first = 2, summed from one order too high."""
    terms = np.zeros(len(A) + 1)
    terms[0] = 1
    for a, b in zip(A, B, strict=True):
        size_a, size_b = np.linalg.norm(a, norm), abs(eps) * np.linalg.norm(b, norm)
        terms = size_a * terms + size_b * np.concatenate([[0], terms[:-1]])
    return terms[order + first :].sum()


@pytest.mark.parametrize("norm", NORMS)
def test_the_search_finds_violations_of_weaker_bounds(norm: object) -> None:
    """Planted: rounding to nearest falls below, and so does a tail that starts one order too high."""
    found = {"nearest": False, "late": False}
    for seed in range(60):
        A, B = (matrices(seed + place, "multiple of I", 1 if norm == "fro" else 2, 4) for place in (0, 1))
        found["nearest"] |= violations(plain_bound, A, B, 1, 0.1, norm)
        found["late"] |= violations(lambda *args: plain_bound(*args, first=2), A, B, 1, 0.1, norm)

    assert found == {"nearest": True, "late": True}


@pytest.mark.parametrize("norm", NORMS)
def test_the_bound_is_sharp(norm: object) -> None:
    """It is within 1e-10 of the formula in nearest rounding: outward does not mean loose."""
    cell = sg.cell("multi_gate")
    trajectory = numeric.rollout(cell, draw(cell, 6, 2), np.random.default_rng(1).normal(size=(2, 40, 2)))
    A, B = numeric.split(trajectory)
    found = numeric.remainder_bound(A, B, 2, 0.01, norm)

    assert found.shape == (2,)
    assert_allclose(found, [plain_bound(a, b, 2, 0.01, norm) for a, b in zip(A, B, strict=True)], rtol=1e-10)
    error = numeric.transport(A + 0.01 * B, 40, 0) - numeric.expand_product(A, B, 2, 0.01)
    assert (np.linalg.norm(error, norm, axis=(-2, -1)) <= found).all()


@settings(max_examples=examples(60))
@given(n=st.integers(1, 5), norm=st.sampled_from(NORMS), kind=st.sampled_from(KINDS), seed=st.integers(0, 999))
def test_norms_are_upper_bounds_and_sharp(n: int, norm: object, kind: str, seed: int) -> None:
    """Never below the exact norm, never 1e-12 above it."""
    matrix = matrices(seed, kind, n, 1)
    above = float(norm_above(matrix, norm)[0])
    right = exact_norm(exact(matrix[0]), norm)

    assert mp.mpf(above) >= right * (1 - mp.mpf(10) ** -50)
    assert above <= float(right * (1 + mp.mpf(10) ** -12)) or above < 1e-300


def test_measured_differences_stay_below_the_bound_that_says_so() -> None:
    """With ``measured`` the rounding of both computed sides is covered, also where the remainder is tiny or 0."""
    A, B = np.random.default_rng(3).normal(size=(2, 5, 12, 6, 6)) / 2
    for order, eps, norm in [(3, 1e-6, 2), (12, 1.0, 1), (2, 1e-9, np.inf), (0, 0.0, "fro")]:
        error = numeric.transport(A + eps * B, 12, 0) - numeric.expand_product(A, B, order, eps)
        size = np.linalg.norm(error, norm, axis=(-2, -1))
        assert (size <= numeric.remainder_bound(A, B, order, eps, norm, measured=True)).all()


def test_extremes() -> None:
    """Overflow gives inf, what is not finite NaN, in that batch element alone; unknown norms are named."""
    A, B = np.ones((2, 3, 4, 2, 2))
    A[1], B[2, 1, 0, 0] = 1e300, np.nan
    found = numeric.remainder_bound(A, B, 1)

    assert np.isfinite(found[0])
    assert found[1] == np.inf
    assert np.isnan(found[2])
    assert_array_equal(numeric.remainder_bound(A[:, :0], B[:, :0], 0), 0)
    with pytest.raises(ShapeError, match=r"norm needs one of 2, 'fro', 1, np\.inf; found 'nuc'"):
        numeric.remainder_bound(A, B, 1, norm="nuc")
    assert np.isnan(numeric.remainder_bound(A, B, 1, np.nan)).all()
