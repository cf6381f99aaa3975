"""Mutation testing: small changes of the package, each of which the tests that run the changed function must notice.

PYTHONPATH=benchmarks python -m pytest -n 2 -p touched
python benchmarks/mutation.py symgate --count 300
python benchmarks/mutation.py symgate --count 300 --seed 1 --journal more.jsonl --also benchmarks/mutation_journal.jsonl
python benchmarks/mutation.py symgate/proof/decision --count 120 --out benchmarks/mutation_decision.json

The first line, on the tree as it is, writes down which test runs which function, and how long each takes.
One process then imports the package and collects the tests in a copy of the tree; every mutant is judged in a fork of
it, by the tests that run its function, its own file's and cheap ones first, up to ``--budget`` seconds of them.
In the fork the changed function takes the place of the one in memory, and what was remembered is forgotten. A change
outside of functions (a table, a default, a decorator) is judged by a fresh process.

A test that fails, an error and a limit of processor time that is passed all kill. A test that kills is run once without
any change: one that fails then too is left out from there on. The journal makes a run resumable.

Whoever looks at a survivor writes what it is under "judgements" in the file of the figures, by its key. A later run
keeps what is said of the mutants that still survive.
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
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pytest
from mutants import ROOT, Mutant, sample
from touched import function_at

_FLAGS = ["-q", "-s", "-p", "no:cacheprovider", "-p", "no:xdist", "--no-header", "--tb=no", "--import-mode=importlib"]
_MEMORY = 6 * 2**30
#: The code of changed functions, by qualified name and first line.
_Pieces = dict[tuple[str, int], CodeType]


class Seen:
    """Which tests run which function, and how long each takes."""

    def __init__(self, start: Path) -> None:
        """From the files that ``touched.py`` wrote."""
        self.seconds: dict[str, float] = {}
        self.tests: dict[str, list[str]] = defaultdict(list)
        self.files: dict[str, set[str]] = defaultdict(set)
        for path in sorted(start.parent.glob(f"{start.name}-*.jsonl")):
            for line in path.read_text(encoding="utf-8").splitlines():
                found = json.loads(line)
                self.seconds[found["test"]] = found["seconds"]
                for function in found["functions"]:
                    self.tests[function].append(found["test"])
                    self.files[function.partition(":")[0]].add(found["test"])
        if not self.seconds:
            raise SystemExit(f"No files {start}-*.jsonl; the first of the lines that --help shows writes them.")

    def running(self, mutant: Mutant) -> list[str]:
        """The tests that run the function of a mutant, the best first; where none does, those of its file or folder."""
        place = mutant.path.removesuffix(".py").removesuffix("/__init__")
        found = self.tests.get(self.function(mutant)) or self.files.get(place) or self._beside(place)
        stem = Path(place).stem
        near = {test: 0.2 if stem in Path(test.partition("::")[0]).stem else 1.0 for test in found}
        return sorted(found, key=lambda test: (self.seconds[test] * near[test], test))

    def function(self, mutant: Mutant) -> str:
        """The function of a mutant where a test runs it; "" outside of functions, and where an import alone runs it."""
        found = function_at(mutant.path, (ROOT / mutant.path).read_text(encoding="utf-8"), mutant.line)
        return found if found in self.tests else ""

    def _beside(self, place: str) -> list[str]:
        """The tests in the folder that mirrors that of a file, or in the nearest one around it that has any."""
        for folder in Path("tests", *Path(place).parts[1:]).parents:
            if found := [test for test in self.seconds if test.startswith(f"{folder}/")]:
                return found
        return []


@dataclass
class Judge:
    """A plugin of pytest: once everything is collected, it judges mutants where the tests would be run."""

    folder: Path
    chosen: list[Mutant]
    seen: Seen
    given: argparse.Namespace
    found: list[dict[str, Any]]
    sound: dict[str, bool] = field(default_factory=dict)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """All mutants, in the place of all tests."""
        self.session = session
        self.items = {item.nodeid: item for item in session.items}
        for mutant in self.chosen:  # the package reads some of its modules late
            with suppress(ImportError):  # one for a library that is not installed
                importlib.import_module(mutant.path.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
        gc.unfreeze()  # what was frozen is not listed
        self.functions = _functions_here(self.folder)
        self.caches = _caches_here()
        gc.collect()
        gc.freeze()
        for mutant in self.chosen:
            line = {"key": mutant.key, "kind": mutant.kind, "path": mutant.path} | self.judged(mutant)
            self.found.append(line)
            with self.given.journal.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(line) + "\n")
            print(f"{line['verdict']:24s} {line['seconds']:6.1f} s  {mutant.key}", file=sys.stderr, flush=True)
        return True

    def judged(self, mutant: Mutant) -> dict[str, Any]:
        """What became of one mutant."""
        start = time.perf_counter()
        every = [test for test in self.seen.running(mutant) if test in self.items and self.sound.get(test, True)]
        tests = self._affordable(every)
        if not tests:
            return {"verdict": "survived: never run", "tests": 0, "left": 0, "by": "", "seconds": 0.0}
        limit = int(20 + 4 * sum(self.seen.seconds[test] for test in tests))
        place = self.folder / mutant.path
        held = place.read_text(encoding="utf-8")
        pieces = exchanged(held, mutant.text)
        if not self.seen.function(mutant) or any((place, *key) not in self.functions for key in pieces):
            pieces = {}
        place.write_text(mutant.text, encoding="utf-8")
        try:
            by = self._forked(place, pieces, tests, limit) if pieces else self._fresh(tests, limit)
        finally:
            place.write_text(held, encoding="utf-8")
        if by in self.items and not self._is_sound(by):
            return self.judged(mutant)
        if by and not pieces and self._fresh(tests, limit):
            return {"verdict": "not judged", "tests": 0, "left": len(every), "by": "", "seconds": 0.0}
        verdict = "survived" if not by else "killed: limit" if by == "limit" else "killed"
        told = {"verdict": verdict, "tests": len(tests), "left": len(every) - len(tests), "by": by}
        return told | {"seconds": round(time.perf_counter() - start, 1)}

    def _affordable(self, tests: list[str]) -> list[str]:
        """The first tests, as many as the budget holds and one at least."""
        totals = accumulate(self.seen.seconds[test] for test in tests)
        return [test for test, total in zip(tests, totals, strict=True) if total <= self.given.budget] or tests[:1]

    def _is_sound(self, test: str) -> bool:
        """Whether a test passes without any change."""
        if test not in self.sound:
            self.sound[test] = not self._forked(self.folder, {}, [test], int(60 + 8 * self.seen.seconds[test]))
        return self.sound[test]

    def _forked(self, place: Path, pieces: _Pieces, tests: list[str], limit: int) -> str:
        """The first test that fails in a fork with functions changed; "" if none does, "limit" where it is passed."""
        reads, writes = os.pipe()
        child = os.fork()
        if not child:
            os.close(reads)
            self._child(place, pieces, tests, limit, writes)
        os.close(writes)
        with os.fdopen(reads, encoding="utf-8") as lines:
            told = lines.read()
        _, status = os.waitpid(child, 0)
        return "limit" if os.WIFSIGNALED(status) else told

    def _child(self, place: Path, pieces: _Pieces, tests: list[str], limit: int, writes: int) -> None:
        """What happens in a fork; it never returns."""
        told = ""
        try:
            _limit(limit)
            quiet = os.open(os.devnull, os.O_WRONLY)
            os.dup2(quiet, 1)
            os.dup2(quiet, 2)
            for (name, line), code in pieces.items():
                for function in self.functions[place, name, line]:
                    function.__code__ = code
            for cache in self.caches:
                cache.cache_clear()
            told = tests[0]
            for test, following in zip(tests, [*tests[1:], None], strict=True):
                told, item = test, self.items[test]
                after = self.items[following] if following else None
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
                if self.session.testsfailed:
                    break
            else:
                told = ""
        finally:
            os.write(writes, told.encode())
            os._exit(0)

    def _fresh(self, tests: list[str], limit: int) -> str:
        """The same in a fresh process, which reads the changed file; which test failed is not told."""
        with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as names:
            names.write("\n".join(tests))
            names.flush()
            command = [sys.executable, "-m", "pytest", "-x", *_FLAGS, f"@{names.name}"]
            limited = functools.partial(_limit, limit + 30)
            done = subprocess.run(command, cwd=self.folder, capture_output=True, check=False, preexec_fn=limited)
        if done.returncode < 0:
            return "limit"
        return "" if done.returncode == 0 else f"pytest ended with {done.returncode}"


def _limit(seconds: int) -> None:
    """Bound the processor time and the memory of this process."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


