"""Mutants: files of the package with one small change each, drawn by a seed.

A mutant flips a comparison, shifts a number by one, swaps two arguments, drops a term, a return value or a ``not``,
takes ``or`` for ``and`` and the like. Annotations, imports and messages of errors are left alone.
"""

from __future__ import annotations

import ast
import copy
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_COMPARE: dict[type[ast.cmpop], list[type[ast.cmpop]]] = {
    ast.Lt: [ast.LtE, ast.GtE],
    ast.LtE: [ast.Lt, ast.Gt],
    ast.Gt: [ast.GtE, ast.LtE],
    ast.GtE: [ast.Gt, ast.Lt],
    ast.Eq: [ast.NotEq],
    ast.NotEq: [ast.Eq],
    ast.Is: [ast.IsNot],
    ast.IsNot: [ast.Is],
    ast.In: [ast.NotIn],
    ast.NotIn: [ast.In],
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.Pow: ast.Mult,
}


@dataclass(frozen=True)
class Mutant:
    """A changed file.

    Attributes:
        path: the file, from the root.
        line: where.
        kind: the kind of change.
        before, after: the changed piece of source.
        text: the whole file.
    """

    path: str
    line: int
    kind: str
    before: str
    after: str
    text: str

    @property
    def key(self) -> str:
        """What tells it from others."""
        return f"{self.path}:{self.line}: {self.kind}: {self.before} -> {self.after}"


def _changes(node: ast.AST) -> Iterator[tuple[str, ast.AST | None]]:
    """Each way to change one node; None takes a statement away."""
    match node:
        case ast.Compare(ops=[op]):
            for other in _COMPARE.get(type(op), []):
                yield "comparison", ast.Compare(node.left, [other()], node.comparators)
        case ast.BoolOp():
            yield "and/or", ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
            for q in range(len(node.values)):
                rest = [value for p, value in enumerate(node.values) if p != q]
                yield "condition dropped", rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
        case ast.UnaryOp(op=ast.Not()):
            yield "not removed", node.operand
        case ast.UnaryOp(op=ast.USub()):
            yield "minus removed", node.operand
        case ast.BinOp() if type(node.op) in _ARITHMETIC:
            yield "operator", ast.BinOp(node.left, _ARITHMETIC[type(node.op)](), node.right)
            yield "term dropped", node.left
            yield "term dropped", node.right
        case ast.Constant(value=bool()):
            yield "constant", ast.Constant(not node.value)
        case ast.Constant(value=int()):
            yield "constant", ast.Constant(node.value + 1)
            yield "constant", ast.Constant(node.value - 1)
        case ast.Call(args=[first, second, *rest]) if not any(isinstance(a, ast.Starred) for a in node.args):
            yield "arguments swapped", ast.Call(node.func, [second, first, *rest], node.keywords)
        case ast.Tuple(elts=[first, second], ctx=ast.Load()):
            yield "pair swapped", ast.Tuple([second, first], ast.Load())
        case ast.IfExp():
            yield "choice", node.body
            yield "choice", node.orelse
        case ast.Return(value=value) if value is not None and not _is_none(value):
            yield "return dropped", ast.Return(ast.Constant(None))
        case ast.If():
            yield "condition true", ast.If(ast.Constant(value=True), node.body, node.orelse)
            yield "condition false", ast.If(ast.Constant(value=False), node.body, node.orelse)
        case ast.Continue():
            yield "continue to break", ast.Break()
        case ast.Break():
            yield "break to continue", ast.Continue()
        case ast.AugAssign() | ast.Raise():
            yield "statement dropped", ast.Pass()
        case ast.Expr(value=ast.Call()):
            yield "statement dropped", ast.Pass()
        case ast.comprehension(ifs=[_, *rest]):
            yield "filter dropped", ast.comprehension(node.target, node.iter, rest, node.is_async)


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _sites(tree: ast.AST) -> Iterator[tuple[ast.AST, str, int | None, ast.AST]]:
    """Every node with the field of its parent that holds it; annotations and docstrings left out."""
    for parent in ast.walk(tree):
        for field, value in ast.iter_fields(parent):
            if field in {"annotation", "returns", "decorator_list", "type_params"}:
                continue
            items = list(enumerate(value)) if isinstance(value, list) else [(None, value)]
            for place, item in items:
                if isinstance(item, ast.AST):
                    yield parent, field, place, item


def _skipped(tree: ast.AST) -> set[int]:
    """Nodes inside annotations, and in messages of errors: nothing depends on them."""
    found: set[int] = set()
    for node in ast.walk(tree):
        inside = [getattr(node, field, None) for field in ("annotation", "returns")]
        if isinstance(node, ast.Raise):
            inside.append(node.exc)
        if isinstance(node, (ast.Import, ast.ImportFrom, ast.JoinedStr)):
            inside.append(node)
        for part in inside:
            if isinstance(part, ast.AST):
                found |= {id(item) for item in ast.walk(part)}
    return found


def _changed_sites(tree: ast.AST) -> Iterator[tuple[ast.AST, str, int | None, ast.AST, str, ast.AST | None]]:
    """Every change of every node, with the place of the node."""
    skipped = _skipped(tree)
    for parent, field, place, node in list(_sites(tree)):
        if id(node) not in skipped:
            for kind, other in _changes(node):
                yield parent, field, place, node, kind, other


def count(path: Path) -> int:
    """How many changes a file has, those that do not compile included."""
    return sum(1 for _ in _changed_sites(ast.parse(path.read_text(encoding="utf-8"))))


def mutants(path: Path, wanted: set[int]) -> Iterator[Mutant]:
    """The mutants of a file with these numbers, as far as they compile."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for number, (parent, field, place, node, kind, other) in enumerate(list(_changed_sites(tree))):
        if number not in wanted:
            continue
        new = copy.copy(other)
        held = getattr(parent, field)
        _put(parent, field, place, new)
        try:
            text = ast.unparse(ast.fix_missing_locations(tree))
            compile(text, str(path), "exec")
        except (SyntaxError, ValueError):
            text = ""
        finally:
            if place is None:
                setattr(parent, field, held)
            else:
                held[place] = node
        if text:
            before, after = _shown(node), _shown(new)
            line = getattr(node, "lineno", getattr(getattr(node, "target", None), "lineno", 0))
            yield Mutant(path.relative_to(ROOT).as_posix(), line, kind, before, after, text)


def _put(parent: ast.AST, field: str, place: int | None, new: ast.AST | None) -> None:
    if place is None:
        setattr(parent, field, new)
    else:
        getattr(parent, field)[place] = new


def _shown(node: ast.AST | None) -> str:
    text = ast.unparse(node) if node is not None else ""
    return " ".join(text.split())[:160]


def sample(packages: list[Path], size: int, seed: int) -> list[Mutant]:
    """A seeded sample of the mutants of files, or of every file of packages."""
    files = [path for item in packages for path in (sorted(item.rglob("*.py")) if item.is_dir() else [item])]
    every = [(path, number) for path in files for number in range(count(path))]
    rng = random.Random(seed)  # noqa: S311 - no secret
    chosen = every if size >= len(every) else rng.sample(every, size)
    found = [mutant for path in files for mutant in mutants(path, {number for own, number in chosen if own == path})]
    rng.shuffle(found)
    return found
