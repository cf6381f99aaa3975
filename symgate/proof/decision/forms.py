"""Sums of terms in index notation: letters, atoms, terms and forms, each made once and compared by identity.

    Form   a sum of (rational coefficient) x Term
    Term   a product of atoms to rational powers, with its bound letters; each bound letter is summed over
    Atom   an entry, a function of a form, a power of a form, a delta, a size, ...; it carries letters
    Letter (space, level, number): an index that runs over a space, such as 1..n, or a time

A bound letter has the height of its term as its level.  Arguments of functions are lower than the term that they
stand in, so a letter of an outer term is free in an argument, and the scopes of two terms never meet.

Everything made in one ``Pool`` has a number in the order of making; that number is the sort key, so the order of
terms depends neither on hash seeds nor on text.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import IntEnum
from fractions import Fraction
from operator import attrgetter
from typing import Any

from symgate.proof.decision.budget import Budget, Meter

Number = int | Fraction
#: A linear form in time letters: (constant, ((letter, factor), ...)).
Time = tuple[int, tuple[tuple["Letter", int], ...]]
#: A product that is not canonical yet: its coefficient, its factors, the letters that it sums over.
Raw = tuple[Number, list[tuple["Atom", Number]], tuple["Letter", ...]]

#: Levels above every height: letters of a scope that is being worked on, of a relabelling, free ones, constants.
PLACE, FRESH, FREE, CONSTANT = 1 << 28, 1 << 29, 1 << 30, 1 << 31
#: The space of times; the other spaces are sizes.
TIME = "time"
#: Level and number of the time that a run multiplies over; it is bound in the argument of the run.
HOLE = (FREE, 1 << 20)


class Kind(IntEnum):
    """The kinds of atoms."""

    ENTRY = 0  # of a symbol: head (sort, name), letters, times
    FUN = 1  # head (function, order), one argument
    POWER = 2  # of the form in its argument, to the exponent that stands in the term
    DELTA = 3  # Kronecker's, of two letters
    SIZE = 4  # head the dimension
    RANGE = 5  # 1 where times[0] + head <= times[1], else 0
    CLOCK = 6  # a time letter as a number
    RUN = 7  # the product over j < times[0] of its argument at HOLE time j: a quotient of two is a product over time
    ORDERED = 8  # head (name, rows): the ordered product of the named matrix from times[0] down to times[1]

    __hash__ = int.__hash__  # that of an enumeration hashes its name


class Letter:
    """An index that runs over a space; a constant index has its value as its number."""

    __slots__ = ("id", "level", "number", "space")

    def __init__(self, space: Any, level: int, number: int, id_: int) -> None:
        self.space, self.level, self.number, self.id = space, level, number, id_


class Atom:
    """An indivisible factor; ``free`` are the letters that it carries, in their order."""

    __slots__ = ("args", "free", "head", "height", "id", "kind", "letters", "tidy", "times")

    def __init__(
        self, kind: Kind, head: Any, letters: tuple[Letter, ...], times: tuple[Time, ...], args: tuple[Form, ...]
    ) -> None:
        self.kind, self.head, self.letters, self.times, self.args = kind, head, letters, times, args
        found = {letter for letter in letters if letter.level != CONSTANT}
        found.update(letter for _, pairs in times for letter, _ in pairs)
        for form in args:
            found.update(form.free)
        if kind is Kind.RUN:
            found = {letter for letter in found if letter.space != TIME or (letter.level, letter.number) != HOLE}
            found.update(letter for _, pairs in times for letter, _ in pairs)
        self.free = in_order(found)
        self.height = max([form.height for form in args], default=0)
        self.tidy = False
        self.id = 0


class Term:
    """A product of factors (atom, exponent) in order, summed over its bound letters."""

    __slots__ = ("bound", "bounds", "factors", "free", "height", "id")

    def __init__(self, factors: tuple[tuple[Atom, Number], ...], bound: tuple[Letter, ...], height: int) -> None:
        self.factors, self.bound, self.height, self.id = factors, bound, height, 0
        self.bounds: Any = None  # of its times, once they are read
        own = set(bound)
        self.free = in_order({letter for atom, _ in factors for letter in atom.free if letter not in own})


class Form:
    """A sum of terms with rational coefficients, in the order of the terms."""

    __slots__ = ("free", "height", "id", "terms")

    free: tuple[Letter, ...]
    height: int

    def __init__(self, terms: tuple[tuple[Term, Number], ...]) -> None:
        self.terms, self.id = terms, 0
        self.free = in_order({letter for term, _ in terms for letter in term.free})
        self.height = max([term.height for term, _ in terms], default=1)


_number = attrgetter("id")


def _first_number(pair: tuple[Term, Number]) -> int:
    return pair[0].id


def in_order(letters: set[Letter]) -> tuple[Letter, ...]:
    """Letters in the order in which they were made."""
    return tuple(sorted(letters, key=_number)) if len(letters) > 1 else tuple(letters)


def exact(value: Number) -> Number:
    """A rational as an int where it is whole."""
    return value.numerator if isinstance(value, Fraction) and value.denominator == 1 else value


def at_time(letter: Letter | None, offset: int = 0) -> Time:
    """The time letter + offset; of no letter the time offset."""
    return (offset, ((letter, 1),)) if letter else (offset, ())


def later(time: Time, steps: int) -> Time:
    """A time some steps later."""
    return time[0] + steps, time[1]


def apart(left: Time, right: Time) -> Time:
    """left - right."""
    return combined([(left, 1), (right, -1)])


def combined(parts: list[tuple[Time, int]]) -> Time:
    """A linear combination of times."""
    constant = 0
    factors: dict[Letter, int] = {}
    for (offset, pairs), scale in parts:
        constant += offset * scale
        for letter, factor in pairs:
            factors[letter] = factors.get(letter, 0) + factor * scale
    left = sorted(((letter, factor) for letter, factor in factors.items() if factor), key=lambda pair: pair[0].id)
    return constant, tuple(left)


class Pool(ABC):
    """Everything that one decision makes, and its meter; ``canon.Algebra`` is the one there is."""

    def __init__(self, budget: Budget | None = None) -> None:
        """Start empty."""
        self.meter = Meter(budget or Budget())
        self._made: dict[Any, Any] = {}
        self._count = 0
        self._fresh = 0
        self.renamed: dict[Any, Form] = {}

    def adopt(self, other: Pool) -> None:
        """Go on from where another pool is: what it made is shared, what either makes from here on is its own."""
        self.meter.repeat(other.meter.cost)
        self._made, self.renamed = dict(other._made), dict(other.renamed)
        self._count, self._fresh = other._count, other._fresh

    def _once(self, key: Any, make: Any) -> Any:
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = make()
            self._count += 1
            found.id = self._count
        return found

    def letter(self, space: Any, level: int, number: int) -> Letter:
        """The letter of that space, level and number."""
        return self._once((space, level, number), lambda: Letter(space, level, number, 0))

    def fresh(self, space: Any) -> Letter:
        """A letter that occurs nowhere yet."""
        self._fresh += 1
        return self.letter(space, FRESH, self._fresh)

    def constant(self, space: Any, value: int) -> Letter:
        """A fixed place in a space."""
        return self.letter(space, CONSTANT, value)

    def atom(
        self,
        kind: Kind,
        head: Any = (),
        letters: tuple[Letter, ...] = (),
        times: tuple[Time, ...] = (),
        args: tuple[Form, ...] = (),
    ) -> Atom:
        """The atom of that description."""
        key = (kind, head, letters, times, args)
        found = self._made.get(key)
        if found is None:
            found = self._once(key, lambda: Atom(kind, head, letters, times, args))
        return found

    def term(self, factors: tuple[tuple[Atom, Number], ...], bound: tuple[Letter, ...], height: int) -> Term:
        """The term of those factors, which are in order and labelled."""
        found = self._made.get((factors, bound))
        return found if found is not None else self._once((factors, bound), lambda: Term(factors, bound, height))

    def form(self, terms: dict[Term, Number]) -> Form:
        """The sum of those terms."""
        kept = [(term, exact(value)) for term, value in terms.items() if value]
        self.meter.expect(len(kept))
        if len(kept) > 1:
            kept.sort(key=_first_number)
        key = tuple(kept)
        found = self._made.get(("form", key))
        return found if found is not None else self._once(("form", key), lambda: Form(key))

    def opened(self, term: Term) -> tuple[list[tuple[Atom, Number]], tuple[Letter, ...]]:
        """The factors of a term with letters of their own, and these letters."""
        if not term.bound:
            return list(term.factors), ()
        new = tuple(self.fresh(letter.space) for letter in term.bound)
        mapping = dict(zip(term.bound, new, strict=True))
        return [(self.moved(atom, mapping), power) for atom, power in term.factors], new

    def moved(self, atom: Atom, mapping: dict[Letter, Any]) -> Atom:
        """The atom with letters exchanged: an index for a letter, a time (or letter) for a time letter."""
        if mapping.keys().isdisjoint(atom.free):
            return atom
        letters = tuple([mapping.get(letter, letter) for letter in atom.letters])
        times = tuple([moved_time(time, mapping) for time in atom.times]) if atom.times else ()
        if atom.kind is Kind.RUN:
            inner = {old: new for old, new in mapping.items() if (old.level, old.number) != HOLE}
            args = tuple(self.moved_form(form, inner) for form in atom.args)
        else:
            args = tuple(self.moved_form(form, mapping) for form in atom.args)
        return self.atom(atom.kind, atom.head, letters, times, args)

    def moved_form(self, form: Form, mapping: dict[Letter, Any]) -> Form:
        """The form with free letters exchanged."""
        if mapping.keys().isdisjoint(form.free):
            return form
        own = tuple([(letter, mapping[letter]) for letter in form.free if letter in mapping])
        found = self.renamed.get((form, own))
        if found is None:
            exchange = dict(own)
            raws: list[Raw] = [
                (value, [(self.moved(atom, exchange), power) for atom, power in term.factors], term.bound)
                for term, value in form.terms
            ]
            found = self.renamed[form, own] = self.sum(raws)
        return found

    @abstractmethod
    def turned(self, atom: Atom, power: Number) -> tuple[int, Atom]:
        """An atom whose letters were renamed, with the sign of its argument canonical again; see ``canon.Algebra``."""

    @abstractmethod
    def sum(self, raws: list[Raw]) -> Form:
        """The canonical form of a sum of products; see ``canon.Algebra``."""


def moved_time(time: Time, mapping: dict[Letter, Any]) -> Time:
    """A time with letters exchanged for times."""
    if not any(letter in mapping for letter, _ in time[1]):
        return time
    parts: list[tuple[Time, int]] = [((time[0], ()), 1)]
    for letter, factor in time[1]:
        new = mapping.get(letter, letter)
        parts.append((at_time(new) if isinstance(new, Letter) else new, factor))
    return combined(parts)
