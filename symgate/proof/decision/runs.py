"""Commutative products over time inside one term: quotients of runs, moved to where they can be compared.

    prod_{j=lo..hi} b_j = R(hi+1)/R(lo),   R(x) = prod_{j<x} b_j,   R(x+1) = R(x) b_x

In: atoms and factors of a term.  Out: what stands in their place.  R is a formal name: an identity between Laurent
monomials in R and b is one between products, for all b != 0 and hence for all b.

R to a power that is not whole is the product of those powers of b: of a b >= 0, no factor of which need be >= 0.  So
roots of a product are never taken apart: the root of b b is |b|.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sympy

from symgate.errors import UnsupportedNodeError
from symgate.proof.decision.forms import (
    FREE,
    HOLE,
    PLACE,
    TIME,
    Atom,
    Form,
    Kind,
    Letter,
    Number,
    Raw,
    Time,
    at_time,
    later,
)
from symgate.proof.decision.ranges import offsets, offsets_in

if TYPE_CHECKING:
    from symgate.proof.decision.canon import Algebra

NESTED = "the decision has no rule for a product over time within another one"


#: By how many steps a base may stand apart from one that was met before, in the order in which they are tried.
SHIFTS = (0, 1, -1, 2, -2)


@dataclass
class Bases:
    """The sums that are multiplied over time, each looked up by what it and those met before are at other times.

    Attributes:
        met: the sums, in the order in which they were met.
        places: by the form of a sum of ``met`` after a shift the number of the place, the sum and the shift, the first
            where there are several; all but the latest sum are read.
        latest: the sum that is not read yet.
    """

    met: dict[Form, None] = field(default_factory=dict)
    places: dict[Form, tuple[int, Form, int]] = field(default_factory=dict)
    latest: Form | None = None

    def again(self) -> Bases:
        """A copy that goes on by itself."""
        return Bases(dict(self.met), dict(self.places), self.latest)

    def known(self, algebra: Algebra, base: Form) -> tuple[Form, int, int] | None:
        """Of a base that is the sum k met before, c steps later: k, c and the sign; one at no place is met now.

        So R of the base at x is R of k at x + c, but for the sign.
        """
        opposite = algebra.scaled(base, -1)
        if base in self.met:
            return None
        found = self._place(base, opposite)
        if found is None and self.latest is not None:
            found = self._read(algebra, self.latest, base, opposite)
        if found is None:
            self.met[base], self.latest = None, base
        return found

    def _place(self, base: Form, opposite: Form) -> tuple[Form, int, int] | None:
        places = [(self.places[form], sign) for form, sign in ((base, 1), (opposite, -1)) if form in self.places]
        if not places:
            return None
        (_, known, shift), sign = min(places, key=lambda pair: pair[0][0])
        return known, shift, sign

    def _read(self, algebra: Algebra, latest: Form, base: Form, opposite: Form) -> tuple[Form, int, int] | None:
        """The same for the latest sum, shift by shift up to the one that is looked for."""
        hole = algebra.letter(TIME, *HOLE)
        shifted = []
        for shift in SHIFTS:
            moved = algebra.moved_form(latest, {hole: at_time(hole, shift)})
            if moved is base or moved is opposite:
                return latest, shift, 1 if moved is base else -1
            shifted.append((moved, shift))
        for moved, shift in shifted:
            self.places.setdefault(moved, (len(self.places), latest, shift))
        self.latest = None
        return None


def rewritten(algebra: Algebra, atom: Atom, power: Number) -> list[Raw] | None:
    """A run of a product is a product of runs; a run up to a number is written out."""
    (base,), (upper,) = atom.args, atom.times
    hole = algebra.letter(TIME, *HOLE)
    if nested(base):
        raise UnsupportedNodeError(NESTED)
    whole = power.denominator == 1
    if whole and len(base.terms) == 1 and not base.terms[0][0].bound:
        term, value = base.terms[0]
        primes = _primes(value)
        if not term.factors and len(primes) == 1 and primes[0][1] == 1:
            pass  # a prime, or -1
        elif value != 1 or len(term.factors) != 1 or term.factors[0][1] != 1:
            parts = [
                (algebra.atom(Kind.RUN, times=(upper,), args=(algebra.of(a),)), e * power) for a, e in term.factors
            ]
            for prime, many in primes:
                parts.append((algebra.atom(Kind.RUN, times=(upper,), args=(algebra.number(prime),)), many * power))
            return [(1, parts, ())]
    if base is algebra.number(-1) and power != 1 and whole:
        return [(1, [(atom, 1)] if power % 2 else [], ())]
    offset, pairs = upper
    if hole not in base.free:
        if not offset and len(pairs) == 1 and pairs[0][1] == 1:
            return None
        parts = [
            (algebra.atom(Kind.RUN, times=(at_time(letter),), args=(base,)), factor * power) for letter, factor in pairs
        ]
        return [(1, [*parts, (algebra.atom(Kind.POWER, args=(base,)), offset * power)], ())]
    first = min(offsets_in(base, hole, algebra.reach), default=0)
    if first:
        moved = algebra.moved_form(base, {hole: at_time(hole, -first)})
        return [(1, [(algebra.atom(Kind.RUN, times=(later(upper, first),), args=(moved,)), power)], ())]
    if len(base.terms) > 1:
        content = _content(algebra, base, upper, power) if whole else None
        if content is not None:
            return [(1, content, ())]
        known = algebra.bases.known(algebra, base)
        if known is not None and (whole or known[2] > 0):
            same, shift, sign = known
            parts = [(algebra.atom(Kind.RUN, times=(later(upper, shift),), args=(same,)), power)]
            if sign < 0:
                parts.append((algebra.atom(Kind.RUN, times=(upper,), args=(algebra.number(-1),)), power))
            return [(1, parts, ())]
    if not pairs:
        algebra.meter.expect(abs(offset))
        steps = range(offset) if offset >= 0 else range(offset, 0)
        return [(1, [(_at(algebra, base, (j, ())), power if offset >= 0 else -power) for j in steps], ())]
    return None


def _content(algebra: Algebra, base: Form, upper: Time, power: Number) -> list[tuple[Atom, Number]] | None:
    """The runs of what a power of a sum takes out of it, and of the rest; None where it takes nothing out."""
    summed = [letter for letter in base.free if letter.level < PLACE]  # of the term around, which no sum may hold
    there = {letter: algebra.letter(letter.space, FREE, 8000 + place) for place, letter in enumerate(summed)}
    back: dict[Letter, Any] = {new: old for old, new in there.items()}
    base = algebra.moved_form(base, there) if there else base
    inverse = algebra.sum([(1, [(algebra.atom(Kind.POWER, args=(base,)), -1)], ())])
    if len(inverse.terms) != 1 or inverse.terms[0][0].bound:
        return None
    ((term, value),) = inverse.terms
    sums = [atom for atom, e in term.factors if atom.kind is Kind.POWER and e == -1 and len(atom.args[0].terms) > 1]
    if len(sums) != 1 or sums[0].args[0] is base:
        return None
    bases = [(algebra.of(atom), -e) for atom, e in term.factors if atom is not sums[0]]
    bases += [(sums[0].args[0], 1), (algebra.number(Fraction(1) / value), 1)]
    bases = [(algebra.moved_form(own, back), e) for own, e in bases] if back else bases
    runs_ = [(algebra.atom(Kind.RUN, times=(upper,), args=(own,)), e * power) for own, e in bases]
    return [pair for pair in runs_ if pair[0].args[0] is not algebra.one]


def nested(form: Form) -> bool:
    """Whether a product over time stands in a form that is multiplied over time itself."""
    return any(
        atom.kind is Kind.ORDERED or (atom.kind is Kind.RUN and _varies(atom)) or any(map(nested, atom.args))
        for term, _ in form.terms
        for atom, _ in term.factors
    )


def varies_within(form: Form, letter: Letter) -> bool:
    """Whether what is multiplied over time somewhere in a form knows a letter."""
    return any(
        (atom.kind is Kind.RUN and letter in atom.args[0].free) or any(varies_within(arg, letter) for arg in atom.args)
        for term, _ in form.terms
        for atom, _ in term.factors
        if letter in atom.free
    )


def _varies(atom: Atom) -> bool:
    """Whether a run is more than a power, or its end is the time that is multiplied over."""
    (base,) = atom.args
    letters = [*base.free, *(letter for letter, _ in atom.times[0][1])]
    return any(letter.space == TIME and (letter.level, letter.number) == HOLE for letter in letters)


def at_one_place(algebra: Algebra, factors: dict[Atom, Number]) -> list[tuple[Atom, Number]] | None:
    """Runs of one base and letter moved to where the exponents of the base first differ from that of the run."""
    hole = algebra.letter(TIME, *HOLE)
    groups: dict[tuple[Form, tuple[tuple[Letter, int], ...]], dict[int, Number]] = {}
    for atom, power in factors.items():
        if atom.kind is Kind.RUN and hole in atom.args[0].free and len(atom.times[0][1]) == 1:
            groups.setdefault((atom.args[0], atom.times[0][1]), {})[atom.times[0][0]] = power
    for (base, pairs), places in groups.items():
        found = _moved(algebra, factors, base, pairs, places)
        if found is not None:
            return found
    return None


def _moved(
    algebra: Algebra,
    factors: dict[Atom, Number],
    base: Form,
    pairs: tuple[tuple[Letter, int], ...],
    places: dict[int, Number],
) -> list[tuple[Atom, Number]] | None:
    whole = sum(places.values())
    start = min(places)
    span = range(min(places), max(places) + 1)
    single = _is_factor(base)
    explicit: dict[int, tuple[Atom, Number]] = {}
    if single:
        ((pattern, _),) = base.terms[0][0].factors
        for atom, power in factors.items():
            if atom.kind is pattern.kind and atom.head == pattern.head:
                place = _place(algebra, pattern, atom, pairs)
                if place is not None:
                    explicit[place] = (atom, power)
    else:
        for atom, power in factors.items():
            place = _place_of_sum(algebra, base, atom, pairs) if atom.kind is Kind.POWER else None
            if place is not None:
                explicit[place] = (atom, power)
    start = min([start, *explicit])
    if max([*span, *explicit], default=start) - start > 64:
        return None
    exponents = {
        d: sum(e for place, e in places.items() if place > d) + (explicit[d][1] if d in explicit else 0)
        for d in range(start, max([*span, *explicit]) + 1)
    }
    target = next((d for d in sorted(exponents) if exponents[d] != whole), max(exponents) + 1)
    if not whole:
        target = start
    if not single and not any(e < 0 for _, e in [*explicit.values(), (None, whole)]):
        target = start  # a whole power of a sum is written out, so it cannot be told from other terms
    if whole and set(places) == {target}:
        return None
    gone = {atom for atom, _ in explicit.values()}
    rest = [
        (atom, power)
        for atom, power in factors.items()
        if atom not in gone and not (atom.kind is Kind.RUN and atom.args[0] is base and atom.times[0][1] == pairs)
    ]
    if whole:
        rest.append((algebra.atom(Kind.RUN, times=((target, pairs),), args=(base,)), whole))
    rest += [(_at(algebra, base, (d, pairs)), e) for d, e in exponents.items() if d >= target and e]
    return rest


def aligned(algebra: Algebra, form: Form) -> Form:
    """The runs of one sum up to one letter at the same place in all terms: R(x+1) b = R(x) b_x b where R(x) stands too.

    Powers of a sum are written out, so a term alone does not show them.  Those of R move to the earliest place, those
    of 1/R to the latest, and no sum gets under a fraction.
    """
    hole = algebra.letter(TIME, *HOLE)
    places: dict[Any, set[int]] = {}

    def key(atom: Atom, power: Number) -> Any:
        if atom.kind is not Kind.RUN or hole not in atom.args[0].free or _is_factor(atom.args[0]):
            return None
        return (atom.args[0], atom.times[0][1], power > 0) if len(atom.times[0][1]) == 1 else None

    for term, _ in form.terms:
        for atom, power in term.factors:
            own = key(atom, power)
            if own is not None:
                places.setdefault(own, set()).add(atom.times[0][0])
    ends = {own: min(at) if own[2] else max(at) for own, at in places.items() if 0 < max(at) - min(at) < 16}
    if not ends:
        return form
    raws: list[Raw] = []
    for term, value in form.terms:
        factors: list[tuple[Atom, Number]] = []
        for atom, power in term.factors:
            own = key(atom, power)
            if own not in ends:
                factors.append((atom, power))
                continue
            base, pairs, _ = own
            here, end = atom.times[0][0], ends[own]
            factors.append((algebra.atom(Kind.RUN, times=((end, pairs),), args=(base,)), power))
            factors += [
                (_at(algebra, base, (d, pairs)), power if power > 0 else -power)
                for d in range(min(here, end), max(here, end))
            ]
        raws.append((value, factors, term.bound))
    return algebra.sum(raws)


def _is_factor(base: Form) -> bool:
    """Whether the base of a run is one atom, so that its powers stand among the factors of a term."""
    if len(base.terms) != 1 or base.terms[0][1] != 1:
        return False
    factors = base.terms[0][0].factors
    return not base.terms[0][0].bound and len(factors) == 1 and factors[0][1] == 1


def _place(algebra: Algebra, pattern: Atom, atom: Atom, pairs: tuple[tuple[Letter, int], ...]) -> int | None:
    """At which offset from the letter an atom is the base of a run."""
    hole = algebra.letter(TIME, *HOLE)
    for (offset, own), time in zip(pattern.times, atom.times, strict=False):
        if own == ((hole, 1),) and time[1] == pairs:
            place = time[0] - offset
            return place if algebra.moved(pattern, {hole: (place, pairs)}) is atom else None
    if atom.args and len(pairs) == 1 and pairs[0][1] == 1:  # a function of something with a time
        earliest = min(offsets(atom, pairs[0][0], algebra.reach), default=None)
        if earliest is not None and algebra.moved(pattern, {hole: (earliest, pairs)}) is atom:
            return earliest
    return None


def _place_of_sum(algebra: Algebra, base: Form, atom: Atom, pairs: tuple[tuple[Letter, int], ...]) -> int | None:
    """At which offset from the letter a power of a sum is one of the base of a run, a sum itself."""
    hole = algebra.letter(TIME, *HOLE)
    found = offsets(atom, pairs[0][0], algebra.reach) if pairs[0][1] == 1 else []
    place = min(found, default=None)
    if place is None or algebra.moved_form(base, {hole: (place, pairs)}) is not atom.args[0]:
        return None
    return place


def _at(algebra: Algebra, base: Form, time: Time) -> Atom:
    """The base at a time, as one factor."""
    form = algebra.moved_form(base, {algebra.letter(TIME, *HOLE): time})
    if _is_factor(form):
        return form.terms[0][0].factors[0][0]
    return algebra.atom(Kind.POWER, args=(form,))


#: Of a number that no smaller prime divides, the primes are not looked for above the second bound: it stays whole.
_SMALL, _WHOLE = 1000, 10**15


@lru_cache(maxsize=1024)
def _primes(value: Number) -> list[tuple[int, int]]:
    """Whole numbers, and -1, to powers, whose product is a rational number: primes, but for large ones."""
    found = {-1: 1} if value < 0 else {}
    for number, sign in ((abs(value.numerator), 1), (value.denominator, -1)):
        rest = number
        for prime in sympy.primerange(2, _SMALL):
            while rest % prime == 0:
                rest //= prime
                found[prime] = found.get(prime, 0) + sign
        own = sympy.factorint(rest) if rest < _WHOLE else {rest: 1}
        found |= {int(p): sign * int(e) for p, e in own.items() if p != 1}
    return list(found.items())
