"""The pictures of the catalogue: the spectrum of each cell's Jacobian along a trajectory with random weights."""

from __future__ import annotations

import numpy as np

import symgate as sg
from symgate import plots
from symgate.numeric import jacobians
from symgate.records import Cell, Derivation
from symgate.report.samples import trajectory

UNITS, INPUTS, STEPS = 16, 4, 40


def blocks(cell: Cell) -> list[Derivation]:
    """The Jacobian of each state by each state."""
    return [sg.jacobian(cell, wrt=by.name, of=of.name) for of in cell.states for by in cell.states]


def picture(cell: Cell) -> str:
    """The spectrum of the Jacobian along a trajectory with random weights."""
    path = trajectory(cell, UNITS, INPUTS, STEPS, seed=7)
    assert path is not None
    stack = jacobians(path)
    return plots.svg(plots.jacobian_spectrum(np.linalg.eigvals(stack), np.linalg.svd(stack, compute_uv=False)))
