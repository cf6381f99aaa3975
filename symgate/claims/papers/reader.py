r"""``read_paper``: every claim of a .tex file, judged against the recurrence that stands before it.

symgate read paper.tex --html paper.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from symgate.claims.judging.judge import check
from symgate.claims.judging.record import Finding
from symgate.claims.papers.macros import written_out
from symgate.claims.papers.sorting import Sort, Sorted, sorted_equations
from symgate.claims.papers.source import displayed
from symgate.claims.recurrence.reader import Recurrence, read_recurrence
from symgate.errors import DefinitionError, SymgateError
from symgate.notation import Notation
from symgate.proof import PROVED, REFUTED
from symgate.tex import text

#: Exit codes: all claims are proved; one is refuted; one is undecided or unreadable, or there is nothing to judge.
ALL_PROVED, SOME_REFUTED, SOME_OPEN = 0, 1, 2
_MARKS = {"proved": "+", "refuted": "x", "undecided": "?", "unreadable": "?"}


@dataclass(frozen=True)
class Line:
    """One equation of a paper, with the verdict where it is a claim.

    Attributes:
        sorted: the equation, and what it is.
        finding: the verdict; None for what is not a claim.
    """

    sorted: Sorted
    finding: Finding | None = None

    @property
    def verdict(self) -> str:
        """The verdict, or what the equation is."""
        return self.finding.verdict if self.finding else self.sorted.sort.value

    @property
    def mark(self) -> str:
        """One letter: + proved, x refuted, ? open, . for what is not judged."""
        return _MARKS.get(self.verdict, ".")

    @property
    def reason(self) -> str:
        """In one line: why."""
        if self.finding is None:
            return self.sorted.reason
        parts = [item.words for item in self.finding.proposals] or list(self.finding.slips[:1])
        return parts[0] if parts else self.finding.statement


@dataclass(frozen=True)
class Paper:
    """A paper as it was read.

    Attributes:
        name: the name of the file.
        cells: the recurrences.
        lines: every equation, in order.
        problem: why nothing is judged, "" where something is.
    """

    name: str
    cells: tuple[Recurrence, ...]
    lines: tuple[Line, ...]
    problem: str = ""

    @property
    def claims(self) -> tuple[Line, ...]:
        """What was judged."""
        return tuple(line for line in self.lines if line.finding is not None)

    @property
    def exit_code(self) -> int:
        """0 all claims proved, 1 one refuted, 2 one undecided or unreadable, or nothing to judge."""
        verdicts = {line.verdict for line in self.claims}
        return SOME_REFUTED if REFUTED in verdicts else ALL_PROVED if verdicts == {PROVED} else SOME_OPEN

    def to_dict(self) -> dict[str, Any]:
        """Plain types, ready for JSON; what is not deterministic is left out."""
        return {
            "paper": self.name,
            "cells": [
                {"name": item.cell.name, "equations": text(item.cell), "notes": list(item.notes)} for item in self.cells
            ],
            "equations": [
                {
                    "name": line.sorted.equation.name,
                    "line": line.sorted.equation.line,
                    "tex": line.sorted.equation.tex,
                    "sort": line.sorted.sort.value,
                    "verdict": line.verdict,
                    "reason": line.reason,
                    "finding": line.finding.to_dict(seconds=False) if line.finding else None,
                }
                for line in self.lines
            ],
            "problem": self.problem,
            "exit_code": self.exit_code,
        }

    def to_json(self) -> str:
        """The paper as JSON."""
        return json.dumps(self.to_dict(), indent=2)

    def __str__(self) -> str:
        rows = [f"{self.name}: {len(self.lines)} equations, {len(self.cells)} recurrences, {len(self.claims)} claims"]
        for line in self.lines:
            rows.append(
                f"{line.mark} {line.sorted.equation.name:<12} line {line.sorted.equation.line:<5} {line.verdict}"
            )
            if line.finding is not None and line.verdict != PROVED:
                rows.append(f"    {line.reason}")
        return "\n".join([*rows, *([f"Nothing is judged: {self.problem}"] if self.problem else [])])


def read_paper(path: str | Path, notation: Notation | None = None, discretisation: str | None = None) -> Paper:
    """Read a .tex file and judge its claims.

    Args:
        path: the file.
        notation: the author's conventions; the macros of the preamble are added.
        discretisation: "euler" or "exponential", for differential equations.

    Raises:
        DefinitionError: it is not a text file of a moderate size.

    Law: ``tests/claims/test_papers.py``.
    """
    path = Path(path)
    try:
        source = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise DefinitionError(f"{path} is not UTF-8 text: {error}") from None
    return judged_paper(source, path.name, notation, discretisation)


def judged_paper(source: str, name: str, notation: Notation | None = None, discretisation: str | None = None) -> Paper:
    """The same of the text of a file."""
    author = (notation or Notation()).with_preamble(source)
    macros = {item.name: item for item in author.macros}
    equations = tuple(replace(item, tex=written_out(item.tex, macros)) for item in displayed(source))
    author = replace(author, macros=())
    found, cells = sorted_equations(equations, author, discretisation)
    lines = tuple(_line(item, found, cells) for item in found)
    judged = any(line.finding is not None for line in lines)
    return Paper(name, tuple(cells), lines, "" if judged else _problem(found, cells, author, discretisation))


def _problem(found: list[Sorted], cells: list[Recurrence], author: Notation, discretisation: str | None) -> str:
    """Why nothing of a paper is judged."""
    if cells:
        return "no equation has a derivative on its left"
    equations = [item.equation.tex.rstrip(" .,;") for item in found if item.sort is Sort.DEFINITION]
    if not equations:
        return "no equation is one of names with a time, as in h_t = F(h_{t-1})"
    try:
        read_recurrence(" \\\\ ".join(equations), "cell", None, author, discretisation=discretisation)
    except SymgateError as error:
        return f"no recurrence is read. {error}"
    return "no recurrence stands before the claims"


def _line(item: Sorted, found: list[Sorted], cells: list[Recurrence]) -> Line:
    """A claim with its verdict."""
    if item.sort is not Sort.CLAIM or item.cell is None:
        return Line(item)
    earlier = tuple(_sides(other) for other in found[: found.index(item)] if other.sort is Sort.DEFINITION)
    definitions = tuple(pair for pair in earlier if pair)
    try:
        return Line(item, check(cells[item.cell], item.equation.tex, form="latex", definitions=definitions))
    except SymgateError as error:
        blank = Finding(cells[item.cell].cell.name, "", item.equation.tex, "unreadable", str(error))
        return Line(item, blank)


def _sides(item: Sorted) -> tuple[str, str] | tuple[()]:
    left, equals, right = item.equation.tex.partition("=")
    return (left.replace("&", " ").strip(), right.replace("&", " ").strip(" .,;")) if equals else ()
