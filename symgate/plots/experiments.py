"""The figures of an experiment, given its result."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from symgate.experiments import Result, TruncationSpec
from symgate.experiments.alignment_runs import MOMENTS as ALIGNED
from symgate.experiments.checks import cell_of
from symgate.experiments.envelopes import ENVELOPES
from symgate.experiments.gates import PREDICTORS
from symgate.experiments.profile_runs import CORRECTIONS, SPLITS
from symgate.experiments.results import MOST_SEEDS
from symgate.experiments.trainability_grid import grid_of, reaches
from symgate.experiments.truncation_runs import split_of
from symgate.experiments.update_runs import MOMENTS
from symgate.plots.alignment import alignment_by_lag
from symgate.plots.canvas import Array
from symgate.plots.joint_anisotropy import anisotropy_by_lag, gradient_bars
from symgate.plots.learnability import ENVELOPE_LABELS, envelopes_by_lag, samples_needed, tail_indices
from symgate.plots.trainability import loss_map, losses_against_rate
from symgate.plots.training_profiles import (
    corrections_by_lag,
    profile_heat_map,
    profiles_by_checkpoint,
    slopes_over_training,
)
from symgate.plots.updates import between_learners, update_against_rate
from symgate.plots.validity import error_bounds, ratios_and_norms, truncation_by_size
from symgate.records import Cell

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def experiment_figures(result: Result) -> dict[str, Figure]:
    """The figures of a result by name, such as "profiles_heat_map"; of runs that finished.

    Args:
        result: what an experiment such as ``symgate.experiments.profiles`` returned.  Where every run of a
            cell diverged it is left out; where nothing finished there is no figure.
    """
    return {f"{result.name}_{name}": figure for name, figure in _DRAWERS[result.name](result).items()}


def _by_prefix(result: Result) -> dict[str, dict[str, Array]]:
    """Arrays by everything before the last slash, in order."""
    found: dict[str, dict[str, Array]] = {}
    for key, value in result.arrays.items():
        prefix, _, name = key.rpartition("/")
        found.setdefault(prefix, {})[name] = value
    return found


def _profiles(result: Result) -> dict[str, Figure]:
    cells, spec = _by_prefix(result), result.spec
    if not cells:
        return {}
    corrections = {
        f"{name}, {split} split": {key: arrays[key][:, -1, place] for key in CORRECTIONS}
        for place, split in enumerate(SPLITS)
        for name, arrays in cells.items()
        if np.isfinite(arrays["first"][:, -1, place]).any()
    }
    found = {
        "by_checkpoint": profiles_by_checkpoint(cells, spec.checkpoints),
        "heat_map": profile_heat_map({name: arrays["profile"] for name, arrays in cells.items()}, spec.checkpoints),
        "slopes": slopes_over_training(
            {name: arrays["slope"] for name, arrays in cells.items()},
            {name: arrays["r_squared"] for name, arrays in cells.items()},
            spec.checkpoints,
            PREDICTORS,
        ),
    }
    return found | ({"corrections": corrections_by_lag(corrections, spec.lags)} if corrections else {})


def _anisotropy(result: Result) -> dict[str, Figure]:
    spec = result.spec
    products: dict[str, dict[str, Array]] = {}
    gradients: dict[str, dict[str, Array]] = {}
    for prefix, arrays in _by_prefix(result).items():
        network, _, task = prefix.rpartition("/")
        products.setdefault(task, {})[network] = arrays["products"][:, -1]
        gradients.setdefault(task, {})[network] = arrays["gradients"]
    if not products:
        return {}
    return {
        "by_lag": anisotropy_by_lag(products, spec.lags, spec.rank),
        "gradients": gradient_bars(gradients, spec.checkpoints, spec.rank),
    }


def _cell(spec: TruncationSpec, name: str) -> Cell:
    return next(cell for cell in map(cell_of, spec.cells) if cell.name == name)


def _truncation(result: Result) -> dict[str, Figure]:
    cells, spec = _by_prefix(result), result.spec
    if not cells:
        return {}

    def each(key: str) -> dict[str, Array]:
        return {name: arrays[key] for name, arrays in cells.items()}

    eps = np.array(spec.eps)
    by_lag = {
        f"{name}, {split_of(_cell(spec, name))} split": {key: arrays[key] for key in CORRECTIONS}
        for name, arrays in cells.items()
    }
    return {
        "by_size": truncation_by_size(eps, each("error"), each("curvature"), each("slope")),
        "bounds": error_bounds(eps, each("error"), each("bound")),
        "ratios": ratios_and_norms(each("ratio"), each("norms")),
        "by_lag": corrections_by_lag(by_lag, spec.lags),
    }


def _learnability(result: Result) -> dict[str, Figure]:
    spec, learners = result.spec, result.summary["learners"]
    if not learners:
        return {}
    arrays = _by_prefix(result)
    adaptive = {name: arrays[name] for name in learners if name.endswith("adamw")} or {n: arrays[n] for n in learners}
    true = {name: found["true"] for name, found in learners.items()}
    shown = {name: true[name] for name in adaptive if "+norm+" not in name} or {name: true[name] for name in adaptive}
    return {
        "envelopes": envelopes_by_lag(
            {name: found["envelopes"] for name, found in adaptive.items()},
            {name: found["update"] for name, found in adaptive.items()},
            spec.lags,
        ),
        "samples": samples_needed(true, spec.lags, spec.diagnose // 2),
        "tails": tail_indices(shown, result.summary["nulls"], spec.lags),
    }


def _updates(result: Result) -> dict[str, Figure]:
    found, lags = _by_prefix(result), list(result.spec.lags)
    if not found:
        return {}
    moved = {name: arrays["update"][:, :, lags] for name, arrays in found.items()}
    panels = {
        moment: envelopes_by_lag(
            {name: arrays["envelopes"][:, place] for name, arrays in found.items()},
            {name: values[:, place] for name, values in moved.items()},
            lags,
        )
        for place, moment in enumerate(MOMENTS)
    }
    rates = {name: arrays["envelopes"][:, :, ENVELOPES.index("first")] for name, arrays in found.items()}
    known = {name: values for name, values in rates.items() if np.isfinite(values).any()}
    between = result.summary["between_learners"]
    pairs = {
        moment: {
            name: np.array([between[moment][name][str(lag)]["values"] for lag in lags[1:]], float).T
            for name in ENVELOPES
        }
        for moment in MOMENTS
        if between[moment] and len(result.spec.seeds) <= MOST_SEEDS  # beyond, a summary does not hold each seed
    }
    labels = dict(zip(ENVELOPES, ENVELOPE_LABELS, strict=True))
    return {
        **panels,
        **({"power": update_against_rate(known, {name: moved[name] for name in known}, MOMENTS)} if known else {}),
        **({"between": between_learners(pairs, lags[1:], labels)} if pairs and len(found) > 2 else {}),
    }


def _trainability(result: Result) -> dict[str, Figure]:
    if not result.arrays:
        return {}
    spec, grid = result.spec, grid_of(result.spec, result.arrays)
    share = spec.thresholds[len(spec.thresholds) // 2]
    names, lags = [network.label for network in spec.networks], np.array(spec.lags)
    first, last = (grid.rates[..., ENVELOPES.index(name), :] for name in ("first", "diagonal_of_product"))
    reach = np.median(reaches(first, share), axis=-1)
    reached = np.where(np.isfinite(reach), reach >= lags, np.nan).reshape(len(names), -1)
    middle = np.median(grid.loss, axis=-1)
    flat = (len(names), -1)
    rates = np.where(np.isfinite(first), first, last)  # where a cell has no rate, the diagonal of the product
    best = grid.loss.min(axis=3)
    return {
        "map": loss_map(
            {f"{step:g}": middle[..., r].reshape(flat) for r, step in enumerate(spec.rates)},
            names,
            [f"{task} {lag}" for task in spec.tasks for lag in spec.lags],
            reached,
            f"dot: the first-order rate per unit stays above {share:g} up to the lag of the task",
        ),
        "prediction": losses_against_rate(
            {
                task: {
                    name: (np.array([rates[i, k, j, :, lag - 1] for j, lag in enumerate(spec.lags)]), best[i, k])
                    for i, name in enumerate(names)
                }
                for k, task in enumerate(spec.tasks)
            },
            spec.lags,
            "rate per unit at the lag, before training (first order; without a rate: diagonal of the product)",
        ),
    }


def _alignment(result: Result) -> dict[str, Figure]:
    shares: dict[str, dict[str, Array]] = {}
    isotropic: dict[str, float] = {}
    for prefix, arrays in _by_prefix(result).items():
        network, _, task = prefix.rpartition("/")
        shares.setdefault(task, {})[network] = arrays["shares"]
        isotropic[network] = result.summary[prefix]["isotropic"]
    return {"by_lag": alignment_by_lag(shares, isotropic, result.spec.lags, ALIGNED)} if shares else {}


_DRAWERS: dict[str, Callable[[Result], dict[str, Figure]]] = {
    "profiles": _profiles,
    "anisotropy": _anisotropy,
    "truncation": _truncation,
    "learnability": _learnability,
    "updates": _updates,
    "trainability": _trainability,
    "alignment": _alignment,
}
