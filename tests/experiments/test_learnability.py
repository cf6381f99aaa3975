"""The learnability experiment: statistics against whole derivatives, detection against nulls, the run end to end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import symgate as sg
from symgate import numeric
from symgate.errors import DefinitionError, ShapeError, SymgateError, UnknownNameError
from symgate.experiments import (
    LEARNABILITY,
    LearnabilitySpec,
    Learner,
    drawn_network,
    learnability,
    learnability_runs,
)
from symgate.experiments.detection import (
    MARGIN,
    detect,
    detected_nulls,
    fitted_laws,
    horizon,
    needed_intervals,
    preferred,
    rank_correlation,
    window,
)
from symgate.experiments.envelopes import Rates, diagonal_of_product
from symgate.experiments.learnability_runs import statistics
from symgate.experiments.learnability_specs import ARCHITECTURES
from symgate.experiments.multilag import NOISE, MultiLag
from symgate.numeric.lags import carried_back, local_directions

SMALL = replace(
    LearnabilitySpec().quick(), learners=(Learner("diagonal"), Learner("lstm", "sgd", 0.1)), n=6, channels=3, steps=20,
    task_lags=(1, 3), train=16, lags=(1, 2, 4, 6, 9), diagnose=120,
)  # fmt: skip


def test_the_task_is_the_regression_that_it_says() -> None:
    """Least squares on the lagged projections finds the coefficients; the rest is the noise."""
    task = MultiLag((2, 5), channels=4)
    batch = task.draw(np.random.default_rng(0), 60, 80)
    along = batch.u @ task.direction
    columns = np.stack([along[:, 8 - lag : 60 - lag].ravel() for lag in range(8)], axis=1)
    found, rest, *_ = np.linalg.lstsq(columns, batch.y[:, 8:, 0].ravel(), rcond=None)
    assert_allclose(found, [0, 0, 0.6, 0, 0, 0.45, 0, 0], atol=0.03)
    assert_allclose(np.sqrt(rest[0] / len(columns)), NOISE, rtol=0.03)
    assert_allclose(batch.y[:, 8:].var(), task.variance, rtol=0.05)
    with pytest.raises(ShapeError, match="increasing"):
        MultiLag((5, 2))


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_true_statistic_sums_to_the_directional_derivative(name: str) -> None:
    """Over all lags 0 .. T - 1, for a loss at every step, to 1e-12; the local derivative by a difference."""
    learner, rng = Learner(name), np.random.default_rng(0)
    net = drawn_network(learner.cell, 5, 3, rng, learner.given, start=learner.start, every=True)
    batch = MultiLag((1, 3), 3).draw(rng, 12, 2)
    path = net.run(batch.u)
    _, delta = net.push(path, batch.y)
    along = {key: rng.normal(size=value.shape) for key, value in net.params.items()}
    local = local_directions(path, along)
    sums = [float((v * local[:, : v.shape[1]]).sum()) for v in carried_back(path, delta, 11)]
    gradient = numeric.loss_gradient(path, delta)
    parts = [float((gradient[key] * along[key]).sum()) for key in along]
    assert abs(sum(sums) - sum(parts)) <= 1e-12 * max(sum(map(abs, parts)), sum(map(abs, sums)))
    assert abs(sum(sums[:-1]) - sum(parts)) > 1e-9 * abs(sum(parts)) or abs(sums[-1]) < 1e-12  # planted: a lag too few

    h = 1e-6
    ends = []
    for sign in (1, -1):
        moved = {key: value + sign * h * along[key] for key, value in net.params.items()}
        ends.append(sg.numeric.rollout(net.cell, moved, batch.u[:, 4:5], path.x[:, 4]).x[:, 1])
    assert_allclose(local[:, 4], (ends[0] - ends[1]) / (2 * h), rtol=1e-6, atol=1e-8)


def test_the_matched_statistic_is_its_formula() -> None:
    """delta_t' diag(mu) (d+x)[w] summed over t, with the rates of the tables; the true one with transports."""
    rng = np.random.default_rng(1)
    net = drawn_network(sg.cell("gru"), 4, 3, rng, every=True)
    path = net.run(rng.normal(size=(2, 9, 3)))
    delta = rng.normal(size=path.after.shape)
    along = {"U_z": rng.normal(size=(4, 4)), "b_c": rng.normal(size=4)}
    found = statistics(path, delta, along, Rates(path), (1, 3))
    local = local_directions(path, along)
    mu, J = numeric.effective_learning_rates(path).first_order, numeric.jacobians(path)
    for place, lag in enumerate((1, 3)):
        for b in range(2):
            steps = range(lag + 1, 10)
            matched = sum(delta[b, t - 1] @ (mu[b, t, lag] * local[b, t - lag - 1]) for t in steps)
            true = sum(delta[b, t - 1] @ numeric.transport(J[b], t, t - lag) @ local[b, t - lag - 1] for t in steps)
            assert_allclose(found[b, :, place], [matched, true], rtol=1e-10)


