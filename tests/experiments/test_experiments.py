"""The three experiments, small: arrays, summaries, files, given networks, what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import symgate as sg
from symgate import numeric
from symgate.errors import DefinitionError, OutputError, ShapeError, SymgateError, UnknownNameError
from symgate.experiments import (
    AnisotropySpec,
    ProfileSpec,
    Result,
    Trained,
    TruncationSpec,
    anisotropy,
    drawn_network,
    profiles,
    task,
    truncation,
)
from symgate.experiments.networks import WEIGHTS

PROFILES = replace(
    ProfileSpec().quick(), n=8, windows=4, steps=12, iterations=6, checkpoints=(0, 6), lags=(1, 2, 8), inputs=2
)
ANISOTROPY = replace(
    AnisotropySpec().quick(), tasks=("adding", "ar2"), n=8, steps=20, iterations=4, checkpoints=(0, 4), lags=(1, 4, 8),
    rank=3, gradients=12, inputs=2,
)  # fmt: skip
TRUNCATION = replace(TruncationSpec().quick(), n=6, steps=20, lags=(1, 5, 20))


@pytest.fixture(scope="module")
def small_profiles() -> Result:
    return profiles(PROFILES)


@pytest.fixture(scope="module")
def small_anisotropy() -> Result:
    return anisotropy(ANISOTROPY)


@pytest.fixture(scope="module")
def small_truncation() -> Result:
    return truncation(TRUNCATION)


def test_profiles_hold_every_seed_and_checkpoint(small_profiles: Result) -> None:
    """Shapes; the leaky cell's predictors are exact powers; the slope of a power of itself."""
    arrays = small_profiles.arrays
    assert arrays["multi_gate/profile"].shape == (2, 2, 12)
    assert arrays["multi_gate/slope"].shape == (2, 2, 2)
    lags = np.arange(12)
    assert_allclose(arrays["leaky/drive"], np.broadcast_to(lags * np.log(0.8), (2, 2, 12)), rtol=1e-9, atol=1e-12)
    assert_allclose(arrays["leaky/retention"], np.broadcast_to(lags * np.log(0.2), (2, 2, 12)), rtol=1e-9, atol=1e-12)
    assert np.isnan(arrays["leaky/first"][:, :, 0]).all()  # no gate term, so no gate split
    assert (arrays["multi_gate/first"] > 0).all()
    assert set(small_profiles.summary) == {"leaky", "scalar_gate", "multi_gate"}
    assert small_profiles.summary["multi_gate"][1]["iteration"] == 6
    assert small_profiles.diverged == ()
    assert small_profiles.seconds > 0


def test_profiles_are_those_of_the_jacobians() -> None:
    """Medians over a probe, by plain singular values."""
    network = drawn_network(sg.cell("multi_gate"), 5, 2, np.random.default_rng(0))
    u = np.random.default_rng(1).normal(size=(3, 8, 2))
    found = profiles(replace(PROFILES, cells=["multi_gate"]), weights=network.params, u=u)
    J = numeric.jacobians(network.run(u))

    def logs(lag: int) -> list[float]:
        pairs = [(b, k) for b in range(3) for k in range(9 - lag)]
        return [np.log(np.linalg.norm(numeric.transport(J[b], k + lag, k), 2)) for b, k in pairs]

    medians = np.array([np.median(logs(lag)) for lag in range(1, 9)])
    assert_allclose(found.arrays["multi_gate/profile"][0, 0], medians - medians[0], atol=1e-7)
    swapped = {**network.params, "W_r": network.params["W_r"].T}  # planted
    other = profiles(replace(PROFILES, cells=["multi_gate"]), weights=swapped, u=u)
    assert not np.allclose(other.arrays["multi_gate/profile"], found.arrays["multi_gate/profile"], rtol=1e-3)


