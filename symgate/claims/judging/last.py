"""The gradient of the loss by the last state, dL/dh_T = dL_T/dh_T: nothing follows the last step.

In: a right side, stated of the last step T.  Out: the verdict.
"""

from __future__ import annotations

from dataclasses import replace

from symgate.claims.judging.parts import own_part
from symgate.claims.judging.record import Finding
from symgate.claims.reading.reader import Reading
from symgate.errors import SymgateError
from symgate.language.sequences import LAST
from symgate.proof import PROVED, UNDECIDED, Certificate, Evidence
from symgate.proof.certificate import Line, Settled
from symgate.proof.decision import Budget, decide
from symgate.proof.digest import digest
from symgate.proof.plain import plain
from symgate.records import Derivation


def judge_last(base: Finding, reading: Reading, truth: Derivation, budget: Budget) -> Finding:
    """Proved where the right side is equal, in canonical form, to the gradient that the last step's own loss has."""
    base = replace(base, reading=reading.text, reading_latex=reading.latex, notes=reading.notes)
    own = own_part(truth.cell, truth.cell.states[0].name, LAST)
    stated = replace(truth, name=f"{truth.name}_last", named_terms=(("claim", reading.expr),))
    try:
        decision = decide(truth.cell, reading.expr, own, budget=budget)
    except SymgateError as error:
        return replace(base, verdict=UNDECIDED, statement=f"It is not compared: {error}")
    if not decision.equal:
        told = (
            f"It is not shown to be {plain(own)}, the gradient of the last step's own loss: nothing follows that step."
        )
        return replace(base, verdict=UNDECIDED, statement=told)
    words = f"equal to {plain(own)}, since nothing follows the last step ({decision.work} operations)"
    told = "The claim holds for every number of steps, for all sizes and values."
    line = Line("main", plain(reading.expr), Settled.PROVED, (words,))
    evidence = (Evidence("decision", passed=True, detail=words, checks=1),)
    found = Certificate(stated.name, PROVED, told, evidence, ledger=(line,), digest=digest(stated))
    return replace(base, verdict=PROVED, statement=told, certificate=found)
