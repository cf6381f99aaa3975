"""Letters that results over many steps are written with, and cells that use one of them for something else.

A parameter may have any name: a letter of ours always carries a time, and printers give ours another letter where both
would look alike.  What a cell itself has at every step, a state, an input or an intermediate, would be the same symbol.
"""

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


def over_many_steps(cell: Cell, *, matrix: bool = False, several: bool = False) -> Cell:
    """The cell, where nothing that it has at every step is called by a letter of the notation over many steps.

    Args:
        cell: the recurrence.
        matrix: whether the result is derived where the only state is a matrix.
        several: whether it is also derived where there are others beside the matrix.

    Raises:
        NameRefusedError: a state, an input or an intermediate is; derivatives of one step take any name.
        NotDerivedError: a state is a matrix.
    """
    if not matrix or (len(cell.states) > 1 and not several):
        vectors_only(cell, "Such a result over many steps")
    parameters = {str(item.name) for item in cell.parameters}
    timed = {*cell.symbols, *(str(item.symbol.name) for item in cell.assignments)} - parameters
    for letter, meaning in LETTERS.items():
        if letter in timed:
            raise NameRefusedError(
                f"Cell {cell.name!r} calls something {letter!r} that changes with time; over many steps {letter!r} is "
                f"{meaning}. Use symgate.cells.renamed(cell, {letter}='{letter}_own') or another name, and latex= in "
                "the builder to print it as before; parameters and derivatives of one step take any name."
            )
    return cell
