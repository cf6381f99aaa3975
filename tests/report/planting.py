"""A wrong derivation, planted where the main job derives."""

from __future__ import annotations

import pytest

import symgate as sg
from symgate.proof import slips
from symgate.records import Cell, Derivation
from symgate.report import listing


def plant_wrong_jacobian(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Let the state Jacobian of one cell carry x_t for x_{t-1}, or another slip where it has no such term."""
    right = listing.objects

    def wrong(cell: Cell) -> tuple[Derivation, ...]:
        found = right(cell)
        if cell.name != name:
            return found
        return (next(iter(slips(sg.jacobian(cell)))).derivation, *found[1:])

    monkeypatch.setattr(listing, "objects", wrong)
