"""The objects of a cell under the short names that people type: x, u, W_r, vjp:W_r."""

from __future__ import annotations

from symgate.derive import objects
from symgate.records import Cell, Derivation


def catalogue(cell: Cell) -> dict[str, Derivation]:
    """Every derived object of the cell by its short name, the state Jacobian first.

    The name is that of the argument, ``vjp:`` before it for a vector-Jacobian product, and ``h/``
    before that where the cell has several states and h is the one that is differentiated.
    """
    named = {}
    for derivation in objects(cell):
        of = "" if len(cell.states) == 1 else f"{derivation.of.name}/"
        kind = "vjp:" if derivation.form == "vjp" else ""
        named[f"{of}{kind}{derivation.wrt.name}"] = derivation
    return named
