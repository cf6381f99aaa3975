"""The pieces that the routes stand on: evaluators, algebras, functions, kernels."""

from __future__ import annotations

import random
import sys
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sympy.matrices.expressions import MatMul

from symgate.cells import CELLS, cell
from symgate.derive import jacobian
from symgate.errors import ShapeError, UnsupportedNodeError
from symgate.nonlinearities import Z, nonlinearity, registered_nonlinearities
from symgate.proof import layout, numeric
from symgate.proof.algebras import PRIME, Modular
from symgate.proof.arrays import Arrays
from symgate.proof.dual import Dual
from symgate.proof.entries import Entries
from symgate.proof.functions import BOUND, OPAQUE, RULES, functions, levels, value_polynomial
from symgate.proof.kernels import kernel, slope_kernel
from symgate.proof.numbers import Decimal, Rational
from symgate.proof.recurrences import RECURRENCES
from symgate.proof.tables import Table
from symgate.records import Cell
from tests.drawn import examples
from tests.reference import REFERENCE
from tests.strategies import cells

SMOOTH = [name for name in registered_nonlinearities() if name not in {"phi", "relu"} and not nonlinearity(name).opaque]


@settings(max_examples=examples(15), suppress_health_check=list(HealthCheck), deadline=None)
@given(cells(depth=2), st.integers(1, 4), st.integers(1, 3))
def test_the_exact_evaluator_and_the_array_evaluator_agree(drawn: Cell, n: int, m: int) -> None:
    """Two evaluators of the shape language, typed apart, give the same numbers."""
    derivation = jacobian(drawn, "A")
    sizes = dict(zip(drawn.dimensions, (n, m), strict=False))
    source = random.Random(0)
    own = functions(drawn, BOUND)
    points = layout.filled(layout.leaves(derivation), sizes, lambda _s, _i, _j: mpmath.mpf(source.uniform(-0.4, 0.4)))
    columns = {
        symbol: np.array([[float(line[j]) for j in range(value.cols)] for line in value.lines])
        if isinstance(value, Table)
        else float(value)
        for symbol, value in points.items()
    }

    exact = Entries(Decimal(own, 20), sizes, points, drawn.definitions).table(derivation.expr)
    arrays = Arrays(sizes, columns, drawn.definitions, lambda f, order, z: slope_kernel(own, f, order)(z))
    found = arrays.of(derivation.expr)

    dense = np.array([[float(line.get(j, 0)) for j in range(exact.cols)] for line in exact.lines])
    np.testing.assert_allclose(found, dense, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("name", [*SMOOTH, "relu"])
@pytest.mark.parametrize("order", [0, 1])
def test_kernels_are_the_registered_functions(name: str, order: int) -> None:
    """The NumPy kernels, typed apart, agree with the formula of the registry; the slope with its derivative."""
    own = functions(cell("plain", phi=name))
    points = np.array([3.1, 0.7, 0.2, 1.9] if name in {"sqrt", "log"} else [-3.1, -0.7, 0.2, 1.9])
    formula = nonlinearity(name).formula
    formula = formula if order == 0 else formula.rewrite(sympy.Piecewise).diff(Z)

    found = slope_kernel(own, "phi", order)(points)

    np.testing.assert_allclose(found, [float(formula.subs(Z, sympy.Float(p, 30))) for p in points], rtol=1e-13)


@pytest.mark.parametrize("name", [*SMOOTH, "relu"])
def test_kernels_take_a_complex_step(name: str) -> None:
    """Im f(z + ih)/h is the slope of the registry."""
    own = functions(cell("plain", phi=name))
    points = np.array([2.3, 0.4, 0.6, 3.0] if name in {"sqrt", "log"} else [-2.3, -0.4, 0.6, 3.0])
    stepped = np.imag(kernel(own, "phi")(points + 1e-30j)) / 1e-30
    np.testing.assert_allclose(stepped, slope_kernel(own, "phi", 1)(points), rtol=1e-13)


def test_a_registered_formula_gets_a_complex_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user's function: analytic where its formula is, else value and slope on the real part."""
    registry = sys.modules["symgate.nonlinearities"]
    monkeypatch.setattr(registry, "_REGISTRY", dict(registry._REGISTRY))
    registry.register_nonlinearity("swish", lambda z: z / (1 + sympy.exp(-z)))
    registry.register_nonlinearity("bent", lambda z: sympy.sqrt(z**2 + 1) * sympy.Heaviside(z) + sympy.erf(z))
    points = np.array([-1.2, 0.3, 2.0])
    for name in ("swish", "bent"):
        own = functions(cell("plain", phi=name))
        stepped = np.imag(kernel(own, "phi")(points + 1e-30j)) / 1e-30
        np.testing.assert_allclose(stepped, slope_kernel(own, "phi", 1)(points), rtol=1e-12)
        assert numeric.check(jacobian(cell("plain", phi=name))).passed


@pytest.mark.parametrize("own", CELLS, ids=lambda own: own.name)
def test_the_recurrences_typed_anew_are_those_of_the_reference(own: Cell) -> None:
    """Two typings of the paper, neither of which knows of the other."""
    derivation = jacobian(own)
    values = numeric.draw(derivation, dict(zip(own.dimensions, (6, 4), strict=True)), seed=3)
    kernels = {"phi": np.tanh, "sigma": lambda z: 1 / (1 + np.exp(-z))}
    np.testing.assert_allclose(RECURRENCES[own.name](kernels, **values), REFERENCE[own.name](**values), rtol=1e-13)


@pytest.mark.parametrize("rule", ["sigma", "tanh"])
def test_value_polynomials_are_derivatives(rule: str) -> None:
    """f'' as a polynomial in f, from the rule, is the derivative of the formula."""
    entry = nonlinearity(rule)
    for order in (1, 2, 3):
        value = sum(c * entry.formula**k for k, c in enumerate(value_polynomial(entry, order)))
        gap = (value - entry.formula.diff(Z, order)).subs(Z, sympy.Rational(1, 3)).evalf(30)
        assert abs(gap) < 1e-25


def test_levels_are_named_only_where_they_differ() -> None:
    """sigma has a value rule; an unbound phi adds nothing; a bound one does."""
    assert levels(cell("plain"), ("phi",)) == (OPAQUE, BOUND)
    assert levels(cell("multi_gate"), ("phi", "sigma")) == (OPAQUE, RULES, BOUND)
    assert levels(cell("plain", phi="sin"), ("phi",)) == (OPAQUE, BOUND)


def test_dual_numbers_are_derivatives() -> None:
    """d (x y^-2 + f(x y)) by hand."""
    own = functions(cell("plain"), BOUND)
    dual = Dual(Decimal(own, 30))
    x, y = (mpmath.mpf("0.3"), {"x": 1}), (mpmath.mpf("0.7"), {"y": 1})
    result = dual.total([dual.product([x, dual.power(y, -2)]), dual.apply("phi", 0, dual.product([x, y]), -1)])
    slope = 1 - mpmath.tanh(0.21) ** 2
    assert float(result[1]["x"]) == pytest.approx(float(1 / mpmath.mpf("0.49") + slope * mpmath.mpf("0.7")), rel=1e-12)
    assert float(result[1]["y"]) == pytest.approx(float(-2 * 0.3 / 0.343 + slope * 0.3), rel=1e-12)


def test_oracles_are_consistent_and_respect_the_rules() -> None:
    """The same question gets the same answer; sigma' = sigma (1 - sigma) where that may be used."""
    free, ruled = (Modular(functions(cell("multi_gate"), level), "seed") for level in (OPAQUE, RULES))
    assert free.apply("sigma", 1, 5, 0) == free.apply("sigma", 1, 5, 3)
    y = free.apply("sigma", 0, 5, 0)
    assert free.apply("sigma", 1, 5, 0) != y * (1 - y) % PRIME
    y = ruled.apply("sigma", 0, 5, 0)
    assert ruled.apply("sigma", 1, 5, 0) == y * (1 - y) % PRIME
    assert ruled.apply("phi", 1, 5, 0) == free.apply("phi", 1, 5, 0)


def test_rational_arithmetic_stops_at_transcendental_functions() -> None:
    """Exact rationals or nothing."""
    with pytest.raises(UnsupportedNodeError, match="rational values"):
        Rational(functions(cell("plain"), BOUND)).apply("phi", 0, 1, -1)


def test_shapes_are_checked_in_entries_and_arrays() -> None:
    """A product that does not fit is an error wherever it is evaluated."""
    J = jacobian(cell("plain"))
    W_i, W_r = J.cell.symbols["W_i"], J.cell.symbols["W_r"]
    n, m = J.cell.dimensions
    sizes = {n: 3, m: 2}
    algebra = Rational(functions(J.cell))
    values = layout.filled(layout.leaves(J), sizes, lambda _s, _i, _j: Fraction(1))
    entries = Entries(algebra, sizes, values, J.cell.definitions)
    with pytest.raises(ShapeError, match="3 x 2"):
        entries.multiplied(entries.table(W_i), entries.table(W_r), MatMul(W_r, W_r))
    with pytest.raises(UnsupportedNodeError):
        entries.of(sympy.sin(sympy.Symbol("alpha", real=True)))


def test_a_number_too_large_for_any_digits_is_none() -> None:
    """As of exp(exp(exp(x))), a recurrence of a few steps."""
    numbers = Decimal(functions(cell("plain"), BOUND), 20)

    def tower(height: int) -> Any:
        return numbers.apply("exp", 0, tower(height - 1), 0) if height else numbers.context.mpf(2)

    assert tower(3) > 1000
    with pytest.raises(UnsupportedNodeError, match="no number"):
        tower(7)


@pytest.mark.parametrize("outer", [sympy.log, sympy.sin, sympy.erf, sympy.Abs, lambda z: z])
def test_a_formula_with_a_number_too_large_for_any_digits_has_none(outer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever function is around it: exp of exp(exp(exp(3))) would take all memory, or end the process."""
    registry = sys.modules["symgate.nonlinearities"]
    monkeypatch.setattr(registry, "_REGISTRY", dict(registry._REGISTRY))
    registry.register_nonlinearity("steep", lambda z: outer(1 + sympy.exp(sympy.exp(sympy.exp(sympy.exp(z))))))
    numbers = Decimal(functions(cell("plain", phi="steep"), BOUND), 20)

    for order in (0, 1):
        assert numbers.context.isfinite(numbers.apply("phi", order, numbers.context.mpf(-1), 0))
        with pytest.raises(UnsupportedNodeError, match="no number"):
            numbers.apply("phi", order, numbers.context.mpf(3), 0)


@pytest.mark.parametrize("order", [0, 1, 2])
def test_a_root_of_a_negative_number_is_none(order: int) -> None:
    """Nor is one that stands inside a product, as in a derivative."""
    numbers = Decimal(functions(cell("plain"), BOUND), 20)

    with pytest.raises(UnsupportedNodeError, match="no number"):
        numbers.apply("sqrt", order, numbers.context.mpf(-1), 0)
