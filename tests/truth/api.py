"""The few calls of symgate that the tests of truth use, in one place: the verdict on a claim, and the closed forms."""

from __future__ import annotations

import inspect
from functools import lru_cache
from typing import Any

import symgate as sg
from symgate.cells import LIBRARY
from symgate.claims.objects import truth_of
from symgate.claims.reading import stated
from symgate.language import T
from symgate.language.sequences import J
from symgate.records import Cell

PROVED, REFUTED, UNDECIDED, UNREADABLE = "proved", "refuted", "undecided", "unreadable"
_NEW = list(inspect.signature(sg.check).parameters)[1] == "claim"


def verdict(cell: Cell | str, name: str, claim: Any) -> str:
    """The verdict of ``sg.check`` on a claim about an object."""
    cell = sg.cell(cell) if isinstance(cell, str) else cell
    found = sg.check(cell, claim, name) if _NEW else sg.check(cell, name, claim)
    return str(getattr(found.verdict, "value", found.verdict))


def library() -> tuple[Cell, ...]:
    """Every built-in cell."""
    return LIBRARY


@lru_cache(maxsize=256)
def closed_form(cell: Cell, name: str) -> Any:
    """What symgate derives for an object, as it is printed."""
    return stated(truth_of(cell, name))


def meanings(cell: Cell, name: str) -> dict[str, tuple[Any, Any]]:
    """What each name stands for: name -> (the index at which it is written, its meaning)."""
    found = {str(symbol.name): (T, meaning) for symbol, meaning in cell.definitions.items()}
    truth = truth_of(cell, name)
    for symbol, meaning in truth.where:
        if str(symbol.name) in {"J", "A", "B"}:
            found[str(symbol.name)] = (J, meaning)
    if name.split(":")[0] in {"transport", "gradient"}:
        found["M"] = (None, None)
    return found


def reading(cell: Cell | str, name: str, claim: Any) -> Any:
    """The expression that a claim in text means; an expression as it is."""
    from symgate.claims.reading import read

    cell = sg.cell(cell) if isinstance(cell, str) else cell
    return read(claim, truth_of(cell, name), "text").expr if isinstance(claim, str) else claim


def printed(cell: Cell | str, name: str) -> str:
    """An object's right side as text, on one line."""
    cell = sg.cell(cell) if isinstance(cell, str) else cell
    return " ".join(sg.text(truth_of(cell, name), lhs=False).split())
