"""What is put in the place of a registered function has the values of its formula, in every derivative."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import mpmath
import pytest
import sympy

from symgate.nonlinearities import Z, nonlinearity, registered_nonlinearities
from symgate.proof.decision.canon import Algebra
from symgate.proof.decision.forms import Atom, Form, Kind
from symgate.proof.decision.functions import Function
from symgate.proof.decision.knowledge import COS, ERF, EXP, LOGCOSH, SIGN, SIN, SPECIAL, TANH, Facts, Knowledge
from tests.proof.decision.symbols import PLAIN

#: What the functions of ``knowledge.py`` are.
MEANT: Mapping[Function, sympy.Expr] = {
    EXP: sympy.exp(Z),
    TANH: sympy.tanh(Z),
    SIGN: sympy.sign(Z),
    SIN: sympy.sin(Z),
    COS: sympy.cos(Z),
    LOGCOSH: sympy.log(2 * sympy.cosh(Z / 2)),
    ERF: sympy.erf(Z),
}
POINTS = ["-3.4", "-0.3", "0.7", "2.6", "6.5"]


def at(expr: sympy.Expr, point: mpmath.mpf) -> mpmath.mpf:
    return mpmath.mpf(expr.subs(Z, sympy.Float(point, 45)).evalf(45))


def value(form: Form, z: mpmath.mpf) -> mpmath.mpf:
    """The value of a form of one scalar."""
    return mpmath.fsum(
        mpmath.mpf(number.numerator) / number.denominator * mpmath.fprod(factor(*pair, z) for pair in term.factors)
        for term, number in form.terms
    )


def factor(atom: Atom, power: object, z: mpmath.mpf) -> mpmath.mpf:
    """The value of a power of one of its atoms."""
    base = z if atom.kind is Kind.ENTRY else value(atom.args[0], z)
    if atom.kind is Kind.FUN:
        function, order = atom.head
        plain = nonlinearity(function.name).derivative(order) if function not in MEANT else None
        base = at(MEANT[function].diff(Z, order) if plain is None else plain, base)
    exponent = mpmath.mpf(power.numerator) / power.denominator
    return base**exponent if base or exponent > 0 else mpmath.mpf(0)


@pytest.mark.parametrize("facts", Facts, ids=lambda facts: facts.name)
@pytest.mark.parametrize("name", sorted({*SPECIAL, *registered_nonlinearities()}))
def test_what_is_put_in_the_place_of_a_function_is_the_function(name: str, facts: Facts) -> None:
    """Up to the third derivative, of z and of -2 z, on both sides of 0, to 25 digits."""
    entry = nonlinearity(name)
    if entry.opaque:
        pytest.skip("nothing is known of it")
    algebra = Algebra()
    z = algebra.of(algebra.atom(Kind.ENTRY, ("scalar", Z)))
    with mpmath.workdps(40):
        for order, scale in product(range(4), (1, -2)):
            form = Knowledge(algebra, PLAIN, bound=False, facts=facts).registered(name, algebra.scaled(z, scale), order)
            rewritten = Knowledge(algebra, PLAIN, bound=False, facts=facts).rewriting().apply(form)
            for point in map(mpmath.mpf, POINTS):
                if scale * point > 0 or name not in ("sqrt", "log"):
                    wanted = at(entry.derivative(order), scale * point)
                    for found in {form, rewritten}:
                        assert abs(value(found, point) - wanted) < mpmath.mpf("1e-25"), (order, scale, point)