def _functions_here(folder: Path) -> dict[tuple[Path, str, int], list[FunctionType]]:
    """Every function of a folder that is in memory, by file, qualified name and first line."""
    found: dict[tuple[Path, str, int], list[FunctionType]] = defaultdict(list)
    for item in gc.get_objects():
        if type(item) is FunctionType and item.__code__.co_filename.startswith(str(folder)):
            code = item.__code__
            found[Path(code.co_filename), code.co_qualname, code.co_firstlineno].append(item)
    return found


def _caches_here() -> list[Any]:
    """Everything that functions of the package remember."""
    kind = functools._lru_cache_wrapper  # noqa: SLF001
    return [item for item in gc.get_objects() if type(item) is kind and str(item.__module__).startswith("symgate")]


def exchanged(before: str, after: str) -> _Pieces:
    """The functions that differ between two texts of a file; none where anything outside of functions differs."""
    old, new = (compile(text, "one file", "exec", dont_inherit=True) for text in (before, after))
    pairs = list(zip(_functions(old), _functions(new), strict=False))
    if len(list(_functions(old))) != len(list(_functions(new))) or _bare(old) != _bare(new):
        return {}
    if any(one.co_qualname != other.co_qualname or one.co_freevars != other.co_freevars for one, other in pairs):
        return {}
    return {(one.co_qualname, one.co_firstlineno): other for one, other in pairs if _body(one) != _body(other)}


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


