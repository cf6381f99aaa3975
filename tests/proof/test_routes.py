"""The routes one by one, and the pieces they stand on."""

from __future__ import annotations

import random
import sys
from dataclasses import replace

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sympy.matrices.expressions import MatMul

from symgate import interop
from symgate.cells import CELLS, cell
from symgate.derive import jacobian, objects, vjp
from symgate.errors import ShapeError, UnsupportedNodeError
from symgate.nonlinearities import Z, nonlinearity, registered_nonlinearities
from symgate.notation import CellBuilder, sigma, tanh
from symgate.proof import entrywise, layout, limits, modular, numeric
from symgate.proof.algebras import PRIME, Decimal, Dual, Modular, Rational
from symgate.proof.arrays import Arrays
from symgate.proof.entries import Entries, Table
from symgate.proof.functions import BOUND, OPAQUE, RULES, functions, levels, value_polynomial
from symgate.proof.kernels import kernel, slope_kernel
from symgate.proof.limits import REDUCTIONS
from symgate.proof.recurrences import RECURRENCES
from symgate.proof.slips import scaled
from symgate.proof.symbolic import Symbolic, expanded, named, opaque, vanishes
from symgate.records import Cell
from tests.reference import REFERENCE
from tests.strategies import cells

SMOOTH = [name for name in registered_nonlinearities() if name not in {"phi", "relu"} and not nonlinearity(name).opaque]


@settings(max_examples=15, suppress_health_check=list(HealthCheck), deadline=None)
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
    points = np.array([-3.1, -0.7, 0.2, 1.9])
    formula = nonlinearity(name).formula
    formula = formula if order == 0 else formula.rewrite(sympy.Piecewise).diff(Z)

    found = slope_kernel(own, "phi", order)(points)

    np.testing.assert_allclose(found, [float(formula.subs(Z, sympy.Float(p, 30))) for p in points], rtol=1e-13)


@pytest.mark.parametrize("name", [*SMOOTH, "relu"])
def test_kernels_take_a_complex_step(name: str) -> None:
    """Im f(z + ih)/h is the slope of the registry."""
    own = functions(cell("plain", phi=name))
    points = np.array([-2.3, -0.4, 0.6, 3.0])
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


def test_sympy_differentiates_opaque_functions_itself() -> None:
    """The chain rule on f(x^2) and through a named value, rows being constants."""
    x = sympy.Symbol("x")
    f, df = opaque("f", 0), opaque("f", 1)
    assert sympy.diff(f(x**2, 3), x) == 2 * x * df(x**2, 3)
    assert sympy.diff(named("a")(f(x, 1), 0), x) == df(x, 1)
    assert f(x, 1) != f(x, 2)


def test_expansion_leaves_functions_alone_and_has_a_limit() -> None:
    """Atoms stay atoms; an expansion that would explode is refused."""
    x, y = sympy.symbols("x y")
    f = opaque("f", 0)
    assert expanded((x + y) * f(x * (x + y), 0)) == x * f(x * (x + y), 0) + y * f(x * (x + y), 0)
    assert vanishes((x + y) ** 2 - x**2 - 2 * x * y - y**2)
    assert not vanishes((x + y) ** 2 - x**2 - y**2)
    big = sympy.Add(*sympy.symbols("z:40"))
    with pytest.raises(UnsupportedNodeError, match="terms"):
        vanishes(big**4 - x)


def test_division_by_a_scalar_is_proved() -> None:
    """x / (1 + x'x): a scalar below the line, with a derivative of its own."""
    builder = CellBuilder("normed")
    x = builder.state("x", "n")
    s = builder.let("s", 1 + x.T @ x)
    builder.next(x, tanh(x / s))
    J = jacobian(builder.build())
    assert entrywise.check(J).passed
    assert modular.check(J).passed
    wrong = replace(J, named_terms=tuple((k, scaled(sympy.Rational(101, 100), v)) for k, v in J.named_terms))
    assert entrywise.check(wrong).passed is False
    assert modular.check(wrong).passed is False


@pytest.mark.parametrize("wrt", ["x", "W_g", "b"])
def test_each_exact_route_sees_one_per_cent(wrt: str) -> None:
    """In either form, by either route."""
    for derive in (jacobian, vjp):
        right = derive(cell("multi_gate"), wrt)
        name, term = right.named_terms[-1]
        terms = (*right.named_terms[:-1], (name, scaled(sympy.Rational(101, 100), term)))
        wrong = replace(right, named_terms=terms)
        assert entrywise.check(right).passed
        assert modular.check(right).passed
        assert entrywise.check(wrong).passed is False
        assert modular.check(wrong).passed is False
        assert numeric.check(wrong).passed is False


