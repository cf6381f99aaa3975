"""Leading measures agree with the spectra that keep every digit, also where LAPACK alone would not."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from symgate import numeric
from symgate.errors import ShapeError
from symgate.numeric.leading import leading_measures, row_measures
from tests.numeric.test_norms import sample

LAGS = (1, 3, 20, 60)


@pytest.mark.parametrize("scale", [0.3, 0.6, 1.5])
@pytest.mark.parametrize("name", ["plain", "scalar_gate", "multi_gate"])
def test_measures_agree_with_the_spectra_of_the_products(name: str, scale: float) -> None:
    """At short lags by LAPACK, at long ones through the graded factors."""
    J = np.stack([sample(name, 8, 60, scale, seed) for seed in range(2)])
    for r in (2, 6):
        index, energy = leading_measures(J, LAGS, r)
        spectra = numeric.singular_spectra(J, [(lag, 0) for lag in LAGS])
        assert_allclose(index, spectra.logs[..., 0] - spectra.logs[..., r - 1], rtol=0, atol=1e-8)
        assert_allclose(energy, numeric.energy_concentration(spectra, r), rtol=1e-9)


def test_lapack_alone_would_be_wrong_at_long_lags() -> None:
    """Planted: the singular values of the product as it stands lose s_6 at lag 60."""
    J = sample("plain", 8, 60, 0.6)
    s = np.linalg.svd(numeric.transport(J, 60, 0), compute_uv=False)
    assert abs(np.log(s[0] / s[5]) - leading_measures(J, [60], 6)[0][0]) > 1


def test_products_that_leave_the_floating_point_range() -> None:
    """Scaling every factor changes neither measure."""
    J = sample("multi_gate", 6, 60, 0.5)
    expected = leading_measures(J, [60], 3)
    for factor in (1e-30, 1e30):
        for found, value in zip(leading_measures(factor * J, [60], 3), expected, strict=True):
            assert_allclose(found, value, rtol=1e-9)


def test_matrices_that_are_not_finite_or_zero() -> None:
    """NaN there, and only there."""
    J = np.stack([sample("plain", 4, 3, 0.5), np.full((3, 4, 4), np.nan), np.zeros((3, 4, 4))])
    index, energy = leading_measures(J, [2], 2)
    assert np.isfinite(index[0]).all()
    assert np.isnan(index[1:]).all()
    assert np.isnan(energy[1:]).all()


def test_rows_agree_with_the_measure_of_gradients() -> None:
    """Wide and tall, with a zero row, with a spectrum that falls by ten orders of magnitude."""
    rng = np.random.default_rng(0)
    wide = rng.normal(size=(12, 50))
    wide[3] = 0
    steep = rng.normal(size=(12, 50)) * 10.0 ** -np.arange(50)
    for G in (wide, wide.T, steep, 1e200 * wide):
        index, energy, shares = row_measures(G, 5)
        expected = numeric.gradient_anisotropy(G, 5)
        assert_allclose([np.exp(index), energy], expected, rtol=1e-7)
        assert_allclose(shares.sum(), energy, rtol=1e-7)
        assert (np.diff(shares) <= 0).all()


def test_lags_and_ranks_out_of_range_are_refused() -> None:
    """With what is allowed."""
    J = sample("plain", 4, 3, 0.5)
    with pytest.raises(ShapeError, match="lags needs a whole number from 1 to 3"):
        leading_measures(J, [4], 2)
    with pytest.raises(ShapeError, match="r needs a whole number from 1 to 4"):
        leading_measures(J, [1], 5)
    with pytest.raises(ShapeError, match="r needs a whole number"):
        row_measures(np.ones((3, 5)), 4)
