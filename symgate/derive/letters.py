"""Letters that results over many steps are written with, and cells that use one of them for something else."""

from __future__ import annotations

from symgate.errors import NameRefusedError
from symgate.records import Cell, vectors_only

#: What each letter stands for over many steps.
LETTERS = {
    "J": "the Jacobian of a step",
    "M": "the transport",
    "A": "the part of a split that is kept",
    "B": "the perturbation of a split",
    "lam": "the gradient of the loss by a state",
    "delta": "the gradient of the loss at one step",
}


def over_many_steps(cell: Cell) -> Cell:
    """The cell, where no name of it is a letter of the notation over many steps.

    Raises:
        NameRefusedError: one is; derivatives of one step take any name.
        NotDerivedError: a state is a matrix.
    """
    vectors_only(cell, "A result over many steps")
    named = {*cell.symbols, *(str(item.symbol.name) for item in cell.assignments)}
    for letter, meaning in LETTERS.items():
        if letter in named:
            raise NameRefusedError(
                f"Cell {cell.name!r} calls something {letter!r}, which stands for {meaning} in results over many "
                f"steps. Use symgate.cells.renamed(cell, {letter}='{letter}_own'), or another name; derivatives of one "
                "step take any name."
            )
    return cell