def test_the_stated_error_probability_is_a_bound() -> None:
    """It grows with the number of function values and stays far below what anyone would doubt."""
    settling = modular.Letters(jacobian(cell("multi_gate")), keep_names=False).settling()
    assert settling.degree >= 4
    assert 0 < modular.error_probability(settling, 2) < modular.error_probability(settling, 128) < 1e-12


@pytest.mark.parametrize("own", CELLS, ids=lambda own: own.name)
def test_reductions_hold_and_their_number_is_known(own: Cell) -> None:
    """Every line of the table is used by the state Jacobian of its cell, and by more than that."""
    lines = [item.words for item in REDUCTIONS if item.cell == own.name]
    detail = limits.check(jacobian(own)).detail
    assert all(words in detail for words in lines)
    assert all(limits.check(derivation).passed for derivation in objects(own))


def test_each_reduction_can_fail() -> None:
    """A state Jacobian off by one per cent in all its terms fails wherever it is not zero anyway."""
    for own in CELLS:
        J = jacobian(own)
        wrong = replace(J, named_terms=tuple((k, scaled(sympy.Rational(101, 100), v)) for k, v in J.named_terms))
        for item in REDUCTIONS:
            if item.cell == own.name:
                sizes = {dim: 3 + k for k, dim in enumerate(own.dimensions)}
                ((words, _, left, right),) = limits._reduced(wrong, item, OPAQUE, sizes, 0)
                keys = left.keys() | right.keys()
                assert any(left.get(key, 0) != right.get(key, 0) for key in keys), words


def test_gradients_of_other_libraries_where_installed() -> None:
    """torch and jax, where installed, differentiate the recurrence typed anew; otherwise the certificate says so."""
    found = numeric.autodiff(jacobian(cell("scalar_gate", phi="sin")))
    if not interop.available():
        assert found.passed is None
        assert "not installed" in found.detail
        return
    J = jacobian(cell("scalar_gate"))
    wrong = replace(J, named_terms=tuple((k, scaled(sympy.Rational(101, 100), v)) for k, v in J.named_terms))
    assert found.passed
    assert all(name in found.detail for name in interop.available())
    assert numeric.autodiff(wrong).passed is False


def test_without_other_libraries_a_proof_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are never required."""
    monkeypatch.setattr(interop, "available", lambda: ())
    found = numeric.autodiff(jacobian(cell("plain")))
    assert found.passed is None
    assert "not installed" in found.detail
    with pytest.raises(ValueError, match="torch"):
        interop.kernels("abacus")


def test_shapes_are_checked_in_entries_and_arrays() -> None:
    """A product that does not fit is an error wherever it is evaluated."""
    J = jacobian(cell("plain"))
    W_i, W_r = J.cell.symbols["W_i"], J.cell.symbols["W_r"]
    n, m = J.cell.dimensions
    sizes = {n: 3, m: 2}
    algebra = Symbolic(functions(J.cell), keep_names=True)
    values = layout.filled(layout.leaves(J), sizes, lambda _s, _i, _j: sympy.S.One)
    entries = Entries(algebra, sizes, values, J.cell.definitions)
    with pytest.raises(ShapeError, match="3 x 2"):
        entries._times(entries.table(W_i), entries.table(W_r), MatMul(W_r, W_r))
    with pytest.raises(UnsupportedNodeError):
        entries.of(sympy.sin(sympy.Symbol("alpha", real=True)))


def test_relu_is_stepped_on_the_side_where_it_is() -> None:
    """A kink is no obstacle to the numeric route: the branch is chosen on the real part."""
    assert numeric.check(jacobian(cell("multi_gate", phi="relu"))).passed


def test_a_user_cell_is_stepped_through_its_own_recurrence() -> None:
    """Without a reference the evidence says whose recurrence it was."""
    builder = CellBuilder("own")
    x, w = builder.state("x", "n"), builder.vector("w", "n")
    builder.next(x, sigma(w.T @ x) * tanh(x))
    J = jacobian(builder.build())
    found = numeric.check(J)
    assert found.passed
    assert "no independent reference" in found.detail

    def step(x: np.ndarray, w: np.ndarray) -> np.ndarray:
        return np.tanh(x) / (1 + np.exp(-(w @ x)))

    assert "reference given" in numeric.check(J, reference=step).detail
    assert numeric.check(J, reference=step).passed