def test_the_matched_statistic_of_an_lstm_enters_the_cell_state() -> None:
    """delta acts on h, which keeps nothing: the path h <- c <- c <- .., typed out with the blocks of the Jacobians."""
    rng = np.random.default_rng(1)
    net = drawn_network(sg.cell("lstm"), 3, 2, rng, every=True)
    path = net.run(rng.normal(size=(1, 8, 2)))
    delta = rng.normal(size=path.after.shape)
    delta[..., 3:] = 0
    along = {"U_f": rng.normal(size=(3, 3))}
    found = statistics(path, delta, along, Rates(path), (4,))[0, 0, 0]
    local, J = local_directions(path, along)[0], numeric.jacobians(path)[0]
    mu = numeric.effective_learning_rates(path).first_order[0]
    expected = 0.0
    for t in range(5, 9):
        entry = np.diagonal(J[t - 1][:3, 3:])
        own = mu[t, 4, :3] * local[t - 5, :3] + entry * mu[t - 1, 3, 3:] * local[t - 5, 3:]
        expected += delta[0, t - 1, :3] @ own
    assert_allclose(found, expected, rtol=1e-10)
    assert abs(found) > 1e-6


@pytest.mark.parametrize("name", ["multi_gate", "gru", "lstm", "minlstm"])
def test_rates_by_prefix_sums_are_those_of_the_tables(name: str) -> None:
    """All three, with signs, also where a leak is 0; the diagonal of the product by products."""
    rng = np.random.default_rng(2)
    path = drawn_network(sg.cell(name), 4, 3, rng).run(rng.normal(size=(2, 8, 3)))
    rates, tables = Rates(path), numeric.effective_learning_rates(path)
    for lag in (1, 2, 5):
        found = rates.at(lag)
        assert_allclose(found["zeroth"], tables.zeroth[:, lag:, lag], rtol=1e-9, atol=1e-14)
        assert_allclose(found["first"], tables.first_order[:, lag:, lag], rtol=1e-9, atol=1e-14)
        assert_allclose(found["product_of_diagonals"], tables.product_of_diagonals[:, lag:, lag], rtol=1e-9, atol=1e-14)
    ends = np.array([5, 8])
    expected = np.abs(tables.diagonal_of_product[0][ends][:, [1, 5]]).sum(-1).mean(0)
    assert_allclose(diagonal_of_product(path, (1, 5), ends), expected, rtol=1e-9)


def test_signals_are_found_with_the_samples_they_need_and_nulls_are_not() -> None:
    """N(l) of a planted mean; at most 5 % of nulls, also heavy ones; with |mean| in place of it nearly all would be."""
    rng = np.random.default_rng(3)
    for law in (rng.standard_normal, lambda size: rng.standard_t(3, size)):
        share = np.mean([detect(law((200, 50))).found.mean() for _ in range(40)])
        assert share <= 0.055
    samples = rng.standard_normal((40000, 3)) + np.array([0.4, -0.2, 0.0])
    found = detect(samples)
    assert_array_equal(found.found[:2], [True, True])
    assert_allclose(found.needed[:2], [(1.75 / 0.4) ** 2, (1.75 / 0.2) ** 2], rtol=0.15)
    assert detected_nulls(samples[:500], rng) <= 0.055
    naive = np.abs(rng.standard_normal((4000, 300)).mean(axis=0)) > 0.01 / np.sqrt(4000)
    assert naive.mean() > 0.9  # planted: a mean that is not cleared of its noise


