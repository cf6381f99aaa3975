"""Does the envelope at initialisation say which networks learn?

Over a grid of step size, beginning of the gates and lag of the task: the final loss, beside what the envelope of the
effective learning rate says before the first step.  Ours are: the rate per unit f(l), the envelope over the number of
units that keep anything, 1 at lag 0; its reach, the longest lag up to which f stays above a threshold; and the
prediction that a network learns a task the better, the longer it reaches.

Sources: arXiv:2508.12121, arXiv:2512.05790, which end in that claim; the test is ours.
"""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.random import Generator

from symgate.experiments.checks import cell_of, seeds_of
from symgate.experiments.envelopes import Rates, diagonal_of_product, envelope_sums
from symgate.experiments.initialisation import untrained
from symgate.experiments.jobs import Job, Outcome
from symgate.experiments.lagged_tasks import lagged_task
from symgate.experiments.networks import Network, drawn_network
from symgate.experiments.optimisers import optimiser
from symgate.experiments.results import Result, gathered
from symgate.experiments.sweep import Begin, run_jobs
from symgate.experiments.trainability_grid import Point, summarised
from symgate.experiments.trainability_specs import TrainabilitySpec
from symgate.experiments.training import train
from symgate.numeric.arrays import Array

#: Sequences on which the rates at the beginning are measured.
SEQUENCES = 4


@dataclass(frozen=True)
class TrainabilityJob(Job):
    """One network on one task of one lag, with one step size."""

    spec: TrainabilitySpec

    @property
    def point(self) -> Point:
        """Where in the grid."""
        spec = self.spec
        return Point(spec.networks[0].label, spec.tasks[0], spec.lags[0], spec.rates[0])

    @property
    def label(self) -> str:
        """For progress and messages."""
        return f"{self.point.key}, seed {self.seed}"

    def run(self) -> Outcome:
        """Measure the rates, then train; a run that diverges is an outcome as any other, with an infinite loss."""
        spec, begun, lag = self.spec, self.spec.networks[0], self.spec.lags[0]
        weights, batches, probes, picks = self.streams(4)
        start, chosen = begun.start(lag), lagged_task(spec.tasks[0], lag)
        network = drawn_network(self.cell, spec.n, spec.inputs, weights, begun.given, start=start)
        probe = chosen.draw(probes, lag + 1, spec.probe, spec.inputs)
        along = chosen.draw(probes, spec.horizon + 1, SEQUENCES, spec.inputs)
        rates = rate_per_unit(network, along.u, spec.horizon, spec.windows, picks)
        *_, last = train(
            network, chosen, optimiser(spec.optimiser, spec.rates[0], spec.clip), batches, steps=lag + 1,
            batch=spec.batch, channels=spec.inputs, iterations=spec.iterations, checkpoints=(spec.iterations,),
            fixed=untrained(self.cell, start, begun.given),
        )  # fmt: skip
        loss = np.inf if last.diverged else last.network.loss(probe) / float(np.var(probe.y))
        found = {
            "loss": np.asarray(loss if np.isfinite(loss) else np.inf),
            "rates": rates,
            "ended": np.asarray(last.iteration if last.diverged else -1),
        }
        return Outcome(found, {"diverged": None, "ended": last.iteration if last.diverged else None})


def rate_per_unit(network: Network, u: Array, horizon: int, windows: int, picks: Generator) -> Array:
    """The four envelopes per unit at the lags 1 .. ``horizon``, (4, L); NaN where the cell has no rate.

    Units that keep nothing, such as h of an LSTM, are not counted; of a cell that has no rate all are.
    """
    trajectory, lags = network.run(u), range(1, horizon + 1)
    rates = Rates(trajectory)
    kept = int((rates.leak != 0).any(axis=tuple(range(rates.leak.ndim - 1))).sum()) or rates.leak.shape[-1]
    ends = picks.integers(horizon, trajectory.steps + 1, windows)
    return np.concatenate([envelope_sums(rates, lags), diagonal_of_product(trajectory, lags, ends)[None]]) / kept


def trainability(
    spec: TrainabilitySpec | None = None,
    executor: Executor | None = None,
    *,
    out: Path | str | None = None,
    begin: Begin | None = None,
) -> Result:
    """Compare final losses over a grid with what the effective learning rate at initialisation predicts.

    Args:
        spec: what to run; default the settings "small".
        executor: any ``concurrent.futures.Executor``; None runs one job after the other.
        out: a folder that keeps the result of each job, so that an interrupted run goes on where it was.
        begin: shows progress.

    Returns:
        The result.  Arrays "network/task/lag/step size/loss" (seeds,), the mean squared error over the variance of the
        target, infinite where training diverged, and ".../rates" (seeds, 4, horizon); the summary has the map, the
        reach of each network, and rank correlations.

    Raises:
        SweepError: jobs failed; those that finished are kept in ``out``.

    Law: ``tests/experiments/test_trainability.py``.
    """
    asked = spec or TrainabilitySpec()
    jobs = [
        TrainabilityJob(
            cell_of(begun.cell), seed,
            replace(asked, networks=(begun,), tasks=(name,), lags=(lag,), rates=(rate,), seeds=(seed,)),
        )
        for begun in asked.networks
        for name in asked.tasks
        for lag in asked.lags
        for rate in asked.rates
        for seed in seeds_of(asked.seeds)
    ]  # fmt: skip
    outcomes = run_jobs(jobs, executor, Path(out) / "jobs" if out else None, begin, "trainability")
    arrays = gathered(jobs, outcomes, lambda job: job.point.key)
    ended = [
        (job.label, int(outcome.facts["ended"]))
        for job, outcome in zip(jobs, outcomes, strict=True)
        if outcome.facts["ended"] is not None
    ]
    seconds = sum(outcome.seconds for outcome in outcomes)
    return Result("trainability", asked, arrays, summarised(asked, arrays), tuple(ended), seconds)
