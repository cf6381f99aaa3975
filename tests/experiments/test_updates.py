"""The update by lags: sums, closed forms, planted relations found and permuted ones not, the run end to end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

import symgate as sg
from symgate import numeric
from symgate.errors import DefinitionError, ShapeError, SymgateError, UnknownNameError
from symgate.experiments import UPDATES, Learner, UpdateSpec, drawn_network, updates
from symgate.experiments.envelopes import ENVELOPES
from symgate.experiments.learnability_specs import ARCHITECTURES
from symgate.experiments.multilag import MultiLag
from symgate.experiments.networks import Network
from symgate.experiments.tasks import Batch
from symgate.experiments.update_runs import measure, summarised
from symgate.numeric.arrays import Array
from symgate.numeric.lags import parts_by_lag

QUICK = replace(
    UpdateSpec().quick(), learners=(Learner("diagonal", gate=0.2), Learner("lstm")), n=5, steps=16, train=32,
    lags=(1, 2, 4, 8),
)  # fmt: skip


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_parts_of_the_lags_sum_to_the_gradient(name: str) -> None:
    """To 1e-12 of the largest entry, and part by part what ``lag_gradients`` has; without the last lag they do not."""
    learner, rng = Learner(name), np.random.default_rng(0)
    net = drawn_network(learner.cell, 5, 3, rng, learner.given, start=learner.start, every=True)
    batch = MultiLag((1, 3), 3).draw(rng, 12, 2)
    path = net.run(batch.u)
    _, delta = net.push(path, batch.y)
    parts = list(parts_by_lag(path, delta))
    whole, lags = numeric.loss_gradient(path, delta), numeric.lag_gradients(path, delta)
    size = max(np.abs(value).max() for value in whole.values())
    for key, value in whole.items():
        assert np.abs(sum(part[key] for part in parts) - value).max() <= 1e-12 * size
        assert_allclose(np.stack([part[key] for part in parts]), lags.by_lag[key], atol=1e-14)
    short = max(np.abs(sum(part[key] for part in parts[:-1]) - value).max() for key, value in whole.items())
    assert short > 1e-9 * size


def linear_leaky(n: int, leak: float, recurrent: Array) -> tuple[Network, Batch]:
    """x_t = (1 - a) x_{t-1} + a (W_r x_{t-1} + W_i u_t + b), read at every step."""
    rng = np.random.default_rng(1)
    net = drawn_network(sg.cell("leaky", phi="identity"), n, 3, rng, {"alpha": leak}, every=True)
    net.params["W_r"][...] = recurrent
    batch = MultiLag((1, 3), 3).draw(rng, 10, 2)
    return net, batch


def test_the_lags_of_a_linear_leaky_cell_in_closed_form() -> None:
    """Gamma_l of W_i is a sum_t (M^l)' delta_t u_{t-l}' with M = (1 - a) I + a W_r; another lag is told apart."""
    recurrent = 0.3 * np.random.default_rng(2).standard_normal((4, 4))
    net, batch = linear_leaky(4, 0.3, recurrent)
    path = net.run(batch.u)
    _, delta = net.push(path, batch.y)
    M = 0.7 * np.eye(4) + 0.3 * recurrent
    for lag, part in enumerate(parts_by_lag(path, delta, ["W_i", "b"])):
        back = delta[:, lag:] @ np.linalg.matrix_power(M, lag)
        expected = 0.3 * np.einsum("bti,btj->ij", back, batch.u[:, : 10 - lag])
        assert_allclose(part["W_i"], expected, rtol=1e-10, atol=1e-14)
        assert_allclose(part["b"], 0.3 * back.sum(axis=(0, 1)), rtol=1e-10, atol=1e-14)
        assert np.abs(part["W_i"] - expected @ np.eye(3) * 0.7).max() > 1e-6


def test_where_nothing_mixes_the_rate_is_the_update() -> None:
    """Without W_r, bias alone, a loss of the last step: |Gamma_l| = a (1 - a)^l |delta|, slope 1 for all envelopes."""
    net, batch = linear_leaky(4, 0.3, np.zeros((4, 4)))
    last = replace(net, every=False)
    lags = (1, 2, 4, 8)
    found = measure(last, Batch(batch.u, batch.y[:, -1]), ["b"], lags, np.array([8, 9, 10]))
    assert_allclose(found["envelopes"], np.broadcast_to(4 * 0.7 ** np.array(lags), (4, 4)), rtol=1e-12)
    assert_allclose(found["update"][1:] / found["update"][:-1], 0.7, rtol=1e-10)
    assert_allclose(found["share"].sum(), 1, atol=1e-12)
    assert_allclose(found["share"], found["update"] / found["update"].sum(), rtol=1e-10)  # all along the gradient
    assert found["rest"] < 1e-12
    spec = replace(QUICK, learners=(Learner("constant"),), steps=10, task_lags=(1, 3), lags=lags, seeds=(0,))
    arrays = {f"constant+adamw/{key}": np.stack([value, value])[None] for key, value in found.items()}
    told = summarised(spec, {**arrays, "constant+adamw/variance": np.ones(1)})["learners"]["constant+adamw"]["after"]
    for name in ENVELOPES:
        assert_allclose(told["power"][name]["slope"]["median"], 1, rtol=1e-9)
        assert_allclose(told["rank_correlation"][name]["median"], 1)


def planted(power: float, shuffled: bool) -> dict[str, object]:
    """The summary of twelve learners' envelopes with updates that are their power; or, shuffled, of other learners."""
    rng, lags = np.random.default_rng(3), np.array([1, 2, 4, 8, 12, 16, 24, 32])
    gates = np.linspace(0.02, 0.4, 12)
    learners = tuple(Learner("diagonal", gate=float(f"{gate:.3g}")) for gate in gates)
    spec = replace(UpdateSpec(), learners=learners, seeds=8, lags=tuple(int(lag) for lag in lags))
    arrays: dict[str, Array] = {}
    f = (1 - gates[:, None]) ** lags
    order = [rng.permutation(12) if shuffled else np.arange(12) for _ in range(8)]
    for i, learner in enumerate(learners):
        update = np.ones((8, 2, 96))
        update[:, :, lags] = np.array([f[one[i]] ** power for one in order])[:, None]
        update[:, :, lags] *= np.exp(0.02 * rng.standard_normal((8, 2, len(lags))))
        arrays |= {
            f"{learner.label}/update": update, f"{learner.label}/share": update,
            f"{learner.label}/rest": np.zeros((8, 2)),
            f"{learner.label}/envelopes": np.broadcast_to(f[i], (8, 2, 4, len(lags))),
            f"{learner.label}/probe_loss": np.ones((8, 2)), f"{learner.label}/variance": np.ones(8),
        }  # fmt: skip
    return dict(summarised(spec, arrays))