def test_intervals_of_the_samples_needed_cover_them() -> None:
    """N(l) of a planted mean, (1.75 s/m)^2, is in nine of ten intervals or more; noise has no end."""
    rng, covered = np.random.default_rng(0), 0
    for _ in range(30):
        samples = rng.standard_normal((400, 2)) + np.array([0.4, 0.0])
        (low, high), (_, never) = needed_intervals(samples, rng, resamples=100)
        covered += low <= (MARGIN / 0.4) ** 2 <= high
        assert np.isinf(never)
    assert 27 <= covered <= 30


def test_samples_that_are_correlated_are_noticed() -> None:
    """Planted: pairs (sequence, step) of an AR(1) in place of sequences; nulls are then found far too often."""
    rng = np.random.default_rng(4)
    noise = rng.standard_normal((300, 400, 10))
    for t in range(1, 400):
        noise[:, t] = 0.98 * noise[:, t - 1] + np.sqrt(1 - 0.98**2) * noise[:, t]
    right = np.mean([detect(draw).found.mean() for draw in np.swapaxes(noise.mean(axis=1).reshape(3, 100, 10), 0, 0)])
    wrong = np.mean([detect(pairs).found.mean() for pairs in noise[:100]])
    assert right <= 0.17
    assert wrong > 0.3


def test_horizons_are_censored_and_do_not_skip() -> None:
    """A lag that is not reached ends the window, whatever lies beyond; the end of the grid is said to be one."""
    lags = np.array([1, 2, 4, 8])
    assert horizon(lags, np.array([3, 5, np.inf, 1]), 10) == 2
    assert horizon(lags, np.array([30, 5, 5, 1]), 10) == 0
    rng = np.random.default_rng(5)
    clear = rng.standard_normal((400, 4)) + 1.0
    found = window(clear, lags, 200, rng, resamples=40)
    assert (found.lag, found.low, found.high, found.censored) == (8, 8, 8, True)
    faint = clear - [0, 0, 1, 1]
    found = window(faint, lags, 200, rng, resamples=40)
    assert found.lag == 2
    assert not found.censored
    with pytest.raises(ShapeError, match="8 sequences"):
        detect(np.zeros((4, 2)))


def test_decays_are_told_apart_and_a_null_is_one() -> None:
    """Planted laws with a little noise are preferred by AIC; a constant is constant; rates are found."""
    rng, lags = np.random.default_rng(6), np.array([2, 4, 8, 12, 16, 24, 32, 48, 64])
    noise = 0.01 * rng.standard_normal(len(lags))
    for law, log_f, rate in (
        ("exponential", -lags / 9, 1 / 9), ("power", -1.5 * np.log(lags), 1.5),
        ("logarithmic", -2 * np.log(np.log(lags)), 2.0), ("constant", 0.0 * lags, 0.0),
    ):  # fmt: skip
        fits = fitted_laws(lags, log_f + noise)
        assert min(fits.values(), key=lambda fit: fit.bic).law == law
        assert abs(fits[law].rate - rate) < 0.03
        assert preferred(fits) in (law, "none")
    assert preferred(fitted_laws(lags, -lags / 9 + noise)) == "exponential"
    assert preferred(fitted_laws(lags, lags / 9 + noise)) == "none"  # it grows
    with pytest.raises(ShapeError, match="4 lags"):
        fitted_laws(lags[:3], np.zeros(3))


def test_rank_correlations_agree_with_scipys_definition() -> None:
    """Ties share their mean rank: Pearson of the ranks, typed out."""
    x, y = np.array([1, 2, 2, 5, 7.0]), np.array([3, 1, 4, 9, 8.0])
    ranks = np.array([0, 1.5, 1.5, 3, 4]), np.array([1, 0, 2, 4, 3.0])
    assert_allclose(rank_correlation(x, y), np.corrcoef(*ranks)[0, 1])
    assert np.isnan(rank_correlation(x, np.ones(5)))


