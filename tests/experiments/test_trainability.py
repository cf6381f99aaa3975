"""Trainability: tasks of a lag, reaches in closed form, planted predictions found and permuted ones not, the run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import symgate as sg
from symgate.errors import DefinitionError, ShapeError, SymgateError, UnknownNameError
from symgate.experiments import Started, TrainabilitySpec, drawn_network, task, trainability
from symgate.experiments.lagged_tasks import LAGGED, delays_to, lagged_task
from symgate.experiments.trainability_grid import Point, reaches, summarised
from symgate.experiments.trainability_runs import rate_per_unit
from symgate.experiments.trainability_specs import started

QUICK = replace(TrainabilitySpec().quick(), n=6, iterations=6, rates=(1e-2, 3e-2))


@pytest.mark.parametrize("name", LAGGED)
def test_tasks_of_a_lag_need_the_input_that_far_back(name: str) -> None:
    """The solution solves them; some target changes with the first of T = lag + 1 inputs, for each task."""
    for lag in (20, 47):
        own = lagged_task(name, lag)
        batch = own.draw(np.random.default_rng(0), lag + 1, 400, 2)
        assert_allclose(own.solve(batch.u), batch.y, atol=1e-12)
        other = batch.u.copy()
        other[:, 0, 0] += 1
        assert np.abs(own.solve(other) - batch.y).max() > 0.1
        assert own.variance is not None
        assert abs(batch.y.var() / own.variance - 1) < 0.25


def test_the_delay_sum_of_lag_36_is_the_task_itself() -> None:
    """Delays are scaled; where they would fall together the lag is refused."""
    draws = [
        found.draw(np.random.default_rng(1), 37, 5, 1) for found in (lagged_task("delay_sum", 36), task("delay_sum"))
    ]
    assert_array_equal(draws[0].y, draws[1].y)
    assert delays_to(72) == (8, 24, 48, 72)
    with pytest.raises(ShapeError, match="not all different"):
        lagged_task("delay_sum", 2)


def test_the_reach_of_a_constant_leak_in_closed_form() -> None:
    """f(l) = (1 - a)^l per unit, so that the reach is floor(log threshold / log(1 - a)); censored at the horizon."""
    rng = np.random.default_rng(2)
    net = drawn_network(sg.cell("leaky", phi="identity"), 5, 2, rng, {"alpha": 0.1})
    net.params["W_r"][...] = 0
    rates = rate_per_unit(net, rng.random((2, 61, 2)), 60, 3, rng)
    assert_allclose(rates, np.broadcast_to(0.9 ** np.arange(1, 61), (4, 60)), rtol=1e-10)
    for share in (0.5, 0.1, 0.01):
        expected = min(60, np.floor(np.log(share) / np.log(0.9)))
        assert_array_equal(reaches(rates, share), np.full(4, expected))
    gap = np.array([0.9, 0.05, 0.9])
    assert reaches(gap, 0.1) == 1  # a lag that is not reached ends it
    assert np.isnan(reaches(np.full((1, 4), np.nan), 0.1)).all()


def test_units_that_keep_nothing_are_not_counted() -> None:
    """Of an LSTM whose forget gates begin at 0.9 the rate per unit is near 0.9^l, though h keeps nothing."""
    begun, rng = Started("lstm", 0.1), np.random.default_rng(3)
    net = drawn_network(sg.cell("lstm"), 8, 2, rng, start=begun.start(20))
    rates = rate_per_unit(net, rng.random((2, 21, 2)), 20, 3, rng)
    assert_allclose(np.log(rates[0]) / np.arange(1, 21), np.log(0.9), atol=0.05)


def planted(shuffled: bool) -> dict[str, object]:
    """A grid in which networks with a longer reach have a smaller loss; or, shuffled, that of other networks."""
    rng, seeds = np.random.default_rng(4), 6
    networks = started(("multi_gate",), tuple(float(f"{gate:.3g}") for gate in np.linspace(0.01, 0.5, 12)))
    spec = replace(TrainabilitySpec(), networks=networks, seeds=seeds)
    lags = np.arange(1, spec.horizon + 1)
    arrays = {}
    for name in spec.tasks:
        for lag in spec.lags:
            order = [rng.permutation(12) if shuffled else np.arange(12) for _ in range(seeds)]
            for i, network in enumerate(networks):
                for step in spec.rates:
                    key = Point(network.label, name, lag, step).key
                    own = np.array([float(networks[one[i]].gate) for one in order])  # type: ignore[arg-type]
                    arrays[f"{key}/loss"] = own + 0.002 * rng.standard_normal(seeds)
                    rates = (1 - float(network.gate)) ** lags  # type: ignore[arg-type]
                    arrays[f"{key}/rates"] = np.broadcast_to(rates, (seeds, 4, spec.horizon))
    return dict(summarised(spec, arrays))


def test_a_planted_prediction_is_found_and_a_permuted_one_is_not() -> None:
    """By the rate at the lag, at one task and lag; permuted, the interval holds 0; the controls say nothing of it."""
    true, false = planted(shuffled=False), planted(shuffled=True)
    for kind in ("within_task", "one_step", "best_step"):
        found = true["correlation"]["first"]["rate at the lag"][kind]  # type: ignore[index]
        assert found["interval"][0] > 0.95
        low, high = false["correlation"]["first"]["rate at the lag"][kind]["interval"]  # type: ignore[index]
        assert low < 0.05
        assert high > -0.05
        assert high < 0.5
    assert abs(true["controls"]["step"]["within_task"]["median"]) < 0.1  # type: ignore[index]
    assert true["controls"]["minus the lag"]["within_task"]["median"] is None  # type: ignore[index]
    assert true["places"]["first"]["recall/20/0.02"]["interval"][0] > 0.95  # type: ignore[index]
    assert abs(false["places"]["first"]["recall/20/0.02"]["median"]) < 0.5  # type: ignore[index]
    reached = true["reached"]["0.1"]  # type: ignore[index]
    assert reached["yes"]["loss"]["high"] < reached["no"]["loss"]["low"]
    assert reached["yes"]["count"] + reached["no"]["count"] == 12 * 6 * 6


def test_a_run_that_diverges_counts_as_the_worst() -> None:
    """It is in the arrays with an infinite loss, and listed; the others are as they are."""
    networks = (Started(sg.cell("plain", phi="softplus")), Started("multi_gate", 0.5))
    found = trainability(replace(QUICK, networks=networks, rates=(1e9, 1e-3), optimiser="sgd", clip=None, seeds=1))
    assert [label.rpartition(",")[0] for label, _ in found.diverged][:1] == ["plain/recall/15/1e+09"]
    assert np.isinf(found.arrays["plain/recall/15/1e+09/loss"]).all()
    assert np.isfinite(found.arrays["multi_gate(0.5)/recall/15/0.001/loss"]).all()
    assert found.summary["map"]["plain/recall/15"]["loss"]["1e+09"]["count"] == 0


def test_the_experiment_runs_and_goes_on_where_it_was(tmp_path: Path) -> None:
    """Shapes, one value per seed, the control without a rate, a second run that keeps everything."""
    found = trainability(QUICK, out=tmp_path)
    assert found.arrays["multi_gate(chrono)/recall/15/0.01/rates"].shape == (2, 4, 30)
    assert len(found.summary["map"]["plain/recall/15"]["best"]["values"]) == 2
    assert found.summary["map"]["plain/recall/15"]["reach"]["first"]["0.1"]["median"] is None
    assert found.summary["map"]["plain/recall/15"]["reach"]["diagonal_of_product"]["0.1"]["median"] is not None
    kept = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "jobs").iterdir()}
    again = trainability(QUICK, out=tmp_path)
    assert kept == {path.name: path.stat().st_mtime_ns for path in (tmp_path / "jobs").iterdir()}
    for one, other in zip(found.save(tmp_path / "a"), again.save(tmp_path / "b"), strict=True):
        assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: TrainabilitySpec(lags=(10,)), ShapeError, "'recall' needs 15 steps"),
        (lambda: TrainabilitySpec(lags=(81,)), ShapeError, "from 2 to 80, the horizon"),
        (lambda: TrainabilitySpec(tasks=("short",)), UnknownNameError, "task with a lag"),
        (lambda: TrainabilitySpec(rates=(0.1, 0.1)), DefinitionError, "more than once"),
        (lambda: TrainabilitySpec(rates=(-0.1,)), ShapeError, "learning rate"),
        (lambda: TrainabilitySpec(thresholds=(1.0,)), ShapeError, "between 0 and 1"),
        (lambda: TrainabilitySpec(inputs=1), ShapeError, "input channels"),
    ],
)
def test_bad_specifications_are_refused(make: object, error: type[SymgateError], message: str) -> None:
    """Before any work, with what is allowed."""
    with pytest.raises(error, match=message):
        make()  # type: ignore[operator]
