"""Profiles for the property-based tests, and a watch on the root of the repository, where no test leaves a file."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import matplotlib as mpl
import pytest
from hypothesis import HealthCheck, settings

mpl.use("Agg")

#: On a workstation examples vary from run to run and failures are kept; in CI every run draws the same ones.
settings.register_profile("local", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", parent=settings.get_profile("local"), derandomize=True, print_blob=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") else "local")

ROOT = Path(__file__).resolve().parents[1]
#: What the tools that run the tests keep in the root of the repository.
KEPT_BY_TOOLS = {"__pycache__", ".pytest_cache", ".hypothesis", ".coverage", ".git"}
_BEFORE = pytest.StashKey[set[str]]()


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