def summary(found: list[dict[str, Any]], said: Mapping[str, str]) -> dict[str, Any]:
    """Counts, and every survivor with what was ``said`` of it."""
    counts = Counter(item["verdict"] for item in found)
    found = [item for item in found if item["verdict"] != "not judged"]
    killed = sum(n for verdict, n in counts.items() if verdict.startswith("killed"))
    kinds: dict[str, Counter[str]] = {}
    for item in found:
        kinds.setdefault(item["kind"], Counter())[item["verdict"]] += 1
    packages: dict[str, list[int]] = {}
    for item in found:
        parts = item["path"].split("/")
        places = {"/".join(parts[:2]), "/".join(parts[:3])} if parts[1] == "proof" else {"/".join(parts[:2])}
        for place in places:
            packages.setdefault(place, []).append(item["verdict"].startswith("killed"))
    survivors = sorted(item["key"] for item in found if item["verdict"].startswith("survived"))
    return {
        "mutants": len(found),
        "killed": killed,
        "share killed": round(killed / max(1, len(found)), 4),
        "by verdict": dict(counts),
        "by package": {name: {"mutants": len(own), "killed": sum(own)} for name, own in sorted(packages.items())},
        "by kind": {kind: dict(table) for kind, table in sorted(kinds.items())},
        "survivors": survivors,
        "judgements": {key: said[key] for key in survivors if key in said},
    }


def copied(folder: Path) -> None:
    """Every tracked file, in a folder where files can be changed."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in listed.stdout.split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def judge(chosen: list[Mutant], seen: Seen, given: argparse.Namespace) -> list[dict[str, Any]]:
    """Judge the mutants that the journal does not hold yet; what is known of all that were chosen."""
    found = [json.loads(line) for line in given.journal.read_text().splitlines()] if given.journal.exists() else []
    known = {item["key"] for item in found}
    left = [mutant for mutant in chosen if mutant.key not in known][: given.batch]
    print(f"{len(chosen)} mutants, {len(left)} of them to be judged", flush=True)
    files = sorted({test.partition("::")[0] for mutant in left for test in seen.running(mutant)})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        copied(folder)
        os.chdir(folder)
        sys.path[:] = [str(folder), *(place for place in sys.path if place not in {str(ROOT), ""})]
        sys.dont_write_bytecode = True
        os.environ |= {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
        judging = Judge(folder, left, seen, given, found)
        if left and pytest.main([*_FLAGS, *files], plugins=[judging]):
            raise SystemExit("The tests cannot be collected.")
        os.chdir(ROOT)
    keys = {mutant.key for mutant in chosen}
    others = [json.loads(line) for path in given.also for line in path.read_text().splitlines()]
    return [item for item in found if item["key"] in keys] + others


def main() -> None:
    """Parse, judge, summarise."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", type=Path, nargs="+", help="files or folders, from the root")
    parser.add_argument(
        "--touched", type=Path, default=ROOT / "benchmarks" / "touched", help="where the files of touched.py start"
    )
    parser.add_argument("--budget", type=float, default=40.0, help="seconds of tests for each mutant, most")
    parser.add_argument("--batch", type=int, default=10**6, help="how many are judged before the program ends")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--journal", type=Path, default=ROOT / "benchmarks" / "mutation_journal.jsonl")
    parser.add_argument("--also", type=Path, nargs="*", default=[], help="journals of other runs, which count too")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "mutation.json")
    parser.add_argument("--list", action="store_true", help="list the mutants and judge none")
    given = parser.parse_args()
    given.journal, given.out = given.journal.resolve(), given.out.resolve()
    chosen = sample([(ROOT / item).resolve() for item in given.package], given.count, given.seed)
    if given.list:
        print("\n".join(mutant.key for mutant in chosen))
        return
    said = json.loads(given.out.read_text(encoding="utf-8")).get("judgements", {}) if given.out.exists() else {}
    figures = summary(judge(chosen, Seen(given.touched), given), said)
    given.out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
