"""Numbers that can be compared in size: fractions, exact, and decimals of as many digits as are asked for.

In: the functions of a cell.  Out: the algebras ``Rational`` and ``Decimal``, and what numbers have in common.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, final

import mpmath
import sympy

from symgate.errors import UnsupportedNodeError
from symgate.nonlinearities import Nonlinearity, Z
from symgate.proof.algebras import Algebra
from symgate.proof.functions import Functions


class Field(Algebra):
    """Numbers with Python's own operators; what a function is there is for its children."""

    ordered = True

    def total(self, items: Sequence[Any]) -> Any:
        return sum(items, self.zero)

    def product(self, items: Sequence[Any]) -> Any:
        result = self.one
        for item in items:
            result = result * item
        return result

    def power(self, value: Any, exponent: int, label: int = -1) -> Any:
        return value**exponent


@final
class Rational(Field):
    """Fractions, exact; functions only where they are polynomials."""

    zero = Fraction(0)
    one = Fraction(1)

    def __init__(self, functions: Functions) -> None:
        self.functions = functions

    def number(self, value: sympy.Rational) -> Fraction:
        return Fraction(int(value.p), int(value.q))

    def apply(self, function: str, order: int, value: Fraction, label: int) -> Fraction:
        polynomial = self.functions.in_argument(function, order)
        if polynomial is None:
            raise UnsupportedNodeError(f"{function} has no exact rational values.")
        _away_from_kinks(self.functions.entry(function), lambda kink: kink.is_Rational and value == self.number(kink))
        return self.horner(polynomial, value)


def _away_from_kinks(entry: Nonlinearity, hit: Callable[[sympy.Expr], bool]) -> None:
    """Refuse an argument at which nothing is stated: that none is a kink is a condition of every statement.

    Raises:
        UnsupportedNodeError: the argument is a kink, of which ``hit`` tells.
    """
    kink = next((kink for kink in entry.kinks if hit(kink)), None)
    if kink is not None:
        raise UnsupportedNodeError(f"{entry.name} has a kink at {kink}, where nothing is stated.")


#: The exponent of 2 up to which numbers have functions: exp of a larger one has more digits than memory holds.
LARGEST = 4096

#: Functions that mpmath has, by its names.
_MPMATH = {
    sympy.exp: "exp",
    sympy.tanh: "tanh",
    sympy.cosh: "cosh",
    sympy.sinh: "sinh",
    sympy.sin: "sin",
    sympy.cos: "cos",
    sympy.erf: "erf",
}


@final
class Decimal(Field):
    """Numbers of many digits, with the actual functions."""

    def __init__(self, functions: Functions, digits: int = 50) -> None:
        self.functions = functions
        self.digits = digits
        self.context = mpmath.mp.clone()
        self.context.dps = digits + 10
        self.zero, self.one = self.context.mpf(0), self.context.mpf(1)
        self.known: dict[tuple[str, int, Any], Any] = {}

    def number(self, value: sympy.Rational) -> Any:
        return self.context.mpf(int(value.p)) / int(value.q)

    def apply(self, function: str, order: int, value: Any, label: int) -> Any:
        key = (function, order, value)
        if key not in self.known:
            entry = self.functions.entry(function)
            _away_from_kinks(entry, lambda kink: self._is_near(value, kink))
            if order and entry.assumption:
                self.apply(function, 0, value, label)  # there is no slope of what has no value, as log below 0
            formula = entry.derivative(order)
            try:
                number = self._at(formula, value)
            except OverflowError:  # as of exp(exp(x)), after some steps
                number = self.context.nan
            if not isinstance(number, self.context.mpf) or not self.context.isfinite(number):
                raise UnsupportedNodeError(f"{function} has no number at {value}.")
            self.known[key] = number
        return self.known[key]

    def _is_near(self, value: Any, number: sympy.Expr) -> bool:
        """Whether a number is another one up to rounding."""
        return bool(abs(value - self._at(number, value)) < self.context.mpf(10) ** (10 - self.digits))

    def _is_small(self, number: Any) -> bool:
        """Whether functions are evaluated at a number; not at nan."""
        return bool(self.context.isfinite(number) and self.context.mag(number) <= LARGEST)

    def pi(self) -> Any:
        return +self.context.pi

    def _at(self, formula: sympy.Expr, value: Any) -> Any:
        """A formula in Z at a number: by mpmath's own functions, by SymPy's evaluation; nan where it has no value."""
        if formula == Z:
            return value
        if formula.is_Rational:
            return self.number(formula)
        if not formula.has(Z):
            return self.context.mpf(sympy.Float(formula.evalf(self.digits + 10), self.digits + 10)._mpf_)
        own = getattr(self.context, _MPMATH.get(formula.func, ""), None)
        if own is not None:
            (argument,) = (self._at(arg, value) for arg in formula.args)
            return own(argument) if self._is_small(argument) else self.context.nan
        if formula.is_Add or formula.is_Mul:
            join = self.total if formula.is_Add else self.product
            return join([self._at(arg, value) for arg in formula.args])
        if formula.is_Pow and formula.exp.is_Integer:
            return self._at(formula.base, value) ** int(formula.exp)
        inner = {arg for own in formula.atoms(sympy.Function) for arg in own.args if own.func in _MPMATH}
        if not all(self._is_small(self._at(arg, value)) for arg in inner):
            return self.context.nan
        found = formula.evalf(self.digits + 10, subs={Z: sympy.Float(value, self.digits + 10)})
        if not found.is_Float and not found.is_Rational:
            return self.context.nan
        return self.context.mpf(sympy.Float(found, self.digits + 10)._mpf_)
