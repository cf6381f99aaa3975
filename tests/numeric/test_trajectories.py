"""A trajectory is the recurrence iterated, batched over any leading axes."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import symgate as sg
from symgate.errors import ShapeError, UnknownNameError
from symgate.numeric import lambdify, rollout

N, M, STEPS, BATCH = 4, 3, 7, 5


def _weights(seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {
        "W_r": rng.normal(size=(N, N)),
        "W_i": rng.normal(size=(N, M)),
        "b": rng.normal(size=N),
        "alpha": np.array(0.3),
    }


def _by_hand(p: dict[str, np.ndarray], u: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The leaky integrator, one sequence, as published."""
    states = [x]
    for t in range(len(u)):
        x = (1 - p["alpha"]) * x + p["alpha"] * np.tanh(p["W_r"] @ x + p["W_i"] @ u[t] + p["b"])
        states.append(x)
    return np.array(states)


def test_a_batch_of_trajectories_is_the_recurrence_iterated() -> None:
    rng = np.random.default_rng(1)
    u, x0, p = rng.normal(size=(BATCH, STEPS, M)), rng.normal(size=(BATCH, N)), _weights()

    x = rollout(sg.cell("leaky"), p, u, x0).x

    assert x.shape == (BATCH, STEPS + 1, N)
    assert_allclose(x, [_by_hand(p, u[k], x0[k]) for k in range(BATCH)], rtol=1e-12)


def test_the_state_starts_at_zero_and_one_sequence_needs_no_batch_axis() -> None:
    u = np.random.default_rng(2).normal(size=(STEPS, M))

    assert_allclose(rollout(sg.cell("leaky"), _weights(), u).x, _by_hand(_weights(), u, np.zeros(N)), rtol=1e-12)


def test_one_input_sequence_serves_a_batch_of_initial_states() -> None:
    rng = np.random.default_rng(3)
    u, x0 = rng.normal(size=(STEPS, M)), rng.normal(size=(BATCH, N))

    assert rollout(sg.cell("leaky"), _weights(), u, x0).x.shape == (BATCH, STEPS + 1, N)


def test_arguments_evaluate_a_jacobian_at_every_step() -> None:
    cell = sg.cell("leaky")
    u = np.random.default_rng(4).normal(size=(BATCH, STEPS, M))
    J = lambdify(sg.jacobian(cell))

    found = rollout(cell, _weights(), u)

    last = {"x": found.x[2, -2], "u": u[2, -1]}
    assert_allclose(J(**found.arguments)[2, -1], J(**last, **_weights()), rtol=1e-12)
    assert_allclose(lambdify(cell)(**found.arguments), found.after, rtol=1e-12)


def test_batched_parameters_stay_beside_their_sequence() -> None:
    cell = sg.cell("leaky")
    u = np.random.default_rng(5).normal(size=(2, STEPS, M))
    each = [_weights(seed) for seed in (0, 1)]
    stacked = {name: np.stack([p[name] for p in each]) for name in each[0]}

    found = rollout(cell, stacked, u)

    assert_allclose(found.x, [_by_hand(p, u[k], np.zeros(N)) for k, p in enumerate(each)], rtol=1e-12)
    assert_allclose(lambdify(cell)(**found.arguments), found.after, rtol=1e-12)


def test_single_precision_is_kept() -> None:
    p = {name: value.astype(np.float32) for name, value in _weights().items()}

    assert rollout(sg.cell("leaky"), p, np.ones((STEPS, M), np.float32)).x.dtype == np.float32


def test_mistakes_are_named() -> None:
    cell, u = sg.cell("leaky"), np.ones((STEPS, M))

    with pytest.raises(UnknownNameError, match=r"'W_q'.*W_r"):
        rollout(cell, {**_weights(), "W_q": np.ones(N)}, u)
    with pytest.raises(UnknownNameError, match="alpha"):
        rollout(cell, {name: value for name, value in _weights().items() if name != "alpha"}, u)
    with pytest.raises(ShapeError, match="steps before channels"):
        rollout(cell, _weights(), np.ones(M))
