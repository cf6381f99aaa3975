"""Gate values and their products are those of the recurrence; the fit finds a planted power."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import symgate as sg
from symgate.errors import ShapeError, UnknownNameError
from symgate.experiments import drawn_network
from symgate.experiments.gates import fitted_power, has_gate, log_gates, log_products


def _sigma(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


def test_gates_are_those_of_the_recurrence() -> None:
    """With the state BEFORE the step; written out in NumPy."""
    rng = np.random.default_rng(0)
    u = rng.normal(size=(2, 7, 3))
    net = drawn_network(sg.cell("multi_gate"), 5, 3, rng)
    path, w = net.run(u), net.params
    g = _sigma(path.before @ w["W_g"].T + u @ w["V_g"].T + w["b_g"])
    found = log_gates(path)
    assert_allclose(found["drive"], np.log(g), rtol=1e-12)
    assert_allclose(found["retention"], np.log(1 - g), rtol=1e-12)
    late = _sigma(path.after @ w["W_g"].T + u @ w["V_g"].T + w["b_g"])
    assert np.abs(found["drive"] - np.log(late)).max() > 1e-2  # planted: the gate off by one step

    net = drawn_network(sg.cell("scalar_gate"), 5, 3, rng)
    path, w = net.run(u), net.params
    g = _sigma(path.before @ w["w_g"] + u @ w["v_g"] + w["b_g"])[..., None]
    assert_allclose(log_gates(path)["retention"], np.broadcast_to(np.log(1 - g), (2, 7, 5)), rtol=1e-12)

    path = drawn_network(sg.cell("leaky"), 5, 3, rng, {"alpha": 0.8}).run(u)
    assert_allclose(log_gates(path)["drive"], np.log(0.8))
    assert_allclose(log_gates(path)["retention"], np.log(0.2))


def test_nearly_open_gates_keep_their_digits() -> None:
    """1 - sigma(40) is 4e-18, which 1 - g in floats is not."""
    net = drawn_network(sg.cell("multi_gate"), 2, 1, np.random.default_rng(0))
    net.params["b_g"][:] = 40
    net.params["W_g"][:] = 0
    path = net.run(np.zeros((1, 3, 1)))
    assert_allclose(log_gates(path)["retention"], -40, rtol=1e-12)


def test_products_are_norms_of_diagonal_products() -> None:
    """The largest over units of the product of gates, for every window of the lag; gates of 0 stay 0."""
    rng = np.random.default_rng(1)
    g = rng.uniform(0.1, 1, size=(2, 6, 3))
    for lag in (1, 4, 6):
        found = log_products(np.log(g), lag)
        expected = [[np.prod(row[t - lag : t], axis=0).max() for t in range(lag, 7)] for row in g]
        assert_allclose(np.exp(found), expected, rtol=1e-12)
    with np.errstate(divide="ignore"):
        assert (log_products(np.log(np.zeros((4, 2))), 2) < -1e5).all()


def test_the_fit_finds_a_planted_power_beside_outliers() -> None:
    """S = c p^s; one outlier in two hundred is trimmed, and kept where trim is 0."""
    rng = np.random.default_rng(2)
    log_p = rng.uniform(-20, 0, size=200)
    log_s = 0.37 * log_p + 1.5
    log_s[7] += 50
    fit = fitted_power(log_p, log_s)
    assert_allclose([fit.slope, fit.intercept, fit.r_squared], [0.37, 1.5, 1], rtol=1e-9)
    assert abs(fitted_power(log_p, log_s, 0.0).slope - 0.37) > 1e-3
    assert np.isnan(fitted_power(np.zeros(5), np.arange(5.0)).slope)
    log_p[0] = -np.inf
    assert_allclose(fitted_power(log_p, log_s).slope, 0.37)


def test_the_mean_over_units_and_the_trim_by_the_predictor() -> None:
    """The mean of the products, not the product of the means; the share at either end of the predictor is left out."""
    g = np.random.default_rng(1).uniform(0.1, 1, size=(6, 3))
    for lag in (1, 3):
        expected = [np.prod(g[t - lag : t], axis=0).mean() for t in range(lag, 7)]
        assert_allclose(np.exp(log_products(np.log(g), lag, "mean")), expected, rtol=1e-12)
    log_p = np.linspace(-20, 0, 201)
    log_s = 0.4 * log_p
    log_s[0] -= 30  # at the end of the predictor, which a fit by residuals leaves out as well
    log_s[100] += 30  # in its middle, which only that one leaves out
    assert abs(fitted_power(log_p, log_s, 0.01, "predictor").intercept - 30 / 197) < 1e-3
    assert_allclose(fitted_power(log_p, log_s, 0.01, "residuals").intercept, 0, atol=1e-9)
    with pytest.raises(UnknownNameError, match="'ends' is not a known way to trim"):
        fitted_power(log_p, log_s, 0.01, "ends")


def test_rounding_does_not_divide_equal_predictors() -> None:
    """The powers of a leak, many pairs of a lag: what sums in another order do to the last digit is not in the fit."""
    rng, counts = np.random.default_rng(0), range(60, 20, -1)
    x = np.concatenate([np.full(count, np.log(0.2) * lag) for lag, count in enumerate(counts, 1)])
    y = 2 * x + rng.standard_normal(len(x))
    blurred = x * (1 + 1e-15 * rng.integers(-4, 5, len(x)))

    exact = fitted_power(x, y, trim=0.01, trim_by="predictor")
    assert_allclose(fitted_power(blurred, y, trim=0.01, trim_by="predictor").slope, exact.slope, rtol=1e-12)
    low, high = np.quantile(blurred, (0.01, 0.99))
    divided = (blurred >= low) & (blurred <= high)  # planted: without room for rounding pairs of one lag part
    assert abs(np.polyfit(blurred[divided], y[divided], 1)[0] / exact.slope - 1) > 1e-6


def test_what_other_cells_keep() -> None:
    """The forget gate of an LSTM, nothing of h; UGRNN keeps with its gate; where states are coupled there is none."""
    u = np.random.default_rng(0).normal(size=(1, 5, 2))
    net = drawn_network(sg.cell("lstm"), 4, 2, np.random.default_rng(1))
    path, w = net.run(u), net.params
    f = _sigma(u @ w["W_f"].T + path.before[..., :4] @ w["U_f"].T + w["b_f"])
    found = log_gates(path)
    assert set(found) == {"retention"}
    assert_allclose(np.exp(found["retention"]), np.concatenate([np.zeros_like(f), f], -1), rtol=1e-12)

    net = drawn_network(sg.cell("ugrnn"), 4, 2, np.random.default_rng(1))
    path, w = net.run(u), net.params
    g = _sigma(u @ w["W_g"].T + path.before @ w["U_g"].T + w["b_g"])
    assert_allclose(np.exp(log_gates(path)["retention"]), g, rtol=1e-12)
    assert_allclose(np.exp(log_gates(path)["drive"]), 1 - g, rtol=1e-12)
    assert log_gates(drawn_network(sg.cell("lru"), 4, 2, np.random.default_rng(1)).run(u)) == {}


def test_cells_without_a_gate_have_no_predictor_and_bad_fits_are_refused() -> None:
    """Nothing for a plain cell."""
    assert not has_gate(sg.cell("plain"))
    path = drawn_network(sg.cell("plain"), 2, 1, np.random.default_rng(0)).run(np.zeros((1, 3, 1)))
    assert log_gates(path) == {}
    with pytest.raises(ShapeError, match="equal shapes"):
        fitted_power(np.zeros(3), np.zeros(4))
    with pytest.raises(ShapeError, match="trim"):
        fitted_power(np.zeros(3), np.zeros(3), 0.5)
