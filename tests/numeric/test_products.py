"""Transport is the derivative of the whole recurrence, whatever the Jacobians are said to be."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import symgate as sg
from symgate import numeric
from symgate.errors import ShapeError, SymgateError, UnknownNameError
from tests.drawn import examples
from tests.numeric.recurrence import complex_derivative, draw, run

N, M, STEPS = 4, 2, 6


def setting(cell: sg.Cell, n: int = N, steps: int = STEPS, seed: int = 1, scale: float = 0.6) -> tuple:
    """A cell's parameters, inputs and initial state."""
    rng = np.random.default_rng(seed)
    return draw(cell, n, M, seed, scale), rng.normal(size=(steps, M)), 0.5 * rng.normal(size=n)


def expected_transport(cell: sg.Cell, params: dict, u: np.ndarray, x0: np.ndarray, t: int, k: int) -> np.ndarray:
    """dx_t/dx_k by complex step through the steps k+1 .. t of the recurrence."""
    x = run(cell, params, u, x0)
    return complex_derivative(lambda x_k: run(cell, params, u[k:t], x_k)[-1], x[k])


@pytest.mark.sweep(10)
@pytest.mark.parametrize("cell", sg.CELLS, ids=lambda cell: cell.name)
@pytest.mark.parametrize(("t", "k"), [(STEPS, 0), (STEPS, STEPS - 1), (4, 1), (3, 3), (0, 0)])
def test_transport_is_the_derivative_of_the_recurrence(cell: sg.Cell, t: int, k: int) -> None:
    """M_{t,k} = dx_t/dx_k."""
    params, u, x0 = setting(cell)
    J = numeric.jacobians(numeric.rollout(cell, params, u, x0))

    found = numeric.transport(J, t, k)

    assert_allclose(found, expected_transport(cell, params, u, x0, t, k), atol=1e-13)


@settings(max_examples=examples(25))
@given(
    cell=st.sampled_from(sg.CELLS),
    n=st.integers(1, 5),
    steps=st.integers(0, 7),
    scale=st.sampled_from([0.0, 0.5, 3.0, 40.0]),
    seed=st.integers(0, 99),
)
def test_transport_at_any_size_and_saturation(cell: sg.Cell, n: int, steps: int, scale: float, seed: int) -> None:
    """The same for one unit, no step, and gates saturated to exactly 0 or 1."""
    params, u, x0 = setting(cell, n, steps, seed, scale)
    trajectory = numeric.rollout(cell, params, u, x0)
    assert_allclose(trajectory.x, run(cell, params, u, x0), atol=1e-12)

    with np.errstate(all="ignore"):
        expected = expected_transport(cell, params, u, x0, steps, 0)
    if np.isfinite(expected).all():  # the oracle's own sigma' overflows where ours does not
        found = numeric.transport(numeric.jacobians(trajectory), steps, 0)
        assert_allclose(found, expected, atol=1e-9 * max(1, np.abs(expected).max()))


def _reversed_order(J: np.ndarray, t: int, k: int) -> np.ndarray:
    return numeric.transport(J[..., k:t, :, :][..., ::-1, :, :], t - k, 0)


def _one_step_too_many(J: np.ndarray, t: int, k: int) -> np.ndarray:
    return numeric.transport(J, t, k - 1)


def _one_step_too_few(J: np.ndarray, t: int, k: int) -> np.ndarray:
    return numeric.transport(J, t - 1, k)


def _gate_term_after_the_step(trajectory: numeric.Trajectory) -> np.ndarray:
    """The Jacobians with x_t for x_{t-1} in the gate term: it shrinks by exactly 1 - g_t."""
    terms = numeric.jacobian_terms(trajectory)
    return terms["drive"] + terms["retention"] @ terms["gate"] + terms["retention"]


@pytest.mark.parametrize("wrong", [_reversed_order, _one_step_too_many, _one_step_too_few])
def test_a_wrong_product_is_told_apart(wrong: Callable) -> None:
    """The check of the first test objects to each."""
    cell = sg.cell("multi_gate")
    params, u, x0 = setting(cell)
    J = numeric.jacobians(numeric.rollout(cell, params, u, x0))

    error = np.abs(wrong(J, 5, 1) - expected_transport(cell, params, u, x0, 5, 1)).max()

    assert error > 1e-3


@pytest.mark.parametrize("name", ["scalar_gate", "multi_gate"])
def test_a_gate_term_with_the_state_after_the_step_is_told_apart(name: str) -> None:
    """And to factors that are off by one in the gate term."""
    cell = sg.cell(name)
    params, u, x0 = setting(cell)
    J = _gate_term_after_the_step(numeric.rollout(cell, params, u, x0))

    error = np.abs(numeric.transport(J, STEPS, 0) - expected_transport(cell, params, u, x0, STEPS, 0)).max()

    assert error > 1e-3


