"""The scalars that expressions are evaluated over: each algebra has 0, 1, sums, products, powers and functions.

Exact ones: residues modulo a prime, fractions, SymPy expressions (``symbolic.py``), and dual numbers over any
of them, which carry a sparse derivative.  ``Decimal`` works to a chosen number of digits.  ``Degrees`` bounds the
degree of what is computed (``degrees.py``).
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

#: A prime of 61 bits for what is no verdict (slips, diagnoses).  Verdicts draw theirs (``digest.py``).
PRIME = 2**61 - 1


class Algebra(ABC):
    """A commutative ring with named functions."""

    zero: Any = 0
    one: Any = 1
    #: Whether scalars can be compared in size.
    ordered = False

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

    def pi(self) -> Any:
        """The number pi, or an arbitrary number in its place.

        Raises:
            UnsupportedNodeError: the algebra has neither.
        """
        raise UnsupportedNodeError("pi has no value here.")

    def extreme(self, items: Sequence[Any], *, largest: bool) -> Any:
        """The largest or the smallest of several numbers, or an arbitrary number for each set of them."""
        return max(items) if largest else min(items)

    def horner(self, coefficients: Coefficients, value: Any) -> Any:
        """A polynomial at a value."""
        result = self.zero
        for coefficient in reversed(coefficients):
            result = self.total([self.product([result, value]), self.number(coefficient)])
        return result


@final
class Modular(Algebra):
    """Residues modulo a prime; a nonlinearity is a consistent oracle (function, order, argument) -> residue.

    The values of an opaque function and of its derivatives at finitely many points are arbitrary, so an
    identity for every function holds for every such oracle.  Functions whose value rule may be used
    get an arbitrary value and the derivatives that follow from it.
    """

    def __init__(
        self, functions: Functions, seed: str, constants: Mapping[str, int] | None = None, prime: int = PRIME
    ) -> None:
        """Oracle values follow from ``seed``; ``constants`` fixes functions to one value, with their value rule."""
        self.functions = functions
        self.seed = seed
        self.prime = prime
        self.constants = dict(constants or {})
        self.asked: dict[tuple[str, int, int], int] = {}

    def number(self, value: sympy.Rational) -> int:
        """A constant; raises ZeroDivisionError where the prime divides its denominator."""
        if value.q == 1:
            return int(value.p) % self.prime
        return int(value.p) * self._inverse(int(value.q)) % self.prime

    def _inverse(self, value: int) -> int:
        if value % self.prime == 0:
            raise ZeroDivisionError("0 has no inverse; draw another point")
        return pow(value, -1, self.prime)

    def total(self, items: Sequence[int]) -> int:
        return sum(items) % self.prime

    def product(self, items: Sequence[int]) -> int:
        if len(items) == 2:
            return items[0] * items[1] % self.prime
        result = 1
        for item in items:
            result = result * item % self.prime
        return result

    def dot(self, pairs: Sequence[tuple[int, int]]) -> int:
        return sum(u * v for u, v in pairs) % self.prime

    def power(self, value: int, exponent: int, label: int = -1) -> int:
        """A power; raises ZeroDivisionError where an inverse does not exist."""
        return pow(value if exponent >= 0 else self._inverse(value), abs(exponent), self.prime)

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

    def pi(self) -> int:
        return self._oracle("the number pi", 0, 0)

    def extreme(self, items: Sequence[int], *, largest: bool) -> int:
        """One of equal numbers; else an oracle of the set of numbers."""
        if len(set(items)) == 1:
            return items[0]
        word = "largest" if largest else "smallest"
        return self._oracle(f"{word} of {sorted(set(items))}", 0, 0)

    def _oracle(self, function: str, order: int, value: int) -> int:
        key = (self.functions.identity(function), order, value)
        if key not in self.asked:
            text = f"{self.seed}|{key[0]}|{order}|{value}".encode()
            self.asked[key] = int.from_bytes(blake2b(text, digest_size=24).digest()) % self.prime
        return self.asked[key]


class _Field(Algebra):
    """Numbers with Python's own operators."""

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
            try:
                number = self._at(formula, value)
            except OverflowError:  # as of exp(exp(x)), after some steps
                number = self.context.nan
            if not isinstance(number, self.context.mpf) or not self.context.isfinite(number):
                raise UnsupportedNodeError(f"{function} has no number at {value}.")
            self.known[key] = number
        return self.known[key]

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
            return own(*(self._at(arg, value) for arg in formula.args))
        if formula.is_Add or formula.is_Mul:
            join = self.total if formula.is_Add else self.product
            return join([self._at(arg, value) for arg in formula.args])
        if formula.is_Pow and formula.exp.is_Integer:
            return self._at(formula.base, value) ** int(formula.exp)
        found = formula.evalf(self.digits + 10, subs={Z: sympy.Float(value, self.digits + 10)})
        if not found.is_Float and not found.is_Rational:
            return self.context.nan
        return self.context.mpf(sympy.Float(found, self.digits + 10)._mpf_)


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
            if tangent and slope:
                tangent = self._gathered([(other, tangent), (value, slope)])
            elif tangent or slope:
                tangent = self._scaled(other, tangent) if tangent else self._scaled(value, slope)
            value = self.base.product([value, other])
        return (value, tangent)

    def dot(self, pairs: Sequence[tuple[Any, Any]]) -> Any:
        parts = [(v, du) for (_, du), (v, _) in pairs if du] + [(u, dv) for (u, _), (_, dv) in pairs if dv]
        value = self.base.dot([(u, v) for (u, _), (v, _) in pairs])
        return (value, self._gathered(parts) if parts else None)

    def _gathered(self, parts: Sequence[tuple[Any, dict[Any, Any]]]) -> dict[Any, Any]:
        """The sum of multiples of derivatives."""
        found: dict[Any, list[tuple[Any, Any]]] = {}
        for factor, tangent in parts:
            for key, value in tangent.items():
                found.setdefault(key, []).append((factor, value))
        return {key: self.base.dot(pairs) for key, pairs in found.items()}

    def power(self, value: Any, exponent: int, label: int = -1) -> Any:
        inner, tangent = value
        if exponent == 0:
            return self.one
        result = self.base.power(inner, exponent, label)
        if not tangent:
            return (result, None)
        slope = self.base.product(
            [self.base.number(sympy.Integer(exponent)), self.base.power(inner, exponent - 1, label)]
        )
        return (result, self._scaled(slope, tangent))

    def apply(self, function: str, order: int, value: Any, label: int) -> Any:
        inner, tangent = value
        result = self.base.apply(function, order, inner, label)
        return (result, self._scaled(self.base.apply(function, order + 1, inner, label), tangent) if tangent else None)

    def pi(self) -> Any:
        return (self.base.pi(), None)

    def _scaled(self, factor: Any, tangent: dict[Any, Any] | None) -> dict[Any, Any] | None:
        product = self.base.product
        return {key: product((factor, value)) for key, value in tangent.items()} if tangent else None
