"""Equality of matrix expressions is equality of normal forms."""

from __future__ import annotations

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from sympy.matrices import expressions as me

import symgate as sg
from symgate.calculus import equal, matrix_expr, normal_form
from symgate.errors import UnsupportedNodeError
from symgate.language import Dot, Map, Signal
from symgate.records import Kind
from tests.drawn import examples
from tests.oracles import draw_point, environment, evaluate, sizes_of
from tests.strategies import cells

n = sympy.Symbol("n", integer=True, positive=True)
x, v = Signal("x", n), me.MatrixSymbol("v", n, 1)
W, U = me.MatrixSymbol("W", n, n), me.MatrixSymbol("U", n, n)
s = sympy.Symbol("s", real=True)
one = me.OneMatrix(n, 1)


def diag(vector: sympy.Basic) -> me.DiagMatrix:
    return me.DiagMatrix(vector)


SAME = {
    "order of a sum": (me.MatAdd(W, U), me.MatAdd(U, W)),
    "adjacent diagonals": (me.MatMul(diag(x), diag(v), W), me.MatMul(diag(me.HadamardProduct(v, x)), W)),
    "distribution": (
        me.MatMul(diag(me.MatAdd(one, me.MatMul(-1, x))), W),
        me.MatAdd(W, me.MatMul(-1, diag(x), W)),
    ),
    "inner diagonal": (
        me.MatMul(W, diag(me.MatAdd(x, v)), U),
        me.MatAdd(me.MatMul(W, diag(v), U), me.MatMul(W, diag(x), U)),
    ),
    "rank one": (me.MatMul(diag(x), v, me.Transpose(x)), me.MatMul(me.HadamardProduct(x, v), me.Transpose(x))),
    "closed scalar": (
        me.MatMul(x, me.Transpose(v), W, x, me.Transpose(v)),
        me.MatMul(Dot(v, me.MatMul(W, x)), x, me.Transpose(v)),
    ),
    "dot is symmetric": (me.MatMul(Dot(x, v), W), me.MatMul(Dot(v, x), W)),
    "identity": (me.MatMul(me.Identity(n), W), W),
    "cancelling": (me.MatAdd(W, U, me.MatMul(-1, W)), U),
    "scalars": (me.MatMul(s * (1 + s), W), me.MatAdd(me.MatMul(s, W), me.MatMul(s**2, W))),
    "kronecker": (
        me.KroneckerProduct(me.Transpose(me.MatAdd(x, v)), W),
        me.MatAdd(me.KroneckerProduct(me.Transpose(x), W), me.KroneckerProduct(me.Transpose(v), W)),
    ),
}
DIFFERENT = {
    "transpose": (W, me.Transpose(W)),
    "side of a diagonal": (me.MatMul(diag(x), W), me.MatMul(W, diag(x))),
    "order of factors": (me.MatMul(W, U), me.MatMul(U, W)),
    "order of a rank one": (me.MatMul(x, me.Transpose(v)), me.MatMul(v, me.Transpose(x))),
    "slope": (diag(Map("phi", 1, x)), diag(Map("phi", 0, x))),
    "one per cent": (W, me.MatMul(sympy.Rational(101, 100), W)),
    "before and after": (diag(x), diag(Signal("x", n, 1, x.index - 1))),
    "side of a kronecker": (me.KroneckerProduct(me.Transpose(x), W), me.KroneckerProduct(W, me.Transpose(x))),
}


@pytest.mark.parametrize("case", SAME)
def test_equal_expressions_have_one_normal_form(case: str) -> None:
    left, right = map(normal_form, SAME[case])

    assert equal(left, right)


@pytest.mark.parametrize("case", DIFFERENT)
def test_different_expressions_have_different_normal_forms(case: str) -> None:
    left, right = map(normal_form, DIFFERENT[case])

    assert not equal(left, right)


@pytest.mark.parametrize(
    "derivation", [d for c in sg.CELLS for d in sg.objects(c) if d.kind is not Kind.VJP], ids=lambda d: d.name
)
def test_display_and_normal_form_are_inverse(derivation: sg.Derivation) -> None:
    """Reading a printed right side back gives the same normal form, and printing that gives the same expression."""
    words = normal_form(derivation.expr)
    again = matrix_expr(words, *derivation.shape)

    assert equal(words, normal_form(again))


@settings(max_examples=examples(60), deadline=None)
@given(cell=cells(), seed=st.integers(0, 99))
def test_normal_form_keeps_the_value(cell: sg.Cell, seed: int) -> None:
    """Normalising changes how a Jacobian is written, not what it is."""
    sizes = sizes_of(cell, n=3, m=2)
    values = environment(cell, draw_point(cell, seed=seed, scale=0.3, n=3, m=2), sizes)
    J = sg.jacobian(cell).expr
    again = matrix_expr(normal_form(J), *J.shape)
    expected = evaluate(J, values, sizes)

    assert_allclose(evaluate(again, values, sizes), expected, atol=1e-10 * (1 + abs(expected).max()))


def test_foreign_nodes_are_refused() -> None:
    with pytest.raises(UnsupportedNodeError, match="not a factor"):
        normal_form(me.MatMul(me.Inverse(W), U))
    with pytest.raises(UnsupportedNodeError, match="not of the form"):
        normal_form(me.KroneckerProduct(W, U))
