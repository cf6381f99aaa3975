"""The figure of the experiment on alignment: shares in the leading directions, by lag, before and after training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from symgate.plots.bands import banded, styles
from symgate.plots.canvas import Array, canvas

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def alignment_by_lag(
    shares: Mapping[str, Mapping[str, Array]],
    isotropic: Mapping[str, float],
    lags: Sequence[int],
    moments: Sequence[str],
) -> Figure:
    """Upper: the share of the transported gradient; middle: how far above a random one; lower: incoming over k/N.

    Args:
        shares: for each task and network (seeds, moments, L, 3): transported, random, incoming.
        isotropic: k/N of each network.
        lags: the lags, (L,).
        moments: such as ("before", "after"): a column for each task and moment.
    """
    drawn = styles(isotropic)
    columns = [(task, place, moment) for task in shares for place, moment in enumerate(moments)]
    with canvas(1.9 * len(columns) + 0.4, 5.6) as figure:
        grid = figure.subplots(3, len(columns), sharex=True, sharey="row", squeeze=False)
        for column, (task, place, moment) in enumerate(columns):
            for name, values in shares[task].items():
                own, (colour, shape) = values[:, place], drawn[name]
                rows = (own[..., 0], own[..., 0] - own[..., 1], own[..., 2] / isotropic[name])
                for axes, drawn_row in zip(grid[:, column], rows, strict=True):
                    banded(axes, np.asarray(lags), drawn_row, colour, name, shape=shape)
            grid[0, column].set_title(f"{task}, {moment}", fontsize=9)
            grid[1, column].axhline(0, color="0.6", linewidth=0.8)
            grid[2, column].axhline(1, color="0.6", linewidth=0.8)
            grid[2, column].set_xlabel("lag $l$")
            grid[2, column].set_xscale("log", base=2)
        for axes, label in zip(
            grid[:, 0], ("transported", "transported $-$ random", "incoming $/\\,(k/N)$"), strict=True
        ):
            axes.set_ylabel(label)
        figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=8)
    return figure
