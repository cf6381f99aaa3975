"""What a name stands for is told by the name: with its number, its rest and its root, and nothing else is."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
import sympy
from sympy.matrices.expressions import HadamardPower, HadamardProduct, MatAdd, MatMul

from symgate.language import CellBuilder, tanh
from symgate.language.nodes import Map
from symgate.proof.decision import decide
from symgate.records import Cell
from tests.proof.decision.symbols import k, one, t


def _linear(factor: Any, rest: Any) -> Cell:
    """r = factor tanh(z) + rest, for a name z of the input."""
    c = CellBuilder("named")
    x, z = c.state("x", "n"), c.let("z", c.matrix("W", "n", "m") @ c.input("u", "m"))
    r = c.let("r", factor * tanh(z) + rest if rest else factor * tanh(z))
    c.next(x, r * x)
    return c.build()


def _named(cell: Cell) -> dict[str, Any]:
    return {str(item.symbol.name): item.symbol for item in cell.assignments}


@pytest.mark.parametrize("rest", [0, 1, -2])
@pytest.mark.parametrize("factor", [1, 2, -3, sympy.Rational(1, 2)])
def test_a_value_within_a_name_is_the_name_less_its_rest_by_its_factor(factor: Any, rest: int) -> None:
    """tanh(z) = (r - rest)/factor, at every time; with any other factor or rest it is not."""
    cell = _linear(Fraction(factor.p, factor.q) if isinstance(factor, sympy.Rational) else factor, rest)
    named = _named(cell)
    for time in (t, t - 1, k):
        r, value = (named["r"].xreplace({t: time}), Map("tanh", 0, named["z"].xreplace({t: time})))

        def told(number: Any, less: Any, r: Any = r) -> Any:
            return MatMul(number, MatAdd(r, MatMul(-less, one)))

        assert decide(cell, value, told(1 / sympy.sympify(factor), rest)).equal
        slope = MatAdd(one, MatMul(-1, HadamardProduct(*[told(1 / sympy.sympify(factor), rest)] * 2)))
        assert decide(cell, Map("tanh", 1, named["z"].xreplace({t: time})), slope).equal
        for number, less in [(factor, rest), (1 / sympy.sympify(factor), rest + 1), (1 / sympy.sympify(factor), -rest)]:
            if (number, less) != (1 / sympy.sympify(factor), rest):
                assert not decide(cell, value, told(number, less)).equal
        other = named["r"].xreplace({t: time - 1})
        assert not decide(cell, value, told(1 / sympy.sympify(factor), rest, other)).equal


def _rooted(power: Any) -> Cell:
    """r = (z z + 1)^power."""
    c = CellBuilder("rooted")
    x, z = c.state("x", "n"), c.let("z", c.matrix("W", "n", "m") @ c.input("u", "m"))
    r = c.let("r", (z * z + 1) ** power)
    c.next(x, r * x)
    return c.build()


@pytest.mark.parametrize("power", [Fraction(1, 2), Fraction(-1, 2), -1, Fraction(3, 2)])
@pytest.mark.parametrize("many", [-3, -1, 1, 2])
def test_powers_of_what_a_name_is_the_root_of(power: Any, many: int) -> None:
    """r^k = F^(k p) for r = F^p, and no other power of r is."""
    cell = _rooted(power)
    named = _named(cell)
    r, z = named["r"], named["z"]
    whole = MatAdd(HadamardProduct(z, z), one)
    exponent = sympy.Rational(Fraction(power).numerator, Fraction(power).denominator) * many
    for time in (t, t - 1):
        left, right = HadamardPower(whole, exponent).xreplace({t: time}), r.xreplace({t: time})
        assert decide(cell, left, HadamardPower(right, many)).equal
        assert not decide(cell, left, HadamardPower(right, many + 1)).equal
        assert not decide(cell, left, HadamardPower(right, -many)).equal
        assert not decide(cell, left, MatMul(2, HadamardPower(right, many))).equal


def _of(make: Any) -> tuple[Cell, Any, Any]:
    """A cell with r = make(z), and the symbols of r and z."""
    c = CellBuilder("other")
    x, z = c.state("x", "n"), c.let("z", c.matrix("W", "n", "m") @ c.input("u", "m"))
    c.next(x, c.let("r", make(z)) * x)
    cell = c.build()
    return cell, *(_named(cell)[name] for name in "rz")


ROOT = Fraction(1, 2)
#: What a name is, and what it would be taken for if its power, its factor or its rest went unseen.
UNLIKE = {
    "a square of a function": (lambda z: tanh(z) * tanh(z), lambda z: Map("tanh", 0, z)),
    "one over a function": (lambda z: 1 / tanh(z), lambda z: Map("tanh", 0, z)),
    "a function among factors": (lambda z: tanh(z) * z, lambda z: Map("tanh", 0, z)),
    "twice a root": (lambda z: 2 * (z * z + 1) ** ROOT, lambda z: _power(z, ROOT)),
    "a root and a number": (lambda z: (z * z + 1) ** ROOT + 1, lambda z: _power(z, ROOT)),
    "a root among factors": (lambda z: z * (z * z + 1) ** ROOT, lambda z: _power(z, ROOT)),
}


def _power(z: Any, power: Any) -> Any:
    return HadamardPower(MatAdd(HadamardProduct(z, z), one), sympy.Rational(str(power)))


@pytest.mark.parametrize("name", UNLIKE)
def test_a_name_is_not_taken_for_a_part_of_it(name: str) -> None:
    make, part = UNLIKE[name]
    cell, r, z = _of(make)
    value = part(z)
    assert not decide(cell, value, r).equal


def test_the_root_of_a_square_is_not_what_is_squared() -> None:
    """With r = tanh(z)^2 the root of r is |tanh(z)|."""
    cell, r, z = _of(lambda z: tanh(z) * tanh(z))
    assert not decide(cell, Map("tanh", 0, z), HadamardPower(r, sympy.S.Half)).equal


def test_one_over_a_name_is_told() -> None:
    cell, r, z = _of(lambda z: 1 / z)
    assert decide(cell, HadamardPower(z, -1), r).equal
    assert not decide(cell, z, r).equal
