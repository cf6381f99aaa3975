"""The learnability experiment: which lags a trained network's own gradients can find, with how many sequences.

For each sequence and lag the matched statistic psi_t(l) = delta_t' diag(mu_{t,l}) (d+x_{t-l}/dtheta)[w], mu the
first-order rate and d+ the derivative of step t - l alone (of several states also through the diagonal of the block by
which one state enters another at step t, and the rate of that one from there: h <- c <- h of an LSTM), beside the true
psi*_t(l) = delta_t' M_{t,t-l} (d+x_{t-l}/dtheta)[w]; each summed over t gives one sample per sequence.  Summed over all
lags, psi* is the derivative of the loss along w.

Source: arXiv:2512.05790.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.random import Generator

from symgate.experiments.checks import seeds_of
from symgate.experiments.envelopes import Rates, diagonal_of_product, envelope_sums
from symgate.experiments.fitting import fit
from symgate.experiments.initialisation import untrained
from symgate.experiments.jobs import Job, Outcome
from symgate.experiments.learnability_specs import LearnabilitySpec
from symgate.experiments.learnability_told import STATISTICS, nulls, summary
from symgate.experiments.multilag import MultiLag
from symgate.experiments.networks import Network, drawn_network
from symgate.experiments.results import Result, diverged, gathered
from symgate.experiments.sweep import Begin, run_jobs
from symgate.numeric.arrays import Array
from symgate.numeric.lags import carried_back, local_directions, parts_by_lag
from symgate.numeric.trajectories import Trajectory

#: How many numbers the states of sequences diagnosed together may be (8 MiB); some twenty arrays are that large.
ROOM = 1 << 20


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
        for part in _parts(trajectory):
            own = _rows(trajectory, part)
            rates = Rates(own)
            rows = slice(place * spec.batch + part.start, place * spec.batch + part.stop)
            samples[rows] = statistics(own, delta[part], along, rates, lags)
            envelopes += envelope_sums(rates, lags) * ((part.stop - part.start) / spec.diagnose)
        loss += float(np.mean((error * batch.y.size / 2) ** 2)) / count
        first = first or (trajectory, delta)
    assert first is not None
    ends = picks.integers(max(lags), spec.steps + 1, spec.windows)
    diagonal = diagonal_of_product(_rows(first[0], slice(1)), lags, ends)
    few = min(spec.updates, spec.batch)
    moved = parts_by_lag(_rows(first[0], slice(few)), first[1][:few], list(along), max(lags))
    squares = [sum(float(np.sum(value * value)) for value in part.values()) for part in moved]
    return {
        "samples": samples,
        "envelopes": np.concatenate([envelopes, diagonal[None]]),
        "update": np.sqrt(squares)[list(lags)],
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


def _parts(trajectory: Trajectory) -> Iterator[slice]:
    """A few sequences at a time, so that an array of all their states fits into ``ROOM``."""
    sequences = len(trajectory.x)
    few = max(1, ROOM // int(np.prod(trajectory.x.shape[1:])))
    for first in range(0, sequences, few):
        yield slice(first, min(first + few, sequences))


def _rows(trajectory: Trajectory, rows: slice) -> Trajectory:
    """Some sequences of a trajectory."""
    inputs = {name: value[rows] for name, value in trajectory.inputs.items()}
    return replace(trajectory, inputs=inputs, x=trajectory.x[rows], kept=None)


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
    arrays = gathered(jobs, outcomes, lambda job: job.spec.learners[0].label)
    seconds = sum(outcome.seconds for outcome in outcomes)
    told = {"nulls": nulls(asked.diagnose), "learners": summary(asked, arrays)}
    return Result("learnability", asked, arrays, told, diverged(jobs, outcomes), seconds)
