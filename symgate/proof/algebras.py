"""The scalars that expressions are evaluated over: each algebra has 0, 1, sums, products, powers and functions.

Exact ones: residues modulo a prime, fractions, SymPy expressions (``symbolic.py``), and dual numbers over any
of them, which carry a sparse derivative.  ``Decimal`` works to a chosen number of digits.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from fractions import Fraction
from hashlib import blake2b
from typing import Any, final

import mpmath
import sympy

from symgate.errors import UnsupportedNodeError
from symgate.nonlinearities import Z
from symgate.proof.functions import Coefficients, Functions, value_polynomial

#: A Mersenne prime: residues fit a machine word, and a random residue is a root of a polynomial of
#: degree d with probability at most d / PRIME.
PRIME = 2**61 - 1


class Algebra(ABC):
    """A commutative ring with named functions."""

    zero: Any = 0
    one: Any = 1

    @abstractmethod
    def number(self, value: sympy.Rational) -> Any:
        """A rational constant."""

    @abstractmethod
    def total(self, items: Sequence[Any]) -> Any:
        """The sum."""

    @abstractmethod
    def product(self, items: Sequence[Any]) -> Any:
        """The product."""

    @abstractmethod
    def power(self, value: Any, exponent: int, label: int = -1) -> Any:
        """A whole power, negative ones included; ``label`` as for ``apply``."""

    @abstractmethod
    def apply(self, function: str, order: int, value: Any, label: int) -> Any:
        """The derivative of a named function of that order; ``label`` is the row it stands in, -1 for a scalar."""

    def dot(self, pairs: Sequence[tuple[Any, Any]]) -> Any:
        """The sum of the products of pairs."""
        return self.total([self.product(pair) for pair in pairs])

    def name(self, symbol: str, value: Any, label: int) -> Any:
        """The value of a named intermediate; an algebra may keep the name."""
        del symbol, label
        return value

    def horner(self, coefficients: Coefficients, value: Any) -> Any:
        """A polynomial at a value."""
        result = self.zero
        for coefficient in reversed(coefficients):
            result = self.total([self.product([result, value]), self.number(coefficient)])
        return result


@final
class Modular(Algebra):
    """Residues modulo PRIME; a nonlinearity is a consistent oracle (function, order, argument) -> residue.

    The values of an opaque function and of its derivatives at finitely many points are arbitrary, so an
    identity for every function holds for every such oracle.  Functions whose value rule may be used
    get an arbitrary value and the derivatives that follow from it.
    """

    def __init__(self, functions: Functions, seed: str, constants: Mapping[str, int] | None = None) -> None:
        """Oracle values follow from ``seed``; ``constants`` fixes functions to one value, with their value rule."""
        self.functions = functions
        self.seed = seed
        self.constants = dict(constants or {})
        self.asked: dict[tuple[str, int, int], int] = {}

    def number(self, value: sympy.Rational) -> int:
        return int(value.p) * pow(int(value.q), -1, PRIME) % PRIME

    def total(self, items: Sequence[int]) -> int:
        return sum(items) % PRIME

    def product(self, items: Sequence[int]) -> int:
        result = 1
        for item in items:
            result = result * item % PRIME
        return result

    def dot(self, pairs: Sequence[tuple[int, int]]) -> int:
        return sum(u * v for u, v in pairs) % PRIME

    def power(self, value: int, exponent: int, label: int = -1) -> int:
        """A power; raises ZeroDivisionError where an inverse does not exist."""
        if exponent < 0 and value == 0:
            raise ZeroDivisionError("0 has no inverse; draw another point")
        return pow(value, exponent, PRIME)

    def apply(self, function: str, order: int, value: int, label: int) -> int:
        if function in self.constants:
            return self.horner(value_polynomial(self.functions.entry(function), order), self.constants[function])
        polynomial = self.functions.in_argument(function, order)
        if polynomial is not None:
            return self.horner(polynomial, value)
        rule = self.functions.in_value(function, order)
        if rule is not None:
            return self.horner(rule, self._oracle(function, 0, value))
        return self._oracle(function, order, value)

    def _oracle(self, function: str, order: int, value: int) -> int:
        key = (function, order, value)
        if key not in self.asked:
            text = f"{self.seed}|{function}|{order}|{value}".encode()
            self.asked[key] = int.from_bytes(blake2b(text, digest_size=24).digest()) % PRIME
        return self.asked[key]


class _Field(Algebra):
    """Numbers with Python's own operators."""

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
class Rational(_Field):
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
        return self.horner(polynomial, value)


@final
class Decimal(_Field):
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
            formula = self.functions.entry(function).derivative(order)
            point = sympy.Float(value, self.digits + 10)
            number = formula.evalf(self.digits + 10, subs={Z: point})
            if not number.is_Float and not number.is_Rational:
                raise UnsupportedNodeError(f"{function} has no number at {value}.")
            self.known[key] = self.context.mpf(sympy.Float(number, self.digits + 10)._mpf_)
        return self.known[key]


@final
class Dual(Algebra):
    """Numbers with a derivative over another algebra: pairs (value, {variable: derivative} or None).

    The product rule and the chain rule of numbers are all the calculus in here.
    """

    def __init__(self, base: Algebra) -> None:
        self.base = base
        self.zero, self.one = (base.zero, None), (base.one, None)

    def number(self, value: sympy.Rational) -> Any:
        return (self.base.number(value), None)

    def total(self, items: Sequence[Any]) -> Any:
        gathered: dict[Any, list[Any]] = {}
        for _, tangent in items:
            for key, value in (tangent or {}).items():
                gathered.setdefault(key, []).append(value)
        tangent = {key: parts[0] if len(parts) == 1 else self.base.total(parts) for key, parts in gathered.items()}
        return (self.base.total([value for value, _ in items]), tangent or None)

    def product(self, items: Sequence[Any]) -> Any:
        value, tangent = items[0]
        for other, slope in items[1:]:
            parts = [self._scaled(other, tangent), self._scaled(value, slope)]
            moving = [(self.base.zero, part) for part in parts if part]
            tangent = self.total(moving)[1] if moving else None
            value = self.base.product([value, other])
        return (value, tangent)

    def power(self, value: Any, exponent: int, label: int = -1) -> Any:
        inner, tangent = value
        if exponent == 0:
            return self.one
        lowered = self.base.power(inner, exponent - 1, label)
        slope = self.base.product([self.base.number(sympy.Integer(exponent)), lowered])
        return (self.base.power(inner, exponent, label), self._scaled(slope, tangent))

    def apply(self, function: str, order: int, value: Any, label: int) -> Any:
        inner, tangent = value
        result = self.base.apply(function, order, inner, label)
        return (result, self._scaled(self.base.apply(function, order + 1, inner, label), tangent) if tangent else None)

    def _scaled(self, factor: Any, tangent: dict[Any, Any] | None) -> dict[Any, Any] | None:
        return {key: self.base.product([factor, value]) for key, value in tangent.items()} if tangent else None
