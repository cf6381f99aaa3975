"""Leading eigenvalues of the curvature against whole matrices, by jax too, and exact cases; slips are seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

import symgate as sg
from symgate import numeric
from symgate.errors import ShapeError, UnknownNameError
from symgate.numeric.lanczos import ends
from tests.numeric.test_curvature import setting
from tests.numeric.test_exponents import LISTED

#: Cells with few parameters: the whole matrices are formed.
SMALL = [cell for cell in LISTED if len(cell.parameters) <= 8]


def whole(found: numeric.Trajectory, delta: np.ndarray, hessian: object) -> tuple[np.ndarray, np.ndarray]:
    """H and G column by column, from their products with unit vectors."""
    names = list(found.params)
    size = sum(found.params[name].size for name in names)
    columns: tuple[list, list] = ([], [])
    for e in np.eye(size):
        cuts = np.split(e, np.cumsum([found.params[name].size for name in names])[:-1])
        v = {name: cut.reshape(found.params[name].shape) for name, cut in zip(names, cuts, strict=True)}
        products = (
            numeric.hessian_product(found, delta, v, hessian),
            numeric.gauss_newton_product(found, v, hessian),
        )
        for kept, product in zip(columns, products, strict=True):
            kept.append(np.concatenate([product[name].ravel() for name in names]))
    return np.array(columns[0]), np.array(columns[1])


@pytest.mark.sweep(3)
@pytest.mark.parametrize("cell", SMALL, ids=lambda cell: cell.name)
def test_they_are_the_eigenvalues_of_the_whole_matrices(cell: sg.Cell) -> None:
    """Both ends of H, the upper end of G; vectors, shares and the curvature along the gradient are theirs."""
    found, target, _ = setting(cell, steps=4)
    delta = found.after - target
    result = numeric.curvature_spectrum(found, delta, 1.0, 3)
    H, G = whole(found, delta, 1.0)
    values, size = np.linalg.eigvalsh(H), np.abs(H).max()
    assert result.converged.all()
    assert (result.asymmetry < 1e-12).all()
    assert_allclose(result.hessian.values, values[::-1][:3], rtol=1e-6, atol=1e-8 * size)
    assert_allclose(result.negative.values, values[:3], rtol=1e-6, atol=1e-8 * size)
    assert_allclose(result.gauss_newton.values, np.linalg.eigvalsh(G)[::-1][:3], rtol=1e-6, atol=1e-8 * size)
    for matrix, pairs in ((H, result.hessian), (H, result.negative), (G, result.gauss_newton)):
        away = matrix @ pairs.vectors.T - pairs.vectors.T * pairs.values
        assert (np.linalg.norm(away, axis=0) <= pairs.errors + 1e-12 * size).all()
        assert_allclose(pairs.vectors @ pairs.vectors.T, np.eye(3), atol=1e-12)
    g = result.gradient
    assert_allclose(g, np.concatenate([v.ravel() for v in numeric.loss_gradient(found, delta).values()]))
    assert_allclose(result.along_gradient, [g @ H @ g / (g @ g), g @ G @ g / (g @ g)], rtol=1e-9, atol=1e-9 * size)
    assert_allclose(result.shares(result.hessian), (result.hessian.vectors @ g) ** 2 / (g @ g), rtol=1e-9, atol=1e-12)


def test_jax_has_the_same_hessian() -> None:
    """The whole Hessian of one matrix by ``jax.hessian``, a loss at the last step alone."""
    jax = pytest.importorskip("jax")
    jnp = jax.numpy
    with jax.enable_x64(True):
        found, _, _ = setting(sg.cell("multi_gate"))
        fixed = {name: jnp.asarray(value) for name, value in found.params.items()}

        def loss(R: object) -> object:
            x, W = jnp.zeros((2, 4)), {**fixed, "W_r": R.reshape(4, 4)}
            for t in range(6):
                u = found.u[:, t]
                g = jax.nn.sigmoid(x @ W["W_g"].T + u @ W["V_g"].T + W["b_g"])
                x = (1 - g) * x + g * jnp.tanh(x @ W["W_r"].T + u @ W["W_i"].T + W["b"])
            return (x**2).sum() / 2

        H = np.asarray(jax.hessian(loss)(fixed["W_r"].reshape(-1)))
    delta, curved = np.zeros_like(found.after), np.zeros_like(found.after)
    delta[:, -1], curved[:, -1] = found.after[:, -1], 1
    result = numeric.curvature_spectrum(found, delta, curved, 4, wrt="W_r", tolerance=1e-10)
    values = np.linalg.eigvalsh(H)
    assert_allclose(result.hessian.values, values[::-1][:4], rtol=1e-9)
    assert_allclose(result.negative.values, values[:4], rtol=1e-9, atol=1e-12)
    # the loss at every step instead, or none in its Hessian, is told apart
    for slip in (1.0, 0.0):
        wrong = numeric.curvature_spectrum(found, delta, slip, 4, wrt="W_r")
        assert np.abs(wrong.hessian.values - values[::-1][:4]).max() > 1e-2 * values[-1]


def test_one_step_of_a_linear_cell() -> None:
    """T = 1 from x_0 = 0: by W_i, H = G = I (x) u u', with |u|^2 n times and 0 otherwise; the longest step: 2/|u|^2."""
    cell = sg.cell("plain", phi="identity")
    found = numeric.rollout(cell, {"W_r": np.eye(2), "W_i": np.ones((2, 3)), "b": np.zeros(2)}, np.array([[1.0, 2, 2]]))
    result = numeric.curvature_spectrum(found, found.after, 1.0, 3, wrt="W_i")
    for pairs in (result.hessian, result.gauss_newton):
        assert_allclose(pairs.values, [9, 9, 0], atol=1e-12)
    assert_allclose(result.negative.values, 0, atol=1e-12)
    assert result.step_limit == pytest.approx(2 / 9)
    assert result.by_parameter(result.hessian.vectors)["W_i"].shape == (3, 2, 3)
    flat = numeric.curvature_spectrum(found, np.zeros((1, 2)), 0.0, 2)
    assert_allclose(flat.hessian.values, 0, atol=1e-300)
    assert flat.step_limit == np.inf
    assert np.isnan(flat.along_gradient).all()
    assert np.isnan(flat.shares(flat.hessian)).all()


