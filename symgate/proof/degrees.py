"""Degrees of what is computed: a bound on the probability that two different formulas agree at a random point."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import sympy

from symgate.proof.algebras import Algebra
from symgate.proof.functions import Functions

Degree = tuple[int, int]


class DividedError(Exception):
    """Something stands below a line where nothing was to."""


@final
class Degrees(Algebra):
    """Bounds (degree of the numerator, degree of the denominator) of a rational function of all that is drawn.

    Every value that is drawn, every oracle of a function and every constant of up to 64 bits counts as a variable, of
    degree 1.  A
    table at all sizes 1 bounds the entries of the table at any sizes, since a sum has the largest degree of its
    parts, unless something stands below a line (``DividedError``): then sums put their parts over one denominator, and
    the sizes matter.
    """

    zero: Degree = (0, 0)
    one: Degree = (0, 0)

    def __init__(self, functions: Functions, *, undivided: bool = False) -> None:
        """Know which derivatives of functions are polynomials; ``undivided``: nothing may stand below a line."""
        self.functions = functions
        self.undivided = undivided
        self.inner = 0  # the largest degree of an argument of an oracle

    def number(self, value: sympy.Rational) -> Degree:
        above, below = (1 + int(abs(part)).bit_length() // 64 for part in (value.p, value.q))
        return (above, 0) if value.q == 1 else (above, below)

    def total(self, items: Sequence[Degree]) -> Degree:
        if len(items) == 1:
            return items[0]
        below = 0
        for _, q in items:
            below += q
        return (max([p - q for p, q in items], default=0) + below, below)

    def product(self, items: Sequence[Degree]) -> Degree:
        above = below = 0
        for p, q in items:
            above += p
            below += q
        return (above, below)

    def dot(self, pairs: Sequence[tuple[Degree, Degree]]) -> Degree:
        return self.total([(p + r, q + s) for (p, q), (r, s) in pairs])

    def power(self, value: Degree, exponent: int, label: int = -1) -> Degree:
        p, q = value
        if exponent < 0:
            if self.undivided:
                raise DividedError
            return (-exponent * q, -exponent * p)
        return (exponent * p, exponent * q)

    def apply(self, function: str, order: int, value: Degree, label: int) -> Degree:
        polynomial = self.functions.in_argument(function, order)
        if polynomial is not None:
            return ((len(polynomial) - 1) * value[0] + 1, (len(polynomial) - 1) * value[1] + 1)
        self.inner = max(self.inner, sum(value))
        rule = self.functions.in_value(function, order)
        return (1, 0) if rule is None else (len(rule), 1)

    def pi(self) -> Degree:
        return (1, 0)

    def extreme(self, items: Sequence[Degree], *, largest: bool) -> Degree:
        self.inner = max([self.inner, *map(sum, items)])
        return (1, 0) if len(items) > 1 else items[0]


def error_probability(degree: int, inner: int, oracles: int, work: int) -> float:
    """A bound on the probability that a wrong formula agrees at one random point modulo one random prime of 61 bits.

    A formula is wrong at a size if the difference of the sides, a rational function over Q of everything drawn and of
    the values of functions at formally different arguments, is not 0.  It is missed only if

    * the prime divides all coefficients of its numerator.  They have at most degree * (work + 64) bits, since a sum of
      so many operations has no more terms than that (constants count as variables), so at most a 60th of that many
      primes of 61 bits, of which there are more than 2^54;
    * or two formally different arguments of functions collide, each pair with probability at most 2 inner / 2^60
      (Schwartz-Zippel on the difference of two quotients);
    * or the numerator, a polynomial of that degree that is not 0, has its root there: degree / 2^60.
    """
    pairs = oracles * (oracles - 1) // 2
    return degree * (work + 64) / 60 / 2**54 + (2 * inner * pairs + degree) / 2**60
