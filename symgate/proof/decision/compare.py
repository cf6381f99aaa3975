"""Whether a form is 0: names opaque first, then put in one after the other, at each level of knowledge.

The order decides the cost, never the answer: names stay atoms as long as possible; a bare sum over a name is replaced
by that of its definition (a sum of centred values is 0); then names with short definitions go first and names made by
matrix products last.  After each the difference is compared with 0, denominators cleared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

from symgate.errors import SymgateError, UnsupportedNodeError
from symgate.proof.decision.budget import Cost
from symgate.proof.decision.canon import Algebra
from symgate.proof.decision.folding import folded
from symgate.proof.decision.forms import FREE, Atom, Form, Kind, Letter, Raw, atoms_in
from symgate.proof.decision.knowledge import Facts, Knowledge
from symgate.proof.decision.outcome import Level
from symgate.proof.decision.passes import Pass
from symgate.proof.decision.prepare import bases
from symgate.proof.decision.putting import bare, put_in
from symgate.proof.decision.recurrence import Name
from symgate.proof.decision.runs import aligned
from symgate.proof.decision.stacks import Stacks, stacks_of, unstacked
from symgate.proof.decision.units import NOTHING, is_loose
from symgate.proof.decision.use import closed, functions_in, is_one_name, reached, recursive, useful
from symgate.proof.decision.zero import cleared, is_zero
from symgate.records import Cell

Names = dict[Any, Name]
#: So many operations may show that a form is 0 as it is, before more is tried that mostly costs more: looking for equal
#: matrices in it, taking all states apart.
AS_IT_IS = 40_000


@dataclass(frozen=True)
class Units:
    """Which names may be taken for units, and what it cost to tell all of them."""

    names: Names
    told: Mapping[Any, bool]
    cost: Cost


@dataclass
class Comparison:
    """Compares forms with 0.

    Attributes:
        algebra: where the forms are made.
        cell: whose functions they hold.
        names: what may be put in, in the order of definition.
        own: gives what was told of the names of the cell by themselves.
    """

    algebra: Algebra
    cell: Cell
    names: Names
    own: Callable[[], Units | None] = lambda: None
    alike: dict[Any, bool] = field(default_factory=dict)
    turns: list[Pass] = field(default_factory=list)
    ways: dict[Any, set[Any]] = field(default_factory=dict)
    units: dict[Form, bool] = field(default_factory=dict)
    stage: int = 0

    def levels(self, form: Form) -> list[tuple[Level, list[Knowledge]]]:
        """The levels of knowledge that can make a difference, the strongest statement first."""
        found: list[tuple[Level, list[Knowledge]]] = [(Level.OPAQUE, [])]
        functions = self._functions(form)
        facts = [own for own in Facts if own < Facts.EXPONENTIALS or self._has_exponentials(functions)]
        if any(function.origin == "registry" for function in functions):
            found.append((Level.RULES, [Knowledge(self.algebra, self.cell, bound=False, facts=f) for f in facts]))
        declared = dict(self.cell.functions)
        if any(function.origin == "cell" and declared.get(function.name) for function in functions):
            found.append((Level.BOUND, [Knowledge(self.algebra, self.cell, bound=True, facts=f) for f in facts]))
        return found

    def _has_exponentials(self, functions: list[Any]) -> bool:
        """Whether an exponential stands beside what may be written by exponentials."""
        declared = dict(self.cell.functions)
        names = {declared.get(item.name) if item.origin == "cell" else item.name for item in functions}
        return bool(names & {"exp", "expm1"}) and bool(names - {"exp", "expm1"})

    def _functions(self, form: Form) -> list[Any]:
        forms = (form, *(name.form for name in self.names.values()))
        atoms = (atom for part in forms for atom in atoms_in(part))
        return list(dict.fromkeys(atom.head[0] for atom in atoms if atom.kind is Kind.FUN))

    def all_vanish(self, forms: list[Form]) -> tuple[Level, bool, Form]:
        """The level at which all forms are 0; or that of the first one that is not, and what was left of it.

        Whatever is multiplied over time in them: ``require_units`` tells whether that says anything.
        """
        level = Level.OPAQUE
        for form in forms:
            own, equal, rest = self._whole(form)
            if not equal:
                return own, False, rest
            level = max(level, own, key=list(Level).index)
        return level, True, self.algebra.zero

    def vanishes(self, form: Form) -> tuple[Level, bool, Form]:
        """The level at which the form is 0, or the last one and what was left there.

        Raises:
            UnsupportedNodeError: it is 0, and holds a product over time of what is always 0.
        """
        found = self._whole(form)
        if found[1]:
            self.require_units([form])
        return found

    def require_units(self, forms: list[Form]) -> None:
        """Refuse forms that were found to be 0 with what is multiplied over time in them taken for units.

        Raises:
            UnsupportedNodeError: they hold a product over time of what is always 0.
        """
        if not all(self._is_unit(base) for form in forms for base in self._bases(form)):
            raise UnsupportedNodeError(NOTHING)

    def _bases(self, form: Form) -> list[Form]:
        """What is multiplied over time in a form, and in the definitions that can be put into it."""
        there = reached(form, self.names)
        meant = [name.form for head, name in self.names.items() if any(is_one_name(head, own) for own in there)]
        return bases([form, *meant])

    def _is_unit(self, base: Form) -> bool:
        """Whether what is multiplied over time may be taken for a unit: at no letters and times it is found to be 0."""
        if base not in self.units:
            self.units[base] = True  # of a definition that leads back to it the rest tells
            try:
                self.units[base] = self._is_arbitrary(base) or not (
                    is_loose(base, self._may_vanish) or self._vanishes(self._pattern(base)[0])[1]
                )
            except SymgateError:
                del self.units[base]
                raise
        return self.units[base]

    def _is_arbitrary(self, form: Form) -> bool:
        """Whether a form is a product of entries without a definition."""
        atoms = [atom for term, _ in form.terms for atom, _ in term.factors]
        given = all(atom.kind is Kind.ENTRY and atom.head not in self.names for atom in atoms)
        return len(form.terms) == 1 and given

    def _may_vanish(self, atom: Atom) -> bool:
        """Whether a name has a definition that is 0 at some letters or times."""
        if atom.kind is not Kind.ENTRY or atom.head not in self.names:
            return False
        name, own = self.names[atom.head], None if self.turns else self._told
        if own is not None and own.names.get(atom.head) is name:
            return not own.told[atom.head]
        return not self._is_unit(name.form)

    @cached_property
    def _told(self) -> Units | None:
        """What was told of the names of the cell, counted once; None where the budget does not allow it."""
        own = self.own()
        return own if own is not None and self.algebra.meter.again(own.cost) else None

    def told(self) -> Units:
        """Which of the names may be taken for units."""
        costs: list[Cost] = []
        with self.algebra.meter.measured(costs):
            told = {head: self._is_unit(name.form) for head, name in self.names.items()}
        return Units(self.names, told, costs[0])

    def _whole(self, form: Form) -> tuple[Level, bool, Form]:
        """The same, whatever is multiplied over time in it.

        All states at once are taken apart only where the whole does not vanish as it stands; soon where a definition
        can be put in no sooner.
        """
        stacks = stacks_of(self.cell)
        whole = any(letter.space in stacks for term, _ in form.terms for letter in (*term.free, *term.bound))
        early = whole and self._defined_in_parts(form, stacks)
        if early:
            found = self.algebra.meter.attempt(AS_IT_IS, partial(self._vanishes, form))
            if found is not None and found[1]:
                return found
        found = self._apart(form, stacks) if early else self._vanishes(form)
        if found[1] or not whole:
            return found
        again = self._vanishes(form) if early else self._apart(form, stacks)
        return found if early and not again[1] else again

    def _defined_in_parts(self, form: Form, stacks: Stacks) -> bool:
        """Whether a name stands there that has a definition at other places, of all states at once taken apart."""
        parted = {head[:2] for head in self.names if len(head) == 3}
        return any(
            atom.kind is Kind.ENTRY and atom.head not in self.names and atom.head[:2] in parted
            for term, _ in form.terms
            for atom, _ in term.factors
            if any(letter.space in stacks for letter in atom.letters)
        )

    def _apart(self, form: Form, stacks: Stacks) -> tuple[Level, bool, Form]:
        """The same with all states at once taken apart."""
        level = Level.OPAQUE
        for part in map(self.blockwise, unstacked(self.algebra, form, stacks)):
            own, equal, rest = self._vanishes(part)
            level = max(level, own, key=list(Level).index)
            if not equal:
                return level, False, rest
        return level, True, self.algebra.zero

    def _vanishes(self, form: Form) -> tuple[Level, bool, Form]:
        levels = self.levels(form)
        rest = form
        for level, steps in levels:
            rest, names = form, self.names
            self.stage += 1
            every: list[Knowledge | None] = [*steps] or [None]
            for knowledge in every:
                if knowledge is not None:
                    rest, names = self._known(rest, names, knowledge)
                left = self._inlined(self._folded(rest, names), names)
                if not left.terms:
                    return level, True, left
        return levels[-1][0], False, left

    def _known(self, form: Form, names: Names, knowledge: Knowledge) -> tuple[Form, Names]:
        """A form and the definitions, rewritten by what is known of the functions."""
        self.stage += 1
        rewriting = knowledge.rewriting()

        def known(form: Form) -> Form:
            return self.algebra.repeated((knowledge.bound, knowledge.facts, form), lambda: rewriting.apply(form))

        return known(form), {head: replace(name, form=known(name.form)) for head, name in names.items()}

    def _folded(self, form: Form, names: Names) -> Form:
        form = folded(self.algebra, form, names)
        for own in self.turns:
            form = own.apply(form)
        return form

    # ---- names put in

    def _inlined(self, form: Form, names: Names) -> Form:
        """What is left once functions of equal arguments are one and some names are put in: nothing, if it is 0."""
        zero = self.algebra.zero
        form = bare(self.algebra, form, names)
        if self._is_zero(form):
            return zero
        latest = list(reversed(names.values()))
        todo = sorted(latest, key=lambda name: (name.rank, name.heavy, len(name.form.terms)))
        last, cut = (0, False), form
        while True:
            form = self._unified(form, names)
            if not cleared(self.algebra, form).terms:
                return zero
            name = next((name for name in todo if useful(name, form, names)), None)
            if form is not cut and (name is None or (name.rank, name.heavy) > last):
                if self._is_zero(form):
                    return zero
                cut = form
            if name is None:  # what was put in may hold values of states, which have been folded elsewhere
                again = self._folded(form, names)
                return zero if again is not form and self._is_zero(again) else form
            before, last = form, (name.rank, name.heavy)
            form = bare(self.algebra, put_in(self.algebra, form, name), names)
            if form is before or (name.rank == 0 and recursive(name, names)):
                todo.remove(name)

    def _is_zero(self, form: Form) -> bool:
        """Whether it is 0 as it stands, or with the runs of each sum at one place in all terms."""
        if is_zero(self.algebra, form):
            return True
        moved = aligned(self.algebra, form)
        return moved is not form and is_zero(self.algebra, moved)

    def _unified(self, form: Form, names: Names) -> Form:
        """Functions whose arguments are decided to be equal are made the same atom."""
        groups: dict[Any, dict[Form, tuple[Letter, ...]]] = {}
        for atom in functions_in(form):
            pattern, letters = self._pattern(atom.args[0])
            groups.setdefault(atom.head[0], {})[pattern] = tuple(letter.space for letter in letters)
        same: dict[Any, Form] = {}
        for head, patterns in groups.items():
            kept: list[Form] = []
            for pattern, spaces in patterns.items():
                for other in kept:
                    if patterns[other] == spaces and self._alike(pattern, other, names):
                        same[head, pattern] = other
                        break
                else:
                    kept.append(pattern)
        if not same:
            return form

        def exchange(atom: Atom) -> Form | None:
            pattern, letters = self._pattern(atom.args[0])
            found = same.get((atom.head[0], pattern))
            if found is None:
                return None
            back = dict(zip(self._places(letters), letters, strict=True))
            inner = self.algebra.moved_form(found, back)
            return self.algebra.of(self.algebra.atom(Kind.FUN, atom.head, args=(inner,)))

        return Pass(self.algebra, lambda atom: atom.kind is Kind.FUN, exchange, closed=closed).apply(form)

    def _alike(self, one: Form, other: Form, names: Names) -> bool:
        """Whether two arguments are equal; told once at each level of knowledge."""
        key = (one, other, self.stage)
        if key not in self.alike:
            self.alike[key] = not self._inlined(self.algebra.subtract(one, other), names).terms
        return self.alike[key]

    def _pattern(self, form: Form) -> tuple[Form, tuple[Letter, ...]]:
        """A form with its letters at places of their own, and these letters; the time of the step under way stays."""
        moving = tuple(letter for letter in form.free if letter not in self.steps)
        places = dict(zip(moving, self._places(moving), strict=True))
        return self.algebra.moved_form(form, places), moving

    @cached_property
    def steps(self) -> set[Letter]:
        """The time letters at which alone a name is defined."""
        return {letter for name in self.names.values() if name.fixed for _, pairs in name.times for letter, _ in pairs}

    def _places(self, letters: tuple[Letter, ...]) -> list[Letter]:
        return [self.algebra.letter(letter.space, FREE, 9000 + q) for q, letter in enumerate(letters)]

    def blockwise(self, form: Form) -> Form:
        """The form without the blocks of products over time that are 0, as those above a block triangle are.

        An entry at an index of all blocks is in none of them.
        """

        def off(atom: Atom) -> bool:
            if atom.kind is not Kind.ORDERED or atom.head[:2] not in self.ways:
                return False
            ways, (row, col) = self.ways[atom.head[:2]], atom.head[2]
            return (row, row) in ways and (col, col) in ways and (row, col) not in ways

        raws: list[Raw] = [
            (value, list(term.factors), term.bound)
            for term, value in form.terms
            if not any(off(atom) for atom, _ in term.factors)
        ]
        return self.algebra.sum(raws)
