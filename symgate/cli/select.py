"""From what is typed to what is meant: a cell by name or by file, an object of a cell."""

from __future__ import annotations

import tomllib
from pathlib import Path

from symgate.cells import cell as built_in
from symgate.derive import result
from symgate.errors import DefinitionError, OutputError
from symgate.nonlinearities import nonlinearity
from symgate.notation import Notation, notation_of
from symgate.records import Cell, Derivation

#: The object that is the recurrence itself.
STEP = "step"

#: The recurrence and everything derived from it, for exports.
WHOLE = "cell"

#: The help of ``--notation``.
NOTATION = "a TOML file with a [notation] table, or a .tex file with \\newcommand"


def find_cell(text: str, bindings: list[str] | None = None) -> Cell:
    """The cell meant by a name or by ``FILE.py:NAME``, its functions bound as in ``phi=relu``.

    Raises:
        UnknownNameError: no such cell, file, function or nonlinearity; the nearest ones are named.
        DefinitionError: the file cannot be run, or ``bindings`` is not of the form NAME=FUNCTION.
    """
    if not _is_file(text):
        return bound(built_in(text), bindings)
    from symgate.claims.files import cell_from_file

    return bound(cell_from_file(text), bindings)


def bound(cell: Cell, bindings: list[str] | None) -> Cell:
    """The cell with its functions bound as in ``phi=relu``."""
    functions = {}
    for binding in bindings or []:
        name, equals, function = binding.partition("=")
        if not (name and equals and function):
            raise DefinitionError(f"--bind needs NAME=FUNCTION, such as phi=relu; found {binding!r}.")
        functions[name] = nonlinearity(function).name
    return cell.bind(**functions)


def find_object(cell: Cell, text: str | None) -> Derivation | Cell:
    """The object meant by ``x``, ``W_r``, ``vjp:W_r``, ``expansion:retention:1``; the cell for ``step`` and ``cell``.

    Raises:
        UnknownNameError: the cell has no such object; the nearest ones are named.
    """
    if text in {STEP, WHOLE} and text not in cell.symbols:
        return cell
    return result(cell, text or "jacobian")


def _is_file(text: str) -> bool:
    path, _, _ = text.rpartition(":")
    return text.endswith(".py") or path.endswith(".py")


def read_notation(path: Path) -> Notation:
    """The notation of a TOML file, or the macros of a LaTeX file.

    Raises:
        OutputError: the file cannot be read.
        DefinitionError: it is not TOML, or has no [notation] table.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise OutputError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from None
    if path.suffix != ".toml":
        return Notation().with_preamble(text)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DefinitionError(f"{path} is not TOML: {error}.") from None
    if not isinstance(table.get("notation"), dict):
        raise DefinitionError(f"{path} has no [notation] table.")
    return notation_of(table["notation"], f"[notation] of {path}")
