"""The verdicts of judges that set a claim beside what it should be, with their certificates.

In: a derivation that holds the claim, and what the exact routes found of it.  Out: the finding.  A counterexample
refutes; a decision proves where no other exact route contradicts it; everything else is undecided.  What a claim
divides by must not be 0, also where it cancels: x'x/x'x is 1, where x is not 0.
"""

from __future__ import annotations

from dataclasses import replace

from symgate.claims.judging.moments import inverse_needed
from symgate.claims.judging.record import Finding
from symgate.claims.reading.reader import Reading
from symgate.proof import PROVED, REFUTED, UNDECIDED, Certificate, Evidence, modular, witness
from symgate.proof.certificate import Line, Settled
from symgate.proof.conditions import conditions, divided_by, is_not_zero, kinks_in
from symgate.proof.decision import Decision, Level
from symgate.proof.digest import digest
from symgate.proof.plain import plain
from symgate.proof.points import TimedWitness
from symgate.proof.settle import zero_at_a_time, zero_everywhere
from symgate.proof.wording import scope
from symgate.records import Cell, Derivation


def second_opinion(host: Derivation, seed: int = 0) -> tuple[Evidence, TimedWitness | None]:
    """What the modular route finds, and a counterexample where it objects."""
    opinion = modular.opinion(host, seed=seed)
    return opinion, witness.find(host, seed=seed) if opinion.passed is False else None


def refuted(base: Finding, host: Derivation, key: str, opinion: Evidence, case: TimedWitness) -> Finding:
    """A claim with its counterexample; ``key`` is that of the equation which holds the claim."""
    words = f"It is wrong: {str(case).removeprefix(f'in {key} ')}."
    certificate = Certificate(host.name, REFUTED, words, (opinion,), case, digest=digest(host))
    return replace(base, verdict=REFUTED, statement=words, certificate=certificate)


def equal_to(reading: Reading, why: str, decision: Decision) -> tuple[Evidence, Line]:
    """The evidence, and the line of the ledger, that a claim is equal to something with a name."""
    words = f"equal to {why} ({decision.work} operations)"
    return Evidence("decision", passed=True, detail=words, checks=1), Line(
        "main", plain(reading.expr), Settled.PROVED, (words,)
    )


def proved(
    base: Finding,
    reading: Reading,
    host: Derivation,
    level: Level,
    ledger: tuple[Line, ...],
    evidence: tuple[Evidence, ...],
    parts: tuple[Certificate, ...] = (),
) -> Finding:
    """A claim that was decided to hold, which stands on ``parts`` that are proved by themselves."""
    given = tuple(dict.fromkeys((*(item for part in parts for item in part.conditions), *conditions(host))))
    told = f"The claim {scope(host, level, given)}"
    routes = (*evidence, *(item for part in parts for item in part.evidence))
    found = Certificate(host.name, PROVED, told, routes, ledger=ledger, conditions=given, digest=digest(host))
    found = agreed(found)
    own = replace(base, verdict=found.verdict, statement=found.statement, certificate=found)
    return provided(own, reading, host.cell)


def agreed(certificate: Certificate) -> Certificate:
    """A proof that no other exact route contradicts; otherwise undecided, and an error of the program."""
    against = [item for item in certificate.evidence if item.passed is False]
    if not against:
        return certificate
    told = f"Two exact routes contradict each other, which is an error of this program: {against[0].detail}."
    return replace(certificate, verdict=UNDECIDED, statement=told, fault=against[0].detail)


def provided(found: Finding, reading: Reading, cell: Cell) -> Finding:
    """A finding that is proved, with the conditions of what was read that its certificate does not state.

    It is undecided where it needs the inverse of a matrix, such as a power below 0, or divides by what is always 0,
    or may be at a time of a sum, also where that cancels: of that nothing is proved.
    """
    certificate = found.certificate
    if found.verdict != PROVED or certificate is None:
        return found
    inverse = inverse_needed(reading.expr)
    if inverse is not None:
        told = f"It is not stated for all times: {inverse}."
        return replace(found, verdict=UNDECIDED, statement=told, certificate=None)
    zero = zero_everywhere(cell, dict.fromkeys((*reading.divisors, *divided_by(reading.expr))))
    if zero:
        told = f"It has no value anywhere, so nothing is proved about it: it divides by {plain(zero[0])}, which is 0."
        return replace(found, verdict=UNDECIDED, statement=told, certificate=None)
    kink = zero_everywhere(cell, kinks_in(cell, reading.expr))
    if kink:
        told = f"It holds away from kinks, which is nowhere: {plain(kink[0])} is 0 for every value of the symbols."
        return replace(found, verdict=UNDECIDED, statement=told, certificate=None)
    open_ = zero_at_a_time(cell, reading.divisors)
    if open_:
        told = f"It is neither proved nor refuted: it divides by {plain(open_[0])}, which may be 0 at a time."
        return replace(found, verdict=UNDECIDED, statement=told, certificate=None)
    words = (is_not_zero(base) for base in reading.divisors)
    further = tuple(item for item in dict.fromkeys(words) if item not in certificate.conditions)
    if not further:
        return found
    told = f"{found.statement.removesuffix('.')}. It is stated where {' and '.join(further)}."
    held = replace(certificate, statement=told, conditions=(*certificate.conditions, *further))
    return replace(found, statement=told, certificate=held)
