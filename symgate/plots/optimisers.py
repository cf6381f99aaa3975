"""Figures of the analogies: gates as a schedule, the adjoint as momentum, the diagonal of Adam."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from symgate.plots.canvas import COLOURS, Array, canvas, key_below, line

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def schedule(
    gates: Mapping[str, Array], wanted: Mapping[str, Array], realised: Mapping[str, Array], true: Mapping[str, Array]
) -> Figure:
    """Schedules and the gates that realise them: gates above, weights of step k in the update at T below.

    Args:
        gates: for each schedule, g_j at j = 1..T, (T,).
        wanted: for each schedule, s_k / s_T at k = 0..T, (T + 1,).
        realised: for each schedule, the product of 1 - g_j over j = k+1..T along a trajectory, (T + 1,).
        true: for each schedule, the mean of the diagonal of M_{T,k} along that trajectory, (T + 1,).
    """
    with canvas(7.4, 3.6) as figure:
        rows = figure.subplots(2, len(gates), sharex=True, squeeze=False, height_ratios=(1, 1.7))
        for column, (name, values) in enumerate(gates.items()):
            above, below = rows[:, column]
            steps = np.arange(len(values) + 1)
            above.vlines(steps[1:], 0, values, color=COLOURS[0], linewidth=1.4)
            above.set(title=name, ylim=(0, None))
            below.plot(steps, wanted[name], color="0.72", linewidth=4, label="schedule $s_k / s_T$")
            every = max(1, len(steps) // 14)
            below.plot(
                steps[::every], realised[name][::every], color=COLOURS[0], marker="o", markersize=4, linestyle="none",
                label="gate product of the trajectory",
            )  # fmt: skip
            below.plot(
                steps, true[name], color=COLOURS[1], linestyle=(0, (5, 1.5)), linewidth=1.3,
                label="mean diagonal of $\\mathbf{M}_{T,k}$",
            )  # fmt: skip
            below.set(xlabel="step $k$", ylim=(0, 1.08 * float(np.max(wanted[name]))))
        rows[0, 0].set_ylabel("gate $g_k$")
        rows[1, 0].set_ylabel("weight of step $k$")
        keys = rows[1, 0].get_legend_handles_labels()
        figure.legend(*keys, loc="outside lower center", ncols=3, handlelength=2.6)
    return figure


def momentum(steps: Array, paths: Mapping[str, Array], back: Array, errors: Mapping[str, Array]) -> Figure:
    """One component of the adjoint against a heavy ball, and the error of each order.

    Args:
        steps: k, (K,).
        paths: values of that component at each k, (K,), the true adjoint first.
        back: steps before the last, T - k, (S,).
        errors: for each approximation, |error| / |adjoint| at each T - k, (S,).
    """
    with canvas(7.4, 2.9) as figure:
        left, right = figure.subplots(1, 2)
        for index, (name, values) in enumerate(paths.items()):
            if index == 0:
                left.plot(steps, values, color="0.72", linewidth=4, label=name)
            else:
                line(left, steps, values, index - 1, name, mark=(2 * index, 5))
        left.axhline(0, color="0.85", linewidth=0.6, zorder=0)
        left.set(xlabel="step $k$", ylabel="one entry of $\\lambda_k$", title="the adjoint, backward in time")
        for index, (name, values) in enumerate(errors.items()):
            line(right, back, values, index, name, mark=(index, 5))
        right.set_yscale("log")
        shown = next(iter(errors.values()))
        right.set_ylim(bottom=1e-2 * float(shown[shown > 0].min(initial=1)))
        right.set(xlabel="steps back, $T - k$", ylabel="relative error", title="what is left out")
        for axes in (left, right):
            key_below(axes)
    return figure


def adam(diagonals: Mapping[str, Array], gates: Mapping[str, Array], first: Array) -> Figure:
    """Diagonals of Adam and of gates, unit by unit, and what the first order adds off the diagonal.

    Args:
        diagonals: for each optimiser or lag, one positive number per unit, (n,), largest 1.
        gates: for each lag, the constant gate that realises the first of ``diagonals``, (n,).
        first: the first order of the preconditioner, (n, n).
    """
    with canvas(7.4, 2.9) as figure:
        left, middle, right = figure.subplots(1, 3, width_ratios=(1.1, 1, 1))
        units = np.arange(1, first.shape[0] + 1)
        for axes, series in ((left, diagonals), (middle, gates)):
            for index, (name, values) in enumerate(series.items()):
                line(axes, units, values, index, name)
            axes.set(xlabel="unit, in Adam's order", ylim=(0, None))
        left.set_title("diagonals, largest 1")
        middle.set_title("gates that give Adam's")
        for axes in (left, middle):
            key_below(axes)
        reach = float(np.abs(first).max()) or 1.0
        image = right.imshow(first, cmap="RdBu_r", vmin=-reach, vmax=reach, interpolation="nearest")
        right.spines[["top", "right"]].set_visible(True)
        ends = (0, first.shape[0] - 1)
        right.set_xticks(ends, [str(end + 1) for end in ends])
        right.set_yticks(ends, [str(end + 1) for end in ends])
        right.set_title("first order")
        figure.colorbar(image, ax=right, shrink=0.8, aspect=18, pad=0.03)
    return figure
