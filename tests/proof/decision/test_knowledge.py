"""The identities between functions hold for the formulas of the registry, and only those are used."""

from typing import Any

import mpmath
import pytest
import sympy

import symgate as sg
from symgate.nonlinearities import Z, nonlinearity
from symgate.proof.decision import decide
from symgate.proof.decision.knowledge import SPECIAL
from tests.truth.api import reading

z = Z
TANH_HALF = sympy.tanh(z / 2)
SIGMA, MISH = 1 / (1 + sympy.exp(-z)), sympy.tanh(sympy.log(1 + sympy.exp(z)))
SCALE, ALPHA = sympy.Rational("1.0507009873554804934193349852946"), sympy.Rational("1.6732632423543772848170429916717")


def bent(x: sympy.Expr) -> sympy.Expr:
    return sympy.Max(x, 0)


def step(x: sympy.Expr) -> sympy.Expr:
    return sympy.Heaviside(x, 0)


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
    ("silu", 0): z * SIGMA,
    ("silu", 1): SIGMA + z * SIGMA * (1 - SIGMA),
    ("gelu", 0): z * (1 + sympy.erf(z / sympy.sqrt(2))) / 2,
    ("gelu", 1): (1 + sympy.erf(z / sympy.sqrt(2))) / 2 + z * sympy.exp(-(z**2) / 2) / sympy.sqrt(2 * sympy.pi),
    ("mish", 0): z * sympy.tanh(sympy.log(1 + sympy.exp(z))),
    ("mish", 1): MISH + z * (1 - MISH**2) * SIGMA,
    ("log_sigmoid", 0): z - sympy.log(1 + sympy.exp(z)),
    ("log_sigmoid", 1): 1 - SIGMA,
    ("log_sigmoid", 2): -SIGMA * (1 - SIGMA),
    ("elu", 0): bent(z) + sympy.exp(-bent(-z)) - 1,
    ("elu", 1): step(z) + (1 - step(z)) * sympy.exp(-bent(-z)),
    ("selu", 0): SCALE * bent(z) + SCALE * ALPHA * (sympy.exp(-bent(-z)) - 1),
    ("selu", 1): SCALE * step(z) + SCALE * ALPHA * (1 - step(z)) * sympy.exp(-bent(-z)),
    ("leaky_relu", 0): bent(z) - bent(-z) / 100,
    ("leaky_relu", 1): step(z) + step(-z) / 100,
    ("relu6", 0): bent(z) - bent(z - 6),
    ("relu6", 1): step(z) - step(z - 6),
    ("hard_tanh", 0): bent(z + 1) - bent(z - 1) - 1,
    ("hard_tanh", 1): step(z + 1) - step(z - 1),
    ("hard_sigmoid", 0): (bent(z + 3) - bent(z - 3)) / 6,
    ("hard_sigmoid", 1): (step(z + 3) - step(z - 3)) / 6,
    ("step", 0): step(z),
}

#: As a user may write them; what is made of others is found at the second and at the third stage of what is known.
WRITTEN = [
    ("silu(a)", "a*sigma(a)"),
    ("silu(a)", "a/(1+exp(-a))"),
    ("dsilu(a)", "sigma(a) + a*dsigma(a)"),
    ("dsilu(a)", "silu(a) + sigma(a)*(1-silu(a))"),
    ("sigma(a)", "1/(1+exp(-a))"),
    ("dsigma(a)", "exp(-a)/(1+exp(-a))**2"),
    ("tanh(a)", "(exp(a)-exp(-a))/(exp(a)+exp(-a))"),
    ("gelu(a)", "a*(1+erf(a/sqrt(2)))/2"),
    ("dgelu(a)", "(1+erf(a/sqrt(2)))/2 + a*derf(a/sqrt(2))/(2*sqrt(2))"),
    ("mish(a)", "a*tanh(softplus(a))"),
    ("dmish(a)", "tanh(softplus(a)) + a*(1-tanh(softplus(a))**2)*sigma(a)"),
    ("log_sigmoid(a)", "-softplus(-a)"),
    ("dlog_sigmoid(a)", "sigma(-a)"),
    ("softsign(a)", "a/(1+abs(a))"),
    ("elu(a)", "relu(a)+exp(-relu(-a))-1"),
    ("leaky_relu(a)", "0.01*a + 0.99*relu(a)"),
    ("hard_tanh(a)", "relu(a+1)-relu(a-1)-1"),
    ("hard_sigmoid(a)", "relu6(a+3)/6"),
    ("drelu(a)", "step(a)"),
    ("relu(a)", "a*step(a)"),
    ("abs(a)", "relu(a)+relu(-a)"),
]


@pytest.mark.parametrize(("left", "right"), WRITTEN)
def test_functions_made_of_others_are_known_as_they_are_written(left: str, right: str) -> None:
    assert _equal(left, right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("silu(a)", "a*sigma(-a)"),
        ("silu(a)", "a*tanh(a)"),
        ("dsilu(a)", "sigma(a) + a*sigma(a)"),
        ("gelu(a)", "a*(1+erf(a))/2"),
        ("mish(a)", "a*tanh(sigma(a))"),
        ("log_sigmoid(a)", "softplus(-a)"),
        ("elu(a)", "relu(a)+exp(-relu(a))-1"),
        ("leaky_relu(a)", "0.01*a + relu(a)"),
        ("relu6(a)", "relu(a)-relu(a+6)"),
        ("hard_tanh(a)", "relu(a+1)-relu(a-1)"),
        ("hard_sigmoid(a)", "relu6(a-3)/6"),
        ("drelu(a)", "1-step(a)"),
        ("tanh(a)", "(exp(a)-exp(-a))/(exp(a)+2*exp(-a))"),
        ("sigma(a)", "1/(1+exp(a))"),
    ],
)
def test_what_only_looks_like_them_is_not(left: str, right: str) -> None:
    assert not _equal(left, right)


def _equal(left: str, right: str) -> bool:
    cell = sg.cell("plain")
    return decide(cell, *(reading(cell, "jacobian", f"diag({side}) @ W_r") for side in (left, right))).equal


@pytest.mark.parametrize(("name", "order"), IDENTITIES)
def test_identities_hold_for_the_formulas(name: Any, order: Any) -> None:
    """At points on both sides of 0 where the function is defined, to 30 digits."""
    formula, claimed = nonlinearity(name).derivative(order), IDENTITIES[name, order]
    with mpmath.workdps(40):
        for point in ("0.7", "1.9", "2.6") if name == "sqrt" else ("-3.4", "-2.1", "-0.3", "0.7", "1.9", "3.7", "6.5"):
            values = [expr.subs(z, sympy.Rational(point)).evalf(40) for expr in (formula, claimed)]
            assert abs(values[0] - values[1]) < sympy.Float("1e-30", 40)


def test_every_special_function_is_checked_here() -> None:
    """Nothing is known of a function that no line above holds to its formula; erf is only odd."""
    assert set(SPECIAL) - {"erf"} == {name for name, _ in IDENTITIES}
    assert sympy.erf(-z) == -sympy.erf(z)
