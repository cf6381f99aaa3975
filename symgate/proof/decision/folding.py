"""Names for values: with r = sigma(a_r) the value sigma(a_r) is the name r, wherever and at whatever time it stands.

So sigma'(a_r) = sigma(a_r)(1 - sigma(a_r)) meets r(1 - r).  Of r = 1/2 + tanh(z)/2 it is tanh(z) = 2 r - 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from symgate.proof.decision.canon import Algebra
from symgate.proof.decision.forms import FREE, Atom, Form, Kind, Letter
from symgate.proof.decision.passes import Pass
from symgate.proof.decision.recurrence import Name


def folded(algebra: Algebra, form: Form, names: dict[Any, Name]) -> Form:
    """The form with names for the values that they stand for."""
    aliases = [alias for name in names.values() if (alias := _alias(algebra, name)) is not None]
    by_head: dict[Any, list[tuple[Name, Atom, Form]]] = {}
    for name, atom, value in aliases:
        by_head.setdefault((atom.kind, atom.head), []).append((name, atom, value))

    def exchange(atom: Atom) -> Form | None:
        for name, pattern, value in by_head[atom.kind, atom.head]:
            mapping = matched(algebra, pattern.args[0], _holes(name), atom.args[0])
            if mapping is not None:
                return algebra.moved_form(value, mapping)
        return None

    return Pass(algebra, lambda atom: (atom.kind, atom.head) in by_head, exchange).apply(form)


def _alias(algebra: Algebra, name: Name) -> tuple[Name, Atom, Form] | None:
    """The value that a name stands for, and that value in terms of the name: (name - rest)/c.

    Of r = 1/F^2 it is none: 1/F is a root of r, and which one is not told.
    """
    own = algebra.atom(Kind.ENTRY, name.head, name.letters, name.times)
    varying = [(term, value) for term, value in name.form.terms if term is not algebra.unit]
    if len(varying) != 1:
        return None
    (term, value) = varying[0]
    if len(term.factors) != 1 or term.bound:
        return None
    ((atom, power),) = term.factors
    if not set(_holes(name)) <= set(atom.free):
        return None
    rest = algebra.form({t: v for t, v in name.form.terms if t is not term})
    if atom.kind is Kind.FUN and power == 1:
        left = algebra.subtract(algebra.of(own), rest)
        return name, atom, algebra.scaled(left, Fraction(1) / value)
    if atom.kind is Kind.POWER and value == 1 and not rest.terms and (power == -1 or power.denominator != 1):
        return name, atom, algebra.form({algebra.term(((own, Fraction(1) / power),), (), 1): 1})
    return None


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
            same = atom.kind is anchor.kind and atom.head == anchor.head and len(atom.letters) == len(anchor.letters)
            if same and not any(letter in term.bound for letter in atom.free):
                pairs_ = zip(anchor.letters, atom.letters, strict=True)
                mapping: dict[Letter, Any] = {own: other for own, other in pairs_ if own in holes}
                for (offset, pairs), time in zip(anchor.times, atom.times, strict=True):
                    if pairs and pairs[0][0] in holes:
                        mapping[pairs[0][0]] = (time[0] - offset, time[1])
                yield mapping
