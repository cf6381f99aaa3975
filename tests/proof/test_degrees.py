"""Degrees bound what is computed, and so the probability that a wrong formula passes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sympy

import symgate as sg
from symgate.derive.results import result
from symgate.proof.algebras import Algebra, Dual, Modular
from symgate.proof.degrees import Degrees, error_probability
from symgate.proof.functions import BOUND, OPAQUE, functions
from symgate.proof.modular import opinion

CELL = sg.cell("plain")


def cubic(of: Algebra, x: Any, y: Any) -> Any:
    return of.total([of.power(x, 3), of.product([x, y, y, y, y]), of.one])


def quotient(of: Algebra, x: Any, y: Any) -> Any:
    return of.total([of.power(x, -2), of.product([y, of.power(of.total([x, y]), -1)])])


def ruled(of: Algebra, x: Any, y: Any) -> Any:
    return of.product([of.apply("sigma", 2, x, 0), y])


@pytest.mark.parametrize(
    ("compute", "degree"), [(cubic, (5, 0)), (quotient, (3, 3)), (ruled, (5, 1))], ids=["sum", "quotient", "rule"]
)
def test_degrees_of_numerator_and_denominator(compute: Callable[..., Any], degree: tuple[int, int]) -> None:
    own = functions(CELL, BOUND)

    assert compute(Degrees(own), (1, 0), (1, 0)) == degree


def test_an_opaque_function_is_a_new_letter_and_its_argument_is_noted() -> None:
    algebra = Degrees(functions(CELL, OPAQUE))

    assert algebra.apply("phi", 1, (7, 2), 0) == (1, 0)
    assert algebra.inner == 9


def test_derivatives_have_degrees_too() -> None:
    dual = Dual(Degrees(functions(CELL, OPAQUE)))
    value, slope = dual.power(((2, 0), {"x": (1, 0)}), 3)

    assert value == (6, 0)
    assert slope == {"x": (6, 0)}  # 3 (x^2)^2 times a slope of degree 1, the 3 counted as a letter


@pytest.mark.parametrize("compute", [cubic, quotient])
def test_no_more_roots_than_the_degree(compute: Callable[..., Any]) -> None:
    """Modulo a small prime, with y fixed, a function that is not 0 has at most as many roots as its degree."""
    own, prime = functions(CELL, OPAQUE), 1009
    algebra, degree = Modular(own, "", prime=prime), sum(compute(Degrees(own), (1, 0), (1, 0)))
    roots = 0
    for x in range(prime):
        try:
            roots += compute(algebra, x, 17) == 0
        except ZeroDivisionError:
            continue

    assert degree > 0
    assert roots <= degree


def test_the_probability_grows_with_everything_that_it_bounds() -> None:
    least = error_probability(10, 2, 10, 1000)

    assert least < error_probability(11, 2, 10, 1000)
    assert least < error_probability(10, 3, 10, 1000)
    assert least < error_probability(10, 2, 11, 1000)
    assert least < error_probability(10, 2, 10, 2000)


@pytest.mark.parametrize("name", ["x", "transport", "expansion:drive:2", "analogy:schedule"])
def test_it_is_stated_and_small(name: str) -> None:
    found = opinion(result(sg.cell("multi_gate"), name))

    assert found.error_probability is not None
    assert 2.0**-60 < found.error_probability < 1e-9
    assert f"{found.error_probability:.1g}" in found.detail


def test_constants_of_many_digits_count_more() -> None:
    algebra = Degrees(functions(CELL, OPAQUE))

    assert algebra.number(sympy.Integer(5)) == (1, 0)
    assert algebra.number(sympy.Rational(1, 3)) == (1, 1)
    assert algebra.number(sympy.Integer(2) ** 300) == (5, 0)
