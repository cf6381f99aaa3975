"""Every derivation of many steps of the built-in cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import symgate as sg
from symgate.derive import ANALOGIES, SPLITS


def many_steps(cell: sg.Cell) -> Iterator[sg.Derivation]:
    """Transport, gradients, expansions with remainders, learning rates, preconditioner and analogies."""
    yield sg.transport(cell)
    yield from sg.gradient(cell)
    for keep in SPLITS:
        for parted in _made(sg.split, cell, keep):
            yield sg.expand(parted, 3)
            yield sg.remainder(parted, 2)
    for split in ("retention", "drive"):
        yield from _made(sg.effective_learning_rate, cell, split)
    yield from _made(sg.preconditioner, cell)
    for name in ANALOGIES:
        yield from _made(sg.analogy, cell, name)


def _made(make: Callable[..., Any], *args: object) -> list[Any]:
    """What a cell has; nothing where it has no such term."""
    try:
        return [make(*args)]
    except sg.SymgateError:
        return []


MANY = [item for cell in sg.CELLS for item in many_steps(cell)]
