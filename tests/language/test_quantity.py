"""The operators of the notation check their shapes."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import reduce

import numpy as np
import pytest
import sympy
from scipy import sparse

from symgate.derive import jacobian
from symgate.errors import DefinitionError, ShapeError
from symgate.language import CellBuilder, Quantity, sigma, tanh, where


class Symbols:
    def __init__(self) -> None:
        c = CellBuilder("scratch")
        self.x, self.u = c.state("x"), c.input("u")
        self.W, self.V = c.matrix("W", "n", "n"), c.matrix("V", "n", "m")
        self.s, self.v = c.scalar("s"), c.vector("v", "n")


REFUSED: dict[str, tuple[Callable[[Symbols], object], str]] = {
    "matrix by the wrong vector": (lambda q: q.W @ q.u, "n is not m"),
    "vectors of two sizes": (lambda q: q.x * q.u, r"u \(\.\) v needs equal shapes"),
    "sum of two sizes": (lambda q: q.x + q.u, "needs equal shapes"),
    "vector plus a scalar symbol": (lambda q: q.x + q.s, r"write s \* ones"),
    "matrix times vector entry by entry": (lambda q: q.W * q.x, "Write A @ v"),
    "vector at vector": (lambda q: q.x @ q.v, r"u\.T @ v"),
    "scalar at vector": (lambda q: q.s @ q.x, r"write \*"),
    "dot of two sizes": (lambda q: q.x.T @ q.u, "vectors of one size"),
    "row in a sum": (lambda q: q.x.T + q.v.T, "only forms a dot product"),
    "row in a product": (lambda q: q.x.T * q.v, "only forms a dot product"),
    "map of a row": (lambda q: tanh(q.x.T), "acts on a scalar, a vector or a matrix"),
    "division of a matrix by a vector": (lambda q: q.W / q.v, "Write A @ v"),
    "mask of another shape": (lambda q: q.W * q.V, "needs equal shapes"),
    "power zero": (lambda q: q.x**0, "rational number k that is not 0"),
    "symbolic exponent": (lambda q: q.x**q.s, r"exp\(k \* log\(v\)\)"),
    "division by zero": (lambda q: q.x / 0, "Division by 0"),
    "map of a product of matrices": (lambda q: tanh(q.W @ q.W), "is a product of matrices"),
    "mask on a product of matrices": (lambda q: (q.W @ q.W) * q.W, "is a product of matrices"),
    "power of a product of matrices": (lambda q: (q.W @ q.W) ** -1, "is a product of matrices"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_misfits_are_refused(case: str) -> None:
    write, message = REFUSED[case]

    with pytest.raises((ShapeError, DefinitionError), match=message):
        write(Symbols())


@pytest.mark.parametrize("foreign", ["x", None, True, float("nan"), float("inf"), sympy.Symbol("y"), [1, 2]])
def test_foreign_values_are_refused(foreign: object) -> None:
    """Text above all: nothing is parsed."""
    with pytest.raises(TypeError, match="made of symbols of its CellBuilder"):
        Symbols().x + foreign


def test_shapes_of_what_is_allowed() -> None:
    q = Symbols()
    n = sympy.Symbol("n", integer=True, positive=True)
    rows: list[tuple[Quantity, tuple]] = [
        (1 - q.x, (n, 1)),
        (q.W @ q.x + q.V @ q.u, (n, 1)),
        (q.W.T @ q.W @ q.x, (n, 1)),
        (q.x.T @ q.v, ()),
        ((q.x.T @ q.v) * q.x, (n, 1)),
        (q.W @ (q.W * q.s) @ q.x, (n, 1)),
        (sigma(q.s) / 2, ()),
        (1 / q.s + q.s**2, ()),
        (q.x**3 * q.x, (n, 1)),
        (q.s.T, ()),
    ]

    assert [quantity.shape for quantity, _ in rows] == [shape for _, shape in rows]


def test_sums_of_matrices_are_multiplied_out() -> None:
    """So that the rules see symbols and their transposes only, and nothing is silently constant."""
    q = Symbols()
    left = ((q.W + 2 * q.V @ q.V.T).T @ q.x).expr

    assert str(left) == str((q.W.T @ q.x + 2 * (q.V @ q.V.T @ q.x)).expr)


def test_matrices_entry_by_entry() -> None:
    """Products and powers, numbers, outer products; what multiplies a vector is one matrix made entry by entry."""
    q = Symbols()
    ones = CellBuilder("other").ones("n")

    assert str(((q.W * 2) * q.W @ q.x).expr) == "2*(HadamardProduct(W, W))*x[t - 1]"
    assert str(((1 - q.W) @ q.x).expr) == str((ones * (ones.T @ q.x) - q.W @ q.x).expr)
    assert str(((q.x @ q.v.T) @ q.x).expr) == "dot(v, x[t - 1])*x[t - 1]"
    assert str(((q.W * (q.x @ q.v.T)) @ q.x).expr) == str((q.x * (q.W @ (q.v * q.x))).expr)
    assert str((tanh(q.W).T @ q.x).expr) == "tanh(W.T)*x[t - 1]"
    assert str((1 / q.x**2).expr) == "HadamardPower(x[t - 1], -2)"
    assert str((q.x**0.5).expr) == str((q.x ** Fraction(1, 2)).expr) == "sqrt(x[t - 1])"
    assert str((q.x ** Fraction(-2, 3)).expr) == "HadamardPower(root_3(x[t - 1]), -2)"


@pytest.mark.parametrize(
    "function", [np.tanh, sympy.tanh, math.tanh, np.asarray, float, np.sum, lambda q: np.where(q, 1, 0), list]
)
def test_functions_of_other_libraries_say_what_to_write(function: Callable) -> None:
    with pytest.raises(TypeError, match=r"from symgate\.language"):
        function(Symbols().x)


def test_numbers_of_numpy_take_part_and_its_arrays_do_not() -> None:
    q = Symbols()
    assert (np.float64(2) * q.x).expr == (2 * q.x).expr
    assert (np.int64(1) - q.x).expr == (1 - q.x).expr
    with pytest.raises(TypeError, match="made of symbols of its CellBuilder"):
        np.ones(3) * q.x
    with pytest.raises(TypeError, match=r"from symgate\.language"):
        sparse.eye(3).tocsr() @ q.x


def test_a_condition_is_no_truth_value() -> None:
    q = Symbols()
    with pytest.raises(TypeError, match="where"):
        bool(q.x > 0)
    with pytest.raises(TypeError, match="where"):
        bool(q.x)
    with pytest.raises(TypeError, match="condition such as x > 0"):
        where(True, q.x, q.v)
    assert str(where(q.x > 0, q.v, 0).expr) == "HadamardProduct(step(x[t - 1]), v)"


def test_nesting_that_doubles_is_an_error_or_right_in_linear_time() -> None:
    """Without names an expression that doubles is refused; with names it is a cell."""
    c = CellBuilder("doubling")
    x = c.state("x")
    with pytest.raises(DefinitionError, match="Name parts of it with let"):
        c.let("never", reduce(lambda value, _: tanh(value + value), range(30), x))
    with pytest.raises(DefinitionError, match="nested more than"):
        reduce(lambda value, _: tanh(value + value), range(60), x)
    for operation in (lambda v: v * v, lambda v: v + v):
        with pytest.raises(DefinitionError, match="with let"):
            reduce(lambda value, _, own=operation: own(value), range(60), x)
    c = CellBuilder("sums", source="this test")
    value, W = c.state("x"), c.matrix("W", "n", "n")
    for _ in range(10):
        value = tanh(value) + sigma(value)
    with pytest.raises(DefinitionError, match="double with each level here"):
        c.let("never", W @ value)
    c = CellBuilder("named")
    x = value = c.state("x")
    for place in range(25):
        value = c.let(f"p{place}", tanh(value * value))
    c.next(x, value)
    assert len(c.build().assignments) == 25


def test_named_sums_that_double_are_refused_where_they_are_derived() -> None:
    """The Jacobian of twenty named sums has 2^20 terms; that of one by another is small."""
    c = CellBuilder("chain", source="this test")
    x = value = c.state("x")
    W = c.matrix("W", "n", "n")
    for place in range(20):
        value = c.let(f"y{place}", tanh(value) + sigma(value))
    c.next(x, W @ value)
    cell = c.build()
    with pytest.raises(DefinitionError, match="more than 4096 terms when products are written out"):
        jacobian(cell)
    assert len(str(jacobian(cell, wrt="y17", of="y19").expr)) < 1000


def test_a_divisor_that_is_zero_everywhere() -> None:
    q = Symbols()
    for divisor in (q.x - q.x, 0 * q.x, 2 * q.x - q.x - q.x, q.x * 0):
        with pytest.raises(ShapeError, match="Division by 0: every entry of the divisor"):
            q.v / divisor
    q.v / (q.x - q.v)


def test_numbers_stay_exact() -> None:
    """0.1 is read as written, one tenth."""
    assert (Symbols().s * 0.1).expr.args[0] == sympy.Rational(1, 10)
