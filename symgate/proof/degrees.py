"""Degrees of what is computed: a bound on the probability that two different formulas agree at a random point."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from math import lcm
from operator import add
from typing import Any, NamedTuple, final

import sympy

from symgate.proof.algebras import Algebra, Modular


class DividedError(Exception):
    """Something stands below a line where nothing was to."""


Below = Mapping[Hashable, int]
#: No denominator.
_NONE: Below = {}


class Degree(NamedTuple):
    """A bound on a rational function of all that is drawn.

    Attributes:
        above: the degree of the numerator.
        below: the factors of the denominator, each with its power.
        weight: the degree of the denominator, the product of those.
        value: what it is at the point that was drawn.
    """

    above: int
    below: Below = _NONE
    weight: int = 0
    value: int = 0

    @property
    def height(self) -> int:
        """The degrees of numerator and denominator together."""
        return self.above + self.weight


@final
class Degrees(Algebra):
    """Bounds of the degrees of what is computed over another algebra, which is exact modulo a prime.

    Every value that is drawn, every oracle of a function and every constant of up to 64 bits counts as a variable, of
    degree 1.  Whatever is divided by is a factor that denominators are made of, told from others by its value at a
    random point: ``1/s + x/s`` has the denominator ``s``, and a sum of any length the common multiple of those of its
    parts.  So a table at all sizes 1 bounds the entries of the table at any sizes, unless something that was
    computed stands below a line (``DividedError``): there are more different factors at larger sizes.
    """

    def __init__(self, base: Modular, *, undivided: bool = False) -> None:
        """Know the values and the functions; ``undivided``: nothing that was computed may stand below a line."""
        self.base = base
        self.functions = base.functions
        self.undivided = undivided
        self.zero, self.one = Degree(0), Degree(0, value=1)
        self.inner = 0  # the largest degree of an argument of an oracle, or of what is divided by
        self.factors: dict[Hashable, int] = {}  # the degree of each factor
        self.inverses: dict[int, Degree] = {}  # by the value that is divided by
        self._made: dict[frozenset[Any], Below] = {}  # equal denominators are one
        self._found: dict[tuple[Any, int, int], tuple[Below, int, Below, Below]] = {}  # two denominators as one

    def drawn(self, value: int) -> Degree:
        """A variable."""
        return Degree(1, value=value)

    def number(self, value: sympy.Rational) -> Degree:
        above, below = _letters([value])
        own = self.base.number(value)
        return Degree(above, value=own) if value.q == 1 else self._over(above, ("number", int(value.q)), below, own)

    def _over(self, above: int, factor: Hashable, degree: int, value: int) -> Degree:
        self.factors[factor] = degree
        return Degree(above, self._one({factor: 1}), degree, value)

    def _one(self, below: Below) -> Below:
        """The denominator that is equal to this one."""
        return self._made.setdefault(frozenset(below.items()), below)

    def _joined(self, join: Callable[[int, int], int], one: Below, other: Below) -> tuple[Below, int]:
        """Two denominators as one, with its degree: the larger power of each factor, or the sum of both."""
        key = (join, id(one), id(other))
        if key not in self._found:
            below = dict(one)
            for factor, power in other.items():
                below[factor] = join(power, below.get(factor, 0))
            weight = sum([power * self.factors[factor] for factor, power in below.items()])
            self._found[key] = self._one(below), weight, one, other  # while they are kept, no other has their id
        return self._found[key][:2]

    def total(self, items: Sequence[Degree]) -> Degree:
        return items[0] if len(items) == 1 else self._total(items, self.base.total([item.value for item in items]))

    def _total(self, items: Sequence[Degree], value: int) -> Degree:
        """The sum of terms, which has that value."""
        below, weight = _NONE, 0
        for item in items:
            if item.below and item.below is not below:
                below, weight = self._joined(max, below, item.below) if below else (item.below, item.weight)
        return Degree(max([item.above - item.weight for item in items], default=0) + weight, below, weight, value)

    def product(self, items: Sequence[Degree]) -> Degree:
        above, below, weight = 0, _NONE, 0
        for item in items:
            above += item.above
            if item.below:
                below, weight = self._joined(add, below, item.below) if below else (item.below, item.weight)
        return Degree(above, below, weight, self.base.product([item.value for item in items]))

    def dot(self, pairs: Sequence[tuple[Degree, Degree]]) -> Degree:
        parts = []
        for u, v in pairs:
            below, weight = (u.below, u.weight) if u.below else (v.below, v.weight)
            if u.below and v.below:
                below, weight = self._joined(add, u.below, v.below)
            parts.append(Degree(u.above + v.above, below, weight))
        return self._total(parts, self.base.dot([(u.value, v.value) for u, v in pairs]))

    def power(self, value: Degree, exponent: int, label: int = -1) -> Degree:
        base, times = (value, exponent) if exponent >= 0 else (self._inverse(value), -exponent)
        below = self._one({factor: times * power for factor, power in base.below.items()}) if base.below else _NONE
        return Degree(times * base.above, below, times * base.weight, self.base.power(base.value, times, label))

    def _inverse(self, value: Degree) -> Degree:
        """Its numerator becomes a factor; values that are equal have one inverse, the first that was met."""
        if self.undivided:
            raise DividedError
        if value.value not in self.inverses:
            self.inner = max(self.inner, value.height)
            own = self.base.power(value.value, -1)
            self.inverses[value.value] = self._over(value.weight, ("inverse", value.value), value.above, own)
        return self.inverses[value.value]

    def apply(self, function: str, order: int, value: Degree, label: int) -> Degree:
        own = self.base.apply(function, order, value.value, label)
        constants = ("coefficients of", function, order)
        polynomial = self.functions.in_argument(function, order)
        if polynomial is not None:
            power, (tall, low) = self.power(value, max(len(polynomial) - 1, 0), label), _letters(polynomial)
            self.factors[constants] = low
            below, weight = self._joined(add, self._one({constants: 1}), power.below)
            return Degree(max(power.above, power.weight) + tall, below, weight, own)
        self.inner = max(self.inner, value.height)
        rule = self.functions.in_value(function, order)
        if rule is None:
            return Degree(1, value=own)
        tall, low = _letters(rule)
        return self._over(len(rule) - 1 + tall, constants, low, own)

    def pi(self) -> Degree:
        return Degree(1, value=self.base.pi())

    def extreme(self, items: Sequence[Degree], *, largest: bool) -> Degree:
        self.inner = max([self.inner, *(item.height for item in items)])
        own = self.base.extreme([item.value for item in items], largest=largest)
        return Degree(1, value=own) if len(items) > 1 else items[0]

    @property
    def told_apart(self) -> int:
        """How many values were told apart: arguments of oracles and what is divided by."""
        return len(self.base.asked) + len(self.inverses)


def _letters(constants: Sequence[sympy.Rational]) -> tuple[int, int]:
    """As how many variables of 64 bits constants count over their common denominator, the largest, and that."""
    below = lcm(*(int(value.q) for value in constants))
    tall = max(abs(int(value.p)) * (below // int(value.q)) for value in constants)
    return 1 + tall.bit_length() // 64, 1 + below.bit_length() // 64


def error_probability(degree: int, inner: int, told_apart: int, work: int) -> float:
    """A bound on the probability that a wrong formula agrees at one random point modulo one random prime of 61 bits.

    A formula is wrong at a size if the difference of the sides, a rational function over Q of everything drawn and of
    the values of functions at formally different arguments, is not 0.  It is missed only if

    * the prime divides all coefficients of its numerator.  They have at most degree * (work + 64) bits, since a sum of
      so many operations has no more terms than that (constants count as variables), so at most a 60th of that many
      primes of 61 bits, of which there are more than 2^54;
    * or two formally different arguments of functions, or two formally different values that are divided by, collide:
      each pair with probability at most 2 inner / 2^60 (Schwartz-Zippel on the difference of two quotients);
    * or the numerator, a polynomial of that degree that is not 0, has its root there: degree / 2^60.
    """
    pairs = told_apart * (told_apart - 1) // 2
    return degree * (work + 64) / 60 / 2**54 + (2 * inner * pairs + degree) / 2**60
