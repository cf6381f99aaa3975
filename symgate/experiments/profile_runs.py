"""Experiment 1: effective learning-rate profiles while a network learns.

At checkpoints, on a fixed probe batch, the sensitivities S_{t,k} = |J_t ... J_{k+1}|_2 of all pairs, by lag, beside
what the gates alone predict: the products of g (drive split) and of 1 - g (retention split), and their fitted powers.

Source: arXiv:2508.12121.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from symgate.derive import SPLITS as SPLIT_TERMS
from symgate.derive import term_names
from symgate.errors import DefinitionError
from symgate.experiments.checks import cell_of, seeds_of
from symgate.experiments.corrections import Windows, corrections_in, drawn_windows, spectral_norm
from symgate.experiments.gates import PREDICTORS, PowerFit, fitted_power, log_gates, log_products
from symgate.experiments.initialisation import untrained
from symgate.experiments.jobs import Job, Outcome
from symgate.experiments.networks import Network, drawn_network, given_network
from symgate.experiments.optimisers import optimiser
from symgate.experiments.results import Result, diverged, gathered, spread
from symgate.experiments.specs import ProfileSpec
from symgate.experiments.sweep import Begin, run_jobs
from symgate.experiments.tasks import Task, task
from symgate.experiments.training import train
from symgate.numeric.arrays import Array, real_array
from symgate.numeric.norms import log_sensitivities
from symgate.numeric.stacks import jacobians, split
from symgate.numeric.trajectories import Trajectory
from symgate.records import Cell

#: The splits whose corrections are measured, and the corrections by name.
SPLITS, CORRECTIONS = ("gate", "retention"), ("first", "missed_by_zeroth", "missed_by_first")

#: Sequences from which the variance of the target is estimated.
VARIANCE = 4096


@dataclass(frozen=True)
class ProfileJob(Job):
    """One network."""

    spec: ProfileSpec

    def run(self) -> Outcome:
        """Train and measure."""
        spec = self.spec
        weights, batches, probes, picks = self.streams(4)
        given = {"alpha": spec.alpha} if "alpha" in {str(p.name) for p in self.cell.parameters} else {}
        network = drawn_network(self.cell, spec.n, spec.inputs, weights, given, start=spec.start)
        fixed = untrained(self.cell, spec.start, given)
        chosen = task(spec.task)
        probe = chosen.draw(probes, spec.steps, spec.probe, spec.inputs)
        windows = drawn_windows(picks, len(probe.u), spec.steps, spec.lags, spec.windows)
        found: list[dict[str, Array]] = []
        for point in train(
            network, chosen, optimiser(spec.optimiser, spec.rate), batches, steps=spec.steps, batch=spec.batch,
            channels=spec.inputs, iterations=spec.iterations, checkpoints=spec.checkpoints, fixed=fixed,
        ):  # fmt: skip
            if point.diverged:
                return Outcome({"losses": point.losses}, {"diverged": point.iteration})
            now = measure(point.network, probe.u, spec, windows)
            found.append({**now, "probe_loss": np.asarray(point.network.loss(probe))})
        arrays = {name: np.stack([point[name] for point in found]) for name in found[0]}
        arrays |= {"losses": point.losses, "variance": np.asarray(np.var(probe_of_variance(chosen, probes, spec)))}
        return Outcome(arrays, {"diverged": None, "rejected": point.rejected})


def probe_of_variance(chosen: Task, rng: Generator, spec: ProfileSpec) -> Array:
    """Targets of many sequences: their variance is the loss of a network that has learnt nothing but the mean."""
    return chosen.draw(rng, spec.steps, VARIANCE, spec.inputs).y


def measure(network: Network, u: Array, spec: ProfileSpec, windows: Windows) -> dict[str, Array]:
    """The profile of a network on a probe batch.

    Returns:
        profile: log of the lag medians of S, less its value at lag 1, (T,), lag l at index l - 1.
        drive, retention: the same of the gate products; NaN where the cell has no such gate.
        slope, r_squared: of the fits of log S against the log of each product, (2,), drive first.
        first, missed_by_zeroth, missed_by_first: medians of the corrections of the gate split and of the retention
        split at ``lags``, (2, L), over the windows; NaN where the cell has no such split.
        Of several states also state_norms, state_rates and state_slope, as ``state_profiles`` has them.
    """
    trajectory = network.run(u)
    J = jacobians(trajectory)
    norms = log_sensitivities(J)
    pairs = [np.stack([norms[:, k + lag, k] for k in range(norms.shape[-1] - lag)], -1) for lag in _lags(norms)]
    found = {"profile": _by_lag(pairs)}
    logs, fits = log_gates(trajectory), []
    for name in PREDICTORS:
        if name not in logs:
            found[name] = np.full(len(pairs), np.nan)
            fits.append(PowerFit(np.nan, np.nan, np.nan))
            continue
        products = [log_products(logs[name], lag, spec.predictor) for lag in _lags(norms)]
        found[name] = _by_lag(products)
        fits.append(fitted_power(_flat(products), _flat(pairs), spec.trim, spec.trim_by))
    found["slope"] = np.array([fit.slope for fit in fits])
    found["r_squared"] = np.array([fit.r_squared for fit in fits])
    measured = np.full((3, len(SPLITS), len(windows)), np.nan)
    for place, name in enumerate(SPLITS):
        if splits(network.cell, name):
            missed = corrections_in(*split(trajectory, name), windows)
            parts = (missed.first, missed.missed_by_zeroth, missed.missed_by_first)
            measured[:, place] = [np.median(part, axis=0) for part in parts]
    found |= dict(zip(CORRECTIONS, measured, strict=True))
    return found | state_profiles(trajectory, J, windows)


def splits(cell: Cell, name: str) -> bool:
    """Whether a split keeps some terms of the Jacobian and leaves others; the gate split leaves a gate."""
    terms = set(term_names(cell))
    kept = terms & set(SPLIT_TERMS[name])
    return bool(kept) and kept != terms


def state_profiles(trajectory: Trajectory, J: Array, windows: Windows) -> dict[str, Array]:
    """Each state of several by itself: how far its own block of the product goes, and what its rate says.

    Returns:
        state_norms: medians of log |(M_{k+l,k})_ss|_2 over the windows, (states, L).
        state_rates: the same of the mean over units of prod leak, (states, L); -inf where a state keeps nothing.
        state_slope: of the fit of one against the other over all windows, (states,).
        Nothing for one state, or where retention couples states.
    """
    logs = log_gates(trajectory).get("retention")
    if len(trajectory.slices) == 1 or logs is None:
        return {}
    norms = np.empty((len(trajectory.slices), len(windows), len(next(iter(windows.values()))[0])))
    rates = np.empty_like(norms)
    for place, (lag, (sequences, starts)) in enumerate(windows.items()):
        steps = starts[:, None] + np.arange(lag)
        M = product_of(J[sequences[:, None], steps])
        run = logs[sequences[:, None], steps].sum(axis=1)
        for state, own in enumerate(trajectory.slices.values()):
            with np.errstate(divide="ignore"):
                norms[state, place] = np.log(spectral_norm(M[:, own, own]))
                rates[state, place] = np.log(np.exp(run[:, own]).mean(axis=1))
    fits = [fitted_power(rate, norm, 0.0).slope for rate, norm in zip(rates, norms, strict=True)]
    medians = {"state_norms": np.median(norms, axis=-1), "state_rates": np.median(rates, axis=-1)}
    return medians | {"state_slope": np.array(fits)}


def product_of(J: Array) -> Array:
    """J_l ... J_1 of each window, (W, l, N, N)."""
    M = J[:, 0]
    for step in range(1, J.shape[1]):
        M = J[:, step] @ M
    return M


def profiles(
    spec: ProfileSpec | None = None,
    executor: Executor | None = None,
    *,
    out: Path | str | None = None,
    begin: Begin | None = None,
    weights: Mapping[str, ArrayLike] | None = None,
    u: ArrayLike | None = None,
) -> Result:
    """Run experiment 1, or measure the profile of a given network.

    Args:
        spec: what to run; default the paper's experiment.
        executor: any ``concurrent.futures.Executor``; None runs one job after the other.
        out: a folder that keeps the result of each job, so that an interrupted run goes on where it was.
        begin: shows progress.
        weights: the parameters of ONE cell, ``spec.cells``, by name: nothing is trained, and the one "checkpoint" is
            the network as given.
        u: the inputs for ``weights``, (B, T, m).

    Returns:
        The result.  Arrays "cell/profile" (seeds, checkpoints, T) and the like, as ``measure`` names them; the
        summary has slopes and R^2 for both predictors, and corrections by lag.

    Raises:
        DefinitionError: ``weights`` without ``u`` or with several cells.
        SweepError: jobs failed; those that finished are kept in ``out``.

    Source: arXiv:2508.12121.
    """
    asked = spec or ProfileSpec()
    if weights is not None or u is not None:
        return _given(asked, weights, u)
    jobs = [
        ProfileJob(cell_of(item), seed, replace(asked, cells=(item,), seeds=(seed,)))
        for item in asked.cells
        for seed in seeds_of(asked.seeds)
    ]
    outcomes = run_jobs(jobs, executor, Path(out) / "jobs" if out else None, begin, "profiles")
    arrays = gathered(jobs, outcomes, lambda job: job.cell.name)
    seconds = sum(outcome.seconds for outcome in outcomes)
    return Result("profiles", asked, arrays, _summary(asked, arrays), diverged(jobs, outcomes), seconds)


def _given(spec: ProfileSpec, weights: Mapping[str, ArrayLike] | None, u: ArrayLike | None) -> Result:
    """The profile of one network as it is."""
    if weights is None or u is None or len(spec.cells) != 1:
        raise DefinitionError(
            "To analyse a given network pass weights=, u= and a spec with its one cell, such as "
            "profiles(ProfileSpec(cells=['multi_gate']), weights=params, u=u)."
        )
    cell, inputs = cell_of(spec.cells[0]), real_array(u, "u")
    asked = replace(
        spec, seeds=(0,), iterations=0, checkpoints=(0,), probe=len(inputs), inputs=inputs.shape[-1],
        steps=inputs.shape[-2], lags=tuple(lag for lag in spec.lags if lag <= inputs.shape[-2]),
    )  # fmt: skip
    network = given_network(cell, weights)
    windows = drawn_windows(np.random.default_rng(0), len(inputs), asked.steps, asked.lags, asked.windows)
    found = measure(network, inputs, asked, windows)
    arrays = {f"{cell.name}/{name}": value[None, None] for name, value in found.items()}
    return Result("profiles", asked, arrays, _summary(asked, arrays))


def _summary(spec: ProfileSpec, arrays: Mapping[str, Array]) -> dict[str, Any]:
    """Slopes, R^2, losses and corrections, with their spread over seeds."""
    summary: dict[str, Any] = {}
    for item in spec.cells:
        name = cell_of(item).name
        if f"{name}/profile" not in arrays:
            continue
        of = {key.split("/")[1]: value for key, value in arrays.items() if key.startswith(f"{name}/")}
        rows = []
        for place, iteration in enumerate(spec.checkpoints):
            row: dict[str, Any] = {"iteration": iteration}
            for index, predictor in enumerate(PREDICTORS):
                row[predictor] = {key: spread(of[key][:, place, index]) for key in ("slope", "r_squared")}
            for index, name_of_split in enumerate(SPLITS):
                row[f"{name_of_split}_split"] = {
                    key: {str(lag): spread(of[key][:, place, index, i]) for i, lag in enumerate(spec.lags)}
                    for key in CORRECTIONS
                }
            row["sensitivity"] = {str(lag): spread(np.exp(of["profile"][:, place, lag - 1])) for lag in spec.lags}
            if "probe_loss" in of:
                row["probe_loss"] = spread(of["probe_loss"][:, place])
                row["loss_over_variance"] = spread(of["probe_loss"][:, place] / of["variance"])
            if "state_slope" in of:
                states = [state.name for state in cell_of(item).states]
                row["states"] = {
                    state: {
                        "slope": spread(of["state_slope"][:, place, i]),
                        "log_norm": {str(lag): spread(of["state_norms"][:, place, i, q])
                                     for q, lag in enumerate(spec.lags)},
                        "log_rate": {str(lag): spread(of["state_rates"][:, place, i, q])
                                     for q, lag in enumerate(spec.lags)},
                    }
                    for i, state in enumerate(states)
                }  # fmt: skip
            rows.append(row)
        summary[name] = rows
    return summary


def _lags(norms: Array) -> range:
    return range(1, norms.shape[-1])


def _flat(parts: Sequence[Array]) -> Array:
    return np.concatenate([part.ravel() for part in parts])


def _by_lag(parts: Sequence[Array]) -> Array:
    """Medians of logarithms by lag, less that of lag 1."""
    medians = np.array([np.median(part) for part in parts])
    return np.asarray(medians - medians[0])
