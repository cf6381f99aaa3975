"""The rest of a truncated product is right to every digit, and so is what is measured by lag."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from numpy.testing import assert_allclose

from symgate import numeric
from symgate.errors import ShapeError
from symgate.experiments.corrections import corrections, spectral_norm, truncation_errors


def _stacks(steps: int = 6, n: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(steps, n, n)), rng.normal(size=(steps, n, n))


def _exact_error(A: np.ndarray, B: np.ndarray, order: int, eps: float) -> float:
    """|M(eps) - sum_{m<=p} eps^m M^(m)|_2 with the difference taken in rational arithmetic, by powers of eps."""
    exact = np.vectorize(Fraction, otypes=[object])
    n = A.shape[-1]
    orders = [exact(np.eye(n))]
    for A_j, B_j in zip(exact(A), exact(B), strict=True):
        zero = exact(np.zeros((n, n)))
        kept = [A_j.dot(M) for M in orders] + [zero]
        moved = [zero] + [B_j.dot(M) for M in orders]
        orders = [a + b for a, b in zip(kept, moved, strict=True)]
    size = Fraction(eps)
    rest = sum((size**m * M for m, M in enumerate(orders) if m > order), exact(np.zeros((n, n))))
    scale = max(abs(entry) for entry in rest.ravel())
    return float(scale) * float(np.linalg.norm((rest / scale).astype(float), 2))


@pytest.mark.parametrize("eps", [1e-5, 1e-3, 1.0])
def test_errors_keep_every_digit(eps: float) -> None:
    """Also where the two sides agree to twenty digits."""
    A, B = _stacks()
    found = truncation_errors(A, B, 3, [eps])
    expected = [_exact_error(A, B, order, eps) for order in range(4)]
    assert_allclose(found[:, 0], expected, rtol=1e-11)


def test_the_plain_difference_would_have_no_digits() -> None:
    """Planted: subtracting the expansion from the product at eps = 1e-5 leaves rounding noise at order 3."""
    A, B = _stacks()
    eps = 1e-5
    difference = numeric.transport(A + eps * B, 6, 0) - numeric.expand_product(A, B, 3, eps)
    assert not np.isclose(np.linalg.norm(difference, 2), _exact_error(A, B, 3, eps), rtol=0.5, atol=0)


def test_orders_fall_with_the_right_slope_only_for_the_right_perturbation() -> None:
    """Order p falls as eps^(p+1); errors of a wrong recursion (factors in reversed order) are something else."""
    A, B = _stacks(8)
    eps = np.array([1e-4, 1e-3])
    found = truncation_errors(A, B, 2, eps)
    assert_allclose(np.log10(found[:, 1] / found[:, 0]), [1, 2, 3], atol=0.02)
    reversed_ = truncation_errors(A[::-1], B[::-1], 2, eps)
    assert not np.allclose(found, reversed_, rtol=1e-2)


def test_corrections_by_lag_are_those_of_the_products() -> None:
    """Against expansions and transports formed one window at a time."""
    A, B = _stacks(10, 4)
    B = 0.1 * B
    starts, lags = [0, 3, 5], [1, 2, 5]
    found = corrections(A, B, starts, lags)
    for i, k in enumerate(starts):
        for j, lag in enumerate(lags):
            window = slice(k, k + lag)
            M0, M1 = numeric.expansion_orders(A[window], B[window], 1)
            M = numeric.transport(A + B, k + lag, k)
            sizes = [np.linalg.norm(part, 2) for part in (M, M0, M1, M - M0, M - M0 - M1)]
            assert_allclose(found.first[i, j], sizes[2] / sizes[1], rtol=1e-10)
            assert_allclose(found.missed_by_zeroth[i, j], sizes[3] / sizes[0], rtol=1e-8)
            assert_allclose(found.missed_by_first[i, j], sizes[4] / sizes[0], rtol=1e-6, atol=1e-14)
    assert (found.missed_by_first[:, 0] == 0).all()  # one step is linear in the perturbation


def test_batches_and_matrices_that_are_not_finite() -> None:
    """Batch axes lead; a NaN stays where it is."""
    A, B = (np.stack([part, 2 * part]) for part in _stacks(5))
    both = corrections(A, B, [0], [2, 5])
    assert both.first.shape == (2, 1, 2)
    assert_allclose(both.first[1], corrections(A[1], B[1], [0], [2, 5]).first)

    spoilt = np.stack([np.eye(2), np.full((2, 2), np.nan)])
    assert_allclose(spectral_norm(spoilt), [1, np.nan])


def test_shapes_that_do_not_fit_are_refused() -> None:
    """Before any product is formed."""
    A, B = _stacks()
    with pytest.raises(ShapeError, match="same T and n"):
        truncation_errors(A, B[1:], 1, [1.0])
    with pytest.raises(ShapeError, match="highest needs a whole number"):
        truncation_errors(A, B, -1, [1.0])
