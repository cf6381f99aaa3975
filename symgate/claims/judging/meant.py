"""Derivatives that authors mean in more than one way: the verdict in each sense, which is told with it.

In: a case, and the verdict on it in our sense.  Out: the verdict, that of another sense where it holds there; and, of a
claim about the loss of all steps that holds for that of the last one alone, a proposal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import sympy
from sympy.matrices.expressions import ZeroMatrix

from symgate.claims.judging.case import Case
from symgate.claims.judging.proposals import Proposal
from symgate.claims.judging.record import Finding
from symgate.claims.judging.stated import Statement
from symgate.claims.judging.two_readings import in_either_direction
from symgate.claims.reading.limits import UnreadableError
from symgate.claims.reading.moments import moment
from symgate.claims.reading.senses import Sense
from symgate.language.sequences import K
from symgate.proof import PROVED, REFUTED
from symgate.records import Kind

Verdict = Callable[[Case], Finding]
_AT_END = "true where the loss is that of the last step T alone, L = L_T"
_OF_LOSS = (Kind.GRADIENT, Kind.ADJOINT)


def meant(case: Case, verdict: Verdict) -> Finding:
    """The verdict, in our sense of the derivatives or in another one in which the claim holds."""
    found = in_either_direction(_in_some_sense(case, verdict))
    said, truth = case.known.said, case.known.truth
    if found.verdict != REFUTED or truth.kind not in _OF_LOSS or said is None or said.step:
        return found
    first = K if truth.kind is Kind.ADJOINT else sympy.Integer(1)
    frame = replace(case.known.frame, first=first, at_end=True)
    try:
        other = _in_some_sense(replace(case, known=replace(case.known, frame=frame)), verdict)
    except UnreadableError:
        return found
    return replace(found, proposals=(Proposal(_AT_END),)) if other.verdict == PROVED else found


def _in_some_sense(case: Case, verdict: Verdict) -> Finding:
    found = verdict(case)
    if found.verdict == PROVED:
        return found
    for senses in _others(case):
        try:
            other = verdict(replace(case, senses=frozenset(senses)))
        except UnreadableError:
            continue
        if other.verdict == PROVED:
            return replace(other, notes=(*other.notes, *(sense.value for sense in senses)))
    return found


def _at_start(known: Statement) -> bool:
    """Whether a gradient of the loss of all steps is stated by the state h_0 at the start."""
    frame, said = known.frame, known.said
    if frame.start != 0 or frame.first is not None or said is None or said.below is None or said.below.time is None:
        return False
    return bool(
        moment(said.below.time, known.names.times) == said.moved
    )  # h_1 has a loss, wherever a trajectory starts


def _others(case: Case) -> tuple[tuple[Sense, ...], ...]:
    """The senses that an object has besides ours, those that are tried together."""
    own = _of_derivatives(case)
    known = case.known
    if known.truth.kind not in _OF_LOSS or "delta" not in case.claim:
        return own
    if not any(name.startswith("delta") for name in known.names.signals):
        return own
    return (*own, (Sense.ALL_STEPS,), *((*senses, Sense.ALL_STEPS) for senses in own))


def _of_derivatives(case: Case) -> tuple[tuple[Sense, ...], ...]:
    """The senses of its derivatives."""
    truth, frame = case.known.truth, case.known.frame
    start = ((Sense.FROM_ONE,),) if truth.kind is Kind.ADJOINT and _at_start(case.known) else ()
    if start and (frame.block is not None or len(truth.cell.states) == 1):
        return start
    if len(truth.cell.states) > 1:
        if truth.kind not in _OF_LOSS and not case.known.names.several:
            return ()
        block = frame.block
        fed = block is not None and not isinstance(block.through, ZeroMatrix)  # losses are of what a state feeds
        own = ((Sense.THROUGH,), (Sense.OUTPUTS,), (Sense.THROUGH, Sense.OUTPUTS)) if fed else ((Sense.THROUGH,),)
        return (*own, (Sense.THROUGH, Sense.DIRECT)) if "L_" in case.claim else own
    return ((Sense.TOTAL,),) if truth.kind is Kind.GRADIENT and not truth.cell.matrix_states else ()
