"""Training agrees, step by step, with torch and with gradients by complex step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

import symgate as sg
from symgate.experiments import drawn_network, optimiser, task, train
from symgate.experiments.networks import BIAS, WEIGHTS, Network
from symgate.experiments.optimisers import OPTIMISERS
from tests.numeric.recurrence import complex_derivative, run

PAPER = ("plain", "leaky", "scalar_gate", "multi_gate")
RATES = {"sgd": 0.05, "momentum": 0.02, "adam": 0.01, "adamw": 0.01}
#: The norm at which AdamW clips here: low enough to clip at every step.
CLIP = 0.05
N, M, STEPS, BATCH, ITERATIONS = 12, 3, 20, 8, 50


def _begun(name: str, n: int = N) -> Network:
    return drawn_network(sg.cell(name), n, M, np.random.default_rng(0), {"alpha": 0.8} if name == "leaky" else {})


@pytest.mark.parametrize("kind", OPTIMISERS)
@pytest.mark.parametrize("name", PAPER)
def test_fifty_steps_follow_torch(name: str, kind: str) -> None:
    """The same data and initial weights: every parameter agrees to 1e-10 after 50 steps, every loss on the way."""
    torch = pytest.importorskip("torch")
    network, fixed = _begun(name), ("alpha",)
    (point,) = train(
        network, task("adding"), optimiser(kind, RATES[kind], CLIP if kind == "adamw" else None),
        np.random.default_rng(1), steps=STEPS, batch=BATCH,
        channels=M, iterations=ITERATIONS, checkpoints=[ITERATIONS], fixed=fixed,
    )  # fmt: skip

    held = {key: torch.tensor(value, requires_grad=key not in fixed) for key, value in network.arrays.items()}
    moved = [value for key, value in held.items() if key not in fixed]
    makers = {
        "sgd": lambda: torch.optim.SGD(moved, RATES[kind]),
        "momentum": lambda: torch.optim.SGD(moved, RATES[kind], momentum=0.9),
        "adam": lambda: torch.optim.Adam(moved, RATES[kind]),
        "adamw": lambda: torch.optim.AdamW(moved, RATES[kind], weight_decay=1e-4),
    }
    descent, rng, losses = makers[kind](), np.random.default_rng(1), []
    for _ in range(ITERATIONS):
        batch = task("adding").draw(rng, STEPS, BATCH, M)
        u, x = torch.tensor(batch.u), torch.zeros(BATCH, N, dtype=torch.float64)
        for t in range(STEPS):
            x = _torch_step(torch, name, held, x, u[:, t])
        loss = ((x @ held[WEIGHTS].T + held[BIAS] - torch.tensor(batch.y)) ** 2).mean()
        descent.zero_grad()
        loss.backward()
        if kind == "adamw":
            torch.nn.utils.clip_grad_norm_(moved, CLIP)
        descent.step()
        losses.append(loss.item())

    assert_allclose(point.losses, losses, rtol=1e-10)
    for key, value in point.network.arrays.items():
        assert_allclose(value, held[key].detach().numpy(), rtol=1e-10, atol=1e-10, err_msg=key)
    assert any(np.abs(value - network.arrays[key]).max() > 1e-2 for key, value in point.network.arrays.items())


def _torch_step(torch: Any, name: str, w: dict[str, Any], x: Any, u: Any) -> Any:
    """The recurrences, written out for torch."""
    phi = torch.tanh(x @ w["W_r"].T + u @ w["W_i"].T + w["b"])
    if name == "plain":
        return phi
    if name == "leaky":
        return (1 - w["alpha"]) * x + w["alpha"] * phi
    if name == "scalar_gate":
        g = torch.sigmoid(x @ w["w_g"] + u @ w["v_g"] + w["b_g"])[:, None]
    else:
        g = torch.sigmoid(x @ w["W_g"].T + u @ w["V_g"].T + w["b_g"])
    return (1 - g) * x + g * phi


@pytest.mark.parametrize("name", PAPER)
def test_gradient_of_the_loss_agrees_with_complex_step(name: str) -> None:
    """Cell parameters and read-out, through the whole recurrence."""
    n, steps, batch = 3, 5, 2
    network, drawn = _begun(name, n), task("adding").draw(np.random.default_rng(2), steps, batch, M)
    network.bias[:] = 0.3

    loss, found = network.gradients(drawn, network.params)

    assert loss == pytest.approx(network.loss(drawn), rel=1e-12)
    for key, value in network.arrays.items():

        def through(moved: np.ndarray, key: str = key) -> complex:
            now = {**network.arrays, key: moved}
            params = {p: now[p] for p in network.params}
            ends = [run(network.cell, params, u, np.zeros(n))[-1] for u in drawn.u]
            return np.mean([(now[WEIGHTS] @ x + now[BIAS] - y) ** 2 for x, y in zip(ends, drawn.y, strict=True)])

        assert_allclose(found[key], complex_derivative(through, value), rtol=1e-10, atol=1e-13, err_msg=key)


def test_a_planted_slip_leaves_torch() -> None:
    """The comparison sees a gate of the wrong step: the planted error is larger than the tolerance by far."""
    network, drawn = _begun("multi_gate"), task("adding").draw(np.random.default_rng(2), STEPS, BATCH, M)
    _, right = network.gradients(drawn, network.params)
    swapped = Network(network.cell, {**network.params, "W_g": network.params["W_g"].T}, network.weights, network.bias)
    _, wrong = swapped.gradients(drawn, network.params)
    assert np.abs(right["W_r"] - wrong["W_r"]).max() > 1e-4
