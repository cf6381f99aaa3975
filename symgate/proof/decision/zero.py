"""Whether a form is 0 as it stands: denominators cleared or carried out, sums over time cut."""

from __future__ import annotations

from fractions import Fraction

from symgate.proof.decision.canon import Algebra
from symgate.proof.decision.forms import FREE, Atom, Form, Kind, Number, Raw, Term
from symgate.proof.decision.timed import is_timed, settled


def is_zero(algebra: Algebra, form: Form) -> bool:
    """Whether nothing is left of the form.

    Sums over time are cut before denominators are multiplied out: terms that cancel as they stand are never expanded.
    """
    cut = settled(algebra, form) if is_timed(form) else form
    form = cleared(algebra, cut)
    if form is not cut and is_timed(form):
        form = cleared(algebra, settled(algebra, form))
    return not form.terms


def cleared(algebra: Algebra, form: Form) -> Form:
    """The form times its denominators; 0 if and only if the form is, wherever they are not 0.

    A denominator that carries no bound letter is multiplied out.  One that does, p with leading product m and
    coefficient c, p = c m + r, follows m/p = (1 - r/p)/c.
    """
    lowest: dict[Atom, Number] = {}
    bound = False
    for term, _ in form.terms:
        for atom, power in term.factors:
            if atom.kind is Kind.POWER and power < 0:
                if all(letter.level == FREE for letter in atom.free):
                    lowest[atom] = min(lowest.get(atom, 0), power)
                else:
                    bound = True
    if lowest:
        up = [(atom, -(power.__floor__())) for atom, power in lowest.items()]
        raws: list[Raw] = [(value, [*term.factors, *up], term.bound) for term, value in form.terms]
        return cleared(algebra, algebra.sum(raws))
    return _carried_out(algebra, form) if bound else form


def _carried_out(algebra: Algebra, form: Form) -> Form:
    """Leading products of denominators under a bound letter divided, until none is left."""
    while True:
        raws: list[Raw] = []
        hit = False
        for term, value in form.terms:
            found = _divided(algebra, term, value)
            hit = hit or found is not None
            raws += found if found is not None else [(value, list(term.factors), term.bound)]
        if not hit:
            return form
        form = algebra.sum(raws)


def _divided(algebra: Algebra, term: Term, value: Number) -> list[Raw] | None:
    there = dict(term.factors)
    for atom, power in term.factors:
        if atom.kind is not Kind.POWER or power > -1:
            continue
        leading = _leading(atom.args[0])
        if leading is None or any(there.get(a, 0) < e for a, e in leading[0].factors):
            continue
        lead, c = leading
        rest = [(a, e - dict(lead.factors).get(a, 0)) for a, e in term.factors if a is not atom]
        raws: list[Raw] = [(Fraction(value) / c, [*rest, (atom, power + 1)], term.bound)]
        factors, bound = algebra.opened(Term(((*rest, (atom, power))), term.bound, term.height))
        for other, d in atom.args[0].terms:
            if other is not lead:
                moved = dict(zip(term.bound, bound, strict=True))
                inner = [(algebra.moved(a, moved), e) for a, e in other.factors]
                raws.append((Fraction(-value) * d / c, [*factors, *inner], (*bound, *other.bound)))
        return raws
    return None


def _leading(form: Form) -> tuple[Term, Number] | None:
    """The product of highest degree without a sum of its own."""
    plain = [
        (term, value)
        for term, value in form.terms
        if not term.bound and term.factors and all(e > 0 and a.kind is not Kind.DELTA for a, e in term.factors)
    ]
    if not plain or any(term.bound for term, _ in form.terms):
        return None
    return max(plain, key=lambda pair: (sum(e for _, e in pair[0].factors), [(a.id, e) for a, e in pair[0].factors]))
