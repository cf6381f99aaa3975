"""Gradients by a name of one step that feeds several states: dL/df_t of an LSTM, in terms of dL/dc_t and dL/dh_t.

    dL/dv = sum over the states s of (ds_t/dv)' dL/ds_t

In: a right side in the gradients by all states.  Out: the verdict.  It is proved where it is equal, in canonical form,
to the sum of what the states pull back, each of which is proved by itself.  It is refuted where one of its parts, the
gradients by all other states being 0, is refuted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatMul, ZeroMatrix

from symgate.claims.judging.certified import equal_to, proved
from symgate.claims.judging.record import Finding
from symgate.claims.reading.build import total
from symgate.claims.reading.reader import Reading
from symgate.derive import vjp
from symgate.errors import SymgateError
from symgate.language import T
from symgate.language.sequences import of_state
from symgate.proof import PROVED, REFUTED, UNDECIDED, verify
from symgate.proof.decision import Budget, decide
from symgate.records import Cell, Derivation
from symgate.tex import latex, text

Judge = Callable[[Finding, Reading, Derivation], Finding]


def whole_gradient(truth: Derivation) -> Expr:
    """What the gradients by all states pull back to the name by which an object is differentiated."""
    parts = [_pulled(item, truth.cell) for item in pullbacks(truth)]
    kept = [part for part in parts if not isinstance(part, ZeroMatrix)]
    return total(kept) if len(kept) > 1 else (kept or parts)[0]


def pullbacks(truth: Derivation) -> list[Derivation]:
    """(ds_t/dv)' lambda^s for every state s."""
    name = str(truth.wrt.name)
    return [vjp(truth.cell, name, state.name, written_out=True) for state in truth.cell.states]


def judge_several(base: Finding, reading: Reading, truth: Derivation, judge: Judge, budget: Budget) -> Finding:
    """The verdict on a right side in the gradients by all states, the object being the sum of what they pull back."""
    cell, wanted = truth.cell, whole_gradient(truth)
    shown = replace(truth, named_terms=(("whole", wanted),), name=f"{cell.name}_gradient_{truth.wrt.name}")
    base = replace(base, reading=reading.text, reading_latex=reading.latex, notes=reading.notes)
    base = replace(base, truth=text(shown, lhs=False), truth_latex=latex(shown, lhs=False))
    if tuple(getattr(reading.expr, "shape", ())) != truth.shape:
        words = f"It has the shape {getattr(reading.expr, 'shape', ())}; the object has {truth.shape}."
        return replace(base, verdict=REFUTED, statement=words)
    parts = [verify(item) for item in pullbacks(truth)]
    opened = [item for item in parts if item.verdict != PROVED]
    if opened:
        return replace(base, verdict=UNDECIDED, statement=opened[0].statement, certificate=opened[0])
    try:
        decision = decide(cell, reading.expr, wanted, budget=budget)
    except SymgateError as error:
        return replace(base, verdict=UNDECIDED, statement=f"It is not compared: {error}")
    if decision.equal:
        probe = replace(shown, named_terms=(("claim", reading.expr),))
        evidence, line = equal_to(reading, "what all states pull back, in canonical form", decision)
        return proved(base, reading, probe, decision.level, (line,), (evidence,), tuple(parts))
    return _refuted(base, reading, truth, judge) or replace(
        base, verdict=UNDECIDED, statement=f"It is neither proved nor refuted: {decision.reason or 'the forms differ'}."
    )


def _refuted(base: Finding, reading: Reading, truth: Derivation, judge: Judge) -> Finding | None:
    """The first part that is wrong, with its witness; None where no part is."""
    cell = truth.cell
    for own in pullbacks(truth):
        kept = str(own.of.name)
        zero = {_lam(cell, s.name): MatMul(sympy.S.Zero, _lam(cell, s.name)) for s in cell.states if s.name != kept}
        part = reading.expr.xreplace(zero).xreplace({_lam(cell, kept): own.cotangent})
        part = part.xreplace({_lam(cell, s.name): own.cotangent for s in cell.states})  # behind its factor 0
        found = judge(base, replace(reading, expr=part), own)
        if found.verdict == REFUTED:
            words = f"With the gradients by the states other than {kept} being 0: {found.statement}"
            return replace(base, verdict=REFUTED, statement=words, certificate=found.certificate)
    return None


def _pulled(item: Derivation, cell: Cell) -> Expr:
    return item.expr.xreplace({item.cotangent: _lam(cell, str(item.of.name))})


def _lam(cell: Cell, name: str) -> Expr:
    """The gradient of the loss by a state after the step."""
    rows, cols = cell.state(name).after.shape
    return of_state("lam", name, rows, T, several=True, cols=cols)
