"""Products made canonical: deltas carried out, powers written out, letters that nothing carries counted.

``Algebra.sum`` is the only way from products to a form.  Each rewriting is an identity at every size:

    sum_k delta_{ik} f_k = f_i               delta_{ij} f_j = delta_{ij} f_i
    F^{k+r} = F F ... F F^r (0 <= r < 1)     (c m)^k = c^k m^k for a product m and whole k
    sum_k 1 = n                              f(-z) = -f(z) or f(z) for odd and even f
    exp(a + b) = exp(a) exp(b)               exp(c a) = exp(a)^c
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import sympy

from symgate.errors import SymgateError
from symgate.proof.decision import functions, ordered, powers, ranges, runs
from symgate.proof.decision.budget import Budget, Cost
from symgate.proof.decision.forms import (
    TIME,
    Atom,
    Form,
    Kind,
    Letter,
    Number,
    Raw,
    Term,
    at_time,
    exact,
)
from symgate.proof.decision.labels import Labels
from symgate.proof.decision.pool import Pool
from symgate.proof.decision.powers import UndefinedError


class Algebra(Pool):
    """Sums and products of forms."""

    def __init__(self, budget: Budget | None = None) -> None:
        """Start empty."""
        super().__init__(budget)
        self.labels = Labels(self)
        self.zero = self.form({})
        self.bases = runs.Bases()
        self.ordered: set[Any] = set()  # heads of the matrices that are multiplied over time
        self.reach: dict[Any, int] = {}  # how much earlier than a name itself what it is made of stands: -1, or 0
        self.unit = self.term((), (), 1)
        self.one = self.form({self.unit: 1})
        self._first = self._count
        self._results: dict[Any, tuple[Form, Cost]] = {}
        self._simple: set[tuple[Atom, Number]] = set()  # powers of functions, forms and ranges that nothing simplifies
        self._runs: dict[Any, tuple[list[Raw] | None, Cost] | None] = {}
        self._closures: dict[tuple[Atom, ...], tuple[Atom, ...] | None] = {}

    @property
    def untouched(self) -> bool:
        """Whether nothing but 0 and 1 was made."""
        return not self.meter.work and self._count == self._first

    def adopt(self, other: Algebra) -> None:  # type: ignore[override]  # there are no other pools
        """Go on from where another algebra is."""
        super().adopt(other)
        self.labels.adopt(other.labels)
        self.zero, self.unit, self.one = other.zero, other.unit, other.one
        self.bases, self.ordered, self.reach = other.bases.again(), set(other.ordered), dict(other.reach)

    # ---- building

    def repeated(self, key: Any, make: Callable[[], Form]) -> Form:
        """What ``make`` makes of the key; where it is known it is not made again, and counted all the same."""
        key = (key, len(self.ordered), len(self.bases.met))
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
        factors = self._contracted(factors, bound)
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
            closed = self._closed(tuple([atom for atom in factors if atom.kind is Kind.RANGE]))
            if closed is None:
                return []
            factors = {atom: power for atom, power in factors.items() if atom.kind is not Kind.RANGE}
            factors.update(closed)
            known = ranges.fixed(factors, bound)
            if known is not None:
                letter, time = known
                own = tuple(other for other in bound if other is not letter)
                return [(value, ranges.put(self, factors, letter, time, free=letter not in bound), own)]
        if Kind.ORDERED in kinds:
            word = ordered.joined(self, factors, bound)
            if word is not None:
                return [(value, word, tuple(bound))]
        if Kind.RUN in kinds:
            moved = runs.at_one_place(self, factors)
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

    def _contracted(self, factors: dict[Atom, Number], bound: list[Letter]) -> dict[Atom, Number]:
        """Deltas carried out: of two free letters the earlier one stays."""
        kept: list[Atom] = []
        while True:
            delta = next((atom for atom in factors if atom.kind is Kind.DELTA and atom not in kept), None)
            if delta is None:
                for atom in kept:
                    if atom in factors:
                        factors[atom] = 1
                return factors
            left, right = delta.letters
            if factors[delta] < 0:
                raise UndefinedError("a denominator is a delta, which is 0 off the diagonal")
            if left is right:
                del factors[delta]
                continue
            own = [letter for letter in (right, left) if letter in bound]
            if own:
                drop = own[0]
                keep = left if drop is right else right
                bound.remove(drop)
                del factors[delta]
            else:
                keep, drop = (left, right) if left.id < right.id else (right, left)
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
        if atom.kind in _PLAIN:
            return self._plainly(atom, power)
        if atom.kind is Kind.CLOCK:
            offset, pairs = atom.times[0]
            if not offset and len(pairs) == 1 and pairs[0][1] == 1:
                return None
            parts = [self.atom(Kind.CLOCK, times=(at_time(letter),)) for letter, _ in pairs]
            form = self.form({self.unit: offset})
            for part, (_, factor) in zip(parts, pairs, strict=True):
                form = self.add(form, self.scaled(self.of(part), factor))
            return [(1, [(self.atom(Kind.POWER, args=(form,)), power)], ())]
        if atom.kind is Kind.RUN:
            return self._run(atom, power)
        if atom.kind is Kind.ORDERED:
            return ordered.empty_product(self, atom)
        return None

    def _plainly(self, atom: Atom, power: Number) -> list[Raw] | None:
        """The same for what depends on the atom and the power alone; that nothing is simpler is told once."""
        key = (atom, power)
        if key in self._simple:
            return None
        found = _PLAIN[atom.kind](self, atom, power)
        if found is None:
            self._simple.add(key)
        return found

    def _run(self, atom: Atom, power: Number) -> list[Raw] | None:
        """The same for a run, which stands in many products: from the third time on it is not made anew.

        Counted is each time what the second one cost: the first costs more, since what it is made of is met then.
        """
        key = (atom, power, len(self.ordered), len(self.reach))
        known = self._runs.get(key)
        if known is not None and self.meter.again(known[1]):
            return known[0]
        costs: list[Cost] = []
        with self.meter.measured(costs):
            found = runs.rewritten(self, atom, power)
        self._runs[key] = (found, costs[0]) if key in self._runs else None
        return found

    def _closed(self, given: tuple[Atom, ...]) -> dict[Atom, Number] | None:
        """Ranges with all that follows from them; None where they are empty."""
        if given not in self._closures:
            self._closures[given] = ranges.closed(self, given)
        found = self._closures[given]
        return None if found is None else dict.fromkeys(found, 1)

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


#: The rules for atoms of which a power is simplified the same way wherever it stands.
_PLAIN: dict[Kind, Callable[[Algebra, Atom, Number], list[Raw] | None]] = {
    Kind.FUN: functions.simpler,
    Kind.POWER: powers.simpler,
    Kind.RANGE: ranges.simpler,
}
