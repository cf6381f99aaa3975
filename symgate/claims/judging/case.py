"""One text with what it is about: read under a convention, judged, and told in its own names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import sympy
from sympy import Expr

from symgate.claims.judging.elsewhere import judge_driven, judge_last, judge_pulled
from symgate.claims.judging.outputs import taken_back
from symgate.claims.judging.record import Finding
from symgate.claims.judging.several import judge_several
from symgate.claims.judging.stated import Statement
from symgate.claims.reading.latex_tokens import Macro
from symgate.claims.reading.reader import How, Reading, read
from symgate.claims.reading.senses import OURS, Senses
from symgate.language import T
from symgate.language.sequences import K, MatrixSum, OrderedProduct
from symgate.notation import PLAIN, Notation
from symgate.proof import UNDECIDED
from symgate.proof.decision import Budget
from symgate.records import Cell, Derivation, Kind
from symgate.tex import latex, text

Judge = Callable[[Finding, Reading, Derivation], Finding]


@dataclass(frozen=True)
class Case:
    """One right side with what it is about.

    ``senses`` are what its derivatives mean besides our sense of them.
    """

    cell: Cell
    claim: str
    form: str | None
    known: Statement
    judge: Judge
    notation: Notation = PLAIN
    budget: Budget = field(default_factory=Budget)
    senses: Senses = OURS

    @property
    def base(self) -> Finding:
        """A finding before anything is judged."""
        truth = self.known.truth
        blank = Finding(self.cell.name, self.known.name, self.claim, UNDECIDED, "", notes=self.known.notes)
        return replace(blank, truth=text(truth, lhs=False), truth_latex=latex(truth, lhs=False))

    def read(self, how: How) -> Reading:
        """The right side read in one way."""
        known, author = self.known, self.notation
        macros = {item.name: Macro(item.name, item.arity, item.body) for item in author.macros}
        if author.diagonal or author.brackets:
            given = replace(how.convention, brackets=author.brackets or how.convention.brackets)
            how = replace(how, convention=replace(given, diagonal=max(given.diagonal, int(author.diagonal))))
        before = {f"{state.name}_prev": state.before for state in self.cell.states}
        guesses = tuple((look, before[name]) for look, name in author.names if name in before)
        how = replace(how, guesses=(*guesses, *how.guesses))
        names = replace(known.names, senses=self.senses, shifts=known.frame.shifts)
        frame = replace(known.frame, senses=self.senses)
        seen = read(self.claim, known.truth, self.form, names=names, frame=frame, how=how, macros=macros)
        return replace(seen, expr=taken_back(seen.expr, names.outputs, self.cell)) if names.outputs else seen

    def judged(self, reading: Reading, *notes: str) -> Finding:
        """The verdict on a reading; states after a step are written out by their equations where that settles it."""
        truth = self.known.truth
        shown = replace(reading, notes=(*self.known.notes, *notes, *reading.notes))
        if self.known.frame.last:
            block = self.known.frame.block
            return judge_last(self.base, shown, truth, 0 if block is None else block.place, self.budget)
        if self.known.frame.pulled_to:
            return judge_pulled(self.base, shown, truth, self.known.frame.pulled_to, self.budget)
        if self.known.frame.driven_by:
            return judge_driven(self.base, shown, truth, self.known.frame.driven_by, self.budget)
        if self.known.names.several:
            return judge_several(self.base, shown, truth, self.judge, self.budget)
        found = self.judge(self.base, shown, truth)
        if found.verdict != UNDECIDED or truth.one_step:
            return found
        expr = states_written_out(reading.expr, truth)
        if expr == reading.expr:
            return found
        again = self.judge(self.base, replace(shown, expr=expr), truth)
        return again if again.verdict != UNDECIDED else found


def states_written_out(expr: Expr, truth: Derivation) -> Expr:
    """States at the index of a sum or product, or at k+1 of an adjoint, as their equations at that step have them.

    Of the state at the start, x_0, there is no equation: a sum from k = 0 has one for x_{k+1} and none for x_k.
    """
    over_time = [node for node in sympy.preorder_traversal(expr) if isinstance(node, MatrixSum | OrderedProduct)]
    steps = {node.index + by for node in over_time for by in (0, 1) if _is_later(node.lower + by)}
    steps |= {K + 1} if truth.kind is Kind.ADJOINT else set()
    written = {
        state.after.xreplace({T: step}): state.update.xreplace({T: step})
        for step in steps
        for state in truth.cell.states
    }
    return expr.xreplace(written)


def _is_later(time: Expr) -> bool:
    """Whether a time, such as 1 or k + 1, is after the start for every k."""
    return any(rest.is_Integer and rest >= 1 for rest in (time, time - K, time - T))
