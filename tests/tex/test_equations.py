"""Displayed equations: numbers, labels, definitions."""

from __future__ import annotations

import pytest

import symgate as sg
from symgate.errors import NameRefusedError
from symgate.tex import Style, definitions, equation, latex, macro_definitions


def test_labels() -> None:
    J = sg.jacobian(sg.cell("plain"))
    assert equation(J).startswith("\\begin{equation}\\label{eq:plain_jacobian_x}\n")
    assert equation(J, label="eq:mine").startswith("\\begin{equation}\\label{eq:mine}\n")
    assert equation(J, label="").startswith("\\begin{equation}\n")
    assert equation(J.expr).startswith("\\begin{equation}\n")


@pytest.mark.parametrize("label", ["a}b", "a b", "\\input", "%", "a\nb", 3])
def test_labels_that_carry_markup_are_refused(label: object) -> None:
    with pytest.raises(NameRefusedError):
        equation(sg.jacobian(sg.cell("plain")), label=label)


def test_a_cell_is_one_equation_with_aligned_rows() -> None:
    shown = equation(sg.cell("scalar_gate"))
    assert shown.count("&=") == 4
    assert shown.count(r"\label") == shown.count(r"\begin{equation}") == 1


def test_a_derivation_defines_what_it_uses_and_no_more() -> None:
    """d+x/db_g of the multi gate uses a, a_g and g only through sigma', so g itself is not defined."""
    cell = sg.cell("multi_gate")
    of_gate, of_drive = definitions(sg.jacobian(cell, "b_g")), definitions(sg.jacobian(cell, "b"))
    assert of_gate.startswith("where\n\\begin{equation*}")
    assert r"\mathbf{a}^{g}_{t} &=" in of_gate
    assert r"\mathbf{g}_{t} &=" not in of_gate
    for name in (r"\mathbf{a}_{t} &=", r"\mathbf{a}^{g}_{t} &=", r"\mathbf{g}_{t} &="):
        assert name in of_drive
        assert name in definitions(cell)
    assert r"Here $\phi$ is any differentiable function (in numbers, $\tanh$)" in of_drive


def test_by_value_the_named_gate_is_defined() -> None:
    """Where sigma' is written by g, g is defined; every name in the equation then has its definition."""
    item = sg.jacobian(sg.cell("multi_gate"), "b_g")
    style = Style(derivatives="value")
    assert r"\mathbf{g}_{t}" in latex(item, style)
    assert r"\mathbf{g}_{t} &=" in definitions(item, style)


def test_the_bound_function_is_named() -> None:
    cell = sg.cell("plain", phi="softplus")
    assert r"(in numbers, $\operatorname{softplus}$)" in definitions(cell)


def test_macros_are_defined_where_they_are_used() -> None:
    style = Style(macros=True)
    shown = latex(sg.jacobian(sg.cell("multi_gate")), style)
    assert r"\diag(\ones-\vect{g}_{t})" in shown
    assert r"\newcommand{\diag}{\operatorname{diag}}" in macro_definitions(style)
    assert r"\newcommand{\vect}[1]{\mathbf{#1}}" in macro_definitions(style)
    assert r"\newcommand{\vect}[1]{{#1}}" in macro_definitions(Style(macros=True, bold=False))
    assert macro_definitions(Style()) == ""
