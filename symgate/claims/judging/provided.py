"""What a claim divides by must not be 0, also where it cancels: x'x/x'x is 1, where x is not 0.

A matrix to a power below 0 is an inverse, whatever stands beside it; of that nothing is proved.
"""

from __future__ import annotations

from dataclasses import replace

from symgate.claims.judging.moments import inverse_needed
from symgate.claims.judging.record import Finding
from symgate.claims.reading.reader import Reading
from symgate.proof import PROVED, UNDECIDED
from symgate.proof.conditions import is_not_zero


def provided(found: Finding, reading: Reading) -> Finding:
    """A finding that is proved, with the conditions of what was read that its certificate does not state.

    It is undecided where it needs the inverse of a matrix.
    """
    certificate = found.certificate
    if found.verdict != PROVED or certificate is None:
        return found
    inverse = inverse_needed(reading.expr)
    if inverse is not None:
        told = f"It is not stated for all times: {inverse}."
        return replace(found, verdict=UNDECIDED, statement=told, certificate=None)
    words = (is_not_zero(base) for base in reading.divisors)
    further = tuple(item for item in dict.fromkeys(words) if item not in certificate.conditions)
    if not further:
        return found
    told = f"{found.statement.removesuffix('.')}. It is stated where {' and '.join(further)}."
    held = replace(certificate, statement=told, conditions=(*certificate.conditions, *further))
    return replace(found, statement=told, certificate=held)
