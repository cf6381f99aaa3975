"""The learnability experiment: which lags a trained network's own gradients can find, with how many sequences.

For each sequence and lag the matched statistic psi_t(l) = delta_t' diag(mu_{t,l}) (d+x_{t-l}/dtheta)[w], mu the
first-order rate and d+ the derivative of step t - l alone (of several states also through the diagonal of the block by
which one state enters another at step t, and the rate of that one from there: h <- c <- h of an LSTM), beside the true
psi*_t(l) = delta_t' M_{t,t-l} (d+x_{t-l}/dtheta)[w]; each summed over t gives one sample per sequence.  Summed over all
lags, psi* is the derivative of the loss along w.

Source: arXiv:2512.05790.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator

from symgate.experiments.checks import seeds_of
from symgate.experiments.detection import (
    detect,
    detected_nulls,
    fitted_laws,
    grid,
    needed_intervals,
    preferred,
    rank_correlation,
    window,
)
from symgate.experiments.envelopes import ENVELOPES, Rates, diagonal_of_product, envelope_sums
from symgate.experiments.fitting import fit
from symgate.experiments.initialisation import untrained
from symgate.experiments.jobs import Job, Outcome
from symgate.experiments.learnability_specs import LearnabilitySpec
from symgate.experiments.multilag import MultiLag
from symgate.experiments.networks import Network, drawn_network
from symgate.experiments.results import Result, diverged, spread, stacked
from symgate.experiments.sweep import Begin, run_jobs
from symgate.experiments.tails import ESTIMATORS, NULLS, exponent, tail_index
from symgate.numeric.arrays import Array
from symgate.numeric.lags import carried_back, lag_gradients, local_directions
from symgate.numeric.trajectories import Trajectory

#: The statistics, in the order of their axis: matched to the first-order rate, and true.
STATISTICS = ("matched", "true")


@dataclass(frozen=True)
class LearnabilityJob(Job):
    """One learner, one seed."""

    spec: LearnabilitySpec

    @property
    def label(self) -> str:
        """For progress and messages."""
        return f"{self.spec.learners[0].label}, seed {self.seed}"

    def run(self) -> Outcome:
        """Train and diagnose, batch after batch; what is held at a time does not grow with the number of sequences."""
        spec, learner = self.spec, self.spec.learners[0]
        weights, batches, probes, picks = self.streams(4)
        task = MultiLag(tuple(spec.task_lags), spec.channels)
        start, given = learner.start, learner.given
        network = drawn_network(self.cell, spec.n, spec.channels, weights, given, start=start, every=True)
        trained = [name for name in network.params if name not in untrained(self.cell, start, given)]
        descent = fit(network, learner, task, trained, batches, spec.train, spec.steps, spec.batch)
        losses = np.array(list(descent))
        if len(losses) and not np.isfinite(losses[-1]):
            return Outcome({"losses": losses}, {"diverged": len(losses) - 1})
        along = {name: picks.standard_normal(network.params[name].shape) for name in trained}
        found = diagnose(network, along, task, probes, picks, spec)
        return Outcome({**found, "losses": losses, "variance": np.asarray(task.variance)}, {"diverged": None})


def diagnose(
    network: Network,
    along: Mapping[str, Array],
    task: MultiLag,
    probes: Generator,
    picks: Generator,
    spec: LearnabilitySpec,
) -> dict[str, Array]:
    """The samples and envelopes of a network.

    Returns:
        samples: (sequences, 2, L), matched and true.
        envelopes: the four of them, (4, L).
        update: |Gamma_l| over all trained parameters of the cell, (L,).
        probe_loss: the mean squared error over the sequences.
    """
    lags = tuple(spec.lags)
    samples = np.empty((spec.diagnose, len(STATISTICS), len(lags)))
    envelopes, loss, count = np.zeros((3, len(lags))), 0.0, spec.diagnose // spec.batch
    first: tuple[Trajectory, Array] | None = None
    for place in range(count):
        batch = task.draw(probes, spec.steps, spec.batch)
        trajectory = network.run(batch.u)
        error, delta = network.push(trajectory, batch.y)
        delta = delta * spec.batch  # the loss of each sequence by itself
        rates = Rates(trajectory)
        rows = slice(place * spec.batch, (place + 1) * spec.batch)
        samples[rows] = statistics(trajectory, delta, along, rates, lags)
        envelopes += envelope_sums(rates, lags) / count
        loss += float(np.mean((error * batch.y.size / 2) ** 2)) / count
        first = first or (trajectory, delta)
    assert first is not None
    ends = picks.integers(max(lags), spec.steps + 1, spec.windows)
    diagonal = diagonal_of_product(_some(first[0], 1), lags, ends)
    few = min(spec.updates, spec.batch)
    moved = lag_gradients(_some(first[0], few), first[1][:few], list(along), max_lag=max(lags))
    squares = sum(moved.sizes(name)[list(lags)] ** 2 for name in along)
    return {
        "samples": samples,
        "envelopes": np.concatenate([envelopes, diagonal[None]]),
        "update": np.sqrt(squares),
        "probe_loss": np.asarray(loss),
    }


def statistics(
    trajectory: Trajectory, delta: Array, along: Mapping[str, Array], rates: Rates, lags: Sequence[int]
) -> Array:
    """psi and psi* summed over t for every sequence, (B, 2, L)."""
    local = local_directions(trajectory, along)
    found = np.empty((len(delta), len(STATISTICS), len(lags)))
    for lag, v in enumerate(carried_back(trajectory, delta, max(lags))):
        if lag not in lags:
            continue
        place, own = list(lags).index(lag), local[:, : local.shape[1] - lag]
        mu = rates.at(lag)["first"][:, 1:]  # of M_{t,t-l} with t - l >= 1
        found[:, 0, place] = np.einsum("btn,btn,btn->b", delta[:, lag:], mu, own)
        for rows, cols, entry in rates.entries if lag else ():  # in by the last step, then along the other state
            inner = rates.at(lag - 1)["first"][:, 1:-1, cols]
            passed = delta[:, lag:, rows] * entry[:, lag:]
            found[:, 0, place] += np.einsum("btn,btn,btn->b", passed, inner, own[..., cols])
        found[:, 1, place] = np.einsum("btn,btn->b", v, own)
    return found


def _some(trajectory: Trajectory, count: int) -> Trajectory:
    """The first sequences of a trajectory."""
    inputs = {name: value[:count] for name, value in trajectory.inputs.items()}
    return replace(trajectory, inputs=inputs, x=trajectory.x[:count], kept=None)


def learnability(
    spec: LearnabilitySpec | None = None,
    executor: Executor | None = None,
    *,
    out: Path | str | None = None,
    begin: Begin | None = None,
) -> Result:
    """Run the learnability experiment.

    Args:
        spec: what to run; default the settings "small".
        executor: any ``concurrent.futures.Executor``; None runs one job after the other.
        out: a folder that keeps the result of each job, so that an interrupted run goes on where it was.
        begin: shows progress.

    Returns:
        The result.  Arrays "learner/samples" (seeds, sequences, 2, L) and the like, as ``diagnose`` names them; the
        summary has N(l), H_N, tail indices, envelopes with their fits, and nulls beside them.

    Raises:
        SweepError: jobs failed; those that finished are kept in ``out``.

    Source: arXiv:2512.05790.
    """
    asked = spec or LearnabilitySpec()
    jobs = [
        LearnabilityJob(learner.cell, seed, replace(asked, learners=(learner,), seeds=(seed,)))
        for learner in asked.learners
        for seed in seeds_of(asked.seeds)
    ]
    outcomes = run_jobs(jobs, executor, Path(out) / "jobs" if out else None, begin, "learnability")
    arrays: dict[str, Array] = {}
    for learner in asked.learners:
        mine = [o for job, o in zip(jobs, outcomes, strict=True) if job.spec.learners[0] == learner]
        arrays |= stacked(mine, learner.label)
    seconds = sum(outcome.seconds for outcome in outcomes)
    summary = {"nulls": _nulls(asked.diagnose), "learners": _summary(asked, arrays)}
    return Result("learnability", asked, arrays, summary, diverged(jobs, outcomes), seconds)


def _nulls(size: int) -> dict[str, Any]:
    """What the estimators say of laws of finite variance, at the number of sequences of this experiment."""
    found = {}
    for name, law in NULLS.items():
        rng = np.random.default_rng(0)
        drawn = [law(rng, size) for _ in range(10)]
        found[name] = {key: spread([estimate(x) for x in drawn]) for key, estimate in ESTIMATORS.items()}
        found[name]["exponent"] = spread([exponent(x, rng).value for x in drawn])
    return found


def _summary(spec: LearnabilitySpec, arrays: Mapping[str, Array]) -> dict[str, Any]:
    """By learner: loss, envelopes, tails, N(l), H_N."""
    summary: dict[str, Any] = {}
    for learner in spec.learners:
        of = {key.split("/")[1]: value for key, value in arrays.items() if key.startswith(f"{learner.label}/")}
        if "samples" in of:
            summary[learner.label] = _learner(spec, of)
    return summary


def _learner(spec: LearnabilitySpec, of: Mapping[str, Array]) -> dict[str, Any]:
    lags = np.array(spec.lags)
    told: dict[str, Any] = {"loss_over_variance": spread(of["probe_loss"] / of["variance"])}
    log_f = np.log(np.maximum(of["envelopes"], np.finfo(float).tiny))
    told["log_envelopes"] = {
        name: {str(lag): spread(log_f[:, row, i]) for i, lag in enumerate(lags)} for row, name in enumerate(ENVELOPES)
    }
    told["update"] = {str(lag): spread(of["update"][:, i]) for i, lag in enumerate(lags)}
    told["rank_correlation_with_update"] = {
        name: spread([rank_correlation(f[row], u) for f, u in zip(of["envelopes"], of["update"], strict=True)])
        for row, name in enumerate(ENVELOPES)
    }
    told["fits"] = [_fits(lags, one[1]) for one in log_f]
    for place, statistic in enumerate(STATISTICS):
        told[statistic] = [_seed(spec, lags, one[:, place]) for one in of["samples"]]
    return told


def _fits(lags: Array, log_f: Array) -> dict[str, Any]:
    fits = fitted_laws(lags, log_f)
    rows = {law: {"rate": fit.rate, "aic": fit.aic, "bic": fit.bic} for law, fit in fits.items()}
    return {"laws": rows, "preferred": preferred(fits)}


def _seed(spec: LearnabilitySpec, lags: Array, samples: Array) -> dict[str, Any]:
    """One seed's samples (S, L): tails, N(l) for finite variance, H_N of all lags and of those of the task alone."""
    rng = np.random.default_rng(0)
    found = detect(samples)
    tails = {}
    for place, lag in enumerate(lags):
        row = {name: _told(tail_index(samples[:, place], name, rng)) for name in ESTIMATORS}
        row["exponent"] = _told(exponent(samples[:, place], rng, 40))
        tails[str(lag)] = row
    windows = _windows(spec, lags, samples, rng)
    of_task = np.isin(lags, spec.task_lags)
    return {
        "needed": {str(lag): float(n) if np.isfinite(n) else None for lag, n in zip(lags, found.needed, strict=True)},
        "needed_interval": {
            str(lag): [float(end) if np.isfinite(end) else None for end in ends]
            for lag, ends in zip(lags, needed_intervals(samples, np.random.default_rng(1)), strict=True)
        },
        "found": {str(lag): bool(yes) for lag, yes in zip(lags, found.found, strict=True)},
        "H": windows,
        "H_of_task": _windows(spec, lags[of_task], samples[:, of_task], np.random.default_rng(2)),
        "tails": tails,
        "share_of_nulls_found": detected_nulls(samples, rng),
    }


def _windows(spec: LearnabilitySpec, lags: Array, samples: Array, rng: Generator) -> dict[str, Any]:
    """H_N of these lags by N; nothing where there are none."""
    found = {}
    for count in grid(spec.diagnose) if len(lags) else ():
        own = window(samples, lags, count, rng)
        found[str(count)] = {"lag": own.lag, "low": own.low, "high": own.high, "censored": own.censored}
    return found


def _told(estimate: Any) -> dict[str, float]:
    return {"value": estimate.value, "low": estimate.low, "high": estimate.high}
