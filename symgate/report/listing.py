"""The objects of a cell under the short names that people type: x, u, W_r, vjp:W_r."""

from __future__ import annotations

from symgate.derive import objects
from symgate.records import Cell, Derivation
from symgate.report.over_time import many_steps


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


def everything(cell: Cell) -> dict[str, Derivation]:
    """The objects of one step, then those of many steps under the names that are still free."""
    found = catalogue(cell)
    return found | {key: derivation for key, derivation in many_steps(cell).items() if key not in found}
