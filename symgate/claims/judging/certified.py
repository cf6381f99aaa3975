"""The verdicts of judges that set a claim beside what it should be, with their certificates.

In: a derivation that holds the claim, and what the exact routes found of it.  Out: the finding.  A counterexample
refutes; a decision proves where no other exact route contradicts it; everything else is undecided.
"""

from __future__ import annotations

from dataclasses import replace

from symgate.claims.judging.provided import provided
from symgate.claims.judging.record import Finding
from symgate.claims.reading.reader import Reading
from symgate.proof import PROVED, REFUTED, UNDECIDED, Certificate, Evidence, modular, witness
from symgate.proof.certificate import Line, Settled
from symgate.proof.conditions import conditions
from symgate.proof.decision import Decision, Level
from symgate.proof.digest import digest
from symgate.proof.plain import plain
from symgate.proof.witness import TimedWitness
from symgate.proof.wording import scope
from symgate.records import Derivation


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
    return provided(replace(base, verdict=found.verdict, statement=found.statement, certificate=found), reading)


def agreed(certificate: Certificate) -> Certificate:
    """A proof that no other exact route contradicts; otherwise undecided, and an error of the program."""
    against = [item for item in certificate.evidence if item.passed is False]
    if not against:
        return certificate
    told = f"Two exact routes contradict each other, which is an error of this program: {against[0].detail}."
    return replace(certificate, verdict=UNDECIDED, statement=told, fault=against[0].detail)
