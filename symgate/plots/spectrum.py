"""The spectrum of one cell's Jacobian along a trajectory: eigenvalues in the plane, singular values in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from symgate.plots.canvas import COLOURS, DASHES, MARKERS, Array, canvas, unit_circle

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def jacobian_spectrum(eigenvalues: Array, singular_values: Array) -> Figure:
    """Where the eigenvalues of J_t lie against the unit circle, and how its singular values move.

    Args:
        eigenvalues: of J_t at t = 1..T, (T, n) complex; later steps are drawn lighter.
        singular_values: of J_t, (T, n), the largest first.
    """
    with canvas(7.4, 3.1) as figure:
        left, right = figure.subplots(1, 2, width_ratios=(1, 1.35))
        _plane(figure, left, eigenvalues)
        steps = np.arange(1, len(singular_values) + 1)
        right.plot(steps, singular_values, color="0.82", linewidth=0.7, zorder=1)
        middle = (singular_values.shape[1] - 1) // 2
        for index, (name, place) in enumerate({"largest": 0, "median": middle, "smallest": -1}.items()):
            right.plot(
                steps, singular_values[:, place], color=COLOURS[index], linestyle=DASHES[index], linewidth=1.4,
                marker=MARKERS[index], markersize=3.6, markevery=(2 * index, 6), label=name, clip_on=False,
            )  # fmt: skip
        right.axhline(1, color="0.2", linewidth=0.8, zorder=0)
        right.set(xlabel="step $t$", title="singular values of $\\mathbf{J}_t$", xlim=(1, len(steps)))
        right.set_ylim(0, 1.06 * max(1.0, float(singular_values.max())))
        right.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), handlelength=2.8)
    return figure


def _plane(figure: Figure, axes: Axes, eigenvalues: Array) -> None:
    """The eigenvalues, coloured by their step, and the unit circle."""
    last = len(eigenvalues)
    unit_circle(axes, 1.12 * max(1.0, float(np.abs(eigenvalues).max())))
    step = np.broadcast_to(np.arange(1, last + 1)[:, None], eigenvalues.shape)
    points = axes.scatter(
        eigenvalues.real, eigenvalues.imag, c=step, s=6, cmap="viridis", vmin=1, vmax=1.15 * last, linewidths=0,
        alpha=0.85,
    )  # fmt: skip
    axes.set_ylabel("Im")
    axes.set_title("eigenvalues of $\\mathbf{J}_t$, unit circle")
    axes.set_xticks((-1, 0, 1))
    axes.set_yticks((-1, 0, 1))
    bar = figure.colorbar(points, ax=axes, shrink=0.8, aspect=18, pad=0.03)
    bar.ax.set_title("step", fontsize=9)
    bar.set_ticks([1, last])
    bar.ax.set_ylim(1, last)
