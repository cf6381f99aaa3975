"""modules/: one folder per cell, one standalone NumPy file per object, the step included."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from symgate.codegen import source
from symgate.files import write_atomic
from symgate.records import Cell, Derivation
from symgate.report.gather import Entry
from symgate.report.over_time import has_code


def module_path(found: Derivation | Cell) -> str:
    """Where the module of an object lies in the report, such as ``modules/leaky/jacobian_x.py``."""
    if isinstance(found, Cell):
        return f"modules/{found.name}/step.py"
    return f"modules/{found.cell.name}/{found.name.removeprefix(found.cell.name + '_')}.py"


def write_modules(cells: Iterable[Cell], entries: Iterable[Entry], folder: Path) -> int:
    """Write every module and return how many there are."""
    every: list[Derivation | Cell] = [*cells, *(entry.derivation for entry in entries if has_code(entry.derivation))]
    for found in every:
        path = folder / module_path(found)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, source(found))
    return len(every)
