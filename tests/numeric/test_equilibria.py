"""Fixed points against closed forms, the recurrence itself and torch's weights."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import symgate as sg
from symgate import numeric
from symgate.errors import ShapeError, UnknownNameError
from tests.numeric.recurrence import complex_derivative, draw, run

PLAIN = sg.cell("plain")


def one_unit(w: float, b: float = 0.0) -> dict[str, list]:
    return {"W_r": [[w]], "W_i": [[0.5]], "b": [b]}


def test_one_unit_is_the_textbook_pitchfork() -> None:
    """x = tanh(w x): 0 alone for w < 1, and a stable pair beside it for w > 1; eigenvalue w (1 - x^2)."""
    below, above = (numeric.fixed_points(PLAIN, one_unit(w), np.zeros(1)) for w in (0.8, 2.0))
    assert_allclose(below.points, [[0]], atol=1e-12)
    x = 0.9575040240772687  # the root of x = tanh(2 x), by bisection to 16 digits
    assert_allclose(np.sort(above.points.ravel()), [-x, 0, x], atol=1e-12)
    order = np.argsort(above.points.ravel())
    assert above.stable[order].tolist() == [True, False, True]
    assert_allclose(above.eigenvalues[order].ravel(), [2 * (1 - x * x), 2, 2 * (1 - x * x)], atol=1e-11)
    assert_allclose(above.inputs["u"][order].ravel(), [0.5 * (1 - x * x), 0.5, 0.5 * (1 - x * x)], atol=1e-11)
    assert above.hits.sum() == 128
    assert "3 fixed points (2 stable)" in above.summary


def test_a_slow_point_where_two_fixed_points_have_met() -> None:
    """x = tanh(1.5 x + b) past the fold: one fixed point, and a minimum of the speed where two used to be."""
    found = numeric.fixed_points(PLAIN, one_unit(1.5, 0.3), np.zeros(1))
    assert found.slow.tolist() == [False, True]
    x = found.points[1, 0]
    speed = lambda y: abs(np.tanh(1.5 * y + 0.3) - y)  # noqa: E731
    assert_allclose(found.residuals[1], speed(x), rtol=1e-12)
    assert speed(x) < min(speed(x - 1e-3), speed(x + 1e-3))
    only = numeric.fixed_points(PLAIN, one_unit(1.5, 0.3), np.zeros(1), slow=False)
    assert len(only.points) == 1
    assert len(only.left) > 0
    assert "starts did not converge" in only.summary


def test_a_linear_cell_is_solved() -> None:
    """x = W x + W_i u + b has one solution; without one, nothing is found and it says so."""
    cell = sg.cell("plain", phi="identity")
    rng = np.random.default_rng(0)
    W, b = rng.normal(size=(4, 4)) / 2, rng.normal(size=4)
    found = numeric.fixed_points(cell, {"W_r": W, "W_i": np.eye(4), "b": b}, np.ones(4), 8)
    assert_allclose(found.points, [np.linalg.solve(np.eye(4) - W, 1 + b)], rtol=1e-9)
    assert_allclose(np.sort_complex(found.eigenvalues[0]), np.sort_complex(np.linalg.eigvals(W)), rtol=1e-9)
    V, D = found.eigenvectors[0], np.diag(found.eigenvalues[0])
    assert_allclose(found.jacobians[0] @ V, V @ D, atol=1e-12)
    none = numeric.fixed_points(cell, {"W_r": [[1.0]], "W_i": [[0.0]], "b": [0.5]}, np.zeros(1), 4)
    assert not (~none.slow).any()
    assert "no fixed point found to 1e-10" in none.summary


@pytest.mark.parametrize("name", ["leaky", "multi_gate", "gru", "gru_original", "lstm", "mingru"])
def test_every_point_is_fixed_and_linearised_as_said(name: str) -> None:
    """F(x) = x by another reading of the recurrence; J and dF/du by complex step; all states of an LSTM."""
    cell = sg.cell(name)
    params, u = draw(cell, 4, 2, 1, 0.9), np.array([0.3, -0.2])
    found = numeric.fixed_points(cell, params, u, 40, slow=False)
    assert len(found.points) >= 1
    for k, x in enumerate(found.points[:3]):
        if name == "lstm":
            done = numeric.rollout(cell, params, u[None], x)
            assert x.shape == (8,)
            assert_allclose(done.x[1], x, atol=1e-9)
            continue
        assert_allclose(run(cell, params, u[None], x)[1], x, atol=1e-9)
        J = complex_derivative(lambda y: run(cell, params, u[None], y)[1], x)
        B = complex_derivative(lambda v, x=x: run(cell, params, v[None], x)[1], u)
        assert_allclose(found.jacobians[k], J, atol=1e-12)
        assert_allclose(found.inputs["u"][k], B, atol=1e-12)
    gap = np.abs(found.points[:, None] - found.points[None]).max(axis=-1) + 10 * np.eye(len(found.points))
    assert gap.min() > 1e-4


def test_starts_of_every_kind() -> None:
    """A number, states, states by name, and what a trajectory visits, which find the same stable point."""
    cell = sg.cell("lstm")
    params, u = draw(cell, 3, 2, 2, 0.6), np.zeros(2)
    path = numeric.rollout(cell, params, np.zeros((2, 60, 2)), np.random.default_rng(0).normal(size=(2, 6)))
    starts = [32, np.zeros((5, 6)), {"h": np.zeros((5, 3)), "c": np.ones((5, 3))}, path]
    for start in starts:
        found = numeric.fixed_points(cell, params, u, start)
        assert np.abs(found.points[found.stable] - path.x[0, -1]).max(axis=-1).min() < 1e-6
    repeated = [numeric.fixed_points(cell, params, u, 32, seed=4).points for _ in range(2)]
    assert (repeated[0] == repeated[1]).all()


def test_transposed_jacobians_are_told_apart() -> None:
    """Planted: rows stored as columns.  Eigenvalues would not notice, eigenvectors and the linearisation do."""
    cell = sg.cell("multi_gate")
    params, u = draw(cell, 4, 2, 1, 0.9), np.zeros(2)
    found = numeric.fixed_points(cell, params, u, 20, slow=False)
    x, J, d = found.points[0], found.jacobians[0], 1e-6 * np.ones(4)
    moved = run(cell, params, u[None], x + d)[1] - x
    assert_allclose(moved, J @ d, atol=1e-10)
    assert np.abs(moved - J.T @ d).max() > 1e-8


def test_weights_of_torch() -> None:
    """A GRU of torch: each point is fixed under torch's own step."""
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    layer = torch.nn.GRUCell(2, 5).double()
    cell, params = sg.interop.from_torch(layer)
    found = numeric.fixed_points(cell, params, np.array([0.5, 0.1]), 20)
    with torch.no_grad():
        u = torch.tensor([[0.5, 0.1]], dtype=torch.float64)
        after = layer(u.expand(len(found.points), 2), torch.tensor(found.points)).numpy()
    fixed = ~found.slow
    assert fixed.any()
    assert_allclose(after[fixed], found.points[fixed], atol=1e-9)


