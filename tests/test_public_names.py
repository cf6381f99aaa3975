"""``dir(sg)`` is the public names; each of them, and everything public in the packages, says what it is."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import symgate as sg

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted((ROOT / "symgate").rglob("*.py"))


def undocumented(source: str) -> list[str]:
    """The public modules, classes, functions and methods of a source text that have no docstring.

    A method that overrides one may inherit its docstring, visibly: its class has a base.  Properties and operators are
    named as the mathematics names them.
    """
    tree = ast.parse(source)
    found = [] if ast.get_docstring(tree) or not tree.body else ["the module"]
    for node in tree.body:
        found += _undocumented(node)
    return found


def _undocumented(node: ast.stmt) -> list[str]:
    if not isinstance(node, (ast.FunctionDef, ast.ClassDef)) or node.name.startswith("_"):
        return []
    found = [] if ast.get_docstring(node) or _registered(node) else [node.name]
    if isinstance(node, ast.ClassDef) and not node.bases:
        methods = [item for item in node.body if isinstance(item, ast.FunctionDef) and not item.decorator_list]
        found += [f"{node.name}.{item.name}" for item in methods if _undocumented(item)]
    return found


def _registered(node: ast.FunctionDef | ast.ClassDef) -> bool:
    return any(isinstance(item, ast.Name) and item.id == "overload" for item in node.decorator_list)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT / "symgate").as_posix())
def test_everything_public_has_a_docstring(path: Path) -> None:
    assert undocumented(path.read_text(encoding="utf-8")) == []


def test_a_missing_docstring_is_seen() -> None:
    source = '"""M."""\ndef f(): pass\ndef _g(): pass\nclass C:\n    """C."""\n    def m(self): pass\n'
    assert undocumented(source) == ["f", "C.m"]
    assert undocumented("x = 1\n") == ["the module"]


def test_dir_shows_the_public_names_and_no_others() -> None:
    """Before and after they are used."""
    assert dir(sg) == sorted(sg.__all__)
    for name in sg.__all__:
        getattr(sg, name)
    assert dir(sg) == sorted(sg.__all__)


def test_dir_is_the_same_in_a_fresh_process() -> None:
    code = "import symgate as sg; print(dir(sg) == sorted(sg.__all__) and len(set(sg.__all__)) == len(sg.__all__))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "True\n"


@pytest.mark.parametrize("name", [name for name in sg.__all__ if callable(getattr(sg, name))])
def test_every_public_function_says_what_it_does(name: str) -> None:
    """In its own words, with its arguments where it takes several."""
    text = inspect.getdoc(getattr(sg, name))
    assert text
    assert text.split("\n")[0].rstrip().endswith((".", ":", "``")), text.split("\n")[0]


@pytest.mark.parametrize("package", ["numeric", "tex", "interop", "experiments", "claims", "proof", "derive", "plots"])
def test_packages_export_what_they_list(package: str) -> None:
    module = importlib.import_module(f"symgate.{package}")
    for name in module.__all__:
        assert hasattr(module, name)
        if callable(getattr(module, name)):
            assert inspect.getdoc(getattr(module, name)), name


def test_every_law_that_a_docstring_names_is_a_test() -> None:
    """``Law: tests/...`` in a docstring leads to a file that is there."""
    named = {
        (path.name, found)
        for path in sorted((ROOT / "symgate").rglob("*.py"))
        for found in re.findall(r"tests/[A-Za-z0-9_/]+\.py", path.read_text(encoding="utf-8"))
    }

    assert named
    assert not [(module, test) for module, test in named if not (ROOT / test).is_file()]
