"""A test that leaves a file in the root makes the run fail; of sweeps a part is run; the whole suite uses the cores."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TEST = "from pathlib import Path\n\ndef test_it() -> None:\n    {line}\n"

SETTINGS = """
[tool.pytest.ini_options]
testpaths = ["tests"]
addopts = ["-m", "not full"]
markers = ["full: all of it", "sweep(count, pool=name): a part of it"]
"""
SWEPT = """
import os
import pytest


@pytest.mark.sweep(2)
@pytest.mark.parametrize("case", range(9))
def test_cases(case: int, worker_id: str) -> None:
    assert worker_id != "master"
    assert not os.environ.get("SYMGATE_FULL")


@pytest.mark.sweep(1, pool="both")
def test_first() -> None: ...


@pytest.mark.sweep(1, pool="both")
def test_second() -> None: ...
"""


def _pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """In a folder with the conftest of these tests."""
    tests = folder / "tests"
    tests.mkdir(exist_ok=True)
    (tests / "conftest.py").write_bytes((ROOT / "tests" / "conftest.py").read_bytes())
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=folder, capture_output=True, text=True, check=False,
        env={name: value for name, value in os.environ.items() if name != "SYMGATE_FULL"}
        | {"PYTEST_ADDOPTS": "", "PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip


def test_a_part_of_each_sweep_and_of_each_pool_is_run_on_several_processes(tmp_path: Path) -> None:
    """Two cases of nine, one test of the pool of two; all of them where the marker does not keep them out."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_swept.py").write_text(SWEPT)
    (tmp_path / "pyproject.toml").write_text(SETTINGS)

    done = _pytest(tmp_path)
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout
    every = _pytest(tmp_path, "-m", "", "--collect-only")
    assert "11 tests collected" in every.stdout


@pytest.mark.parametrize(("line", "code"), [("Path('never.py').write_text('x')", 1), ("Path('a').exists()", 0)])
def test_litter_in_the_root_is_seen(tmp_path: Path, line: str, code: int) -> None:
    """In a copy of the set-up: the same conftest, one test."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_one.py").write_text(TEST.format(line=line))

    done = _pytest(tmp_path, "tests")
    assert done.returncode == code, done.stdout + done.stderr
    assert ("changed the root of the repository: never.py" in done.stderr) == bool(code)
