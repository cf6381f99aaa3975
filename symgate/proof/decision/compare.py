"""Whether a form is 0: names opaque first, then put in one after the other, at each level of knowledge.

The order decides the cost, never the answer: names stay atoms as long as possible; a bare sum over a name is replaced
by that of its definition (a sum of centred values is 0); then names with short definitions go first and names made by
matrix products last.  After each the difference is compared with 0, denominators cleared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from symgate.proof.decision import products
from symgate.proof.decision.canon import Algebra
from symgate.proof.decision.forms import FREE, TIME, Atom, Form, Kind, Letter, Number, Raw, at_time
from symgate.proof.decision.knowledge import Facts, Knowledge
from symgate.proof.decision.outcome import Level
from symgate.proof.decision.passes import Pass
from symgate.proof.decision.recurrence import Name
from symgate.proof.decision.stacks import stacks_of, unstacked
from symgate.proof.decision.timed import is_timed, settled
from symgate.proof.decision.use import closed, functions_in, is_name, recursive, useful
from symgate.records import Cell

Names = dict[Any, Name]


@dataclass
class Comparison:
    """Compares forms with 0.

    Attributes:
        algebra: where the forms are made.
        cell: whose functions they hold.
        names: what may be put in, in the order of definition.
    """

    algebra: Algebra
    cell: Cell
    names: Names
    alike: dict[Any, bool] = field(default_factory=dict)
    turns: list[Pass] = field(default_factory=list)
    apart: set[Any] = field(default_factory=set)
    stage: int = 0

    def levels(self, form: Form) -> list[tuple[Level, list[Knowledge]]]:
        """The levels of knowledge that can make a difference, the strongest statement first."""
        found: list[tuple[Level, list[Knowledge]]] = [(Level.OPAQUE, [])]
        functions = self._functions(form)
        if any(function.origin == "registry" for function in functions):
            found.append((Level.RULES, [Knowledge(self.algebra, self.cell, bound=False, facts=f) for f in Facts]))
        declared = dict(self.cell.functions)
        if any(function.origin == "cell" and declared.get(function.name) for function in functions):
            found.append((Level.BOUND, [Knowledge(self.algebra, self.cell, bound=True, facts=f) for f in Facts]))
        return found

    def _functions(self, form: Form) -> list[Any]:
        found: dict[Any, None] = {}

        def visit(inner: Form) -> None:
            for term, _ in inner.terms:
                for atom, _ in term.factors:
                    if atom.kind is Kind.FUN:
                        found[atom.head[0]] = None
                    for arg in atom.args:
                        visit(arg)

        visit(form)
        for name in self.names.values():
            visit(name.form)
        return list(found)

    def vanishes(self, form: Form) -> tuple[Level, bool, Form]:
        """The level at which the form is 0, or the last one and what was left there with names opaque.

        All states at once are taken apart only where the whole does not vanish as it stands.
        """
        level, equal, rest = self._vanishes(form)
        stacks = stacks_of(self.cell)
        if equal or not any(letter.space in stacks for term, _ in form.terms for letter in (*term.free, *term.bound)):
            return level, equal, rest
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
            for knowledge in steps or [None]:
                if knowledge is not None:
                    rest, names = self._known(rest, names, knowledge)
                if self._inlined(self._folded(rest, names), names):
                    return level, True, self.algebra.zero
        return levels[-1][0], False, rest

    # ---- what products over time multiply

    def prepared(self, forms: list[Form]) -> tuple[list[Form], Level]:
        """The forms with equal matrices under one name, and 1 - g turned into a name of its own where it is multiplied.

        The level is that at which the matrices are equal.
        """
        level = Level.OPAQUE
        self._register_blocks()
        forms = [self.blockwise(form) for form in forms]
        for head, own in self._orientations(forms):
            self.turns.append(own)
            forms = [own.apply(form) for form in forms]
            self.names = {
                other: name if other == head else replace(name, form=own.apply(name.form))
                for other, name in self.names.items()
            }
        heads = [head for head in self.names if head in self.algebra.ordered]
        for q, head in enumerate(heads):
            for other in heads[:q]:
                found = self._same_matrix(self.names[head], self.names[other])
                if found is None:
                    continue
                level = max(level, found, key=list(Level).index)

                def exchange(atom: Atom, new: Any = other) -> Form:
                    return self.algebra.of(self.algebra.atom(Kind.ORDERED, new, atom.letters, atom.times))

                own = Pass(
                    self.algebra, lambda atom, old=head: atom.kind is Kind.ORDERED and atom.head == old, exchange
                )  # type: ignore[misc]
                forms = [own.apply(form) for form in forms]
                break
        return forms, level

    def _register_blocks(self) -> None:
        """Of a matrix that is block diagonal, each block on the diagonal is multiplied over time by itself."""
        whole: dict[Any, bool] = {}
        for head, name in self.names.items():
            if isinstance(head, tuple) and len(head) == 3 and head[2][0] != head[2][1]:
                whole[head[:2]] = whole.get(head[:2], True) and not name.form.terms
        self.apart = {base for base, alone in whole.items() if alone}
        for head in self.names:
            if head[:2] in self.apart and head[2][0] == head[2][1]:
                self.algebra.ordered.add(head)

    def blockwise(self, form: Form) -> Form:
        """The form without the blocks that are 0, off the diagonal of products of block diagonal matrices."""

        def off(atom: Atom) -> bool:
            ordered = atom.kind is Kind.ORDERED and atom.head[:2] in self.apart
            return ordered and bool(atom.head[2][0] != atom.head[2][1])

        raws: list[Raw] = [
            (value, list(term.factors), term.bound)
            for term, value in form.terms
            if not any(off(atom) for atom, _ in term.factors)
        ]
        return self.algebra.sum(raws)

    def _same_matrix(self, one: Name, other: Name) -> Level | None:
        """The level at which two matrices are equal at every time, if they are."""
        atom = self.algebra.atom(Kind.ENTRY, other.head, one.letters, one.times)
        mapping = other.mapping(atom)
        if mapping is None:
            return None
        level, equal, _ = self.vanishes(self.algebra.subtract(one.form, self.algebra.moved_form(other.form, mapping)))
        return level if equal else None

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
                along = products.diagonal(self.algebra, name.letters[:middle], name.letters[middle:], name.form)
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
            meaning = algebra.scaled(algebra.subtract(algebra.of(turned), rest), _inverse(value))

            def exchange(item: Atom, own: Name = own, meaning: Form = meaning) -> Form | None:
                mapping = own.mapping(item)
                return None if mapping is None else algebra.moved_form(meaning, mapping)

            self.names[new] = Name(new, atom.letters, atom.times, base, heavy=False, rank=2)
            return atom.head, new, Pass(algebra, lambda item, own=own: is_name(item, own), exchange)  # type: ignore[misc]
        return None

    def _known(self, form: Form, names: Names, knowledge: Knowledge) -> tuple[Form, Names]:
        """A form and the definitions, rewritten by what is known of the functions."""
        self.stage += 1
        rewriting = knowledge.rewriting()
        return rewriting.apply(form), {
            head: replace(name, form=rewriting.apply(name.form)) for head, name in names.items()
        }

    # ---- names for values

    def _folded(self, form: Form, names: Names) -> Form:
        """r = sigma(a_r): the value is the name, wherever it stands."""
        aliases = [alias for name in names.values() if (alias := self._alias(name)) is not None]
        if not aliases:
            return form
        by_head: dict[Any, list[tuple[Name, Atom, Form]]] = {}
        for name, atom, value in aliases:
            by_head.setdefault((atom.kind, atom.head), []).append((name, atom, value))

        def exchange(atom: Atom) -> Form | None:
            for name, pattern, value in by_head[atom.kind, atom.head]:
                mapping = matched(self.algebra, pattern.args[0], _holes(name), atom.args[0])
                if mapping is not None:
                    return self.algebra.moved_form(value, mapping)
            return None

        form = Pass(self.algebra, lambda atom: (atom.kind, atom.head) in by_head, exchange).apply(form)
        for own in self.turns:
            form = own.apply(form)
        return form

    def _alias(self, name: Name) -> tuple[Name, Atom, Form] | None:
        """The value that a name stands for, and that value in terms of the name: (name - rest)/c."""
        algebra = self.algebra
        own = algebra.atom(Kind.ENTRY, name.head, name.letters, name.times)
        varying = [(term, value) for term, value in name.form.terms if term is not algebra.unit]
        if len(varying) != 1:
            return None
        (term, value) = varying[0]
        if len(term.factors) != 1 or term.bound:
            return None
        ((atom, power),) = term.factors
        rest = algebra.form({t: v for t, v in name.form.terms if t is not term})
        if atom.kind is Kind.FUN and power == 1:
            left = algebra.subtract(algebra.of(own), rest)
            return name, atom, algebra.scaled(left, _inverse(value))
        if atom.kind is Kind.POWER and value == 1 and not rest.terms:
            return name, atom, algebra.form({algebra.term(((own, _inverse(power)),), (), 1): 1})
        return None

    # ---- names put in

    def _inlined(self, form: Form, names: Names) -> bool:
        """Whether the form is 0 after functions of equal arguments are made one and some names are put in."""
        form = self.bare(form, names)
        if self.is_zero(form):
            return True
        todo = sorted(reversed(names.values()), key=lambda name: (name.rank, name.heavy, len(name.form.terms)))
        while True:
            form = self._unified(form, names)
            if self.is_zero(form):
                return True
            name = next((name for name in todo if useful(name, form, names)), None)
            if name is None:
                return False
            before, form = form, self.bare(self.put_in(form, name), names)
            if form is before or (name.rank == 0 and recursive(name, names)):
                todo.remove(name)
            if form is before:
                continue
            if self.is_zero(form):
                return True

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
            self.alike[key] = self._inlined(self.algebra.subtract(one, other), names)
        return self.alike[key]

    def _pattern(self, form: Form) -> tuple[Form, tuple[Letter, ...]]:
        """A form with its letters at places of their own, and the letters."""
        places = dict(zip(form.free, self._places(form.free), strict=True))
        return self.algebra.moved_form(form, places), form.free

    def _places(self, letters: tuple[Letter, ...]) -> list[Letter]:
        return [self.algebra.letter(letter.space, FREE, 9000 + q) for q, letter in enumerate(letters)]

    def put_in(self, form: Form, name: Name) -> Form:
        """The form with the definition of a name in its place, arguments of functions aside."""
        algebra, middle = self.algebra, len(name.letters) // 2
        along = None
        if name.head in algebra.ordered and len(name.times) == 1:
            along = products.diagonal(algebra, name.letters[:middle], name.letters[middle:], name.form)

        def exchange(atom: Atom) -> Form | None:
            if atom.kind is Kind.ORDERED and along is not None:
                rows = dict(zip(name.letters[:middle], atom.letters[:middle], strict=True))
                hole = algebra.letter(TIME, *products.HOLE)
                offset, pairs = name.times[0]
                base = algebra.moved_form(along, {**rows, pairs[0][0]: at_time(hole, -offset)})
                return products.along_diagonal(algebra, atom, base)
            mapping = name.mapping(atom)
            return None if mapping is None else algebra.moved_form(name.form, mapping)

        return Pass(algebra, lambda atom: is_name(atom, name), exchange, closed=closed).apply(form)

    def bare(self, form: Form, names: Names) -> Form:
        """Sums over a name alone, replaced by those over its definition."""
        while True:
            raws: list[Raw] = []
            hit = False
            for term, value in form.terms:
                found = self._bare_term(term.factors, term.bound, names)
                if found is None:
                    raws.append((value, list(term.factors), term.bound))
                    continue
                hit = True
                atom, letter = found
                factors, bound = self.algebra.opened(term)
                at = term.factors.index((atom, 1))
                opened, _ = factors.pop(at)
                name = names[opened.head]
                meaning = self.algebra.moved_form(name.form, name.mapping(opened) or {})
                del letter
                raws += [(value * c, [*factors, *t.factors], bound + t.bound) for t, c in meaning.terms]
            if not hit:
                return form
            form = self.algebra.sum(raws)

    def _bare_term(
        self, factors: tuple[tuple[Atom, Number], ...], bound: tuple[Letter, ...], names: Names
    ) -> tuple[Atom, Letter] | None:
        for atom, power in factors:
            if power != 1 or atom.kind is not Kind.ENTRY or atom.head not in names:
                continue
            if names[atom.head].heavy or names[atom.head].mapping(atom) is None:
                continue
            for letter in atom.letters:
                others = any(letter in other.free for other, _ in factors if other is not atom)
                if letter in bound and not others:
                    return atom, letter
        return None

    # ---- zero

    def is_zero(self, form: Form) -> bool:
        """Whether the form is 0 as it stands: denominators cleared, sums over time cut."""
        form = self.cleared(form)
        if form.terms and is_timed(form):
            form = self.cleared(settled(self.algebra, form))
        return not form.terms

    def cleared(self, form: Form) -> Form:
        """The form times the denominators that no bound letter stands in; 0 if and only if the form is."""
        lowest: dict[Atom, Number] = {}
        for term, _ in form.terms:
            for atom, power in term.factors:
                plain = atom.kind is Kind.POWER and all(letter.level == FREE for letter in atom.free)
                if plain and power < 0:
                    lowest[atom] = min(lowest.get(atom, 0), power)
        if not lowest:
            return form
        up = [(atom, -(power.__floor__())) for atom, power in lowest.items()]
        raws: list[Raw] = [(value, [*term.factors, *up], term.bound) for term, value in form.terms]
        return self.cleared(self.algebra.sum(raws))


def bases(forms: list[Form]) -> list[Form]:
    """What is multiplied over time, by numbers and names."""
    found: dict[Form, None] = {}

    def visit(form: Form) -> None:
        for term, _ in form.terms:
            for atom, _ in term.factors:
                if atom.kind is Kind.RUN:
                    found[atom.args[0]] = None
                for arg in atom.args:
                    visit(arg)

    for form in forms:
        visit(form)
    return list(found)


def _holds(form: Form, head: Any) -> bool:
    return any(
        atom.head == head or any(_holds(arg, head) for arg in atom.args)
        for term, _ in form.terms
        for atom, _ in term.factors
    )


def _inverse(value: Number) -> Number:
    return Fraction(1) / value


def _holes(name: Name) -> set[Letter]:
    found = {letter for letter in name.letters if letter.level == FREE}
    return found | {pairs[0][0] for _, pairs in name.times if pairs}


def matched(algebra: Algebra, pattern: Form, holes: set[Letter], target: Form) -> dict[Letter, Any] | None:
    """Which letters make the pattern the target; found at the first entry that carries them."""
    if not holes.intersection(pattern.free):
        return {} if pattern is target else None
    for mapping in _candidates(pattern, holes, target):
        if algebra.moved_form(pattern, mapping) is target:
            return mapping
    return None


def _candidates(pattern: Form, holes: set[Letter], target: Form) -> Iterator[dict[Letter, Any]]:
    anchor = next(
        (
            atom
            for term, _ in pattern.terms
            for atom, _ in term.factors
            if atom.kind is Kind.ENTRY and holes.intersection(pattern.free) <= set(atom.free)
        ),
        None,
    )
    if anchor is None:
        return
    for term, _ in target.terms:
        for atom, _ in term.factors:
            if atom.kind is anchor.kind and atom.head == anchor.head and len(atom.letters) == len(anchor.letters):
                mapping: dict[Letter, Any] = {}
                for own, other in zip(anchor.letters, atom.letters, strict=True):
                    if own in holes:
                        mapping[own] = other
                for (offset, pairs), time in zip(anchor.times, atom.times, strict=True):
                    if pairs and pairs[0][0] in holes:
                        mapping[pairs[0][0]] = (time[0] - offset, time[1])
                yield mapping
