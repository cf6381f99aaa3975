"""Objects show themselves: in one to five lines on a terminal, as formulas and tables in a notebook."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest

import symgate as sg
from symgate.cells import LIBRARY
from symgate.numeric import rollout
from symgate.plots.canvas import canvas


def trajectory() -> object:
    cell = sg.cell("plain")
    rng = np.random.default_rng(0)
    params = {"W_r": rng.random((3, 3)), "W_i": rng.random((3, 2)), "b": rng.random(3)}
    return rollout(cell, params, rng.random((5, 2)))


@pytest.mark.parametrize("cell", LIBRARY, ids=lambda cell: cell.name)
def test_terminals_get_a_few_lines(cell: sg.Cell) -> None:
    for thing in (cell, sg.gradient(cell), *sg.objects(cell)):
        lines = repr(thing).splitlines()
        assert 1 <= len(lines) <= 5
        assert cell.name in repr(thing)
        assert max(map(len, lines)) < 160


def test_verdicts_get_a_few_lines() -> None:
    certificate = sg.verify(sg.jacobian(sg.cell("plain")))
    finding = sg.check(sg.cell("plain"), "diag(dphi(a)) @ W_r.T", "x")
    for thing in (certificate, finding):
        assert 2 <= len(repr(thing).splitlines()) <= 5
        assert "<details>" in thing._repr_html_()  # evidence is folded
    assert "proved" in repr(certificate)
    assert "transposed" in repr(finding)


def test_notebooks_get_formulas() -> None:
    """Broken at the width of a cell; several of them folded, as well-formed elements."""
    item = sg.result(sg.cell("lstm"), "adjoint")
    assert item._repr_latex_().startswith("$\\displaystyle \\begin{aligned}\n")
    assert item._repr_latex_().count("\\\\\n") > 1
    assert sg.cell("gru")._repr_latex_().count("&=") == 7
    shown = sg.gradient(sg.cell("gru"))._repr_html_()
    assert shown.count("<details") == 1 + len(sg.cell("gru").parameters)
    ET.fromstring(f"<div>{shown.replace(' open>', '>')}</div>")  # noqa: S314  (our own text)


def test_trajectories_show_their_arrays() -> None:
    made = trajectory()
    assert "5 steps, 3 units" in repr(made)
    shown = made._repr_html_()
    for name, shape in (("x", "(6, 3)"), ("W_r", "(3, 3)"), ("u", "(5, 2)")):
        assert f"<code>{name}</code>" in shown
        assert shape in shown


def test_figures_show_themselves() -> None:
    with canvas(2, 1) as figure:
        figure.subplots().plot([0, 1])
    assert figure._repr_svg_().lstrip().startswith("<?xml")
