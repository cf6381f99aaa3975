"""What writes the claims of a result over many steps: by the states of its cell, and where its adjoint is a matrix."""

from __future__ import annotations

from types import ModuleType

from symgate.proof.rocq import many_states, many_steps, matrix_many
from symgate.records import Cell, Derivation, Kind


def of_matrix(cell: Cell, kind: Kind) -> bool:
    """Whether a result of that kind has an adjoint that is a matrix."""
    return len(cell.states) == 1 and bool(cell.matrix_states) and kind in matrix_many.KINDS


def stating(derivation: Derivation) -> ModuleType:
    """The module that states a result over many steps."""
    cell = derivation.cell
    if of_matrix(cell, derivation.kind):
        return matrix_many
    return many_states if len(cell.states) > 1 else many_steps
