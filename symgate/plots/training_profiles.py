"""Figures of experiment 1: profiles of sensitivity by lag while a network learns, and what the gates predict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from symgate.plots.bands import banded
from symgate.plots.canvas import Array, canvas

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_TEN = np.log(10.0)

#: What is drawn in a panel of profiles: the array's name and its label.
_SERIES = (
    ("profile", "sensitivity $\\Vert M_{t,t-l}\\Vert_2$"),
    ("drive", "$\\prod g$ (drive split)"),
    ("retention", "$\\prod (1-g)$ (retention split)"),
)


def profiles_by_checkpoint(profiles: Mapping[str, Mapping[str, Array]], checkpoints: Sequence[int]) -> Figure:
    """One row per cell, one column per checkpoint: the profile and the two gate products.

    Args:
        profiles: for each cell the arrays "profile", "drive", "retention", (seeds, checkpoints, T), logarithms less
            their value at lag 1.
        checkpoints: iterations.
    """
    rows, columns = len(profiles), len(checkpoints)
    with canvas(max(3.2, 1.65 * columns + 0.4), 1.75 * rows + 0.6) as figure:
        grid = figure.subplots(rows, columns, sharex=True, sharey="row", squeeze=False)
        for number, (row, (name, arrays)) in enumerate(zip(grid, profiles.items(), strict=True)):
            for place, (axes, iteration) in enumerate(zip(row, checkpoints, strict=True)):
                lags = np.arange(1, arrays["profile"].shape[-1] + 1)
                for index, (key, label) in enumerate(_SERIES):
                    banded(axes, lags, arrays[key][:, place] / _TEN, index, label, max(1, len(lags) // 5))
                lowest = np.nanmin(np.where(np.isfinite(arrays["profile"]), arrays["profile"], np.nan)) / _TEN
                axes.set_ylim(1.6 * min(lowest, -1.0), max(0.5, 0.1 + np.nanmax(arrays["profile"]) / _TEN))
                if number == 0:
                    axes.set_title(f"iteration {iteration}")
                if number == rows - 1:
                    axes.set_xlabel("lag $l$")
            row[0].set_ylabel(f"{name}\n$\\log_{{10}}$, lag 1 = 0")
        figure.legend(
            *grid[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3, handlelength=2.8, fontsize=9
        )
    return figure


def profile_heat_map(profiles: Mapping[str, Array], checkpoints: Sequence[int]) -> Figure:
    """Lag against checkpoint, one panel per cell.

    Args:
        profiles: for each cell (seeds, checkpoints, T), logarithms; the median over seeds is drawn.
        checkpoints: iterations.
    """
    with canvas(2.4 * len(profiles) + 0.8, 3.0) as figure:
        row = np.atleast_1d(figure.subplots(1, len(profiles), sharey=True))
        middles = {name: np.median(values, axis=0) / _TEN for name, values in profiles.items()}
        lowest = min(float(np.nanmin(values[np.isfinite(values)])) for values in middles.values())
        for axes, (name, values) in zip(row, middles.items(), strict=True):
            edges = np.arange(values.shape[1] + 1) + 0.5
            image = axes.pcolormesh(
                np.arange(len(checkpoints) + 1), edges, values.T, cmap="cividis", vmin=lowest, vmax=0, rasterized=True
            )
            axes.set_xticks(np.arange(len(checkpoints)) + 0.5, [str(iteration) for iteration in checkpoints])
            axes.set(title=name, xlabel="iteration")
        row[0].set_ylabel("lag $l$")
        figure.colorbar(image, ax=list(row), label="$\\log_{10}$ sensitivity, lag 1 = 0", shrink=0.9)
    return figure


def slopes_over_training(
    slopes: Mapping[str, Array], r_squared: Mapping[str, Array], checkpoints: Sequence[int], predictors: Sequence[str]
) -> Figure:
    """The fitted power of each gate product over training, and how much it explains.

    Args:
        slopes: for each cell (seeds, checkpoints, predictors).
        r_squared: the same of R^2.
        checkpoints: iterations.
        predictors: the names of the last axis.
    """
    with canvas(2.3 * len(slopes) + 0.3, 3.9) as figure:
        grid = figure.subplots(2, len(slopes), sharex=True, sharey="row", squeeze=False)
        for column, name in enumerate(slopes):
            for axes, values in zip(grid[:, column], (slopes[name], r_squared[name]), strict=True):
                for index, predictor in enumerate(predictors):
                    banded(axes, np.asarray(checkpoints), values[..., index], index + 1, f"{predictor} split")
            grid[0, column].set_title(name)
            grid[0, column].axhline(1, color="0.7", linewidth=0.8, zorder=0)
            grid[1, column].set_xlabel("iteration")
        grid[0, 0].set_ylabel("slope $s$")
        grid[1, 0].set_ylabel("$R^2$")
        grid[1, 0].set_ylim(-0.05, 1.05)
        figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2, handlelength=2.8)
    return figure


def corrections_by_lag(corrections: Mapping[str, Mapping[str, Array]], lags: Sequence[int]) -> Figure:
    """How much the perturbation of a split matters, one panel per cell and split.

    Args:
        corrections: for each title the arrays "first", "missed_by_zeroth", "missed_by_first", (seeds, L).
        lags: the lags, (L,).
    """
    labels = {
        "first": "$\\Vert M^{(1)}\\Vert / \\Vert M^{(0)}\\Vert$",
        "missed_by_zeroth": "missed by order 0",
        "missed_by_first": "missed by order 1",
    }
    columns = min(3, len(corrections))
    rows = -(-len(corrections) // columns)
    with canvas(2.45 * columns + 0.2, 2.3 * rows + 0.5) as figure:
        grid = figure.subplots(rows, columns, sharex=True, squeeze=False).ravel()
        for axes, (title, arrays) in zip(grid, corrections.items(), strict=False):
            for index, (key, label) in enumerate(labels.items()):
                values = np.where(arrays[key] > 0, arrays[key], np.nan)
                if np.isfinite(values).any():
                    banded(axes, np.asarray(lags), values, index, label)
            axes.axhline(1, color="0.6", linewidth=0.8, zorder=0)
            axes.set_xscale("log", base=2)
            axes.set_yscale("log")
            axes.set(title=title, xlabel="lag $l$")
            axes.tick_params(labelbottom=True)
        for axes in grid[::columns]:
            axes.set_ylabel("relative size")
        for axes in grid[len(corrections) :]:
            axes.set_visible(False)
        figure.legend(*grid[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, handlelength=2.8)
    return figure
