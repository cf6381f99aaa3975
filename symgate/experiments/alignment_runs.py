"""Alignment: does the transported loss gradient lie in the few directions that M stretches most?

Definitions, which are ours.  lambda_t is the gradient of the loss by x_t, of the steps from t on; M = M_{t,t-l} has the
singular values and directions U S V'; v = M' lambda_t is what arrives at step t - l.  Of k leading directions:

    transported   |V_k' v|^2 / |v|^2, the share of the transported gradient in the leading right directions;
    random        the same with a random direction in place of lambda_t: what M alone makes of anything, so that only
                  what stands above it is alignment; k/N where M is isotropic;
    incoming      |U_k' lambda|^2 / |lambda|^2, the share of the gradient, before it is transported, in the directions
                  that M' transports best; k/N for a random gradient.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from symgate.experiments.alignment_specs import AlignmentSpec
from symgate.experiments.checks import cell_of, seeds_of
from symgate.experiments.corrections import Windows, drawn_windows
from symgate.experiments.initialisation import untrained
from symgate.experiments.jobs import Job, Outcome
from symgate.experiments.lagged_tasks import lagged_task
from symgate.experiments.networks import Network, drawn_network
from symgate.experiments.optimisers import optimiser
from symgate.experiments.profile_runs import product_of
from symgate.experiments.results import Result, diverged, gathered, spread
from symgate.experiments.sweep import Begin, run_jobs
from symgate.experiments.tasks import Batch
from symgate.experiments.training import train
from symgate.numeric.arrays import Array
from symgate.numeric.gradients import adjoint
from symgate.numeric.stacks import jacobians

#: The shares, in the order of the last axis, and when they are measured, in the order of the axis before the lags.
SHARES, MOMENTS = ("transported", "random", "incoming"), ("before", "after")

#: s_k / s_1 below which the k-th direction is made of rounding: such a window has no shares.
SHARPEST = 1e-12


@dataclass(frozen=True)
class AlignmentJob(Job):
    """One network on one task."""

    spec: AlignmentSpec

    @property
    def label(self) -> str:
        """For progress and messages."""
        return f"{self.spec.networks[0].label} on {self.spec.tasks[0]}, seed {self.seed}"

    def run(self) -> Outcome:
        """Measure at initialisation and after training."""
        spec, begun = self.spec, self.spec.networks[0]
        weights, batches, probes, picks = self.streams(4)
        start, chosen, steps = begun.start(spec.lag), lagged_task(spec.tasks[0], spec.lag), spec.lag + 1
        network = drawn_network(self.cell, spec.n, spec.inputs, weights, begun.given, start=start)
        probe = chosen.draw(probes, steps, spec.probe, spec.inputs)
        windows = drawn_windows(picks, spec.probe, steps, spec.lags, spec.windows)
        noise = picks.standard_normal((spec.windows, spec.draws, spec.units(begun)))
        found: list[dict[str, Array]] = []
        for point in train(
            network, chosen, optimiser(spec.optimiser, spec.rate, spec.clip), batches, steps=steps, batch=spec.batch,
            channels=spec.inputs, iterations=spec.iterations, checkpoints=(0, spec.iterations),
            fixed=untrained(self.cell, start, begun.given),
        ):  # fmt: skip
            if point.diverged:
                return Outcome({"losses": point.losses}, {"diverged": point.iteration})
            shares = measure(point.network, probe, windows, spec.rank, noise)
            found.append({"shares": shares, "probe_loss": np.asarray(point.network.loss(probe))})
        arrays = {name: np.stack([one[name] for one in (found[0], found[-1])]) for name in found[0]}
        return Outcome({**arrays, "losses": point.losses, "variance": np.asarray(np.var(probe.y))}, {"diverged": None})


def measure(network: Network, probe: Batch, windows: Windows, rank: int, noise: Array) -> Array:
    """The shares by lag, means over windows, (L, 3); ``noise`` holds random directions, (W, D, N)."""
    trajectory = network.run(probe.u)
    _, delta = network.push(trajectory, probe.y)
    lam, J = adjoint(trajectory, delta), jacobians(trajectory)
    found = []
    for lag, (sequences, starts) in windows.items():
        M = product_of(J[sequences[:, None], starts[:, None] + np.arange(lag)])
        shares = alignment_shares(M, lam[sequences, starts + lag], noise, rank)
        some = np.isfinite(shares).all(axis=-1)
        found.append(shares[some].mean(axis=0) if some.any() else np.full(len(SHARES), np.nan))
    return np.array(found)


def alignment_shares(M: Array, incoming: Array, noise: Array, rank: int) -> Array:
    """The shares of each product M (W, N, N) and gradient lambda (W, N), (W, 3).

    NaN where a product is not finite, where k directions are below rounding, or where the gradient is 0.

    Law: ``tests/experiments/test_alignment.py`` (isotropic M, random gradients, planted directions).
    """
    fine = np.asarray(np.isfinite(M).all(axis=(-2, -1)) & np.isfinite(incoming).all(axis=-1))
    U, s, Vt = np.linalg.svd(np.where(fine[:, None, None], M, 0))
    fine &= s[:, rank - 1] > SHARPEST * s[:, 0]
    with np.errstate(all="ignore"):
        unit = incoming / np.abs(incoming).max(axis=-1, keepdims=True)  # shares have no scale, squares underflow
        M = M / s[:, :1, None]
        own = _shares(Vt[:, :rank], np.einsum("wij,wi->wj", M, unit)[:, None])[:, 0]
        any_other = _shares(Vt[:, :rank], np.einsum("wij,wdi->wdj", M, noise)).mean(axis=-1)
        before = _shares(np.swapaxes(U, -1, -2)[:, :rank], unit[:, None])[:, 0]
        found = np.stack([own, any_other, before], axis=-1)
    return np.where(fine[:, None] & np.isfinite(found).all(axis=-1, keepdims=True), found, np.nan)


def _shares(directions: Array, vectors: Array) -> Array:
    """Of orthonormal rows (W, k, N): the share of each vector (W, D, N) that they hold, (W, D)."""
    inside = np.einsum("wkn,wdn->wdk", directions, vectors)
    return np.asarray((inside**2).sum(axis=-1) / (vectors**2).sum(axis=-1))


def alignment(
    spec: AlignmentSpec | None = None,
    executor: Executor | None = None,
    *,
    out: Path | str | None = None,
    begin: Begin | None = None,
) -> Result:
    """Measure how the transported loss gradient lies to the leading directions of M, before and after training.

    Args:
        spec: what to run; default the settings "small".
        executor: any ``concurrent.futures.Executor``; None runs one job after the other.
        out: a folder that keeps the result of each job, so that an interrupted run goes on where it was.
        begin: shows progress.

    Returns:
        The result.  Arrays "network/task/shares" (seeds, 2, L, 3), before and after, as ``SHARES`` names them, and
        "network/task/probe_loss" (seeds, 2); the summary has their spread over seeds.

    Raises:
        SweepError: jobs failed; those that finished are kept in ``out``.

    Law: ``tests/experiments/test_alignment.py``.
    """
    asked = spec or AlignmentSpec()
    jobs = [
        AlignmentJob(cell_of(begun.cell), seed, replace(asked, networks=(begun,), tasks=(name,), seeds=(seed,)))
        for name in asked.tasks
        for begun in asked.networks
        for seed in seeds_of(asked.seeds)
    ]
    outcomes = run_jobs(jobs, executor, Path(out) / "jobs" if out else None, begin, "alignment")
    arrays = gathered(jobs, outcomes, lambda job: f"{job.spec.networks[0].label}/{job.spec.tasks[0]}")
    seconds = sum(outcome.seconds for outcome in outcomes)
    return Result("alignment", asked, arrays, summarised(asked, arrays), diverged(jobs, outcomes), seconds)


def summarised(spec: AlignmentSpec, arrays: Mapping[str, Array]) -> dict[str, Any]:
    """By network, task and moment: the three shares by lag, and how far the first stands above the second."""
    found: dict[str, Any] = {}
    for begun in spec.networks:
        for name in spec.tasks:
            key = f"{begun.label}/{name}"
            if f"{key}/shares" not in arrays:
                continue
            shares, loss = arrays[f"{key}/shares"], arrays[f"{key}/probe_loss"]
            by_moment = {}
            for place, moment in enumerate(MOMENTS):
                own = shares[:, place]
                told = {share: _by_lag(spec, own[..., row]) for row, share in enumerate(SHARES)}
                told["above_random"] = _by_lag(spec, own[..., 0] - own[..., 1])
                told["loss_over_variance"] = spread(loss[:, place] / arrays[f"{key}/variance"])
                by_moment[moment] = told
            found[key] = {**by_moment, "isotropic": spec.rank / spec.units(begun)}
    return found


def _by_lag(spec: AlignmentSpec, values: Array) -> dict[str, Any]:
    return {str(lag): spread(values[:, place]) for place, lag in enumerate(spec.lags)}
