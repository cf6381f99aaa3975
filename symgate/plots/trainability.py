"""Figures of the experiment on trainability: the map of losses, and losses against the rate at the lag."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from symgate.plots.bands import styles
from symgate.plots.canvas import COLOURS, MARKERS, Array, canvas

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: The loss, in variances of the target, at which the map ends.
TOP = 1.2


def loss_map(
    losses: Mapping[str, Array], rows: Sequence[str], columns: Sequence[str], reached: Array, say: str
) -> Figure:
    """The median final loss over the variance of the target: a panel per step size, networks by tasks.

    Args:
        losses: for each step size (networks, columns).
        rows: the networks.
        columns: tasks with their lags.
        reached: whether the rate reaches the lag, (networks, columns): 1, 0, or NaN where there is no rate.
        say: what a mark means.
    """
    with canvas(1.2 + 0.62 * len(columns) * len(losses) * 0.75 + 0.9, 0.27 * len(rows) + 1.9) as figure:
        grid = figure.subplots(1, len(losses), sharey=True, squeeze=False)[0]
        for axes, (step, values) in zip(grid, losses.items(), strict=True):
            image = axes.pcolormesh(
                np.minimum(values, TOP), cmap="cividis", vmin=0, vmax=TOP, edgecolors="white", linewidth=0.6
            )
            for i, j in np.argwhere(reached == 1):
                shade = "black" if values[i, j] > TOP / 2 else "white"
                axes.plot(j + 0.5, i + 0.5, marker="o", markersize=4, color=shade, linestyle="none")
            axes.set_xticks(np.arange(len(columns)) + 0.5, columns, rotation=60, ha="right", fontsize=7.5)
            axes.set_title(f"step {step}", fontsize=9)
        grid[0].invert_yaxis()  # shared, so once
        grid[0].set_yticks(np.arange(len(rows)) + 0.5, rows, fontsize=8)
        bar = figure.colorbar(image, ax=list(grid), fraction=0.03, pad=0.02)
        bar.set_label("loss / variance", fontsize=8)
        figure.supxlabel(say, fontsize=8)
    return figure


def losses_against_rate(
    points: Mapping[str, Mapping[str, tuple[Array, Array]]], lags: Sequence[int], horizontal: str
) -> Figure:
    """The final loss at the best step size against the rate per unit at the lag of the task.

    Args:
        points: for each task and network the rates and losses, (lags, seeds) each.
        lags: the lags of the tasks; later ones are filled.
        horizontal: the label of the rates.
    """
    drawn = styles(next(iter(points.values())))
    with canvas(2.5 * len(points) + 0.3, 3.6) as figure:
        row = figure.subplots(1, len(points), sharex=True, sharey=True, squeeze=False)[0]
        for axes, (task, networks) in zip(row, points.items(), strict=True):
            for name, (colour, shape) in drawn.items():
                rates, losses = networks[name]
                for j in range(len(lags)):
                    axes.plot(
                        rates[j], losses[j], linestyle="none", marker=MARKERS[shape], markersize=4.5,
                        markeredgecolor=COLOURS[colour], markeredgewidth=0.9,
                        markerfacecolor=COLOURS[colour] if j else "white", alpha=0.8, label=name if j else None,
                    )  # fmt: skip
            axes.set(title=task, xscale="log")
            axes.axhline(1, color="0.6", linewidth=0.8)
        row[0].set_ylabel("final loss / variance, best step")
        row[len(row) // 2].set_xlabel(horizontal, fontsize=9)
        open_, *filled = map(str, lags)
        figure.legend(
            *row[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=8,
            title=f"open: lag {open_}; filled: {', '.join(filled) or 'none'}", title_fontsize=8,
        )  # fmt: skip
    return figure
