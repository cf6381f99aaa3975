"""Hessian and Gauss-Newton products through time against autodiff, and against themselves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

import symgate as sg
from symgate import numeric
from symgate.errors import ShapeError, UnknownNameError
from tests.numeric.test_exponents import LISTED, path


def setting(cell: sg.Cell, steps: int = 6) -> tuple[numeric.Trajectory, np.ndarray, list[dict]]:
    """A trajectory, targets, and two directions."""
    found = path(cell, steps, scale=0.5)
    rng = np.random.default_rng(7)
    directions = [{name: rng.normal(size=np.shape(value)) for name, value in found.params.items()} for _ in range(2)]
    return found, rng.normal(size=found.after.shape), directions


def dot(one: dict, other: dict) -> float:
    return sum(float((one[name] * other[name]).sum()) for name in other)


@pytest.mark.sweep(8)
@pytest.mark.parametrize("cell", LISTED, ids=lambda cell: cell.name)
def test_they_are_symmetric_and_the_slope_of_the_gradient(cell: sg.Cell) -> None:
    """u'Hv = v'Hu and u'Gv = v'Gu to rounding; Hv is the central difference of the gradient; v'Gv > 0."""
    found, target, (V, W) = setting(cell)
    delta = found.after - target
    HV, HW = (numeric.hessian_product(found, delta, item, 1.0) for item in (V, W))
    GV, GW = (numeric.gauss_newton_product(found, item) for item in (V, W))
    scale = sum(np.abs(HV[name] * W[name]).sum() for name in V)
    assert abs(dot(W, HV) - dot(V, HW)) < 1e-12 * scale
    assert abs(dot(W, GV) - dot(V, GW)) < 1e-12 * sum(np.abs(GV[name] * W[name]).sum() for name in V)
    assert dot(V, GV) > 0
    slopes = []
    for step in (1e-5, -1e-5):
        moved = {name: value + step * V[name] for name, value in found.params.items()}
        again = numeric.rollout(cell, moved, found.inputs)
        slopes.append(numeric.loss_gradient(again, again.after - target))
    for name, value in HV.items():
        difference = (slopes[0][name] - slopes[1][name]) / 2e-5
        assert_allclose(value, difference, atol=1e-5 * (1 + np.abs(difference).max()), rtol=1e-4)


def test_jax_agrees() -> None:
    """Forward over reverse in jax, to 1e-11: the Hessian, and J'HJ for Gauss-Newton with a Hessian of the loss."""
    jax = pytest.importorskip("jax")
    jnp = jax.numpy
    with jax.enable_x64(True):
        found, target, (V, _) = setting(sg.cell("multi_gate"))
        weight = np.linspace(0.5, 2, target.size).reshape(target.shape)

        def states(W: dict) -> object:
            x, kept = jnp.zeros((2, 4)), []
            for t in range(6):
                u = found.u[:, t]
                g = jax.nn.sigmoid(x @ W["W_g"].T + u @ W["V_g"].T + W["b_g"])
                x = (1 - g) * x + g * jnp.tanh(x @ W["W_r"].T + u @ W["W_i"].T + W["b"])
                kept.append(x)
            return jnp.stack(kept, axis=1)

        def loss(W: dict) -> object:
            return (weight * (states(W) - target) ** 2).sum() / 2

        W = {name: jnp.asarray(value) for name, value in found.params.items()}
        direction = {name: jnp.asarray(value) for name, value in V.items()}
        H = jax.jvp(jax.grad(loss), (W,), (direction,))[1]
        _, moved = jax.jvp(states, (W,), (direction,))
        G = jax.vjp(states, W)[1](weight * moved)[0]
        H, G = ({name: np.asarray(value) for name, value in item.items()} for item in (H, G))
    mine = numeric.hessian_product(found, weight * (found.after - target), V, weight)
    for name, value in H.items():
        assert_allclose(mine[name], value, rtol=1e-11, atol=1e-11)
    full = weight[..., None] * np.eye(4)
    for hessian in (weight, full):
        mine = numeric.gauss_newton_product(found, V, hessian)
        for name, value in G.items():
            assert_allclose(mine[name], value, rtol=1e-11, atol=1e-11)


