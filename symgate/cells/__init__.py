"""The built-in cells.  Each file is written with the same public builder that users have."""

from symgate.cells.leaky import LEAKY
from symgate.cells.multi_gate import MULTI_GATE
from symgate.cells.plain import PLAIN
from symgate.cells.scalar_gate import SCALAR_GATE
from symgate.cells.unit_leak import UNIT_LEAK
from symgate.errors import unknown
from symgate.records import Cell

CELLS: tuple[Cell, ...] = (PLAIN, LEAKY, UNIT_LEAK, SCALAR_GATE, MULTI_GATE)


def cell(name: str, **functions: str) -> Cell:
    """The built-in cell of that name, its opaque functions bound as asked: ``cell("plain", phi="relu")``.

    Derivations hold for every differentiable phi; the binding (tanh unless said otherwise) gives the numbers.

    Raises:
        UnknownNameError: no such cell, or the cell has no function of that name.
    """
    by_name = {item.name: item for item in CELLS}
    if name not in by_name:
        raise unknown("cell", name, by_name, "Write your own with symgate.CellBuilder.")
    return by_name[name].bind(**functions)
