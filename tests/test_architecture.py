"""The import rules of the design, held on the package and shown to bite on planted violations."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture import FLOW, violations

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "symgate"


def test_package_keeps_the_flow() -> None:
    """A file imports only from its left, and nothing runs text."""
    assert violations(PACKAGE) == []


CLEAN = {
    "__init__.py": "from symgate.derive.jacobians import jacobian\n",
    "errors.py": "",
    "records.py": "import sympy\nfrom symgate.errors import SymgateError\n",
    "language/__init__.py": "from symgate.records import Cell\n",
    "cells/__init__.py": "from symgate.language import CellBuilder\n",
    "calculus/__init__.py": "",
    "calculus/rules.py": "from symgate.language import Map\n",
    "derive/jacobian.py": "from symgate.calculus.rules import differential\n",
    "proof/exact.py": "import numpy as np\nfrom symgate.records import Derivation\n",
    "tex/printer.py": "from ..records import Derivation\n",
    "codegen/numpy.py": "import re\nP = re.compile('x')\n",
    "codegen/written/plans.py": "import numpy as np\nimport torch\nfrom symgate.codegen.written.numpy import P\n",
    "numeric/load.py": "import numpy\nfrom symgate.codegen.numpy.target import P\n",
    "interop.py": "from symgate.cells import cell\ndef f():\n    import torch\n",
    "plots.py": "import matplotlib.pyplot as plt\n",
    "cli.py": "from symgate import plots\nimport rich\n",
}

PLANTED = {
    "rules import a model": ("calculus/rules.py", "from symgate.cells import CELLS", "beside"),
    "a model imports the rules": ("cells/__init__.py", "from symgate.calculus import rules", "beside"),
    "proof shares the rule table": (
        "proof/exact.py",
        "from symgate.calculus.rules import differential",
        "reaches calculus",
    ),
    "proof shares it through derive": ("proof/exact.py", "from symgate.derive import jacobian", "reaches calculus"),
    "proof shares the printer": ("proof/exact.py", "from symgate.tex import printer", "beside"),
    "code shares the printer": ("codegen/numpy.py", "import symgate.tex.printer", "beside"),
    "the printer shares code": ("tex/printer.py", "from ..codegen import numpy", "beside"),
    "the base looks right": ("records.py", "from symgate.derive import jacobian", "right of"),
    "an import inside a function": ("errors.py", "def f():\n    from symgate.cli import main", "right of"),
    "a part imports the whole": ("tex/printer.py", "from symgate import jacobian", "itself"),
    "numpy left of numeric": ("codegen/numpy.py", "import numpy as np", "must not import numpy"),
    "text of generated modules imported": (
        "codegen/numpy.py",
        "from symgate.codegen.written.plans import _fold",
        "imported by nothing but tests",
    ),
    "matplotlib in the text of generated modules": (
        "codegen/written/plans.py",
        "import matplotlib",
        "must not import matplotlib",
    ),
    "numpy in the calculus": ("calculus/rules.py", "from numpy import array", "must not import numpy"),
    "matplotlib outside plots": ("cli.py", "import matplotlib.pyplot", "must not import matplotlib"),
    "torch outside interop": ("proof/exact.py", "import torch.nn", "must not import torch"),
    "jax outside interop": ("numeric/load.py", "def f():\n    from jax import numpy", "must not import jax"),
    "interop derives": ("interop.py", "from symgate.derive import jacobian", "beside"),
    "interop outside proof": ("numeric/load.py", "from symgate import interop", "oracles"),
    "an undeclared dependency": ("cli.py", "import scipy.linalg", "no dependency"),
    "a computed import": ("cli.py", "import importlib\nm = importlib.import_module('sym' + 'gate')", "computed"),
    "a part without a place": ("helpers.py", "x = 1", "no place"),
    "eval": ("tex/printer.py", "x = eval('1')", "eval runs text"),
    "exec": ("numeric/load.py", "exec('x = 1')", "exec runs text"),
    "compile": ("numeric/load.py", "compile('x', 'x', 'exec')", "compile runs text"),
    "loose sympify": ("records.py", "y = sympy.sympify('x')", "sympify"),
    "loose sympify, said": ("records.py", "y = sympy.sympify('x', strict=False)", "sympify"),
    "S of text": ("records.py", "from sympy import S\ny = S('x')", "S(...)"),
    "parse_expr": ("derive/jacobian.py", "from sympy.parsing.sympy_parser import parse_expr", "parse_expr runs text"),
    "SymPy's lambdify": ("derive/jacobian.py", "import sympy\nf = sympy.lambdify(1, 2)", "lambdify runs text"),
    "subs with text": ("records.py", "y = sympy.pi.subs('x', 1)", "subs with text"),
}


def _plant(folder: Path, extra: tuple[str, str] | None = None) -> Path:
    package = folder / "symgate"
    for name, text in CLEAN.items():
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for name in {Path(name).parts[0] for name in CLEAN if "/" in name}:
        (package / name / "__init__.py").touch()
    if extra:
        with (package / extra[0]).open("a", encoding="utf-8") as file:
            file.write(extra[1] + "\n")
    return package


def test_a_clean_tree_passes(tmp_path: Path) -> None:
    """The rules allow what the design allows."""
    assert violations(_plant(tmp_path)) == []


@pytest.mark.parametrize("case", PLANTED)
def test_a_planted_violation_is_caught(case: str, tmp_path: Path) -> None:
    """Each rule objects, and names the file."""
    name, code, reason = PLANTED[case]

    found = violations(_plant(tmp_path, (name, code)))

    assert any(reason in line for line in found), found
    assert any(f"symgate/{name}:" in line for line in found) or "reaches" in reason


def test_each_part_has_one_place() -> None:
    """No name stands twice in the flow."""
    names = [name for group in FLOW for name in group]
    assert len(names) == len(set(names))


def test_import_is_light() -> None:
    """Importing the package loads no plotting, no terminal and no autodiff library."""
    heavy = ("matplotlib", "torch", "jax", "rich", "scipy", "hypothesis")
    code = f"import sys, symgate; print([m for m in {heavy!r} if m in sys.modules])"

    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)

    assert shown.stdout.strip() == "[]"


def test_modules_and_public_functions_share_no_name() -> None:
    """``sg.latex`` is a function, so no module is called latex."""
    import symgate as sg

    modules = {path.stem for path in PACKAGE.glob("*.py")} | {
        path.parent.name for path in PACKAGE.glob("*/__init__.py")
    }
    public = {name for name in sg.__all__ if not isinstance(getattr(sg, name), type(sys))}

    assert public
    assert public & modules == set()


@pytest.mark.parametrize("path", sorted((ROOT / "tests" / "reference").glob("*.py")), ids=lambda path: path.stem)
def test_references_stand_alone(path: Path) -> None:
    """The recurrences to compare with import nothing of the package."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]

    assert not [name for name in names if name.split(".")[0] == "symgate"]


def test_source_is_ascii() -> None:
    """Everything tracked as source or prose is ASCII."""
    folders = [PACKAGE, ROOT / "tests", ROOT / "docs", ROOT / "derivations", ROOT / "benchmarks"]
    paths = [path for folder in folders for suffix in ("*.py", "*.md") for path in folder.rglob(suffix)]
    paths = [path for path in paths if "_build" not in path.parts]

    assert [os.fspath(path.relative_to(ROOT)) for path in paths if not path.read_bytes().isascii()] == []
