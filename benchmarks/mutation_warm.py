"""Mutation testing from one process that has imported and collected everything: each mutant is judged in a fork.

python benchmarks/mutation_warm.py symgate/proof/decision --tests tests/proof/decision --most 0.25

A fork begins with SymPy, the package and the tests in memory, so a mutant costs what its tests cost until the first
fails: the cheapest come first, in the order of the time that they took without any change.  In the fork the code
objects of the changed file are exchanged in the functions that are there, and everything that was remembered is
forgotten.  A change outside of functions (a table, a default, a decorator) means that package and tests are imported
again.
"""

from __future__ import annotations

import argparse
import functools
import gc
import importlib
import json
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from mutation import ROOT, sample, summary  # noqa: E402

_COPIED = ("symgate", "tests", "pyproject.toml")
_OPTIONS = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "--no-header", "--tb=no"]
#: What a fork answers with.
SURVIVED, KILLED = 0, 1


class _Order:
    """A plugin that notes how long each test takes, puts the cheap ones first and leaves out those above a limit."""

    def __init__(self, most: float) -> None:
        self.seconds: dict[str, float] = {}
        self.most = most
        self._started = 0.0

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        items.sort(key=lambda item: self.seconds.get(item.nodeid, 0.0))
        items[:] = [item for item in items if self.seconds.get(item.nodeid, 0.0) <= self.most]

    def pytest_runtest_setup(self) -> None:
        self._started = time.process_time()

    def pytest_runtest_teardown(self, item: Any) -> None:
        self.seconds[item.nodeid] = time.process_time() - self._started


