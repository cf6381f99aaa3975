"""Equations in plain text."""

from __future__ import annotations

import pytest
import sympy
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardProduct,
    Identity,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatrixSymbol,
    OneMatrix,
    Transpose,
    ZeroMatrix,
)

from symgate.cells import cell
from symgate.codegen.writer.spelling import definitions, equation, spell
from symgate.derive import jacobian, vjp
from symgate.errors import UnsupportedNodeError
from symgate.language import Dot, Map, ScalarMap, ScalarSignal, Signal

n = sympy.Symbol("n", integer=True, positive=True)
x, g, W = Signal("x", n), Signal("g", n), MatrixSymbol("W", n, n)
s, b = ScalarSignal("s"), sympy.Symbol("b", real=True)
minus = sympy.S.NegativeOne


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        (DiagMatrix(MatAdd(OneMatrix(n, 1), MatMul(minus, g))), "diag(1 - g)"),
        (MatMul(DiagMatrix(HadamardProduct(g, Map("phi", 1, x))), W), "diag(g*dphi(x)) @ W"),
        (MatMul(1 - s, Identity(n)), "(1 - s)*eye"),
        (MatMul(minus, Transpose(W), MatAdd(x, g)), "-W.T @ (x + g)"),
        (MatMul(sympy.Rational(1, 2), x), "1/2*x"),
        (HadamardProduct(x, MatAdd(g, MatMul(minus, x))), "x*(g - x)"),
        (KroneckerProduct(Transpose(x), DiagMatrix(g)), "kron(x.T, diag(g))"),
        (ScalarMap("sigma", 2, 1 + b), "d2sigma(1 + b)"),
        (Dot(x, g) ** 2, "dot(x, g)**2"),
        (1 / s, "s**(-1)"),
        (-2 * s * b, "-2*b*s"),
        (b - s, "b - s"),
        (MatAdd(x, MatMul(minus, MatAdd(x, g))), "x - (x + g)"),
        (ZeroMatrix(n, n), "0"),
        (MatMul(b - s, x), "(b - s)*x"),
    ],
)
def test_expressions(expr: sympy.Expr, text: str) -> None:
    assert spell(expr) == text


def test_equations_of_objects() -> None:
    scalar = cell("scalar_gate")
    assert equation(scalar) == ["x = (1 - g)*x_prev + g*phi(a)"]
    assert definitions(scalar) == [
        "a = W_r @ x_prev + W_i @ u + b",
        "a_g = b_g + dot(v_g, u) + dot(w_g, x_prev)",
        "g = sigma(a_g)",
    ]
    assert equation(jacobian(scalar))[0] == "dx/dx_prev = (1 - g)*eye    # retention"
    assert equation(jacobian(scalar, "W_r"))[0].startswith("dx/dvec(W_r) = ")
    assert equation(vjp(scalar, "u"))[0].startswith("(dx/du).T @ lam = ")


def test_a_node_without_spelling_is_named() -> None:
    with pytest.raises(UnsupportedNodeError, match="Inverse"):
        spell(W.I)
