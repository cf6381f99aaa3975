"""A cell with the value at which its gates begin: what trainability and alignment compare."""

from __future__ import annotations

from dataclasses import dataclass

from symgate.errors import DefinitionError, ShapeError, unknown
from symgate.experiments.checks import cell_of
from symgate.experiments.initialisation import Initialisation, retention_biases
from symgate.records import Cell

#: Gates that begin with time scales up to the lag of the task.
CHRONO = "chrono"


@dataclass(frozen=True)
class Started:
    """A cell and where its gates begin; weights are uniform and biases are there, as in torch.

    Attributes:
        cell: a built-in cell by name, or a cell with vector states.
        gate: what the gates write at the beginning, between 0 and 1 (the constant leak of a cell that has one); or
            "chrono", time scales up to the lag of the task; None: as the other biases.
    """

    cell: str | Cell
    gate: float | str | None = None

    def __post_init__(self) -> None:
        own = cell_of(self.cell)
        object.__setattr__(self, "cell", own)
        if own.matrix_states:
            raise DefinitionError(f"Cell {own.name!r} has a matrix state; these experiments take vector states.")
        if self.gate is None:
            return
        if isinstance(self.gate, str) and self.gate != CHRONO:
            raise unknown("beginning of the gates", self.gate, [CHRONO], "Or a number between 0 and 1.")
        if not isinstance(self.gate, str) and not 0 < self.gate < 1:
            raise ShapeError(f"gate needs a number between 0 and 1; found {self.gate!r}.")
        if not retention_biases(own) and not (has_leak(own) and self.gate != CHRONO):
            raise DefinitionError(f"Cell {own.name!r} has no gate that {self.gate!r} could set; leave gate out.")

    @property
    def label(self) -> str:
        """Such as "plain", "multi_gate(0.05)" or "gru(chrono)"."""
        shown = self.gate if isinstance(self.gate, str) else f"{self.gate:g}" if self.gate is not None else ""
        return cell_of(self.cell).name + (f"({shown})" if shown else "")

    def start(self, lag: int) -> Initialisation:
        """How the parameters begin for a task of that lag."""
        if self.gate is None or self.given:
            return Initialisation("uniform", biases=True)
        if isinstance(self.gate, str):
            return Initialisation("uniform", biases=True, chrono=float(lag + 1))
        return Initialisation("uniform", biases=True, gate=self.gate)

    @property
    def given(self) -> dict[str, float]:
        """Parameters that are set and stay: the constant leak."""
        return {"alpha": float(self.gate)} if self.gate is not None and has_leak(cell_of(self.cell)) else {}


def has_leak(cell: Cell) -> bool:
    """Whether the cell has a constant leak alpha in place of a gate."""
    return "alpha" in {str(symbol.name) for symbol in cell.parameters}