def test_anisotropy_measures_both_sides(small_anisotropy: Result) -> None:
    """Shapes, ranges, losses beside the variance."""
    arrays = small_anisotropy.arrays
    products = arrays["multi_gate+sgd/adding/products"]
    assert products.shape == (2, 2, 3, 2)
    assert (products[..., 0] >= 0).all()
    assert ((products[..., 1] > 0) & (products[..., 1] <= 1)).all()
    assert arrays["plain+adam/ar2/gradients"].shape == (2, 2, 2)
    assert len(small_anisotropy.summary) == 6
    assert small_anisotropy.summary["plain+adam/ar2"][0]["loss_over_variance"]["count"] == 2


def test_anisotropy_of_a_given_network() -> None:
    """AI and CE of per-example gradients equal those of gradients taken one sequence at a time."""
    network = drawn_network(sg.cell("scalar_gate"), 5, 2, np.random.default_rng(0))
    drawn = task("adding").draw(np.random.default_rng(1), 20, 12, 2)
    spec = replace(ANISOTROPY, networks=[Trained("scalar_gate", "sgd", 0.1)], tasks=["adding"])
    found = anisotropy(spec, weights={**network.params, WEIGHTS: network.weights}, u=drawn.u, y=drawn.y)

    rows = []
    for u, y in zip(drawn.u, drawn.y, strict=True):
        path = network.run(u[None])
        _, delta = network.push(path, y[None])
        rows.append(np.concatenate([g.ravel() for g in numeric.loss_gradient(path, delta).values()]))
    index, energy = numeric.gradient_anisotropy(np.array(rows), 3)
    measured = found.arrays["scalar_gate+sgd/adding/gradients"][0, 0]
    assert_allclose(measured, [np.log(index), energy], rtol=1e-9)


def test_truncation_errors_fall_with_the_order_and_stay_below_the_bound(small_truncation: Result) -> None:
    """Slopes p + 1 for every order, no bound violated, one step exactly first order."""
    arrays, summary = small_truncation.arrays, small_truncation.summary
    for cell in ("scalar_gate", "multi_gate"):
        assert_allclose(arrays[f"{cell}/slope"], np.broadcast_to([1, 2, 3, 4], (2, 4)), atol=0.05)
        assert (arrays[f"{cell}/error"] <= arrays[f"{cell}/bound"]).all()
        assert summary[cell]["bound_violations"] == 0
        assert (arrays[f"{cell}/missed_by_first"][:, 0] == 0).all()


def test_truncation_of_a_given_trajectory_agrees_with_expansions() -> None:
    """At eps = 1, against the difference of product and expansion; sequences count as seeds."""
    network = drawn_network(sg.cell("multi_gate"), 5, 3, np.random.default_rng(0), std=0.5)
    u = np.random.default_rng(1).normal(size=(2, 9, 3))
    found = truncation(replace(TRUNCATION, cells=["multi_gate"]), weights=network.params, u=u)
    assert found.arrays["multi_gate/error"].shape[0] == 2

    A, B = (part[1] for part in numeric.split(network.run(u), "gate"))
    whole = numeric.transport(A + B, 9, 0)
    for order in range(4):
        rest = np.linalg.norm(whole - numeric.expand_product(A, B, order), 2)
        assert_allclose(found.arrays["multi_gate/error"][1, order, -1], rest, rtol=1e-7)
    assert_allclose(np.exp(found.arrays["multi_gate/norms"][1, 0, -1]), np.linalg.norm(whole, 2), rtol=1e-9)


def test_results_are_saved_whole_and_are_the_same_twice(small_truncation: Result, tmp_path: Path) -> None:
    """npz for NumPy, JSON without NaN; equal results are equal bytes."""
    first, second = small_truncation.save(tmp_path / "a"), truncation(TRUNCATION).save(tmp_path / "b")
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()
    with np.load(first[0]) as arrays:
        assert_array_equal(arrays["multi_gate/error"], small_truncation.arrays["multi_gate/error"])
    written = json.loads(first[1].read_text(encoding="utf-8"))
    assert written["experiment"] == "truncation"
    assert written["spec"]["steps"] == 20
    assert "symgate" not in written["code"]
    assert "NaN" not in first[1].read_text(encoding="utf-8")

    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="Cannot write results"):
        small_truncation.save(tmp_path / "file")


