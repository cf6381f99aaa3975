"""Matrices that are multiplied over time and are multiples of one another: A_j = s_j C_j.

    prod_{j=lo..hi} A_j = (prod_{j=lo..hi} s_j) prod_{j=lo..hi} C_j

s_j is a product of scalars of the step and a number.  An ordered product stands only in terms whose ranges say
lo <= hi, so the scalars are a quotient of runs there.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from symgate.proof.decision.canon import Algebra
from symgate.proof.decision.forms import HOLE, TIME, Atom, Form, Kind, Number, at_time, later
from symgate.proof.decision.ordered import diagonal
from symgate.proof.decision.recurrence import Name

Scalars = dict[Atom, Number]


def scalars(name: Name) -> tuple[Scalars, Number]:
    """What every term of the matrix holds and no row or column carries, and the number in front of a single term."""
    clock = {letter for _, pairs in name.times for letter, _ in pairs}
    common: Scalars | None = None
    for term, _ in name.form.terms:
        own = {atom: power for atom, power in term.factors if set(atom.free) <= clock and atom.kind is not Kind.RANGE}
        common = own if common is None else {a: e for a, e in common.items() if own.get(a) == e}
    single = len(name.form.terms) == 1
    return common or {}, name.form.terms[0][1] if single else 1


def without(algebra: Algebra, name: Name, found: tuple[Scalars, Number]) -> Form:
    """The matrix divided by its scalars."""
    common, value = found
    return algebra.divided(name.form, common, value) if common or value != 1 else name.form


def ratio(algebra: Algebra, one: tuple[Scalars, Number], other: tuple[Scalars, Number]) -> Form | None:
    """The scalars of one matrix divided by those of another; None where that is a denominator."""
    powers = dict(one[0])
    for atom, power in other[0].items():
        powers[atom] = powers.get(atom, 0) - power
    if any(power < 0 for power in powers.values()):
        return None
    return algebra.scaled(algebra.sum([(1, list(powers.items()), ())]), one[1] / Fraction(other[1]))


def is_diagonal(algebra: Algebra, name: Name) -> bool:
    """Whether the matrix of a name is diagonal, so that a product of it is one of numbers."""
    middle = len(name.letters) // 2
    return diagonal(algebra, name.letters[:middle], name.letters[middle:], name.form) is not None


def product(algebra: Algebra, name: Name, scale: Form, head: Any, atom: Atom) -> Form:
    """An ordered product of ``name`` = scale times the matrix of ``head``, as one of that matrix."""
    offset, ((letter, _),) = name.times[0]
    base = algebra.moved_form(scale, {letter: at_time(algebra.letter(TIME, *HOLE), -offset)})
    ends = [(later(atom.times[0], 1), 1), (atom.times[1], -1)]
    runs = [(algebra.atom(Kind.RUN, times=(end,), args=(base,)), sign) for end, sign in ends]
    return algebra.sum([(1, [*runs, (algebra.atom(Kind.ORDERED, head, atom.letters, atom.times), 1)], ())])
