"""Reads the imports and calls of a source tree with ``ast`` and says where they break the design.

Kept apart from the test so that the test can plant violations in a tree of its own.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

#: Left to right; a file imports only from its left, and names in one group do not import one another.
FLOW: tuple[frozenset[str], ...] = tuple(
    frozenset(group.split())
    for group in (
        "errors version",
        "names files lettering templates",
        "nonlinearities",
        "records",
        "language catalogue",
        "notation",
        "cells calculus",
        "derive interop",
        "proof tex codegen",
        "exporting",
        "claims numeric",
        "experiments",
        "plots",
        "report page",
        "cli pytest_plugin",
        "__main__",
    )
)
RANK = {name: place for place, group in enumerate(FLOW) for name in group}

#: Which parts may import a package that is neither of the standard library nor SymPy.
ALLOWED = {
    "numpy": {"proof", "interop", "claims", "numeric", "experiments", "plots", "report", "cli"},
    "matplotlib": {"plots"},
    "mpl_toolkits": {"plots"},
    "rich": {"report", "cli"},
    "torch": {"interop"},
    "jax": {"interop"},
    "sympy": set(RANK) - {"interop", "__main__"},
    "lark": {"claims"},
    "jinja2": {"templates"},
    "markupsafe": {"templates"},
    "threadpoolctl": {"experiments"},
    "flint": {"claims"},
    "dask": {"cli"},
    "pytest": {"pytest_plugin"},
    "mpmath": {"proof", "nonlinearities"},
}

#: Text of generated modules, kept as files: what it may import besides, and no file of the package imports it.
WRITTEN = ("codegen", "written")
WRITTEN_IMPORTS = {"numpy", "numba", "torch", "jax", "array_api_compat"}

#: Calls that run text, and SymPy's functions that do.
RUNS_TEXT = {"eval", "exec", "compile", "__import__"}
SYMPY_RUNS_TEXT = {"lambdify", "parse_expr", "parse_latex", "parse_mathematica", "autowrap", "ufuncify", "S"}

#: Parts whose checks would repeat the mistakes of these, so that they must not reach them even through others.
INDEPENDENT = {"proof": {"calculus", "derive", "tex", "codegen"}, "tex": {"calculus"}, "codegen": {"calculus"}}


def violations(root: Path) -> list[str]:
    """Every broken rule in the package at ``root``, as "file:line: reason", sorted."""
    found: list[str] = []
    graph: dict[str, set[str]] = {}
    for path in sorted(root.rglob("*.py")):
        part = _part(path, root)
        tree = ast.parse(path.read_text(encoding="utf-8"))
        where = path.relative_to(root.parent).as_posix()
        if part and part not in RANK:
            found.append(f"{where}:1: {part!r} has no place in the flow; give it one in tests/architecture.py")
            continue
        for line, target in _imports(tree, path, root):
            reason = _why_not(part, target, root)
            if path.relative_to(root).parts[:2] == WRITTEN:
                reason = "" if target[0] in WRITTEN_IMPORTS or target[1:3] == WRITTEN else reason
            elif target[:3] == (root.name, *WRITTEN):
                reason = "the text of generated modules is read, and imported by nothing but tests"
            if reason:
                found.append(f"{where}:{line}: {reason}")
            if part and target[0] == root.name and len(target) > 1:
                graph.setdefault(part, set()).add(target[1])
        found += [f"{where}:{line}: {reason}" for line, reason in _calls(tree)]
    return sorted([*found, *_reached(graph)])


def _part(path: Path, root: Path) -> str:
    """The part of the package a file belongs to; "" for the package's own ``__init__``."""
    first = path.relative_to(root).parts[0]
    return "" if first == "__init__.py" else first.removesuffix(".py")


def _imports(tree: ast.AST, path: Path, root: Path) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Every import, wherever it stands: (line, dotted target).  ``from symgate import tex`` counts as symgate.tex."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, tuple(alias.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            base = node.module.split(".") if node.module else []
            if node.level:
                package = [root.name, *path.relative_to(root).parts[:-1]]
                base = package[: len(package) - node.level + 1] + base
            for alias in node.names:
                yield node.lineno, (*base, alias.name)
        elif isinstance(node, ast.Call) and _name(node.func) == "import_module":
            text = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else "?"
            yield node.lineno, tuple(str(text).split("."))


def _why_not(part: str, target: tuple[str, ...], root: Path) -> str:
    """Why ``part`` may not import ``target``; "" where it may."""
    package = target[0]
    if package == root.name:
        return _why_not_inside(part, target, root)
    if package == "?":
        return "imports a module whose name is computed" if part != "interop" else ""
    if package in ALLOWED:
        return "" if part in ALLOWED[package] else f"{part or root.name} must not import {package}"
    return "" if package in sys.stdlib_module_names else f"{package} is no dependency of the package"


def _why_not_inside(part: str, target: tuple[str, ...], root: Path) -> str:
    if not part:
        return ""
    other = target[1] if len(target) > 1 else ""
    if other not in RANK or not ((root / other).is_dir() or (root / f"{other}.py").is_file()):
        return f"{part} imports from {root.name} itself, which imports everything"
    if other == part:
        return ""
    if RANK[other] >= RANK[part]:
        return f"{part} must not import {other}: it stands {'beside' if RANK[other] == RANK[part] else 'right of'} it"
    if other == "interop" and part not in {"proof", "cli"}:
        return f"{part} must not import interop: torch and jax serve proof as oracles and users as sources of weights"
    return ""


def _calls(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Calls that run text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "sympy":
            for alias in node.names:
                if alias.name in SYMPY_RUNS_TEXT - {"S"}:
                    yield node.lineno, f"sympy's {alias.name} runs text"
        if not isinstance(node, ast.Call):
            continue
        name = _name(node.func)
        if isinstance(node.func, ast.Name) and name in RUNS_TEXT:
            yield node.lineno, f"{name} runs text"
        if (
            isinstance(node.func, ast.Attribute)
            and _name(node.func.value) in {"sympy", "sp"}
            and name in SYMPY_RUNS_TEXT
        ):
            yield node.lineno, f"sympy's {name} runs text"
        if isinstance(node.func, ast.Name) and name == "S":
            yield node.lineno, "S(...) reads text"
        if name == "sympify" and not any(word.arg == "strict" and _is_true(word.value) for word in node.keywords):
            yield node.lineno, "sympify without strict=True reads text"
        if name in {"subs", "xreplace"} and any(_is_text(item) for item in node.args):
            yield node.lineno, f"{name} with text reads it"


def _reached(graph: dict[str, set[str]]) -> Iterator[str]:
    """What an independent part reaches through others, its own base left of ``cells`` aside."""
    for part, shunned in sorted(INDEPENDENT.items()):
        seen, stack = set[str](), [part]
        while stack:
            for other in graph.get(stack.pop(), set()) - seen:
                seen.add(other)
                stack.append(other)
        yield from (f"{part} reaches {other}, so it could repeat its mistakes" for other in sorted(seen & shunned))


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
