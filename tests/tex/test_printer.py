"""Parentheses, signs, order and spelling of every node."""

from __future__ import annotations

import pytest
import sympy
from sympy import MatrixSymbol, Rational, Symbol
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardProduct,
    Identity,
    Inverse,
    KroneckerProduct,
    MatAdd,
    MatMul,
    OneMatrix,
    Transpose,
    ZeroMatrix,
)

from symgate.errors import UnsupportedNodeError
from symgate.language import Dot, Map, ScalarMap, ScalarSignal, Signal
from symgate.tex import Style, latex, text

n = Symbol("n", integer=True, positive=True)
W, V = MatrixSymbol("W", n, n), MatrixSymbol("V", n, n)
u, v, w = (MatrixSymbol(name, n, 1) for name in "uvw")
p, q = Symbol("p", real=True), Symbol("q", real=True)
g = ScalarSignal("g")
a = Signal("a_g", n)
one, eye = OneMatrix(n, 1), Identity(n)

CASES = [
    (MatAdd(one, MatMul(-1, u)), r"\mathbf{1}-\mathbf{u}", "1 - u"),
    (MatAdd(u, MatMul(-2, one)), r"\mathbf{u}-2\,\mathbf{1}", "u - 2"),
    (MatMul(2, one), r"2\,\mathbf{1}", "2*ones"),
    (MatMul(1 - g, eye), r"(1-g_{t})\mathbf{I}", "(1 - g)*eye"),
    (MatMul(-1, MatAdd(u, v)), r"-(\mathbf{u}+\mathbf{v})", "-(u + v)"),
    (MatAdd(MatMul(-1, u), MatMul(-1, v)), r"-\mathbf{u} - \mathbf{v}", "-u - v"),
    (HadamardProduct(MatMul(W, u), v), r"(\mathbf{W}\mathbf{u}) \odot \mathbf{v}", "(W @ u)*v"),
    (HadamardProduct(MatMul(p, u), v), r"(p\mathbf{u}) \odot \mathbf{v}", "(p*u)*v"),
    (HadamardProduct(MatMul(-1, u), v), r"-\mathbf{u} \odot \mathbf{v}", "-u*v"),
    (HadamardProduct(u, u, v), r"\mathbf{u}^{\odot 2} \odot \mathbf{v}", "u**2*v"),
    (HadamardProduct(a, a), r"(\mathbf{a}^{g}_{t})^{\odot 2}", "a_g**2"),
    (MatMul(HadamardProduct(u, v), Transpose(w)), r"(\mathbf{u} \odot \mathbf{v})\mathbf{w}^{\top}", "(u*v) @ w.T"),
    (MatMul(W, MatAdd(u, v)), r"\mathbf{W}(\mathbf{u}+\mathbf{v})", "W @ (u + v)"),
    (MatMul(W, MatMul(V, u)), r"\mathbf{W}\mathbf{V}\mathbf{u}", "W @ V @ u"),
    (MatMul(W, MatMul(-1, u)), r"-\mathbf{W}\mathbf{u}", "-W @ u"),
    (MatMul(W, MatMul(p, u)), r"\mathbf{W}(p\mathbf{u})", "W @ (p*u)"),
    (MatMul(DiagMatrix(u), W), r"\operatorname{diag}(\mathbf{u})\,\mathbf{W}", "diag(u) @ W"),
    (Transpose(MatMul(W, V)), r"(\mathbf{W}\mathbf{V})^{\top}", "(W @ V).T"),
    (Transpose(MatAdd(W, V)), r"(\mathbf{W}+\mathbf{V})^{\top}", "(W + V).T"),
    (Transpose(a), r"(\mathbf{a}^{g}_{t})^{\top}", "a_g.T"),
    (Dot(u, v), r"\mathbf{u}^{\top}\mathbf{v}", "u.T @ v"),
    (Dot(MatAdd(u, w), v), r"(\mathbf{u}+\mathbf{w})^{\top}\mathbf{v}", "(u + w).T @ v"),
    (Dot(u, MatMul(W, v)), r"\mathbf{u}^{\top}\mathbf{W}\mathbf{v}", "u.T @ W @ v"),
    (MatMul(Dot(u, v), W), r"(\mathbf{u}^{\top}\mathbf{v})\mathbf{W}", "(u.T @ v)*W"),
    (p * Dot(u, v), r"p\mathbf{u}^{\top}\mathbf{v}", "p*u.T @ v"),
    (Dot(u, v) ** 2, r"(\mathbf{u}^{\top}\mathbf{v})^{2}", "(u.T @ v)**2"),
    (Dot(u, v) * Dot(u, w), None, "(u.T @ v)*u.T @ w"),
    (KroneckerProduct(Transpose(u), DiagMatrix(v)), None, "kron(u.T, diag(v))"),
    (
        KroneckerProduct(Transpose(u), MatMul(DiagMatrix(v), W)),
        r"\mathbf{u}^{\top} \otimes (\operatorname{diag}(\mathbf{v})\,\mathbf{W})",
        "kron(u.T, diag(v) @ W)",
    ),
    (MatMul(p, KroneckerProduct(Transpose(u), W)), r"p(\mathbf{u}^{\top} \otimes \mathbf{W})", "p*kron(u.T, W)"),
    (Map("phi", 1, u), r"\phi'(\mathbf{u})", "dphi(u)"),
    (Map("tanh", 2, u), r"\tanh''(\mathbf{u})", "d2tanh(u)"),
    (Map("sin", 4, u), r"\sin^{(4)}(\mathbf{u})", "d4sin(u)"),
    (Map("identity", 0, u), r"\operatorname{id}(\mathbf{u})", "identity(u)"),
    (ScalarMap("sigma", 0, 1 - p), r"\sigma(1-p)", "sigma(1 - p)"),
    (ScalarMap("sigma", 0, p) ** 2, r"\sigma(p)^{2}", "sigma(p)**2"),
    (1 - p, "1-p", "1 - p"),
    (q - p, "-p + q", "-p + q"),
    (p * (1 - p), "p(1-p)", "p*(1 - p)"),
    (-(1 - p) * q, "(-1+p)q", "(-1 + p)*q"),
    (p * q**2, "pq^{2}", "p*q**2"),
    (p / q, r"\frac{p}{q}", "p/q"),
    (p / (2 * q * (1 + p)), r"\frac{p}{2(1+p)q}", "p/(2*(1 + p)*q)"),
    (-1 / (1 + p) ** 2, r"-\frac{1}{(1+p)^{2}}", "-1/(1 + p)**2"),
    (Rational(-1, 2) * p, r"-\frac{1}{2}p", "-(1/2)*p"),
    (Rational(1, 2) - p, r"\frac{1}{2}-p", "1/2 - p"),
    (MatMul(1 / p, u), r"\frac{1}{p}\mathbf{u}", "(1/p)*u"),
    (sympy.pi * p, r"\pi p", "pi*p"),
    (sympy.Float("0.25") * p, r"\frac{1}{4}p", "(1/4)*p"),
    (Symbol("rate") * Symbol("alpha") * p, r"\alpha p\,\mathrm{rate}", "alpha*p*rate"),
    (ZeroMatrix(n, n), r"\mathbf{0}", "0"),
    (MatAdd(W, ZeroMatrix(n, n)), r"\mathbf{W}", "W"),
    (MatMul(OneMatrix(1, n), W), r"\mathbf{1}^{\top}\mathbf{W}", "ones.T @ W"),
    (OneMatrix(n, n), r"\mathbf{1}\mathbf{1}^{\top}", "ones @ ones.T"),
]


