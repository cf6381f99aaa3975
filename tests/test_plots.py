"""Figures are drawn in three formats, the same bytes each time, and show the numbers they are given."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from symgate import plots

UNITS, STEPS = 5, 9


def _terms() -> Figure:
    rng = np.random.default_rng(0)
    terms = {name: rng.normal(size=(UNITS, UNITS)) for name in ("retention", "drive", "gate", "sum")}
    return plots.jacobian_terms(terms, {name: rng.random(STEPS) for name in terms}, step=3)


def _spectra() -> Figure:
    rng = np.random.default_rng(0)
    return plots.spectra({name: 2 * np.exp(1j * rng.normal(size=(STEPS, UNITS))) for name in ("plain", "leaky")})


def _times() -> Figure:
    return plots.derivation_times({"closed": [(2, 0.001), (64, 0.001)], "entries": [(2, 0.05), (4, 0.4)]}, "stopped")


def _spectrum() -> Figure:
    J = np.random.default_rng(0).normal(size=(STEPS, UNITS, UNITS))
    return plots.jacobian_spectrum(np.linalg.eigvals(J), np.linalg.svd(J, compute_uv=False))


FIGURES = {"terms": _terms, "spectra": _spectra, "times": _times, "spectrum": _spectrum}


@pytest.mark.sweep(2)
@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_written_in_every_format_with_the_same_bytes(name: str, tmp_path: Path) -> None:
    written = {}
    for folder in (tmp_path / "first", tmp_path / "second"):
        folder.mkdir()
        written[folder] = [path.read_bytes() for path in plots.save(FIGURES[name](), folder, name)]
    first, second = written.values()

    assert first == second
    assert [data[:4] for data in first] == [b"%PDF", b"<?xm", b"\x89PNG"]


def test_heat_maps_show_each_term_on_one_symmetric_scale_set_off_the_diagonal() -> None:
    rng = np.random.default_rng(1)
    terms = {"drive": rng.normal(size=(UNITS, UNITS)), "sum": rng.normal(size=(UNITS, UNITS)) + 9 * np.eye(UNITS)}
    figure = plots.jacobian_terms(terms, {name: rng.random(STEPS) for name in terms}, step=2)

    images = [axes.images[0] for axes in _axes(figure) if axes.images]
    off = ~np.eye(UNITS, dtype=bool)
    limit = max(np.abs(value[off]).max() for value in terms.values())
    for image, value in zip(images, terms.values(), strict=True):
        np.testing.assert_array_equal(image.get_array(), value)
        assert image.get_clim() == (-limit, limit)


def test_spectra_keep_every_eigenvalue_inside_the_axes() -> None:
    panels = [axes for axes in _axes(_spectra()) if axes.get_title()]

    assert [axes.get_title() for axes in panels] == ["plain", "leaky"]
    for axes in panels:
        low, high = axes.get_xlim()
        points = axes.collections[0].get_offsets()
        assert len(points) == STEPS * UNITS
        assert low < points.min()
        assert high > points.max()


def test_times_are_drawn_on_logarithmic_axes_and_labelled() -> None:
    (axes,) = _axes(_times())

    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert {text.get_text() for text in axes.texts} == {"1 ms", "0.4 s", "stopped"}


def test_lines_differ_without_colour() -> None:
    assert len(set(zip(plots.MARKERS, map(str, plots.DASHES), strict=True))) == len(plots.COLOURS)


def test_matplotlib_loads_late_and_its_global_state_stays() -> None:
    code = (
        "import sys, symgate.plots as p; assert 'matplotlib' not in sys.modules\n"
        "import matplotlib; before = dict(matplotlib.rcParams)\n"
        "p.derivation_times({'a': [(2, 1.0)]})\n"
        "import matplotlib.pyplot as plt; print(before == dict(matplotlib.rcParams), plt.get_fignums())"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert shown.stdout.split() == ["True", "[]"]


def _axes(figure: Figure) -> list[object]:
    """The axes of a figure and of its subfigures."""
    return [*figure.axes, *(axes for part in figure.subfigs for axes in part.axes if axes not in figure.axes)]


def test_a_spectrum_shows_every_eigenvalue_and_singular_value() -> None:
    """All points inside the axes, the unit circle among them; largest, median and smallest stand out."""
    J = np.random.default_rng(3).normal(size=(STEPS, UNITS, UNITS))
    eigenvalues, singular = np.linalg.eigvals(J), np.linalg.svd(J, compute_uv=False)
    left, right = _axes(plots.jacobian_spectrum(eigenvalues, singular))[:2]

    points = left.collections[0].get_offsets()
    np.testing.assert_allclose(points, np.column_stack([eigenvalues.ravel().real, eigenvalues.ravel().imag]))
    assert np.abs(points).max() < min(left.get_xlim()[1], left.get_ylim()[1])
    lines = {line.get_label(): line.get_ydata() for line in right.lines}
    for name, place in {"largest": 0, "median": UNITS // 2, "smallest": UNITS - 1}.items():
        np.testing.assert_array_equal(lines[name], singular[:, place])
    grey = [line for line in right.lines if line.get_color() == "0.82"]
    np.testing.assert_array_equal(np.column_stack([line.get_ydata() for line in grey]), singular)
    assert singular.max() < right.get_ylim()[1]
