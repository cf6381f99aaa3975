"""Experiment 3: where the first-order expansion of the gate split is valid, on frozen trajectories.

J_j = A_j + eps B_j with B the gate term.  The error of the truncation by eps for the orders 0 .. 3 with its bound,
C2(eps) = error / eps^2, the ratios |B_j| / |A_j|, norms over time, and the relative errors at eps = 1 by lag.

Source: arXiv:2508.12121.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from symgate.derive import term_names
from symgate.errors import DefinitionError
from symgate.experiments.checks import cell_of, seeds_of
from symgate.experiments.corrections import (
    corrections,
    corrections_in,
    drawn_windows,
    spectral_norm,
    truncation_errors,
)
from symgate.experiments.gates import fitted_power
from symgate.experiments.jobs import Job, Outcome
from symgate.experiments.networks import Network, drawn_network, given_network
from symgate.experiments.results import Result, gathered, spread, stacked
from symgate.experiments.signals import SIGNALS
from symgate.experiments.specs import TruncationSpec
from symgate.experiments.sweep import Begin, run_jobs
from symgate.numeric.arrays import Array, real_array
from symgate.numeric.bounds import tail_above
from symgate.numeric.rounding import multiply_up, norm_above
from symgate.numeric.stacks import split
from symgate.records import Cell

#: The part of the eps axis on which the slope of the error is fitted: the leading order alone matters there.
SMALL = 1e-2


@dataclass(frozen=True)
class TruncationJob(Job):
    """One frozen trajectory."""

    spec: TruncationSpec

    def run(self) -> Outcome:
        """Draw and measure."""
        weights, inputs, picks = self.streams(3)
        spec = self.spec
        network = drawn_network(self.cell, spec.n, spec.inputs, weights, start=spec.start)
        u = SIGNALS[spec.signal](inputs, spec.steps, spec.inputs)[None]
        return Outcome(measure(network, u, spec, picks))


def split_of(cell: Cell) -> str:
    """The split that is expanded: of the gates; where a cell has none, of its retention."""
    terms = set(term_names(cell))
    return "gate" if terms - {"retention", "drive"} or "retention" not in terms else "retention"


def measure(network: Network, u: Array, spec: TruncationSpec, picks: Generator) -> dict[str, Array]:
    """The errors along one trajectory, u (1, T, m), of all states at once.

    Returns:
        error, bound: |M(eps) - sum_{m<=p} eps^m M^(m)|_2 over all T steps and the bound on it, (highest + 1, E).
        curvature: C2(eps) = error of order 1 / eps^2, (E,).
        slope: of the errors in the logarithms, for eps up to 0.01, (highest + 1,).
        ratio: |B_j| / |A_j| for every step, (T,).
        norms: |M_{t,0}|, |M^(0)_{t,0}|, |M^(1)_{t,0}| at eps = 1, (3, T), as logarithms.
        first, missed_by_zeroth, missed_by_first: by lag, (L,), medians over windows at all starting times.
        share_above_1: the share of those windows in which the first order misses more than the whole product, (L,).
        whole: the same three from x_0 on, over the first l steps, (3, L).
    """
    stacks = split(network.run(u), split_of(network.cell))
    A, B = (part[0] for part in stacks)
    eps = np.array(spec.eps)
    error = truncation_errors(A, B, spec.highest, eps)
    a, b = norm_above(A, 2), multiply_up(eps[:, None], norm_above(B, 2))
    bound = np.array([tail_above(np.broadcast_to(a, b.shape), b, p) for p in range(spec.highest + 1)])
    small = eps <= SMALL
    with np.errstate(all="ignore"):
        fits = [fitted_power(np.log(eps[small]), np.log(row[small]), 0.0) for row in error]
        ratio = spectral_norm(B) / spectral_norm(A)
    missed = corrections_in(*stacks, drawn_windows(picks, 1, spec.steps, spec.lags, spec.windows))
    begun = corrections(A, B, [0], spec.lags)
    return {
        "error": error,
        "bound": bound,
        "curvature": error[1] / eps**2,
        "slope": np.array([fit.slope for fit in fits]),
        "ratio": ratio,
        "norms": _log_norms(A, B),
        "first": np.median(missed.first, axis=0),
        "missed_by_zeroth": np.median(missed.missed_by_zeroth, axis=0),
        "missed_by_first": np.median(missed.missed_by_first, axis=0),
        "share_above_1": np.mean(missed.missed_by_first > 1, axis=0),
        "whole": np.stack([begun.first[0], begun.missed_by_zeroth[0], begun.missed_by_first[0]]),
    }


def _log_norms(A: Array, B: Array) -> Array:
    """log |M_{t,0}|, |M^(0)_{t,0}|, |M^(1)_{t,0}| for t = 1..T, (3, T)."""
    n = A.shape[-1]
    whole, zeroth, first = np.eye(n), np.eye(n), np.zeros((n, n))
    logs = []
    with np.errstate(all="ignore"):
        for A_j, B_j in zip(A, B, strict=True):
            first = A_j @ first + B_j @ zeroth
            whole, zeroth = (A_j + B_j) @ whole, A_j @ zeroth
            logs.append(np.log(spectral_norm(np.stack([whole, zeroth, first]))))
    return np.stack(logs, axis=-1)


def truncation(
    spec: TruncationSpec | None = None,
    executor: Executor | None = None,
    *,
    out: Path | str | None = None,
    begin: Begin | None = None,
    weights: Mapping[str, ArrayLike] | None = None,
    u: ArrayLike | None = None,
) -> Result:
    """Run experiment 3, or measure the expansion along a given trajectory.

    Args:
        spec: what to run; default the paper's experiment.
        executor: any ``concurrent.futures.Executor``; None runs one job after the other.
        out: a folder that keeps the result of each job, so that an interrupted run goes on where it was.
        begin: shows progress.
        weights: the parameters of ONE cell, ``spec.cells``, by name, to analyse a stored trajectory.
        u: its inputs, (T, m), or (B, T, m) for B trajectories that count as seeds.

    Returns:
        The result.  Arrays "cell/error" (seeds, orders, E) and the like, as ``measure`` names them.

    Raises:
        DefinitionError: ``weights`` without ``u`` or with several cells.
        SweepError: jobs failed; those that finished are kept in ``out``.

    Source: arXiv:2508.12121.
    """
    asked = spec or TruncationSpec()
    if weights is not None or u is not None:
        return _given(asked, weights, u)
    jobs = [
        TruncationJob(cell_of(item), seed, replace(asked, cells=(item,), seeds=(seed,)))
        for item in asked.cells
        for seed in seeds_of(asked.seeds)
    ]
    outcomes = run_jobs(jobs, executor, Path(out) / "jobs" if out else None, begin, "truncation")
    arrays = gathered(jobs, outcomes, lambda job: job.cell.name)
    seconds = sum(outcome.seconds for outcome in outcomes)
    return Result("truncation", asked, arrays, _summary(asked, arrays), (), seconds)


def _given(spec: TruncationSpec, weights: Mapping[str, ArrayLike] | None, u: ArrayLike | None) -> Result:
    """The expansion along trajectories as they are."""
    if weights is None or u is None or len(spec.cells) != 1:
        raise DefinitionError(
            "To analyse a given trajectory pass weights=, u= and a spec with its one cell, such as "
            "truncation(TruncationSpec(cells=['multi_gate']), weights=params, u=u)."
        )
    inputs = real_array(u, "u")
    inputs = inputs[None] if inputs.ndim == 2 else inputs
    steps = inputs.shape[-2]
    asked = replace(
        spec, seeds=len(inputs), steps=steps, inputs=inputs.shape[-1], lags=tuple(x for x in spec.lags if x <= steps)
    )
    network = given_network(cell_of(spec.cells[0]), weights)
    outcomes = [Outcome(measure(network, one[None], asked, np.random.default_rng(0))) for one in inputs]
    arrays = stacked(outcomes, network.cell.name)
    return Result("truncation", asked, arrays, _summary(asked, arrays))


def _summary(spec: TruncationSpec, arrays: Mapping[str, Array]) -> dict[str, Any]:
    """Slopes, ratios and relative errors, with their spread over seeds."""
    summary: dict[str, Any] = {}
    for item in spec.cells:
        name = cell_of(item).name
        of = {key.split("/")[1]: value for key, value in arrays.items() if key.startswith(f"{name}/")}
        by_lag = {
            key: {str(lag): spread(of[key][:, i]) for i, lag in enumerate(spec.lags)}
            for key in ("first", "missed_by_zeroth", "missed_by_first")
        }
        valid = [lag for i, lag in enumerate(spec.lags) if np.median(of["missed_by_first"][:, i]) < 1]
        summary[name] = {
            "slope_by_order": {str(order): spread(of["slope"][:, order]) for order in range(spec.highest + 1)},
            "ratio": spread(of["ratio"].ravel()),
            "curvature_at_smallest_eps": spread(of["curvature"][:, int(np.argmin(spec.eps))]),
            "bound_over_error": {
                str(p): spread(_over(of["bound"][:, p], of["error"][:, p])) for p in range(spec.highest + 1)
            },
            "bound_violations": int((of["error"] > of["bound"]).sum()),
            "longest_lag_with_error_below_1": max(valid, default=0),
            "share_of_seeds_with_error_above_1": {
                str(lag): float(np.mean(of["missed_by_first"][:, i] > 1)) for i, lag in enumerate(spec.lags)
            },
            "share_of_windows_with_error_above_1": {
                str(lag): float(np.mean(of["share_above_1"][:, i])) for i, lag in enumerate(spec.lags)
            },
            "from_the_start": {
                key: {str(lag): spread(of["whole"][:, q, i]) for i, lag in enumerate(spec.lags)}
                for q, key in enumerate(("first", "missed_by_zeroth", "missed_by_first"))
            },
            **by_lag,
        }
    return summary


def _over(bound: Array, error: Array) -> Array:
    """The bound over the error; NaN where the error is 0."""
    return np.divide(bound, error, out=np.full_like(bound, np.nan), where=error > 0)
