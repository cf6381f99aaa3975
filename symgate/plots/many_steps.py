"""Figures of many steps: effective learning rates by lag, errors of expansions, local errors of a step in time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from symgate.plots.canvas import COLOURS, MARKERS, Array, canvas, key_below, line

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def learning_rates(
    lags: Array, rates: Mapping[str, Array], norms: Mapping[str, Array], errors: Mapping[str, Array]
) -> Figure:
    """Effective learning rates by lag: per unit, as sensitivities, and how far each proxy of a unit's own rate is.

    Args:
        lags: the lags l, (L,).
        rates: for a few units, the rate of the zeroth order at each lag, (L,).
        norms: sensitivities at each lag, (L,), the true one first.
        errors: for each proxy of the diagonal of the transport, its relative error at each lag, (L,).
    """
    with canvas(7.4, 2.75) as figure:
        units, sizes, gaps = figure.subplots(1, 3)
        every = max(1, len(lags) // 7)
        panels = (
            (units, rates, "zeroth order per unit"),
            (sizes, norms, "spectral norm"),
            (gaps, errors, "error of a unit's own rate"),
        )
        for axes, series, title in panels:
            for index, (name, values) in enumerate(series.items()):
                line(axes, lags, values, index, name, mark=(index, every))
            axes.set_yscale("log")
            axes.set(xlabel="lag $t - k$", title=title)
            key_below(axes)
        units.set_ylabel("rate / $\\eta$")
        return figure


def expansion_error(
    eps: Array, errors: Mapping[int, Array], bounds: Mapping[int, Array], slopes: Mapping[int, float]
) -> Figure:
    """The error of each order against the size of the perturbation, below its bound.

    Args:
        eps: sizes of the perturbation, (E,), positive.
        errors: for each order p, |M(eps) - sum_{m <= p} eps^m M^(m)|, (E,).
        bounds: for each order p, the bound on it, (E,).
        slopes: for each order p, the measured slope of the error in the logarithms.
    """
    with canvas(5.4, 3.4) as figure:
        axes = figure.subplots()
        for index, (order, values) in enumerate(errors.items()):
            axes.plot(eps, bounds[order], color=COLOURS[index], linewidth=0.9, linestyle=(0, (4, 2)), alpha=0.8)
            axes.plot(
                eps, values, color=COLOURS[index], marker=MARKERS[index], markersize=4, linewidth=1.3,
                label=f"$p = {order}$, slope {slopes[order]:.2f}",
            )  # fmt: skip
        axes.plot([], [], color="0.4", linewidth=0.9, linestyle=(0, (4, 2)), label="remainder bound")
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.grid(color="0.92", linewidth=0.6)
        axes.set(xlabel="size of the perturbation $\\epsilon$", ylabel="spectral norm of the error")
        axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), handlelength=2.6)
    return figure


def local_errors(
    steps: Array,
    errors: Mapping[str, Array],
    leading: Mapping[str, Array],
    gates: Array,
    times: Mapping[str, Array],
) -> Figure:
    """Local errors of two ways to step a leaky integrator, and the time scale that a gate value stands for.

    Args:
        steps: h, (H,).
        errors: for each scheme, the error of one step, (H,).
        leading: for each scheme, the derived leading term, (H,).
        gates: gate values in (0, 1), (G,).
        times: time scales at each gate value, (G,), in steps.
    """
    with canvas(7.4, 2.9) as figure:
        left, right = figure.subplots(1, 2)
        for index, (name, values) in enumerate(errors.items()):
            left.plot(steps, leading[name], color=COLOURS[index], linewidth=1.2)
            left.plot(
                steps, values, color=COLOURS[index], marker=MARKERS[index], markersize=4.5, linestyle="none", label=name
            )
        left.plot([], [], color="0.4", linewidth=1.2, label="derived leading term")
        left.set_xscale("log")
        left.set_yscale("log")
        left.grid(color="0.92", linewidth=0.6)
        left.set(xlabel="step $h$", ylabel="error of one step", title="local truncation error")
        key_below(left)
        for index, (name, values) in enumerate(times.items()):
            line(right, gates, values, index, name, mark=(3 * index, max(1, len(gates) // 8)))
        right.set_yscale("log")
        right.set(xlabel="gate value $g$", ylabel="steps", title="what a gate value stands for", xlim=(0, 1))
        key_below(right)
    return figure
