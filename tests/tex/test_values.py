"""Derivatives written by the value of the function."""

from __future__ import annotations

import pytest
import sympy
from sympy import MatrixSymbol

import symgate as sg
from symgate.language import CellBuilder, Map, ScalarMap, sigma, tanh
from symgate.tex import Style, latex, text

BY_VALUE = Style(derivatives="value")
n = sympy.Symbol("n", integer=True, positive=True)
v, s = MatrixSymbol("v", n, 1), sympy.Symbol("s", real=True)


@pytest.mark.parametrize(
    ("expr", "shown"),
    [
        (Map("sigma", 1, v), "sigma(v)*(1 - sigma(v))"),
        (Map("tanh", 1, v), "1 - tanh(v)**2"),
        (ScalarMap("sigma", 1, s), "sigma(s)*(1 - sigma(s))"),
        (ScalarMap("tanh", 1, s), "1 - tanh(s)**2"),
        (Map("phi", 1, v), "dphi(v)"),
        (Map("sin", 1, v), "dsin(v)"),
        (Map("sigma", 0, v), "sigma(v)"),
    ],
)
def test_functions_with_a_rule(expr: sympy.Expr, shown: str) -> None:
    assert text(expr, BY_VALUE) == shown


def test_a_named_value_is_shown_by_its_name() -> None:
    """sigma'(a_g) is g (.) (1 - g) where g = sigma(a_g) is named, and only there."""
    gate = latex(sg.jacobian(sg.cell("multi_gate")).terms["gate"], BY_VALUE)
    assert r"\sigma(\mathbf{a}^{g}_{t}) \odot (\mathbf{1}-\sigma(\mathbf{a}^{g}_{t}))" in gate
    whole = latex(sg.jacobian(sg.cell("multi_gate")), BY_VALUE)
    assert r"\mathbf{g}_{t} \odot (\mathbf{1}-\mathbf{g}_{t})" in whole
    assert r"\sigma" not in whole


def test_a_multiple_of_the_value_is_not_the_value() -> None:
    """h = 2 sigma(a) does not stand for sigma(a)."""
    c = CellBuilder("doubled")
    x = c.state("x", "n")
    a = c.let("a", tanh(x))
    h = c.let("h", 2 * sigma(a))
    c.next(x, h * x)
    shown = text(sg.jacobian(c.build()), BY_VALUE)
    assert "sigma(a)*(1 - sigma(a))" in shown
