"""Figures of the experiment on updates: the power that ties rate and update, and how networks compare at one lag."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from symgate.plots.bands import banded, styles
from symgate.plots.canvas import COLOURS, DASHES, MARKERS, Array, canvas

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def update_against_rate(rates: Mapping[str, Array], updates: Mapping[str, Array], moments: Sequence[str]) -> Figure:
    """|Gamma_l| against the first-order envelope, both relative to the first lag; a line per learner, slope 1 in grey.

    Args:
        rates: for each learner f(l), (seeds, moments, L).
        updates: for each learner |Gamma_l|, (seeds, moments, L).
        moments: such as ("before", "after").
    """
    drawn = styles(rates)
    with canvas(3.1 * len(moments) + 0.3, 3.9) as figure:
        row = figure.subplots(1, len(moments), sharex=True, sharey=True, squeeze=False)[0]
        for place, (axes, moment) in enumerate(zip(row, moments, strict=True)):
            for name, (colour, shape) in drawn.items():
                x, y = (_median_logs(part[name][:, place]) for part in (rates, updates))
                axes.plot(
                    x, y, color=COLOURS[colour], linestyle=DASHES[shape], marker=MARKERS[shape], markersize=3.5,
                    linewidth=1.2, label=name,
                )  # fmt: skip
            axes.axline((0, 0), slope=1, color="0.6", linewidth=0.8)
            axes.set_title(f"{moment} training")
            axes.set_xlabel("$\\log_{10}\\,f(l)$, first lag = 0")
        row[0].set_ylabel("$\\log_{10}\\,\\Vert\\Gamma_l\\Vert$, first lag = 0")
        figure.legend(*row[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=8)
    return figure


def between_learners(
    correlations: Mapping[str, Mapping[str, Array]], lags: Sequence[int], labels: Mapping[str, str]
) -> Figure:
    """The rank correlation over learners of how far rate and update fell, by lag.

    Args:
        correlations: for each moment and envelope (seeds, L).
        lags: the lags, (L,).
        labels: of the envelopes.
    """
    with canvas(3.1 * len(correlations) + 0.3, 3.2) as figure:
        row = figure.subplots(1, len(correlations), sharey=True, squeeze=False)[0]
        for axes, (moment, found) in zip(row, correlations.items(), strict=True):
            axes.axhline(0, color="0.6", linewidth=0.8)
            for index, (name, values) in enumerate(found.items()):
                banded(axes, np.asarray(lags), values, index, labels[name])
            axes.set(title=f"{moment} training", xlabel="lag $l$", ylim=(-1.05, 1.05))
            axes.set_xscale("log", base=2)
        row[0].set_ylabel("rank correlation over learners")
        figure.legend(*row[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=8)
    return figure


def _median_logs(values: Array) -> Array:
    """log10 relative to the first lag, median over seeds."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log10(values)
    return np.asarray(np.median(logs - logs[:, :1], axis=0))
