"""Sensitivities are singular values, at every lag and in every range."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import symgate as sg
from symgate import numeric
from symgate.errors import ShapeError
from symgate.numeric.norms import share_computed_whole
from tests.drawn import examples
from tests.numeric.recurrence import draw


def log_singular_values(J: np.ndarray, digits: int = 60) -> np.ndarray:
    """log of the singular values of J_T ... J_1, by that many digits of the product and of its Gram matrix."""
    mp.mp.dps = digits
    product = mp.eye(J.shape[-1])
    for factor in J:
        product = mp.matrix(factor.tolist()) * product
    gram = mp.eigsy(product.T * product, eigvals_only=True)
    return np.array(sorted((float(mp.log(abs(value)) / 2) for value in gram), reverse=True))


def sample(name: str, n: int, steps: int, scale: float, seed: int = 1) -> np.ndarray:
    """Jacobians of a cell on a drawn trajectory."""
    cell = sg.cell(name)
    u = np.random.default_rng(seed).normal(size=(steps, 2))
    return numeric.jacobians(numeric.rollout(cell, draw(cell, n, 2, seed, scale), u))


@settings(max_examples=examples(25))
@given(name=st.sampled_from([cell.name for cell in sg.CELLS]), n=st.integers(1, 5), steps=st.integers(0, 6))
def test_every_pair_is_the_largest_singular_value(name: str, n: int, steps: int) -> None:
    """S[b, t, k] = |M_{t,k}|_2; 1 on the diagonal, NaN above it."""
    J = np.stack([sample(name, n, steps, scale) for scale in (0.0, 0.7, 5.0)])
    S, logs = numeric.sensitivities(J), numeric.log_sensitivities(J)

    assert S.shape == logs.shape == (3, steps + 1, steps + 1)
    for t in range(steps + 1):
        assert_array_equal(S[:, t, t], 1)
        assert_array_equal(logs[:, t, t], 0)
        assert np.isnan(S[:, t, t + 1 :]).all()
        assert np.isnan(logs[:, t, t + 1 :]).all()
        for k in range(t):
            expected = np.linalg.svd(numeric.transport(J, t, k), compute_uv=False)[:, 0]
            assert_allclose(S[:, t, k], expected, rtol=1e-12)
            with np.errstate(divide="ignore"):
                assert_allclose(logs[:, t, k], np.log(expected), atol=1e-12)


@pytest.mark.parametrize("name", ["plain", "leaky", "scalar_gate", "multi_gate"])
@pytest.mark.parametrize("scale", [0.05, 0.6, 3.0])
def test_lag_200(name: str, scale: float) -> None:
    """Right to 1e-12 where the product contracts far below the floating point range too (plain, 0.05: 1e-192)."""
    J = sample(name, 4, 200, scale)
    expected = log_singular_values(J, 60)[0]

    assert_allclose(numeric.log_sensitivities(J)[200, 0], expected, rtol=0, atol=1e-12)
    assert_allclose(numeric.sensitivities(J)[200, 0], np.exp(expected), rtol=1e-11)


@pytest.mark.sweep(2)
@pytest.mark.parametrize("name", ["plain", "scalar_gate", "multi_gate"])
@pytest.mark.parametrize("scale", [0.05, 0.6])
def test_lag_200_by_bounds(name: str, scale: float) -> None:
    """The same where the norm is bracketed instead of decomposed (n >= 16)."""
    J = sample(name, 16, 200, scale)
    expected = log_singular_values(J, 60)[0]

    assert_allclose(numeric.log_sensitivities(J)[200, 0], expected, rtol=0, atol=1e-8)
    assert share_computed_whole(J) < 0.5


def test_out_of_the_floating_point_range() -> None:
    """The logarithm has no range, and the norm of a shorter product is not spoilt by it."""
    J = np.broadcast_to(1e-3 * np.array([[1.0, 2.0], [0.0, 1.0]]), (200, 2, 2))
    one = np.log(np.linalg.norm(np.array([[1.0, 400.0], [0.0, 1.0]]), 2))
    for factor, limit in ((1.0, 0), (1e6, np.inf)):
        logs = numeric.log_sensitivities(factor * J)
        assert_allclose(logs[200, 0], one + 200 * np.log(1e-3 * factor), rtol=1e-13)
        assert numeric.sensitivities(factor * J)[200, 0] == limit
        assert_allclose(numeric.sensitivities(factor * J)[3, 2], factor * 1e-3 * (1 + np.sqrt(2)), rtol=1e-14)


@pytest.mark.parametrize("more", [0, 20])
def test_units_that_differ_beyond_the_range_keep_their_digits(more: int) -> None:
    """A unit that forgets at once does not drown one that is carried on; an exact 0 is -inf."""
    J = np.stack([np.diag([1e-300, 1.0, 1e-5]), np.diag([1e-300, 1e-290, 1e-5]), np.diag([1e300, 1e-290, 1e-5])])
    wide = np.pad(J, ((0, 0), (0, more), (0, more)))

    assert_allclose(numeric.log_sensitivities(wide)[3, 0], np.log(1e-15), rtol=1e-14)
    assert_allclose(numeric.log_sensitivities(J[:, :1, :1])[3, 0], np.log(1e-300), rtol=1e-14)
    nothing = np.zeros((2, 3, 3))
    assert numeric.log_sensitivities(nothing)[2, 0] == -np.inf
    assert numeric.sensitivities(nothing)[2, 0] == 0


def test_power_iteration_would_be_told_apart() -> None:
    """Planted: the spectral radius, which power iteration on the product itself finds, is not the norm."""
    J = sample("multi_gate", 6, 10, 1.0)
    radius = np.abs(np.linalg.eigvals(numeric.transport(J, 10, 0))).max()

    assert abs(numeric.sensitivities(J)[10, 0] / radius - 1) > 0.1


def test_what_is_not_finite_spoils_its_own_products_alone() -> None:
    """Pairs that do not contain the bad factor stay right."""
    J = sample("leaky", 3, 5, 0.6).copy()
    good = numeric.sensitivities(J)
    J[2, 0, 0] = np.nan
    found = numeric.sensitivities(np.stack([J, J]))[1]

    bad = np.isnan(found) & ~np.isnan(good)
    assert [(t, k) for t, k in np.argwhere(bad)] == [(t, k) for t in range(3, 6) for k in range(3)]
    assert_array_equal(found[~bad], good[~bad])


def test_bad_arguments_are_named() -> None:
    """A single matrix is no stack."""
    with pytest.raises(ShapeError, match=r"J needs shape .*\(3, 3\)"):
        numeric.sensitivities(np.eye(3))
    with pytest.raises(ShapeError, match="J must hold real numbers"):
        numeric.sensitivities(1j * np.ones((2, 3, 3)))
