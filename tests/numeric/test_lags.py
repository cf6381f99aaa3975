"""The gradient lag by lag: it sums to the gradient, and each lag is what the formula with transports says."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_allclose

import symgate as sg
from symgate import numeric
from symgate.errors import ShapeError, UnknownNameError
from tests.numeric.diverging import check_losses_before_a_divergence
from tests.numeric.test_exponents import LISTED, path

NAMES = ["plain", "scalar_gate", "multi_gate", "gru_original", "lstm", "multi_gate_norm", "lem"]


def setting(name: str, steps: int = 8) -> tuple[numeric.Trajectory, np.ndarray]:
    found = path(sg.cell(name), steps)
    return found, np.random.default_rng(5).normal(size=found.after.shape)


@pytest.mark.sweep(6)
@pytest.mark.parametrize("cell", LISTED, ids=lambda cell: cell.name)
def test_the_lags_sum_to_the_gradient(cell: sg.Cell) -> None:
    """Over all lags, for every parameter; the named terms sum to their lag; one order of nothing left to predict."""
    found, delta = setting(cell.name)
    lags, whole = numeric.lag_gradients(found, delta), numeric.loss_gradient(found, delta)
    for name, value in whole.items():
        size = 1 + np.abs(value).max()
        assert lags.by_lag[name].shape == (8, *value.shape)
        assert_allclose(lags.by_lag[name].sum(axis=0), value, atol=1e-12 * size)
        parts = sum(term[name] for term in lags.by_term.values())
        assert_allclose(parts[1:], lags.by_lag[name][1:], atol=1e-12 * size)
        assert_allclose(lags.shares(name).sum(), 1, atol=1e-9)


@pytest.mark.sweep(4)
@pytest.mark.parametrize("name", NAMES)
def test_each_lag_is_the_formula_with_transports(name: str) -> None:
    """sum_t (d+x_{t-l}/dtheta)' M_{t,t-l}' delta_t, with every product formed; a lag off by one is told apart."""
    found, delta = setting(name)
    lags, J = numeric.lag_gradients(found, delta, max_lag=5), numeric.jacobians(found)
    terms, steps = numeric.jacobian_terms(found), found.steps
    for lag in range(6):
        pushed = np.zeros_like(delta)
        through = {term: np.zeros_like(delta) for term in terms}
        for t in range(lag + 1, steps + 1):
            k = t - lag
            M = numeric.transport(J, t, k)
            pushed[:, k - 1] = np.einsum("bij,bi->bj", M, delta[:, t - 1])
            for term, value in terms.items():
                if lag:
                    M = numeric.transport(J, t, k + 1) @ value[:, k]
                    through[term][:, k - 1] = np.einsum("bij,bi->bj", M, delta[:, t - 1])
        for parameter in found.params:
            expected = local(found, pushed, parameter)
            size = 1 + np.abs(expected).max()
            assert_allclose(lags.by_lag[parameter][lag], expected, atol=1e-11 * size)
            for term, value in through.items():
                assert_allclose(lags.by_term[term][parameter][lag], local(found, value, parameter), atol=1e-11 * size)
            if lag:
                assert np.abs(lags.by_lag[parameter][lag - 1] - expected).max() > 1e-6


def local(found: numeric.Trajectory, v: np.ndarray, parameter: str) -> np.ndarray:
    """sum_k (d+x_k/dtheta)' v_k by dense Jacobians on vec(theta)."""
    total = 0
    for state, own in found.slices.items():
        J = np.asarray(sg.numeric.lambdify(sg.jacobian(found.cell, parameter, state))(**found.arguments))
        total = total + np.einsum("bti,btij->j", v[..., own], np.broadcast_to(J, (*v.shape[:2], *J.shape[-2:])))
    return np.reshape(total, found.params[parameter].shape, order="F")


@pytest.mark.parametrize("name", ["leaky", "scalar_gate", "multi_gate", "gru"])
def test_what_the_rate_predicts(name: str) -> None:
    """With M replaced by the product of the leaks: the effective learning rate, lag by lag."""
    found, delta = setting(name)
    lags, rates = numeric.lag_gradients(found, delta, keep="retention"), numeric.effective_learning_rates(found)
    for lag in range(8):
        pushed = np.zeros_like(delta)
        pushed[:, : 8 - lag] = rates.zeroth[:, lag + 1 :, lag] * delta[:, lag:]
        for parameter in found.params:
            assert_allclose(lags.predicted[parameter][lag], local(found, pushed, parameter), atol=1e-11)


def test_exact_cases() -> None:
    """T = 1 has lag 0 alone; a diagonal cell is predicted exactly; one unit by hand."""
    found, delta = setting("gru", 1)
    assert_allclose(numeric.lag_gradients(found, delta).by_lag["U_z"][0], numeric.loss_gradient(found, delta)["U_z"])
    found, delta = setting("mingru")
    lags = numeric.lag_gradients(found, delta, keep="retention")
    for name in found.params:
        assert_allclose(lags.predicted[name], lags.by_lag[name], atol=1e-12)
    cell = sg.cell("plain", phi="identity")
    x = numeric.rollout(cell, {"W_r": [[0.5]], "W_i": [[1.0]], "b": [0.0]}, np.ones((4, 1)))
    lags = numeric.lag_gradients(x, np.array([[0], [0], [0], [1.0]]))
    assert_allclose(lags.by_lag["b"][:, 0], 0.5 ** np.arange(4))


def test_divergence_keeps_the_losses_before_it() -> None:
    check_losses_before_a_divergence(partial(numeric.lag_gradients, max_lag=30), "gradient")


def test_bad_input() -> None:
    """Names, lags and batched parameters."""
    found, delta = setting("multi_gate")
    with pytest.raises(UnknownNameError, match="'W_q' is not a known parameter"):
        numeric.lag_gradients(found, delta, ["W_q"])
    with pytest.raises(ShapeError, match="max_lag needs a whole number from 0 to 7; found 8"):
        numeric.lag_gradients(found, delta, max_lag=8)
    with pytest.raises(UnknownNameError, match="'drift'"):
        numeric.lag_gradients(found, delta, keep="drift")
    assert list(numeric.lag_gradients(found, delta, "W_r").by_lag) == ["W_r"]
    short = numeric.lag_gradients(found, delta, "W_r", max_lag=2)
    assert_allclose(short.gradient["W_r"], numeric.loss_gradient(found, delta)["W_r"])
