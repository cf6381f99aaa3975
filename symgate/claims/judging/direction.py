r"""Products of matrices whose order a product sign leaves open: W_t ... W_{k+1}, or W_{k+1} ... W_t.

In: the verdict on a claim that was read with later factors on the left, as the chain rule has them.  Out: the same,
but open where the claim agrees with the object in the other order: then both are told, and how the order is written.
"""

from __future__ import annotations

from dataclasses import replace

from symgate.claims.judging.record import Finding
from symgate.claims.reading.joined import LATER_LEFT, RUNS_DOWN
from symgate.proof import REFUTED, UNDECIDED

_REVERSED = "reversed_order"
_WORDS = (
    "A product sign does not say in which order its factors stand. With earlier factors on the left it agrees with the "
    r"object at random points; with later ones on the left, as it is read, it does not. Write the order out, as in "
    r"J_t \cdots J_{k+1}, or with an index that runs down, \prod_{j=t}^{k+1}"
)


def in_either_direction(finding: Finding) -> Finding:
    """The verdict, which is open where a claim is wrong in one order alone and nothing in it says which."""
    alone = any(len(slips) == 1 and slips[0].kind == _REVERSED for slips in finding.diagnosis)
    said = LATER_LEFT in finding.notes and not any(note.endswith(RUNS_DOWN) for note in finding.notes)
    if finding.verdict != REFUTED or not alone or not said:
        return finding
    return replace(finding, verdict=UNDECIDED, statement=f"{_WORDS}. {finding.statement}", certificate=None)
