"""Degrees bound what is computed, and so the probability that a wrong formula passes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sympy

import symgate as sg
from symgate.derive.results import result
from symgate.proof.algebras import Algebra, Modular
from symgate.proof.degrees import Degree, Degrees, DividedError, error_probability
from symgate.proof.dual import Dual
from symgate.proof.functions import BOUND, OPAQUE, Functions, functions
from symgate.proof.modular import opinion

CELL = sg.cell("plain")


def cubic(of: Algebra, x: Any, y: Any) -> Any:
    return of.total([of.power(x, 3), of.product([x, y, y, y, y]), of.one])


def quotient(of: Algebra, x: Any, y: Any) -> Any:
    return of.total([of.power(x, -2), of.product([y, of.power(of.total([x, y]), -1)])])


def ruled(of: Algebra, x: Any, y: Any) -> Any:
    return of.product([of.apply("sigma", 2, x, 0), y])


def bounds(level: str = OPAQUE) -> Degrees:
    return Degrees(Modular(functions(CELL, level), "degrees"))


def shown(found: Degree) -> tuple[int, int]:
    return found.above, found.weight


def letters(of: Degrees) -> tuple[Degree, Degree]:
    return of.drawn(1001), of.drawn(2002)


@pytest.mark.parametrize(
    ("compute", "degree"), [(cubic, (5, 0)), (quotient, (3, 3)), (ruled, (5, 1))], ids=["sum", "quotient", "rule"]
)
def test_degrees_of_numerator_and_denominator(compute: Callable[..., Any], degree: tuple[int, int]) -> None:
    algebra = bounds(BOUND)

    assert shown(compute(algebra, *letters(algebra))) == degree


def test_an_opaque_function_is_a_new_letter_and_its_argument_is_noted() -> None:
    algebra = bounds()

    assert shown(algebra.apply("phi", 1, Degree(7, {}, 2, 5), 0)) == (1, 0)
    assert algebra.inner == 9


def test_derivatives_have_degrees_too() -> None:
    algebra = bounds()
    dual = Dual(algebra)
    value, slope = dual.power((Degree(2, value=9), {"x": algebra.drawn(5)}), 3)

    assert shown(value) == (6, 0)
    assert {key: shown(item) for key, item in slope.items()} == {"x": (6, 0)}  # 3 (x^2)^2 x', the 3 counted as a letter


@pytest.mark.parametrize("name", ["square", "sigma"])
def test_the_weight_is_that_of_the_factors_below(name: str) -> None:
    """Also where a polynomial is taken of itself: its coefficients are there twice."""
    algebra = bounds(BOUND)
    x, _ = letters(algebra)
    twice = algebra.apply(name, 0, algebra.apply(name, 0, x, 0), 0)

    assert twice.weight == sum(power * algebra.factors[factor] for factor, power in twice.below.items())
    assert algebra.total([twice, x]).above >= twice.above


def test_long_coefficients_of_a_function_count_as_long_numbers_do(monkeypatch: pytest.MonkeyPatch) -> None:
    algebra = bounds(BOUND)
    x, _ = letters(algebra)
    long = sympy.Rational(3**400, 7**200)
    monkeypatch.setattr(Functions, "in_argument", lambda *_: (sympy.S.One, long))

    product = algebra.product([algebra.number(long), x])
    assert shown(algebra.apply("square", 0, x, 0)) == shown(product) == (11, 9)


def test_one_factor_below_is_counted_once_however_often_it_is_met() -> None:
    """A sum of thousand quotients by one number has its degree below; by two numbers it has the product."""
    algebra = bounds()
    x, y = letters(algebra)
    once = algebra.power(x, -1)

    assert shown(algebra.total([algebra.product([y, algebra.power(x, -1)]) for _ in range(1000)])) == (1, 1)
    assert shown(algebra.total([once, algebra.power(x, -2), algebra.power(y, -1)])) == (2, 3)  # over x^2 y
    assert shown(algebra.power(algebra.total([once, y]), -1)) == (1, 2)  # x / (1 + x y)
    assert algebra.told_apart == 3


def test_nothing_that_was_computed_stands_below_where_that_was_asked() -> None:
    algebra = Degrees(Modular(functions(CELL, OPAQUE), "degrees"), undivided=True)

    assert shown(algebra.number(sympy.Rational(1, 3))) == (1, 1)
    with pytest.raises(DividedError):
        algebra.power(algebra.drawn(3), -1)


@pytest.mark.parametrize("compute", [cubic, quotient])
def test_no_more_roots_than_the_degree(compute: Callable[..., Any]) -> None:
    """Modulo a small prime, with y fixed, a function that is not 0 has at most as many roots as its degree."""
    own, prime = functions(CELL, OPAQUE), 1009
    algebra, of = Modular(own, "", prime=prime), bounds()
    degree = compute(of, *letters(of)).height
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
    algebra = bounds()

    assert shown(algebra.number(sympy.Integer(5))) == (1, 0)
    assert shown(algebra.number(sympy.Rational(1, 3))) == (1, 1)
    assert shown(algebra.number(sympy.Integer(2) ** 300)) == (5, 0)
