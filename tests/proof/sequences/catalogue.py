"""Everything that is derived over many steps, for one cell."""

from __future__ import annotations

from collections.abc import Iterator

import symgate as sg
from symgate.derive import ANALOGIES, SPLITS


def catalogue(cell: sg.Cell, order: int = 3) -> Iterator[sg.Derivation]:
    """Transport, gradients, every split with its expansion and remainder, learning rates, analogies."""
    terms = list(sg.jacobian(cell).terms)
    yield sg.transport(cell)
    yield from sg.gradient(cell)
    if len(terms) == 1:
        return
    for name, keep in SPLITS.items():
        if set(keep) != set(terms):
            parted = sg.split(cell, name)
            yield sg.expand(parted, order)
            yield sg.remainder(parted, order - 1)
    yield sg.effective_learning_rate(cell, "retention")
    yield sg.effective_learning_rate(cell, "drive")
    yield sg.preconditioner(cell)
    for name in ANALOGIES:
        yield sg.analogy(cell, name)
