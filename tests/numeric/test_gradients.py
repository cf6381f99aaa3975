"""Gradients by the generated adjoint are the derivatives of the loss through the whole recurrence."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import symgate as sg
from symgate import numeric
from symgate.errors import ShapeError, UnknownNameError
from tests.drawn import examples
from tests.numeric.recurrence import complex_derivative, draw, run
from tests.strategies import cells

N, M, STEPS = 3, 2, 20

TARGET = np.linspace(-1, 1, STEPS * N).reshape(STEPS, N)

#: l(x_1 .. x_T), analytic, with its derivative by each x_t.
LOSSES: dict[str, tuple[Callable, Callable]] = {
    "last step": (lambda x: x[-1].sum(), lambda x: np.concatenate([np.zeros_like(x[:-1]), np.ones_like(x[-1:])])),
    "squares": (lambda x: ((x - TARGET) ** 2).sum() / 2, lambda x: x - TARGET),
    "early step": (lambda x: np.exp(x[2]).sum(), lambda x: np.where(np.arange(STEPS)[:, None] == 2, np.exp(x), 0)),
    "mixed": (lambda x: (np.sin(x) * x[:, ::-1]).sum(), lambda x: np.cos(x) * x[:, ::-1] + np.sin(x[:, ::-1])),
}


@pytest.mark.parametrize("cell", sg.CELLS, ids=lambda cell: cell.name)
@pytest.mark.parametrize("loss", LOSSES)
def test_gradient_agrees_with_complex_step(cell: sg.Cell, loss: str) -> None:
    """Every parameter, the inputs and the initial state, T = 20."""
    value, slope = LOSSES[loss]
    rng = np.random.default_rng(2)
    params, u, x0 = draw(cell, N, M, seed=3), rng.normal(size=(STEPS, M)), rng.normal(size=N)
    trajectory = numeric.rollout(cell, params, u, x0)

    found = numeric.loss_gradient(trajectory, slope(trajectory.after), wrt=[*params, "u", "x"])

    everything = {**params, "u": u, "x": x0}
    assert list(found) == list(everything)
    for name in everything if loss == "mixed" else params:
        at = everything[name]

        def through(moved: np.ndarray, name: str = name) -> np.ndarray:
            now = {**everything, name: moved}
            return value(run(cell, {key: now[key] for key in params}, now["u"], now["x"])[1:])

        expected = complex_derivative(through, at)
        assert found[name].shape == np.shape(at)
        assert_allclose(found[name], expected, rtol=1e-10, atol=1e-11 * max(1, np.abs(expected).max()))


@settings(max_examples=examples(15))
@given(cell=st.sampled_from(sg.CELLS), batch=st.sampled_from([(), (1,), (3,), (2, 2)]), steps=st.integers(0, 5))
def test_gradient_is_summed_over_batch_and_time(cell: sg.Cell, batch: tuple, steps: int) -> None:
    """The gradient of a batch is the sum over its sequences; it equals the double sum over transports."""
    rng = np.random.default_rng(steps)
    params = draw(cell, N, M, seed=4)
    u, delta = rng.normal(size=(*batch, steps, M)), rng.normal(size=(*batch, steps, N))
    trajectory = numeric.rollout(cell, params, u)
    found = numeric.loss_gradient(trajectory, delta)

    singles = [
        numeric.loss_gradient(numeric.rollout(cell, params, u[index]), delta[index]) for index in np.ndindex(batch)
    ]
    for name, value in found.items():
        assert_allclose(value, sum(single[name] for single in singles), atol=1e-12)
    J = numeric.jacobians(trajectory)
    lam = numeric.adjoint(trajectory, delta)
    for k in range(steps + 1):
        carried = sum(
            (np.swapaxes(numeric.transport(J, t, k), -1, -2) @ delta[..., t - 1, :, None])[..., 0]
            for t in range(max(k, 1), steps + 1)
        )
        assert_allclose(lam[..., k, :], carried if steps else 0, atol=1e-12)


@settings(max_examples=examples(40))
@given(cell=cells(), seed=st.integers(0, 99))
def test_drawn_cells_agree_with_complex_step(cell: sg.Cell, seed: int) -> None:
    """Cells drawn at random: parameters used twice, transposed, in scalars, or not at all."""
    rng = np.random.default_rng(seed)
    params, u, x0 = draw(cell, N, M, seed, 0.4), rng.normal(size=(3, M)), 0.4 * rng.normal(size=N)
    delta = rng.normal(size=(3, N))
    trajectory = numeric.rollout(cell, params, u, x0)
    found = numeric.loss_gradient(trajectory, delta, wrt=[*params, "u", "x"])
    everything = {**params, "u": u, "x": x0}
    for name, at in everything.items():

        def through(moved: np.ndarray, name: str = name) -> np.ndarray:
            now = {**everything, name: moved}
            return (run(cell, {key: now[key] for key in params}, now["u"], now["x"])[1:] * delta).sum()

        with np.errstate(all="ignore"):
            expected = complex_derivative(through, at)
        if np.all(np.abs(expected) < 1e6):
            assert_allclose(found[name], expected, atol=1e-9 * (1 + np.abs(expected).max()), err_msg=name)


def test_batched_parameters_keep_their_axes() -> None:
    """A parameter per sequence has a gradient per sequence; a shared one beside it is summed."""
    cell = sg.cell("multi_gate")
    rng = np.random.default_rng(5)
    params = draw(cell, N, M, seed=5)
    u, delta = rng.normal(size=(2, 4, M)), rng.normal(size=(2, 4, N))
    each = {**params, "W_r": rng.normal(size=(2, N, N)), "b_g": rng.normal(size=(2, N))}
    found = numeric.loss_gradient(numeric.rollout(cell, each, u), delta)

    singles = []
    for index in range(2):
        own = {**params, "W_r": each["W_r"][index], "b_g": each["b_g"][index]}
        singles.append(numeric.loss_gradient(numeric.rollout(cell, own, u[index]), delta[index]))
    for name in params:
        parts = np.stack([single[name] for single in singles])
        assert_allclose(found[name], parts if name in {"W_r", "b_g"} else parts.sum(axis=0), atol=1e-12)


def test_a_lag_off_by_one_is_told_apart() -> None:
    """Planted: the adjoint after the step in place of the one at the step; the check of the first test objects."""
    cell = sg.cell("multi_gate")
    rng = np.random.default_rng(6)
    params, u = draw(cell, N, M, seed=6), rng.normal(size=(STEPS, M))
    trajectory = numeric.rollout(cell, params, u)
    delta = TARGET - trajectory.after
    late = np.concatenate([delta[1:], np.zeros((1, N))])

    right, wrong = (numeric.loss_gradient(trajectory, push)["W_r"] for push in (delta, late))

    assert np.abs(right - wrong).max() > 1e-2 * np.abs(right).max()


def test_single_precision_is_kept() -> None:
    """float32 in, float32 out."""
    cell = sg.cell("multi_gate")
    params = {name: value.astype(np.float32) for name, value in draw(cell, N, M).items()}
    trajectory = numeric.rollout(cell, params, np.ones((4, M), np.float32))

    gradient = numeric.loss_gradient(trajectory, np.ones((4, N), np.float32))

    assert {value.dtype for value in gradient.values()} == {np.dtype(np.float32)}


def test_mistakes_are_named() -> None:
    """Shapes of delta, and names that the cell does not have."""
    cell = sg.cell("leaky")
    trajectory = numeric.rollout(cell, draw(cell, N, M), np.ones((2, STEPS, M)))

    with pytest.raises(ShapeError, match=r"delta needs shape \(2, 20, 3\).*\(2, 21, 3\)"):
        numeric.loss_gradient(trajectory, np.ones((2, STEPS + 1, N)))
    with pytest.raises(ShapeError, match="delta"):
        numeric.loss_gradient(trajectory, np.ones((3, STEPS, N)))
    with pytest.raises(UnknownNameError, match="W_q"):
        numeric.loss_gradient(trajectory, np.ones((2, STEPS, N)), wrt=("W_q",))
    assert_array_equal(numeric.loss_gradient(trajectory, np.zeros((STEPS, N)))["alpha"], 0)


@pytest.mark.parametrize("cell", [*sg.CELLS, sg.cell("gru"), sg.cell("mingru")], ids=lambda cell: cell.name)
def test_example_gradients_are_those_of_one_sequence_at_a_time(cell: sg.Cell) -> None:
    """Batch axes in front, in the order asked for; their sum is the gradient of the batch."""
    rng = np.random.default_rng(4)
    params, u, x0 = draw(cell, N, M, seed=5), rng.normal(size=(2, 3, 6, M)), rng.normal(size=(2, 3, N))
    delta = rng.normal(size=(2, 3, 6, N))
    trajectory = numeric.rollout(cell, params, u, x0)
    found = numeric.example_gradients(trajectory, delta)

    assert list(found) == list(params)
    for index in np.ndindex(2, 3):
        one = numeric.loss_gradient(numeric.rollout(cell, params, u[index], x0[index]), delta[index])
        for name, value in one.items():
            assert_allclose(found[name][index], value, rtol=1e-10, atol=1e-13, err_msg=name)
    whole = numeric.loss_gradient(trajectory, delta)
    for name in params:
        assert_allclose(found[name].sum(axis=(0, 1)), whole[name], rtol=1e-9, atol=1e-12)
    assert list(numeric.example_gradients(trajectory, delta, "b" if "b" in params else "b_z")) == [
        "b" if "b" in params else "b_z"
    ]


def test_example_gradients_refuse_what_is_no_shared_parameter() -> None:
    """An input, and a parameter that the batch does not share."""
    cell = sg.cell("plain")
    params = draw(cell, N, M)
    u = np.zeros((2, 4, M))
    with pytest.raises(UnknownNameError, match="'u' is not a known parameter"):
        numeric.example_gradients(numeric.rollout(cell, params, u), np.zeros((2, 4, N)), ["u"])
    apart = {**params, "b": np.zeros((2, N))}
    with pytest.raises(ShapeError, match="'b' has batch axes of its own"):
        numeric.example_gradients(numeric.rollout(cell, apart, u), np.zeros((2, 4, N)))


@pytest.mark.parametrize("target", ["numpy", pytest.param("numba", marks=pytest.mark.full)])
def test_the_gradient_goes_through_a_stack_of_three_layers(target: str) -> None:
    """Parts that vector-Jacobian products of stacks have names for are in the loops over time; central differences."""
    if target == "numba":
        pytest.importorskip("numba")
    tower = sg.cells.stack("tower", *[sg.cell("leaky")] * 3)
    rng = np.random.default_rng(0)
    sizes = {"n": N, "m": M}
    params = {
        str(p.name): rng.uniform(0.2, 0.8, [sizes.get(str(size), N) for size in getattr(p, "shape", ()) if size != 1])
        for p in tower.parameters
    }
    u, step = rng.standard_normal((5, M)), 1e-6

    def loss(given: dict[str, np.ndarray]) -> float:
        return float((numeric.rollout(tower, given, u).after ** 2).sum() / 2)

    path = numeric.rollout(tower, params, u, keep=True, target=target)
    found = numeric.loss_gradient(path, path.after)

    for name, value in params.items():
        change = rng.standard_normal(value.shape)
        ends = [loss({**params, name: value + sign * step * change}) for sign in (1, -1)]
        assert_allclose((found[name] * change).sum(), (ends[0] - ends[1]) / (2 * step), rtol=1e-6, err_msg=name)
