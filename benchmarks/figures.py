"""The figures of the page on speed, drawn from benchmarks/speed.json."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")
import matplotlib.pyplot as plt

#: Okabe and Ito's colours, told apart with any colour vision; each piece of work has its own, and its own marker.
STYLES = {
    "Jacobian": ("#0072B2", "o"),
    "BPTT": ("#D55E00", "s"),
    "first order, dense": ("#009E73", "^"),
    "first order, diagonal": ("#CC79A7", "D"),
    "norms": ("#000000", "v"),
}
OURS, LIMIT, OTHERS = "#0072B2", "#E69F00", "#BBBBBB"

#: Rows that nothing can beat, being part of the work.
LIMITS = ("fill of the output", "its matrix products alone", "its matrix product alone", "the products alone")

PLAIN = {
    "svg.hashsalt": "symgate",
    "svg.fonttype": "path",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
}


def draw(results: Mapping[str, Any], folder: Path) -> None:
    """Both figures."""
    with mpl.rc_context(PLAIN):
        for name, chart in (("speed", ratios(results["table"])), ("cost", costs(results["cost"]))):
            chart.savefig(folder / f"{name}.svg", metadata={"Date": None})
            plt.close(chart)


def ratios(table: list[dict[str, Any]]) -> Any:
    """Bars of ratios, one panel for each piece of work; the lines at their ends are the quartiles."""
    heights = [len(entry["rows"]) + 2.2 for entry in table]
    chart, axes = plt.subplots(
        len(table), 1, figsize=(8, 0.2 * sum(heights)), height_ratios=heights, layout="constrained", sharex=True
    )
    for ax, entry in zip(axes, table, strict=True):
        unit = entry["rows"][entry["unit"]]["ms"]
        names = list(entry["rows"])[::-1]
        rows = [entry["rows"][name] for name in names]
        values = [row["ms"] / unit for row in rows]
        spread = [[row[end] / unit for row in rows] for end in ("low", "high")]
        errors = [
            [v - low for v, low in zip(values, spread[0], strict=True)],
            [high - v for v, high in zip(values, spread[1], strict=True)],
        ]
        colors = [_color(name) for name in names]
        ax.barh(names, values, color=colors, xerr=errors, error_kw={"elinewidth": 0.8, "ecolor": "#333333"})
        for place, (value, high) in enumerate(zip(values, spread[1], strict=True)):
            ax.annotate(f"{value:.2g}" if value < 100 else f"{value:.0f}", (max(value, high), place), (4, 0),
                        textcoords="offset points", va="center", fontsize=8)  # fmt: skip
        ax.set_xscale("log")
        ax.set_xlim(0.02, 400)
        ax.axvline(1, color="black", lw=0.8)
        ax.tick_params(axis="x", labelbottom=True)
        ax.set_title(entry["work"])
    axes[-1].set_xlabel("CPU time relative to symgate (logarithmic); orange: a part of the work that cannot be saved")
    return chart


def _color(name: str) -> str:
    limit = name in LIMITS or name.startswith("3 T")
    return OURS if name.startswith("symgate") else LIMIT if limit else OTHERS


def costs(curves: list[dict[str, Any]]) -> Any:
    """Cost against n, T and batch in log-log, each curve with its fitted slope and, in brackets, the counted one."""
    axes_names = ("n", "T", "batch")
    chart, axes = plt.subplots(1, 3, figsize=(10, 4.6), layout="constrained", sharey=True)
    for ax, axis in zip(axes, axes_names, strict=True):
        for curve in (curve for curve in curves if curve["axis"] == axis):
            color, marker = next(style for name, style in STYLES.items() if curve["work"].startswith(name))
            label = f"{curve['work']}\n{axis}$^{{{curve['slope']:.2f}}}$ (counted {axis}$^{curve['expected']}$)"
            ax.plot(curve["sizes"], curve["ms"], color=color, marker=marker, ms=4.5, lw=1.4, label=label)
            last, size = curve["ms"][-1], curve["sizes"][-1]
            ideal = [last * (x / size) ** curve["expected"] for x in curve["sizes"][-3:]]
            ax.plot(curve["sizes"][-3:], ideal, color=color, lw=0.8, ls=":")
        ax.set_xscale("log", base=2)
        ax.set_yscale("log")
        ax.set_xlabel({"n": "units n", "T": "steps T", "batch": "batch"}[axis])
        ax.xaxis.set_major_formatter(mpl.ticker.FuncFormatter(lambda value, _: f"{value:g}"))
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), frameon=False, fontsize=8)
        ax.grid(visible=True, which="major", color="#DDDDDD", lw=0.6)
    axes[0].set_ylabel("CPU time, ms")
    return chart


#: Of each panel the group of rows, its title, and the contender as a part of its name.
PANELS = (
    ("jacobian", "Jacobian beside jax jit(vmap(jacfwd))", "jax"),
    ("jacobian", "Jacobian beside torch vmap(jacrev)", "torch"),
    ("training", "training step: torch module\nbeside autograd, inputs at once", "inputs at once"),
    ("training", "training step: jax module\nbeside jit(grad) of a scan", "jax jit"),
)
MARKERS = (("#0072B2", "o"), ("#D55E00", "s"))


def ratio(times: Mapping[str, float], other: str) -> float:
    """How many times as long a contender takes as symgate takes for the same."""
    own = "symgate, jax" if other == "jax jit" else "symgate"
    return next(value for name, value in times.items() if other in name and "symgate" not in name) / times[own]


def draw_cells(results: Mapping[str, Any], folder: Path) -> None:
    """One figure for all cells: how many times as long others take, n 64 and 128."""
    with mpl.rc_context(PLAIN):
        table = results["table"][::-1]
        chart, axes = plt.subplots(
            1, len(PANELS), figsize=(11, 1 + 0.17 * len(table)), layout="constrained", sharey=True
        )
        for ax, (group, title, other) in zip(axes, PANELS, strict=True):
            for n, (color, marker) in zip(table[0]["jacobian"], MARKERS, strict=True):
                kept = [(place, entry[group][n]) for place, entry in enumerate(table) if n in entry[group]]
                values = [ratio(times, other) for _, times in kept]
                ax.plot(values, [place for place, _ in kept], marker, color=color, ms=4, label=f"n = {n}")
            _scaled(ax, title, [entry["cell"] for entry in table])
        axes[0].legend(loc="lower right", frameon=False, fontsize=8)
        chart.supxlabel("times as long as symgate takes (logarithmic); left of 1 the other is faster", fontsize=9)
        chart.savefig(folder / "cells.svg", metadata={"Date": None})
        plt.close(chart)


def draw_training(results: Mapping[str, Any], folder: Path) -> None:
    """One figure for training: torch's autograd beside the exported torch module, both dtypes."""
    with mpl.rc_context(PLAIN):
        table = results["table"][::-1]
        chart, axes = plt.subplots(1, 2, figsize=(8, 1 + 0.17 * len(table)), layout="constrained", sharey=True)
        for ax, contender in zip(axes, ("autograd, step by step", "autograd, inputs at once"), strict=True):
            for dtype, (color, marker) in zip(("float32", "float64"), MARKERS, strict=True):
                values = [entry[dtype][contender] for entry in table]
                ax.plot(values, range(len(table)), marker, color=color, ms=4, label=dtype)
            _scaled(ax, contender, [entry["cell"] for entry in table])
        axes[0].legend(loc="lower right", frameon=False, fontsize=8)
        chart.supxlabel("times as long as the exported torch module takes (logarithmic)", fontsize=9)
        chart.savefig(folder / "training.svg", metadata={"Date": None})
        plt.close(chart)


def _scaled(ax: Any, title: str, names: list[str]) -> None:
    """A logarithmic axis of ratios, with a line at 1 and one row for each cell."""
    ax.set_xscale("log")
    ax.axvline(1, color="black", lw=0.8)
    ax.xaxis.set_major_locator(mpl.ticker.LogLocator(base=10, subs=(1, 2, 5)))
    ax.xaxis.set_major_formatter(mpl.ticker.FuncFormatter(lambda value, _: f"{value:g}"))
    ax.xaxis.set_minor_formatter(mpl.ticker.NullFormatter())
    ax.set_yticks(range(len(names)), names, fontsize=7)
    ax.set_ylim(-0.7, len(names) - 0.3)
    ax.grid(visible=True, which="major", axis="both", color="#EEEEEE", lw=0.6)
    ax.set_title(title)