def test_a_planted_relation_is_found_and_a_permuted_one_is_not() -> None:
    """Over lags the power; between learners the rank. Permuted, the lags still agree in rank, as the control says."""
    true, false = planted(1.5, shuffled=False), planted(1.5, shuffled=True)
    own = true["learners"]["diagonal(0.193)+adamw"]["after"]  # type: ignore[index]
    low, high = own["power"]["first"]["slope"]["interval"]
    assert 1.45 < low < high < 1.55
    between = true["between_learners"]["after"]["first"]["16"]  # type: ignore[index]
    assert between["interval"][0] > 0.95
    permuted = false["between_learners"]["after"]["first"]["16"]  # type: ignore[index]
    assert permuted["interval"][0] < 0 < permuted["interval"][1]
    over_lags = false["learners"]["diagonal(0.193)+adamw"]["after"]["rank_correlation"]  # type: ignore[index]
    assert over_lags["first"]["median"] == over_lags["minus_lag"]["median"] > 0.95


def test_the_experiment_runs_and_goes_on_where_it_was(tmp_path: Path) -> None:
    """Shapes, a sum over lags that is the gradient, one value per seed, a second run that keeps everything."""
    found = updates(QUICK, out=tmp_path)
    assert found.diverged == ()
    assert found.arrays["diagonal(0.2)+adamw/update"].shape == (2, 2, 16)
    assert found.arrays["lstm+adamw/envelopes"].shape == (2, 2, 4, 4)
    assert found.arrays["lstm+adamw/rest"].max() < 1e-12
    assert_allclose(found.arrays["lstm+adamw/share"].sum(axis=-1), 1, atol=1e-10)
    assert len(found.summary["learners"]["lstm+adamw"]["before"]["power"]["first"]["slope"]["values"]) == 2
    kept = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "jobs").iterdir()}
    again = updates(QUICK, out=tmp_path)
    assert kept == {path.name: path.stat().st_mtime_ns for path in (tmp_path / "jobs").iterdir()}
    for one, other in zip(found.save(tmp_path / "a"), again.save(tmp_path / "b"), strict=True):
        assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("name", ["plain", "mgu", "cornn", "minlstm", "lru"])
def test_cells_of_the_library_run(name: str) -> None:
    """A cell that keeps nothing, or whose retention couples states, has no rate; the diagonals of J it has."""
    found = updates(replace(QUICK, learners=(Learner(name),), seeds=(0,)))
    envelopes = found.arrays[f"{name}+adamw/envelopes"][0, 0]
    assert np.isnan(envelopes[:2]).all() == (name in ("plain", "cornn", "lru"))
    assert np.isfinite(envelopes[2:]).all()
    assert found.arrays[f"{name}+adamw/rest"].max() < 1e-12


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Learner("plain", gate=0.1), DefinitionError, "no gate that decides"),
        (lambda: Learner("gru", gate=1.5), ShapeError, "between 0 and 1"),
        (lambda: Learner("mgu", norm=True), DefinitionError, "normalised cell instead"),
        (lambda: Learner("fast_weights"), UnknownNameError, "not a known architecture"),
        (lambda: UpdateSpec(lags=(96,)), ShapeError, "from 1 to 95"),
        (lambda: UpdateSpec(learners=(Learner("gru"), Learner("gru"))), DefinitionError, "more than once"),
        (lambda: UpdateSpec(probe=0), ShapeError, "probe"),
    ],
)
def test_bad_specifications_are_refused(make: object, error: type[SymgateError], message: str) -> None:
    """Before any work, with what is allowed."""
    with pytest.raises(error, match=message):
        make()  # type: ignore[operator]


def test_the_settings_hold_the_five_architectures() -> None:
    """Both of them; labels that differ."""
    for _, spec in UPDATES.values():
        assert {learner.architecture for learner in spec.learners} >= set(ARCHITECTURES)
