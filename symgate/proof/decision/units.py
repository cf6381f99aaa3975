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

NOTHING = "the decision has no rule for a product over time of what may be 0 whatever the entries are"
_X = sympy.Symbol("x")


def is_loose(form: Form, may_vanish: Callable[[Atom], bool] = lambda _: False) -> bool:
    """Whether a form is 0 at some letters or times whatever the entries are, as far as that is not ruled out.

    It is a sum of products of entries with coefficients that are polynomials in deltas, ranges and times x + c, x being
    an arbitrary time.  Where these are never 0 together, it is not.

    Args:
        form: what is multiplied.
        may_vanish: tells of an entry whether it has a definition that may be 0 so.
    """
    return _is_loose(form, may_vanish, {})


def _is_loose(form: Form, may_vanish: Callable[[Atom], bool], told: dict[Atom, bool]) -> bool:
    given = _Coefficients(may_vanish, told)
    if not any(given.varies(atom) for term, _ in form.terms for atom, _ in term.factors):
        return not form.terms
    parts: dict[Any, sympy.Expr] = {}
    for term, value in form.terms:
        part = tuple(pair for pair in term.factors if not given.varies(pair[0]))
        own = [given.power(atom, power) for atom, power in term.factors if given.varies(atom)]
        parts[part] = parts.get(part, sympy.S.Zero) + sympy.Mul(
            sympy.Rational(value.numerator, value.denominator), *own
        )
    tops = [sympy.fraction(sympy.together(part))[0] for part in parts.values()]
    numbers = [number for top in tops for number in sympy.Poly(top, _X).all_coeffs() if number != 0]
    free = sorted({symbol for number in numbers for symbol in number.free_symbols}, key=str)
    if not free:
        return not numbers
    return bool(sympy.groebner(numbers, *free).exprs != [1])


class _Coefficients:
    """Deltas, ranges and times as variables; what is told of an atom is told once."""

    def __init__(self, may_vanish: Callable[[Atom], bool], told: dict[Atom, bool]) -> None:
        self.may_vanish, self.told = may_vanish, told
        self.variables: dict[Any, sympy.Expr] = {}
        self.letters: dict[Letter, sympy.Expr] = {}

    def varies(self, atom: Atom) -> bool:
        """Whether a factor may be 0 at some letters or times."""
        if atom not in self.told:
            own = atom.kind in (Kind.DELTA, Kind.RANGE, Kind.CLOCK) or self.may_vanish(atom)
            self.told[atom] = own or any(_is_loose(arg, self.may_vanish, self.told) for arg in atom.args)
        return self.told[atom]

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
        """A time as x + c, the first one as x."""
        offset, pairs = atom.times[0]
        for letter, _ in pairs:
            if letter not in self.letters:
                self.letters[letter] = _X + sympy.Symbol(f"c_{len(self.letters)}") if self.letters else _X
        return sympy.Add(offset, *(factor * self.letters[letter] for letter, factor in pairs))
