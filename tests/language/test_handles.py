"""What a handle is asked that it cannot do brings a sentence that says what to write in its place."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sympy

import symgate as sg
from symgate.errors import DefinitionError, ShapeError
from symgate.language import CellBuilder, maximum, minimum, tanh, where
from symgate.nonlinearities import nonlinearity, registered_nonlinearities

C = CellBuilder("handles")
X, U, W = C.state("x"), C.input("u"), C.matrix("W", "n", "n")


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (lambda: np.tanh(X), "Write tanh"),
        (lambda: np.dot(W, X), "products are W @ x"),
        (lambda: sympy.exp(X), "Write tanh"),
        (lambda: X[0], "write e.T @ v"),
        (lambda: len(X), r"ones\.T @ ones"),
        (lambda: 2**X, r"exp\(log\(2\) \* v\)"),
        (lambda: X // 2, "Division is v / w"),
        (lambda: 3 % X, "Division is v / w"),
        (lambda: X * sympy.pi, r"Use float\(pi\)"),
        (lambda: X * sympy.Symbol("q"), r"c\.scalar\('q'\)"),
    ],
    ids=range(10),
)
def test_the_sentence_says_what_to_write(asked: Callable[[], Any], answer: str) -> None:
    with pytest.raises(TypeError, match=answer):
        asked()


def test_functions_of_torch_are_refused_in_words() -> None:
    torch = pytest.importorskip("torch")
    with pytest.raises(TypeError, match=r"torch's tanh does not take a quantity.*Write tanh\(v\)"):
        torch.tanh(X)


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        (lambda: where(X > 0, U, X), "where: equal shapes"),
        (lambda: where(X > 0, U, 0), "where: equal shapes"),
        (lambda: maximum(X, U), "maximum and minimum: equal shapes"),
        (lambda: minimum(X, W), "maximum and minimum: equal shapes"),
        (lambda: maximum(X.T, 0), "maximum and minimum: scalars, columns and matrices"),
    ],
    ids=range(5),
)
def test_branches_of_other_shapes_are_named_as_written(asked: Callable[[], Any], name: str) -> None:
    with pytest.raises(ShapeError, match=name):
        asked()


@pytest.mark.parametrize("number", [np.float32(0.1), np.float64(0.1), np.float16(0.1), 0.1])
def test_numbers_of_numpy_are_meant_by_their_shortest_decimal(number: Any) -> None:
    assert (number * X).expr == (X * number).expr == (X * sympy.Rational(1, 10)).expr


def test_whole_exponents_of_numpy() -> None:
    assert (X ** np.int64(2)).expr == (X**2).expr


def test_what_is_nested_too_deep_is_refused_where_it_is_written() -> None:
    """Not by Python's own limit; up to there everything works."""
    with pytest.raises(DefinitionError, match=r"nested more than 120 deep\. Name parts of it with let"):
        functools.reduce(lambda value, _: tanh(value), range(2000), X)
    c = CellBuilder("deep")
    x, w = c.state("x"), c.vector("w", "n")
    value = x
    for _ in range(38):
        value = tanh(value) * w + 1
    c.next(x, value)
    assert sg.verify(sg.jacobian(c.build()), routes=("decision", "modular")).proved


def test_a_size_that_no_array_shows_is_refused() -> None:
    c = CellBuilder("hidden")
    x, s = c.state("x"), c.scalar("s")
    c.next(x, s * (c.ones("p").T @ c.ones("p")) * x)
    with pytest.raises(DefinitionError, match=r"No state, input or parameter has the size 'p'.*ones\(4\)"):
        c.build()
    fixed = CellBuilder("fixed")
    x, s = fixed.state("x"), fixed.scalar("s")
    fixed.next(x, s * (fixed.ones(4).T @ fixed.ones(4)) * x)
    for target in ("numpy", "array_api"):
        J = sg.lambdify(sg.jacobian(fixed.build()), target)(x=np.ones(2), s=np.asarray(0.5))
        assert np.array_equal(J, 2 * np.eye(2))


@pytest.mark.parametrize("width", ["1/1000", "1/100", "1/2", "7"])
def test_a_slope_that_differs_between_two_points_alone_is_seen(width: str) -> None:
    """A window of any width around a jump is no derivative."""
    half = sympy.Rational(width)
    name = f"window_{half.q}_{half.p}"
    with pytest.raises(DefinitionError, match="is not its derivative at z"):
        sg.register_nonlinearity(
            name, lambda z: sympy.Heaviside(z, 0), slope=lambda z: sympy.Piecewise((1, sympy.Abs(z) < half), (0, True))
        )


def test_every_built_in_slope_is_its_derivative_between_its_branches() -> None:
    """The check itself objects to none of ours."""
    from symgate.nonlinearities.formulas import disagreement

    for name in registered_nonlinearities():
        entry = nonlinearity(name)
        if not entry.opaque and entry.slope is not None and not entry.surrogate:
            assert disagreement(entry.formula, entry.slope) is None, name


def test_roots_are_there_without_being_registered() -> None:
    """Under a name that a user cannot take, printed and read back."""
    c = CellBuilder("root")
    x = c.state("x")
    c.next(x, (1 + x**2) ** (1 / 5))
    cell = c.build()
    J = sg.jacobian(cell)
    for claim in (sg.text(J), sg.latex(J)):
        assert sg.check(cell, claim).proved
    assert nonlinearity("root_7").domain == "positive"
    with pytest.raises(sg.SymgateError, match="already registered"):
        sg.register_nonlinearity("root_9", lambda z: z)
