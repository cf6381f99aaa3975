"""Which tests run which functions of the package: a plugin of pytest that ``mutation.py`` chooses tests by.

PYTHONPATH=benchmarks python -m pytest -n 2 -p touched

Every function of the package notes that it runs; of each test the functions that ran, and the seconds that it took, are
one line of a file of its process, ``benchmarks/touched-PID.jsonl``.  What a test has other processes run is not seen.
"""

from __future__ import annotations

import ast
import builtins
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

#: What a function calls with its number.
_NOTE = "_note_that_it_runs"
_NUMBERS: list[str] = []
_RAN: set[int] = set()
_Function = ast.FunctionDef | ast.AsyncFunctionDef


class _Loader(SourceFileLoader):
    """Modules whose functions note that they run."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        tree = ast.parse(self.get_data(path), path)
        place = fullname.replace(".", "/")
        for node in ast.walk(tree):
            if isinstance(node, _Function):
                note = ast.Expr(ast.Call(ast.Name(_NOTE, ast.Load()), [ast.Constant(len(_NUMBERS))], []))
                _NUMBERS.append(f"{place}:{node.lineno}")
                at = 1 if ast.get_docstring(node, clean=False) is not None else 0
                node.body.insert(at, ast.copy_location(note, node.body[0]))
        return compile(ast.fix_missing_locations(tree), path, "exec", dont_inherit=True)


class _Finder(MetaPathFinder):
    """The package, read by that loader."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: Any = None) -> ModuleSpec | None:
        if fullname.partition(".")[0] != "symgate":
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


def function_at(path: str, text: str, line: int) -> str:
    """The number's name of the innermost function that holds a line of a file; "" outside of functions."""
    inside = [
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, _Function) and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]
    place = path.removesuffix(".py").removesuffix("/__init__")
    return f"{place}:{max(node.lineno for node in inside)}" if inside else ""


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--touched``: where the files start."""
    parser.addoption("--touched", type=Path, default=Path(__file__).with_suffix(""))


def pytest_configure() -> None:
    """From here on the package is read by our loader."""
    setattr(builtins, _NOTE, _RAN.add)
    sys.meta_path.insert(0, _Finder())


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """One line for each test."""
    _RAN.clear()
    start = time.process_time()
    yield
    took = round(time.process_time() - start, 3)
    names = sorted(_NUMBERS[number] for number in _RAN)
    file = Path(f"{item.config.getoption('--touched')}-{os.getpid()}.jsonl")
    with file.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps({"test": item.nodeid, "seconds": took, "functions": names}) + "\n")
