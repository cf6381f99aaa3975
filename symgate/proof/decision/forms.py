"""Sums of terms in index notation: letters, atoms, terms and forms, each made once and compared by identity.

    Form   a sum of (rational coefficient) x Term
    Term   a product of atoms to rational powers, with its bound letters; each bound letter is summed over
    Atom   an entry, a function of a form, a power of a form, a delta, a size, ...; it carries letters
    Letter (space, level, number): an index that runs over a space, such as 1..n, or a time

A bound letter has the height of its term as its level.  Arguments of functions are lower than the term that they
stand in, so a letter of an outer term is free in an argument, and the scopes of two terms never meet.

Everything made in one ``Pool`` (``pool.py``) has a number in the order of making; that number is the sort key, so the
order of terms depends neither on hash seeds nor on text.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from fractions import Fraction
from operator import attrgetter
from typing import Any

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


def first_number(pair: tuple[Term | Atom, Number]) -> int:
    """The number of what stands first in a pair."""
    return pair[0].id


def in_order(letters: set[Letter]) -> tuple[Letter, ...]:
    """Letters in the order in which they were made."""
    return tuple(sorted(letters, key=_number)) if len(letters) > 1 else tuple(letters)


def atoms_in(form: Form) -> Iterator[Atom]:
    """Every atom of a form, and those that its atoms are made of."""
    for term, _ in form.terms:
        for atom, _ in term.factors:
            yield atom
            for arg in atom.args:
                yield from atoms_in(arg)


def exact(value: Number) -> Number:
    """A rational as an int where it is whole."""
    return value if value.__class__ is int or value.denominator != 1 else value.numerator


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


def moved_time(time: Time, mapping: dict[Letter, Any]) -> Time:
    """A time with letters exchanged for times."""
    if not any(letter in mapping for letter, _ in time[1]):
        return time
    parts: list[tuple[Time, int]] = [((time[0], ()), 1)]
    for letter, factor in time[1]:
        new = mapping.get(letter, letter)
        parts.append((at_time(new) if isinstance(new, Letter) else new, factor))
    return combined(parts)
