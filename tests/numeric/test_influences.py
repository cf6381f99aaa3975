"""Gradients carried forward: exact ones are backpropagation; truncated ones are the recursions they say."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import symgate as sg
from symgate import numeric
from symgate.errors import ShapeError, UnknownNameError
from tests.numeric.diverging import check_losses_before_a_divergence
from tests.numeric.test_exponents import LISTED, path

STEPS = 6


def setting(cell: sg.Cell, steps: int = STEPS) -> tuple[numeric.Trajectory, np.ndarray]:
    found = path(cell, steps, scale=0.5)
    return found, np.random.default_rng(5).normal(size=found.after.shape)


def close(found: dict, expected: dict, rtol: float = 1e-10) -> None:
    for name, value in expected.items():
        assert_allclose(found[name], value, rtol=rtol, atol=1e-12 * (1 + np.abs(value).max()), err_msg=name)


def dense(found: numeric.Trajectory, name: str) -> np.ndarray:
    """d+x_t/dtheta at every step, (..., T, N, *shape), by the generated Jacobians on vec(theta)."""
    shape = found.params[name].shape
    parts = []
    for state in found.slices:
        J = np.asarray(numeric.lambdify(sg.jacobian(found.cell, name, state))(**found.arguments))
        J = np.broadcast_to(J, (*found.x.shape[:-2], found.steps, *J.shape[-2:]))
        parts.append(
            np.moveaxis(J.reshape(*J.shape[:-1], *shape[::-1]), -1, -2)
            if len(shape) == 2
            else J.reshape(*J.shape[:-1], *shape)
        )
    return np.concatenate(parts, axis=found.x.ndim - 1)


@pytest.mark.sweep(6)
@pytest.mark.parametrize("cell", LISTED, ids=lambda cell: cell.name)
def test_exact_influence_is_backpropagation(cell: sg.Cell) -> None:
    """For every parameter of every cell; P_T is dx_T/dtheta by its own recursion; so is the last order there is."""
    found, delta = setting(cell)
    exact = numeric.influence(found, delta)
    close(exact.gradients, numeric.loss_gradient(found, delta))
    close(numeric.influence(found, delta, keep="diagonal", order=STEPS - 1).gradients, exact.gradients)
    J = numeric.jacobians(found)
    for name in found.params:
        local = dense(found, name)
        P = np.zeros_like(local[:, 0])
        for t in range(found.steps):
            P = np.einsum("bij,bj...->bi...", J[:, t], P) + local[:, t]
        assert_allclose(exact.influence[name], P, rtol=1e-10, atol=1e-12)


@pytest.mark.sweep(16)
@pytest.mark.parametrize(
    "name", ["leaky", "scalar_gate", "multi_gate", "gru", "gru_original", "lstm", "lem", "multi_gate_norm"]
)
@pytest.mark.parametrize("keep", ["retention", "diagonal", "gate"])
@pytest.mark.parametrize("order", [0, 1])
def test_truncated_influence_is_its_recursion(name: str, keep: str, order: int) -> None:
    """P^(m) = A P^(m) + B P^(m-1) (+ local), with dense matrices throughout; what is dropped is J E + B P^(p)."""
    found, delta = setting(sg.cell(name))
    if keep == "diagonal":
        J = numeric.jacobians(found)
        mask = np.zeros(J.shape[-2:])
        for of in found.slices.values():
            for by in found.slices.values():
                mask[of, by] = np.eye(of.stop - of.start)
        A, B = J * mask, J * (1 - mask)
    else:
        A, B = numeric.split(found, keep)
    run = numeric.influence(found, delta, keep=keep, order=order)
    exact = numeric.influence(found, delta)
    for parameter in found.params:
        local = dense(found, parameter)
        P = [np.zeros_like(local[:, 0]) for _ in range(order + 1)]
        E, gradient, dropped = np.zeros_like(P[0]), 0, 0
        for t in range(found.steps):
            E = act(A[:, t] + B[:, t], E) + act(B[:, t], P[order])
            P = [act(A[:, t], P[m]) + (act(B[:, t], P[m - 1]) if m else local[:, t]) for m in range(order + 1)]
            gradient = gradient + np.einsum("bi,bi...->...", delta[:, t], sum(P))
            dropped = dropped + np.einsum("bi,bi...->...", delta[:, t], E)
        assert_allclose(run.gradients[parameter], gradient, rtol=1e-10, atol=1e-11)
        assert_allclose(exact.gradients[parameter] - gradient, dropped, rtol=1e-9, atol=1e-10)


def act(matrix: np.ndarray, P: np.ndarray) -> np.ndarray:
    return np.einsum("bij,bj...->bi...", matrix, P)


def test_eligibility_traces_by_hand() -> None:
    """Multi gate: e_t = diag(1 - g_t) e_{t-1} + (g (.) phi'(a)) x_{t-1}'; the gradient is sum_t diag(delta_t) e_t."""
    found, delta = setting(sg.cell("multi_gate"))
    p = found.params
    e, total = np.zeros((2, 4, 4)), np.zeros((4, 4))
    for t in range(STEPS):
        x, u = found.before[:, t], found.u[:, t]
        g = 1 / (1 + np.exp(-(x @ p["W_g"].T + u @ p["V_g"].T + p["b_g"])))
        slope = 1 - np.tanh(x @ p["W_r"].T + u @ p["W_i"].T + p["b"]) ** 2
        e = (1 - g)[..., None] * e + (g * slope)[..., None] * x[:, None, :]
        total += (delta[:, t, :, None] * e).sum(axis=0)
    run = numeric.influence(found, delta, keep="retention")
    assert_allclose(run.gradients["W_r"], total, rtol=1e-12)
    assert run.units == tuple(found.params)
    late = numeric.influence(found, np.roll(delta, 1, axis=1), keep="retention").gradients["W_r"]
    assert np.abs(late - total).max() > 1e-2  # planted: the trace meets the loss of another step


def test_what_snap_1_is_not() -> None:
    """Reset weights of the original GRU reach every unit, and it says so; the GRU of torch has no such weights."""
    found, delta = setting(sg.cell("gru_original"))
    run = numeric.influence(found, delta, keep="diagonal")
    assert run.several == ("W_r", "U_r", "b_r")
    assert set(run.units) == set(found.params) - set(run.several)
    assert numeric.influence(*setting(sg.cell("gru")), keep="diagonal").several == ()


def test_memory_is_one_number_per_parameter_in_order_0() -> None:
    """Per sequence and state: S times the parameters; exact influence N times; nothing depends on T."""
    for steps in (3, 9):
        found, delta = setting(sg.cell("lstm"), steps)
        size = sum(value.size for value in found.params.values())
        assert numeric.influence(found, delta, keep="retention").numbers == 2 * 2 * size
        assert numeric.influence(found, delta).numbers == 2 * 8 * size


def test_jax_agrees_on_rtrl() -> None:
    """jax.grad through the recurrence written in jax."""
    jax = pytest.importorskip("jax")
    jnp = jax.numpy
    with jax.enable_x64(True):
        found, delta = setting(sg.cell("multi_gate"))

        def loss(W: dict) -> object:
            x, total = jnp.zeros((2, 4)), 0.0
            for t in range(STEPS):
                u = found.u[:, t]
                g = jax.nn.sigmoid(x @ W["W_g"].T + u @ W["V_g"].T + W["b_g"])
                x = (1 - g) * x + g * jnp.tanh(x @ W["W_r"].T + u @ W["W_i"].T + W["b"])
                total = total + (delta[:, t] * x).sum()
            return total

        expected = jax.grad(loss)({name: jnp.asarray(value) for name, value in found.params.items()})
        expected = {name: np.asarray(value) for name, value in expected.items()}
    close(numeric.influence(found, delta).gradients, expected, 1e-11)


def test_divergence_keeps_the_losses_before_it() -> None:
    check_losses_before_a_divergence(numeric.influence, "gradients")


def test_exact_cases_and_bad_input() -> None:
    """T = 1, T = 0, diagonal cells; names and orders that do not exist."""
    once, delta = setting(sg.cell("gru"), 1)
    close(numeric.influence(once, delta, keep="retention").gradients, numeric.loss_gradient(once, delta))
    nothing = numeric.rollout(once.cell, once.params, np.zeros((0, 3)))
    assert all((value == 0).all() for value in numeric.influence(nothing, np.zeros((0, 4))).gradients.values())
    for name in ("mingru", "indrnn"):
        found, delta = setting(sg.cell(name))
        close(numeric.influence(found, delta, keep="diagonal").gradients, numeric.loss_gradient(found, delta))
    with pytest.raises(UnknownNameError, match="'drift'"):
        numeric.influence(once, np.zeros((2, 1, 4)), keep="drift")
    with pytest.raises(ShapeError, match="order needs a whole number from 0"):
        numeric.influence(once, np.zeros((2, 1, 4)), order=-1)
    with pytest.raises(ShapeError, match="delta needs shape"):
        numeric.influence(once, np.zeros((2, 3, 4)))
