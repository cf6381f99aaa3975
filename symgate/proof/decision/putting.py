"""Definitions put in the place of names."""

from __future__ import annotations

from typing import Any

from symgate.proof.decision import ordered
from symgate.proof.decision.canon import Algebra
from symgate.proof.decision.forms import HOLE, TIME, Atom, Form, Kind, Letter, Number, Raw, at_time
from symgate.proof.decision.passes import Pass
from symgate.proof.decision.recurrence import Name
from symgate.proof.decision.use import closed, is_name


def put_in(algebra: Algebra, form: Form, name: Name) -> Form:
    """The form with the definition of a name in its place, arguments of functions aside."""
    middle = len(name.letters) // 2
    along = None
    if name.head in algebra.ordered and len(name.times) == 1:
        along = ordered.diagonal(algebra, name.letters[:middle], name.letters[middle:], name.form)

    def exchange(atom: Atom) -> Form | None:
        if atom.kind is Kind.ORDERED and along is not None:
            rows = dict(zip(name.letters[:middle], atom.letters[:middle], strict=True))
            hole = algebra.letter(TIME, *HOLE)
            offset, pairs = name.times[0]
            base = algebra.moved_form(along, {**rows, pairs[0][0]: at_time(hole, -offset)})
            return ordered.along_diagonal(algebra, atom, base)
        mapping = name.mapping(atom)
        return None if mapping is None else algebra.moved_form(name.form, mapping)

    return Pass(algebra, lambda atom: is_name(atom, name), exchange, closed=closed).apply(form)


def bare(algebra: Algebra, form: Form, names: dict[Any, Name]) -> Form:
    """Sums over a name alone, replaced by those over its definition."""
    while True:
        raws: list[Raw] = []
        hit = False
        for term, value in form.terms:
            found = _bare_term(term.factors, term.bound, names)
            if found is None:
                raws.append((value, list(term.factors), term.bound))
                continue
            hit = True
            atom = found
            factors, bound = algebra.opened(term)
            at = term.factors.index((atom, 1))
            opened, _ = factors.pop(at)
            name = names[opened.head]
            meaning = algebra.moved_form(name.form, name.mapping(opened) or {})
            raws += [(value * c, [*factors, *t.factors], bound + t.bound) for t, c in meaning.terms]
        if not hit:
            return form
        form = algebra.sum(raws)


def _bare_term(
    factors: tuple[tuple[Atom, Number], ...], bound: tuple[Letter, ...], names: dict[Any, Name]
) -> Atom | None:
    for atom, power in factors:
        if power != 1 or atom.kind is not Kind.ENTRY or atom.head not in names:
            continue
        if names[atom.head].heavy or not names[atom.head].rank or names[atom.head].mapping(atom) is None:
            continue
        for letter in atom.letters:
            others = any(letter in other.free for other, _ in factors if other is not atom)
            if letter in bound and not others:
                return atom
    return None
