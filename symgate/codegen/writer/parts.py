"""What generated modules hold beside their formulas: definitions of the files in ``written``, as text.

These files are Python that is linted, typed and tested like any other, and that nothing imports but its tests.
"""

from __future__ import annotations

import ast
from functools import cache
from importlib.resources import files
from types import MappingProxyType

Parts = MappingProxyType[str, str]


@cache
def parts(resource: str) -> Parts:
    """The functions and classes of a file by name, each with the comments above it and with what follows it.

    What stands above the first one is left out: imports, and stand-ins for what a generated module defines itself.
    """
    source = files("symgate.codegen").joinpath("written", f"{resource}.py").read_text(encoding="utf-8")
    lines = source.splitlines()
    starts = {
        node.name: _first_line(node, lines)
        for node in ast.parse(source).body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name != "_stand_in"
    }
    ends = [*list(starts.values())[1:], len(lines)]
    return Parts(
        {name: "\n".join(lines[start:end]).strip() for (name, start), end in zip(starts.items(), ends, strict=True)}
    )


def _first_line(node: ast.FunctionDef | ast.ClassDef, lines: list[str]) -> int:
    """Where a definition begins: at its decorators and the comments above them."""
    start = min([node.lineno, *(item.lineno for item in node.decorator_list)]) - 1
    while lines[start - 1].startswith("#"):
        start -= 1
    return start


def text(resource: str, *names: str) -> str:
    """Definitions of a file, in this order, with two empty lines between them; all of them where none is named."""
    known = parts(resource)
    return "\n\n\n".join(known[name] for name in names or known)
