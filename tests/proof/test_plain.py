"""Statements as text, by their structure."""

from __future__ import annotations

import pytest
import sympy
from sympy.matrices.expressions import DiagMatrix, MatAdd, MatMul, MatrixSymbol, OneMatrix, Transpose

from symgate.proof.plain import plain

N = sympy.Symbol("n", integer=True, positive=True)
W, v = MatrixSymbol("W", N, N), MatrixSymbol("v", N, 1)


def test_products_and_sums_are_told_apart() -> None:
    """Signs in front, sums in brackets, later factors to the right as they stand."""
    assert plain(MatMul(-1, W, W)) == "-W @ W"
    assert plain(MatMul(-2, W)) == "-2*W"
    assert plain(MatMul(W, MatAdd(W, Transpose(W)))) == "W @ (W + W.T)"


def test_nothing_is_evaluated(monkeypatch: pytest.MonkeyPatch) -> None:
    """A deep product is printed by as many steps as it has parts: nothing asks SymPy what it simplifies to."""
    deep = W
    for _ in range(12):
        deep = MatMul(DiagMatrix(MatMul(Transpose(deep), OneMatrix(N, 1))), W)

    def evaluated(*_: object, **__: object) -> None:
        raise AssertionError("an expression was evaluated")

    for kind in (MatMul, MatAdd, DiagMatrix, Transpose):
        monkeypatch.setattr(kind, "doit", evaluated)
    assert plain(deep).count("diag(") == 12