def test_sequences_diagnosed_in_parts_are_those_of_a_whole_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three of eight at a time, the last part smaller: samples, envelopes and updates as at once."""
    spec = replace(LearnabilitySpec().quick(), diagnose=120, steps=16, task_lags=(2, 4), lags=(1, 2, 4, 6, 8))
    task = MultiLag((2, 4), spec.channels)
    network = drawn_network(sg.cell("lstm"), 6, spec.channels, np.random.default_rng(0), every=True)
    along = {name: np.ones_like(value) for name, value in network.params.items()}
    seen: list[int] = []

    def found() -> dict[str, np.ndarray]:
        return learnability_runs.diagnose(
            network, along, task, np.random.default_rng(1), np.random.default_rng(2), spec
        )  # fmt: skip

    whole = found()
    monkeypatch.setattr(learnability_runs, "ROOM", 3 * 17 * 12)
    taken = learnability_runs.statistics
    monkeypatch.setattr(learnability_runs, "statistics", lambda *args: seen.append(len(args[1])) or taken(*args))
    for name, value in found().items():
        assert_allclose(value, whole[name], rtol=1e-10, atol=1e-12 * np.abs(whole[name]).max(), err_msg=name)
    assert seen[:3] == [3, 3, 2]
    batch = task.draw(np.random.default_rng(1), spec.steps, spec.batch)
    few, delta = network.run(batch.u[: spec.updates]), network.push(network.run(batch.u), batch.y)[1] * spec.batch
    kept = numeric.lag_gradients(few, delta[: spec.updates])  # with a table of every lag, which the experiment has not
    squares = sum(kept.sizes(name)[list(spec.lags)] ** 2 for name in network.params)
    assert_allclose(whole["update"], np.sqrt(squares), rtol=1e-12)


def test_the_experiment_runs_and_goes_on_where_it_was(tmp_path: Path) -> None:
    """Shapes, counts, a second run that keeps everything, bytes that are the same."""
    found = learnability(SMALL, out=tmp_path)
    assert found.diverged == ()
    assert found.arrays["diagonal+adamw/samples"].shape == (1, 120, 2, 5)
    assert found.arrays["lstm+sgd/envelopes"].shape == (1, 4, 5)
    own = found.summary["learners"]["diagonal+adamw"]
    assert set(own["true"][0]["H"]) == {"16", "64", "120"}
    assert 0 <= own["true"][0]["share_of_nulls_found"] < 0.1
    assert found.summary["nulls"]["Laplace"]["quantiles"]["median"] < 1.9  # of finite variance
    kept = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "jobs").iterdir()}
    again = learnability(SMALL, out=tmp_path)
    assert kept == {path.name: path.stat().st_mtime_ns for path in (tmp_path / "jobs").iterdir()}
    for one, other in zip(found.save(tmp_path / "a"), again.save(tmp_path / "b"), strict=True):
        assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Learner("rnn"), UnknownNameError, "diagonal"),
        (lambda: Learner("gru", clip=-1.0), ShapeError, "clipped"),
        (lambda: LearnabilitySpec(lags=(1, 256)), ShapeError, "from 1 to 255"),
        (lambda: LearnabilitySpec(lags=(1, 2, 4, 8)), ShapeError, "4 lags or more from 2 on"),
        (lambda: LearnabilitySpec(diagnose=250), ShapeError, "multiple of batch = 16"),
        (lambda: LearnabilitySpec(learners=(Learner("gru"), Learner("gru"))), DefinitionError, "more than once"),
    ],
)  # fmt: skip
def test_bad_specifications_are_refused(make: object, error: type[SymgateError], message: str) -> None:
    """Before any work, with what is allowed."""
    with pytest.raises(error, match=message):
        make()  # type: ignore[operator]


def test_the_published_settings_of_the_sequel() -> None:
    """Typed from the description of the paper."""
    spec = LEARNABILITY["published"][1]
    assert (spec.n, spec.steps, spec.channels, spec.batch) == (128, 1024, 16, 16)
    assert (spec.train, spec.diagnose) == (8000, 8000)
    assert spec.task_lags == (32, 64, 128, 256, 512)
    assert {learner.label for learner in spec.learners} >= {f"{name}+adamw" for name in ARCHITECTURES}
    assert any(learner.norm for learner in spec.learners)
    small = LEARNABILITY["small"][1]
    assert (small.n, small.steps) == (64, 256)
