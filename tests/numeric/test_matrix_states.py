"""Analyses of trajectories of matrix states: influences, gradients by lag, curvatures, fixed points, rates."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import symgate as sg
from symgate import numeric
from symgate.cells import MATRIX
from symgate.errors import DefinitionError, NotDerivedError, ShapeError
from tests.matrix_cells import MATRIX_CELLS

STEPS, BATCH = 5, 2
#: Those of which the Jacobian on the stacked columns is derived.
CELLS = [*MATRIX, *(cell for cell in MATRIX_CELLS if cell.name != "square")]
SQUARE = MATRIX_CELLS[-1]


def named(cell: sg.Cell) -> str:
    return cell.name


def path(cell: sg.Cell, n: int, d: int, batch: tuple[int, ...] = (BATCH,)) -> tuple[numeric.Trajectory, np.ndarray]:
    """A trajectory from random states, and pushes of the entries of all states."""
    sizes, rng = {"n": n, "d": d, "m": 3, "p": 3, "r": 2, "s": 1}, np.random.default_rng(0)

    def drawn(symbol: object) -> np.ndarray:
        return 0.4 * rng.standard_normal([sizes[str(size)] for size in getattr(symbol, "shape", ()) if size != 1])

    params = {str(item.name): drawn(item) for item in cell.parameters}
    x0 = {state.name: drawn(state.before) for state in cell.states}
    run = numeric.rollout(cell, params, rng.standard_normal((*batch, STEPS, 3)), x0)
    return run, rng.standard_normal(run.after.shape)


def close(found: dict, wanted: dict, rtol: float = 1e-10) -> None:
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        assert_allclose(found[name], value, rtol=rtol, atol=1e-12 * (1 + np.abs(value).max()), err_msg=name)


@pytest.mark.sweep(6)
@pytest.mark.parametrize(("n", "d"), [(1, 1), (4, 3)])
@pytest.mark.parametrize("cell", CELLS, ids=named)
def test_the_gradient_forward_by_lags_and_by_examples(cell: sg.Cell, n: int, d: int) -> None:
    """All of them are the gradient backward; truncated influences end in it at their last order."""
    run, delta = path(cell, n, d)
    whole = numeric.loss_gradient(run, delta)

    exact = numeric.influence(run, delta)
    close(exact.gradients, whole)
    close(numeric.influence(run, delta, keep="diagonal", order=STEPS - 1).gradients, whole)
    assert all(value.shape == (BATCH, run.x.shape[-1], *whole[name].shape) for name, value in exact.influence.items())
    lags = numeric.lag_gradients(run, delta)
    close({name: value.sum(axis=0) for name, value in lags.by_lag.items()}, whole)
    each = numeric.example_gradients(run, delta)
    close({name: value.sum(axis=0) for name, value in each.items()}, whole)
    alone = numeric.loss_gradient(numeric.rollout(cell, run.params, run.u[1], run.x[1, 0]) if len(cell.states) > 1
                                  else numeric.rollout(cell, run.params, run.u[1], run.cut(run.x[1, 0], "C")),
                                  delta[1])  # fmt: skip
    close({name: value[1] for name, value in each.items()}, alone)


@pytest.mark.sweep(4)
@pytest.mark.parametrize("cell", CELLS, ids=named)
def test_the_influence_is_the_derivative_of_the_last_state(cell: sg.Cell) -> None:
    """Of every entry by every parameter, by central differences; a truncation of order 0 is another."""
    run, delta = path(cell, 3, 2, ())
    exact = numeric.influence(run, delta).influence
    x0 = {name: run.state(name)[0] for name in run.slices}
    rng, step = np.random.default_rng(1), 1e-6
    for name, value in run.params.items():
        direction = rng.standard_normal(np.shape(value))
        ends = [
            numeric.rollout(cell, {**run.params, name: value + sign * step * direction}, run.u, x0).x[-1]
            for sign in (1, -1)
        ]
        moved = np.tensordot(exact[name], direction, axes=np.ndim(value))
        assert_allclose(moved, (ends[0] - ends[1]) / (2 * step), rtol=1e-6, atol=1e-7, err_msg=name)


@pytest.mark.sweep(4)
@pytest.mark.parametrize("cell", [*CELLS, SQUARE], ids=named)
def test_hessian_products_are_differences_of_gradients(cell: sg.Cell) -> None:
    """Of L = sum delta . x + |x - x_here|^2 / 2; symmetric; Gauss-Newton is its second part."""
    run, delta = path(cell, 3, 3 if cell.name == "square" else 2)
    x0 = {name: run.state(name)[..., 0, :, :] if value.ndim == 4 else run.state(name)[..., 0, :]
          for name, value in ((name, run.state(name)) for name in run.slices)}  # fmt: skip
    rng, step = np.random.default_rng(2), 1e-5
    V, W = ({name: rng.standard_normal(value.shape) for name, value in run.params.items()} for _ in range(2))

    def gradient(by: float) -> dict[str, np.ndarray]:
        there = numeric.rollout(cell, {name: value + by * V[name] for name, value in run.params.items()}, run.u, x0)
        return numeric.loss_gradient(there, delta + there.after - run.after)

    product, ends = numeric.hessian_product(run, delta, V, 1.0), (gradient(step), gradient(-step))
    for name, value in product.items():
        wanted = (ends[0][name] - ends[1][name]) / (2 * step)
        assert_allclose(value, wanted, rtol=2e-5, atol=2e-6 * (1 + np.abs(wanted).max()), err_msg=name)

    def dot(one: dict, other: dict) -> float:
        return float(sum((one[name] * other[name]).sum() for name in one))

    assert dot(W, product) == pytest.approx(dot(V, numeric.hessian_product(run, delta, W, 1.0)), rel=1e-9)
    gauss = numeric.gauss_newton_product(run, V, 1.0)
    assert dot(V, gauss) >= 0
    zero = {name: numeric.hessian_product(run, 0 * delta, V, 1.0)[name] for name in gauss}
    close(zero, gauss)


def test_fixed_points_of_a_gated_memory() -> None:
    """C = C diag(g) + v k' has one fixed point, v k' diag(1/(1 - g)); of additive memories there is none."""
    run, _ = path(sg.cell("linear_attention"), 3, 2)
    u = np.array([0.3, -0.2, 0.5])
    found = numeric.fixed_points(run.cell, run.params, u, 8)
    once = numeric.rollout(run.cell, run.params, u[None], np.zeros((3, 2)))
    write, g = once.state("C")[1], np.diagonal(numeric.jacobians(once)[0])[::3]

    assert len(found.points) == 1
    assert found.stable.all()
    assert_allclose(once.cut(found.points[0], "C"), write / (1 - g), rtol=1e-9)
    assert_allclose(np.sort(np.abs(found.eigenvalues[0])), np.sort(np.repeat(g, 3)), rtol=1e-9)
    assert not (
        ~numeric.fixed_points(sg.cell("fast_weights"), path(sg.cell("fast_weights"), 3, 2)[0].params, u, 8).slow
    ).any()


def test_rates_are_the_gates_and_dense_retention_has_none() -> None:
    run, _ = path(sg.cell("linear_attention"), 3, 2)
    rates = numeric.effective_learning_rates(run)
    assert_allclose(rates.leak, np.diagonal(numeric.jacobians(run), axis1=-2, axis2=-1))
    assert not rates.rest.any()
    for name in ("delta_net", "gated_delta_net"):
        with pytest.raises(DefinitionError, match="not diagonal"):
            numeric.effective_learning_rates(path(sg.cell(name), 3, 2)[0])


def test_pushes_are_matrices_or_their_stacked_columns() -> None:
    run, delta = path(sg.cell("delta_net"), 4, 3)
    wanted = numeric.loss_gradient(run, delta)
    close(numeric.loss_gradient(run, run.cut(delta, "C")), wanted)
    close(numeric.loss_gradient(run, {"C": run.cut(delta, "C")}), wanted)
    for wrong in (np.swapaxes(run.cut(delta, "C"), -1, -2), delta[..., :-1], delta[..., :-1, :]):
        with pytest.raises(ShapeError):
            numeric.loss_gradient(run, wrong)


def test_the_stabiliser_needs_no_size() -> None:
    """It is one number."""
    run, _ = path(sg.cell("mlstm"), 3, 2)
    assert numeric.rollout(run.cell, run.params, run.u).state("m").shape == (BATCH, STEPS + 1, 1)


def test_a_state_that_is_transposed_says_what_is_not_derived() -> None:
    run, delta = path(SQUARE, 3, 3)
    with pytest.raises(NotDerivedError, match="Kronecker form of dC -> dC'"):
        numeric.influence(run, delta)
