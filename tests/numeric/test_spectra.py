"""Singular values of long products, each with its own digits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import symgate as sg
from symgate import numeric
from symgate.errors import ShapeError
from tests.drawn import examples
from tests.numeric.test_norms import log_singular_values, sample


@pytest.mark.parametrize(("name", "scale"), [("plain", 0.5), ("leaky", 0.6), ("scalar_gate", 1.0), ("multi_gate", 0.6)])
def test_ratios_at_lag_200(name: str, scale: float) -> None:
    """s_1/s_10 and every other ratio, where a plain product holds rounding noise only."""
    J = sample(name, 10, 200, scale)
    found = numeric.singular_spectra(J, [(200, 0)])
    expected = log_singular_values(J, 1200)

    assert_allclose(found.logs[0], expected, rtol=0, atol=1e-10)
    assert_allclose(np.log(numeric.anisotropy_index(found, 10)[0]), expected[0] - expected[9], rtol=0, atol=1e-10)
    assert expected[0] - expected[9] > 50  # far beyond 1/eps: the plain product has no digit of s_10


def test_a_plain_product_would_be_told_apart() -> None:
    """Planted: the SVD of the product as formed is off by orders of magnitude."""
    J = sample("multi_gate", 10, 200, 0.6)
    s = np.linalg.svd(numeric.transport(J, 200, 0), compute_uv=False)
    expected = log_singular_values(J, 1200)

    assert abs(np.log(s[0] / s[9]) - (expected[0] - expected[9])) > 10


@settings(max_examples=examples(25))
@given(name=st.sampled_from([cell.name for cell in sg.CELLS]), n=st.integers(1, 5), seed=st.integers(0, 99))
def test_short_products_agree_with_the_svd(name: str, n: int, seed: int) -> None:
    """Every pair, in the order asked for, batched."""
    J = np.stack([sample(name, n, 4, scale, seed) for scale in (0.3, 0.8)])
    pairs = [(4, 0), (2, 2), (3, 1), (4, 3), (3, 1)]
    found = numeric.singular_spectra(J, pairs)

    assert found.logs.shape == (2, 5, n)
    for index, (t, k) in enumerate(pairs):
        s = np.linalg.svd(numeric.transport(J, t, k), compute_uv=False)
        assert_allclose(found.values[:, index], s, rtol=1e-9, atol=1e-13)
        assert_allclose(found.scaled[:, index] * np.exp(found.log_scale[:, index, None]), s, rtol=1e-9, atol=1e-13)


def test_known_singular_values() -> None:
    """Factors Q_j diag(d_j) Q_{j-1}' have a product with singular values prod d_j, over 2000 orders of magnitude."""
    rng = np.random.default_rng(2)
    Q = np.linalg.qr(rng.normal(size=(151, 7, 7)))[0]
    d = np.sort(rng.uniform(0, 1, size=(150, 7)), axis=-1)[:, ::-1] * 10.0 ** -np.arange(0, 14, 2)
    J = (Q[1:] * d[:, None, :]) @ np.swapaxes(Q[:-1], -1, -2)
    expected = np.log(d).sum(axis=0)

    found = numeric.singular_spectra(J, [(150, 0)])

    assert_allclose(found.logs[0, :4], expected[:4], rtol=0, atol=1e-9)
    assert_allclose(found.scaled[0], np.exp(expected - expected[0]), atol=1e-12)
    assert_allclose(numeric.singular_spectra(2.0**-30 * J, [(150, 0)]).logs, found.logs - 4500 * np.log(2), rtol=1e-13)


def test_diagonal_factors_and_exact_zeros() -> None:
    """Gates at exactly 0 and 1: the retention product alone, in any order of sizes; 0 has the logarithm -inf."""
    leak = np.array([[1e-200, 1.0, 0.0, 0.5], [1e-200, 0.25, 0.5, 1.0], [1.0, 1e-200, 1.0, 1e-3]])
    J = np.einsum("ti,ij->tij", leak, np.eye(4))
    found = numeric.singular_spectra(J, [(3, 0), (2, 0)])

    assert_allclose(found.logs[0, :3], np.log([5e-4, 2.5e-201, 1e-300]) - [0, 0, 100 * np.log(10)], rtol=1e-13)
    assert_array_equal(found.logs[:, 3], -np.inf)
    assert_array_equal(numeric.singular_spectra(np.zeros((2, 3, 3)), [(2, 0)]).logs, -np.inf)


@pytest.mark.parametrize(
    ("pairs", "words"),
    [([(1, 2)], "k = 2 > t = 1"), ([(9, 0)], "t needs"), ([3], "pairs needs pairs"), ([(1, 0, 0)], "pairs")],
)
def test_bad_pairs_are_named(pairs: list, words: str) -> None:
    """k > t, out of range, no pair."""
    with pytest.raises(ShapeError, match=words):
        numeric.singular_spectra(np.ones((4, 2, 2)), pairs)


def test_no_pair_and_no_step() -> None:
    """Nothing asked, nothing returned; lag 0 is the identity."""
    assert numeric.singular_spectra(np.ones((2, 4, 3, 3)), []).logs.shape == (2, 0, 3)
    assert_array_equal(numeric.singular_spectra(np.ones((0, 3, 3)), [(0, 0)]).logs, 0)
