"""The contract of scalars that expressions are evaluated over, 0, 1, sums, products, powers and functions; residues.

In: the functions of a cell.  Out: the algebra of residues modulo a prime.  ``numbers.py`` has fractions and decimals,
``dual.py`` dual numbers over any algebra, ``degrees.py`` bounds of the degree of what is computed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any, final

import sympy

from symgate.errors import UnsupportedNodeError
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
        return sum([u * v for u, v in pairs]) % self.prime

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
