"""Experiment 2: anisotropy of what carries the state and of what moves the parameters, on five tasks.

For a plain network under Adam and gated ones under SGD: the anisotropy index AI_r and the energy concentration CE_r of
the products J_t ... J_{k+1} by lag, beside the same two measures of the matrix of per-example gradients.

Source: arXiv:2508.12121.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from symgate.errors import DefinitionError
from symgate.experiments.checks import cell_of, seeds_of
from symgate.experiments.corrections import Windows, drawn_windows
from symgate.experiments.initialisation import untrained
from symgate.experiments.jobs import Job, Outcome
from symgate.experiments.networks import Network, drawn_network, given_network
from symgate.experiments.optimisers import optimiser
from symgate.experiments.results import Result, diverged, gathered, spread
from symgate.experiments.specs import AnisotropySpec
from symgate.experiments.sweep import Begin, run_jobs
from symgate.experiments.tasks import Batch, task
from symgate.experiments.training import train
from symgate.numeric.arrays import Array, real_array
from symgate.numeric.gradients import example_gradients
from symgate.numeric.leading import leading_measures, row_measures
from symgate.numeric.stacks import jacobians
from symgate.numeric.trajectories import Trajectory

#: The measures, in the order of the last axis of the arrays.
MEASURES = ("AI", "CE")


@dataclass(frozen=True)
class AnisotropyJob(Job):
    """One network on one task."""

    spec: AnisotropySpec

    @property
    def label(self) -> str:
        """For progress and messages."""
        return f"{self.spec.networks[0].label} on {self.spec.tasks[0]}, seed {self.seed}"

    def run(self) -> Outcome:
        """Train and measure."""
        spec, trained = self.spec, self.spec.networks[0]
        weights, batches, probes, picks = self.streams(4)
        chosen = task(spec.tasks[0])
        network = drawn_network(self.cell, spec.n, spec.inputs, weights, start=spec.start)
        fixed = untrained(self.cell, spec.start)
        probe = chosen.draw(probes, spec.steps, spec.gradients, spec.inputs)
        windows = drawn_windows(picks, spec.gradients, spec.steps, spec.lags, spec.pairs)
        found: list[dict[str, Array]] = []
        for point in train(
            network, chosen, optimiser(trained.optimiser, trained.rate), batches, steps=spec.steps, batch=spec.batch,
            channels=spec.inputs, iterations=spec.iterations, checkpoints=spec.checkpoints,
            fixed=fixed,
        ):  # fmt: skip
            if point.diverged:
                return Outcome({"losses": point.losses}, {"diverged": point.iteration})
            now = measure(point.network, probe, windows, spec.rank, fixed)
            found.append({**now, "probe_loss": np.asarray(point.network.loss(probe))})
        arrays = {name: np.stack([point[name] for point in found]) for name in found[0]}
        arrays |= {"losses": point.losses, "variance": np.asarray(np.var(probe.y))}
        return Outcome(arrays, {"diverged": None, "rejected": point.rejected})


def measure(network: Network, probe: Batch, windows: Windows, rank: int, fixed: Sequence[str] = ()) -> dict[str, Array]:
    """Both sides of the comparison.

    Returns:
        products: medians over windows of AI_r and CE_r by lag, (L, 2); AI_r as its logarithm.
        gradients: log AI_r and CE_r of the matrix of per-example gradients by what is trained, (2,).
        covariance: the leading shares of the variance of that matrix, (r,).
    """
    trajectory = network.run(probe.u, keep=True)
    products = []
    for lag, (sequences, starts) in windows.items():
        index, energy = leading_measures(jacobians(cut(trajectory, sequences, starts, lag)), [lag], rank)
        products.append([np.median(index), np.median(energy)])
    _, delta = network.push(trajectory, probe.y)
    trained = [name for name in network.params if name not in fixed]
    rows = example_gradients(trajectory, delta * probe.y.size, trained)
    flat = np.concatenate([value.reshape(len(probe.u), -1) for value in rows.values()], axis=1)
    *measures, shares = row_measures(flat, rank)
    return {"products": np.array(products), "gradients": np.array(measures), "covariance": shares}


def cut(trajectory: Trajectory, sequences: Array, starts: Array, lag: int) -> Trajectory:
    """The pieces x_k .. x_{k+l} of a trajectory, one for each sequence and first step k: a batch of its own."""
    rows, steps = sequences[:, None], starts[:, None] + np.arange(lag + 1)
    inputs = {name: value[rows, steps[:, :-1]] for name, value in trajectory.inputs.items()}
    return replace(trajectory, inputs=inputs, x=trajectory.x[rows, steps], kept=None)


def anisotropy(
    spec: AnisotropySpec | None = None,
    executor: Executor | None = None,
    *,
    out: Path | str | None = None,
    begin: Begin | None = None,
    weights: Mapping[str, ArrayLike] | None = None,
    u: ArrayLike | None = None,
    y: ArrayLike | None = None,
) -> Result:
    """Run experiment 2, or measure a given network.

    Args:
        spec: what to run; default the paper's experiment.
        executor: any ``concurrent.futures.Executor``; None runs one job after the other.
        out: a folder that keeps the result of each job, so that an interrupted run goes on where it was.
        begin: shows progress.
        weights: the parameters of ONE network of ``spec``, by name, with its read-out under ".weights" (1, n) and
            ".bias" (1,): nothing is trained.
        u: the inputs for ``weights``, (B, T, m).
        y: the targets for ``weights``, (B, 1).

    Returns:
        The result.  Arrays "cell+optimiser/task/products" (seeds, checkpoints, lags, 2) and "/gradients" (seeds,
        checkpoints, 2): log AI_r and CE_r.

    Raises:
        DefinitionError: ``weights`` without ``u`` and ``y``, or with several networks.
        SweepError: jobs failed; those that finished are kept in ``out``.

    Source: arXiv:2508.12121.
    """
    asked = spec or AnisotropySpec()
    if weights is not None or u is not None or y is not None:
        return _given(asked, weights, u, y)
    jobs = [
        AnisotropyJob(cell_of(network.cell), seed, replace(asked, networks=(network,), tasks=(name,), seeds=(seed,)))
        for name in asked.tasks
        for network in asked.networks
        for seed in seeds_of(asked.seeds)
    ]
    outcomes = run_jobs(jobs, executor, Path(out) / "jobs" if out else None, begin, "anisotropy")
    arrays = gathered(jobs, outcomes, lambda job: f"{job.spec.networks[0].label}/{job.spec.tasks[0]}")
    seconds = sum(outcome.seconds for outcome in outcomes)
    return Result("anisotropy", asked, arrays, _summary(asked, arrays), diverged(jobs, outcomes), seconds)


def _given(
    spec: AnisotropySpec,
    weights: Mapping[str, ArrayLike] | None,
    u: ArrayLike | None,
    y: ArrayLike | None,
) -> Result:
    """The measures of one network as it is."""
    if weights is None or u is None or y is None or len(spec.networks) != 1:
        raise DefinitionError(
            "To analyse a given network pass weights=, u=, y= and a spec with its one network, such as "
            "AnisotropySpec(networks=[Trained('multi_gate', 'sgd', 0.01)])."
        )
    inputs, targets = real_array(u, "u"), real_array(y, "y")
    network = given_network(cell_of(spec.networks[0].cell), weights)
    lags = tuple(lag for lag in spec.lags if lag <= inputs.shape[-2])
    asked = replace(
        spec, seeds=(0,), tasks=spec.tasks[:1], iterations=0, checkpoints=(0,), lags=lags,
        gradients=len(inputs), inputs=inputs.shape[-1], steps=inputs.shape[-2],
    )  # fmt: skip
    windows = drawn_windows(np.random.default_rng(0), len(inputs), asked.steps, lags, asked.pairs)
    found = measure(network, Batch(inputs, targets), windows, asked.rank)
    arrays = {f"{spec.networks[0].label}/{asked.tasks[0]}/{name}": value[None, None] for name, value in found.items()}
    return Result("anisotropy", asked, arrays, _summary(asked, arrays))


def _summary(spec: AnisotropySpec, arrays: Mapping[str, Array]) -> dict[str, Any]:
    """AI and CE with their spread over seeds, and how far the loss came down."""
    summary: dict[str, Any] = {}
    for name in spec.tasks:
        for network in spec.networks:
            prefix = f"{network.label}/{name}/"
            of = {key.removeprefix(prefix): value for key, value in arrays.items() if key.startswith(prefix)}
            if "products" not in of:
                continue
            rows = []
            for place, iteration in enumerate(spec.checkpoints):
                row: dict[str, Any] = {"iteration": iteration}
                for index, measured in enumerate(MEASURES):
                    row[f"log_{measured}" if index == 0 else measured] = {
                        "products": {str(lag): spread(of["products"][:, place, i, index])
                                     for i, lag in enumerate(spec.lags)},
                        "gradients": spread(of["gradients"][:, place, index]),
                    }  # fmt: skip
                if "probe_loss" in of:
                    row["loss_over_variance"] = spread(of["probe_loss"][:, place] / of["variance"])
                rows.append(row)
            summary[f"{network.label}/{name}"] = rows
    return summary
