"""Which symbols and signs a display really holds: a vocabulary that takes note of what the walker spells.

What comes in are objects that are printed; what goes out are their nodes, each once, in order of appearance.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from symgate.records import Cell, Derivation
from symgate.tex.latex_words import LatexWords
from symgate.tex.statement import define, further_lines, lines, printer_for, where_lines
from symgate.tex.style import Style


class NotingWords(LatexWords):
    """LaTeX, with a note of every node that is spelled."""

    def __init__(self, style: Style) -> None:
        super().__init__(style)
        self.noted: dict[Any, None] = {}

    def note(self, node: Any) -> None:
        self.noted.setdefault(node)


def nodes_printed(item: Cell | Derivation, style: Style, also: Iterable[Any] = ()) -> list[Any]:
    """The nodes of the display of an object, of what stands below it, and of definitions of names ``also``."""
    words = NotingWords(style)
    lines(item, words)
    if isinstance(item, Derivation):
        where_lines(item, words)
        further_lines(item, words)
        printer = printer_for(item, words)
        for name in also:
            define(name, item.cell.definitions[name], printer)
    return list(words.noted)
