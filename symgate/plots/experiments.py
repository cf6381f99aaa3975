"""The figures of an experiment, given its result."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from symgate.experiments import Result, TruncationSpec
from symgate.experiments.checks import cell_of
from symgate.experiments.gates import PREDICTORS
from symgate.experiments.profile_runs import CORRECTIONS, SPLITS
from symgate.experiments.truncation_runs import split_of
from symgate.plots.canvas import Array
from symgate.plots.joint_anisotropy import anisotropy_by_lag, gradient_bars
from symgate.plots.learnability import envelopes_by_lag, samples_needed, tail_indices
from symgate.plots.training_profiles import (
    corrections_by_lag,
    profile_heat_map,
    profiles_by_checkpoint,
    slopes_over_training,
)
from symgate.plots.validity import error_bounds, ratios_and_norms, truncation_by_size
from symgate.records import Cell

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def experiment_figures(result: Result) -> dict[str, Figure]:
    """The figures of a result by name, such as "profiles_heat_map"; of runs that finished.

    Args:
        result: what ``symgate.experiments.profiles``, ``anisotropy`` or ``truncation`` returned.  Where every run of a
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
    shown = {name: true[name] for name in adaptive}
    return {
        "envelopes": envelopes_by_lag(
            {name: found["envelopes"] for name, found in adaptive.items()},
            {name: found["update"] for name, found in adaptive.items()},
            spec.lags,
        ),
        "samples": samples_needed(true, spec.lags, spec.diagnose // 2),
        "tails": tail_indices(shown, result.summary["nulls"], spec.lags),
    }


_DRAWERS: dict[str, Callable[[Result], dict[str, Figure]]] = {
    "profiles": _profiles,
    "anisotropy": _anisotropy,
    "truncation": _truncation,
    "learnability": _learnability,
}
