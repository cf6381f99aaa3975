"""Lyapunov exponents against determinants, singular values, closed forms and jax."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

import symgate as sg
from symgate import numeric
from symgate.cells import LIBRARY
from symgate.errors import ShapeError
from symgate.numeric.exponents import is_triangular
from tests.numeric.recurrence import draw

#: Cells whose inputs have the size of the state.
SQUARE = {"rg_lru", "s6", "sru", "rwkv4"}


#: Cells whose inputs are vectors.
LISTED = [
    cell
    for cell in LIBRARY
    if all(hasattr(item, "shape") for item in cell.inputs) and {str(size) for size in cell.dimensions} <= {"n", "m"}
]


def path(cell: sg.Cell, steps: int = 200, n: int = 4, batch: tuple = (2,), scale: float = 0.8) -> numeric.Trajectory:
    """White inputs, moderate weights."""
    m = n if cell.name in SQUARE else 3
    params = draw(cell, n, m, 1, scale)
    for symbol in cell.parameters:
        if not hasattr(symbol, "shape"):
            params[str(symbol.name)] = np.array(0.1 if str(symbol.name) == "dt" else 0.3)
    rng = np.random.default_rng(0)
    sizes = {str(item.name): n if str(item.shape[0]) == "n" else m for item in cell.inputs}
    return numeric.rollout(cell, params, {name: rng.normal(size=(*batch, steps, size)) for name, size in sizes.items()})


@pytest.mark.sweep(12)
@pytest.mark.parametrize("cell", LISTED, ids=lambda cell: cell.name)
def test_the_sum_is_the_mean_log_determinant(cell: sg.Cell) -> None:
    """To 1e-10, over all states, after a transient; a lost direction is minus infinity in both."""
    found = path(cell)
    result = numeric.lyapunov(found, transient=20)

    if not np.isfinite(found.x).all():
        assert result.diverged.any()
        return
    J = numeric.jacobians(found)[:, 20:]
    expected = np.linalg.slogdet(J)[1].mean(axis=-1)
    finite = np.isfinite(expected)
    assert result.exponents.shape == found.x[..., 0, :].shape
    assert_allclose(result.exponents.sum(axis=-1)[finite], expected[finite], rtol=1e-10, atol=1e-10)
    assert (result.exponents.sum(axis=-1)[~finite] == -np.inf).all()
    assert_allclose(result.log_determinant, expected, rtol=1e-12)
    assert (np.diff(np.where(np.isinf(result.exponents), -1e300, result.exponents), axis=-1) <= 0).all()
    assert_allclose(result.history[finite, -1], result.exponents[finite], rtol=1e-12)


@pytest.mark.parametrize("name", ["multi_gate", "lstm", "gru_original"])
def test_they_are_the_growth_of_the_singular_values(name: str) -> None:
    """1/t log s_i(M_{t,0}), up to a constant over t: the gap halves when t doubles."""
    cell, gaps = sg.cell(name), []
    whole = path(cell, 800, batch=())
    for steps in (400, 800):
        part = replace(whole, x=whole.x[: steps + 1], inputs={"u": whole.u[:steps]})
        logs = numeric.singular_spectra(numeric.jacobians(part), [(steps, 0)]).logs[0] / steps
        gaps.append(np.abs(numeric.lyapunov(part).exponents - logs).max())
    assert gaps[1] < 0.7 * gaps[0] < 0.05


def test_a_linear_cell_has_the_logarithms_of_its_eigenvalues() -> None:
    """x_t = A x_{t-1}: log |eigenvalues|, however large the spread; a rotation has equal ones."""
    cell = sg.cell("plain", phi="identity")
    rng = np.random.default_rng(1)
    V = rng.normal(size=(5, 5))
    A = V @ np.diag([1.5, 0.9, -0.4, 1e-3, 1e-7]) @ np.linalg.inv(V)
    found = numeric.rollout(
        cell, {"W_r": A, "W_i": np.zeros((5, 1)), "b": np.zeros(5)}, np.zeros((900, 1)), np.zeros(5)
    )
    result = numeric.lyapunov(found, transient=100)
    assert_allclose(result.exponents, np.log([1.5, 0.9, 0.4, 1e-3, 1e-7]), atol=1e-7)
    assert_allclose(result.dimension, 1 + 1 + (np.log(1.5 * 0.9)) / abs(np.log(0.4)), rtol=1e-6)
    c, s = 0.7 * np.cos(0.3), 0.7 * np.sin(0.3)
    turning = numeric.rollout(
        cell, {"W_r": [[c, -s], [s, c]], "W_i": np.zeros((2, 1)), "b": np.zeros(2)}, np.zeros((50, 1)), np.zeros(2)
    )
    assert_allclose(numeric.lyapunov(turning).exponents, np.log(0.7), atol=1e-13)


def test_one_unit_and_one_step() -> None:
    """n = 1 is the mean of log |J|; T = 1 is log of the singular values of a random frame, whose sum is log |det J|."""
    found = path(sg.cell("multi_gate"), 50, n=1)
    J = numeric.jacobians(found)[..., 0, 0]
    assert_allclose(numeric.lyapunov(found).exponents[:, 0], np.log(np.abs(J)).mean(axis=-1), rtol=1e-13)
    once = path(sg.cell("gru"), 1)
    result = numeric.lyapunov(once)
    assert_allclose(result.exponents.sum(axis=-1), np.linalg.slogdet(numeric.jacobians(once)[:, 0])[1], rtol=1e-12)
    assert np.isnan(result.errors).all()


def test_diagonal_cells_are_exact() -> None:
    """minGRU: lambda_i = mean of log (1 - z_i), for every unit; several states that are triangular."""
    found = path(sg.cell("mingru"))
    leak = np.einsum("btii->bti", numeric.jacobians(found))
    result = numeric.lyapunov(found)
    assert result.interval == 0
    assert_allclose(result.exponents, -np.sort(-np.log(leak).mean(axis=1), axis=-1), rtol=1e-13)
    assert {cell.name for cell in LIBRARY if is_triangular(cell)} >= {"indrnn", "mingru", "minlstm", "ssm", "qrnn"}
    assert not any(is_triangular(sg.cell(name)) for name in ("multi_gate", "gru", "lstm", "lru", "plain"))


def test_some_of_them_and_any_interval() -> None:
    """k exponents are the first k; the interval changes nothing beyond rounding; no batch gives the same."""
    found = path(sg.cell("lstm"), 300, scale=0.5)
    whole, some = numeric.lyapunov(found, transient=50), numeric.lyapunov(found, 3, transient=50)
    assert_allclose(some.exponents, whole.exponents[:, :3], atol=0.02)
    assert some.log_determinant is None
    assert_allclose(numeric.lyapunov(found, transient=50, interval=1).exponents, whole.exponents, atol=1e-9)
    one = replace(found, x=found.x[1], inputs={"u": found.u[1]})
    assert_allclose(numeric.lyapunov(one, transient=50, interval=1).exponents, whole.exponents[1], atol=1e-9)
    assert (np.abs(whole.errors[:, 0]) < 0.05).all()


def test_the_lstm_without_its_cell_state_is_another_system() -> None:
    """Planted: dh_t/dh_{t-1} alone.  The largest exponent comes out far too small."""
    found = path(sg.cell("lstm"), 400, scale=0.5)
    J = numeric.jacobians(found)
    alone = found.block(J, "h", "h")
    wrong = np.log(np.abs(np.linalg.svd(alone, compute_uv=False)[..., 0])).mean()
    assert numeric.lyapunov(found, 1).exponents.mean() > wrong + 0.5


def test_jax_agrees() -> None:
    """The same loop over jax.jacfwd of the recurrence written in jax, and jax's QR."""
    jax = pytest.importorskip("jax")
    jnp = jax.numpy
    with jax.enable_x64(True):
        cell = sg.cell("multi_gate")
        found = path(cell, 120, batch=())
        W = {name: jnp.asarray(value) for name, value in found.params.items()}

        def step(x: object, u: object) -> object:
            g = jax.nn.sigmoid(W["W_g"] @ x + W["V_g"] @ u + W["b_g"])
            return (1 - g) * x + g * jnp.tanh(W["W_r"] @ x + W["W_i"] @ u + W["b"])

        x, Q, sums = jnp.zeros(4), jnp.linalg.qr(jnp.asarray(np.random.default_rng(3).normal(size=(4, 4))))[0], 0
        for t, u in enumerate(found.u):
            Q, R = jnp.linalg.qr(jax.jacfwd(step)(x, u) @ Q)
            x = step(x, u)
            if t >= 40:
                sums = sums + jnp.log(jnp.abs(jnp.diag(R)))
        expected = np.sort(np.asarray(sums) / 80)[::-1]
    assert_allclose(numeric.lyapunov(found, transient=40).exponents, expected, atol=2e-3)


