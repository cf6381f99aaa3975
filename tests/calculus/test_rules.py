"""Each differentiation rule against complex step, one row per node type."""

from __future__ import annotations

import numpy as np
import pytest
import sympy
from numpy.testing import assert_allclose
from sympy.matrices import expressions as me

from symgate.calculus import Variable, differential, matrix_expr
from symgate.errors import UnsupportedNodeError
from symgate.language import Dot, Map, ScalarMap, ScalarSignal, Signal
from tests.oracles import evaluate

n, m = sympy.symbols("n m", integer=True, positive=True)
x, v = Signal("x", n), me.MatrixSymbol("v", n, 1)
W, V = me.MatrixSymbol("W", n, n), me.MatrixSymbol("V", n, m)
s, r = sympy.Symbol("s", real=True), ScalarSignal("r")
SIZES = {n: 3, m: 2}

ROWS = {
    "symbol": x,
    "sum": me.MatAdd(x, v, me.MatMul(-2, x)),
    "constant": me.MatAdd(me.OneMatrix(n, 1), x),
    "hadamard": me.HadamardProduct(x, v, x),
    "matmul": me.MatMul(W, x),
    "transposed": me.MatMul(me.Transpose(W), x),
    "chain of matrices": me.MatMul(W, me.Transpose(W), me.HadamardProduct(x, x)),
    "wide and back": me.MatMul(V, Map("tanh", 0, me.MatMul(me.Transpose(V), x))),
    "scaled": me.MatMul(s * r, x),
    "scaled by a dot": me.MatMul(Dot(x, v) * s, me.HadamardProduct(x, v)),
    "map": Map("tanh", 0, me.MatAdd(me.MatMul(W, x), v)),
    "nested map": Map("sin", 0, me.MatMul(W, Map("sigma", 0, x))),
    "scalar map": me.MatMul(ScalarMap("sigma", 0, Dot(v, x) + s), x),
    "power": me.MatMul((1 + Dot(x, x)) ** -2, x),
    "sum of scalars": me.MatMul(3 + Dot(x, me.MatMul(W, x)) * s - r, v),
    "quotient of a monomial": me.MatMul(Dot(x, v) ** -1, me.MatMul(W, x)),
    "diagonal of a vector": me.MatMul(me.DiagMatrix(x), W, x),
}
WRT = {"x": x, "v": v, "W": W, "V": V, "s": s}


def point() -> dict:
    rng = np.random.default_rng(0)
    shapes = {x: (3, 1), v: (3, 1), W: (3, 3), V: (3, 2), s: (), r: ()}
    return {symbol: 0.5 + 0.3 * rng.standard_normal(shape) for symbol, shape in shapes.items()}


@pytest.mark.parametrize("by", WRT)
@pytest.mark.parametrize("row", ROWS)
def test_rule_agrees_with_complex_step(row: str, by: str) -> None:
    """The differential of every node is its derivative, in numerator layout."""
    expr, symbol, values = ROWS[row], WRT[by], point()
    columns = []
    base = np.asarray(values[symbol], dtype=complex)
    for index in np.ndindex(base.T.shape):
        moved = base.copy()
        moved[index[::-1]] += 1e-30j
        columns.append(evaluate(expr, {**values, symbol: moved}, SIZES)[:, 0].imag / 1e-30)
    cols = symbol.shape[0] * symbol.shape[1] if hasattr(symbol, "shape") else sympy.S.One
    found = matrix_expr(differential(expr, Variable(symbol)), n, cols)

    assert_allclose(evaluate(found, values, SIZES), np.stack(columns, axis=1), atol=1e-13)


def test_a_node_without_a_rule_is_refused() -> None:
    """No rule, no silent zero."""
    with pytest.raises(UnsupportedNodeError, match="No differentiation rule for Inverse"):
        differential(me.Inverse(W), Variable(x))
    with pytest.raises(UnsupportedNodeError, match="integer powers"):
        differential(sympy.sqrt(s), Variable(s))
    with pytest.raises(UnsupportedNodeError, match="made entry by entry"):
        differential(me.MatMul(me.HadamardProduct(me.MatMul(W, W), W), x), Variable(x))
