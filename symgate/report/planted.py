"""Known slips, planted in every cell's state Jacobian to show that the checker objects."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Executor
from dataclasses import dataclass

from sympy import Expr, Integer

from symgate.derive import jacobian
from symgate.proof import Certificate, slips
from symgate.records import Cell, Derivation
from symgate.report.gather import Progress, judge

#: The kinds of slip in words, where their names do not say it all.
_WORDS = {
    "state_after": "state after the step for the one before",
    "dropped_gate": "gate term dropped",
    "sigma_for_slope": "f for f'",
    "swapped_factors": "factors swapped",
    "one_percent": "1 per cent off",
}


@dataclass(frozen=True)
class Planted:
    """A formula with one slip in it, and what became of it.

    Attributes:
        cell: the name of the cell.
        kind: the kind of slip, as ``symgate.proof.SLIPS`` names it.
        place: where it was put, such as "W_r in drive".
        derivation: the wrong formula.
        certificate: what the checker said.
    """

    cell: str
    kind: str
    place: str
    derivation: Derivation
    certificate: Certificate

    @property
    def refuted(self) -> bool:
        """Whether the slip was caught."""
        return bool(self.certificate.verdict == "refuted")

    @property
    def slip(self) -> str:
        """The kind of slip in words, such as "transposed weight"."""
        return _WORDS.get(self.kind, self.kind.replace("_", " "))

    @property
    def wrong_terms(self) -> tuple[tuple[str, Expr], ...]:
        """The terms that differ from the right ones; a term that was left out is 0."""
        found = self.derivation.terms
        wrong = self.derivation
        right = jacobian(wrong.cell, wrong.wrt.name, wrong.of.name).named_terms
        return tuple((name, found.get(name, Integer(0))) for name, term in right if found.get(name) != term)


def plant(cells: Iterable[Cell], executor: Executor | None = None, progress: Progress | None = None) -> list[Planted]:
    """Put each known slip into each block of the state Jacobian of each cell, and judge the results."""
    blocks = [(cell, jacobian(cell, by.name, of.name)) for cell in cells for of in cell.states for by in cell.states]
    listed = [(cell.name, slip) for cell, block in blocks for slip in slips(block)]
    judged = judge([slip.derivation for _, slip in listed], executor, progress, "planted")
    return [
        Planted(name, slip.kind, slip.place, slip.derivation, certificate)
        for (name, slip), (certificate, _) in zip(listed, judged, strict=True)
    ]


def showcase(planted: Iterable[Planted]) -> Planted | None:
    """The refuted slip that is shown with its witness: x_t for x_{t-1} in the richest cell, or else the first one."""
    refuted = [item for item in planted if item.refuted]
    known = [item for item in refuted if item.kind == "state_after"]
    return known[-1] if known else refuted[0] if refuted else None