def test_states_that_have_left_the_floats_are_no_fixed_points() -> None:
    """Starts near the largest number: |x| overflows, and no residual is small beside it."""
    params = {"W_r": 3 * np.eye(2), "W_i": np.zeros((2, 1)), "b": np.zeros(2)}
    starts = np.array([[1e300, 1e300], [1e200, 0.0], [1.0, 2.0]])
    found = numeric.fixed_points(sg.cell("plain", phi="identity"), params, np.zeros(1), starts)
    assert np.isfinite(found.residuals).all()
    assert_allclose(found.points[0], 0, atol=1e-9)
    assert len(found.left) + found.hits.sum() == 3


def test_progress_counts_the_starts() -> None:
    """From few to all, whatever became of them."""
    seen = list[tuple[int, int]]()
    numeric.fixed_points(
        PLAIN, one_unit(1.5, 0.3), np.zeros(1), 10, told=lambda done, total: seen.append((done, total))
    )
    assert seen[-1] == (10, 10)
    assert len(seen) > 2
    assert all(total == 10 and 0 <= done <= 10 for done, total in seen)


def test_bad_input_is_named() -> None:
    """A sequence in place of an input, weights that are not finite, a missing parameter."""
    params = draw(PLAIN, 3, 2)
    with pytest.raises(ShapeError, match=r"one constant input 'u' of shape \(m,\); found \(7, 2\)"):
        numeric.fixed_points(PLAIN, params, np.zeros((7, 2)))
    with pytest.raises(ShapeError, match="'W_r' holds 9 entries that are not finite"):
        numeric.fixed_points(PLAIN, {**params, "W_r": np.full((3, 3), np.inf)}, np.zeros(2))
    with pytest.raises(UnknownNameError, match="b"):
        numeric.fixed_points(PLAIN, {"W_r": params["W_r"], "W_i": params["W_i"]}, np.zeros(2))
    with pytest.raises(ShapeError, match="Input 'u' is not finite"):
        numeric.fixed_points(PLAIN, params, np.array([np.nan, 0]))


@pytest.mark.parametrize("asked", [{"tolerance": -1}, {"tolerance": np.nan}, {"merge": 0}, {"seed": -1}, {"seed": "x"}])
def test_what_has_no_meaning_is_refused(asked: dict) -> None:
    """Tolerances are positive, seeds whole numbers; the name of a cell stands for it."""
    params = draw(sg.cell("gru"), 3, 2, 1)
    with pytest.raises(ShapeError, match=f"{next(iter(asked))} needs a"):
        numeric.fixed_points("gru", params, np.zeros(2), 4, **asked)
