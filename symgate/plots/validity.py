"""Figures of experiment 3: where the first-order expansion is valid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from symgate.plots.bands import banded
from symgate.plots.canvas import COLOURS, Array, canvas

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_TEN = np.log(10.0)


def truncation_by_size(
    eps: Array, errors: Mapping[str, Array], curvatures: Mapping[str, Array], slopes: Mapping[str, Array]
) -> Figure:
    """The error of each order and C2 against eps, one column per cell.

    Args:
        eps: sizes of the perturbation, (E,).
        errors: for each cell (seeds, orders, E).
        curvatures: for each cell C2 = error of order 1 / eps^2, (seeds, E).
        slopes: for each cell the slopes of the errors, (seeds, orders).
    """
    with canvas(3.2 * len(errors) + 0.4, 5.4) as figure:
        grid = figure.subplots(2, len(errors), sharex=True, sharey="row", squeeze=False, height_ratios=(1.7, 1))
        for column, (name, values) in enumerate(errors.items()):
            upper, lower = grid[:, column]
            for order in range(values.shape[1]):
                slope = np.median(slopes[name][:, order])
                banded(upper, eps, values[:, order], order, f"order {order}, slope {slope:.2f}")
            upper.set_xscale("log")
            upper.set_yscale("log")
            upper.set_title(name)
            upper.legend(fontsize=8, handlelength=2.6, loc="lower right")
            banded(lower, eps, curvatures[name], 3, "$C_2$")
            lower.set_yscale("log")
            lower.set_xlabel("size of the perturbation $\\epsilon$")
        grid[0, 0].set_ylabel("error, spectral norm")
        grid[1, 0].set_ylabel("$C_2(\\epsilon)$ = error$_1/\\epsilon^2$")
    return figure


def error_bounds(eps: Array, errors: Mapping[str, Array], bounds: Mapping[str, Array]) -> Figure:
    """The remainder bound beside the error of each order: how many orders of magnitude it is above.

    Args:
        eps: sizes of the perturbation, (E,).
        errors: for each cell (seeds, orders, E).
        bounds: for each cell (seeds, orders, E).
    """
    with canvas(3.2 * len(errors) + 0.4, 3.0) as figure:
        row = figure.subplots(1, len(errors), sharey=True, squeeze=False)[0]
        for axes, name in zip(row, errors, strict=True):
            for order in range(errors[name].shape[1]):
                gap = np.log10(bounds[name][:, order]) - np.log10(errors[name][:, order])
                banded(axes, eps, gap, order, f"order {order}")
            axes.set_xscale("log")
            axes.set(title=name, xlabel="size of the perturbation $\\epsilon$", ylim=(0, None))
        row[0].set_ylabel("$\\log_{10}$ (bound / error)")
        row[0].legend(fontsize=8, handlelength=2.6)
    return figure


def ratios_and_norms(ratios: Mapping[str, Array], norms: Mapping[str, Array]) -> Figure:
    """The histogram of |B_j| / |A_j|, and the norms of the product and of its first orders over time.

    Args:
        ratios: for each cell (seeds, T).
        norms: for each cell (seeds, 3, T): logarithms of |M_{t,0}|, |M^(0)_{t,0}|, |M^(1)_{t,0}|.
    """
    labels = ("$\\Vert M\\Vert$", "$\\Vert M^{(0)}\\Vert$", "$\\Vert M^{(1)}\\Vert$")
    with canvas(2.5 * (len(norms) + 1), 2.9) as figure:
        left, *others = figure.subplots(1, len(norms) + 1)
        highest = max(float(values.max()) for values in ratios.values())
        edges = np.linspace(0, highest, 41)
        for index, (name, values) in enumerate(ratios.items()):
            left.hist(
                values.ravel(), bins=edges, density=True, histtype="step" if index else "stepfilled",
                color=COLOURS[index], alpha=0.9 if index else 0.45, linewidth=1.3, label=name,
            )  # fmt: skip
        left.set(xlabel="$\\Vert B_j\\Vert / \\Vert A_j\\Vert$", ylabel="density", title="ratio per step")
        left.legend(fontsize=8)
        for axes, (name, values) in zip(others, norms.items(), strict=True):
            steps = np.arange(1, values.shape[-1] + 1)
            for index, label in enumerate(labels):
                banded(axes, steps, values[:, index] / _TEN, index, label, max(1, len(steps) // 6))
            axes.set(xlabel="step $t$", title=name)
            axes.legend(fontsize=8, handlelength=2.6)
        others[0].set_ylabel("$\\log_{10}$ norm, $k = 0$")
    return figure
