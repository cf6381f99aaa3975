r"""Signs that may be read in two ways: the T of ``W^T``, and the order of the factors of a product sign.

In: a right side, and how it is judged, or its finding.  Out: the verdict that both readings share; where they do not
share one, it is open, and the finding says which reading is which and how each is written.  ``W^T`` where T is also the
last step is the transpose, or a power: both are judged.  A product from k+1 to t is W_t ... W_{k+1}, as the chain rule
has it, or W_{k+1} ... W_t.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import product

from symgate.claims.judging.case import Case
from symgate.claims.judging.record import Finding
from symgate.claims.judging.stated import T_ABOVE
from symgate.claims.judging.tied import POWER_OR_TRANSPOSE, SIGNS
from symgate.claims.reading.joined import LATER_LEFT, RUNS_DOWN
from symgate.claims.reading.limits import UnreadableError
from symgate.proof import PROVED, REFUTED, UNDECIDED
from symgate.records import Cell

#: How many letters with a T above may be read in both ways.
MOST = 3
_POWER, _TRANSPOSE = "^{T-0}", r"^\top"
_BELOW_AND_TURNED = r"(?:_\s*(?:\{[^{}]*\}|[A-Za-z0-9]))?(?:\s*\^\s*(?:\\top|\{\s*\\top\s*\}))?"
_DIAGONAL = r"[dD]iag\}?\s*(?:\\left\s*)?\((?:[^()]|\([^()]*\))*\)"
_CLOSED = r"(?:[\s})\]]|\\right(?=\s*[)\]]))*\Z"
_LAST = re.compile(r"(?<![\\A-Za-z])T(?![A-Za-z])")
_REVERSED = "reversed_order"
_ORDER_OPEN = (
    "A product sign does not say in which order its factors stand. With earlier factors on the left it agrees with the "
    r"object at random points; with later ones on the left, as it is read, it does not. Write the order out, as in "
    r"J_t \cdots J_{k+1}, or with an index that runs down, \prod_{j=t}^{k+1}"
)


def in_both_ways(case: Case, judged: Callable[[Case], Finding]) -> Finding:
    """The verdict, where what is written ``^T`` may be a transpose or a power up to the last step."""
    places = _places(case.claim, case.cell)
    unsure = case.known.frame.unsure == T_ABOVE
    if case.known.truth.one_step or not 0 < len(places) <= MOST or not (unsure or _is_time(case.claim)):
        return judged(case)
    sure = replace(case, known=replace(case.known, frame=replace(case.known.frame, unsure=""))) if unsure else case
    first = judged(_written(sure, places, (_TRANSPOSE,) * len(places)))
    told = (*first.notes, r"^T is read as the transpose; of a power up to the last step write ^{T-0}")
    if first.verdict == PROVED:
        return replace(first, claim=case.claim, notes=told)
    others = [
        _tried(sure, places, signs, judged) for signs in list(product((_TRANSPOSE, _POWER), repeat=len(places)))[1:]
    ]
    powers = [item for item in others if item is not None]
    held = next((item for item in powers if item.verdict == PROVED), None)
    if held is not None:
        words = (
            f"It has two readings. With ^T as the transpose it is {first.verdict}; as a power up to the last step it "
            f"holds. Write {_POWER} for the power, {_TRANSPOSE} for the transpose."
        )
        return replace(first, verdict=UNDECIDED, statement=words, certificate=None, diagnosis=(), proposals=())
    alike = len(powers) == len(others) and all(item.verdict == REFUTED for item in powers)
    if first.verdict == REFUTED and unsure and not alike:
        return judged(case)
    return replace(first, notes=told)


def _tried(
    case: Case, places: list[tuple[int, int]], signs: tuple[str, ...], judged: Callable[[Case], Finding]
) -> Finding | None:
    try:
        return judged(_written(case, places, signs))
    except UnreadableError:
        return None


def _places(claim: str, cell: Cell) -> list[tuple[int, int]]:
    """Where a T stands above a matrix by its look, a parameter, or brackets that end in one: a state has no power."""
    bare = SIGNS.sub(lambda match: " " * len(match[0]), claim)
    found = [match.span() for match in POWER_OR_TRANSPOSE.finditer(bare)]
    names = "|".join(re.escape(str(item.name)) for item in cell.parameters)
    letter = rf"(?:(?<![A-Za-z_])(?:{names})|[A-Z])" if names else "[A-Z]"
    under = re.compile(rf"(?:{letter}{_BELOW_AND_TURNED}|{_DIAGONAL}){_CLOSED}")
    return [(start, end) for start, end in found if under.search(bare[:start])]


def _is_time(claim: str) -> bool:
    """Whether T is a time in a formula: at a bound of a sum or product, in an index, in a longer exponent."""
    rest = POWER_OR_TRANSPOSE.sub("", SIGNS.sub("", claim))
    return any("T" in match[0] for match in SIGNS.finditer(claim)) or _LAST.search(rest) is not None


def _written(case: Case, places: list[tuple[int, int]], signs: tuple[str, ...]) -> Case:
    """The case with every such T written so that it says which it is."""
    claim = case.claim
    for (start, end), sign in reversed(list(zip(places, signs, strict=True))):
        claim = claim[:start] + sign + " " + claim[end:]
    return replace(case, claim=claim)


def in_either_direction(finding: Finding) -> Finding:
    """The verdict on a claim read with later factors on the left; open where it is wrong in that order alone.

    It stays where something in the claim says which order is meant.
    """
    alone = any(len(slips) == 1 and slips[0].kind == _REVERSED for slips in finding.diagnosis)
    unsaid = LATER_LEFT in finding.notes and not any(note.endswith(RUNS_DOWN) for note in finding.notes)
    if finding.verdict != REFUTED or not alone or not unsaid:
        return finding
    return replace(finding, verdict=UNDECIDED, statement=f"{_ORDER_OPEN}. {finding.statement}", certificate=None)
