"""Mutation testing of a package: small changes in its code, each of which a fast selection of tests must notice.

python benchmarks/mutation.py symgate/proof/decision --tests tests/proof/decision tests/truth/test_attacks.py
python benchmarks/mutation.py symgate/proof/decision --list        # every mutant, none run
python benchmarks/mutation.py symgate --count 300 --batch 20       # of every package; the next 20 of them

Without ``--tests`` each mutant meets the tests that touch its file: those of the same name, those that import it, then
those of its folder, ``--files`` in all; the first that fails ends it. A survivor is worth another run with more.

A mutant flips a comparison, shifts a number by one, swaps two arguments, drops a term, a return value or a ``not``,
takes ``or`` for ``and`` and the like. It runs in a copy of the tree under a limit of processor time; a test that
fails, an error and a limit that is passed all kill it. Survivors are listed with file, line and what was changed.
The sample is the same for the same seed; a journal makes a run resumable.
"""

from __future__ import annotations

import argparse
import ast
import copy
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
_COPIED = ("symgate", "tests", "pyproject.toml")
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


def copied(folder: Path) -> None:
    """A copy of the tree to be changed."""
    for name in _COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        else:
            shutil.copy2(source, folder / name)


def _limit(seconds: int) -> Any:
    def set_limits() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_AS, (6 * 2**30, 6 * 2**30))

    return set_limits


