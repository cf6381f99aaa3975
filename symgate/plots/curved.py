"""The figure of curvature: leading eigenvalues of a Hessian and of Gauss-Newton, and where the gradient lies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from symgate.plots.canvas import COLOURS, DASHES, MARKERS, Array, canvas

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Pairs(Protocol):
    """Eigenvalues with bounds of their errors, (k,) each."""

    @property
    def values(self) -> Array:
        """The eigenvalues."""

    @property
    def errors(self) -> Array:
        """How far each can be from one of the matrix."""


def curvature(hessian: Pairs, negative: Pairs, gauss_newton: Pairs, shares: Array, of_gauss: Array) -> Figure:
    """Leading eigenvalues with their errors, and how much of the gradient lies along their vectors.

    Args:
        hessian: the largest eigenvalues of the Hessian, largest first, (k,), with their errors.
        negative: its smallest, smallest first.
        gauss_newton: the largest of the Gauss-Newton matrix.
        shares: the squared cosine of the gradient with each vector of ``hessian``, (k,); NaN is not drawn.
        of_gauss: the same for ``gauss_newton``.
    """
    named = {"Hessian, largest": hessian, "Hessian, smallest": negative, "Gauss-Newton": gauss_newton}
    with canvas(7.4, 2.9) as figure:
        left, right = figure.subplots(1, 2)
        for place, (label, pairs) in enumerate(named.items()):
            left.errorbar(
                range(1, len(pairs.values) + 1), pairs.values, pairs.errors, color=COLOURS[place],
                marker=MARKERS[place], markersize=4,
                linestyle=DASHES[place], linewidth=0.9, elinewidth=0.8, label=label,
            )  # fmt: skip
        left.axhline(0, color="0.2", linewidth=0.8, zorder=0)
        left.set(xlabel="$i$", title="leading eigenvalues of the curvature")
        left.legend(fontsize=8.5, loc="best")
        for place, values in ((0, shares), (2, of_gauss)):
            right.plot(
                range(1, len(values) + 1), np.cumsum(values), MARKERS[place], color=COLOURS[place],
                linestyle=DASHES[place], markersize=4, linewidth=0.9,
                label="Hessian, largest" if place == 0 else "Gauss-Newton",
            )  # fmt: skip
        right.set(xlabel="$i$", ylim=(-0.04, 1.04), title="share of the gradient in the first $i$ directions")
        right.legend(fontsize=8.5, loc="best")
        for axes in (left, right):
            axes.xaxis.get_major_locator().set_params(integer=True)
    return figure
