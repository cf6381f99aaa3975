"""The grid of the experiment on trainability: the map of losses and reaches, and how well one predicts the other.

All correlations are of ranks, one for each seed: of a predictor with minus the loss, so that 1 is a prediction whose
order is always right and 0 none.  Losses above ``CEILING`` variances, and runs that diverged, count the same.
"everywhere" is over the whole grid, where the lag of the task alone predicts something; "within_task" is at one task
and lag, averaged over these; "one_step" the same at one step size, averaged over these too; "best_step" the same for
the best step size of each network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from symgate.experiments.detection import horizon, rank_correlation
from symgate.experiments.envelopes import ENVELOPES
from symgate.experiments.results import spread
from symgate.experiments.trainability_specs import TrainabilitySpec
from symgate.numeric.arrays import Array

#: Above how many variances of the target losses count the same.
CEILING = 10.0


@dataclass(frozen=True)
class Point:
    """A network on a task of a lag, with a step size."""

    network: str
    task: str
    lag: int
    rate: float

    @property
    def key(self) -> str:
        """Such as "multi_gate(0.5)/recall/20/0.02"."""
        return f"{self.network}/{self.task}/{self.lag}/{self.rate:g}"


@dataclass(frozen=True)
class Grid:
    """Arrays over networks, tasks, lags, step sizes and seeds.

    Attributes:
        loss: the final loss over the variance of the target, (N, K, L, R, S).
        rates: the envelopes per unit at initialisation at lags 1 .., (N, K, L, S, 4, H); step sizes share them.
    """

    loss: Array
    rates: Array


def grid_of(spec: TrainabilitySpec, arrays: Mapping[str, Array]) -> Grid:
    """The arrays of a result as one grid."""

    def each(name: str, rates: tuple[float, ...]) -> Array:
        return np.array(
            [
                [
                    [[arrays[f"{Point(net.label, task, lag, rate).key}/{name}"] for rate in rates] for lag in spec.lags]
                    for task in spec.tasks
                ]
                for net in spec.networks
            ]
        )

    return Grid(each("loss", tuple(spec.rates)), each("rates", tuple(spec.rates)[:1])[:, :, :, 0])


def reaches(rates: Array, threshold: float) -> Array:
    """The longest lag up to which f stays at the threshold or above, (...,), of f at lags 1 .. H, (..., H)."""
    lags = np.arange(1, rates.shape[-1] + 1)
    flat = rates.reshape(-1, len(lags))
    found = [np.nan if np.isnan(f).any() else horizon(lags, -f, -threshold) for f in flat]
    return np.reshape(found, rates.shape[:-1])


def summarised(spec: TrainabilitySpec, arrays: Mapping[str, Array]) -> dict[str, Any]:
    """The map, and by envelope the rank correlations of its predictors."""
    grid = grid_of(spec, arrays)
    return {
        "map": _map(spec, grid),
        "correlation": {name: _correlations(spec, grid, row) for row, name in enumerate(ENVELOPES)},
        "places": {name: _places(spec, grid, row) for row, name in enumerate(ENVELOPES)},
        "controls": _controls(spec, grid),
        "reached": {f"{share:g}": _reached(spec, grid, share) for share in spec.thresholds},
    }


def _map(spec: TrainabilitySpec, grid: Grid) -> dict[str, Any]:
    """Each network, task and lag: the loss by step size, the best of them, and the reach by envelope and threshold."""
    found = {}
    for i, network in enumerate(spec.networks):
        for k, task in enumerate(spec.tasks):
            for j, lag in enumerate(spec.lags):
                loss, rates = grid.loss[i, k, j], grid.rates[i, k, j]
                found[f"{network.label}/{task}/{lag}"] = {
                    "loss": {f"{rate:g}": spread(loss[r]) for r, rate in enumerate(spec.rates)},
                    "best": spread(loss.min(axis=0)),
                    "reach": {
                        name: {f"{share:g}": spread(reaches(rates[:, row], share)) for share in spec.thresholds}
                        for row, name in enumerate(ENVELOPES)
                    },
                    "rate_at_lag": {name: spread(rates[:, row, lag - 1]) for row, name in enumerate(ENVELOPES)},
                }
    return found


def _correlations(spec: TrainabilitySpec, grid: Grid, row: int) -> dict[str, Any]:
    rates = grid.rates[..., row, :]
    lags = np.array(spec.lags, dtype=float)[:, None]
    at_lag = np.stack([rates[:, :, j, :, lag - 1] for j, lag in enumerate(spec.lags)], axis=2)
    steps = np.array(spec.rates)[:, None]
    given = {
        f"reach({share:g})/lag": reaches(rates, share)[:, :, :, None] / lags[..., None] for share in spec.thresholds
    }
    given["rate at the lag"] = at_lag[:, :, :, None]
    given["step times rate"] = at_lag[:, :, :, None] * steps
    return {name: _told(grid.loss, np.broadcast_to(value, grid.loss.shape)) for name, value in given.items()}


def _places(spec: TrainabilitySpec, grid: Grid, row: int) -> dict[str, Any]:
    """The rank correlation over networks of the rate at the lag, at each task, lag and step size by itself."""
    found = {}
    for k, task in enumerate(spec.tasks):
        for j, lag in enumerate(spec.lags):
            at_lag = grid.rates[:, k, j, :, row, lag - 1]
            for r, rate in enumerate(spec.rates):
                good = -np.minimum(grid.loss[:, k, j, r], CEILING)
                pairs = zip(at_lag.T, good.T, strict=True)
                found[f"{task}/{lag}/{rate:g}"] = spread([rank_correlation(one, other) for one, other in pairs])
    return found


def _controls(spec: TrainabilitySpec, grid: Grid) -> dict[str, Any]:
    """What knows nothing of the network: the lag of the task, and the step size."""
    lags, steps = np.array(spec.lags, dtype=float)[:, None, None], np.array(spec.rates)[:, None]
    return {
        "minus the lag": _told(grid.loss, np.broadcast_to(-lags, grid.loss.shape)),
        "step": _told(grid.loss, np.broadcast_to(steps, grid.loss.shape)),
    }


def _told(loss: Array, predictor: Array) -> dict[str, Any]:
    """The four correlations, one number for each seed."""
    good, best = -np.minimum(loss, CEILING), -np.minimum(loss.min(axis=3), CEILING)
    first, seeds = predictor[:, :, :, 0], range(loss.shape[-1])
    places = [(k, j) for k in range(loss.shape[1]) for j in range(loss.shape[2])]
    steps = range(loss.shape[3])

    def over(one: Array, other: Array) -> float:
        return rank_correlation(one.ravel(), other.ravel())

    apart = [[over(predictor[:, k, j, :, s], good[:, k, j, :, s]) for k, j in places] for s in seeds]
    single = [[over(predictor[:, k, j, r, s], good[:, k, j, r, s]) for k, j in places for r in steps] for s in seeds]
    alone = [[over(first[:, k, j, s], best[:, k, j, s]) for k, j in places] for s in seeds]
    return {
        "everywhere": spread([over(predictor[..., s], good[..., s]) for s in seeds]),
        "within_task": spread([_mean(values) for values in apart]),
        "one_step": spread([_mean(values) for values in single]),
        "best_step": spread([_mean(values) for values in alone]),
    }


def _reached(spec: TrainabilitySpec, grid: Grid, share: float) -> dict[str, Any]:
    """The best losses of the networks that reach the lag by the first-order rate, and of the others; per seed."""
    reach = reaches(grid.rates[..., ENVELOPES.index("first"), :], share)
    lags = np.array(spec.lags)[:, None]
    best = np.minimum(grid.loss.min(axis=3), CEILING)
    groups = {"yes": reach >= lags, "no": reach < lags}
    return {
        name: {
            "loss": spread([_median(best[..., s][mask[..., s]]) for s in range(best.shape[-1])]),
            "count": int(mask.sum()),
        }
        for name, mask in groups.items()
    }


def _mean(values: list[float]) -> float:
    finite = [value for value in values if np.isfinite(value)]
    return float(np.mean(finite)) if finite else np.nan


def _median(values: Array) -> float:
    return float(np.median(values)) if len(values) else np.nan
