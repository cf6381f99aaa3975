"""The few calls of symgate that the tests of truth use, in one place: the verdict on a claim, and the closed forms."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import symgate as sg
from symgate.cells import LIBRARY
from symgate.claims.reading.reader import read, stated
from symgate.derive.results import result
from symgate.language import T
from symgate.language.sequences import J
from symgate.records import Cell

PROVED, REFUTED, UNDECIDED, UNREADABLE = "proved", "refuted", "undecided", "unreadable"


def verdict(cell: Cell | str, name: str, claim: Any) -> str:
    """The verdict of ``sg.check`` on a claim about an object."""
    cell = sg.cell(cell) if isinstance(cell, str) else cell
    found = sg.check(cell, claim, name)
    return str(getattr(found.verdict, "value", found.verdict))


def library() -> tuple[Cell, ...]:
    """Every built-in cell."""
    return LIBRARY


@lru_cache(maxsize=256)
def closed_form(cell: Cell, name: str) -> Any:
    """What symgate derives for an object, as it is printed."""
    return stated(result(cell, name))


def meanings(cell: Cell, name: str) -> dict[str, tuple[Any, Any]]:
    """What each name stands for: name -> (the index at which it is written, its meaning)."""
    found = {str(symbol.name): (T, meaning) for symbol, meaning in cell.definitions.items()}
    for item in result(cell, name).definitions:
        if str(item.left.name) in {"J", "A", "B"}:
            found[str(item.left.name)] = (J, item.right)
    if name.split(":", maxsplit=1)[0] in {"transport", "gradient"}:
        found["M"] = (None, None)
    return found


def reading(cell: Cell | str, name: str, claim: Any) -> Any:
    """The expression that a claim in text means; an expression as it is."""
    cell = sg.cell(cell) if isinstance(cell, str) else cell
    return read(claim, result(cell, name), "text").expr if isinstance(claim, str) else claim


def printed(cell: Cell | str, name: str) -> str:
    """An object's right side as text, on one line."""
    cell = sg.cell(cell) if isinstance(cell, str) else cell
    return " ".join(sg.text(result(cell, name), lhs=False).split())
