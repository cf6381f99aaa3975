"""The effective learning rate against the update itself, lag by lag.

The gradient is a sum over lags, G = sum_l Gamma_l with Gamma_l = sum_t (d+x_{t-l}/dtheta)' M_{t,t-l}' delta_t: under
gradient descent, eta |Gamma_l| is how far lag l moves the parameters, and <Gamma_l, G> / |G|^2 its share of the step.
Beside it stand the four envelopes f(l) of the rate.  Two things that both fall with the lag agree in rank whatever
they are; so the lag itself is kept as a control, and networks are also compared with each other at one lag.

Sources: arXiv:2508.12121, arXiv:2512.05790; the comparison is ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from symgate.experiments.checks import seeds_of
from symgate.experiments.detection import rank_correlation
from symgate.experiments.envelopes import ENVELOPES, Rates, diagonal_of_product, envelope_sums
from symgate.experiments.fitting import fit
from symgate.experiments.gates import fitted_power
from symgate.experiments.initialisation import untrained
from symgate.experiments.jobs import Job, Outcome
from symgate.experiments.multilag import MultiLag
from symgate.experiments.networks import Network, drawn_network
from symgate.experiments.results import Result, diverged, gathered, spread
from symgate.experiments.sweep import Begin, run_jobs
from symgate.experiments.tasks import Batch
from symgate.experiments.update_specs import UpdateSpec
from symgate.numeric.arrays import Array
from symgate.numeric.gradients import loss_gradient
from symgate.numeric.lags import parts_by_lag

#: When networks are measured, in the order of the axis.
MOMENTS = ("before", "after")


@dataclass(frozen=True)
class UpdateJob(Job):
    """One learner, one seed."""

    spec: UpdateSpec

    @property
    def label(self) -> str:
        """For progress and messages."""
        return f"{self.spec.learners[0].label}, seed {self.seed}"

    def run(self) -> Outcome:
        """Measure, train, and measure on the same sequences."""
        spec, learner = self.spec, self.spec.learners[0]
        weights, batches, probes, picks = self.streams(4)
        task = MultiLag(tuple(spec.task_lags), spec.channels)
        network = drawn_network(
            self.cell, spec.n, spec.channels, weights, learner.given, start=learner.start, every=True
        )
        trained = [name for name in network.params if name not in untrained(self.cell, learner.start, learner.given)]
        probe = task.draw(probes, spec.steps, spec.probe)
        ends = picks.integers(max(spec.lags), spec.steps + 1, spec.windows)
        before = measure(network, probe, trained, spec.lags, ends)
        losses = np.array(list(fit(network, learner, task, trained, batches, spec.train, spec.steps, spec.batch)))
        if len(losses) and not np.isfinite(losses[-1]):
            return Outcome({"losses": losses}, {"diverged": len(losses) - 1})
        after = measure(network, probe, trained, spec.lags, ends)
        found = {name: np.stack([before[name], after[name]]) for name in before}
        return Outcome({**found, "losses": losses, "variance": np.asarray(task.variance)}, {"diverged": None})


def measure(
    network: Network, probe: Batch, trained: Sequence[str], lags: Sequence[int], ends: Array
) -> dict[str, Array]:
    """The gradient by lags beside the envelopes.

    Returns:
        update: |Gamma_l| over all trained parameters of the cell, for every lag 0 .. T - 1, (T,).
        share: <Gamma_l, G> / |G|^2, (T,): they sum to 1.
        rest: |G - sum_l Gamma_l| / |G|, rounding alone.
        envelopes: f(l) at ``lags``, the four of ``ENVELOPES``, (4, L); NaN where the cell has no rate.
        probe_loss: the mean squared error.
    """
    trajectory = network.run(probe.u)
    error, delta = network.push(trajectory, probe.y)
    whole = loss_gradient(trajectory, delta, trained)
    rest = {name: value.copy() for name, value in whole.items()}
    sizes, inner = [], []
    for part in parts_by_lag(trajectory, delta, trained):
        sizes.append(_product(part, part))
        inner.append(_product(part, whole))
        for name, value in part.items():
            rest[name] -= value
    size = _product(whole, whole)
    diagonal = diagonal_of_product(trajectory, lags, ends)
    return {
        "update": np.sqrt(sizes),
        "share": np.array(inner) / size,
        "rest": np.sqrt(_product(rest, rest) / size),
        "envelopes": np.concatenate([envelope_sums(Rates(trajectory), lags), diagonal[None]]),
        "probe_loss": np.mean((error * probe.y.size / 2) ** 2),
    }


def _product(one: Mapping[str, Array], other: Mapping[str, Array]) -> float:
    """The inner product of two gradients."""
    return float(sum(np.sum(value * other[name]) for name, value in one.items()))


def updates(
    spec: UpdateSpec | None = None,
    executor: Executor | None = None,
    *,
    out: Path | str | None = None,
    begin: Begin | None = None,
) -> Result:
    """Compare the effective learning rate of each lag with what that lag moves.

    Args:
        spec: what to run; default the settings "small".
        executor: any ``concurrent.futures.Executor``; None runs one job after the other.
        out: a folder that keeps the result of each job, so that an interrupted run goes on where it was.
        begin: shows progress.

    Returns:
        The result.  Arrays "learner/update" (seeds, 2, T) and the like, as ``measure`` names them, before and after
        training; the summary has rank correlations and log-log slopes over lags, with the lag itself as a control, and
        over learners at one lag.

    Raises:
        SweepError: jobs failed; those that finished are kept in ``out``.

    Law: ``tests/experiments/test_updates.py``.
    """
    asked = spec or UpdateSpec()
    jobs = [
        UpdateJob(learner.cell, seed, replace(asked, learners=(learner,), seeds=(seed,)))
        for learner in asked.learners
        for seed in seeds_of(asked.seeds)
    ]
    outcomes = run_jobs(jobs, executor, Path(out) / "jobs" if out else None, begin, "updates")
    arrays = gathered(jobs, outcomes, lambda job: job.spec.learners[0].label)
    seconds = sum(outcome.seconds for outcome in outcomes)
    return Result("updates", asked, arrays, summarised(asked, arrays), diverged(jobs, outcomes), seconds)


def summarised(spec: UpdateSpec, arrays: Mapping[str, Array]) -> dict[str, Any]:
    """By learner and moment: do the envelopes rank the lags, and with which power; over learners, at one lag."""
    of = {
        learner.label: {
            key.rpartition("/")[2]: value for key, value in arrays.items() if key.startswith(f"{learner.label}/")
        }
        for learner in spec.learners
    }
    done = {name: found for name, found in of.items() if found}
    return {
        "learners": {
            name: {moment: _moment(spec, found, place) for place, moment in enumerate(MOMENTS)}
            for name, found in done.items()
        },
        "between_learners": {moment: _between(spec, done, place) for place, moment in enumerate(MOMENTS)},
    }


def _moment(spec: UpdateSpec, of: Mapping[str, Array], place: int) -> dict[str, Any]:
    lags = np.array(spec.lags)
    update, log_f = of["update"][:, place][:, lags], _logs(of["envelopes"][:, place])
    told: dict[str, Any] = {
        "loss_over_variance": spread(of["probe_loss"][:, place] / of["variance"]),
        "rest": spread(of["rest"][:, place]),
        "log_update": {str(lag): spread(_logs(update)[:, i]) for i, lag in enumerate(lags)},
        "share": {str(lag): spread(of["share"][:, place, lag]) for lag in lags},
        "log_envelopes": {
            name: {str(lag): spread(log_f[:, row, i]) for i, lag in enumerate(lags)}
            for row, name in enumerate(ENVELOPES)
        },
        "rank_correlation": {"minus_lag": spread([rank_correlation(-lags, one) for one in update])},
        "power": {},
    }
    for row, name in enumerate(ENVELOPES):
        pairs = list(zip(log_f[:, row], _logs(update), strict=True))
        told["rank_correlation"][name] = spread([rank_correlation(f, one) for f, one in pairs])
        fits = [fitted_power(f, one, 0.0) for f, one in pairs]
        told["power"][name] = {
            "slope": spread([one.slope for one in fits]),
            "r_squared": spread([one.r_squared for one in fits]),
        }
    return told


def _between(spec: UpdateSpec, done: Mapping[str, Mapping[str, Array]], place: int) -> dict[str, Any]:
    """At each lag, the rank correlation over learners of how far f and |Gamma| fell since the first lag; per seed.

    Seeds that some learner did not finish are not paired, and then there is none.
    """
    counts = {len(found["update"]) for found in done.values()}
    if len(counts) != 1:
        return {}
    lags = np.array(spec.lags)
    moved = np.array([_logs(found["update"][:, place][:, lags]) for found in done.values()])
    log_f = np.array([_logs(found["envelopes"][:, place]) for found in done.values()])
    moved, log_f = moved - moved[..., :1], log_f - log_f[..., :1]
    found: dict[str, Any] = {}
    for row, name in enumerate(ENVELOPES):
        found[name] = {}
        for i, lag in enumerate(lags[1:], 1):
            pairs = zip(log_f[:, :, row, i].T, moved[..., i].T, strict=True)
            found[name][str(lag)] = spread([rank_correlation(f, one) for f, one in pairs])
    return found


def _logs(values: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.log(values)
    return np.where(np.isfinite(found), found, np.nan)
