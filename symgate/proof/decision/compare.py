"""Whether a form is 0: names opaque first, then put in one after the other, at each level of knowledge.

The order decides the cost, never the answer: names stay atoms as long as possible; a bare sum over a name is replaced
by that of its definition (a sum of centred values is 0); then names with short definitions go first and names made by
matrix products last.  After each the difference is compared with 0, denominators cleared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from symgate.proof.decision.canon import Algebra
from symgate.proof.decision.forms import FREE, Atom, Form, Kind, Letter, Number, Raw
from symgate.proof.decision.knowledge import Facts, Knowledge
from symgate.proof.decision.outcome import Level
from symgate.proof.decision.passes import Pass, mentions
from symgate.proof.decision.recurrence import Name
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
        """The level at which the form is 0, or the last one and what was left there with names opaque."""
        levels = self.levels(form)
        rest = form
        for level, steps in levels:
            rest, names = form, self.names
            for knowledge in steps or [None]:
                if knowledge is not None:
                    rest, names = self._known(rest, names, knowledge)
                if self._inlined(self._folded(rest, names), names):
                    return level, True, self.algebra.zero
        return levels[-1][0], False, rest

    def _known(self, form: Form, names: Names, knowledge: Knowledge) -> tuple[Form, Names]:
        """A form and the definitions, rewritten by what is known of the functions."""
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

        return Pass(self.algebra, lambda atom: (atom.kind, atom.head) in by_head, exchange).apply(form)

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

    def _order(self, names: Names) -> list[Name]:
        latest = list(reversed(names.values()))
        return sorted(latest, key=lambda name: (name.heavy, len(name.form.terms)))

    def _inlined(self, form: Form, names: Names) -> bool:
        """Whether the form is 0 after some names are put in."""
        form = self.bare(form, names)
        if self.cleared(form) is self.algebra.zero:
            return True
        todo = self._order(names)
        while True:
            name = next((name for name in todo if mentions(form, lambda atom, n=name: _is(atom, n))), None)  # type: ignore[misc]
            if name is None:
                return False
            form = self.bare(self.put_in(form, name), names)
            if self.cleared(form) is self.algebra.zero:
                return True

    def put_in(self, form: Form, name: Name) -> Form:
        """The form with the definition of a name in its place."""

        def exchange(atom: Atom) -> Form | None:
            mapping = name.mapping(atom)
            return None if mapping is None else self.algebra.moved_form(name.form, mapping)

        return Pass(self.algebra, lambda atom: _is(atom, name), exchange).apply(form)

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
            if names[atom.head].mapping(atom) is None:
                continue
            for letter in atom.letters:
                others = any(letter in other.free for other, _ in factors if other is not atom)
                if letter in bound and not others:
                    return atom, letter
        return None

    # ---- denominators

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


def _inverse(value: Number) -> Number:
    return Fraction(1) / value


def _is(atom: Atom, name: Name) -> bool:
    return atom.kind is Kind.ENTRY and atom.head == name.head and name.mapping(atom) is not None


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
