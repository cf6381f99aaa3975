"""The identities between functions hold for the formulas of the registry, and only those are used."""

import mpmath
import pytest
import sympy

from symgate.nonlinearities import Z, nonlinearity
from symgate.proof.decision.knowledge import SPECIAL

z = Z
TANH_HALF = sympy.tanh(z / 2)
#: What ``knowledge.py`` puts in the place of each function, typed again.
IDENTITIES = {
    ("sigma", 0): (1 + TANH_HALF) / 2,
    ("sigma", 1): (1 - TANH_HALF**2) / 4,
    ("softplus", 0): z / 2 + sympy.log(2 * sympy.cosh(z / 2)),
    ("softplus", 1): 1 / (1 + sympy.exp(-z)),
    ("tanh", 1): 1 - sympy.tanh(z) ** 2,
    ("tanh", 2): -2 * sympy.tanh(z) * (1 - sympy.tanh(z) ** 2),
    ("relu", 0): z * (1 + sympy.sign(z)) / 2,
    ("relu", 1): (1 + sympy.sign(z)) / 2,
    ("abs", 0): z * sympy.sign(z),
    ("abs", 1): sympy.sign(z),
    ("sin", 1): sympy.cos(z),
    ("sin", 2): -sympy.sin(z),
    ("sin", 3): -sympy.cos(z),
    ("cos", 1): -sympy.sin(z),
    ("exp", 2): sympy.exp(z),
    ("expm1", 0): sympy.exp(z) - 1,
    ("expm1", 1): sympy.exp(z),
    ("sqrt", 1): 1 / (2 * sympy.sqrt(z)),
    ("sqrt", 2): -1 / (4 * z * sympy.sqrt(z)),
}


@pytest.mark.parametrize(("name", "order"), IDENTITIES)
def test_identities_hold_for_the_formulas(name, order):
    """At points on both sides of 0 where the function is defined, to 30 digits."""
    formula, claimed = nonlinearity(name).derivative(order), IDENTITIES[name, order]
    with mpmath.workdps(40):
        for point in ("0.7", "1.9", "2.6") if name == "sqrt" else ("-2.1", "-0.3", "0.7", "1.9"):
            values = [expr.subs(z, sympy.Rational(point)).evalf(40) for expr in (formula, claimed)]
            assert abs(values[0] - values[1]) < sympy.Float("1e-30", 40)


def test_every_special_function_is_checked_here():
    """Nothing is known of a function that no line above holds to its formula; erf is only odd."""
    assert set(SPECIAL) - {"erf"} == {name for name, _ in IDENTITIES}
    assert sympy.erf(-z) == -sympy.erf(z)
