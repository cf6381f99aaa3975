"""Pieces of text that every Python target writes: tables of shapes, signatures, lists."""

from __future__ import annotations

from textwrap import wrap
from typing import Any

from symgate.codegen.docs import title
from symgate.codegen.program import Program
from symgate.records import Cell

#: Longest line of a signature.
WIDTH = 112


def tables(program: Program) -> list[str]:
    """The shapes of the arguments, as data for the checks."""
    axes = {item.name: listed([axis(size) for size in item.shape], quoted=False) for item in program.arguments}
    rows = [f"    {quote(name)}: {items}," for name, items in axes.items()]
    return [
        "",
        "#: The axes of each argument after its batch axes; equal names are equal sizes.",
        "_SHAPES = {",
        *rows,
        "}",
        "#: What the formula uses; the other arguments are optional, and checked where given.",
        f"_NEEDED = {listed([item.name for item in program.arguments if item.required])}",
    ]


def summary(program: Program) -> str:
    """The first line of the function's docstring."""
    shape = ", ".join(["...", *(str(size) for size in program.results[0].shape)])
    if isinstance(program.subject, Cell):
        return f"One step of the cell {program.cell.name}: the state after the step, ({shape})."
    return f"{title(program)}, ({shape})."


def axis(size: Any) -> str:
    """A size in the table of shapes."""
    return str(size) if size.is_Integer else quote(str(size))


def wrapped(before: str, items: str, after: str) -> list[str]:
    """One line, or the items on lines of their own where one line would be too long."""
    if len(before + items + after) <= WIDTH:
        return [before + items + after]
    lines = wrap(items, WIDTH - 4, break_long_words=False, break_on_hyphens=False)
    return [before, *(f"    {line}" for line in lines), after]


def quote(text: str) -> str:
    """A string literal; names hold no quotes."""
    return f'"{text}"'


def listed(items: list[str], *, quoted: bool = True) -> str:
    """A list literal."""
    return f"[{', '.join(quote(item) if quoted else item for item in items)}]"


def joined(first: str, rest: list[str]) -> str:
    """A tuple literal that begins with the entries of another tuple."""
    return f"(*{', '.join([first, *rest])})" if rest else first
