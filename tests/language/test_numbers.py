"""Numbers as exact fractions: a float that is printed with fewer digits than it has is not what is printed."""

import pytest
import sympy
from sympy import Rational

import symgate as sg
from symgate.language.numbers import decimal, rational

SHORT = {"0.1": Rational(1, 10), "-2.5": Rational(-5, 2), "1e-300": Rational(1, 10**300), "3": Rational(3)}


@pytest.mark.parametrize("shown", SHORT)
@pytest.mark.parametrize("digits", [15, 30])
def test_a_float_is_its_decimal(shown: str, digits: int) -> None:
    assert decimal(sympy.Float(shown, digits)) == rational(sympy.Float(shown, digits)) == SHORT[shown]


@pytest.mark.parametrize(
    "value",
    [sympy.Float(1 + 2**-52), sympy.Float("1.3", 1), sympy.Float(0.1, 30), sympy.Float(1 + Rational(1, 2**100), 30)],
)
def test_a_float_that_is_printed_rounded_keeps_its_value(value: sympy.Float) -> None:
    assert decimal(value) == rational(value) == Rational(value)
    assert decimal(value) != Rational(str(value))


@pytest.mark.parametrize(
    "factor", [sympy.Float(1 + 2**-52), sympy.Float("1.3", 1), sympy.Float(1 + Rational(1, 2**84), 25)]
)
@pytest.mark.parametrize("name", ["jacobian", "transport"])
def test_a_claim_is_not_proved_with_a_factor_that_is_printed_as_1(factor: sympy.Float, name: str) -> None:
    truth = sg.result("leaky", name)
    claim = sympy.MatMul(factor, truth.expr)
    assert sg.check("leaky", sympy.MatMul(sympy.Float(1), truth.expr), name).proved
    assert not sg.check("leaky", claim, name).proved