def test_divergence_keeps_what_was_finite() -> None:
    """One of two sequences explodes: it is marked, its steps are counted, and the other is as if alone."""
    cell = sg.cell("plain", phi="identity")
    params = {"W_r": np.stack([0.9 * np.eye(2), 1e30 * np.eye(2)]), "W_i": np.ones((2, 1)), "b": np.zeros(2)}
    found = numeric.rollout(cell, params, np.ones((2, 40, 1)))
    result = numeric.lyapunov(found)
    assert result.diverged.tolist() == [False, True]
    assert result.steps.tolist()[0] == 40
    assert 5 < result.steps[1] < 15
    assert_allclose(result.exponents, [[np.log(0.9)] * 2, [30 * np.log(10)] * 2], rtol=1e-12)


@pytest.mark.parametrize("steps", [100, 2000])
def test_every_step_before_a_divergence_counts(steps: int) -> None:
    """A slow explosion, many steps from one factorisation to the next: the sum is mean log |det J| to 1e-10."""
    cell = sg.cell("plain", phi="identity")
    W = 3 * np.linalg.qr(np.random.default_rng(0).normal(size=(4, 4)))[0]
    params = {"W_r": W, "W_i": np.ones((4, 1)), "b": np.zeros(4)}
    result = numeric.lyapunov(numeric.rollout(cell, params, np.ones((steps, 1))), transient=50)
    assert bool(result.diverged) == (steps == 2000)
    assert_allclose(result.exponents, np.log(3), rtol=1e-12)
    assert_allclose(result.exponents.sum(), result.log_determinant, rtol=1e-10)


def test_bad_input_is_named() -> None:
    """k above N, a transient that leaves nothing, weights that are not finite."""
    found = path(sg.cell("lstm"), 30)
    with pytest.raises(ShapeError, match="A state of 8 entries has 8 exponents; asked for k = 9"):
        numeric.lyapunov(found, 9)
    with pytest.raises(ShapeError, match="T = 30 steps; a transient of 30 leaves no steps"):
        numeric.lyapunov(found, transient=30)
    with pytest.raises(ShapeError, match="'U_f' holds 16 entries that are not finite"):
        numeric.lyapunov(replace(found, params={**found.params, "U_f": np.full((4, 4), np.nan)}))
    with pytest.raises(ShapeError, match="k needs a whole number from 1"):
        numeric.lyapunov(found, 0)
