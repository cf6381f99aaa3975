"""Claims over many steps: compared with the object's closed form by canonical forms, and along trajectories.

In: a typed closed form, and the object.  Out: a finding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache, partial
from itertools import product
from typing import Any

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatAdd

from symgate.claims.judging.certified import agreed, refuted, second_opinion
from symgate.claims.judging.larger import at_larger_sizes
from symgate.claims.judging.moments import has_value, without_value
from symgate.claims.judging.probes import in_terms, is_equality, probe_of
from symgate.claims.judging.record import Finding
from symgate.claims.judging.slips_over_time import slips_like
from symgate.claims.judging.times import other_times, up_to_the_end
from symgate.claims.reading.reader import stated
from symgate.derive.gradients import adjoint
from symgate.errors import SymgateError
from symgate.language import Signal, T
from symgate.language.giving_way import spelled_otherwise
from symgate.language.sequences import LAST, K, MatrixSum
from symgate.proof import PROVED, REFUTED, UNDECIDED, Certificate, Evidence, verify, witness
from symgate.proof.certificate import Line, Settled
from symgate.proof.conditions import conditions
from symgate.proof.decision import Budget, decide
from symgate.proof.digest import digest
from symgate.proof.kinds.goals import claim as claim_of
from symgate.proof.kinds.goals import matrix
from symgate.proof.kinds.gradients import written_out
from symgate.proof.kinds.transports import product as run_of
from symgate.proof.plain import plain
from symgate.proof.sequences.statements import MAIN
from symgate.proof.settle import is_proxy, settle
from symgate.proof.wording import scope
from symgate.records import Derivation, Kind


def judge(base: Finding, claim: Expr, truth: Derivation, budget: Budget, seed: int, first: int = 0) -> Finding:
    """The verdict on a closed form with symbolic t and k, stated from a first time on.

    Proved where the decision procedure finds it equal to the object's own closed form, or where the judge of the
    object proves it in its place; refuted where it differs along a trajectory; otherwise undecided.  At a time of which
    the object says nothing it is not refuted, for what that time is the claim alone does not tell.
    """
    claim, base = up_to_the_end(claim, base, truth)
    found = _judged(base, claim, truth, budget, seed, first)
    others = other_times(claim, truth)
    if found.verdict != REFUTED or not others:
        return found
    shown = " and ".join(map(str, others))
    words = f"It is neither proved nor refuted: of the time {shown} in it {truth.name} says nothing. {found.statement}"
    return replace(found, verdict=UNDECIDED, statement=words, certificate=None)


def _judged(base: Finding, claim: Expr, truth: Derivation, budget: Budget, seed: int, first: int) -> Finding:
    """The verdict on a closed form, whatever its times."""
    if tuple(getattr(claim, "shape", ())) != truth.shape:
        words = f"It has the shape {getattr(claim, 'shape', ())}; the object has {truth.shape}."
        if tuple(getattr(claim, "shape", ())) == (sympy.Mul(*truth.shape), 1):
            words += " It may be the object as a column of its entries; the shape alone does not say so."
            return replace(base, verdict=UNDECIDED, statement=words)
        return replace(base, verdict=UNDECIDED if truth.cell.numbers else REFUTED, statement=words)
    own = _proof(truth, seed)
    if own.verdict != PROVED:
        words = f"The object itself is {own.verdict}, so nothing is compared with it: {own.statement}"
        return replace(base, verdict=UNDECIDED, statement=words, certificate=own)
    probe = probe_of(claim, truth)
    opinion, case = second_opinion(probe, seed)
    if case is not None and not _is_stated(first, case.times):  # before the first time nothing is claimed
        case = witness.find(probe, seed=seed, where=partial(_is_stated, first))
    if case is not None:
        return replace(refuted(base, probe, MAIN, opinion, case), diagnosis=tuple(slips_like(claim, truth, seed)))
    certificate = _settled(claim, truth, own, budget, opinion)
    if certificate.verdict == UNDECIDED and opinion.passed is not False:
        case = at_larger_sizes(claim, probe, seed)
        if case is not None:
            return refuted(base, probe, MAIN, opinion, case)
    nowhere = without_value(claim, truth, first)
    if nowhere:
        where = partial(has_value, claim, truth.cell) if not first else None
        case = witness.find(probe, seed=seed, where=where) if where is not None else None
        if case is not None:  # wrong where it is stated
            return refuted(base, probe, MAIN, opinion, case)
        told = f"It is not stated for all times: {nowhere}."
        certificate = replace(certificate, verdict=UNDECIDED, statement=told)
    if certificate.verdict == PROVED and is_proxy(truth):
        words = f"It is the definition of {truth.name}, a proxy; it claims nothing, so there is nothing to prove."
        return replace(base, verdict=UNDECIDED, statement=words, certificate=certificate)
    return _certified(base, certificate)


def _is_stated(first: int, times: Mapping[str, int]) -> bool:
    """Whether a claim from a first time on says something at these times."""
    return times.get("k", first) >= first


def _settled(claim: Expr, truth: Derivation, own: Certificate, budget: Budget, opinion: Evidence) -> Certificate:
    """The claim against the closed form that is proved, or in the place of it."""
    rights = [stated(truth), *(item.right for item in truth.claims if item.left == truth.of and is_equality(item))]
    stated_with = adjoint(truth.cell) if truth.kind is Kind.GRADIENT else truth
    names = {item.left: item.right for item in (*stated_with.definitions, *truth.definitions)}
    probe = probe_of(claim, truth)
    given = tuple(dict.fromkeys((*own.conditions, *conditions(probe))))
    more: dict[str, Any] = {"conditions": given, "digest": digest(probe)}
    try:
        for other, meaning in product(rights, meanings(truth)):
            known = names | meaning
            decision = decide(truth.cell, claim, other, definitions=known, given=domain(truth), budget=budget)
            if decision.equal:
                break
    except SymgateError as error:
        return Certificate(probe.name, UNDECIDED, f"It is not compared: {error}", (opinion,), **more)
    if decision.equal:
        words = f"equal to the closed form of {truth.name} in canonical form ({decision.work} operations)"
        evidence = Evidence("decision", passed=True, detail=words, checks=1)
        line = Line("main", plain(claim, spelled_otherwise(truth.cell)), Settled.PROVED, (words,))
        told = f"The claim {scope(probe, decision.level, given)}"
        return agreed(Certificate(probe.name, PROVED, told, (evidence, opinion), ledger=(line,), **more))
    named = in_terms(claim, truth)
    if named:
        settled = settle(replace(probe, named_terms=named, equations=truth.definitions), budget)
        if settled.proved:
            told = f"The claim {scope(probe, settled.level, given)}"
            evidences = (settled.evidence, opinion)
            return agreed(Certificate(probe.name, PROVED, told, evidences, ledger=settled.ledger, **more))
    reason = decision.reason or "the canonical forms differ"
    told = f"It is neither proved nor refuted: {reason}; {opinion.route}: {opinion.detail}."
    return Certificate(probe.name, UNDECIDED, told, (Evidence("decision", None, reason, checks=1), opinion), **more)


def meanings(truth: Derivation) -> list[dict[Expr, Expr]]:
    """What lambda and M may be taken for: names of their own; lambda as a sum over M; M as the product of Jacobians."""
    transport = {matrix(truth, "M", sympy.Tuple(T, K)): run_of(truth, "J")}
    if truth.cell.matrix_states and claim_of(truth, "closed_form") is None:
        return [{}]  # of a matrix among several states there is no formula for lambda
    if truth.kind in {Kind.GRADIENT, Kind.ADJOINT}:
        if truth.cell.matrix_states and not _has_formula(truth):
            return [{}]  # nor where it is stated on the stacked columns
        lam = {left: MatAdd(right, _after(left)) for left, right in written_out(truth).items()}
        return [{}, lam, lam | transport]
    return [{}, transport] if truth.kind in {Kind.TRANSPORT, Kind.INFLUENCE} else [{}]


def _has_formula(truth: Derivation) -> bool:
    """Whether the closed form of the gradient by a matrix state is stated as a matrix."""
    stated_with = adjoint(truth.cell) if truth.kind is Kind.GRADIENT else truth
    closed = claim_of(stated_with, "closed_form")
    return closed is not None and isinstance(closed.left, Signal)


def _after(lam: Expr) -> Expr:
    """Nothing for k <= T and unknown beyond, where there is no lambda_k: the sum that it is would be empty there."""
    return MatrixSum(Signal("lam_beyond", lam.shape[0], lam.shape[1], T), T, LAST + 1, K)


def domain(truth: Derivation) -> tuple[Any, ...]:
    """The times at which the object is stated."""
    if truth.kind is Kind.GRADIENT:
        return ((sympy.S.One, LAST),)
    return ((K + 1, LAST),) if truth.kind in {Kind.ADJOINT, Kind.MOMENTUM} else ((K, T),)


def _certified(base: Finding, certificate: Certificate) -> Finding:
    return replace(base, verdict=certificate.verdict, statement=certificate.statement, certificate=certificate)


@lru_cache(maxsize=64)
def _proof(truth: Derivation, seed: int) -> Certificate:
    return verify(truth, seed=seed)
