"""Which results over time certificates state, and what writes each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from symgate.proof.rocq import many_steps
from symgate.proof.rocq.analogies import adam, schedule
from symgate.proof.rocq.bounds import remainder
from symgate.proof.rocq.cell import CellText
from symgate.proof.rocq.expansions import expansion
from symgate.proof.rocq.many_states import Several
from symgate.proof.rocq.many_steps import Steps
from symgate.proof.rocq.over_time import Base, Trajectory
from symgate.proof.rocq.rates import preconditioner, rate
from symgate.records import Derivation, Kind

WRITERS = {
    Kind.EXPANSION: expansion,
    Kind.REMAINDER: remainder,
    Kind.RATE: rate,
    Kind.PRECONDITIONER: preconditioner,
    Kind.SCHEDULE: schedule,
    Kind.ADAM: adam,
}
KINDS = tuple(WRITERS)
#: Further equations of a kind that its theorems, or the library, state as well.
COVERED = {
    Kind.EXPANSION: {"recursion", "frechet"},
    Kind.REMAINDER: {"recursion", "start"},
    Kind.RATE: {"leak", "own", "factored", "order_0", "order_1"},
    Kind.PRECONDITIONER: {"condition"},
    Kind.SCHEDULE: {"gate", "telescopes", *(f"gate_{name}" for name in ("exponential", "step", "cosine", "warm_up"))},
    Kind.ADAM: {"gate"},
}


def filed(stated: Mapping[str, Derivation]) -> Iterator[tuple[str, dict[str, Derivation]]]:
    """The results of a cell by the file that states them: the end of its name, and what is in it."""
    marks = {kind: "_steps" for kind in many_steps.KINDS} | {kind: "_time" for kind in KINDS}
    for mark in ("", "_steps", "_time"):
        group = {key: item for key, item in stated.items() if marks.get(item.kind, "") == mark}
        if group:
            yield mark, group


def over_time(text: CellText, derivations: Sequence[Derivation], base: Base | None = None) -> Trajectory:
    """The claims over time of one cell, beside those of ``base`` where a certificate has them.

    Raises:
        UnsupportedNodeError: a form of formula that certificates do not state.
    """
    own = Trajectory(text, base or (Several(text) if len(text.cell.states) > 1 else Steps(text)))
    for item in derivations:
        WRITERS[item.kind](own, item)
    return own
