"""One text with what it is about: read under a convention, judged, and told in its own names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from symgate.claims.judging.closed import judge_closed
from symgate.claims.judging.context import of_all_steps
from symgate.claims.judging.elsewhere import judge_driven, judge_last, judge_pulled, judge_start
from symgate.claims.judging.few_steps import judge_few, told_so
from symgate.claims.judging.outputs import taken_back, without_matrix
from symgate.claims.judging.paths import judge_block
from symgate.claims.judging.record import Finding
from symgate.claims.judging.several import judge_several
from symgate.claims.judging.stated import Statement
from symgate.claims.judging.through import with_paths
from symgate.claims.judging.written import states_written_out, written_at_k
from symgate.claims.reading.latex_macros import Macro
from symgate.claims.reading.limits import UnreadableError
from symgate.claims.reading.reader import How, Reading, read
from symgate.claims.reading.senses import OURS, Sense, Senses
from symgate.language.sequences import K
from symgate.notation import PLAIN, Notation
from symgate.proof import PROVED, REFUTED, UNDECIDED
from symgate.proof.decision import Budget
from symgate.records import Cell, Derivation
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
        names = of_all_steps(names) if Sense.ALL_STEPS in self.senses else names
        frame = replace(known.frame, senses=self.senses)
        seen = read(self.claim, known.truth, self.form, names=names, frame=frame, how=how, macros=macros)
        if Sense.ALL_STEPS in self.senses and seen.expr.doit() == known.truth.of:
            raise UnreadableError("it says only that the gradient is the gradient", 0)
        if known.output is not None:
            bare = without_matrix(seen.expr, known.output, self.cell, biased=known.frame.closed is not None)
            seen = replace(seen, expr=bare)
        return replace(seen, expr=taken_back(seen.expr, names.outputs, self.cell)) if names.outputs else seen

    def judged(self, reading: Reading, *notes: str) -> Finding:
        """The verdict on a reading."""
        found, unsure = self._judged(reading, *notes), self.known.frame.unsure
        if found.verdict != REFUTED or not unsure:
            return found
        words = f"It is neither proved nor refuted: {unsure}."
        return replace(found, verdict=UNDECIDED, statement=words, certificate=None)

    def _judged(self, reading: Reading, *notes: str) -> Finding:
        """The verdict as it is read; states after a step are written out by their equations where that settles it."""
        truth = self.known.truth
        shown = replace(reading, notes=(*self.known.notes, *notes, *reading.notes))
        if self.known.frame.closed is not None:
            state = self.cell.state(str(self.known.frame.closed.name))
            if self.known.frame.few is not None:
                shown = told_so(shown, self.known.frame.few)
            return judge_closed(self.base, shown, self.cell, state, self.budget)
        if self.known.frame.through:
            moved, object_, note = with_paths(shown, truth)
            return self.judge(self.base, replace(moved, notes=(*shown.notes, note)), object_)
        if self.known.frame.few is not None:
            return judge_few(self.base, shown, truth, self.known.frame.few, self.budget)
        if self.known.frame.pair is not None:
            return judge_block(self.base, shown, truth, *self.known.frame.pair, self.budget, self.known.frame.start)
        if self.known.frame.last:
            block = self.known.frame.block
            return judge_last(self.base, shown, truth, 0 if block is None else block.place, self.budget)
        if self.known.frame.pulled_to:
            return judge_pulled(self.base, shown, truth, self.known.frame.pulled_to, self.budget)
        if self.known.frame.driven_by:
            own = states_written_out(shown.expr, truth, K)  # step k is one from 1 on
            seen = (replace(shown, expr=expr) for expr in dict.fromkeys((shown.expr, own)))
            tried = [judge_driven(self.base, item, truth, self.known.frame.driven_by, self.budget) for item in seen]
            return next((item for item in tried if item.verdict != UNDECIDED), tried[0])
        if self.known.names.several:
            return judge_several(self.base, shown, truth, self.judge, self.budget)
        found = self._settled(shown)
        if found.verdict != UNDECIDED or truth.one_step:
            return found
        expr = states_written_out(written_at_k(reading.expr, truth) if reading.first else reading.expr, truth)
        if expr == reading.expr:
            return found
        here = None if reading.here is None else states_written_out(reading.here, truth)
        again = self._settled(replace(shown, expr=expr, here=here))
        return again if again.verdict != UNDECIDED else found

    def _settled(self, shown: Reading) -> Finding:
        """The verdict on a reading; of what is stated at a k that is a number, also as of that k alone."""
        found = self.judge(self.base, shown, self.known.truth)
        if found.verdict != UNDECIDED or shown.here is None or self.known.frame.start is None:
            return found
        again = judge_start(self.base, shown, self.known.truth, self.known.frame.start, self.budget)
        return again if again.verdict == PROVED else found
