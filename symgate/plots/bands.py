"""A line with a band over seeds: the median, and the 10th to the 90th percentile; styles of many networks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from symgate.plots.canvas import COLOURS, DASHES, MARKERS, Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: The percentiles of a band.
BAND = (10.0, 90.0)


def banded(
    axes: Axes, x: Array, seeds: Array, index: int, label: str, every: int = 1, shape: int | None = None
) -> None:
    """Draw the median over the first axis of ``seeds`` (N, X) and its band, in the style of that index.

    Infinities are left out, as are places where no seed has a number, so that a line can be empty; ``shape`` is another
    index for dash and marker.
    """
    form = index if shape is None else shape
    values = np.where(np.isfinite(seeds), seeds, np.nan)
    some = np.isfinite(values).any(axis=0)
    levels = [BAND[0], 50, BAND[1]]
    low, middle, high = np.nanpercentile(values[:, some], levels, axis=0) if some.any() else np.empty((3, 0))
    at = np.asarray(x)[some]
    axes.fill_between(at, low, high, color=COLOURS[index], alpha=0.18, linewidth=0)
    axes.plot(
        at, middle, color=COLOURS[index], linestyle=DASHES[form], marker=MARKERS[form], markersize=3.5,
        linewidth=1.3, markevery=(min(index, max(0, every - 1)), every), label=label,
    )  # fmt: skip


def styles(labels: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Colour and shape of each label: what stands before "(" or "+" shares a colour, and differs in dash and marker."""
    found: dict[str, tuple[int, int]] = {}
    families: dict[str, int] = {}
    for label in labels:
        family = label.partition("(")[0].partition("+")[0]
        families[family] = families.get(family, -1) + 1
        colour = list(families).index(family) % len(COLOURS)
        found[label] = (colour, families[family] % len(MARKERS))
    return found
