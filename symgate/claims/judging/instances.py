r"""A claim about the loss of a step that is a number, L_3: an instance of the same claim about every step.

In: the claim and the number.  Out: the verdict.  With a letter for the number wherever it is a script or a bound, the
claim says the same of every step; where that is proved, the claim at the number is one case of it.  Where it is not,
nothing is said: a claim may hold at one step alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from symgate.claims.judging.record import Finding
from symgate.claims.reading.limits import NumberedLossError, UnreadableError
from symgate.proof import PROVED

_SCRIPT = re.compile(r"[_^]\s*(?:\{[^{}]*\}|[0-9])")
_LETTERS = ("t", "s", "r")


def of_every_step(claim: str, error: NumberedLossError, judged: Callable[[str], Finding]) -> Finding:
    """The verdict where the claim is proved for every step.

    Raises:
        UnreadableError: it is not, or no letter is free.
    """
    letter = next((own for own in _LETTERS if not re.search(rf"(?<![A-Za-z\\]){own}(?![A-Za-z])", claim)), None)
    later = [int(own) for script in _SCRIPT.findall(claim) for own in re.findall(r"(?<![0-9.])[0-9]{1,3}", script)]
    if letter is None or max(later, default=0) > int(error.number):  # for a step before one that is named
        raise error
    number = re.compile(rf"(?<![0-9.]){error.number}(?![0-9.])")
    general = _SCRIPT.sub(lambda match: number.sub(letter, match[0]), claim)
    try:
        found = judged(general)
    except UnreadableError:
        raise error from None
    if found.verdict == PROVED:
        note = f"it is the case {letter} = {error.number} of what is proved for every {letter}: {general.strip()}"
        return replace(found, claim=claim, notes=(*found.notes, note))
    reason = f"{error.reason}; written so, {general.strip()}, it is {found.verdict}"
    raise UnreadableError(reason, error.position)