def spread(size: int, seed: int = 0) -> np.ndarray:
    """A symmetric matrix whose eigenvalues lie close together at both ends."""
    V = np.linalg.qr(np.random.default_rng(seed).normal(size=(size, size)))[0]
    return V @ np.diag(np.cos(np.linspace(0, np.pi, size))) @ V.T


@pytest.mark.parametrize("rounds", [3, 8, 20, 60])
def test_an_eigenvalue_lies_within_each_error(rounds: int) -> None:
    """Also where the products were too few, which is told; the errors are not far above the truth."""
    A = spread(60)
    found = ends(lambda v: A @ v, 60, 3, rounds, 1e-9)
    values = np.linalg.eigvalsh(A)
    assert found.converged == (rounds == 60)
    assert found.products <= rounds
    for pairs in (found.top, found.bottom):
        away = np.abs(pairs.values[:, None] - values).min(axis=1)
        assert (away <= pairs.errors + 1e-13).all()
        assert (pairs.errors < 0.7).all()
        residuals = np.linalg.norm(A @ pairs.vectors.T - pairs.vectors.T * pairs.values, axis=0)
        assert_allclose(pairs.errors, residuals, atol=1e-12)


def test_a_product_that_is_not_symmetric_is_seen() -> None:
    """A slip in a derivative: one entry, or one term for its transpose."""
    A, rng = spread(30), np.random.default_rng(1)
    assert ends(lambda v: A @ v, 30, 2, 30, 1e-9).asymmetry < 1e-13
    slipped = A.copy()
    slipped[3, 7] += 0.1
    assert ends(lambda v: slipped @ v, 30, 2, 30, 1e-9).asymmetry > 1e-4
    drift = 1e-3 * rng.normal(size=(30, 30))
    assert ends(lambda v: (A + drift) @ v, 30, 2, 30, 1e-9).asymmetry > 1e-4


def test_multiples_of_one_eigenvalue_are_found() -> None:
    """Where the first direction spans too little, fresh ones are drawn."""
    A = np.diag([2.0, 2, 2, 1, 0, 0, 0, -1])
    found = ends(lambda v: A @ v, 8, 5, 8, 1e-9)
    assert_allclose(found.top.values, [2, 2, 2, 1, 0], atol=1e-12)
    assert_allclose(found.bottom.values, [-1, 0, 0, 0, 1], atol=1e-12)
    assert ends(lambda v: 0 * v, 8, 2, 8, 1e-9).converged


def test_bad_input_is_named() -> None:
    """What does not fit, what is not finite."""
    found, _, _ = setting(sg.cell("gru"))
    with pytest.raises(ShapeError, match="4 entries of b_z have 4 eigenvalues; asked for k = 5"):
        numeric.curvature_spectrum(found, found.after, wrt="b_z")
    with pytest.raises(UnknownNameError, match="'W_q' is not a known parameter"):
        numeric.curvature_spectrum(found, found.after, wrt="W_q")
    with pytest.raises(ShapeError, match="k needs a whole number from 1"):
        numeric.curvature_spectrum(found, found.after, k=0)
    with pytest.raises(ShapeError, match="hessian needs one number"):
        numeric.curvature_spectrum(found, found.after, np.zeros(5))
    broken = replace(found, params={**found.params, "b_z": np.full(4, np.nan)})
    with pytest.raises(ShapeError, match="'b_z' holds 4 entries that are not finite"):
        numeric.curvature_spectrum(broken, found.after)
    with pytest.raises(ShapeError, match="leaves the floating point range"):
        numeric.curvature_spectrum(found, found.after, 1e308)
    with pytest.raises(ShapeError, match="The gradient of the loss is not finite"):
        numeric.curvature_spectrum(found, np.nan * found.after)
    with pytest.raises(ShapeError, match="wrt names no parameter"):
        numeric.curvature_spectrum(found, found.after, wrt=[])
    with pytest.raises(ShapeError, match="tolerance needs a positive number"):
        numeric.curvature_spectrum(found, found.after, tolerance=-1)
    for analysis in (numeric.lyapunov, numeric.effective_learning_rates):
        with pytest.raises(ShapeError, match=r"takes a trajectory from .*; found ndarray"):
            analysis(found.x)
