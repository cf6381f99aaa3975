"""At a kink nothing is stated, so no claim is refuted there."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy

import symgate as sg
from symgate.errors import UnsupportedNodeError
from symgate.proof.functions import BOUND, functions
from symgate.proof.numbers import Decimal, Rational


def test_a_claim_is_not_refuted_where_an_argument_is_0() -> None:
    """It holds wherever no argument of relu is 0; with this seed a point at which one is 0 is drawn."""
    found = sg.check(sg.cell("plain", phi="relu"), "W_r - diag(step(-a*a*a)) @ W_r", "jacobian", seed=14)
    assert found.verdict == "undecided"


def test_a_wrong_claim_is_still_refuted_beside_the_kink() -> None:
    found = sg.check(sg.cell("plain", phi="relu"), "W_r - diag(step(a*a*a)) @ W_r", "jacobian", seed=14)
    assert found.verdict == "refuted"


@pytest.mark.parametrize(("name", "kink"), [("relu", 0), ("relu6", 6), ("hard_tanh", -1), ("step", 0), ("abs", 0)])
@pytest.mark.parametrize("order", [0, 1])
def test_functions_have_no_numbers_at_a_kink(name: str, kink: int, order: int) -> None:
    """Up to rounding; just beside it they have one."""
    numbers = Decimal(functions(sg.cell("plain", phi=name), BOUND), 50)
    for at in (sympy.Integer(kink), kink + sympy.Rational(1, 10**55)):
        with pytest.raises(UnsupportedNodeError, match="kink"):
            numbers.apply("phi", order, numbers.number(at), 0)
    assert numbers.apply("phi", order, numbers.number(kink + sympy.Rational(1, 100)), 0) is not None


def test_fractions_keep_away_from_them_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("symgate.nonlinearities._REGISTRY", dict(sg.nonlinearities._REGISTRY))
    sg.register_nonlinearity("bent", lambda z: z**2, kinks=(0.5,))
    numbers = Rational(functions(sg.cell("plain", phi="bent"), BOUND))
    assert numbers.apply("phi", 1, Fraction(1, 4), 0) == Fraction(1, 2)
    with pytest.raises(UnsupportedNodeError, match="kink"):
        numbers.apply("phi", 1, Fraction(1, 2), 0)
