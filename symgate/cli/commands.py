"""The commands that print or write formulas; each returns its exit code and raises ``SymgateError`` on bad input."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from textwrap import indent

from symgate.cells import LIBRARY
from symgate.cli import console
from symgate.cli.select import STEP, WHOLE, bound, find_cell, find_object
from symgate.codegen import TRAINED, source
from symgate.errors import DefinitionError
from symgate.exporting import export as write_module
from symgate.files import write_atomic
from symgate.records import Cell, Derivation, Kind
from symgate.tex import further, introduced, latex, text

_FORMS: dict[str, Callable[[Derivation | Cell], str]] = {"text": text, "latex": latex, "python": source}


def cells(_: Namespace) -> int:
    """List the built-in cells."""
    console.table(
        ("cell", "equations", "source"), [(cell.name, text(cell), cell.source.replace("; ", "\n")) for cell in LIBRARY]
    )
    return 0


def derive(options: Namespace) -> int:
    """Print one object as text, LaTeX or Python."""
    found = _chosen(options)
    print(_FORMS[options.form](found).rstrip("\n"))
    if options.form == "text" and not isinstance(found, Cell):
        print("\nwhere\n" + indent("\n".join([*_introduced(found), text(found.cell)]), "    "))
        for label, formula in further(found, markup="text"):
            print(f"{label}:\n{indent(formula, '    ')}")
        if found.remark:
            print(found.remark)
        for assumption in found.assumptions:
            print(f"assuming that {assumption}")
    return 0


def _introduced(found: Derivation) -> list[str]:
    """The names that a formula over many steps introduces, and the two parts of a split, with their definitions."""
    if len(found.cell.states) > 1:
        return list(introduced(found))
    parts = found.named_terms if found.kind is Kind.SPLIT else ()
    named = [*parts, *((text(item.left), item.right) for item in found.definitions if not item.label)]
    return [f"{name} = " + text(expr).replace("\n", "\n" + " " * (len(name) + 1)) for name, expr in named]


def _chosen(options: Namespace) -> Derivation | Cell:
    """The object of a cell by name or file, or of a recurrence as it was typed."""
    if options.recurrence is None:
        if options.cell is None:
            raise DefinitionError("Give CELL [OBJECT], or --recurrence EQUATIONS [OBJECT].")
        return find_object(find_cell(options.cell, options.bind), options.object)
    if options.object is not None:
        raise DefinitionError(f"--recurrence and CELL exclude each other; found CELL {options.cell!r}.")
    from symgate.claims import read_cell

    return find_object(bound(read_cell(options.recurrence), options.bind), options.cell)


def export(options: Namespace) -> int:
    """Write one object, or everything of a cell, as a standalone module."""
    chosen = WHOLE if options.object is None and options.target in TRAINED else options.object
    if chosen is None:
        raise DefinitionError(f"Give the OBJECT to write, such as jacobian, {STEP}, or {WHOLE} for all of the cell.")
    found = find_object(find_cell(options.cell, options.bind), chosen)
    if options.object == STEP:
        write_atomic(options.output, source(found, options.target))
    else:
        write_module(found, options.target, options.output)
    print(f"{found.name} -> {options.output}")
    return 0