@pytest.mark.parametrize(("expr", "in_latex", "in_text"), CASES, ids=[case[2] for case in CASES])
def test_each_node(expr: sympy.Expr, in_latex: str | None, in_text: str) -> None:
    shown = latex(expr)
    if in_latex is not None:
        assert shown.replace(" + ", "+").replace(" - ", "-") == in_latex.replace(" + ", "+").replace(" - ", "-")
    assert text(expr) == in_text
    assert "+ -" not in shown
    assert "--" not in shown


def test_parentheses_grow_with_nesting_and_with_fractions() -> None:
    inner = Map("phi", 0, MatAdd(u, Map("phi", 0, MatAdd(u, Map("phi", 0, u)))))
    assert latex(DiagMatrix(inner)).startswith(r"\operatorname{diag}\Bigl(\phi\bigl(\mathbf{u}+\phi(\mathbf{u}+\phi(")
    assert latex(MatMul(1 - p / q, u)) == r"\left(1-\frac{p}{q}\right)\mathbf{u}"


def test_transposes_follow_the_style() -> None:
    assert latex(Transpose(W), Style(transpose="T")) == r"\mathbf{W}^{\mathsf{T}}"
    assert latex(Transpose(W), Style(macros=True)) == r"\mat{W}^{\transp}"


def test_matrices_keep_their_order() -> None:
    """Factors of matrix products and terms of matrix sums are never sorted."""
    assert text(MatAdd(MatMul(V, W), MatMul(W, V))) == "V @ W + W @ V"
    assert text(HadamardProduct(w, u, v)) == "w*u*v"


@pytest.mark.parametrize(
    "expr", [Inverse(W), sympy.sin(p), sympy.sqrt(p), sympy.oo, sympy.nan, sympy.I, sympy.EulerGamma, W**p]
)
def test_what_is_outside_the_language_is_refused(expr: sympy.Expr) -> None:
    """Nothing falls back on another printer."""
    with pytest.raises(UnsupportedNodeError):
        latex(expr)


@pytest.mark.parametrize("thing", ["x", 3, None, [u, 3]])
def test_only_formulas_are_printed(thing: object) -> None:
    with pytest.raises(TypeError):
        latex(thing)
