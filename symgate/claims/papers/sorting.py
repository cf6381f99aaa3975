r"""Equations of a paper sorted: recurrence, definition, claim, and what is not about this.

A claim has a derivative on its left, or is a closed form of a state of the recurrence before it.  Equations of names
that carry a time are gathered until a name stands before itself in time; together they are a recurrence, and what
follows is about it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from symgate.claims.judging.context import names_for
from symgate.claims.judging.objects import is_long, some, written
from symgate.claims.papers.source import Displayed
from symgate.claims.reading.left import Says, read_left
from symgate.claims.reading.limits import UnreadableError, split_chain
from symgate.claims.recurrence.reader import Recurrence, read_recurrence
from symgate.errors import SymgateError
from symgate.notation import Notation

_SIGN = re.compile(
    r"^[\s&{(]*(?:\\(?:left|[bB]igg?[lrm]?)\s*\(?\s*)?(?:\\[dt]?frac\s*\{\s*(?:\\partial|\\mathrm\s*\{?\s*d|d(?![A-Za-z]))|\\nabla)"
)
_DERIVATIVE = re.compile(r"\\partial|\\nabla")
_FLOW = re.compile(
    r"\\dot\b|\\frac\s*\{\s*(?:\\mathrm\s*\{\s*d\s*\}|d)\s*[^{}]*\}\s*\{\s*(?:\\mathrm\s*\{\s*d\s*\}|d)\s*t\s*\}"
)


class Sort(Enum):
    """What an equation of a paper is."""

    RECURRENCE = "recurrence"
    DEFINITION = "definition"
    CLAIM = "claim"
    OTHER = "not about this"


@dataclass(frozen=True)
class Sorted:
    """An equation with what it is.

    Attributes:
        equation: as it stands in the paper.
        sort: what it is.
        cell: the place of the recurrence that it is about, None for none.
        reason: why it is left out, "" where it is not.
    """

    equation: Displayed
    sort: Sort
    cell: int | None = None
    reason: str = ""


def sorted_equations(
    equations: tuple[Displayed, ...], notation: Notation, scheme: str | None
) -> tuple[list[Sorted], list[Recurrence]]:
    """Every equation with what it is, and the recurrences in order."""
    found: list[Sorted] = []
    cells: list[Recurrence] = []
    gathered: list[int] = []
    for equation in equations:
        kind = _kind(equation)
        if kind is Sort.DEFINITION and cells and is_closed_form(equation.tex, cells[-1]):
            kind = Sort.CLAIM
        if kind is Sort.CLAIM:
            gathered = []
            reason = "" if cells else "no recurrence stands before it"
            found.append(Sorted(equation, kind if cells else Sort.OTHER, len(cells) - 1 if cells else None, reason))
            continue
        if kind is Sort.OTHER:
            found.append(Sorted(equation, kind, None, "it is not an equation of names of a recurrence"))
            continue
        found.append(Sorted(equation, Sort.DEFINITION, len(cells) - 1 if cells else None))
        gathered.append(len(found) - 1)
        _try(found, cells, gathered, notation, scheme)
    return found, cells


def _kind(equation: Displayed) -> Sort:
    try:
        parts = split_chain(equation.tex)
    except UnreadableError:
        return Sort.OTHER
    if len(parts) < 2:
        return Sort.OTHER
    lefts = [text for _, text, _ in parts[:-1]]
    if any(_SIGN.match(text) and _DERIVATIVE.search(text) for text in lefts):
        return Sort.CLAIM
    if equation.display < 0 and not re.search(r"[_^(]", parts[0][1]) and not _FLOW.search(parts[0][1]):
        return Sort.OTHER
    return Sort.DEFINITION


def is_closed_form(tex: str, author: Recurrence) -> bool:
    """Whether an equation has a state of a recurrence on its left, and a sum, a product or dots on its right."""
    (_, left, _), *rights = split_chain(tex)
    if not any(is_long(right) for _, right, _ in rights):
        return False
    try:
        said = read_left(left, written(names_for(some(author.cell)), author.cell, author.notation))
    except UnreadableError:
        return False
    return (
        said.says is Says.NAMED and said.above is not None and said.above.name in {x.name for x in author.cell.states}
    )


def _try(
    found: list[Sorted], cells: list[Recurrence], gathered: list[int], notation: Notation, scheme: str | None
) -> None:
    """Whether the equations gathered so far, or the last of them, are a recurrence."""
    known = cells[-1] if cells and any(found[place].sort is Sort.RECURRENCE for place in gathered) else None
    for start in range(len(gathered)) if known is None else (0,):
        places = gathered[start:]
        text = " \\\\ ".join(found[place].equation.tex.rstrip(" .,;") for place in places)
        try:
            cell = read_recurrence(text, f"cell_{len(cells) + (known is None)}", None, notation, discretisation=scheme)
        except SymgateError:
            continue
        used = {str(item.symbol.name) for item in cell.cell.assignments}
        if (
            known is not None
            and len(used) <= len(known.cell.assignments)
            and len(cell.cell.states) == len(known.cell.states)
        ):
            return
        if known is not None:
            cells[-1] = cell
        else:
            cells.append(cell)
        for place in places:
            found[place] = Sorted(found[place].equation, Sort.RECURRENCE, len(cells) - 1)
        return
