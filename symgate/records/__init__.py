"""The records that cross from one layer to the next: a cell, and what was derived from it.

Frozen, hashable, picklable; they hold SymPy expressions and know no algorithm.
"""

from symgate.records.cells import Assignment, Cell, Output, State, vectors_only
from symgate.records.derivations import (
    ByLaw,
    ByParameter,
    Derivation,
    Nothing,
    Order,
    Parameters,
    Partial,
    Parting,
    Truncated,
    WholeProduct,
    add_up,
)
from symgate.records.equations import ONE_STEP, Equation, Kind, Relation, Standing, definition
from symgate.records.showing import PRESENTERS, shown

__all__ = [
    "ONE_STEP",
    "PRESENTERS",
    "Assignment",
    "ByLaw",
    "ByParameter",
    "Cell",
    "Derivation",
    "Equation",
    "Kind",
    "Nothing",
    "Order",
    "Output",
    "Parameters",
    "Partial",
    "Parting",
    "Relation",
    "Standing",
    "State",
    "Truncated",
    "WholeProduct",
    "add_up",
    "definition",
    "shown",
    "vectors_only",
]
