"""A wrong derivation, planted where the main job derives."""

from __future__ import annotations

import importlib

import pytest

import symgate as sg
from symgate.proof import slips
from symgate.records import Cell, Derivation

gather = importlib.import_module("symgate.report.gather")


def plant_wrong_jacobian(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Let the state Jacobian of one cell carry x_t for x_{t-1}, or another slip where it has no such term."""
    right = gather.results

    def wrong(cell: Cell) -> dict[str, Derivation]:
        found = right(cell)
        if cell.name != name:
            return found
        return {**found, next(iter(found)): next(iter(slips(sg.jacobian(cell)))).derivation}

    monkeypatch.setattr(gather, "results", wrong)
