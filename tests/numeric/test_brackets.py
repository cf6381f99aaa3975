"""Quick norms are proved or not used: every regime against an SVD of each product, the bounds against 50 digits."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import symgate as sg
from symgate import numeric
from symgate.numeric.brackets import APART, Brackets, bounds
from symgate.numeric.norms import share_computed_whole
from symgate.numeric.powers import Powers
from tests.numeric.recurrence import draw

N = 16

#: Singular values: apart, close, all but equal, a cluster below the first, of very different sizes.
SPECTRA = {
    "apart": 0.7 ** np.arange(N),
    "close": np.array([1.0, 0.999, *np.linspace(0.9, 0.1, N - 2)]),
    "equal": np.ones(N) + 1e-9 * np.arange(N),
    "cluster": np.array([1.0, *np.full(N - 1, 0.97)]),
    "graded": 10.0 ** -np.arange(N),
}


def stack(name: str, n: int, steps: int, bias: float, scale: float) -> np.ndarray:
    cell = sg.cell(name, phi="tanh")
    params = draw(cell, n, 2, 0, scale / np.sqrt(n))
    if "b_g" in params:
        params["b_g"] = params["b_g"] + bias
    return numeric.jacobians(numeric.rollout(cell, params, np.random.default_rng(0).normal(size=(1, steps, 2))))


def with_spectrum(values: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A matrix with about these singular values, and its right singular vectors as rows."""
    rng = np.random.default_rng(seed)
    left, right = (np.linalg.qr(rng.standard_normal((N, N)))[0] for _ in range(2))
    return left * values @ right.T, right.T


def eigenvalues(P: np.ndarray) -> list[mp.mpf]:
    """Those of P'P by 50 digits, descending."""
    mp.mp.dps = 50
    exact = mp.matrix(P.tolist())
    return sorted(mp.eigsy(exact.T * exact, eigvals_only=True), reverse=True)


def as_single(P: np.ndarray) -> Powers:
    return Powers.of(P[None].astype(np.float32), np.array([np.sum(P * P)]))


def contain(P: np.ndarray, v: np.ndarray, log_power: np.ndarray, q: int) -> bool:
    """Whether the bounds by v hold."""
    low, high = bounds(P[None], v[None], np.array([np.sum(P * P)]), log_power, q)
    return bool(low[0] <= eigenvalues(P)[0] <= high[0])


@pytest.mark.parametrize("bias", [0.0, -3.0, 3.0])
@pytest.mark.parametrize(("name", "scale"), [("multi_gate", 1.0), ("scalar_gate", 1.0), ("multi_gate", 0.05)])
def test_every_regime_is_right(name: str, scale: float, bias: float) -> None:
    """Slow gates, open gates, contracting weights."""
    J = stack(name, 20, 30, bias, scale)
    S = numeric.sensitivities(J)[0]
    for t in range(1, 31):
        for k in range(0, t, 3):
            expected = np.linalg.svd(numeric.transport(J, t, k)[0], compute_uv=False)[0]
            assert abs(S[t, k] / expected - 1) < 2 * APART
    assert 0 <= share_computed_whole(J) <= 1


def test_few_pairs_are_computed_whole_at_the_size_of_the_benchmark() -> None:
    """Slow gates, n = 64: the close singular values that made every shortcut fail."""
    J = stack("multi_gate", 64, 12, -3.0, 1.0)
    S = numeric.sensitivities(J)[0]
    for t in range(1, 13):
        expected = [np.linalg.svd(numeric.transport(J, t, k)[0], compute_uv=False)[0] for k in range(t)]
        assert_allclose(S[t, :t], expected, rtol=APART)
    assert share_computed_whole(J) < 0.1


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_nothing_to_bracket(value: float) -> None:
    """Every product is 0, or not finite."""
    S = numeric.sensitivities(np.full((3, N, N), value))
    t, k = np.tril_indices(4, -1)
    assert_array_equal(S[t, k], 0 if value == 0 else np.nan)


def test_lag_200() -> None:
    J = stack("multi_gate", 16, 200, -1.0, 1.0)
    expected = np.linalg.svd(numeric.transport(J, 200, 0)[0], compute_uv=False)[0]
    assert_allclose(numeric.sensitivities(J)[0, 200, 0], expected, rtol=1e-8)


@pytest.mark.parametrize("name", SPECTRA)
@pytest.mark.parametrize("size", [1.0, 2.0**12])
def test_powers_bound_the_trace(name: str, size: float) -> None:
    """tr (P'P)^q is below its bound at q = 1, 8, 64, 512, and near it where the losses of rounding are small."""
    P, _ = with_spectrum(size * SPECTRA[name], 1)
    values, powers = eigenvalues(P), as_single(P)
    for q in (1, 8, 64, 512):
        assert powers.power == q
        true = float(mp.log(sum(value**q for value in values)) / q)
        assert true <= powers.bound[0] < true + 2e-4
        powers = powers.climbed()


@pytest.mark.sweep(12)
@pytest.mark.parametrize("name", SPECTRA)
@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("tilt", [0.0, 1e-6, 1e-3, 0.3])
def test_bounds_hold_for_any_vector(name: str, which: int, tilt: float) -> None:
    """Near the leading vector, near the second one, near none; at every power."""
    P, right = with_spectrum(SPECTRA[name], 2)
    v, powers = right[which] + tilt * right[2], as_single(P)
    for _ in range(4):
        assert contain(P, v, powers.bound, powers.power)
        powers = powers.climbed()


def test_planted_a_wrong_rest_is_seen() -> None:
    """With c too small a vector that is not the leading one would pass for it: the law above objects."""
    P, right = with_spectrum(SPECTRA["close"], 3)
    powers = as_single(P).climbed()
    theta = np.log(np.sum((P @ right[1]) ** 2, keepdims=True))

    assert contain(P, right[1], powers.bound, powers.power)
    assert not contain(P, right[1], theta + 1e-12, powers.power)  # nothing but theta^q in the trace
    assert not contain(P, right[1], powers.bound - np.log(2) / powers.power, powers.power)  # half of it


def test_a_norm_that_is_not_proved_is_computed_whole() -> None:
    """Directions orthogonal to the largest one, at a gap that hides it: a Ritz value alone would be half the norm."""
    n = 32
    P = np.diag([2.0, *np.linspace(1.0, 0.99, n - 1)])[None, None]
    brackets = Brackets(1, 1, n)
    brackets._v[...] = np.eye(n)[1]
    assert_allclose(brackets.largest(P, P.astype(np.float32), np.sum(P * P, axis=(-2, -1))), 2.0, rtol=1e-8)
    assert brackets.whole == 1


def test_equal_singular_values_are_computed_whole() -> None:
    """Orthogonal factors: no vector leads, and nothing can be proved."""
    J = np.linalg.qr(np.random.default_rng(0).standard_normal((6, N, N)))[0]
    t, k = np.tril_indices(7, -1)
    assert_allclose(numeric.sensitivities(J)[t, k], 1, rtol=1e-13)
    assert share_computed_whole(J) == 1
