"""Formulas at times that are numbers: running sums and products, bounds, conditions, and what they cost."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
import sympy
from sympy import KroneckerDelta, Max, Min, Piecewise, Rational
from sympy.matrices.expressions import Identity, MatMul

import symgate as sg
from symgate.errors import UnsupportedNodeError
from symgate.language import ScalarSignal, Signal
from symgate.language.sequences import MatrixSum, OrderedProduct, at
from symgate.proof import numbers
from symgate.proof.algebras import Modular
from symgate.proof.cases import at_sizes
from symgate.proof.digest import residues
from symgate.proof.functions import functions
from symgate.proof.sequences.laws import Law, OutsideError, Place, constants, place
from symgate.proof.sequences.moments import Moments
from symgate.proof.sequences.paths import Path
from symgate.proof.tables import Table
from symgate.proof.work import TooMuchError, Work

N = sympy.Symbol("n", integer=True, positive=True)
I, J, K, T = sympy.symbols("i j k t", integer=True)


def moments(**options: Any) -> Moments:
    """An evaluator over fractions at n = 2 with x_j = j as a scalar and B_j = diag(j, 1) + a corner."""
    algebra = numbers.Rational(functions(sg.cell("plain")))
    timed = {("x", (), (j,)): Fraction(j) for j in range(12)}
    timed |= {("B", (N, N), (j,)): Table(2, [{0: Fraction(j), 1: Fraction(1)}, {1: Fraction(1)}]) for j in range(12)}
    return Moments(algebra, {N: 2}, {}, {}, timed=timed, **options)


def x(index: Any) -> ScalarSignal:
    return ScalarSignal("x", index)


B = Signal("B", N, N, J)
VALUES = {
    "sum": (sympy.Sum(x(J), (J, 1, T)), 1 + 2 + 3 + 4),
    "empty sum": (sympy.Sum(x(J), (J, T + 1, T)), 0),
    "inverted sum": (sympy.Sum(x(J), (J, T + 5, T)), 0),
    "product": (sympy.Product(x(J), (J, K + 1, T)), 3 * 4),
    "empty product": (sympy.Product(x(J), (J, T + 1, T)), 1),
    "double sum": (
        sympy.Sum(x(J) * x(I), (J, 1, I), (I, 1, T)),
        sum(i * j for i in range(1, 5) for j in range(1, i + 1)),
    ),
    "index of its own": (sympy.Sum(x(K), (K, 1, T)) * x(K), 10 * 2),
    "index in its own bound": (sympy.Sum(x(K), (K, K, T)), 2 + 3 + 4),
    "min": (sympy.Sum(x(J), (J, 1, Min(T, 2))), 3),
    "max": (sympy.Sum(x(J), (J, Max(K, 3), T)), 7),
    "delta": (KroneckerDelta(T, K + 2) + KroneckerDelta(T, K), 1),
    "cases": (Piecewise((x(T), T > K), (0, True)), 4),
    "power": (x(K) ** (T - K), 4),
    "whole numbers": ((T - K) * Rational(1, 2) + N, 3),
}


@pytest.mark.parametrize("kind", VALUES)
def test_scalars_over_time(kind: str) -> None:
    expr, value = VALUES[kind]

    assert moments().at(expr, {T: 4, K: 2}) == value


def test_products_put_later_factors_on_the_left() -> None:
    found = moments().at(OrderedProduct(B, J, K + 1, T), {T: 3, K: 1})

    assert found.lines == [{0: 6, 1: 4}, {1: 1}]
    assert moments().at(OrderedProduct(B, J, K + 1, T), {T: 1, K: 1}).lines == [{0: 1}, {1: 1}]


def test_a_running_product_is_continued_and_not_begun_again() -> None:
    entries, spent = moments(), []
    for t in range(1, 10):
        before = entries.work.spent
        entries.at(OrderedProduct(B, J, 1, T), {T: t})
        spent.append(entries.work.spent - before)

    assert max(spent) <= 2 * spent[2]


def test_what_has_no_meaning_is_told() -> None:
    entries = moments(laws={("y", ()): Law((T, K), x(T) - x(K), 0, 9, descending=True)})

    assert entries.at(ScalarSignal("y", sympy.Tuple(T, K)), {T: 5, K: 2}) == 3
    with pytest.raises(OutsideError, match=r"y\[2, 5\]"):
        entries.at(ScalarSignal("y", sympy.Tuple(K, T)), {T: 5, K: 2})
    with pytest.raises(OutsideError, match=r"x\[14\]"):
        entries.at(x(T + 10), {T: 4})
    with pytest.raises(UnsupportedNodeError, match="whole number"):
        entries.at(x(T / 3), {T: 4})
    with pytest.raises(OutsideError, match="divides by 0"):
        entries.at(x(1 / (T - 4)), {T: 4})


def test_work_is_refused_before_it_is_done() -> None:
    """After one term it is known what all of them cost."""
    entries = moments(work=Work(1000))
    with pytest.raises(TooMuchError) as error:
        entries.at(MatrixSum(MatMul(B, B), I, 1, 10**9), {J: 2})

    assert entries.work.spent < 50
    assert error.value.needed > 10**9
    assert moments().at(MatrixSum(Identity(N), I, 1, 100), {}).lines == [{0: 100}, {1: 100}]


LIMITS = {
    "lower bound": (MatrixSum(B, J, 6, T), [6]),
    "min": (MatrixSum(B, J, 1, Min(T, 4)), [1, 4]),
    "coefficient": (MatMul((T - K - 4) * (T - K - 1), B), [1, 4]),
    "condition": (Piecewise((x(T), T > 7), (0, True)), [0, 1, 7]),
    "half": (MatMul(T - Rational(9, 2), B), [5]),
    "a factor": (MatMul(10**18 * (T - 2), B), [2]),
    "a size": (MatMul(N - 30, B), []),
}


@pytest.mark.parametrize("kind", LIMITS)
def test_the_numbers_at_which_a_formula_may_change(kind: str) -> None:
    expr, expected = LIMITS[kind]
    found = constants(iter([expr]), frozenset({N}))

    assert [number for number in found if number > 1] == [number for number in expected if number > 1]


def path() -> Path:
    """Three steps of a cell whose A_j is diag(1 - g_j)."""
    derivation = sg.result(sg.cell("multi_gate"), "expansion:retention:1")
    algebra = Modular(functions(derivation.cell), "path")
    return Path(derivation, 3, at_sizes(derivation.cell, (2, 3)), algebra, residues("path", algebra.prime))


def kept(of: Path) -> tuple[Signal, Place]:
    """A_2 and the place of the gate that it is made of."""
    (g,) = (item.symbol for item in of.cell.assignments if item.symbol.name == "g")
    return Signal("A", of.size, of.size, sympy.Integer(2)), place(at(g, sympy.Integer(2)))


def test_what_the_plain_evaluator_has_computed_is_not_computed_again() -> None:
    of = path()
    A, _ = kept(of)
    plain, truths = of.matrix("A", 2), of.transports
    entries, spent = of.moments(truths), of.work.spent

    assert entries.table(A) == plain
    assert of.work.spent == spent


def test_a_value_that_is_given_is_used_whatever_was_computed_before() -> None:
    """A_2 is told anew where another gate is given, as by an evaluator that nothing was computed before."""
    of, fresh = path(), path()
    A, gate = kept(of)
    other = Table(1, [{0: 5 + i} for i in range(of.rows)])
    before = of.matrix("A", 2)
    found = of.moments({gate: other}).table(A)

    assert found == fresh.moments({gate: other}).table(A) != before
    assert found.lines[0][0] == -4 % of.algebra.prime


def test_a_sum_of_values_that_are_given_is_not_told_where_they_are_not() -> None:
    """What a running sum is on the way belongs to one evaluator."""
    of = path()
    shape = (of.size, sympy.S.One)
    total = MatrixSum(Signal("q", *shape, J), J, 1, 2)
    column = Table(1, [{0: 1} for _ in range(of.rows)])
    with pytest.raises(OutsideError):
        of.plain.of(total)
    entries = of.moments({("q", shape, (j,)): column for j in (1, 2)})

    assert entries.of(total) == Table(1, [{0: 2} for _ in range(of.rows)])
    with pytest.raises(OutsideError):
        of.plain.of(total)
