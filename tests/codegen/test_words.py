"""Each kind of word, hand-built, against a dense evaluation of the same expression."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import sympy
from numpy.testing import assert_allclose
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

from symgate.codegen import source
from symgate.language import CellBuilder, Dot, Map, ScalarMap
from symgate.numeric.load import lambdify
from symgate.records import Derivation, Kind
from tests.oracles import environment, evaluate, sizes_of

c = CellBuilder("words")
_x, _u = c.state("x", "n"), c.input("u", "m")
_A, _B = c.matrix("A", "n", "n"), c.matrix("B", "n", "m")
_v, _s = c.vector("v", "n"), c.scalar("s")
c.next(_x, _A @ _x)
_built = c.build()
n, m = _built.dimensions
#: Sizes of 1 are refused by CellBuilder, but expressions may hold them.
R, q = MatrixSymbol("R", 1, n), MatrixSymbol("q", 1, 1)
CELL = replace(_built, parameters=(*_built.parameters, R, q))
x, u, A, B, v, s = _built.symbols.values()
half = sympy.Rational(1, 2)
D, E = DiagMatrix(v), DiagMatrix(HadamardProduct(v, x))
neg = sympy.S.NegativeOne

SQUARE = {
    "identity": Identity(n),
    "number": MatMul(sympy.Integer(3), Identity(n)),
    "scalar identity": MatMul(s, Identity(n)),
    "diagonal": D,
    "minus diagonal": MatMul(neg, D),
    "scaled diagonal": MatMul(half * s, D),
    "diagonals": MatMul(D, E),
    "matrix": A,
    "minus matrix": MatMul(neg, A),
    "scaled matrix": MatMul(s**2, A),
    "rows": MatMul(D, A),
    "columns": MatMul(A, D),
    "both": MatMul(neg * s, D, A, E),
    "two matrices": MatMul(D, A, Transpose(A)),
    "with identity": MatMul(A, Identity(n), A),
    "outer": MatMul(v, Transpose(x)),
    "outer through matrices": MatMul(s, A, D, v, Transpose(x), A, D),
    "dot inside": MatMul(v, Transpose(x), A, v, Transpose(x)),
    "transposed sum": Transpose(MatAdd(MatMul(A, D), MatMul(s, Identity(n)))),
    "nested sum": MatMul(A, MatAdd(D, MatMul(neg, A), Identity(n)), A),
    "sum": MatAdd(D, MatMul(D, A), MatMul(neg, Identity(n)), MatMul(neg, v, Transpose(v)), A),
    "diagonals first": MatAdd(MatMul(s, Identity(n)), MatMul(neg * half, E)),
    "negative first": MatAdd(MatMul(neg, D, A), A),
    "row matrix": MatMul(v, R),
    "row matrix transposed": MatMul(Transpose(R), Transpose(v), A),
    "one entry": MatMul(A, v, q, Transpose(x)),
    "one entry diagonal": MatMul(v, DiagMatrix(q), Transpose(x)),
    "ones": MatMul(OneMatrix(n, 1), Transpose(v)),
    "matrix of ones": MatMul(D, OneMatrix(n, n)),
    "zero": ZeroMatrix(n, n),
    "quotient": MatMul(s / (1 + Dot(v, v)) ** 2, A),
    "complement kept": DiagMatrix(MatAdd(OneMatrix(n, 1), MatMul(neg, Map("sigma", 0, v)))),
    "constant argument": MatMul(ScalarMap("tanh", 0, sympy.Integer(2)), A),
}
WIDE = {
    "row kron identity": KroneckerProduct(Transpose(u), Identity(n)),
    "row kron diagonal": KroneckerProduct(Transpose(u), D),
    "scaled row kron diagonal": MatMul(neg * s, KroneckerProduct(Transpose(u), D)),
    "scaled inside": KroneckerProduct(Transpose(u), MatMul(s, Identity(n))),
    "row kron matrix": KroneckerProduct(Transpose(u), A),
    "row kron word": KroneckerProduct(Transpose(u), MatMul(D, A)),
    "row kron outer": KroneckerProduct(Transpose(u), MatMul(v, Transpose(x))),
    "row kron sum": KroneckerProduct(Transpose(u), MatAdd(D, A)),
    "diagonal kron row": KroneckerProduct(D, Transpose(u)),
    "identity kron row": MatMul(s, KroneckerProduct(Identity(n), Transpose(u))),
    "matrix kron row": KroneckerProduct(MatMul(D, A), Transpose(u)),
    "word row": KroneckerProduct(MatMul(Transpose(x), B), D),
    "kron of rows": MatMul(v, KroneckerProduct(Transpose(u), Transpose(x))),
    "sum of krons": MatAdd(
        KroneckerProduct(Transpose(u), D), KroneckerProduct(Transpose(u), A), KroneckerProduct(D, Transpose(u))
    ),
    "kron in a product": MatMul(D, A, KroneckerProduct(Transpose(u), D)),
    "kron of columns": MatMul(KroneckerProduct(v, Transpose(u)), KroneckerProduct(Identity(m), Transpose(x))),
}
DEEP = {
    "two rows and a diagonal": KroneckerProduct(Transpose(u), Transpose(x), D),
    "matrices": KroneckerProduct(MatMul(Transpose(x), KroneckerProduct(A, Transpose(u))), A),
}
COLUMN = {
    "vector": v,
    "hadamard": HadamardProduct(v, x, v),
    "sum": MatAdd(OneMatrix(n, 1), MatMul(neg, v), MatMul(s, x), MatMul(sympy.Integer(-2), OneMatrix(n, 1))),
    "ones": MatAdd(OneMatrix(n, 1), OneMatrix(n, 1)),
    "scaled ones": MatMul(s, OneMatrix(n, 1)),
    "zero": ZeroMatrix(n, 1),
    "zeros": MatAdd(ZeroMatrix(n, 1), ZeroMatrix(n, 1)),
    "chain": MatMul(A, D, Transpose(A), MatAdd(v, MatMul(neg, x))),
    "row transposed": MatMul(A, Transpose(R)),
    "entry": MatMul(v, q),
    "map of a map": Map("tanh", 1, Map("sin", 0, MatMul(A, v))),
    "second derivative": Map("tanh", 2, v),
    "third derivative": Map("sigma", 3, v),
    "power of a scalar": MatMul(1 / s, v),
}
CASES = [
    *((f"square {name}", (n, n), expr) for name, expr in SQUARE.items()),
    *((f"wide {name}", (n, n * m), expr) for name, expr in WIDE.items()),
    *((f"deep {name}", (n, n * n * m), expr) for name, expr in DEEP.items()),
    *((f"column {name}", (n, 1), expr) for name, expr in COLUMN.items()),
]


def derivation(expr: sympy.Expr, kind: Kind = Kind.JACOBIAN) -> Derivation:
    return Derivation("word", kind, CELL.state().after, x, (("first", expr),), CELL)


def point(rows: int, cols: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(7)
    known = sizes_of(CELL, n=rows, m=cols)
    shapes = {name: getattr(symbol, "shape", ()) for name, symbol in CELL.symbols.items()}
    sizes = {name: tuple(int(sympy.sympify(part, strict=True).subs(known)) for part in shapes[name]) for name in shapes}
    drawn = {name: rng.standard_normal(size) for name, size in sizes.items()}
    return {
        name: array[:, 0] if getattr(CELL.symbols[name], "shape", (0, 0))[1] == 1 else array
        for name, array in drawn.items()
    }


def truth(expr: sympy.Expr, given: dict[str, np.ndarray], rows: int, cols: int) -> np.ndarray:
    """The dense evaluation; derivatives of higher order by hand."""
    if isinstance(expr, Map) and expr.order > 1:
        z, y = given["v"], {"tanh": np.tanh(given["v"]), "sigma": 1 / (1 + np.exp(-given["v"]))}[expr.function]
        higher = {"tanh": -2 * y / np.cosh(z) ** 2, "sigma": y * (1 - y) * (1 - 6 * y * (1 - y))}
        return higher[expr.function][:, None]
    sizes = sizes_of(CELL, n=rows, m=cols)
    values = environment(CELL, given, sizes)
    if isinstance(expr, KroneckerProduct) and len(expr.args) == 3:
        expr = KroneckerProduct(KroneckerProduct(*expr.args[:2]), expr.args[2])
    return np.atleast_2d(np.asarray(evaluate(expr, values, sizes), dtype=float))


@pytest.mark.parametrize(("rows", "cols"), [(3, 2), (1, 1)])
@pytest.mark.parametrize(("shape", "expr"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_word_has_its_value(shape: tuple, expr: sympy.Expr, rows: int, cols: int) -> None:
    given = point(rows, cols)
    wanted = truth(expr, given, rows, cols)
    value = lambdify(derivation(expr))(**given)

    assert value.shape == tuple(int(size.subs({n: rows, m: cols})) for size in map(sympy.sympify, shape))
    assert_allclose(value, wanted, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(("shape", "expr"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_word_is_batched_by_its_operands(shape: tuple, expr: sympy.Expr) -> None:
    """Every argument batched, and only the state batched; non-contiguous ``out`` and Fortran order too."""
    assert shape
    given, other = point(3, 2), {name: 1.5 * array for name, array in point(3, 2).items()}
    f = lambdify(derivation(expr))
    stacked = {name: np.stack([given[name], other[name]]) for name in given}
    single = f(**other)
    assert_allclose(f(**stacked)[1], single, rtol=1e-13, atol=1e-14)

    states = f(**{**given, "x": np.stack([given["x"], other["x"]])})
    assert_allclose(states[1], f(**{**given, "x": other["x"]}), rtol=1e-13, atol=1e-14)

    wide = np.full((2, *single.shape[:-1], 2 * single.shape[-1]), np.nan)
    out = wide[..., ::2]
    assert f(**{name: np.asfortranarray(array) for name, array in stacked.items()}, out=out) is out
    assert_allclose(out[1], single, rtol=1e-13, atol=1e-14)
    assert np.isnan(wide[..., 1::2]).all()


def test_no_two_matrices_are_multiplied_where_a_column_is_there() -> None:
    text = source(derivation(MatMul(s, A, D, v, Transpose(x), A, D)))
    assert " @ " not in text[text.index("def word(") : text.index("def word_terms(")]


def test_a_dropped_transpose_would_be_seen() -> None:
    """The oracle tells A from its transpose, so the sweep above can fail."""
    given = point(3, 2)
    value = lambdify(derivation(MatMul(D, Transpose(A))))(**given)
    assert not np.allclose(value, truth(MatMul(D, A), given, 3, 2))