def test_torch_agrees_on_an_lstm() -> None:
    """torch.autograd.functional.hvp through torch.nn.LSTM with its own weights."""
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    layer = torch.nn.LSTM(3, 4, batch_first=True).double()
    cell, params = sg.interop.from_torch(layer)
    u = np.random.default_rng(0).normal(size=(2, 5, 3))
    found = numeric.rollout(cell, params, u)
    V = {name: np.random.default_rng(1).normal(size=value.shape) for name, value in params.items()}
    delta = {"h": found.state("h")[..., 1:, :]}
    hessian = np.broadcast_to(np.repeat([1.0, 0.0], 4), found.after.shape)
    mine = numeric.hessian_product(found, delta, V, hessian)

    def loss(U_f: object) -> object:
        own = {name: value.detach() for name, value in layer.named_parameters()}
        whole = torch.cat([own["weight_hh_l0"][:4], U_f, own["weight_hh_l0"][8:]])
        return (torch.func.functional_call(layer, {**own, "weight_hh_l0": whole}, torch.tensor(u))[0] ** 2).sum() / 2

    only = {name: value * (name == "U_f") for name, value in V.items()}
    alone = numeric.hessian_product(found, delta, only, hessian)["U_f"]
    _, expected = torch.autograd.functional.hvp(loss, torch.tensor(params["U_f"]), torch.tensor(V["U_f"]))
    assert_allclose(alone, expected.numpy(), rtol=1e-11, atol=1e-11)
    assert np.abs(mine["U_f"] - alone).max() > 1e-3


def test_a_cell_that_is_linear_in_its_weights_at_one_step() -> None:
    """T = 1 from x_0 = 0 with the identity: H = G = sum u u'; without the curvature of the loss H is 0."""
    cell = sg.cell("plain", phi="identity")
    found = numeric.rollout(cell, {"W_r": np.eye(2), "W_i": np.ones((2, 3)), "b": np.zeros(2)}, np.ones((1, 3)))
    V = {"W_i": np.array([[1.0, 2, 3], [0, 1, 0]])}
    assert_allclose(numeric.hessian_product(found, np.ones((1, 2)), V, 1.0)["W_i"], [[6] * 3, [1] * 3])
    assert_allclose(numeric.gauss_newton_product(found, V)["W_i"], [[6] * 3, [1] * 3])
    assert_allclose(numeric.hessian_product(found, np.ones((1, 2)), V)["W_i"], 0)


def test_bad_input_is_named() -> None:
    """Directions and Hessians that do not fit."""
    found, _, (V, _) = setting(sg.cell("gru"))
    with pytest.raises(UnknownNameError, match="'W_q' is not a known parameter"):
        numeric.gauss_newton_product(found, {"W_q": np.zeros(2)})
    with pytest.raises(ShapeError, match=r"direction of U_z needs the shape \(4, 4\); found \(4,\)"):
        numeric.gauss_newton_product(found, {"U_z": np.zeros(4)})
    with pytest.raises(ShapeError, match="hessian needs one number"):
        numeric.gauss_newton_product(found, V, np.zeros(5))


def test_what_is_not_finite_is_told() -> None:
    """Weights, and a trajectory that left the floating point range."""
    cell = sg.cell("plain", phi="identity")
    params = {"W_r": [[10.0]], "W_i": [[1.0]], "b": [0.0]}
    found = numeric.rollout(cell, params, np.ones((400, 1)))
    with pytest.raises(ShapeError, match="leaves the floating point range after step 309 of 400"):
        numeric.hessian_product(found, found.after, {"b": np.ones(1)})
    broken = replace(found, params={**found.params, "b": np.array([np.nan])})
    with pytest.raises(ShapeError, match="'b' holds 1 entries that are not finite"):
        numeric.gauss_newton_product(broken, {"b": np.ones(1)})
