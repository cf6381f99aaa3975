"""Pieces of text that every Python target writes: tables of shapes, signatures, lists."""

from __future__ import annotations

from textwrap import wrap
from typing import Any

from symgate.codegen.writer.docs import title
from symgate.codegen.writer.program import Argument, Program
from symgate.records import Cell, WholeProduct

#: Longest line of a signature.
WIDTH = 112


def tables(programs: list[Program]) -> list[str]:
    """The shapes of the arguments and those needed, as data for the checks; the first program has no cotangent."""
    common = {item.name: _axes(item) for item in programs[0].arguments}
    text = ["", "#: The axes of each argument after its batch axes; equal names are equal sizes.", "_SHAPES = {"]
    text += [*(f"    {quote(name)}: {axes}," for name, axes in common.items()), "}"]
    text += [
        "#: Of each function the axes of all arguments, and those that its formula uses; the others are optional, and",
        "#: checked where given.",
        "_CALLS = {",
    ]
    for program in programs:
        further = [f"{quote(item.name)}: {_axes(item)}" for item in program.arguments if item.name not in common]
        shapes = f"{{**_SHAPES, {', '.join(further)}}}" if further else "_SHAPES"
        needed = listed([item.name for item in program.arguments if item.required])
        text.append(f"    {quote(program.name)}: ({shapes}, {needed}),")
    return [*text, "}"]


def _axes(item: Argument) -> str:
    """The axes of an argument, as a literal."""
    return listed([axis(size) for size in item.shape], quoted=False)


def signature(program: Program, kind: str, *, out: bool = False) -> str:
    """The arguments of a function, all by name, with their type."""
    every = [f"{item.name}: {kind}{'' if item.required else ' | None = None'}" for item in program.arguments]
    return ", ".join(["*", *every, *(["out: np.ndarray | None = None"] if out else [])])


def summary(program: Program) -> str:
    """The first line of the function's docstring."""
    shape = ", ".join(["...", *(str(size) for size in program.whole or program.results[0].shape)])
    if isinstance(program.subject, WholeProduct) and program.subject.gradients:
        return f"{title(program)}, each of the shape of the parameter."
    if isinstance(program.subject, WholeProduct):
        return f"{title(program)}: of each state, ({shape})."
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
