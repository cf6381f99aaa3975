"""Figures of experiment 2: anisotropy of products by lag, and of per-example gradients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from symgate.plots.bands import BAND, banded
from symgate.plots.canvas import COLOURS, Array, canvas

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_TEN = np.log(10.0)
_HATCHES = ("", "///", "...", "xxx")


def anisotropy_by_lag(products: Mapping[str, Mapping[str, Array]], lags: Sequence[int], rank: int) -> Figure:
    """AI and CE of the products by lag: one column per task, one line per network.

    Args:
        products: for each task and network (seeds, L, 2): log AI and CE.
        lags: the lags, (L,).
        rank: r.
    """
    with canvas(max(3.4, 1.75 * len(products) + 0.3), 3.9) as figure:
        grid = figure.subplots(2, len(products), sharex=True, sharey="row", squeeze=False)
        for column, (task, networks) in enumerate(products.items()):
            for index, (name, values) in enumerate(networks.items()):
                banded(grid[0, column], np.asarray(lags), values[..., 0] / _TEN, index, name)
                banded(grid[1, column], np.asarray(lags), values[..., 1], index, name)
            grid[0, column].set_title(task)
            grid[1, column].set_xlabel("lag $l$")
        grid[0, 0].set_ylabel(f"$\\log_{{10}}\\,\\mathrm{{AI}}_{{{rank}}}$")
        grid[1, 0].set_ylabel(f"$\\mathrm{{CE}}_{{{rank}}}$")
        figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3, handlelength=2.8)
    return figure


def gradient_bars(gradients: Mapping[str, Mapping[str, Array]], checkpoints: Sequence[int], rank: int) -> Figure:
    """AI and CE of the matrix of per-example gradients: a bar per network and checkpoint, groups by task.

    Args:
        gradients: for each task and network (seeds, checkpoints, 2): log AI and CE.
        checkpoints: iterations; later ones are darker.
        rank: r.
    """
    names = list(next(iter(gradients.values())))
    count = len(names) * len(checkpoints)
    with canvas(7.4, 4.2) as figure:
        upper, lower = figure.subplots(2, 1, sharex=True)
        for axes, measure, scale in ((upper, 0, _TEN), (lower, 1, 1.0)):
            for group, networks in enumerate(gradients.values()):
                for i, name in enumerate(names):
                    for j in range(len(checkpoints)):
                        values = networks[name][:, j, measure] / scale
                        values = values[np.isfinite(values)]
                        if not len(values):
                            continue
                        middle = float(np.median(values))
                        low, high = np.percentile(values, BAND)
                        axes.bar(
                            group + ((i * len(checkpoints) + j) - (count - 1) / 2) * 0.85 / count, middle,
                            width=0.8 / count, color=COLOURS[i], alpha=0.35 + 0.65 * (j + 1) / len(checkpoints) * 0.9,
                            hatch=_HATCHES[i], edgecolor="white", linewidth=0.3,
                            label=name if group == 0 and j == len(checkpoints) - 1 else None,
                            yerr=[[middle - low], [high - middle]], error_kw={"elinewidth": 0.6},
                        )  # fmt: skip
        lower.set_xticks(range(len(gradients)), list(gradients))
        upper.set_ylabel(f"$\\log_{{10}}\\,\\mathrm{{AI}}_{{{rank}}}$ of gradients")
        lower.set_ylabel(f"$\\mathrm{{CE}}_{{{rank}}}$ of gradients")
        lower.set_xlabel(f"in each group, per network: iterations {', '.join(map(str, checkpoints))}, light to dark")
        figure.legend(*upper.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure
