"""How the records show themselves: a short text here, LaTeX and HTML by printers that are put in later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

#: How cells and derivations show themselves in a notebook; ``symgate/__init__`` puts the printers here.
PRESENTERS: dict[str, Callable[[Any], str]] = {}


def shown(obj: Any, markup: str) -> str | None:
    """What an object shows of itself in "latex" or "html"; None where no printer is there."""
    show = PRESENTERS.get(markup)
    return show(obj) if show else None


def shortened(row: str, width: int = 100) -> str:
    """A row of a short description."""
    return row if len(row) <= width else row[: width - 4].rstrip(", ") + ", ..."
