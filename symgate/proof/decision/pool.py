"""Everything that one decision makes: each letter, atom, term and form once, with its number in the order of making."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from symgate.errors import UnsupportedNodeError
from symgate.proof.decision.budget import Budget, Meter
from symgate.proof.decision.forms import (
    CONSTANT,
    FRESH,
    HOLE,
    TIME,
    Atom,
    Form,
    Kind,
    Letter,
    Number,
    Raw,
    Term,
    Time,
    exact,
    first_number,
    moved_time,
)


class Pool(ABC):
    """Everything that one decision makes, and its meter; ``canon.Algebra`` is the one there is."""

    def __init__(self, budget: Budget | None = None) -> None:
        """Start empty."""
        self.meter = Meter(budget or Budget())
        self._made: dict[Any, Any] = {}
        self._count = 0
        self._fresh = 0
        self._spaces: dict[Any, int] = {}
        self._by_id: dict[int, tuple[int, Any]] = {}  # by the id of a space its number, and the space, which is kept
        self.renamed: dict[Any, Form] = {}

    def adopt(self, other: Pool) -> None:
        """Go on from where another pool is: what it made is shared, what either makes from here on is its own."""
        self.meter.repeat(other.meter.cost)
        self._made, self.renamed = dict(other._made), dict(other.renamed)
        self._count, self._fresh = other._count, other._fresh
        self._spaces, self._by_id = dict(other._spaces), dict(other._by_id)

    def _once(self, key: Any, make: Any) -> Any:
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = make()
            self._count += 1
            found.id = self._count
        return found

    def letter(self, space: Any, level: int, number: int) -> Letter:
        """The letter of that space, level and number."""
        key = (self.space(space), level, number)
        found = self._made.get(key)
        return found if found is not None else self._once(key, lambda: Letter(space, level, number, 0))

    def space(self, space: Any) -> int:
        """The number of a space; equal spaces, which are expressions, are compared once."""
        known = self._by_id.get(id(space))
        if known is None:
            known = self._by_id[id(space)] = (self._spaces.setdefault(space, len(self._spaces)), space)
        return known[0]

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
            kept.sort(key=first_number)
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
            if any(_is_hole(new) and any(old in form.free for form in atom.args) for old, new in inner.items()):
                raise UnsupportedNodeError("a time of what is multiplied over time would become that of the product")
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


def _is_hole(new: Any) -> bool:
    """Whether a letter or a time is that of the product over time that is around it."""
    letters = (new,) if isinstance(new, Letter) else tuple(letter for letter, _ in new[1])
    return any(letter.space == TIME and (letter.level, letter.number) == HOLE for letter in letters)
