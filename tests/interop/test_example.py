"""The training example of docs/torch.md runs, learns, and shows what the page says of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def said_by_the_page(numbers: dict[str, float]) -> None:
    """It learns; one unit keeps what no unit kept before, the median one does not; the sensitivity no longer decays."""
    assert numbers["loss at last"] < 1e-2 * numbers["variance of the target"]
    assert numbers["kept over all steps, slowest unit, untrained"] < 1e-3
    assert numbers["kept over all steps, slowest unit, trained"] > 0.1
    assert numbers["kept over all steps, median unit, trained"] < 1e-2
    assert numbers["sensitivity over all steps, untrained"] < 1e-2
    assert numbers["sensitivity over all steps, trained"] > 0.5


def test_the_committed_numbers_say_what_the_page_says() -> None:
    said_by_the_page(json.loads((ROOT / "benchmarks/trained_gru.json").read_text()))


def test_the_script_finds_it_again(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    subprocess.run(
        [sys.executable, str(ROOT / "benchmarks/trained_gru.py"), "--out", str(tmp_path)],
        check=True,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
    )

    said_by_the_page(json.loads((tmp_path / "trained_gru.json").read_text()))
    for name in ("rates", "spectrum"):
        drawn = (tmp_path / f"trained_gru_{name}.svg").read_text()
        assert drawn.lstrip().startswith("<?xml")
        assert "nan" not in drawn.lower()
