"""Figures of one step: the Jacobian term by term, its spectra, and how long it takes to derive."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from symgate.plots.canvas import COLOURS, Array, canvas, line, unit_circle

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def jacobian_terms(terms: Mapping[str, Array], norms: Mapping[str, Array], step: int) -> Figure:
    """A Jacobian term by term as heat maps at one step, and the size of each term along the trajectory.

    Args:
        terms: each term at that step, (n, n), the sum included; drawn on one symmetric scale that ends at
            the largest entry off the diagonal, so that a diagonal near 1 does not wash out the rest.
        norms: the spectral norm of each term at t = 1..T, (T,).
        step: which t the heat maps show, counted from 1.
    """
    with canvas(7.4, 4.0) as figure:
        above, below = figure.subfigures(2, 1, squeeze=False, height_ratios=(1.3, 1))[:, 0]
        limit = _off_diagonal(terms.values())
        panels = above.subplots(1, len(terms), sharey=True, squeeze=False)[0]
        for axes, (name, value) in zip(panels, terms.items(), strict=True):
            image = axes.imshow(value, cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="nearest")
            ends = (0, value.shape[0] - 1)
            axes.set_xticks(ends, [str(end + 1) for end in ends])
            axes.set_yticks(ends, [str(end + 1) for end in ends])
            axes.spines[["top", "right"]].set_visible(True)
            axes.set_title(name)
            axes.set_xlabel("unit $j$", labelpad=-7)
        panels[0].set_ylabel("unit $i$", labelpad=-8)
        above.colorbar(image, ax=list(panels), shrink=0.8, aspect=18, pad=0.015, extend="both", label="entry $(i, j)$")

        axes = below.subplots()
        for index, (name, values) in enumerate(norms.items()):
            line(axes, np.arange(1, len(values) + 1), values, index, name, mark=(2 * index, 8))
        axes.axvline(step, color="0.55", linewidth=0.8)
        axes.set(xlabel="step $t$", ylabel="spectral norm", ylim=(0, None), xlim=(1, None))
        axes.set_title(f"the line marks the step shown above, $t = {step}$", fontsize=9, loc="left", color="0.35")
        axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), handlelength=2.6)
    return figure


#: So many panels of spectra stand in a row.
_PANELS = 5


def spectra(eigenvalues: Mapping[str, Array]) -> Figure:
    """The eigenvalues of J_t in the complex plane, one panel per cell, at most five in a row, with the unit circle.

    Args:
        eigenvalues: for each cell, (T, n) complex.
    """
    rows, columns = -(-len(eigenvalues) // _PANELS), min(len(eigenvalues), _PANELS)
    largest = [float(np.abs(values).max()) for values in eigenvalues.values()]
    together = rows == 1
    with canvas(7.4, 1.95 * rows) as figure:
        grid = figure.subplots(rows, columns, sharex=together, sharey=together, squeeze=False)
        panels = grid.ravel()
        for axes in panels[len(eigenvalues) :]:
            axes.set_visible(False)
        for axes, (name, values), own in zip(panels, eigenvalues.items(), largest, strict=False):
            unit_circle(axes, 1.08 * max(1.0, max(largest) if together else own))
            step = np.broadcast_to(np.arange(1, values.shape[0] + 1)[:, None], values.shape)
            points = axes.scatter(
                values.real, values.imag, c=step, s=2.2, cmap="viridis", vmax=1.15 * values.shape[0], linewidths=0,
                rasterized=True,
            )  # fmt: skip
            axes.set_title(name)
            axes.set_xticks((-1, 0, 1))
            axes.set_yticks((-1, 0, 1))
        for axes in grid[:, 0]:
            axes.set_ylabel("Im")
        bar = figure.colorbar(points, ax=list(panels), shrink=0.72 / rows, aspect=16, pad=0.015, label="step $t$")
        bar.set_ticks([1, values.shape[0]])
        bar.ax.set_ylim(1, values.shape[0])
    return figure


def derivation_times(series: Mapping[str, Sequence[tuple[int, float]]], note: str = "") -> Figure:
    """Seconds against n on logarithmic axes, one line per way of deriving.

    Args:
        series: for each way, (n, seconds) pairs.
        note: what was left out and why, printed beside the last line.
    """
    with canvas(5.2, 3.2) as figure:
        axes = figure.subplots()
        for index, (name, pairs) in enumerate(series.items()):
            line(axes, [n for n, _ in pairs], [seconds for _, seconds in pairs], index, name)
            n, seconds = pairs[-1]
            axes.annotate(
                _duration(seconds), (n, seconds), xytext=(6, 0), textcoords="offset points", va="center",
                fontsize=9, color=COLOURS[index],
            )  # fmt: skip
        if note:
            axes.annotate(
                note, (n, seconds), xytext=(6, -12), textcoords="offset points", va="center", fontsize=8.5,
                color="0.35",
            )  # fmt: skip
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        sizes = sorted({n for pairs in series.values() for n, _ in pairs})
        axes.set_xticks(sizes, [str(size) for size in sizes])
        axes.minorticks_off()
        axes.grid(axis="y", color="0.9", linewidth=0.6)
        axes.set(xlabel="units $n$", ylabel="seconds")
        axes.legend(loc="upper left", bbox_to_anchor=(0, 1.2), ncols=1, handlelength=2.6)
    return figure


def _off_diagonal(values: Iterable[Array]) -> float:
    """The largest modulus off the diagonal; the largest of all where nothing is there."""
    sizes = [np.abs(value) for value in values]
    return float(
        max((size - np.diag(np.diag(size))).max() for size in sizes) or max(size.max() for size in sizes) or 1.0
    )


def _duration(seconds: float) -> str:
    """Seconds for people: 3.1 ms, 12 s."""
    return f"{1e3 * seconds:.2g} ms" if seconds < 0.0995 else f"{seconds:.2g} s"
