"""Figures of the analyses: Lyapunov spectra, fixed points, gradients by lag and carried forward, remainders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from symgate.plots.canvas import COLOURS, DASHES, MARKERS, Array, canvas, unit_circle

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def lyapunov_spectrum(exponents: Array, steps: Array, history: Array, errors: Array) -> Figure:
    """The spectrum, and how the first, the middle and the last exponent settle.

    Args:
        exponents: lambda_1 >= lambda_2 >= ..., (k,), in natural logarithms per step.
        steps: after how many steps each record was taken, (H,).
        history: the exponents up to there, (H, k).
        errors: the standard error of each, (k,); NaN is not drawn.
    """
    with canvas(7.4, 2.9) as figure:
        left, right = figure.subplots(1, 2)
        count, finite = len(exponents), np.isfinite(exponents)
        index = np.arange(1, count + 1)
        bars = np.where(np.isfinite(errors), errors, 0)
        left.errorbar(
            index[finite], exponents[finite], 2 * bars[finite], color=COLOURS[0], marker="o", markersize=3,
            linewidth=0.9, elinewidth=0.8,
        )  # fmt: skip
        left.axhline(0, color="0.2", linewidth=0.8, zorder=0)
        lost = int((~finite).sum())
        left.set(
            xlabel="$i$",
            title="exponents $\\lambda_i$, two standard errors" + (f"; {lost} at $-\\infty$" if lost else ""),
        )
        shown = dict.fromkeys([0, (count - 1) // 2, count - 1])
        for place, k in enumerate(shown):
            right.plot(
                steps, history[:, k], color=COLOURS[place], linestyle=DASHES[place], label=f"$\\lambda_{{{k + 1}}}$"
            )
        right.set(xlabel="steps", title="as the steps go on")
        right.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
    return figure


def fixed_points(points: Array, eigenvalues: Array, stable: Array, slow: Array, visited: Array | None = None) -> Figure:
    """Eigenvalues at each point against the unit circle, and the points among the states in two principal components.

    Args:
        points: (P, N).
        eigenvalues: of the Jacobian at each, (P, N) complex.
        stable: which points are stable, (P,).
        slow: which are no fixed points but slow ones, (P,); those far from everything else are counted, and not drawn.
        visited: states of trajectories, (S, N), which give the components where there are any.
    """
    kinds = {
        "stable": stable & ~slow,
        "unstable": ~stable & ~slow,
        "slow": slow,
    }
    with canvas(7.4, 3.2) as figure:
        left, right = figure.subplots(1, 2)
        _circle(left, eigenvalues)
        cloud = points if visited is None or len(visited) < 2 else visited
        centre, axes, shares = _components(cloud)
        if visited is not None:
            flat = (visited - centre) @ axes
            right.plot(flat[:, 0], flat[:, 1], ".", color="0.78", markersize=2, label="states")
        for place, (name, chosen) in enumerate(kinds.items()):
            if not chosen.any():
                continue
            own = eigenvalues[chosen]
            left.plot(
                own.real.ravel(), own.imag.ravel(), MARKERS[place], color=COLOURS[place], markersize=3.4, alpha=0.8
            )
            flat = (points[chosen] - centre) @ axes
            near = np.ones(len(flat), bool) if name != "slow" else _near(flat, (cloud - centre) @ axes)
            label = f"{name} ({chosen.sum()}" + (f", {(~near).sum()} far out)" if not near.all() else ")")
            right.plot(
                flat[near, 0], flat[near, 1], MARKERS[place], color=COLOURS[place], markersize=6, label=label,
                markeredgecolor="white", markeredgewidth=0.5,
            )  # fmt: skip
        right.set(xlabel=f"first component ({shares[0]:.0%})", ylabel=f"second component ({shares[1]:.0%})")
        right.set_title("fixed points among the states")
        right.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
    return figure


def lag_profile(sizes: Array, terms: Mapping[str, Array], predicted: Array | None, envelope: Array | None) -> Figure:
    """How much of the gradient comes from each lag, through which term, and what the effective learning rate predicts.

    Args:
        sizes: |Gamma_l|, (L + 1,).
        terms: the size of each named part, (L + 1,) each; the part of lag 0 is 0.
        predicted: the size of what the zeroth order of the retention split makes of it, (L + 1,).
        envelope: f(l), the mean effective learning rate, drawn so that it agrees at lag 0.
    """
    lags = np.arange(len(sizes))
    with canvas(7.4, 3.0) as figure:
        left, right = figure.subplots(1, 2, sharey=True)
        with np.errstate(all="ignore"):
            left.semilogy(lags, _seen(sizes), color="0.1", linewidth=1.6, label="all")
            right.semilogy(lags, _seen(sizes), color="0.1", linewidth=1.6, label="true")
            for place, (name, value) in enumerate(terms.items()):
                left.semilogy(
                    lags, _seen(value), color=COLOURS[place % 6], linestyle=DASHES[place % 6], linewidth=1.1, label=name
                )  # fmt: skip
            if predicted is not None:
                right.semilogy(
                    lags, _seen(predicted), color=COLOURS[0], linestyle=DASHES[1], label="order 0 of retention"
                )
            if envelope is not None and envelope[0] > 0:
                right.semilogy(
                    lags, _seen(envelope * sizes[0] / envelope[0]), color=COLOURS[1], linestyle=DASHES[2],
                    label="envelope $f(l)$"
                )  # fmt: skip
        left.set(xlabel="lag $l$", title="$|\\Gamma_l|$, by the term that the signal leaves through")
        right.set(xlabel="lag $l$", title="and what the effective rate predicts")
        for axes in (left, right):
            axes.legend(fontsize=8.5, loc="best")
            axes.set_xlim(0, max(1, len(lags) - 1))
    return figure


def gradient_angles(cosines: Mapping[str, Mapping[str, float]]) -> Figure:
    """The cosine between truncated gradients and the true one, parameter by parameter.

    Args:
        cosines: by approximation, by parameter.
    """
    names = list(next(iter(cosines.values())))
    with canvas(0.8 + 0.55 * len(names) + 2.4, 2.8) as figure:
        axes = figure.subplots()
        for place, (name, values) in enumerate(cosines.items()):
            axes.plot(
                range(len(names)), [values[key] for key in names], MARKERS[place % 6], color=COLOURS[place % 6],
                label=name, markersize=6,
            )  # fmt: skip
        axes.axhline(1, color="0.2", linewidth=0.8, zorder=0)
        axes.axhline(0, color="0.8", linewidth=0.6, zorder=0)
        axes.set_xticks(range(len(names)), names, rotation=0 if len(names) < 9 else 60)
        axes.set(ylabel="cosine with the gradient", title="truncated gradients against the true one")
        axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
    return figure


def remainders(eps: Sequence[float], error: Array, computed: Array, norms: Array) -> Figure:
    """What an expansion leaves out, order by order, with its two bounds.

    Args:
        eps: the sizes of the perturbation.
        error: the spectral norm of what is left out, as it is measured in floats, (eps, orders).
        computed: the bound that computes it, (eps, orders).
        norms: the bound by norms, (eps, orders).
    """
    with canvas(7.4, 2.9) as figure:
        for axes, size, *rows in zip(
            np.atleast_1d(figure.subplots(1, len(eps))), eps, error, computed, norms, strict=True
        ):
            for place, (label, row) in enumerate(zip(("error", "computed bound", "by norms"), rows, strict=True)):
                axes.semilogy(
                    range(len(row)), _seen(np.where(np.isfinite(row), row, 0)), MARKERS[place], color=COLOURS[place],
                    linestyle=DASHES[place], markersize=5, label=label,
                )  # fmt: skip
            axes.set_xticks(range(error.shape[-1]))
            axes.set(xlabel="order $p$", title=f"$\\epsilon = {size:g}$")
            axes.legend(fontsize=8.5, loc="best")
    return figure


def _circle(axes: Axes, eigenvalues: Array) -> None:
    """The unit circle, and room for every eigenvalue."""
    unit_circle(axes, 1.12 * max(1.0, float(np.abs(eigenvalues).max(initial=0))))
    axes.set_ylabel("Im")
    axes.set_title("eigenvalues at the points, unit circle")


def _near(points: Array, cloud: Array) -> Array:
    """Which points lie within twice the extent of the others."""
    middle, reach = cloud.mean(axis=0), np.abs(cloud - cloud.mean(axis=0)).max(axis=0, initial=1e-12)
    return (np.abs(points - middle) <= 2 * reach + 1e-12).all(axis=-1)


def _components(cloud: Array) -> tuple[Array, Array, Array]:
    """Centre, the first two principal components, (N, 2), and their shares of the variance."""
    centre = cloud.mean(axis=0) if len(cloud) else np.zeros(cloud.shape[-1])
    spread = cloud - centre
    axes, shares = np.zeros((cloud.shape[-1], 2)), np.zeros(2)
    if len(cloud) > 1:
        _, values, rows = np.linalg.svd(spread, full_matrices=False)
        found = min(2, len(rows))
        axes[:, :found] = rows[:found].T
        shares[:found] = values[:found] ** 2 / max(float((values**2).sum()), 1e-300)
    return centre, axes, shares


def _seen(values: Array) -> Array:
    """Zeros are not points of a logarithmic axis."""
    return np.where(values > 0, values, np.nan)
