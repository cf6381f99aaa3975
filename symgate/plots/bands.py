"""A line with a band over seeds: the median, and the 10th to the 90th percentile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from symgate.plots.canvas import COLOURS, DASHES, MARKERS, Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: The percentiles of a band.
BAND = (10.0, 90.0)


def banded(axes: Axes, x: Array, seeds: Array, index: int, label: str, every: int = 1) -> None:
    """Draw the median over the first axis of ``seeds`` (N, X) and its band, in the style of that index.

    Infinities are left out, as are places where no seed has a number.
    """
    values = np.where(np.isfinite(seeds), seeds, np.nan)
    some = np.isfinite(values).any(axis=0)
    low, middle, high = np.nanpercentile(values[:, some], [BAND[0], 50, BAND[1]], axis=0)
    at = np.asarray(x)[some]
    axes.fill_between(at, low, high, color=COLOURS[index], alpha=0.18, linewidth=0)
    axes.plot(
        at, middle, color=COLOURS[index], linestyle=DASHES[index], marker=MARKERS[index], markersize=3.5,
        linewidth=1.3, markevery=(min(index, max(0, every - 1)), every), label=label,
    )  # fmt: skip
