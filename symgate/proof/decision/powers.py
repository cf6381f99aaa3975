"""Powers of forms made canonical: written out, or with what all terms have in common taken out.

F^{k+r} = F F ... F F^r (0 <= r < 1)     (c m)^k = c^k m^k for a product m and whole k
"""

from __future__ import annotations

from fractions import Fraction
from math import comb, gcd, isqrt
from typing import TYPE_CHECKING

from symgate.errors import SymgateError
from symgate.proof.decision.forms import Atom, Form, Kind, Number, Raw, exact

if TYPE_CHECKING:
    from symgate.proof.decision.canon import Algebra


class UndefinedError(SymgateError):
    """A denominator is identically 0."""


def simpler(algebra: Algebra, atom: Atom, power: Number) -> list[Raw] | None:
    """A power of a form as a sum of simpler products, or None where it is as simple as it gets."""
    (inner,) = atom.args
    whole = power.denominator == 1
    if not inner.terms:
        if power < 0:
            raise UndefinedError("a denominator is 0 for every value of the symbols")
        return []
    if len(inner.terms) == 1:
        term, value = inner.terms[0]
        if term is algebra.unit:
            root = _root(value, power)
            if root is not None:
                return [(root, [], ())]
            many = power.__floor__()
            return [(Fraction(value) ** many, [(atom, power - many)], ())] if many else None
        if whole and not term.bound and not any(a.kind is Kind.DELTA for a, _ in term.factors):
            return [(Fraction(value) ** int(power), [(a, e * power) for a, e in term.factors], ())]
    if power >= 1:
        return _written_out(algebra, inner, power)
    content = _content(inner, whole=whole)
    if content is not None:
        common, value = content
        left = algebra.divided(inner, common, value)
        root = _root(value, power)
        number = [(algebra.atom(Kind.POWER, args=(algebra.number(value),)), power)] if root is None else []
        rest = (algebra.atom(Kind.POWER, args=(left,)), power)
        return [(1 if root is None else root, [*number, *((a, e * power) for a, e in common.items()), rest], ())]
    return None


def _written_out(algebra: Algebra, inner: Form, power: Number) -> list[Raw]:
    """One factor after the other; the letters of each term are its own, for other factors may have the same."""
    many = int(power // 1)
    algebra.meter.expect(comb(len(inner.terms) + many - 1, many))
    rest = [(algebra.atom(Kind.POWER, args=(inner,)), power - many)] if power != many else []
    form = inner
    for _ in range(many - 1):
        form = algebra.times(form, inner)
    opened = [(c, *algebra.opened(term)) for term, c in form.terms]
    return [(c, [*rest, *factors], bound) for c, factors, bound in opened]


def _content(inner: Form, *, whole: bool) -> tuple[dict[Atom, Number], Number] | None:
    """What all terms have in common: a product of atoms and, with its sign, a number; for roots a number > 0."""
    values = [Fraction(value) for _, value in inner.terms]
    number = Fraction(gcd(*(v.numerator for v in values)), 1)
    common = 1
    for v in values:
        common = common * v.denominator // gcd(common, v.denominator)
    number /= common
    if whole and values[0] < 0:
        number = -number
    shared: dict[Atom, Number] = {}
    if whole and len(inner.terms) > 1:
        first = dict(inner.terms[0][0].factors)
        for atom, power in first.items():
            lowest = power
            for term, _ in inner.terms:
                lowest = min(lowest, dict(term.factors).get(atom, 0))
            plain = atom.kind not in (Kind.DELTA, Kind.RANGE)
            if lowest and plain and not any(l in t.bound for t, _ in inner.terms for l in atom.free):
                shared[atom] = lowest
        for term, _ in inner.terms:
            for atom, power in term.factors:
                if power < 0 and atom not in first and atom.kind is not Kind.POWER:
                    lowest = min(dict(t.factors).get(atom, 0) for t, _ in inner.terms)
                    if not any(l in t.bound for t, _ in inner.terms for l in atom.free):
                        shared[atom] = lowest
    return None if number == 1 and not shared else (shared, exact(number))


def _root(value: Number, power: Number) -> Number | None:
    """value ** power where that is rational."""
    if power.denominator == 1:
        return exact(Fraction(value) ** int(power))
    if value == 1:
        return 1
    if value < 0 or power.denominator != 2:
        return None
    number = Fraction(value)
    tops = isqrt(number.numerator), isqrt(number.denominator)
    if tops[0] ** 2 != number.numerator or tops[1] ** 2 != number.denominator:
        return None
    return exact(Fraction(*tops) ** power.numerator)
