"""Profiles, samples and processes of the tests; and a watch on the root of the repository, where none leaves a file."""

from __future__ import annotations

import gc
import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
import pytest
from hypothesis import HealthCheck, settings

mpl.use("Agg")

#: On a workstation examples vary from run to run and failures are kept; in CI every run draws the same ones.
#: A quarter of what hypothesis draws where nothing is said, as in ``tests/drawn.py``; a full run draws all.
settings.register_profile("local", max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", parent=settings.get_profile("local"), derandomize=True, print_blob=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") else "local")

ROOT = Path(__file__).resolve().parents[1]
#: What the tools that run the tests keep in the root of the repository.
KEPT_BY_TOOLS = {"__pycache__", ".pytest_cache", ".hypothesis", ".coverage", ".git"}
_BEFORE = pytest.StashKey[set[str]]()
#: Each process collects the tests once more, so more of them than these gain little.
MOST_PROCESSES = 8


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """The whole suite uses the cores, where pytest-xdist is there and nobody says how many."""
    option = config.option
    if hasattr(config, "workerinput") or not hasattr(option, "numprocesses"):
        return  # one of several processes; or without pytest-xdist
    alone = option.usepdb or option.collectonly
    if option.numprocesses is None and config.args_source is config.ArgsSource.TESTPATHS and not alone:
        option.numprocesses = min(os.cpu_count() or 1, MOST_PROCESSES)
    if option.numprocesses and option.dist == "no":
        option.dist = "worksteal"  # tests of one file stay together, and share what it derives


def pytest_configure(config: pytest.Config) -> None:
    """Tell ``tests/drawn.py`` whether this is a run of the full sweeps."""
    if "not full" not in config.option.markexpr:
        os.environ["SYMGATE_FULL"] = "1"
        settings.register_profile("full", max_examples=100)
        settings.load_profile("full")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is collected lives as long as the process: no search for garbage looks through it, now or later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def _digest() -> bytes:
    """Of the source of the package: the same sample everywhere, another one with every change."""
    found = hashlib.sha256()
    for path in sorted((ROOT / "symgate").rglob("*.py")):
        found.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return found.digest()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of a sweep over many cases some are drawn; the others carry the marker ``full``."""
    sweeps: dict[str, list[pytest.Item]] = {}
    for item in items:
        marker = item.get_closest_marker("sweep")
        if marker and not item.get_closest_marker("full"):
            pool = marker.kwargs.get("pool", item.nodeid.partition("[")[0])
            sweeps.setdefault(pool, []).append(item)
    digest = _digest() if sweeps else b""
    for cases in sweeps.values():
        (count,) = cases[0].get_closest_marker("sweep").args  # type: ignore[union-attr]
        cases.sort(key=lambda item: hashlib.sha256(digest + item.nodeid.encode()).digest())
        for item in cases[count:]:
            item.add_marker("full")


def contents(folder: Path) -> set[str]:
    """The names in a folder, those of the tools aside."""
    return {path.name for path in folder.iterdir()} - KEPT_BY_TOOLS


def pytest_sessionstart(session: pytest.Session) -> None:
    """Remember what is in the root of the repository."""
    session.config.stash[_BEFORE] = contents(ROOT)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run if a test left something there: tests write to ``tmp_path``."""
    if hasattr(session.config, "workerinput"):
        return  # one of several processes; the one that started them looks
    left = sorted(session.config.stash[_BEFORE] ^ contents(ROOT))
    if left:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        sys.stderr.write(f"\nERROR: the tests changed the root of the repository: {', '.join(left)}\n")
