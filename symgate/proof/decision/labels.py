"""Canonical names for the bound letters of a term, component by component.

Letters that share an atom belong together.  In each such component the letters are coloured by the places where
they stand, until the colours do not split any further; where letters of one colour are left, each is tried first.
Of all the labellings reached the one with the smallest image is taken, and equal terms get equal names.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from symgate.proof.decision.forms import PLACE, Atom, Form, Kind, Letter, Number, Term, first_number
from symgate.proof.decision.pool import Pool

Factors = dict[Atom, Number]
Image = tuple[tuple[int, Number], ...]


class Labels:
    """Labels the terms of one pool."""

    def __init__(self, pool: Pool) -> None:
        """Label in a pool."""
        self.pool = pool
        self._shapes: dict[Any, int] = {}
        self._looks: dict[Any, int] = {}

    def adopt(self, other: Labels) -> None:
        """Know what the labels of another pool know."""
        self._shapes, self._looks = dict(other._shapes), dict(other._looks)

    def label(self, factors: Factors, bound: list[Letter]) -> tuple[int, Term]:
        """The term with canonical bound letters, and the sign that renaming gave it: 0 where it is minus itself."""
        return self.labelled(factors, bound)[:2]

    def labelled(self, factors: Factors, bound: list[Letter]) -> tuple[int, Term, dict[Letter, Letter]]:
        """The same, with the new name of each letter."""
        pool = self.pool
        height = 1 + max([atom.height for atom in factors], default=0)
        pool.meter.spend(1 + len(factors))
        if not bound:
            self._check(factors, (), height)
            return 1, pool.term(_sorted(factors), (), height), {}
        self._check(factors, bound, height)
        parts: list[tuple[Image, list[Letter]]] = []
        if len(bound) == 1:
            parts = [((), bound)]  # no other order to compare with
        else:
            for atoms, own in components(factors, bound):
                image, signs, order = self._component(atoms, own, height)
                if len(signs) > 1:
                    return 0, pool.term((), (), 1), {}
                parts.append((image, order))
            parts.sort(key=lambda part: part[0])
        mapping: dict[Letter, Letter] = {}
        used: dict[Any, int] = {}
        final = []
        for _, order in parts:
            for letter in order:
                number = used[letter.space] = used.get(letter.space, -1) + 1
                mapping[letter] = pool.letter(letter.space, height, number)
                final.append(mapping[letter])
        sign, named = self._moved(factors.items(), mapping)
        merged: Factors = {}
        for atom, power in named:
            merged[atom] = merged.get(atom, 0) + power
        return sign, pool.term(_sorted(merged), tuple(final), height), mapping

    @staticmethod
    def _check(factors: Factors, bound: Any, height: int) -> None:
        """No letter of another scope may lie at or below the height of the term."""
        for atom in factors:
            for letter in atom.free:
                if letter.level <= height and letter not in bound:
                    raise AssertionError("a letter escaped its scope")

    def _component(
        self, atoms: list[tuple[Atom, Number]], own: list[Letter], height: int
    ) -> tuple[Image, set[int], list[Letter]]:
        """The smallest image, the signs with which it is reached, and the order of the letters that gives it."""
        best: Image | None = None
        signs: set[int] = set()
        chosen: list[Letter] = []
        for order in self._orders(atoms, own):
            used: dict[Any, int] = {}
            mapping: dict[Letter, Letter] = {}
            for letter in order:
                number = used[letter.space] = used.get(letter.space, -1) + 1
                mapping[letter] = self.pool.letter(letter.space, PLACE + height, number)
            sign, named = self._moved(atoms, mapping)
            image = tuple(sorted((atom.id, power) for atom, power in named))
            self.pool.meter.spend(len(atoms))
            if best is None or image < best:
                best, signs, chosen = image, {sign}, order
            elif image == best:
                signs.add(sign)
        assert best is not None
        return best, signs, chosen

    def _moved(self, atoms: Any, mapping: dict[Letter, Letter]) -> tuple[int, list[tuple[Atom, Number]]]:
        """The factors under new names, and the sign that odd functions give."""
        sign, named = 1, []
        for atom, power in atoms:
            own, new = self.pool.turned(self.pool.moved(atom, mapping), power)
            sign *= own
            named.append((new, power))
        return sign, named

    def _orders(self, atoms: list[tuple[Atom, Number]], own: list[Letter]) -> Iterator[list[Letter]]:
        """The orders of the letters that are left when each is told from the others as far as it can be."""
        if len(own) == 1:
            yield own
            return
        yield from self._split(atoms, dict.fromkeys(own, 0))

    def _split(self, atoms: list[tuple[Atom, Number]], colours: dict[Letter, int]) -> Iterator[list[Letter]]:
        colours = self._refined(atoms, colours)
        classes: dict[int, list[Letter]] = {}
        for letter, colour in colours.items():
            classes.setdefault(colour, []).append(letter)
        for colour in sorted(classes):
            if len(classes[colour]) > 1:
                for letter in classes[colour]:
                    apart = {other: 2 * value for other, value in colours.items()}
                    apart[letter] -= 1
                    yield from self._split(atoms, apart)
                return
        yield sorted(colours, key=lambda letter: colours[letter])

    def _refined(self, atoms: list[tuple[Atom, Number]], colours: dict[Letter, int]) -> dict[Letter, int]:
        at = {letter: [(atom, power) for atom, power in atoms if letter in atom.free] for letter in colours}
        count = 0
        while True:
            marks = {}
            for letter, places in at.items():
                marked = {**colours, letter: -1}
                shapes = sorted((self._atom(atom, marked), power) for atom, power in places)
                self.pool.meter.spend(len(places))
                marks[letter] = (colours[letter], self._of(("space", self.pool.space(letter.space))), tuple(shapes))
            ranks = {mark: rank for rank, mark in enumerate(sorted(set(marks.values())))}
            colours = {letter: ranks[mark] for letter, mark in marks.items()}
            if len(ranks) == count or len(ranks) == len(colours):
                return colours
            count = len(ranks)

    def _of(self, shape: Any) -> int:
        return self._shapes.setdefault(shape, len(self._shapes))

    def _atom(self, atom: Atom, colours: dict[Letter, int]) -> int:
        """What an atom looks like when letters are told apart by their colours only."""
        own = tuple([colours.get(letter) for letter in atom.free])
        key = (atom, own)
        if key not in self._looks:
            self._looks[key] = self._look(atom, colours) if own.count(None) < len(own) else self._of((0, atom.id))
        return self._looks[key]

    def _look(self, atom: Atom, colours: dict[Letter, int]) -> int:
        letters = tuple(self._letter(letter, colours) for letter in atom.letters)
        times = tuple(
            (offset, tuple(sorted((self._letter(letter, colours), factor) for letter, factor in pairs)))
            for offset, pairs in atom.times
        )
        args = tuple(self._form(form, colours) for form in atom.args)
        if atom.kind is Kind.DELTA:
            letters = tuple(sorted(letters))
        return self._of((1, atom.kind, self._of(("head", atom.head)), letters, times, args))

    @staticmethod
    def _letter(letter: Letter, colours: dict[Letter, int]) -> tuple[int, int]:
        if letter in colours:
            return (0, colours[letter])
        return (1, letter.id)

    def _form(self, form: Form, colours: dict[Letter, int]) -> int:
        shapes = []
        for term, value in form.terms:
            inner = {letter: colours[letter] for letter in term.free if letter in colours}
            inner |= dict.fromkeys(term.bound, -2)
            atoms = tuple(sorted((self._atom(atom, inner), power) for atom, power in term.factors))
            shapes.append((atoms, abs(value)))
        return self._of(("form", tuple(sorted(shapes))))


def _sorted(factors: Factors) -> tuple[tuple[Atom, Number], ...]:
    return tuple(sorted(factors.items(), key=first_number)) if len(factors) > 1 else tuple(factors.items())


def components(factors: Factors, bound: list[Letter]) -> Iterator[tuple[list[tuple[Atom, Number]], list[Letter]]]:
    """The factors that carry bound letters, grouped by the letters that they share."""
    parent = {letter: letter for letter in bound}

    def root(letter: Letter) -> Letter:
        while parent[letter] is not letter:
            parent[letter] = parent[parent[letter]]
            letter = parent[letter]
        return letter

    owned = []
    for atom, power in factors.items():
        own = [letter for letter in atom.free if letter in parent]
        if own:
            owned.append((atom, power, own[0]))
            for letter in own[1:]:
                parent[root(letter)] = root(own[0])
    groups: dict[Letter, tuple[list[tuple[Atom, Number]], list[Letter]]] = {}
    for letter in bound:
        groups.setdefault(root(letter), ([], []))[1].append(letter)
    for atom, power, letter in owned:
        groups[root(letter)][0].append((atom, power))
    yield from groups.values()
