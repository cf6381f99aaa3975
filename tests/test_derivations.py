"""Every derivation script runs, writes what it wrote before byte for byte, and writes nothing unproved.

After a wanted change of the output: ``python -m tests.test_derivations`` writes the golden output anew.
"""

from __future__ import annotations

import os
import random
import runpy
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import symgate as sg

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = sorted((ROOT / "derivations").glob("*.py"))
GOLDEN = ROOT / "derivations" / "golden"


def outputs(script: Path, folder: Path, hash_seed: str) -> dict[str, str]:
    """What a script prints and writes, by name, run in an empty folder of its own."""
    environment = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
    shown = subprocess.run(
        [sys.executable, "-W", "error", str(script)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 0, shown.stderr
    written = {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}
    return {"printed.txt": shown.stdout} | written


def golden(script: Path) -> dict[str, str]:
    """What a script printed and wrote when it was last looked at."""
    folder = GOLDEN / script.stem
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.sweep(3)
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_script_writes_its_golden_output(script: Path, tmp_path: Path) -> None:
    """The same bytes, under whatever hash seed this run draws."""
    seed = str(random.SystemRandom().randrange(2**32))

    assert outputs(script, tmp_path, seed) == golden(script), f"PYTHONHASHSEED={seed}"


@pytest.mark.sweep(4)
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_nothing_is_written_before_the_proof(
    script: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the last proof of a script fails, the script has printed and written nothing."""
    asked = script.read_text(encoding="utf-8").count(".require()")
    seen: list[object] = []
    verify = sg.verify

    def failing(derivation: sg.Derivation, *args: object, **options: object) -> object:
        seen.append(derivation)
        if len(seen) == asked:
            raise sg.SymgateError("planted: not proved")
        return verify(derivation, *args, **options)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sg, "verify", failing)
    with pytest.raises(sg.SymgateError, match="planted"):
        runpy.run_path(str(script))

    assert asked == len(seen) > 0
    assert capsys.readouterr().out == ""
    assert list(tmp_path.iterdir()) == []


def test_every_cell_has_a_script_under_forty_lines() -> None:
    """One claim a script, short enough to be read at a glance."""
    assert {cell.name for cell in sg.CELLS} <= {script.stem for script in SCRIPTS}
    for script in SCRIPTS:
        text = script.read_text(encoding="utf-8")
        assert text.startswith('"""')
        assert text.count("\n") < 40, script.name


def test_no_golden_output_is_left_over() -> None:
    """A folder of golden output belongs to a script."""
    assert {path.name for path in GOLDEN.iterdir()} == {script.stem for script in SCRIPTS}


if __name__ == "__main__":
    for each in SCRIPTS:
        with tempfile.TemporaryDirectory() as room:
            for name, text in outputs(each, Path(room), "0").items():
                (GOLDEN / each.stem / name).parent.mkdir(parents=True, exist_ok=True)
                (GOLDEN / each.stem / name).write_text(text)
