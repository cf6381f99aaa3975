"""Anisotropy and concentration: ratios without floors, every singular value counted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from symgate.errors import ShapeError
from symgate.numeric import Spectra, anisotropy_index, energy_concentration, gradient_anisotropy
from tests.drawn import examples


def turned(s: list[float] | np.ndarray, rows: int, seed: int = 0) -> np.ndarray:
    """A (rows, len(s)) matrix with the singular values s."""
    rng = np.random.default_rng(seed)
    U = np.linalg.qr(rng.normal(size=(rows, rows)))[0][:, : len(s)]
    V = np.linalg.qr(rng.normal(size=(len(s), len(s))))[0]
    return U * np.asarray(s) @ V


@settings(max_examples=examples(30))
@given(
    rows=st.integers(1, 7), cols=st.integers(1, 7), scale=st.sampled_from([1.0, 1e-250, 1e250]), seed=st.integers(0, 99)
)
def test_measures_are_those_of_the_singular_values(rows: int, cols: int, scale: float, seed: int) -> None:
    """Of any shape, and the same at any scale: no additive floor."""
    matrix = np.random.default_rng(seed).normal(size=(rows, cols))
    s = np.linalg.svd(matrix, compute_uv=False)
    for r in range(1, min(rows, cols) + 1):
        assert_allclose(anisotropy_index(scale * matrix, r), s[0] / s[r - 1], rtol=1e-9)
        assert_allclose(energy_concentration(scale * matrix, r), (s[:r] ** 2).sum() / (s**2).sum(), rtol=1e-12)


def test_all_singular_values_count_in_the_denominator() -> None:
    """Planted: a denominator over the first r alone gives 1."""
    matrix = turned([3.0, 2.0, 2.0, 1.0], 5)

    assert_allclose(energy_concentration(matrix, 2), 13 / 18)
    assert_allclose(anisotropy_index(np.stack([matrix, 2 * matrix]), 4), [3, 3])


def test_ratios_far_below_the_range() -> None:
    """Spectra by logarithm: a floor of 1e-12 would make every ratio 1."""
    spectra = Spectra(np.array([[-5000.0, -5001.0, -5800.0], [10.0, 9.0, 8.0]]))

    assert_allclose(anisotropy_index(spectra, 2), [np.e, np.e])
    assert_array_equal(anisotropy_index(spectra, 3) == np.inf, [True, False])
    assert_allclose(energy_concentration(spectra, 1), [1 / (1 + np.exp(-2)), 1 / (1 + np.exp(-2) + np.exp(-4))])


def test_rank_deficient_is_infinite() -> None:
    """Zero but for rounding counts as zero; small by scaling does not."""
    v, w = np.random.default_rng(1).normal(size=(2, 5))

    assert anisotropy_index(np.outer(v, w), 2) == np.inf
    assert anisotropy_index(np.outer(v, w), 1) == 1
    assert energy_concentration(np.outer(v, w), 1) == 1
    assert_allclose(anisotropy_index(np.diag([1e-200, 1.0]), 2), 1e200)
    assert_allclose(anisotropy_index(np.outer([1, 1e-120], [1, 1e-60]) + np.diag([0, 1e-180]), 2), 1e180, rtol=1e-9)
    assert np.isnan(anisotropy_index(np.zeros((3, 3)), 2))
    assert np.isnan(energy_concentration(np.zeros((3, 3)), 2))


def test_not_finite_gives_nan_for_its_own_matrix() -> None:
    """NaN and inf are carried on."""
    stack = np.stack([np.eye(2), np.full((2, 2), np.nan), np.array([[1, np.inf], [0, 1]])])

    assert_array_equal(anisotropy_index(stack, 2), [1, np.nan, np.nan])
    assert_array_equal(energy_concentration(stack, 1), [0.5, np.nan, np.nan])


@settings(max_examples=examples(25))
@given(rows=st.integers(2, 12), cols=st.integers(1, 12), seed=st.integers(0, 99))
def test_gradient_matrices_are_normalised_then_centred(rows: int, cols: int, seed: int) -> None:
    """Row lengths do not count; the order of the two steps does."""
    rng = np.random.default_rng(seed)
    G = rng.normal(size=(rows, cols)) + 0.5
    unit = G / np.linalg.norm(G, axis=1, keepdims=True)
    s = np.linalg.svd(unit - unit.mean(axis=0), compute_uv=False)
    r = max(1, min(rows - 1, cols) // 2)
    if s[0] < 1e-12:  # one column of equal signs
        return
    AI, CE = gradient_anisotropy(G * 10.0 ** rng.integers(-150, 150, size=(rows, 1)), r)

    if s[r - 1] > 1e-10 * s[0]:
        assert_allclose(AI, s[0] / s[r - 1], rtol=1e-8)
    assert_allclose(CE, (s[:r] ** 2).sum() / (s**2).sum(), rtol=1e-10)


def test_centring_costs_one_rank() -> None:
    """AI_N of N examples is infinite; a zero gradient stays a zero row."""
    G = np.random.default_rng(3).normal(size=(4, 9))
    assert gradient_anisotropy(G, 4)[0] == np.inf
    assert np.isfinite(gradient_anisotropy(G, 3)[0])
    G[1] = 0
    assert np.isfinite(gradient_anisotropy(G, 3)).all()


@pytest.mark.parametrize("r", [0, 4, 1.5])
def test_r_out_of_range_is_named(r: float) -> None:
    """r > n, r = 0, r not whole."""
    for function in (anisotropy_index, energy_concentration, gradient_anisotropy):
        with pytest.raises(ShapeError, match=r"r needs a whole number from 1 to 3"):
            function(np.eye(3), r)
    with pytest.raises(ShapeError, match="r needs"):
        anisotropy_index(Spectra(np.zeros((2, 3))), r)
    with pytest.raises(ShapeError, match="spectra needs matrices"):
        anisotropy_index(np.ones(3), 1)