def tested(folder: Path, tests: list[str], seconds: int) -> tuple[str, float]:
    """Run the tests in a copy: "survived", "killed" or "killed: limit"; and how long it took."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--no-header", "--tb=no", *tests]
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=8 * seconds,
            preexec_fn=_limit(seconds),
        )
    except subprocess.TimeoutExpired:
        return "killed: limit", time.perf_counter() - start
    if done.returncode == 0:
        return "survived", time.perf_counter() - start
    if done.returncode in {3, 4, 5}:
        raise RuntimeError(f"pytest itself failed: {done.stdout[-800:]}{done.stderr[-800:]}")
    limit = done.returncode < 0
    return "killed: limit" if limit else "killed", time.perf_counter() - start


def touching(path: str, most: int) -> list[str]:
    """The test files that touch a file of the package, the nearest first, as paths from the root.

    Of the same name (``tests`` mirrors the package), then those that import it, then those of its folder.
    """
    own = Path(path).relative_to("symgate")
    folder, stem = ROOT / "tests" / own.parent, own.stem if own.stem != "__init__" else own.parent.name
    while not (beside := sorted(folder.glob("test_*.py"))):
        folder = folder.parent
    named = [item for item in beside if item.stem.startswith(f"test_{stem}")]
    named += [item for part in own.parts[:-1] for item in sorted((ROOT / "tests").glob(f"test_{part}*.py"))]
    module = ".".join(("symgate", *own.with_suffix("").parts)).removesuffix(".__init__")
    importing = [item for item in sorted((ROOT / "tests").rglob("test_*.py")) if module in _imported(item)]
    importing.sort(key=lambda item: folder not in item.parents)
    found = dict.fromkeys((*named, *importing, *beside))
    return [item.relative_to(ROOT).as_posix() for item in found][:most]


@cache
def _imported(test: Path) -> frozenset[str]:
    """The modules that a test names in its imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(test.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return frozenset(found)


def sample(packages: list[Path], size: int, seed: int) -> list[Mutant]:
    """A seeded sample of the mutants of files, or of every file of packages."""
    files = [path for item in packages for path in (sorted(item.rglob("*.py")) if item.is_dir() else [item])]
    every = [(path, number) for path in files for number in range(count(path))]
    rng = random.Random(seed)  # noqa: S311 - no secret
    chosen = every if size >= len(every) else rng.sample(every, size)
    found = [mutant for path in files for mutant in mutants(path, {number for own, number in chosen if own == path})]
    rng.shuffle(found)
    return found


def run(chosen: list[Mutant], given: argparse.Namespace) -> list[dict[str, Any]]:
    """Judge the next mutants that the journal does not hold yet, as many as a batch; what it holds of these mutants."""
    journal = given.journal
    found = [json.loads(line) for line in journal.read_text().splitlines()] if journal.exists() else []
    known = {item["key"] for item in found}
    left = [mutant for mutant in chosen if mutant.key not in known]
    print(f"{len(chosen)} mutants, {len(left)} of them not judged yet", flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copied(folder)
        for mutant in left[: given.batch]:
            tests = given.tests or touching(mutant.path, given.files)
            found.append(_judged(folder, mutant, tests, given.seconds))
            with journal.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(found[-1]) + "\n")
            print(f"{found[-1]['verdict']:14s} {found[-1]['seconds']:6.1f} s  {mutant.key}", flush=True)
    keys = {mutant.key for mutant in chosen}
    return [item for item in found if item["key"] in keys]


def _judged(folder: Path, mutant: Mutant, tests: list[str], seconds: int) -> dict[str, Any]:
    """What became of one mutant."""
    _need_to_pass(folder, tuple(tests), seconds)
    place = folder / mutant.path
    held = place.read_text(encoding="utf-8")
    place.write_text(mutant.text, encoding="utf-8")
    try:
        verdict, took = tested(folder, tests, seconds)
    finally:
        place.write_text(held, encoding="utf-8")
    line = {"key": mutant.key, "kind": mutant.kind, "path": mutant.path, "verdict": verdict}
    return line | {"seconds": round(took, 1)}


@cache
def _need_to_pass(folder: Path, tests: tuple[str, ...], seconds: int) -> None:
    """Stop where the tests fail without any change: nothing could be said of mutants then."""
    verdict, took = tested(folder, list(tests), 10 * seconds)
    if verdict != "survived":
        raise SystemExit(f"The tests fail without any change ({took:.0f} s): {' '.join(tests)}")


def summary(found: list[dict[str, Any]]) -> dict[str, Any]:
    """Counts, and every survivor."""
    counts = Counter(item["verdict"] for item in found)
    killed = sum(n for verdict, n in counts.items() if verdict.startswith("killed"))
    kinds: dict[str, Counter[str]] = {}
    for item in found:
        kinds.setdefault(item["kind"], Counter())[item["verdict"]] += 1
    packages: dict[str, list[int]] = {}
    for item in found:
        packages.setdefault("/".join(item["path"].split("/")[:2]), []).append(item["verdict"].startswith("killed"))
    return {
        "mutants": len(found),
        "killed": killed,
        "share killed": round(killed / max(1, len(found)), 4),
        "by verdict": dict(counts),
        "by package": {name: {"mutants": len(own), "killed": sum(own)} for name, own in sorted(packages.items())},
        "by kind": {kind: dict(table) for kind, table in sorted(kinds.items())},
        "survivors": sorted(item["key"] for item in found if item["verdict"] == "survived"),
    }


def main() -> None:
    """Parse, run, summarise."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", type=Path, nargs="+", help="files or folders, from the root")
    parser.add_argument("--tests", nargs="+", default=[], help="what is run for each mutant, as for pytest")
    parser.add_argument("--files", type=int, default=4, help="without --tests, how many test files a mutant meets")
    parser.add_argument("--batch", type=int, default=10**6, help="how many are judged before the program ends")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=int, default=120, help="processor time for each mutant")
    parser.add_argument("--journal", type=Path, default=ROOT / "benchmarks" / "mutation_journal.jsonl")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "mutation.json")
    parser.add_argument("--list", action="store_true", help="list the mutants and run none")
    given = parser.parse_args()
    chosen = sample([(ROOT / item).resolve() for item in given.package], given.count, given.seed)
    if given.list:
        print("\n".join(mutant.key for mutant in chosen))
        return
    found = run(chosen, given)
    given.out.write_text(json.dumps(summary(found), indent=2) + "\n", encoding="utf-8")
    print(json.dumps(summary(found), indent=1))


if __name__ == "__main__":
    main()
