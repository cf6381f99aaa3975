"""Effective learning rates are what they say: zeroth order, first order, and the two diagonals."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import symgate as sg
from symgate import numeric
from symgate.errors import ShapeError, UnknownNameError
from tests.numeric.recurrence import draw, run
from tests.oracles import environment, sizes_of

N, M, STEPS = 4, 2, 7


def trajectory(name: str, seed: int = 1, scale: float = 0.6) -> numeric.Trajectory:
    """Two sequences of a cell."""
    cell = sg.cell(name)
    u = np.random.default_rng(seed).normal(size=(2, STEPS, M))
    return numeric.rollout(cell, draw(cell, N, M, seed, scale), u)


@pytest.mark.parametrize("name", ["leaky", "unit_leak", "scalar_gate", "multi_gate"])
def test_zeroth_order_is_the_product_of_the_cells_own_gates(name: str) -> None:
    """prod_j (1 - g_j) over exactly the steps t-l+1 .. t, with g read from the recurrence."""
    found, cell = trajectory(name), sg.cell(name)
    rates = numeric.effective_learning_rates(found)
    x = run(cell, found.params, found.u[0], np.zeros(N))
    gates = []
    for t in range(STEPS):
        values = environment(cell, {**found.params, "x": x[t], "u": found.u[0, t]}, sizes_of(cell, n=N, m=M))
        gate = next((values[s] for s in cell.definitions if str(s.name) == "g"), found.params.get("alpha"))
        gates.append(np.broadcast_to(1 - np.ravel(gate), N))

    assert rates.zeroth.shape == (2, STEPS + 1, STEPS + 1, N)
    assert_allclose(rates.leak[0], gates, atol=1e-14)
    for t in range(STEPS + 1):
        for lag in range(t + 1):
            product = np.prod(gates[t - lag : t], axis=0) if lag else np.ones(N)
            assert_allclose(rates.zeroth[0, t, lag], product, atol=1e-14)
            if lag and lag < t:  # planted: one step too many
                assert np.abs(rates.zeroth[0, t, lag] - np.prod(gates[t - lag - 1 : t], axis=0)).max() > 1e-4
        assert np.isnan(rates.zeroth[0, t, t + 1 :]).all()


@pytest.mark.parametrize("name", ["leaky", "scalar_gate", "multi_gate"])
def test_first_order_and_the_two_diagonals(name: str) -> None:
    """The first order is the diagonal of the first-order expansion with a diagonal perturbation, and so on."""
    found = trajectory(name)
    rates, J = numeric.effective_learning_rates(found), numeric.jacobians(found)
    A, B = numeric.split(found)
    inside = np.einsum("...ii->...i", B)[..., None] * np.eye(N)

    for t, lag in [(STEPS, STEPS), (STEPS, 1), (5, 3), (4, 0)]:
        steps = slice(t - lag, t)
        expected = numeric.expand_product(A[:, steps], inside[:, steps], 1)
        assert_allclose(rates.first_order[:, t, lag], np.einsum("bii->bi", expected), atol=1e-14)
        assert_allclose(rates.zeroth[:, t, lag] * rates.correction[:, t, lag], rates.first_order[:, t, lag], atol=1e-13)
        diagonals = np.einsum("btii->bti", J[:, steps]).prod(axis=1)
        assert_allclose(rates.product_of_diagonals[:, t, lag], diagonals, atol=1e-14)
        diagonal = np.einsum("bii->bi", numeric.transport(J, t, t - lag))
        assert_allclose(rates.diagonal_of_product[:, t, lag], diagonal, atol=1e-14)
    gap = rates.diagonal_of_product[:, STEPS, STEPS] - rates.product_of_diagonals[:, STEPS, STEPS]
    assert np.abs(gap).max() > 1e-3
    for lag in range(STEPS + 1):
        assert_allclose(rates.envelope[lag], np.abs(rates.first_order[:, lag:, lag]).sum(axis=-1).mean())


def test_gates_of_exactly_one() -> None:
    """leak = 0: the correction factor has no value there, the first order has."""
    cell = sg.cell("unit_leak")
    params = {**draw(cell, N, M), "alpha": np.array([1.0, 0.0, 0.5, 1.0])}
    found = numeric.rollout(cell, params, np.random.default_rng(2).normal(size=(3, M)))
    rates = numeric.effective_learning_rates(found)
    diagonal = np.einsum("tii->ti", numeric.jacobians(found))

    assert_allclose(rates.first_order[2, 1], diagonal[1], atol=1e-15)
    assert_array_equal(rates.first_order[3, 3, [0, 3]], 0)
    assert_array_equal(rates.zeroth[3, 3, 1], 1)
    assert not np.isfinite(rates.correction[3, 1, 0])


def test_lags_and_bad_input() -> None:
    """A shorter table is the beginning of the whole one; T = 0 has lag 0 alone; a plain cell has no retention."""
    found = trajectory("multi_gate")
    whole, short = numeric.effective_learning_rates(found), numeric.effective_learning_rates(found, max_lag=2)

    assert_array_equal(short.diagonal_of_product, whole.diagonal_of_product[:, :, :3])
    assert_array_equal(short.envelope, whole.envelope[:3])
    nothing = numeric.rollout(found.cell, found.params, np.zeros((0, M)))
    assert_array_equal(numeric.effective_learning_rates(nothing).envelope, [N])
    with pytest.raises(UnknownNameError, match="'retention'"):
        numeric.effective_learning_rates(trajectory("plain"))
    with pytest.raises(ShapeError, match="max_lag needs a whole number from 0 to 7; found 8"):
        numeric.effective_learning_rates(found, max_lag=8)


def test_a_sequence_that_diverges_keeps_the_steps_before() -> None:
    """The envelope is that of the part that is finite, of every sequence; weights that are not finite are refused."""
    whole = trajectory("multi_gate")
    u = whole.u.copy()
    u[0, 4] = np.nan
    found = numeric.effective_learning_rates(numeric.rollout(whole.cell, whole.params, u))
    assert found.diverged.tolist() == [True, False]
    mu = numeric.effective_learning_rates(whole).first_order
    for lag in range(STEPS + 1):
        kept = [np.abs(mu[0, t, lag]).sum() for t in range(lag, 5)] + [
            np.abs(mu[1, t, lag]).sum() for t in range(lag, STEPS + 1)
        ]
        assert_allclose(found.envelope[lag], np.mean(kept), rtol=1e-12)
    assert_allclose(found.first_order[0, :5], mu[0, :5], rtol=1e-12)
    assert np.isnan(found.first_order[0, 5, 1:6]).all()
    alone = numeric.effective_learning_rates(numeric.rollout(whole.cell, whole.params, u[0]))
    assert np.isnan(alone.envelope[5:]).all()
    with pytest.raises(ShapeError, match="'b_g' holds 4 entries that are not finite"):
        numeric.effective_learning_rates(
            numeric.rollout(whole.cell, {**whole.params, "b_g": np.full(4, np.inf)}, whole.u)
        )


def test_the_envelope_holds_far_below_the_range_of_floats() -> None:
    """log f(l) at T = 3000 against the sums of logarithms of a cell with one constant leak, where f itself is 0."""
    cell = sg.cell("leaky")
    params = {**draw(cell, N, M), "alpha": np.array(0.6), "W_r": np.zeros((N, N))}
    found = numeric.rollout(cell, params, np.random.default_rng(0).normal(size=(3000, M)))
    rates = numeric.effective_learning_rates(found)

    assert_allclose(rates.log_envelope, np.arange(3001) * np.log(0.4) + np.log(N), rtol=1e-12)
    assert rates.envelope[-1] == 0
    mixed = numeric.rollout(sg.cell("multi_gate"), draw(sg.cell("multi_gate"), N, M), found.u[:400])
    rates = numeric.effective_learning_rates(mixed)
    sizes = np.abs(rates.first_order)
    expected = np.log([sizes[lag:, lag].sum(axis=-1).mean() for lag in range(401)])
    seen = expected > -600
    assert seen.sum() > 50
    assert_allclose(rates.log_envelope[seen], expected[seen], rtol=1e-12, atol=1e-12)
