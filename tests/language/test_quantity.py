"""The operators of the notation check their shapes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sympy

from symgate.errors import ShapeError
from symgate.language import CellBuilder, Quantity, sigma, tanh


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
    "map of a matrix": (lambda q: tanh(q.W), "acts on a scalar or on a vector"),
    "division by a vector": (lambda q: q.x / q.v, "Only division by a scalar"),
    "negative power of a vector": (lambda q: q.x**-1, "positive whole number"),
    "power of a matrix": (lambda q: q.W**2, "entry by entry"),
    "matrix plus one": (lambda q: 1 + q.W, "needs equal shapes"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_misfits_are_refused(case: str) -> None:
    write, message = REFUSED[case]

    with pytest.raises(ShapeError, match=message):
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


def test_numbers_stay_exact() -> None:
    """0.1 is read as written, one tenth."""
    assert (Symbols().s * 0.1).expr.args[0] == sympy.Rational(1, 10)
