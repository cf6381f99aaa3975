"""The spelling of sums and products over time, of powers, norms and conditions."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
import sympy
from sympy.matrices.expressions import DiagonalOf, HadamardPower, HadamardProduct, MatAdd, MatMul, OneMatrix, Transpose

from symgate.errors import UnknownNameError, UnsupportedNodeError
from symgate.language import Dot, Map, ScalarSignal, Signal, T
from symgate.language.sequences import HadamardRun, I, J, K, Largest, MatrixSum, Norm, OrderedProduct
from symgate.tex import further, latex, mathml, text
from tests.tex.many import MANY
from tests.tex.test_formulas import faults_of

n = sympy.Symbol("n", integer=True, positive=True)
A, B = Signal("A", n, n, J), Signal("B", n, n, I)
W = sympy.MatrixSymbol("W_r", n, n)
g = Signal("g", n, 1, J)
q = ScalarSignal("g", J)
p = sympy.Symbol("alpha", real=True)
one = OneMatrix(n, 1)
leak = HadamardRun(MatAdd(one, MatMul(-1, g)), J, K + 1, T)
tail = sympy.Product(1 - q, (J, I + 1, T))

CASES = [
    (
        OrderedProduct(A, J, K + 1, T),
        r"\mathbf{A}_{t}\mathbf{A}_{t-1}\cdots\mathbf{A}_{k+1}",
        "A[t] @ A[t-1] @ ... @ A[k+1]",
    ),
    (OrderedProduct(A, J, K + 1, K + 2), r"\mathbf{A}_{k+2}\mathbf{A}_{k+1}", "A[k+2] @ A[k+1]"),
    (OrderedProduct(A, J, K + 1, K + 1), r"\mathbf{A}_{k+1}", "A[k+1]"),
    (OrderedProduct(A, J, K + 1, K), r"\mathbf{I}", "eye"),
    (
        OrderedProduct(MatAdd(A, W), J, K + 1, T),
        r"\overleftarrow{\prod}_{j=k+1}^{t}(\mathbf{A}_{j}+\mathbf{W}_{r})",
        "matprod(A[j] + W_r for j in range(t, k, -1))",
    ),
    (
        Transpose(OrderedProduct(A, J, K + 1, T)),
        r"(\mathbf{A}_{t}\mathbf{A}_{t-1}\cdots\mathbf{A}_{k+1})^{\top}",
        "(A[t] @ A[t-1] @ ... @ A[k+1]).T",
    ),
    (
        MatMul(OrderedProduct(A, J, I + 1, T), B),
        r"\mathbf{A}_{t}\cdots\mathbf{A}_{i+1}\mathbf{B}_{i}",
        "A[t] @ ... @ A[i+1] @ B[i]",
    ),
    (MatrixSum(B, I, K + 1, T), r"\sum_{i=k+1}^{t}\mathbf{B}_{i}", "sum(B[i] for i in range(k+1, t+1))"),
    (
        MatrixSum(MatAdd(B, W), I, 1, T),
        r"\sum_{i=1}^{t}(\mathbf{B}_{i}+\mathbf{W}_{r})",
        "sum(B[i] + W_r for i in range(1, t+1))",
    ),
    (MatrixSum(MatMul(-1, B), I, 1, T), r"-\sum_{i=1}^{t}\mathbf{B}_{i}", "-sum(B[i] for i in range(1, t+1))"),
    (
        MatMul(MatrixSum(B, I, 1, T), W),
        r"\Bigl(\sum_{i=1}^{t}\mathbf{B}_{i}\Bigr)\mathbf{W}_{r}",
        "sum(B[i] for i in range(1, t+1)) @ W_r",
    ),
    (MatMul(W, MatrixSum(B, I, 1, T)), r"\mathbf{W}_{r}\sum_{i=1}^{t}\mathbf{B}_{i}", None),
    (
        HadamardProduct(MatrixSum(B, I, 1, T), W),
        r"\Bigl(\sum_{i=1}^{t}\mathbf{B}_{i}\Bigr) \odot \mathbf{W}_{r}",
        None,
    ),
    (HadamardProduct(W, MatrixSum(B, I, 1, T)), r"\mathbf{W}_{r} \odot \sum_{i=1}^{t}\mathbf{B}_{i}", None),
    (leak, r"\bigodot_{j=k+1}^{t}(\mathbf{1}-\mathbf{g}_{j})", "prod(1 - g[j] for j in range(k+1, t+1))"),
    (MatMul(tail, W), r"\Bigl(\prod_{j=i+1}^{t}(1-g_{j})\Bigr)\mathbf{W}_{r}", None),
    (sympy.Sum(tail, (I, 1, T)), r"\sum_{i=1}^{t}\prod_{j=i+1}^{t}(1-g_{j})", None),
    (
        HadamardPower(MatAdd(one, MatMul(-1, g)), T - K),
        r"(\mathbf{1}-\mathbf{g}_{j})^{\odot (t-k)}",
        "(1 - g[j])**(t-k)",
    ),
    ((1 - p) ** (T - K), r"(1-\alpha)^{t-k}", "(1 - alpha)**(t-k)"),
    (p * (1 - p) ** (T - K - 1), r"\alpha(1-\alpha)^{t-k-1}", "alpha*(1 - alpha)**(t-k-1)"),
    (p ** (1 / (T - K)), r"\alpha^{1/(t-k)}", "alpha**(1/(t - k))"),
    (DiagonalOf(W), r"\operatorname{dg}(\mathbf{W}_{r})", "diagonal(W_r)"),
    (Norm(W), r"\lVert \mathbf{W}_{r} \rVert", "norm(W_r)"),
    (Largest(g), r"\max(\mathbf{g}_{j})", None),
    (HadamardProduct(W, W), r"\mathbf{W}_{r}^{\odot 2}", "W_r**2"),
    (Transpose(MatAdd(W, A)), r"(\mathbf{W}_{r}+\mathbf{A}_{j})^{\top}", None),
    (Dot(one, Map("abs", 0, g)), r"\mathbf{1}^{\top}\lvert \mathbf{g}_{j} \rvert", None),
    (Signal("M", n, n, sympy.Tuple(T, K)), r"\mathbf{M}_{t,k}", None),
    (Signal("M", n, n, sympy.Tuple(T - 1, K, sympy.Symbol("m", integer=True))), r"\mathbf{M}^{(m)}_{t-1,k}", None),
    (ScalarSignal("eta", sympy.Tuple(T, K)), r"\eta_{t,k}", None),
    (1 - sympy.exp(-sympy.Symbol("h") / sympy.Symbol("tau")), r"1-\exp(-h/\tau)", "1 - exp(-h/tau)"),
    (
        sympy.Piecewise((p, sympy.Symbol("c") > K), (1, True)),
        r"\begin{cases} \alpha & \text{if } k < c \\ 1 & \text{otherwise} \end{cases}",
        "alpha if k < c else 1",
    ),
]


@pytest.mark.parametrize(("expr", "in_latex", "in_text"), CASES, ids=range(len(CASES)))
def test_each_node(expr: sympy.Expr, in_latex: str, in_text: str | None) -> None:
    assert latex(expr).replace(" - ", "-").replace(" + ", "+") == in_latex
    if in_text is not None:
        assert text(expr) == in_text
    assert not faults_of(ET.fromstring(mathml(expr)))  # noqa: S314 - our own output


def test_what_is_outside_the_language_is_refused() -> None:
    for expr in (
        sympy.sqrt(p),
        p ** sympy.Rational(1, 3),
        sympy.sin(p),
        sympy.Piecewise((p, sympy.Ne(p, 1)), (1, True)),
    ):
        with pytest.raises(UnsupportedNodeError):
            latex(expr)
    with pytest.raises(UnknownNameError):
        further(MANY[0], markup="word")
