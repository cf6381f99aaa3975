"""A name for neighbouring factors of a product, wherever they stand in it."""

from __future__ import annotations

import pytest
from sympy import Expr, Symbol, Transpose
from sympy.matrices.expressions import MatAdd, MatMul, MatrixSymbol

from symgate.proof.kinds.carrying import with_factor

n = Symbol("n", integer=True, positive=True)
A, B, C, D, N = (MatrixSymbol(name, n, n) for name in "ABCDN")


@pytest.mark.parametrize(
    ("expr", "named"),
    [
        (MatMul(B, C), N),
        (MatMul(A, B, C), MatMul(A, N)),
        (MatMul(B, C, D), MatMul(N, D)),
        (MatMul(A, B, C, D, A), MatMul(A, N, D, A)),
        (MatAdd(MatMul(A, B, C), D), MatAdd(MatMul(A, N), D)),
        (Transpose(MatMul(B, C)), Transpose(N)),
        (MatMul(A, C, B, D), MatMul(A, C, B, D)),
        (MatMul(A, B, D, C), MatMul(A, B, D, C)),
    ],
)
def test_the_factors_around_it_stay(expr: Expr, named: Expr) -> None:
    assert with_factor(expr, MatMul(B, C), N) == named
