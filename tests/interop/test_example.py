"""The training example of docs/torch.md runs, learns, and the network it analyses is the one it trained."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_the_example_learns_and_finds_units_that_keep(tmp_path: Path) -> None:
    """Without a unit that keeps its state the task cannot be learnt; the rates show one."""
    pytest.importorskip("torch")
    blocks = re.findall(r"^```python\n(.*?)^```$", (ROOT / "docs/torch.md").read_text(), re.MULTILINE | re.DOTALL)
    code = next(block for block in blocks if "optimiser" in block)

    shown = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{code}"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    ).stdout

    found = re.search(r"loss (\S+);.* steps: (\S+) at most, (\S+) in", shown)
    assert found is not None, shown
    loss, most, median = map(float, found.groups())
    assert loss < 2e-2
    assert most > 0.3 > median
