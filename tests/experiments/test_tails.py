"""Tail indices and exponents against laws with known answers."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from symgate.errors import ShapeError
from symgate.experiments.tails import (
    ESTIMATORS,
    NULLS,
    _stable_quantile,
    by_characteristic_function,
    by_hill,
    by_quantiles,
    concentration,
    exponent,
    stable,
    tail_index,
)

#: 1/kappa of each law: 1/2 for finite variance, 1 - 1/alpha for stable ones.
TRUTH = {"normal": 0.5, "product of two normals": 0.5, "Laplace": 0.5, "Student t5": 0.5, "stable 1.5": 1 / 3}


def _drawn(name: str, rng: np.random.Generator, size: int) -> np.ndarray:
    return stable(rng, 1.5, size) if name == "stable 1.5" else NULLS[name](rng, size)


@pytest.mark.parametrize("name", TRUTH)
def test_the_direct_exponent_is_that_of_the_law(name: str) -> None:
    """Within 0.06 of the truth for 20000 samples, a third of what lies between the laws."""
    rng = np.random.default_rng(0)
    found = np.mean([exponent(_drawn(name, rng, 20000), rng).value for _ in range(3)])
    assert abs(found - TRUTH[name]) < 0.06


def test_block_means_of_normals_fall_as_the_root() -> None:
    """The interquartile range of means of N is 1.349 / sqrt(N)."""
    rng = np.random.default_rng(1)
    found = concentration(rng.standard_normal(40000), rng, (1, 4, 16))
    assert_allclose(found, 1.349 / np.sqrt([1, 4, 16]), rtol=0.05)


def test_quantiles_of_stable_laws() -> None:
    """alpha = 2 is a normal of variance 2, alpha = 1 is Cauchy."""
    assert_allclose(_stable_quantile(2.0, 0.95), 1.644854 * np.sqrt(2), rtol=2e-3)
    assert_allclose(_stable_quantile(1.0, 0.75), 1.0, rtol=2e-3)
    assert_allclose(_stable_quantile(1.0, 0.95), np.tan(0.45 * np.pi), rtol=5e-3)


def test_estimators_on_stable_and_power_tails() -> None:
    """alpha 1.5 by quantiles and characteristic function; a Pareto tail of 3 by Hill."""
    rng = np.random.default_rng(2)
    samples = stable(rng, 1.5, 20000)
    assert abs(by_quantiles(samples) - 1.5) < 0.05
    assert abs(by_characteristic_function(samples) - 1.5) < 0.05
    pareto = rng.pareto(3, 40000) + 1
    signs = np.tile([1, -1], 20000)  # as many of each, so that the median is in the middle
    assert abs(by_hill(pareto * signs) - 3) < 0.25
    assert by_quantiles(rng.standard_normal(40000)) > 1.93


def test_estimators_report_alpha_below_two_on_finite_variance() -> None:
    """Where the estimator decides the outcome: products of normals and Laplace look stable, and are not."""
    rng = np.random.default_rng(3)
    for name, bound in (("product of two normals", 1.4), ("Laplace", 1.7)):
        samples = NULLS[name](rng, 20000)
        assert by_quantiles(samples) < bound
        assert by_characteristic_function(samples) < bound + 0.15
        assert abs(exponent(samples, rng).value - 0.5) < 0.06


def test_intervals_hold_the_truth_and_are_the_same_twice() -> None:
    """An interval of each estimator for normals and stable numbers; too few samples are refused."""
    samples = stable(np.random.default_rng(4), 1.5, 4000)
    for name in ESTIMATORS:
        one, two = (tail_index(samples, name, np.random.default_rng(0), 60) for _ in range(2))
        assert one == two
        assert one.low <= one.value <= one.high
        assert name == "hill" or one.low - 0.05 <= 1.5 <= one.high + 0.05
    own = exponent(samples, np.random.default_rng(0), 20)
    assert own.low < 1 / 3 + 0.08
    assert own.high > 1 / 3 - 0.08
    with pytest.raises(ShapeError, match="32 finite samples"):
        tail_index(np.ones(5), "hill", np.random.default_rng(0))
    with pytest.raises(ShapeError, match="120 samples"):
        exponent(np.arange(40.0), np.random.default_rng(0))
