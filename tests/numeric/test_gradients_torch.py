"""Gradients agree with torch's autograd through recurrences typed in torch, where torch is installed."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import symgate as sg
from symgate import numeric
from tests.numeric.recurrence import draw

torch = pytest.importorskip("torch")

N, M, STEPS, BATCH = 5, 3, 20, 4

LOSSES = {
    "last step": lambda x: x[:, -1].sum(),
    "squares": lambda x: (x**2).sum() / 2,
    "cross-entropy": lambda x: -torch.log_softmax(x, dim=-1)[..., 0].mean(),
}


def recurrence(name: str, p: dict, u: object, x: object) -> object:
    """x_1 .. x_T, (B, T, n), as published."""
    states = []
    for t in range(u.shape[1]):
        new = torch.tanh(x @ p["W_r"].T + u[:, t] @ p["W_i"].T + p["b"])
        if name == "plain":
            g = 1.0
        elif name in {"leaky", "unit_leak"}:
            g = p["alpha"]
        elif name == "scalar_gate":
            g = torch.sigmoid(x @ p["w_g"] + u[:, t] @ p["v_g"] + p["b_g"])[:, None]
        else:
            g = torch.sigmoid(x @ p["W_g"].T + u[:, t] @ p["V_g"].T + p["b_g"])
        x = (1 - g) * x + g * new
        states.append(x)
    return torch.stack(states, dim=1)


@pytest.mark.parametrize("cell", sg.CELLS, ids=lambda cell: cell.name)
@pytest.mark.parametrize("loss", LOSSES)
def test_gradient_agrees_with_autograd(cell: sg.Cell, loss: str) -> None:
    """Every parameter, the inputs and the initial state, T = 20, several losses."""
    rng = np.random.default_rng(7)
    params = draw(cell, N, M, seed=7)
    values = {**params, "u": rng.normal(size=(BATCH, STEPS, M)), "x": rng.normal(size=(BATCH, N))}
    leaves = {name: torch.tensor(value, requires_grad=True) for name, value in values.items()}
    x = recurrence(cell.name, leaves, leaves["u"], leaves["x"])
    x.retain_grad()
    total = LOSSES[loss](x)
    total.backward()
    states = x.detach().requires_grad_(True)
    LOSSES[loss](states).backward()

    trajectory = numeric.rollout(cell, params, values["u"], values["x"])
    found = numeric.loss_gradient(trajectory, states.grad.numpy(), wrt=values)

    assert_allclose(trajectory.after, states.detach().numpy(), atol=1e-12)
    for name, leaf in leaves.items():
        expected = leaf.grad.numpy()
        assert_allclose(found[name], expected, atol=1e-12 * max(1, np.abs(expected).max()), err_msg=name)


@pytest.mark.parametrize("loss", LOSSES)
def test_gradients_of_the_lstm_are_those_of_torch(loss: str) -> None:
    """torch.nn.LSTM with its own weights: states, every weight block, inputs and both initial states, T = 20."""
    torch.manual_seed(0)
    module = torch.nn.LSTM(M, N, batch_first=True).double()
    cell, params = sg.interop.from_torch(module)
    rng = np.random.default_rng(8)
    u = torch.tensor(rng.normal(size=(BATCH, STEPS, M)), requires_grad=True)
    h0, c0 = (torch.tensor(rng.normal(size=(BATCH, N)), requires_grad=True) for _ in range(2))
    h, (_, last) = module(u, (h0[None], c0[None]))
    pull = rng.normal(size=(BATCH, N))
    (LOSSES[loss](h) + (last[0] * torch.tensor(pull)).sum()).backward()
    states = h.detach().requires_grad_(True)
    LOSSES[loss](states).backward()
    delta_c = np.zeros((BATCH, STEPS, N))
    delta_c[:, -1] = pull

    path = numeric.rollout(cell, params, u.detach().numpy(), {"h": h0.detach().numpy(), "c": c0.detach().numpy()})
    found = numeric.loss_gradient(path, {"h": states.grad.numpy(), "c": delta_c}, wrt=[*params, "u", "h", "c"])

    assert_allclose(path.state("h")[:, 1:], states.detach().numpy(), atol=1e-12)
    blocks = {"W": module.weight_ih_l0.grad, "U": module.weight_hh_l0.grad, "b": module.bias_ih_l0.grad}
    expected = {
        f"{kind}_{gate}": part.numpy()[k * N : (k + 1) * N]
        for kind, part in blocks.items()
        for k, gate in enumerate("ifgo")
    }
    expected |= {"u": u.grad.numpy(), "h": h0.grad.numpy(), "c": c0.grad.numpy()}
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert_allclose(found[name], value, atol=1e-12 * max(1, np.abs(value).max()), err_msg=name)
