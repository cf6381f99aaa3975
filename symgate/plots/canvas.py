"""The canvas of every figure: no pyplot, no global state, house settings, colours told apart by every reader."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from symgate.files import write_atomic

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[Any]

#: Okabe and Ito's colours, then a marker and a dash for each: no reading depends on colour alone.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#000000", "#CC79A7", "#E69F00")
MARKERS = ("o", "s", "^", "D", "v", "P")
DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1.5, 1)), (0, (6, 1.5, 1, 1.5)), "-", "--")
FORMATS = ("pdf", "svg", "png")

_SETTINGS: Any = {
    "font.family": "STIXGeneral",
    "mathtext.fontset": "stix",
    "font.size": 10,
    "axes.titlesize": 10.5,
    "axes.labelsize": 10,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "legend.frameon": False,
    "pdf.fonttype": 42,
    "svg.hashsalt": "symgate",
}


def save(figure: Figure, folder: Path, name: str) -> tuple[Path, ...]:
    """Write the figure as PDF, SVG and PNG, each whole or not at all; the same figure gives the same bytes.

    Raises:
        OutputError: a file cannot be written.
    """
    undated: dict[str, dict[str, Any]] = {"pdf": {"CreationDate": None}, "svg": {"Date": None}, "png": {}}
    written = []
    with _settings():
        for kind in FORMATS:
            drawn = BytesIO()
            figure.savefig(drawn, format=kind, dpi=200, metadata=undated[kind])
            written.append(write_atomic(folder / f"{name}.{kind}", drawn.getvalue()))
    return tuple(written)


@cache
def _figure_class() -> type[Figure]:
    """A figure that shows itself in a notebook, without pyplot."""
    from matplotlib.figure import Figure

    class ShownFigure(Figure):
        """A figure with a picture of itself."""

        def _repr_svg_(self) -> str:
            return svg(self)

    return ShownFigure


def svg(figure: Figure) -> str:
    """The figure as SVG text, for a page; the same figure gives the same text."""
    held = BytesIO()
    with _settings():
        figure.savefig(held, format="svg", metadata={"Date": None})
    return held.getvalue().decode()


@contextmanager
def _settings() -> Iterator[None]:
    from matplotlib import rc_context

    with rc_context(_SETTINGS):
        yield


@contextmanager
def canvas(width: float, height: float) -> Iterator[Figure]:
    """A figure of that size in inches, on the Agg canvas, under the house settings."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    with _settings():
        figure = _figure_class()(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        yield figure
        figure.draw_without_rendering()  # lays it out once: another layout would move it by a hair
        figure.set_layout_engine("none")


def unit_circle(axes: Axes, reach: float) -> None:
    """The complex plane with the unit circle and both axes, up to ``reach`` in every direction."""
    from matplotlib.patches import Circle

    axes.add_patch(Circle((0, 0), 1, fill=False, linewidth=0.9, edgecolor="0.2"))
    axes.axhline(0, color="0.85", linewidth=0.6, zorder=0)
    axes.axvline(0, color="0.85", linewidth=0.6, zorder=0)
    axes.set(xlabel="Re", aspect="equal", xlim=(-reach, reach), ylim=(-reach, reach))


def line(axes: Axes, x: Any, y: Any, index: int, label: str, mark: tuple[int, int] = (0, 1)) -> None:
    """A line in the colour, the dash and the marker of that index."""
    axes.plot(
        x, y, color=COLOURS[index % len(COLOURS)], linestyle=DASHES[index % len(DASHES)],
        marker=MARKERS[index % len(MARKERS)], markersize=4, linewidth=1.3,
        markevery=mark, label=label,
    )  # fmt: skip


def key_below(axes: Axes) -> None:
    """The legend below the axes, where it hides nothing."""
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.22), handlelength=2.6, fontsize=8.5, labelspacing=0.25)
