"""Products made canonical: deltas carried out, powers written out, letters that nothing carries counted.

``Algebra.sum`` is the only way from products to a form.  Each rewriting is an identity at every size:

    sum_k delta_{ik} f_k = f_i               delta_{ij} f_j = delta_{ij} f_i
    F^{k+r} = F F ... F F^r (0 <= r < 1)     (c m)^k = c^k m^k for a product m and whole k
    sum_k 1 = n                              f(-z) = -f(z) or f(z) for odd and even f
    exp(a + b) = exp(a) exp(b)               exp(c a) = exp(a)^c
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import comb, gcd, isqrt
from typing import Any

import sympy

from symgate.errors import SymgateError
from symgate.proof.decision import products, ranges
from symgate.proof.decision.budget import Budget, Cost
from symgate.proof.decision.forms import (
    CONSTANT,
    TIME,
    Atom,
    Form,
    Kind,
    Letter,
    Number,
    Pool,
    Raw,
    Term,
    at_time,
    exact,
)
from symgate.proof.decision.labels import Labels


class UndefinedError(SymgateError):
    """A denominator is identically 0."""


@dataclass(frozen=True)
class Function:
    """A scalar function as an atom knows it.

    Attributes:
        origin: "cell" for a function that the cell declares, "registry" otherwise.
        name: its name there.
        parity: 1 for an even function, -1 for an odd one, 0 where nothing is used.
        exponential: whether it is exp, with its addition theorem.
        square: the name of g where f^2 = 1 - g^2, empty where f^2 = 1, None where nothing is used.
    """

    origin: str
    name: str
    parity: int = 0
    exponential: bool = False
    square: str | None = None


class Algebra(Pool):
    """Sums and products of forms."""

    def __init__(self, budget: Budget | None = None) -> None:
        """Start empty."""
        super().__init__(budget)
        self.labels = Labels(self)
        self.zero = self.form({})
        self.run_bases: list[Form] = []  # sums that are multiplied over time
        self.ordered: set[Any] = set()  # heads of the matrices that are multiplied over time
        self.reach: dict[Any, int] = {}  # how much earlier than a name itself what it is made of stands: -1, or 0
        self.unit = self.term((), (), 1)
        self.one = self.form({self.unit: 1})
        self._first = self._count
        self._results: dict[Any, tuple[Form, Cost]] = {}

    @property
    def untouched(self) -> bool:
        """Whether nothing but 0 and 1 was made."""
        return not self.meter.work and self._count == self._first

    def adopt(self, other: Algebra) -> None:  # type: ignore[override]  # there are no other pools
        """Go on from where another algebra is."""
        super().adopt(other)
        self.labels.adopt(other.labels)
        self.zero, self.unit, self.one = other.zero, other.unit, other.one
        self.run_bases, self.ordered, self.reach = list(other.run_bases), set(other.ordered), dict(other.reach)

    # ---- building

    def repeated(self, key: Any, make: Callable[[], Form]) -> Form:
        """What ``make`` makes of the key; where it is known it is not made again, and counted all the same."""
        key = (key, len(self.ordered), len(self.run_bases))
        known = self._results.get(key)
        if known is not None and self.meter.again(known[1]):
            return known[0]
        costs: list[Cost] = []
        with self.meter.measured(costs):
            form = make()
        self._results[key] = form, costs[0]
        return form

    def number(self, value: Number) -> Form:
        """A rational number."""
        return self.form({self.unit: value})

    def of(self, atom: Atom, power: Number = 1) -> Form:
        """An atom, or a power of it, as a form."""
        return self.sum([(1, [(atom, power)], ())])

    def add(self, *forms: Form) -> Form:
        """The sum of forms."""
        found: dict[Term, Number] = {}
        for form in forms:
            self.meter.spend(len(form.terms))
            for term, value in form.terms:
                found[term] = found.get(term, 0) + value
        return self.form(found)

    def scaled(self, form: Form, factor: Number) -> Form:
        """A number times a form."""
        return form if factor == 1 else self.form({term: value * factor for term, value in form.terms})

    def subtract(self, left: Form, right: Form) -> Form:
        """left - right."""
        return self.add(left, self.scaled(right, -1))

    def times(self, left: Form, right: Form) -> Form:
        """The product of two forms."""
        if left is self.one or right is self.one:
            return right if left is self.one else left
        if len(left.terms) == 1 and left.terms[0][0] is self.unit:
            return self.scaled(right, left.terms[0][1])
        self.meter.expect(len(left.terms) * len(right.terms))
        raws: list[Raw] = []
        for one, c in left.terms:
            for other, d in right.terms:
                factors, bound = self.opened(other) if one.bound else (list(other.factors), other.bound)
                raws.append((c * d, [*one.factors, *factors], one.bound + bound))
        return self.sum(raws)

    def product(self, forms: list[Form]) -> Form:
        """The product of forms."""
        found = self.one
        for form in forms:
            found = self.times(found, form)
        return found

    def power(self, form: Form, exponent: Number) -> Form:
        """A form to a rational power."""
        return self.of(self.atom(Kind.POWER, args=(form,)), exact(exponent))

    def total(self, letter: Letter, form: Form, ranged: tuple[Atom, ...] = ()) -> Form:
        """The sum over a letter; a time runs over ``ranged``."""
        new = self.fresh(letter.space)
        mapping = {letter: new}
        extra: list[tuple[Atom, Number]] = [(self.moved(atom, mapping), 1) for atom in ranged]
        raws: list[Raw] = [
            (value, [(self.moved(atom, mapping), power) for atom, power in term.factors] + extra, (*term.bound, new))
            for term, value in form.terms
        ]
        return self.sum(raws)

    # ---- canonical sums

    def sum(self, raws: list[Raw]) -> Form:
        """The canonical form of a sum of products."""
        found: dict[Term, Number] = {}
        todo = list(reversed(raws))
        while todo:
            value, factors, bound = todo.pop()
            if not value:
                continue
            self.meter.spend(1 + len(factors))
            more = self._reduce(value, factors, list(bound), found)
            if more:
                todo.extend(reversed(more))
                self.meter.expect(len(todo))
        return self.form(found)

    def _reduce(
        self, value: Number, given: list[tuple[Atom, Number]], bound: list[Letter], found: dict[Term, Number]
    ) -> list[Raw]:
        """Add one product to ``found``, or give the products that it is the sum of."""
        factors: dict[Atom, Number] = {}
        for atom, power in given:
            factors[atom] = factors.get(atom, 0) + power
        factors, vanished = self._contracted(factors, bound)
        if vanished:
            return []
        for atom, power in factors.items():
            if not power:
                continue
            parts = self._simpler(atom, power)
            if parts is not None:
                rest = [(other, e) for other, e in factors.items() if other is not atom and e]
                return [(exact(value * c), [*rest, *more], (*bound, *own)) for c, more, own in parts]
        factors = {atom: exact(power) for atom, power in factors.items() if power}
        kinds = {atom.kind for atom in factors}
        if Kind.RANGE in kinds:
            closed = ranges.closed(self, factors)
            if closed is None:
                return []
            factors = closed
            known = ranges.fixed(factors, bound)
            if known is not None:
                letter, time = known
                own = tuple(other for other in bound if other is not letter)
                return [(value, ranges.put(self, factors, letter, time, free=letter not in bound), own)]
        if Kind.ORDERED in kinds:
            word = products.joined(self, factors, bound)
            if word is not None:
                return [(value, word, tuple(bound))]
        if Kind.RUN in kinds:
            moved = products.runs(self, factors)
            if moved is not None:
                return [(value, moved, tuple(bound))]
        used = {letter for atom in factors for letter in atom.free} if bound else set()
        for letter in bound:
            if letter not in used:
                if letter.space == TIME:
                    raise AssertionError("a time without a range")
                left = tuple(other for other in bound if other is not letter)
                size = self.size(letter.space)
                return [(value * c, [*factors.items(), *term.factors], left) for term, c in size.terms]
        times = [letter for letter in bound if letter.space == TIME]
        shifts = ranges.shifts(factors, times, self.reach) if times else {}
        if shifts:
            mapping = {letter: at_time(letter, by) for letter, by in shifts.items()}
            return [(value, [(self.moved(atom, mapping), power) for atom, power in factors.items()], tuple(bound))]
        sign, term = self.labels.label(factors, bound)
        if sign:
            found[term] = found.get(term, 0) + sign * value
        return []

    def _contracted(self, factors: dict[Atom, Number], bound: list[Letter]) -> tuple[dict[Atom, Number], bool]:
        """Deltas carried out; whether the product vanishes."""
        kept: list[Atom] = []
        while True:
            delta = next((atom for atom in factors if atom.kind is Kind.DELTA and atom not in kept), None)
            if delta is None:
                for atom in kept:
                    if atom in factors:
                        factors[atom] = 1
                return factors, False
            left, right = delta.letters
            if factors[delta] < 0:
                raise UndefinedError("a denominator is a delta, which is 0 off the diagonal")
            if left is right:
                del factors[delta]
                continue
            if left.level == CONSTANT and right.level == CONSTANT:
                return factors, True
            own = [letter for letter in (right, left) if letter in bound]
            if own:
                drop = own[0]
                keep = left if drop is right else right
                bound.remove(drop)
                del factors[delta]
            else:
                keep, drop = _ordered(left, right)
                del factors[delta]
            changed: dict[Atom, Number] = {}
            for atom, power in factors.items():
                new = self.moved(atom, {drop: keep})
                changed[new] = changed.get(new, 0) + power
            factors = changed
            kept = [self.moved(atom, {drop: keep}) for atom in kept]
            if not own:
                pair = self.atom(Kind.DELTA, letters=(keep, drop))
                factors[pair] = 1
                kept.append(pair)

    def _simpler(self, atom: Atom, power: Number) -> list[Raw] | None:
        """The power of an atom as a sum of simpler products, or None where it is as simple as it gets."""
        if atom.kind is Kind.ENTRY:
            if len(atom.times) == 1 and atom.head in self.ordered:
                return [(1, [(self.atom(Kind.ORDERED, atom.head, atom.letters, atom.times * 2), power)], ())]
            return None
        if atom.kind is Kind.FUN:
            return self._function(atom, power)
        if atom.kind is Kind.POWER:
            return self._power(atom, power)
        if atom.kind is Kind.CLOCK:
            offset, pairs = atom.times[0]
            if not offset and len(pairs) == 1 and pairs[0][1] == 1:
                return None
            parts = [self.atom(Kind.CLOCK, times=(at_time(letter),)) for letter, _ in pairs]
            form = self.form({self.unit: offset})
            for part, (_, factor) in zip(parts, pairs, strict=True):
                form = self.add(form, self.scaled(self.of(part), factor))
            return [(1, [(self.atom(Kind.POWER, args=(form,)), power)], ())]
        if atom.kind is Kind.RANGE:
            return ranges.simpler(self, atom, power)
        if atom.kind is Kind.RUN:
            return products.run(self, atom, power)
        if atom.kind is Kind.ORDERED:
            return products.ordered(self, atom)
        return None

    def turned(self, atom: Atom, power: Number) -> tuple[int, Atom]:
        """An atom whose letters were renamed, with the sign of its argument canonical again."""
        if atom.tidy or atom.kind not in (Kind.FUN, Kind.POWER):
            return 1, atom
        parts = self._simpler(atom, power)
        if parts is None:
            return 1, atom
        (sign, ((new, _),), _), *rest = parts
        assert not rest
        return int(sign), new

    def _function(self, atom: Atom, power: Number) -> list[Raw] | None:
        function, order = atom.head
        (inner,) = atom.args
        if function.exponential:
            if len(inner.terms) == 1 and inner.terms[0][1] == 1 and not order:
                return None
            head = (function, 0)
            parts = [(self.atom(Kind.FUN, head, args=(self.form({t: 1}),)), power * c) for t, c in inner.terms]
            return [(1, parts, ())]
        if function.square is not None and not order and power >= 2:
            rest = [(atom, power - 2)]
            if not function.square:
                return [(1, rest, ())]
            other = self.atom(Kind.FUN, (Function(function.origin, function.square, 1), 0), args=atom.args)
            return [(1, rest, ()), (-1, [*rest, (other, 2)], ())]
        if not function.parity:
            return None
        parity = function.parity * (-1) ** order
        if not inner.terms:
            return [] if parity < 0 and power > 0 else None
        if inner.terms[0][1] > 0:
            return None
        turned = self.atom(Kind.FUN, atom.head, args=(self.scaled(inner, -1),))
        return [(1 if parity > 0 or power % 2 == 0 else -1, [(turned, power)], ())]

    def _power(self, atom: Atom, power: Number) -> list[Raw] | None:
        (inner,) = atom.args
        whole = power.denominator == 1
        if not inner.terms:
            if power < 0:
                raise UndefinedError("a denominator is 0 for every value of the symbols")
            return []
        if len(inner.terms) == 1:
            term, value = inner.terms[0]
            if term is self.unit:
                root = _root(value, power)
                if root is not None:
                    return [(root, [], ())]
                many = power.__floor__()
                return [(Fraction(value) ** many, [(atom, power - many)], ())] if many else None
            if whole and not term.bound and not any(a.kind is Kind.DELTA for a, _ in term.factors):
                return [(Fraction(value) ** int(power), [(a, e * power) for a, e in term.factors], ())]
        if power >= 1:
            return self._written_out(inner, power)
        content = self._content(inner, whole=whole)
        if content is not None:
            common, value = content
            left = self.divided(inner, common, value)
            root = _root(value, power)
            number = [(self.atom(Kind.POWER, args=(self.number(value),)), power)] if root is None else []
            rest = (self.atom(Kind.POWER, args=(left,)), power)
            return [(1 if root is None else root, [*number, *((a, e * power) for a, e in common.items()), rest], ())]
        return None

    def _written_out(self, inner: Form, power: Number) -> list[Raw]:
        """One factor after the other."""
        many = int(power // 1)
        self.meter.expect(comb(len(inner.terms) + many - 1, many))
        rest = [(self.atom(Kind.POWER, args=(inner,)), power - many)] if power != many else []
        form = inner
        for _ in range(many - 1):
            form = self.times(form, inner)
        return [(c, [*rest, *term.factors], term.bound) for term, c in form.terms]

    def _content(self, inner: Form, *, whole: bool) -> tuple[dict[Atom, Number], Number] | None:
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

    def divided(self, form: Form, common: dict[Atom, Number], value: Number) -> Form:
        """form / (value x common)."""
        down = [(atom, -power) for atom, power in common.items()]
        return self.sum([(Fraction(c) / value, [*term.factors, *down], term.bound) for term, c in form.terms])

    def size(self, dimension: Any) -> Form:
        """A dimension as a number: a size symbol, a whole number, or what is made of them."""
        if isinstance(dimension, sympy.Integer):
            return self.number(int(dimension))
        if isinstance(dimension, sympy.Symbol):
            return self.form({self.term(((self.atom(Kind.SIZE, dimension), 1),), (), 1): 1})
        parts = [self.size(arg) for arg in dimension.args]
        if isinstance(dimension, sympy.Add):
            return self.add(*parts)
        if isinstance(dimension, sympy.Mul):
            return self.product(parts)
        if isinstance(dimension, sympy.Pow) and dimension.exp.is_Integer:
            return self.power(self.size(dimension.base), int(dimension.exp))
        raise SymgateError(f"A size is made of symbols and whole numbers; found {dimension}.")


def _ordered(left: Letter, right: Letter) -> tuple[Letter, Letter]:
    """The letter that stays and the one that goes: a constant stays, else the earlier one."""
    if (right.level == CONSTANT) != (left.level == CONSTANT):
        return (left, right) if left.level == CONSTANT else (right, left)
    return (left, right) if left.id < right.id else (right, left)


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
