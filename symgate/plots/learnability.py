"""Figures of the learnability experiment: envelopes, the samples that lags need, tail indices beside their nulls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from symgate.plots.bands import banded
from symgate.plots.canvas import COLOURS, DASHES, MARKERS, Array, canvas

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_TEN = np.log(10.0)

#: The labels of the envelopes, in their order.
ENVELOPE_LABELS = (
    "zeroth order, $\\prod$ leak",
    "first order",
    "product of diagonals of $J$",
    "diagonal of the product",
)


def envelopes_by_lag(envelopes: Mapping[str, Array], updates: Mapping[str, Array], lags: Sequence[int]) -> Figure:
    """The four envelopes of each learner beside what each lag moves, |Gamma_l|; all relative to the first lag.

    Args:
        envelopes: for each learner (seeds, 4, L).
        updates: for each learner (seeds, L).
        lags: the lags, (L,).
    """
    columns = min(3, len(envelopes))
    rows = -(-len(envelopes) // columns)
    with canvas(2.5 * columns + 0.2, 2.2 * rows + 0.7) as figure:
        grid = figure.subplots(rows, columns, sharex=True, squeeze=False).ravel()
        for axes, (name, values) in zip(grid, envelopes.items(), strict=False):
            with np.errstate(divide="ignore", invalid="ignore"):
                logs, moved = np.log(values) / _TEN, np.log(updates[name]) / _TEN
            for row, label in enumerate(ENVELOPE_LABELS):
                banded(axes, np.asarray(lags), logs[:, row] - logs[:, row, :1], row, label)
            banded(axes, np.asarray(lags), moved - moved[:, :1], 4, "update $\\Vert\\Gamma_l\\Vert$")
            axes.set_title(name, fontsize=9)
            axes.set_xscale("log", base=2)
        for axes in grid[len(envelopes) :]:
            axes.set_visible(False)
        for axes in grid[max(0, len(envelopes) - columns) : len(envelopes)]:  # nothing stands below these
            axes.tick_params(labelbottom=True)
            axes.set_xlabel("lag $l$")
        figure.supylabel("$\\log_{10}$, first lag = 0", fontsize=9)
        figure.legend(
            *grid[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, handlelength=2.6, fontsize=8
        )
    return figure


def samples_needed(learners: Mapping[str, Sequence[Mapping[str, Any]]], lags: Sequence[int], count: int) -> Figure:
    """N(l) of the true statistic, and H_N below: a column for each architecture, a line for each way to train it.

    Args:
        learners: for each learner, such as "gru+norm+adamw", the seeds' summaries, with "needed" by lag and "H" by
            number of samples.  Shown are medians over seeds; a lag that is not found is left out.
        lags: the lags.
        count: how many sequences there were.
    """
    columns = {name: parted[0] for name in learners if (parted := name.split("+", 1))}
    ways = {name: name.removeprefix(columns[name]).lstrip("+") or "as it is" for name in learners}
    places = list(dict.fromkeys(columns.values()))
    styles = {way: place for place, way in enumerate(dict.fromkeys(ways.values()))}
    with canvas(1.35 * max(3, len(places)) + 0.5, 3.8) as figure:
        grid = figure.subplots(2, len(places), sharex="row", sharey="row", squeeze=False)
        for name, seeds in learners.items():
            above, below = grid[:, places.index(columns[name])]
            index = styles[ways[name]]
            style = {
                "color": COLOURS[index % len(COLOURS)], "linestyle": DASHES[index % len(DASHES)],
                "marker": MARKERS[index % len(MARKERS)], "markersize": 3.5, "linewidth": 1.2, "label": ways[name],
            }  # fmt: skip
            needed = np.array([[seed["needed"][str(lag)] or np.nan for lag in lags] for seed in seeds], dtype=float)
            some = np.isfinite(needed).any(axis=0)
            above.plot(np.asarray(lags)[some], np.nanmedian(needed[:, some], axis=0), **style)
            counts = sorted(int(key) for key in seeds[0]["H"])
            reached = np.median([[seed["H"][str(n)]["lag"] for n in counts] for seed in seeds], axis=0)
            below.plot(counts, reached, **style)
            below.set_xscale("log")
            below.set_xticks(counts, [str(number) for number in counts])
            below.minorticks_off()
        for place, (above, below) in zip(places, grid.T, strict=True):
            above.axhline(count, color="0.6", linewidth=0.8, zorder=0)
            above.set_title(place, fontsize=9)
            above.set(xlabel="lag $l$", yscale="log")
            above.set_xscale("log", base=2)
            below.set(xlabel="sequences $N$")
        grid[0, 0].set_ylabel("needed, $N(l)$")
        grid[1, 0].set_ylabel("lag reached, $H_N$")
        lines = {label: line for axes in grid[0] for line, label in zip(*axes.get_legend_handles_labels(), strict=True)}
        figure.legend(
            lines.values(), lines, loc="outside lower center", ncols=4, fontsize=7, handlelength=2.4,
            title=f"grey: the {count} sequences at hand", title_fontsize=7,
        )  # fmt: skip
    return figure


def tail_indices(
    learners: Mapping[str, Sequence[Mapping[str, Any]]], nulls: Mapping[str, Mapping[str, Any]], lags: Sequence[int]
) -> Figure:
    """Three estimates of the tail index by lag, with the bands that laws of finite variance get; and the exponent.

    Args:
        learners: for each learner the seeds' summaries, with "tails" by lag.
        nulls: for each law the spreads of the estimators.
        lags: the lags.
    """
    names = ("quantiles", "characteristic_function", "hill", "exponent")
    with canvas(6.8, 4.6) as figure:
        grid = figure.subplots(2, 2, sharex=True).ravel()
        for axes, key in zip(grid, names, strict=True):
            for index, (name, seeds) in enumerate(learners.items()):
                values = np.array(
                    [[seed["tails"][str(lag)][key]["value"] for lag in lags] for seed in seeds], dtype=float
                )
                axes.plot(
                    lags, np.nanmedian(values, axis=0), color=COLOURS[index % len(COLOURS)],
                    linestyle=DASHES[index % len(DASHES)], marker=MARKERS[index % len(MARKERS)], markersize=3,
                    linewidth=1.1, label=name,
                )  # fmt: skip
            for shade, (_, found) in enumerate(nulls.items()):
                if found[key]["median"] is not None:
                    axes.axhspan(
                        found[key]["low"], found[key]["high"], color="0.6", alpha=0.12 + 0.05 * shade, linewidth=0
                    )
            axes.set_title(
                {"exponent": "exponent of block means, $1/\\kappa$", "hill": "Hill"}.get(key, key.replace("_", " ")),
                fontsize=9,
            )
            axes.set_xscale("log", base=2)
        for axes in grid[2:]:
            axes.set_xlabel("lag $l$")
        figure.legend(
            *grid[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=7, handlelength=2.4,
            title=f"grey: {', '.join(nulls)}, 10 % to 90 %", title_fontsize=7,
        )  # fmt: skip
    return figure