def test_stacks_are_batched_and_terms_add_up() -> None:
    """Batch axes stay in front; the parts of a split are disjoint and complete."""
    cell = sg.cell("multi_gate")
    params, _, _ = setting(cell)
    u = np.random.default_rng(0).normal(size=(2, 3, STEPS, M))
    trajectory = numeric.rollout(cell, params, u)
    J, terms = numeric.jacobians(trajectory), numeric.jacobian_terms(trajectory)

    assert J.shape == (2, 3, STEPS, N, N)
    assert list(terms) == ["retention", "drive", "gate"]
    assert_allclose(sum(terms.values()), J, atol=1e-15)
    for keep in (("retention",), ("retention", "drive"), "drive"):
        A, B = numeric.split(trajectory, keep)
        names = [keep] if isinstance(keep, str) else keep
        assert_allclose(A, sum(terms[name] for name in names), atol=1e-15)
        assert_allclose(A + B, J, atol=1e-15)
    one = numeric.jacobians(numeric.rollout(cell, params, u[1, 2]))
    assert_allclose(one, J[1, 2], atol=1e-14)
    assert_allclose(numeric.transport(J, 5, 2)[1, 2], one[4] @ one[3] @ one[2], atol=1e-14)


def test_splits_may_keep_everything_or_nothing() -> None:
    """The other part is zero; unknown terms are named."""
    cell = sg.cell("scalar_gate")
    params, u, x0 = setting(cell)
    trajectory = numeric.rollout(cell, params, u, x0)
    J = numeric.jacobians(trajectory)

    everything, nothing = numeric.split(trajectory, ("gate", "drive", "retention")), numeric.split(trajectory, ())

    assert_allclose(everything[0], J, atol=1e-15)
    assert_array_equal(everything[1], 0)
    assert_array_equal(nothing[0], 0)
    with pytest.raises(UnknownNameError, match=r"'retentoin'.*retention"):
        numeric.split(trajectory, ("retentoin",))


def test_no_step_gives_no_jacobian_and_the_identity() -> None:
    """T = 0 is a trajectory of x_0."""
    cell = sg.cell("multi_gate")
    params, _, x0 = setting(cell)
    trajectory = numeric.rollout(cell, params, np.zeros((3, 0, M)), x0)
    J = numeric.jacobians(trajectory)

    assert J.shape == (3, 0, N, N)
    assert_array_equal(numeric.transport(J, 0, 0), np.broadcast_to(np.eye(N), (3, N, N)))
    assert numeric.split(trajectory)[0].shape == J.shape


@pytest.mark.parametrize(
    ("J", "t", "k", "words"),
    [
        (np.ones((5, 3, 3)), 2, 4, "k = 4 > t = 2"),
        (np.ones((5, 3, 3)), 6, 1, "t needs a whole number from 0 to 5; found 6"),
        (np.ones((5, 3, 3)), 3, -1, "k needs .*found -1"),
        (np.ones((5, 3, 3)), 2.5, 1, "t needs .*2.5"),
        (np.ones((5, 3, 2)), 2, 1, r"J needs shape \(\.\.\., T, n, n\).*\(5, 3, 2\)"),
        (np.ones((3, 3)), 2, 1, "J needs shape"),
        ([["a"]], 2, 1, "J must hold real numbers"),
        ([[1.0], [1.0, 2.0]], 2, 1, "J cannot be read"),
    ],
)
def test_bad_arguments_are_named(J: np.ndarray, t: int, k: int, words: str) -> None:
    """The message names the argument, what was expected and what was found."""
    with pytest.raises(ShapeError, match=words) as caught:
        numeric.transport(J, t, k)
    assert isinstance(caught.value, SymgateError)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_is_carried_on(value: float) -> None:
    """NaN or inf in a weight reaches every result that depends on it, without a warning or a hang."""
    cell = sg.cell("multi_gate")
    params, u, x0 = setting(cell)
    params["W_g"] = params["W_g"].copy()
    params["W_g"][0, 0] = value
    trajectory = numeric.rollout(cell, params, u, x0)
    J = numeric.jacobians(trajectory)

    assert not np.isfinite(numeric.transport(J, STEPS, 0)).all()
    assert np.isnan(numeric.sensitivities(J)[STEPS, 0])
    assert np.isnan(numeric.singular_spectra(J, [(STEPS, 0)]).logs).all()
    assert np.isnan(numeric.remainder_bound(*numeric.split(trajectory), 1))
    assert not np.isfinite(numeric.loss_gradient(trajectory, np.ones((STEPS, N)))["W_r"]).all()
