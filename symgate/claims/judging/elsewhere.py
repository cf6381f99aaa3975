"""Derivatives that are not objects of their own: of the loss by the last state, and by or through a name of one step.

dL/dh_T = dL_T/dh_T, since nothing follows the last step; dL/da_k = (dh_k/da_k)' (delta_k + J_{k+1}' lambda_{k+1});
dh_t/dx_k = M_{t,k} dh_k/dx_k.
In: a right side, and which of them it states.  Out: the verdict; it is proved where both are equal in canonical form,
and refuted where they differ along a trajectory.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatMul

from symgate.claims.judging.certified import equal_to, proved, refuted, second_opinion
from symgate.claims.judging.moments import without_value
from symgate.claims.judging.parts import own_part
from symgate.claims.judging.probes import is_equality
from symgate.claims.judging.record import Finding
from symgate.claims.judging.sequences import domain, meanings
from symgate.claims.reading.build import times_scalar
from symgate.claims.reading.reader import Reading
from symgate.derive import jacobian, vjp
from symgate.errors import SymgateError
from symgate.language import T
from symgate.language.sequences import LAST, K, moved, of_state
from symgate.proof import PROVED, UNDECIDED, verify
from symgate.proof.decision import Budget, decide
from symgate.proof.plain import plain
from symgate.records import Derivation, Equation, Kind

_KEY = "claim"


def judge_last(base: Finding, reading: Reading, truth: Derivation, place: int, budget: Budget) -> Finding:
    """The verdict on what is stated of the gradient by the last state, one of several by its place."""
    own = own_part(truth.cell, truth.cell.states[place].name, LAST)
    why = f"{plain(own)}, the gradient of the loss of the last step, which nothing follows"
    return _compared(base, reading, truth, own, why, (), budget)


def judge_pulled(base: Finding, reading: Reading, truth: Derivation, name: str, budget: Budget) -> Finding:
    """The verdict on what is stated of the gradient by a name of step k, as a recursion or over all later steps."""
    found = vjp(truth.cell, name, truth.cell.states[0].name, written_out=True)
    assert found.cotangent is not None
    whole = found.expr.xreplace({found.cotangent: lambda_of(truth)}).xreplace({T: K})
    whole = whole.xreplace({lambda_of(truth).xreplace({T: K}): truth.expr})
    why = f"what the gradient by the state after the step, {plain(truth.expr)}, gives at {name}"
    return _compared(base, reading, truth, whole, why, (truth, found), budget)


def judge_driven(base: Finding, reading: Reading, truth: Derivation, name: str, budget: Budget) -> Finding:
    """The verdict on what is stated of dh_t/dv_k for a name v of step k: M_{t,k} dh_k/dv_k."""
    own = jacobian(truth.cell, name, truth.cell.states[0].name, written_out=True)
    whole = MatMul(truth.expr, own.expr.xreplace({T: K}))
    why = f"{plain(truth.expr)} times d{truth.cell.states[0].name}[k]/d{name}[k]"
    return _compared(base, reading, truth, whole, why, (truth, own), budget)


def judge_start(base: Finding, reading: Reading, truth: Derivation, start: Expr, budget: Budget) -> Finding:
    """The verdict on what is stated at a k that is a number, such as dL/dh_0 as a sum over all steps."""
    assert reading.here is not None
    others = (item.right for item in truth.claims if item.left == truth.of and is_equality(item))
    own, *further = (moved(right, {K: start}) for right in (truth.expr, *others))
    given = ((start, T),) if truth.kind is Kind.TRANSPORT else ((start + 1, LAST),)
    why, here = f"what {plain(truth.of)} is at k = {start}", replace(reading, expr=reading.here)
    return _compared(base, here, truth, own, why, (truth,), budget, tuple(further), given)


def lambda_of(truth: Derivation) -> Expr:
    """lambda_t of the single state."""
    rows, cols = truth.cell.states[0].after.shape
    return of_state("lam", truth.cell.states[0].name, rows, T, several=False, cols=cols)


def _compared(
    base: Finding,
    reading: Reading,
    truth: Derivation,
    own: Expr,
    why: str,
    stands_on: tuple[Derivation, ...],
    budget: Budget,
    further: tuple[Expr, ...] = (),
    given: tuple[tuple[Expr, Expr], ...] = (),
) -> Finding:
    """The claim against what it should be, where everything that this stands on is proved."""
    base = replace(base, reading=reading.text, reading_latex=reading.latex, notes=reading.notes)
    base = replace(base, truth=plain(own), truth_latex="")
    parts = [verify(item) for item in stands_on]
    for part in parts:
        if part.verdict != PROVED:
            return replace(base, verdict=UNDECIDED, statement=part.statement, certificate=part)
    stated = replace(truth, name=f"{truth.name}_there", named_terms=(("claim", reading.expr),))
    names = {item.left: item.right for item in truth.definitions}
    try:
        for right, meaning in product((own, *further), meanings(truth)):
            known, times = names | meaning, given or domain(truth)
            decision = decide(truth.cell, reading.expr, right, definitions=known, given=times, budget=budget)
            if decision.equal:
                break
    except SymgateError as error:
        return replace(base, verdict=UNDECIDED, statement=f"It is not compared: {error}")
    probe = _probe(reading.expr, truth, own)
    opinion, case = (None, None) if given else second_opinion(probe)
    if not decision.equal:
        if opinion is not None and case is not None and case.key == _KEY:
            return refuted(base, probe, _KEY, opinion, case)
        return replace(base, verdict=UNDECIDED, statement=f"It is not shown to be {why}.")
    nowhere = without_value(reading.expr, truth, first=1)  # a step has names of its own from step 1 on
    if nowhere:
        return replace(base, verdict=UNDECIDED, statement=f"It is not stated for all times: {nowhere}.")
    evidence, line = equal_to(reading, why, decision)
    opinions = () if opinion is None else (opinion,)
    return proved(base, reading, stated, decision.level, (line,), (evidence, *opinions), tuple(parts))


def _probe(claim: Expr, truth: Derivation, own: Expr) -> Derivation:
    """The claim beside what it should be, to be compared along a trajectory.

    A step has names of its own from step 1 on: at k = 0 both sides are taken for 0.
    """
    own, claim = (times_scalar(1 - sympy.KroneckerDelta(K, 0), side) if own.has(K) else side for side in (own, claim))
    return replace(truth, name=f"{truth.name}_there", equations=(*truth.definitions, Equation(_KEY, own, claim)))
