"""From what is typed to what is meant: a cell by name or by file, an object of a cell."""

from __future__ import annotations

import importlib.util
import traceback
from pathlib import Path
from types import ModuleType

from symgate.cells import CELLS
from symgate.cells import cell as built_in
from symgate.derive import result
from symgate.errors import DefinitionError, SymgateError, UnknownNameError, unknown
from symgate.nonlinearities import nonlinearity
from symgate.records import Cell, Derivation

#: The object that is the recurrence itself.
STEP = "step"

#: The recurrence and everything derived from it, for exports.
WHOLE = "cell"


def find_cell(text: str, bindings: list[str] | None = None) -> Cell:
    """The cell meant by a name or by ``FILE.py:NAME``, its functions bound as in ``phi=relu``.

    Raises:
        UnknownNameError: no such cell, file, function or nonlinearity; the nearest ones are named.
        DefinitionError: the file cannot be run, or ``bindings`` is not of the form NAME=FUNCTION.
    """
    cell = _from_file(text) if _is_file(text) else built_in(text)
    bound = {}
    for binding in bindings or []:
        name, equals, function = binding.partition("=")
        if not (name and equals and function):
            raise DefinitionError(f"--bind needs NAME=FUNCTION, such as phi=relu; found {binding!r}.")
        bound[name] = nonlinearity(function).name
    return cell.bind(**bound)


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


def _from_file(text: str) -> Cell:
    """The cell that a user's file calls by that Python name or builds under that cell name."""
    path, name = (text, "") if text.endswith(".py") else text.rsplit(":", 1)
    module = _run(Path(path))
    by_variable = {key: value for key, value in vars(module).items() if isinstance(value, Cell)}
    by_name = {item.name: item for item in by_variable.values() if item not in CELLS}
    if not name:
        own = list(by_name.values())
        if len(own) == 1:
            return own[0]
        raise UnknownNameError(
            f"Say which cell of {path}: {path}:NAME with NAME one of {', '.join(by_variable) or 'none'}."
        )
    if name in by_variable or name in by_name:
        return by_variable.get(name) or by_name[name]
    raise unknown(f"cell in {path}", name, by_variable, "A cell is what CellBuilder.build() returns.")


def _run(path: Path) -> ModuleType:
    """Import a Python file by its path."""
    if not path.is_file():
        raise UnknownNameError(f"There is no file {str(path)!r}.")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise DefinitionError(f"{path} cannot be imported as a Python file.")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except SymgateError as error:
        raise type(error)(f"{error} (in {path}, line {_line(error, path)})") from error
    except Exception as error:
        raise DefinitionError(f"{path}, line {_line(error, path)}: {type(error).__name__}: {error}") from error
    return module


def _line(error: BaseException, path: Path) -> int | str:
    """The last line of that file that an error came through."""
    if isinstance(error, SyntaxError):
        return error.lineno or "?"
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == path]
    return (lines[-1] if lines else None) or "?"
