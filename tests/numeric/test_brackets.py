"""Quick norms are proved or not used: every regime against an SVD of every product."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import symgate as sg
from symgate import numeric
from symgate.numeric.brackets import APART, Brackets
from symgate.numeric.norms import share_computed_whole
from tests.numeric.recurrence import draw


def stack(name: str, n: int, steps: int, bias: float, scale: float) -> np.ndarray:
    cell = sg.cell(name, phi="tanh")
    params = draw(cell, n, 2, 0, scale / np.sqrt(n))
    if "b_g" in params:
        params["b_g"] = params["b_g"] + bias
    return numeric.jacobians(numeric.rollout(cell, params, np.random.default_rng(0).normal(size=(1, steps, 2))))


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


def test_lag_200() -> None:
    J = stack("multi_gate", 16, 200, -1.0, 1.0)
    expected = np.linalg.svd(numeric.transport(J, 200, 0)[0], compute_uv=False)[0]
    assert_allclose(numeric.sensitivities(J)[0, 200, 0], expected, rtol=1e-8)


def test_a_norm_that_is_not_proved_is_computed_whole() -> None:
    """Directions orthogonal to the largest one, at a gap that hides it: a Ritz value alone would be half the norm."""
    n = 32
    P = np.diag([2.0, *np.linspace(1.0, 0.99, n - 1)])[None, None]
    brackets = Brackets(1, 1, n)
    brackets._V[...] = np.eye(n)[:, 1 : 1 + brackets._V.shape[-1]]
    assert_allclose(brackets.largest(P), 2.0, rtol=1e-8)
    assert brackets.whole == 1
