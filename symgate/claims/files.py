"""Cells of a user's own Python file, which is run to read them: ``mine.py:PAPER``."""

from __future__ import annotations

import importlib.util
import traceback
from pathlib import Path
from types import ModuleType

from symgate.cells import CELLS
from symgate.errors import DefinitionError, SymgateError, UnknownNameError, unknown
from symgate.records import Cell


def cell_from_file(text: str, folder: Path | None = None) -> Cell:
    """The cell that a user's file calls by that Python name or builds under that cell name.

    Args:
        text: FILE.py, or FILE.py:NAME.
        folder: what the path of the file is relative to; None for the working folder.

    Raises:
        UnknownNameError: there is no such file or cell.
        DefinitionError: the file cannot be run.
    """
    path, name = (text, "") if text.endswith(".py") else text.rsplit(":", 1)
    module = _run(Path(path) if folder is None else folder / path)
    by_variable = {key: value for key, value in vars(module).items() if isinstance(value, Cell)}
    by_name = {item.name: item for item in by_variable.values() if item not in CELLS}
    if not name:
        own = list(by_name.values())
        if len(own) == 1:
            return own[0]
        raise UnknownNameError(
            f"Say which cell of {path} you mean: {path}:NAME, where NAME is one of {', '.join(by_variable) or 'none'}."
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
