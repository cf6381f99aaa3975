"""A test that leaves a file in the root of the repository makes the run fail."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TEST = "from pathlib import Path\n\ndef test_it() -> None:\n    {line}\n"


@pytest.mark.parametrize(("line", "code"), [("Path('never.py').write_text('x')", 1), ("Path('a').exists()", 0)])
def test_litter_in_the_root_is_seen(tmp_path: Path, line: str, code: int) -> None:
    """In a copy of the set-up: the same conftest, one test."""
    tests = tmp_path / "tests"
    tests.mkdir()
    (tests / "conftest.py").write_bytes((ROOT / "tests" / "conftest.py").read_bytes())
    (tests / "test_one.py").write_text(TEST.format(line=line))

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTEST_ADDOPTS": "", "PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    assert ("changed the root of the repository: never.py" in done.stderr) == bool(code)
