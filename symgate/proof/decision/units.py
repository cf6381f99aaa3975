"""Whether what is multiplied over time may be taken for a unit, as its formal product R(x) is one.

An identity between Laurent monomials in R(x) and b_x holds for all b that are not 0, and so for those that may be 0.
It says nothing of a b that is 0 whatever the entries are: b_x R(x)/R(x) is 0 then, and the empty product is 1.  Such a
b is 0 at all letters and times, as sin^2 + cos^2 - 1, or at some, as a diagonal matrix off its diagonal and j - k.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy

from symgate.proof.decision.forms import Atom, Form, Kind, Letter, Number
from symgate.proof.decision.ranges import Bounds, closure

NOTHING = "the decision has no rule for a product over time of what may be 0 whatever the entries are"
AT_A_TIME = "the decision has no rule for what is divided by and may be 0 at a time of its range"
_X = sympy.Symbol("x")
#: Larger systems than this are not searched for a common zero: the highest degree, and how many polynomials.
_DEGREE, _POLYNOMIALS = 2, 8
#: Polynomials of a higher degree than this are not taken apart, nor more of them.
_FACTORED, _MOST = 12, 64


def is_loose(form: Form, may_vanish: Callable[[Atom], bool] = lambda _: False) -> bool:
    """Whether a form is 0 at some letters or times whatever the entries are, as far as that is not ruled out.

    It is a sum of products of entries with coefficients that are polynomials in deltas, ranges and times x + c, x being
    an arbitrary time.  Where these are never 0 together, it is not.

    Args:
        form: what is multiplied.
        may_vanish: tells of an entry whether it has a definition that may be 0 so.
    """
    given = _Coefficients(may_vanish)
    tops = [top for top, _ in given.coefficients(form)]
    if not given.variables:
        return not tops
    return not _without_common_zero(
        [number for top in tops for number in sympy.Poly(top, _X).all_coeffs() if number != 0]
    )


def may_be_zero(form: Form, bounds: Bounds) -> bool:
    """Whether a form is 0 at some times within bounds whatever the entries are, as far as that is not ruled out.

    Its coefficients are polynomials in times; what they have in common is a product of u - v + c and u + c, none of
    which is 0 within the bounds.
    """
    given = _Coefficients(lambda _: False, within=bounds)
    found = given.coefficients(form)
    tops = list(dict.fromkeys(sympy.expand(top) for top, _ in found))
    below = sympy.Mul(*dict.fromkeys(under for _, under in found if not under.is_number))
    if not given.variables:
        return not tops
    if any(top.is_number and top != 0 for top in tops):
        return False
    if len(tops) > _MOST:
        return True
    symbols = sorted({symbol for top in tops for symbol in top.free_symbols}, key=str)
    if not tops or any(sympy.Poly(top, *symbols).total_degree() > _FACTORED for top in tops):
        return True
    common = sympy.gcd_list(tops)
    apart = [sympy.cancel(top / common) for top in tops]
    if not _without_common_zero([*apart, *([1 - below * sympy.Symbol("inverse")] if below != 1 else [])]):
        return True
    return not all(given.differs_from_zero(factor) for factor, _ in sympy.factor_list(common)[1])


def _without_common_zero(numbers: list[sympy.Expr]) -> bool:
    """Whether polynomials are known to be 0 together nowhere."""
    numbers = [number for number in map(sympy.expand, numbers) if number != 0]
    if any(number.is_number for number in numbers):
        return True
    free = sorted({symbol for number in numbers for symbol in number.free_symbols}, key=str)
    if not free or len(numbers) > _POLYNOMIALS:
        return False
    if len(free) > 1 and any(sympy.Poly(number, *free).total_degree() > _DEGREE for number in numbers):
        return False
    return bool(sympy.groebner(numbers, *free).exprs == [1])


class _Coefficients:
    """Deltas, ranges and times as variables; within bounds every time is one, otherwise the first is arbitrary."""

    def __init__(self, may_vanish: Callable[[Atom], bool], within: Bounds | None = None) -> None:
        self.may_vanish, self.within = may_vanish, within
        self.variables: dict[Any, sympy.Expr] = {}
        self.letters: dict[Letter, sympy.Expr] = {}

    def coefficients(self, form: Form) -> list[tuple[sympy.Expr, sympy.Expr]]:
        """The coefficients of the products of entries, each as one polynomial over another."""
        parts: dict[Any, sympy.Expr] = {}
        for term, value in form.terms:
            part = tuple(pair for pair in term.factors if not self.varies(pair[0]))
            own = [self.power(atom, power) for atom, power in term.factors if self.varies(atom)]
            parts[part] = parts.get(part, sympy.S.Zero) + sympy.Mul(
                sympy.Rational(value.numerator, value.denominator), *own
            )
        return [sympy.fraction(sympy.together(part)) for part in parts.values()]

    def varies(self, atom: Atom) -> bool:
        """Whether a factor may be 0 at some letters or times."""
        if atom.kind in (Kind.DELTA, Kind.RANGE, Kind.CLOCK) or self.may_vanish(atom):
            return True
        if self.within is not None:
            return any(may_be_zero(arg, self.within) for arg in atom.args)
        return any(is_loose(arg, self.may_vanish) for arg in atom.args)

    def differs_from_zero(self, factor: sympy.Expr) -> bool:
        """Whether a factor is u - v + c or u + c, which is not 0 within the bounds."""
        by_symbol = {symbol: letter for letter, symbol in self.letters.items()}
        if not factor.free_symbols <= by_symbol.keys() or sympy.Poly(factor).total_degree() != 1:
            return False
        number, rest = sympy.expand(factor).as_coeff_Add()
        parts = dict(arg.as_coeff_Mul()[::-1] for arg in sympy.Add.make_args(rest))
        scale = next(iter(parts.values()))
        if {abs(value) for value in parts.values()} != {abs(scale)}:
            return False
        if not (number / scale).is_integer:
            return True
        ups = [by_symbol[symbol] for symbol, value in parts.items() if value == scale]
        downs = [by_symbol[symbol] for symbol, value in parts.items() if value == -scale]
        if len(ups) > 1 or len(downs) > 1:
            return False
        u, v, c = ups[0], downs[0] if downs else None, int(number / scale)
        more = {**(self.within or {})}
        for pair, least in (((u, v), c), ((v, u), -c)):  # v = u + c
            more[pair] = max(more.get(pair, least), least)
        return closure(more) is None

    def power(self, atom: Atom, power: Number) -> sympy.Expr:
        """The power of such a factor: of a time, of x + c, of anything else one of a variable."""
        key = (atom, power < 0, power.denominator)
        if key not in self.variables:
            self.variables[key] = self._time(atom) if atom.kind is Kind.CLOCK else self._variable()
        found = self.variables[key]
        exact = atom.kind is Kind.CLOCK and power.denominator == 1
        return found ** (power if exact else abs(power.numerator))

    def _variable(self) -> sympy.Expr:
        return sympy.Symbol(f"v_{len(self.variables)}")

    def _time(self, atom: Atom) -> sympy.Expr:
        """A time as x + c, the first one as x; within bounds as a variable."""
        offset, pairs = atom.times[0]
        for letter, _ in pairs:
            if letter not in self.letters and self.within is not None:
                self.letters[letter] = sympy.Symbol(f"t_{len(self.letters)}")
            elif letter not in self.letters:
                self.letters[letter] = _X + sympy.Symbol(f"c_{len(self.letters)}") if self.letters else _X
        return sympy.Add(offset, *(factor * self.letters[letter] for letter, factor in pairs))
