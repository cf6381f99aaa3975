"""Planted slips as Coq source: wrong formulas on which what proves the true ones must fail.

A result over many steps holds formulas of one step, such as J_j, the way back of the adjoint, and what a step adds to
a gradient; a slip in one of them is sent as such a formula.  A slip in what stands around them has no certificate.
Over time a rewriting may be true, such as a product of numbers in reversed order: it is a slip where ``verify``
refutes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from symgate.errors import SymgateError
from symgate.proof.certificate import Verdict
from symgate.proof.judge import verify
from symgate.proof.rocq import many_states, many_steps, writers
from symgate.proof.rocq.source import Source, can_state, slips_source, time_slips_source
from symgate.proof.sequences.slips import sequence_slips
from symgate.proof.slips import slips
from symgate.records import ONE_STEP, Derivation

Wrong = list[tuple[str, Derivation]]


@dataclass(frozen=True)
class Planted:
    """A file of slips, and how many more were refused before Coq could read them."""

    source: Source
    refused: int


def planted(name: str, stated: Mapping[str, Derivation]) -> dict[str, Callable[[], Planted | None]]:
    """What writes each file of slips of a cell: one for its formulas of one step, one for each result over time.

    Args:
        name: of the cell.
        stated: the results that certificates state.

    Returns:
        By the name of the file; None comes of a result of which no slip can be stated.
    """
    found: dict[str, Callable[[], Planted | None]] = {
        f"{name}_slips": partial(_of_steps, f"{name}_slips", tuple(stated.values()))
    }
    for key, item in stated.items():
        if item.kind in writers.KINDS:
            file = f"{name}_slips_{key.replace(':', '_')}"
            found[file] = partial(_over_time, file, item)
    return found


def _of_steps(file: str, stated: Sequence[Derivation]) -> Planted | None:
    """Slips in the formulas of one step, also where a result over many steps holds them."""
    short = [item for item in stated if item.kind in ONE_STEP]
    wrong, refused = _kept((f"{slip.kind}: {slip.place}", slip.derivation) for item in short for slip in slips(item))
    for item in stated:
        if item.kind in many_steps.KINDS:
            right = formulas(item)
            more, lost = _kept((f"{slip.kind}: {slip.place}", slip.derivation) for slip in sequence_slips(item))
            inside = [(f"{item.name}, {place}", pair) for place, pair in _within(right, more)]
            short += [one for one in right if any(one.kind is pair.kind and one.wrt == pair.wrt for _, pair in inside)]
            wrong += inside
            refused += lost + len(more) - len({place for place, _ in inside})
    return Planted(slips_source(short, wrong, file), refused) if wrong else None


def _over_time(file: str, item: Derivation) -> Planted | None:
    """Slips in one result over time."""
    wrong, refused = _kept((f"{slip.kind}: {slip.place}", slip.derivation) for slip in sequence_slips(item))
    wrong = [(place, other) for place, other in wrong if verify(other).verdict is Verdict.REFUTED]
    return Planted(time_slips_source([item], wrong, file), refused) if wrong else None


def formulas(derivation: Derivation) -> list[Derivation]:
    """The formulas of one step that a result over many steps contains."""
    return (many_states if len(derivation.cell.states) > 1 else many_steps).formulas(derivation)


def _within(right: list[Derivation], wrong: Wrong) -> Iterator[tuple[str, Derivation]]:
    """The formulas of one step in which a wrong result differs from the true one."""
    for place, item in wrong:
        for true, other in zip(right, formulas(item), strict=True):
            if true.named_terms != other.named_terms:
                yield place, other


def _kept(slips_: Iterable[tuple[str, Derivation]]) -> tuple[Wrong, int]:
    """The slips that a certificate can state, and the number of the others."""
    found: Wrong = []
    refused = 0
    for place, item in slips_:
        try:
            can_state(item)
            found.append((place, item))
        except SymgateError:
            refused += 1
    return found, refused