def test_a_run_that_diverges_is_recorded_and_the_rest_goes_on() -> None:
    """Left out of the arrays, listed with its iteration."""
    networks = (Trained(sg.cell("plain", phi="softplus"), "sgd", 1e9), Trained("multi_gate", "sgd", 0.01))
    spec = replace(ANISOTROPY, networks=networks, tasks=("adding",), iterations=8, checkpoints=(0, 8))
    found = anisotropy(spec)
    assert [label for label, _ in found.diverged] == [f"plain+sgd on adding, seed {seed}" for seed in (0, 1)]
    assert all(0 < iteration < 8 for _, iteration in found.diverged)
    assert set(found.summary) == {"multi_gate+sgd/adding"}
    assert not any(name.startswith("plain") for name in found.arrays)


def test_more_seeds_run_only_what_is_new(tmp_path: Path) -> None:
    """A job depends on its own seed and cell alone."""
    one = replace(TRUNCATION, seeds=1)
    truncation(one, out=tmp_path)
    kept = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "jobs").iterdir()}
    found = truncation(replace(one, seeds=3, cells=["multi_gate"]), out=tmp_path)
    now = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "jobs").iterdir()}
    assert len(now) == len(kept) + 2
    assert all(now[name] == when for name, when in kept.items())
    assert_array_equal(found.arrays["multi_gate/error"][:1], truncation(one).arrays["multi_gate/error"])


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: ProfileSpec(task="addding"), UnknownNameError, "'addding' is not a known task"),
        (lambda: ProfileSpec(cells=["multigate"]), UnknownNameError, "multi_gate"),
        (lambda: ProfileSpec(predictor="median"), UnknownNameError, "'median' is not a known predictor"),
        (lambda: ProfileSpec(trim_by="ends"), UnknownNameError, "'ends' is not a known way to trim"),
        (lambda: ProfileSpec(checkpoints=(0, 900)), ShapeError, "from 0 to 800, the iterations; found 900"),
        (lambda: ProfileSpec(lags=(1, 81)), ShapeError, "lags needs numbers from 1 to 80, the steps; found 81"),
        (lambda: ProfileSpec(lags=(0,)), ShapeError, "lags needs a whole number from 1"),
        (lambda: ProfileSpec(seeds=(3, 3)), DefinitionError, "seeds needs one or more different numbers; found 3"),
        (lambda: ProfileSpec(seeds=0), ShapeError, "seeds needs a whole number from 1"),
        (lambda: ProfileSpec(optimiser="adm"), UnknownNameError, "'adm' is not a known optimiser"),
        (lambda: ProfileSpec(rate=-1), ShapeError, "positive number"),
        (lambda: ProfileSpec(n=0), ShapeError, "n needs a whole number from 1"),
        (lambda: AnisotropySpec(tasks=("adding", "adding")), DefinitionError, "adding more than once"),
        (lambda: AnisotropySpec(steps=30), ShapeError, "'delay_sum' needs 37 steps"),
        (lambda: AnisotropySpec(rank=65), ShapeError, "rank needs a whole number from 1 to 64"),
        (lambda: AnisotropySpec(gradients=10), ShapeError, "more than rank = 10"),
        (lambda: TruncationSpec(signal="pink"), UnknownNameError, "'pink' is not a known input signal"),
        (lambda: TruncationSpec(eps=(0.0, 1.0)), ShapeError, "positive numbers"),
        (lambda: TruncationSpec(eps=(1.0, 1.0)), DefinitionError, "1.0 more than once"),
        (lambda: profiles(weights={}), DefinitionError, "pass weights=, u= and a spec with its one cell"),
        (lambda: truncation(u=np.zeros((3, 2))), DefinitionError, "pass weights=, u="),
        (lambda: anisotropy(weights={}, u=np.zeros((3, 2))), DefinitionError, "pass weights=, u=, y="),
    ],
)  # fmt: skip
def test_bad_specifications_are_refused_before_any_work(make: object, error: type[SymgateError], message: str) -> None:
    """Each says what was asked and what is allowed."""
    with pytest.raises(error, match=message):
        make()  # type: ignore[operator]
