"""Names: their parts, their faces, and that nothing but a plain name is ever printed."""

from __future__ import annotations

import pytest
import sympy
from sympy import MatrixSymbol

from symgate.errors import NameRefusedError
from symgate.language import CellBuilder, Map, ScalarSignal, Signal, T, sigma
from symgate.tex import Style, latex, mathml, text

n = sympy.Symbol("n", integer=True, positive=True)


def vector(name: str) -> MatrixSymbol:
    return MatrixSymbol(name, n, 1)


@pytest.mark.parametrize(
    ("symbol", "shown"),
    [
        (MatrixSymbol("W_r", n, n), r"\mathbf{W}_{r}"),
        (MatrixSymbol("W_in", n, n), r"\mathbf{W}_{\mathrm{in}}"),
        (MatrixSymbol("W_r_2", n, n), r"\mathbf{W}_{r,2}"),
        (MatrixSymbol("Gamma", n, n), r"\boldsymbol{\Gamma}"),
        (vector("alpha"), r"\boldsymbol{\alpha}"),
        (vector("b2"), r"\mathbf{b}_{2}"),
        (vector("foo"), r"\mathbf{foo}"),
        (vector("w_phi"), r"\mathbf{w}_{\phi}"),
        (sympy.Symbol("alpha"), r"\alpha"),
        (sympy.Symbol("b_g"), r"b_{g}"),
        (sympy.Symbol("rate"), r"\mathrm{rate}"),
        (sympy.Symbol("h2o"), r"\mathrm{h2o}"),
        (Signal("a", n), r"\mathbf{a}_{t}"),
        (Signal("x", n, 1, T - 1), r"\mathbf{x}_{t-1}"),
        (Signal("x", n, 1, T + 2), r"\mathbf{x}_{t+2}"),
        (Signal("a_g", n), r"\mathbf{a}^{g}_{t}"),
        (Signal("h_1", n), r"\mathbf{h}^{(1)}_{t}"),
        (Signal("h1", n), r"\mathbf{h}_{1,t}"),
        (Signal("lam", n), r"\boldsymbol{\lambda}_{t}"),
        (vector("xdot"), r"\dot{\mathbf{x}}"),
        (sympy.Symbol("vdot_2"), r"\dot{v}_{2}"),
        (ScalarSignal("g"), r"g_{t}"),
        (ScalarSignal("a_g"), r"a^{g}_{t}"),
    ],
)
def test_names_in_latex(symbol: sympy.Expr, shown: str) -> None:
    assert latex(symbol) == shown


@pytest.mark.parametrize(
    ("symbol", "shown"),
    [
        (MatrixSymbol("W_r", n, n), "W_{r}"),
        (vector("alpha"), r"\alpha"),
        (vector("foo"), r"\mathrm{foo}"),
        (Signal("a_g", n), "a^{g}_{t}"),
    ],
)
def test_plain_letters(symbol: sympy.Expr, shown: str) -> None:
    assert latex(symbol, Style(bold=False)) == shown


@pytest.mark.parametrize(
    ("symbol", "shown"),
    [
        (MatrixSymbol("W_r", n, n), "W_r"),
        (Signal("x", n, 1, T - 1), "x_prev"),
        (Signal("x", n, 1, T + 1), "x[t+1]"),
        (Signal("a_g", n), "a_g"),
    ],
)
def test_names_in_text(symbol: sympy.Expr, shown: str) -> None:
    assert text(symbol) == shown


HOSTILE = [r"x\input{a}", "x}", "$x$", "x y", "", "x__y", "1x", "x" * 60, "<b>", "\u03b1"]


@pytest.mark.parametrize("show", [latex, mathml, text])
@pytest.mark.parametrize("name", HOSTILE)
def test_other_than_plain_names_are_refused(name: str, show: object) -> None:
    """Even where a symbol was made without the builder, markup in its name is never printed."""
    for symbol in (sympy.Symbol(name), vector(name), Signal(name, n), Map(name, 0, vector("v"))):
        with pytest.raises(NameRefusedError):
            show(symbol)
    with pytest.raises(NameRefusedError):
        show(Signal("x", n, 1, sympy.Symbol(name)))


def test_names_that_would_look_alike_are_told_apart() -> None:
    """W1 and W_1, a parameter I and the identity, a parameter sigma and the function: no two print the same."""
    c = CellBuilder("alike")
    x, s = c.state("x", "n"), c.scalar("sigma")
    names = [c.matrix(name, "n", "n") for name in ("W1", "W_1", "I")]
    gate = c.vector("x_prev", "n")
    c.next(x, sigma(names[0] @ x) + names[1] @ x + names[2] @ gate + s * x)
    cell = c.build()
    assert latex(cell) == (
        r"\mathbf{x}_{t} = \sigma(\mathbf{W}_{1}\mathbf{x}_{t-1}) + \mathsf{W\_1}\,\mathbf{x}_{t-1} "
        r"+ \mathsf{I}\,\mathbf{x}_{\mathrm{prev}} + \mathsf{sigma}\,\mathbf{x}_{t-1}"
    )
    assert text(cell) == "x = sigma(W1 @ x[t-1]) + W_1 @ x[t-1] + I @ x_prev + sigma*x[t-1]"
