"""Where the blocks of a matrix over many states lie, with text that does not grow with their number.

Ends of states get local names, end_1 = n_1, end_2 = end_1 + n_2, ..., and neighbouring blocks that are zero are one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sympy import Expr

from symgate.codegen.writer.fold import Writer
from symgate.codegen.writer.program import Program, Result, fresh
from symgate.records import Derivation


@dataclass(frozen=True)
class Run:
    """One block, or several neighbouring ones of a row that are zero: ``result`` is None then."""

    rows: tuple[str, str]
    columns: tuple[str, str]
    result: Result | None


def is_layered(program: Program) -> bool:
    """Whether an object is the Jacobian of all states of a stack, made of named parts."""
    return isinstance(program.subject, Derivation) and program.whole is not None and bool(program.subject.definitions)


def ends(program: Program, writer: Writer) -> list[str]:
    """Write the ends of the states, the first begins at 0; the names of all of them."""
    found = ["0"]
    for state in program.cell.states:
        size = writer.size(state.after.shape[0])
        name = fresh(f"end_{len(found)}", writer.taken)
        writer.lines.append(f"{name} = {size}" if len(found) == 1 else f"{name} = {found[-1]} + {size}")
        found.append(name)
    return found


def runs(program: Program, places: list[str], term: str | None = None) -> Iterator[list[Run]]:
    """The rows of blocks, of one term or of the sum of all; ``places`` are the ends of the states."""
    count = len(program.cell.states)
    for i in range(count):
        row: list[Run] = []
        for j, result in enumerate(program.results[i * count : (i + 1) * count]):
            rows, columns = (places[i], places[i + 1]), (places[j], places[j + 1])
            if items(result, term):
                row.append(Run(rows, columns, result))
            elif row and row[-1].result is None:
                row[-1] = Run(rows, (row[-1].columns[0], columns[1]), None)
            else:
                row.append(Run(rows, columns, None))
        yield row


def items(result: Result, term: str | None) -> list[tuple[str, Expr]]:
    """What a block adds up: of one term, or of all."""
    return list(result.summed) if term is None else [item for item in result.terms if item[0] == term]


def length(place: tuple[str, str]) -> str:
    """How many entries lie between two ends."""
    first, last = place
    return last if first == "0" else f"{last} - {first}"
