"""Rewritings of whole forms: an atom is exchanged for a form wherever it stands, in arguments too."""

from __future__ import annotations

from collections.abc import Callable

from symgate.proof.decision.canon import Algebra
from symgate.proof.decision.forms import Atom, Form, Kind, Letter, Number, Raw

Exchange = Callable[[Atom], Form | None]


class Pass:
    """Exchanges atoms: ``wanted`` tells which, ``exchange`` gives the form (None leaves the atom)."""

    def __init__(
        self,
        algebra: Algebra,
        wanted: Callable[[Atom], bool],
        exchange: Exchange,
        closed: Callable[[Atom], bool] = lambda _: False,
    ) -> None:
        """A rewriting in one algebra; it does not look into the arguments of ``closed`` atoms."""
        self.algebra, self.wanted, self.exchange, self.closed = algebra, wanted, exchange, closed
        self._touched: dict[Atom, bool] = {}

    def touches(self, atom: Atom) -> bool:
        """Whether the atom, or one inside it, is wanted."""
        found = self._touched.get(atom)
        if found is None:
            found = self._touched[atom] = self.wanted(atom) or (
                not self.closed(atom) and any(map(self.concerns, atom.args))
            )
        return found

    def concerns(self, form: Form) -> bool:
        """Whether anything in the form is wanted."""
        return any(self.touches(atom) for term, _ in form.terms for atom, _ in term.factors)

    def apply(self, form: Form) -> Form:
        """The form with everything wanted exchanged, innermost first."""
        if not self.concerns(form):
            return form
        raws: list[Raw] = []
        for term, value in form.terms:
            if any(self.touches(atom) for atom, _ in term.factors):
                raws += self._term(*self.algebra.opened(term), value)
            else:
                raws.append((value, list(term.factors), term.bound))
        return self.algebra.sum(raws)

    def _term(self, factors: list[tuple[Atom, Number]], bound: tuple[Letter, ...], value: Number) -> list[Raw]:
        algebra = self.algebra
        plain: list[tuple[Atom, Number]] = []
        forms: list[Form] = []
        for atom, power in factors:
            new = self._atom(atom)
            if isinstance(new, Atom):
                plain.append((new, power))
            elif atom.kind is Kind.POWER and (single := _single(new)) is not None:
                plain.append((single[0], single[1] * power))
            elif power == 1:
                forms.append(new)
            else:
                plain.append((algebra.atom(Kind.POWER, args=(new,)), power))
        size = 1
        for form in forms:
            size *= len(form.terms)
        algebra.meter.expect(size)
        raws: list[Raw] = [(value, plain, bound)]
        for form in forms:
            raws = [(c * d, f + g, b + own) for c, f, b in raws for d, g, own in self._opened(form)]
        return raws

    def _opened(self, form: Form) -> list[Raw]:
        return [(value, *self.algebra.opened(term)) for term, value in form.terms]

    def _atom(self, atom: Atom) -> Atom | Form:
        if not self.touches(atom):
            return atom
        if atom.args and not self.closed(atom):
            args = tuple(self.apply(form) for form in atom.args)
            atom = self.algebra.atom(atom.kind, atom.head, atom.letters, atom.times, args)
        new = self.exchange(atom) if self.wanted(atom) else None
        return atom if new is None else new


def _single(form: Form) -> tuple[Atom, Number] | None:
    """The one power of an atom that a form is, if it is one."""
    if len(form.terms) != 1:
        return None
    ((term, value),) = form.terms
    return term.factors[0] if value == 1 and len(term.factors) == 1 and not term.bound else None
