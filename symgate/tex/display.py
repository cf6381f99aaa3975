"""What objects show of themselves in a notebook: formulas broken at the width of a cell, many of them folded.

What comes in is anything that ``latex`` takes; what goes out is LaTeX between dollar signs, or HTML with MathML.
"""

from __future__ import annotations

from dataclasses import replace
from html import escape
from typing import Any

from symgate.records import Cell, Derivation
from symgate.tex.formulas import mathml
from symgate.tex.latex_words import LatexWords
from symgate.tex.rows import aligned
from symgate.tex.statement import each, lines, where_lines
from symgate.tex.style import DEFAULT, Style

#: The width of a notebook's cell in letters.
CELL = 110


def notebook(obj: Any, style: Style | None = None) -> str:
    """The LaTeX between dollar signs, in rows no wider than the cell of a notebook, as ``_repr_latex_`` wants it."""
    words = LatexWords(replace(style or DEFAULT, width=CELL))
    rows = aligned(lines(obj, words), words)
    if len(rows) == 1:
        return rf"$\displaystyle {rows[0].replace(' &', ' ', 1).removeprefix('& ')}$"
    return "$\\displaystyle \\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}$"


def notebook_where(derivation: Derivation, style: Style | None = None) -> str:
    """What the names of a derivation stand for, between dollar signs; "" where it introduces none."""
    words = LatexWords(replace(style or DEFAULT, width=CELL))
    rows = aligned(where_lines(derivation, words), words)
    return "$\\displaystyle \\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}$" if rows else ""


def html(obj: Any, style: Style | None = None) -> str:
    """Formulas as MathML, each behind its left side where there are several."""
    style = replace(style or DEFAULT, width=CELL)
    items = each(obj)
    if len(items) == 1:
        return mathml(items[0], style)
    shown = [f"<summary>{escape(_name(item))}</summary>{mathml(item, style)}" for item in items]
    return "".join(f"<details{' open' if place == 0 else ''}>{part}</details>" for place, part in enumerate(shown))


def _name(item: Any) -> str:
    return item.name.replace("_", " ") if isinstance(item, (Cell, Derivation)) else "expression"