class Warm:
    """The parent of all forks, in a copy of the tree."""

    def __init__(self, root: Path, folder: Path, tests: list[str], most: float) -> None:
        """Copy the tree, import it and collect the tests; those that take more seconds than ``most`` are left out."""
        for name in _COPIED:
            source = root / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
            else:
                shutil.copy2(source, folder / name)
        os.chdir(folder)
        sys.path[:] = [str(folder), *(place for place in sys.path if place not in {str(root), ""})]
        sys.dont_write_bytecode = True
        os.environ["OMP_NUM_THREADS"] = "1"
        self.folder, self.tests, self.order = folder.resolve(), tests, _Order(most)
        if pytest.main(["--collect-only", "-q", "-p", "no:cacheprovider", "--no-header", *tests]):
            raise SystemExit("The tests cannot be collected.")
        here = sys.modules["symgate"].__file__
        if here is None or not Path(here).resolve().is_relative_to(self.folder):
            raise SystemExit(f"The package was imported from {here}, not from the copy.")

    def judged(self, change: tuple[str, str] | None, seconds: int) -> tuple[str, float]:
        """Run the tests in a fork with one file changed, or none: the verdict, and its processor time."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        reads, writes = os.pipe()
        child = os.fork()
        if not child:
            os.close(reads)
            self._child(change, seconds, writes)
        os.close(writes)
        with os.fdopen(reads, encoding="utf-8") as lines:
            told = lines.read()
        _, status = os.waitpid(child, 0)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        if change is None:
            for line in told.splitlines():
                test, _, own = line.rpartition(" ")
                self.order.seconds[test] = float(own)
        if os.WIFSIGNALED(status):
            return "killed: limit", took
        return ("survived" if os.WEXITSTATUS(status) == SURVIVED else "killed"), took

    def _child(self, change: tuple[str, str] | None, seconds: int, writes: int) -> None:
        """What happens in a fork; it never returns."""
        code = KILLED
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
            resource.setrlimit(resource.RLIMIT_AS, (6 * 2**30, 6 * 2**30))
            quiet = os.open(os.devnull, os.O_WRONLY)
            os.dup2(quiet, 1)
            os.dup2(quiet, 2)
            if change is not None:
                self._change(*change)
            _forget()
            code = SURVIVED if pytest.main([*_OPTIONS, *self.tests], plugins=[self.order]) == 0 else KILLED
            lines = (f"{test} {own}\n" for test, own in self.order.seconds.items())
            os.write(writes, "".join(lines).encode()) if change is None else None
        finally:
            os._exit(code)

    def _change(self, path: str, text: str) -> None:
        """Put a changed file in the place of the one in memory."""
        place = self.folder / path
        if not exchanged(place, text):
            place.write_text(text, encoding="utf-8")
            for name in [name for name in sys.modules if name.split(".")[0] in {"symgate", "tests"}]:
                del sys.modules[name]
            importlib.invalidate_caches()


def exchanged(place: Path, text: str) -> bool:
    """Whether the changed functions of a file took the place of those in memory; False where more was changed."""
    old = compile(place.read_text(encoding="utf-8"), str(place), "exec", dont_inherit=True)
    new = compile(text, str(place), "exec", dont_inherit=True)
    pairs = list(zip(_functions(old), _functions(new), strict=False))
    if len(list(_functions(old))) != len(list(_functions(new))) or _bare(old) != _bare(new):
        return False
    changed = {(one.co_qualname, one.co_firstlineno): other for one, other in pairs if _body(one) != _body(other)}
    if any(one.co_qualname != other.co_qualname or one.co_freevars != other.co_freevars for one, other in pairs):
        return False
    met = 0
    for item in gc.get_objects():
        if isinstance(item, FunctionType) and Path(item.__code__.co_filename) == place:
            other = changed.get((item.__code__.co_qualname, item.__code__.co_firstlineno))
            if other is not None:
                item.__code__ = other
                met += 1
    return met > 0


def _functions(code: CodeType) -> Iterator[CodeType]:
    """The outermost functions of a module and of its classes; what is nested in them goes with them."""
    for item in code.co_consts:
        if isinstance(item, CodeType):
            if item.co_flags & 2:  # optimised: a function, not the body of a class
                yield item
            else:
                yield from _functions(item)


def _body(code: CodeType) -> tuple[Any, ...]:
    """What a function does, wherever it stands."""
    held = tuple(_body(item) if isinstance(item, CodeType) else (type(item), item) for item in code.co_consts)
    return (code.co_code, code.co_names, code.co_varnames, held, code.co_exceptiontable)


def _bare(code: CodeType) -> tuple[Any, ...]:
    """What a module does besides the bodies of its functions."""
    held = tuple(
        ("function",) if item.co_flags & 2 else _bare(item) for item in code.co_consts if isinstance(item, CodeType)
    )
    plain = tuple((type(item), repr(item)) for item in code.co_consts if not isinstance(item, CodeType))
    return (code.co_code, code.co_names, held, plain)


def _forget() -> None:
    """Everything that functions of the package remembered."""
    for item in gc.get_objects():
        if isinstance(item, functools._lru_cache_wrapper) and str(item.__module__).startswith("symgate.proof"):  # noqa: SLF001
            item.cache_clear()


def main() -> None:
    """Parse, run, summarise."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", type=Path, help="a file or a folder, from the root")
    parser.add_argument("--tests", nargs="+", default=[], help="what is run for each mutant, as for pytest")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=int, default=120, help="processor time for each mutant")
    parser.add_argument("--most", type=float, default=float("inf"), help="leave out tests that take longer alone")
    parser.add_argument("--journal", type=Path, default=HERE / "mutation_warm_journal.jsonl")
    given = parser.parse_args()
    journal = given.journal.resolve()
    found = [json.loads(line) for line in journal.read_text().splitlines()] if journal.exists() else []
    known = {item["key"] for item in found}
    chosen = sample([(ROOT / given.package).resolve()], given.count, given.seed)
    with tempfile.TemporaryDirectory() as name:
        parent = Warm(ROOT, Path(name), given.tests, given.most)
        if parent.judged(None, 10 * given.seconds)[0] != "survived":
            raise SystemExit("The tests fail without any change; nothing can be said of mutants.")
        for mutant in chosen:
            if mutant.key not in known:
                verdict, took = parent.judged((mutant.path, mutant.text), given.seconds)
                line = {"key": mutant.key, "kind": mutant.kind, "path": mutant.path, "verdict": verdict}
                found.append(line | {"seconds": round(took, 1)})
                with journal.open("a", encoding="utf-8") as lines:
                    lines.write(json.dumps(found[-1]) + "\n")
    print(json.dumps(summary(found), indent=1))


if __name__ == "__main__":
    main()
