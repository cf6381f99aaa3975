"""One decision at work: the recurrence is built, differences are compared with 0, and what is left is measured."""

from __future__ import annotations

from functools import partial
from typing import Any

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatrixExpr

from symgate.errors import SymgateError
from symgate.language.nodes import T
from symgate.proof.decision.axes import Index, paired
from symgate.proof.decision.budget import BudgetExceededError
from symgate.proof.decision.build import Builder
from symgate.proof.decision.canon import Algebra
from symgate.proof.decision.compare import AS_IT_IS, Comparison
from symgate.proof.decision.forms import FREE, TIME, Form, Kind
from symgate.proof.decision.outcome import Decision, Level, Outcome
from symgate.proof.decision.prepare import Prepared
from symgate.proof.decision.recurrence import Recurrence
from symgate.proof.decision.remembered import recurrence as started
from symgate.proof.decision.remembered import units
from symgate.proof.decision.truth import StepDerivative
from symgate.proof.nodes import nodes
from symgate.records import Cell


def _step_entry(recurrence: Recurrence) -> Any:
    def entry(builder: Builder, expr: Any, row: Index, col: Index) -> Form:
        of, wrt, index = expr.args
        time = builder.time(index)
        clock = builder.algebra.letter(TIME, FREE, 0)

        def at_t(_: Any) -> Form:
            return recurrence.derivative(of, wrt, row, (col, ()))

        return builder.algebra.moved_form(builder.bound_as(T, clock, at_t), {clock: time})

    return entry


class Working:
    """One decision: building, comparing, and what to say where it cannot be done."""

    def __init__(self, cell: Cell, algebra: Algebra, exprs: list[Expr]) -> None:
        self.cell, self.algebra, self.exprs = cell, algebra, exprs

    def judge(self, differences: object) -> Decision:
        """Whether all differences are 0; with an index of a matrix state as one letter, and where need be as a pair."""
        found = self._judge(differences)
        if found.equal or not self.cell.matrix_states:
            return found
        with paired(self.cell):
            again = self._judge(differences)
        return again if again.equal else found

    def _judge(self, differences: object) -> Decision:
        level = Level.OPAQUE
        try:
            recurrence = started(self.cell, self.algebra, sizes_in(self.cell, self.exprs))
            recurrence.builder.extra[StepDerivative] = _step_entry(recurrence)
            forms = differences(recurrence)  # type: ignore[operator]
            names = recurrence.names | recurrence.updates
            comparison = Comparison(self.algebra, self.cell, names, partial(units, recurrence))
            prepared = Prepared(comparison)
            forms = prepared.oriented(forms)
            found, level = None, Level.OPAQUE
            if prepared.may_join(forms):
                found = self.algebra.meter.attempt(AS_IT_IS, partial(comparison.all_vanish, forms))
            if found is None or not found[1]:
                forms, level = prepared.joined(forms)
                found = comparison.all_vanish(forms)
            own, equal, rest = found
            if not equal:
                return self._different(own, rest)
            comparison.require_units(forms)
            level = max(level, own, key=list(Level).index)
        except BudgetExceededError as error:
            return Decision(Outcome.UNDECIDED, level, self.algebra.meter.work, str(error), needed=error.needed)
        except SymgateError as error:
            return Decision(Outcome.UNDECIDED, level, self.algebra.meter.work, str(error))
        return Decision(Outcome.EQUAL, level, self.algebra.meter.work)

    def _different(self, level: Level, rest: Form) -> Decision:
        letters, degrees = measured(rest)
        return Decision(
            Outcome.DIFFERENT,
            level,
            self.algebra.meter.work,
            "the canonical forms differ",
            letters=letters,
            degrees=degrees,
            terms=len(rest.terms),
        )


def measured(form: Form) -> tuple[dict[Expr, int], dict[Expr, int]]:
    """Per size: the most letters of a term, and the spread of the powers of the size in the coefficients."""
    letters: dict[Expr, int] = {}
    low: dict[Expr, int] = {}
    high: dict[Expr, int] = {}
    for term, _ in form.terms:
        count: dict[Expr, int] = {}
        for letter in (*term.free, *term.bound):
            if isinstance(letter.space, Expr):
                count[letter.space] = count.get(letter.space, 0) + 1
        for size, number in count.items():
            letters[size] = max(letters.get(size, 0), number)
        for atom, power in term.factors:
            if atom.kind is Kind.SIZE:
                low[atom.head] = min(low.get(atom.head, 0), int(power))
                high[atom.head] = max(high.get(atom.head, 0), int(power))
    return letters, {size: high[size] - low[size] for size in high}


def sizes_in(cell: Cell, exprs: list[Expr]) -> frozenset[Expr]:
    """Every symbol that is part of a size."""
    found = set(cell.dimensions)
    for node in nodes(*exprs):
        if isinstance(node, MatrixExpr):
            found.update(symbol for size in node.shape for symbol in sympy.sympify(size, strict=True).free_symbols)
    return frozenset(found)
