"""Planted slips as Coq source: wrong formulas on which what proves the true ones must fail.

A result over many steps holds formulas of one step, such as J_j, the way back of the adjoint, and what a step adds to
a gradient; a slip in one of them is sent as such a formula.  A slip in what stands around them has no certificate.
Over time a rewriting may be true, such as a product of numbers in reversed order: it is a slip where ``verify``
refutes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from symgate.errors import SymgateError
from symgate.proof.certificate import Verdict
from symgate.proof.judge import verify
from symgate.proof.rocq import claimed, many_steps, writers
from symgate.proof.rocq.beside import mark
from symgate.proof.rocq.cell import CellText
from symgate.proof.rocq.files import Files
from symgate.proof.rocq.source import Source, can_state
from symgate.proof.rocq.stating import stating
from symgate.proof.rocq.wrong import slips_beside, time_slips_beside
from symgate.proof.sequences.slips import sequence_slips
from symgate.proof.slips import slips
from symgate.records import ONE_STEP, Cell, Derivation

Wrong = list[tuple[str, Derivation]]


@dataclass(frozen=True)
class Planted:
    """A file of slips, and how many more were refused before Coq could read them."""

    source: Source
    refused: int


def planted(cell: Cell, stated: Mapping[str, Derivation]) -> dict[str, Callable[[], Planted | None]]:
    """What writes each file of slips of a cell: one for each result, beside the files of the cell.

    Args:
        cell: the recurrence.
        stated: the results that certificates state.

    Returns:
        By the name of the file; None comes of a result of which no slip can be stated.
    """
    found: dict[str, Callable[[], Planted | None]] = {}
    files = Files(cell, stated)
    for key, item in stated.items():
        write = next((write for kinds, write in _WRITERS if item.kind in kinds), None)
        if write is not None:
            found[f"{cell.name}_slips_{mark(key)}"] = partial(write, files, key, item)
    return found


def _of_step(files: Files, key: str, item: Derivation) -> Planted | None:
    """Slips in a formula of one step."""
    wrong, refused = _kept((f"{slip.kind}: {slip.place}", slip.derivation) for slip in slips(item))
    return Planted(slips_beside(files, key, [item], wrong), refused) if wrong else None


def _inside(files: Files, key: str, item: Derivation) -> Planted | None:
    """Slips in the formulas of one step that a result over many steps holds."""
    right = formulas(item)
    kept, refused = _kept((f"{slip.kind}: {slip.place}", slip.derivation) for slip in sequence_slips(item))
    text = CellText(files.cell)
    wrong = [(f"{item.name}, {place}", pair) for place, pair in _within(right, kept) if _is_read(text, pair)]
    refused += len(kept) - len({place for place, _ in wrong})
    true = [one for one in right if any(one.kind is pair.kind and one.wrt == pair.wrt for _, pair in wrong)]
    return Planted(slips_beside(files, key, true, wrong), refused) if wrong else None


def _over_time(files: Files, key: str, item: Derivation) -> Planted | None:
    """Slips in a result over time."""
    wrong, refused = _kept((f"{slip.kind}: {slip.place}", slip.derivation) for slip in sequence_slips(item))
    wrong = [(place, other) for place, other in wrong if verify(other).verdict is Verdict.REFUTED]
    return Planted(time_slips_beside(files, key, item, wrong), refused) if wrong else None


_WRITERS = ((ONE_STEP, _of_step), (many_steps.KINDS, _inside), (writers.KINDS, _over_time))


def formulas(derivation: Derivation) -> list[Derivation]:
    """The formulas of one step that a result over many steps contains."""
    found: list[Derivation] = stating(derivation).formulas(derivation)
    return found


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


def _is_read(text: CellText, formula: Derivation) -> bool:
    """Whether a formula of one step has a spelling; one that reaches for another step has none."""
    try:
        claimed.read(text, formula)
    except SymgateError:
        return False
    return True
