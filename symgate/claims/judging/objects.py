"""The objects of a cell that a claim can be about, under the names of the command line."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from symgate.derive import (
    ANALOGIES,
    SPLITS,
    analogy,
    effective_learning_rate,
    expand,
    gradient,
    objects,
    preconditioner,
    remainder,
    split,
    transport,
)
from symgate.errors import unknown
from symgate.records import Cell, Derivation

_HIGHEST = 12


@lru_cache(maxsize=512)
def truth_of(cell: Cell, name: str) -> Derivation:
    """The object of that name.

    Args:
        cell: the recurrence.
        name: "jacobian" or the name of the state for dx_t/dx_{t-1}; "u", "W_r", ... for other derivatives of a
            step; "vjp:W_r" for vector-Jacobian products; of many steps "transport", "adjoint", "gradient:W_r",
            "expansion:retention:1" (split and order), "remainder:gate:1", "rate:retention", "preconditioner",
            "analogy:schedule".  With several states, "h/" in front names the one that is differentiated.

    Raises:
        UnknownNameError: the cell has no such object; the nearest ones are named.
    """
    steps = one_step(cell)
    if name == "jacobian":
        return next(iter(steps.values()))
    if name in steps:
        return steps[name]
    kind, *details = name.split(":")
    if kind in _MANY and len(details) == _MANY[kind][0] and all(details):
        return _MANY[kind][1](cell, *details)
    many = [kind + ":..." * count for kind, (count, _) in _MANY.items()]
    raise unknown(f"object of cell {cell.name!r}", name, ["jacobian", *steps, *many])


@lru_cache(maxsize=64)
def one_step(cell: Cell) -> dict[str, Derivation]:
    """Every object of one step by its short name, the state Jacobian first."""
    named = {}
    for derivation in objects(cell):
        of = "" if len(cell.states) == 1 else f"{derivation.of.name}/"
        kind = "vjp:" if derivation.form == "vjp" else ""
        named[f"{of}{kind}{derivation.wrt.name}"] = derivation
    return named


def _parted(cell: Cell, name: str) -> Derivation:
    if name not in SPLITS:
        raise unknown("split", name, SPLITS)
    return split(cell, name)


def _order(text: str) -> int:
    if not (text.isdecimal() and int(text[:3]) <= _HIGHEST):
        raise unknown("order of an expansion", text[:12], map(str, range(_HIGHEST + 1)))
    return int(text)


def _analogy(cell: Cell, name: str) -> Derivation:
    if name not in ANALOGIES:
        raise unknown("analogy", name, ANALOGIES)
    return analogy(cell, name)


_MANY: dict[str, tuple[int, Callable[..., Derivation]]] = {
    "transport": (0, transport),
    "adjoint": (0, lambda cell: gradient(cell).adjoint),
    "gradient": (1, lambda cell, name: gradient(cell)[name]),
    "expansion": (2, lambda cell, name, order: expand(_parted(cell, name), _order(order))),
    "remainder": (2, lambda cell, name, order: remainder(_parted(cell, name), _order(order))),
    "rate": (1, effective_learning_rate),
    "preconditioner": (0, preconditioner),
    "analogy": (1, _analogy),
}
