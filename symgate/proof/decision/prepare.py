"""What is multiplied over time, made ready before forms are compared.

Matrices that are equal get one name, so that products of them can be joined.  Of a block diagonal matrix each block is
multiplied by itself.  Where s = 1 - g is multiplied, g is written 1 - s: then the product is one of names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from symgate.proof.decision import multiples, ordered
from symgate.proof.decision.canon import Algebra
from symgate.proof.decision.forms import Atom, Form, Kind, atoms_in, later
from symgate.proof.decision.outcome import Level
from symgate.proof.decision.passes import Pass
from symgate.proof.decision.ranges import offsets_in
from symgate.proof.decision.recurrence import Name
from symgate.proof.decision.use import is_name, reached

if TYPE_CHECKING:
    from symgate.proof.decision.compare import Comparison


class Prepared:
    """The preparation of one comparison; it changes the names of the comparison."""

    def __init__(self, comparison: Comparison) -> None:
        """Prepare a comparison."""
        self.comparison = comparison
        self.algebra: Algebra = comparison.algebra

    @property
    def names(self) -> dict[Any, Name]:
        """The names of the comparison."""
        return self.comparison.names

    def oriented(self, forms: list[Form]) -> list[Form]:
        """The forms without blocks that are 0, and 1 - g turned into a name of its own where it is multiplied."""
        self._register_blocks()
        forms = [self.comparison.blockwise(form) for form in forms]
        if not any(form.terms for form in forms):
            return forms
        for head, own in self._orientations(forms):
            self.comparison.turns.append(own)
            forms = [own.apply(form) for form in forms]
            self.comparison.names = {
                other: name if other == head else replace(name, form=own.apply(name.form))
                for other, name in self.names.items()
            }
        return forms

    def joined(self, forms: list[Form]) -> tuple[list[Form], Level]:
        """Such forms with equal matrices under one name, and the level at which the matrices are equal."""
        level, forms = self._one_stack(forms, Level.OPAQUE)
        heads = self._heads()
        together = self._together(forms, heads)
        for q, head in enumerate(heads):
            for other in heads[:q]:
                if not any({head, other} <= there for there in together):
                    continue  # they never meet
                found = self._same_matrix(head, other)
                found = found or self._multiple(head, other) or self._multiple(other, head)
                if found is None:
                    continue
                level = max(level, found[0], key=list(Level).index)
                self.names[other] = replace(self.names[other], rank=max(1, self.names[other].rank))
                forms = [found[1].apply(form) for form in forms]
                for own in heads[q + 1 :]:  # products within what a later one multiplies
                    self.names[own] = replace(self.names[own], form=found[1].apply(self.names[own].form))
                break
        return forms, level

    def may_join(self, forms: list[Form]) -> bool:
        """Whether two of the matrices that are multiplied over time meet in a form."""
        heads, bases = self._heads(), set(self._bases())
        stacks = ({atom.head[:2] for atom in ordered_in(form)} & bases for form in forms)
        meeting = (there & set(heads) for there in self._together(forms, heads))
        return any(len(there) > 1 for there in (*stacks, *meeting))

    def _heads(self) -> list[Any]:
        """The matrices that are multiplied over time by themselves."""
        return [head for head in self.names if head in self.algebra.ordered]

    def _together(self, forms: list[Form], heads: list[Any]) -> list[set[Any]]:
        """What each form reaches, where more than one matrix is multiplied."""
        return [reached(form, self.names) for form in forms] if len(heads) > 1 else []

    def _bases(self) -> list[Any]:
        """The matrices that are defined block by block."""
        bases = dict.fromkeys(head[:2] for head in self.names if _is_matrix(head))
        return [base for base in bases if self._blocks(base)]

    def _one_stack(self, forms: list[Form], level: Level) -> tuple[Level, list[Form]]:
        """Matrices in blocks that are equal under one name."""
        there = [{atom.head[:2] for atom in ordered_in(form)} for form in forms]
        bases = self._bases()
        for q, base in enumerate(bases):
            for other in bases[:q]:
                if not any({base, other} <= own for own in there):
                    continue
                found = self._same_stack(base, other)
                if found is not None:
                    level = max(level, found[0], key=list(Level).index)
                    forms = [found[1].apply(form) for form in forms]
                    break
        return level, forms

    def _register_blocks(self) -> None:
        """Which blocks of a product over time are 0, and which blocks are multiplied over time by themselves.

        A block of a product is 0 where no chain of blocks that are not 0 leads through it. A block on the diagonal is
        multiplied by itself where no chain leads out of it and back, as in a matrix of triangular blocks.
        """
        places: dict[Any, set[Any]] = {}
        empty = set()
        for head, name in self.names.items():
            if len(head) == 3:
                places.setdefault(head[:2], set()).update(head[2])
                if not name.form.terms:
                    empty.add(head)
        for base, at in places.items():
            ways = {(r, c) for r in at for c in at if r == c or (*base, (r, c)) not in empty}
            for via in at:
                ways |= {(r, c) for r in at for c in at if (r, via) in ways and (via, c) in ways}
            self.comparison.ways[base] = ways
            alone = (r for r in at if not any((r, s) in ways and (s, r) in ways for s in at if s != r))
            self.algebra.ordered |= {(*base, (r, r)) for r in alone if (*base, (r, r)) in self.names and len(at) > 1}

    def _same_matrix(self, head: Any, other: Any) -> tuple[Level, Pass] | None:
        """The level at which one matrix at j is the other at j + c, for every time j; and the products exchanged."""
        found = self._equal_at([(head, other)])
        if found is None:
            return None
        level, shift = found
        return level, self._products(head, lambda atom: self._renamed(atom, other, shift))

    def _same_stack(self, base: Any, other: Any) -> tuple[Level, Pass] | None:
        """The same of two matrices that are defined block by block: equal in every block, they have equal products."""
        one, two = self._blocks(base), self._blocks(other)
        if not one or one != two:
            return None
        found = self._equal_at([((*base, key), (*other, key)) for key in one])
        if found is None:
            return None
        level, shift = found

        def exchange(atom: Atom) -> Form:
            return self._renamed(atom, (*other, atom.head[2]), shift)

        return level, Pass(self.algebra, lambda atom: atom.kind is Kind.ORDERED and atom.head[:2] == base, exchange)

    def _renamed(self, atom: Atom, head: Any, shift: int) -> Form:
        times = tuple(later(time, shift) for time in atom.times)
        return self.algebra.of(self.algebra.atom(Kind.ORDERED, head, atom.letters, times))

    def _blocks(self, base: Any) -> list[Any]:
        """The places of the blocks of a matrix all of whose blocks have a definition; none of any other."""
        keys = [head[2] for head in self.names if _is_matrix(head) and head[:2] == base]
        rows, cols = ({key[side] for key in keys} for side in (0, 1))
        whole = len(keys) > 1 and rows == cols and len(keys) == len(rows) * len(cols)
        return keys if whole and all(row and row[0] is not None for row in rows) else []

    def _equal_at(self, pairs: list[tuple[Any, Any]]) -> tuple[Level, int] | None:
        """The level and the shift c at which the first of each pair at j is the second at j + c."""
        names = [(self.names[head], self.names[other]) for head, other in pairs]
        for shift in dict.fromkeys([0, *(_latest(one) - _latest(two) for one, two in names)]):
            level, equal = Level.OPAQUE, True
            for (_, other), (one, two) in zip(pairs, names, strict=True):
                times = tuple(later(time, shift) for time in one.times)
                mapping = two.mapping(self.algebra.atom(Kind.ENTRY, other, one.letters, times))
                if mapping is None:
                    return None
                moved = self.algebra.moved_form(two.form, mapping)
                own, equal, _ = self.comparison.vanishes(self.algebra.subtract(one.form, moved))
                level = max(level, own, key=list(Level).index)
                if not equal:
                    break
            if equal:
                return level, shift
        return None

    def _multiple(self, head: Any, other: Any) -> tuple[Level, Pass] | None:
        """The same where one matrix is a scalar of the step times the other."""
        one, two = self.names[head], self.names[other]
        mapping = two.mapping(self.algebra.atom(Kind.ENTRY, other, one.letters, one.times))
        if mapping is None or len(one.times) != 1 or len(one.times[0][1]) != 1:
            return None
        moved = replace(two, form=self.algebra.moved_form(two.form, mapping), letters=one.letters, times=one.times)
        own, there = multiples.scalars(one), multiples.scalars(moved)
        scale = multiples.ratio(self.algebra, own, there)
        if scale is None or scale is self.algebra.one:
            return None
        bare = [multiples.without(self.algebra, name, found) for name, found in ((one, own), (moved, there))]
        level, equal, _ = self.comparison.vanishes(self.algebra.subtract(*bare))

        def exchange(atom: Atom) -> Form:
            return multiples.product(self.algebra, one, scale, other, atom)

        return (level, self._products(head, exchange)) if equal else None

    def _products(self, head: Any, exchange: Callable[[Atom], Form]) -> Pass:
        """Products over time of one matrix, exchanged."""
        return Pass(self.algebra, lambda atom: atom.kind is Kind.ORDERED and bool(atom.head == head), exchange)

    def _orientations(self, forms: list[Form]) -> list[tuple[Any, Pass]]:
        """g := 1 - s for each s = 1 - g that is multiplied over time, so that the product is one of names."""
        found: dict[Any, tuple[Any, Pass]] = {}
        for base in [*bases(forms), *self._diagonals()]:
            turned = self._turned(base, set(found))
            if turned is not None:
                found[turned[0]] = turned[1:]
        return list(found.values())

    def _diagonals(self) -> list[Form]:
        """The diagonals of the matrices that are multiplied over time, where they are diagonal."""
        found = []
        for head, name in self.names.items():
            middle = len(name.letters) // 2
            if head in self.algebra.ordered and len(name.times) == 1:
                along = ordered.diagonal(self.algebra, name.letters[:middle], name.letters[middle:], name.form)
                found += [along] if along is not None and along.terms else []
        return found

    def _turned(self, base: Form, taken: set[Any]) -> tuple[Any, Any, Pass] | None:
        algebra = self.algebra
        if len(base.terms) < 2:
            return None
        for term, value in base.terms:
            if len(term.factors) != 1 or term.factors[0][1] != 1 or term.bound:
                continue
            atom = term.factors[0][0]
            rest = algebra.form({t: v for t, v in base.terms if t is not term})
            letters, times = set(atom.letters), {letter for _, pairs in atom.times for letter, _ in pairs}
            inside = set(rest.free) <= letters | times and not _holds(rest, atom.head)
            if atom.kind is not Kind.ENTRY or atom.head in taken or not inside or len(letters) != len(atom.letters):
                continue
            own = Name(atom.head, atom.letters, atom.times, algebra.zero, heavy=False)
            new = ("factor", atom.head, base.id)
            turned = algebra.atom(Kind.ENTRY, new, atom.letters, atom.times)
            meaning = algebra.scaled(algebra.subtract(algebra.of(turned), rest), Fraction(1) / value)

            def exchange(item: Atom, own: Name = own, meaning: Form = meaning) -> Form | None:
                mapping = own.mapping(item)
                return None if mapping is None else algebra.moved_form(meaning, mapping)

            self.names[new] = Name(new, atom.letters, atom.times, base, heavy=False, rank=2)
            return atom.head, new, Pass(algebra, lambda item, own=own: is_name(item, own), exchange)  # type: ignore[misc]
        return None


def _is_matrix(head: Any) -> bool:
    """Whether a name is one of a matrix, with the places of a block."""
    return len(head) == 3 and isinstance(head[2], tuple) and len(head[2]) == 2


def ordered_in(form: Form) -> list[Atom]:
    """The products over time that stand in the terms of a form."""
    return [atom for term, _ in form.terms for atom, _ in term.factors if atom.kind is Kind.ORDERED]


def _latest(name: Name) -> int:
    """How much later than a matrix itself the latest name in its definition stands."""
    if len(name.times) != 1 or len(name.times[0][1]) != 1:
        return 0
    offset, ((letter, _),) = name.times[0]
    found = offsets_in(name.form, letter)
    return max(found, default=offset) - offset


def bases(forms: list[Form]) -> list[Form]:
    """What is multiplied over time, by numbers and names."""
    atoms = (atom for form in forms for atom in atoms_in(form))
    return list(dict.fromkeys(atom.args[0] for atom in atoms if atom.kind is Kind.RUN))


def _holds(form: Form, head: Any) -> bool:
    return any(atom.head == head for atom in atoms_in(form))
