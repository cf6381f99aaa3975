"""The two pictures of the README: ``python docs/_front.py`` draws them anew.

The terms of a Jacobian along a trajectory, as in the report, and its formula, set by matplotlib.  Both are kept in the
repository, because a package index shows them and builds nothing.
"""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import symgate as sg
from symgate import plots
from symgate.files import write_atomic
from symgate.numeric import jacobian_terms, jacobians
from symgate.report.figures import FORGOTTEN, sample_trajectory

FOLDER = Path(__file__).resolve().parent / "_static"
COLOURS = {"retention": "#0072B2", "drive": "#D55E00", "gate": "#009E73"}


def terms() -> bytes:
    """The named terms of the multi gate's Jacobian: one step as heat maps, all steps as norms."""
    trajectory = sample_trajectory(sg.cell("multi_gate"))
    found = {**jacobian_terms(trajectory), "sum": jacobians(trajectory)}
    norms = {name: np.linalg.norm(value, 2, axis=(-2, -1)) for name, value in found.items()}
    indirect = np.minimum(norms["drive"], norms["gate"])
    step = FORGOTTEN + int(np.argmax(indirect[FORGOTTEN:]))
    figure = plots.jacobian_terms({name: value[step] for name, value in found.items()}, norms, step + 1)
    return _png(figure, 130)


def formula() -> bytes:
    """The Jacobian as a sum of its terms, with their names below."""
    J = sg.jacobian(sg.cell("multi_gate"))
    left = sg.latex(J).partition("=")[0]
    figure = Figure(figsize=(9.2, 1.15))
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    pieces = [(left + "=", "black", "")]
    for place, (name, term) in enumerate(J.named_terms):
        pieces.append((("+\\;" if place else "") + sg.latex(term), COLOURS[name], name))
    x = 0.01
    for text, colour, name in pieces:
        shown = axes.text(
            x, 0.6, f"${_mathtext(text)}$", color=colour, fontsize=15, va="center", math_fontfamily="stix"
        )
        box = shown.get_window_extent().transformed(axes.transData.inverted())
        axes.text((box.x0 + box.x1) / 2, 0.12, name, color=colour, fontsize=11, ha="center", family="STIXGeneral")
        x = box.x1 + 0.012
    figure.set_size_inches(9.2 * (x + 0.005), 1.15)
    axes.set_xlim(0, x + 0.005)
    return _png(figure, 200)


def _mathtext(text: str) -> str:
    """What matplotlib sets: brackets of one size."""
    return re.sub(r"\\(?:bigl|bigr|Bigl|Bigr)", "", text).replace(r"\operatorname{diag}", r"\mathrm{diag}")


def _png(figure: Figure, dpi: int) -> bytes:
    held = BytesIO()
    figure.savefig(held, format="png", dpi=dpi, facecolor="white", metadata={"Software": None})
    return held.getvalue()


if __name__ == "__main__":
    write_atomic(FOLDER / "front_terms.png", terms())
    write_atomic(FOLDER / "front_formula.png", formula())
