"""The house in figures: files and lines by package, complexity, repeated passages, at a revision and now.

    pip install radon pylint
    python benchmarks/house.py REVISION      # writes house.json; REVISION is what "before" means

Needs git, radon (cyclomatic complexity) and pylint (passages of six lines and more that stand twice, without imports,
docstrings, comments and signatures).
"""

from __future__ import annotations

import io
import json
import statistics
import subprocess
import sys
import tarfile
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(__file__).resolve().parent / "house.json"
PASSAGES = (
    "--disable=all",
    "--enable=duplicate-code",
    "--min-similarity-lines=6",
    "--ignore-imports=y",
    "--ignore-docstrings=y",
    "--ignore-comments=y",
    "--ignore-signatures=y",
)


def counted(lengths: list[int]) -> dict[str, Any]:
    """Files, lines, mean and largest."""
    return {
        "files": len(lengths),
        "lines": sum(lengths),
        "mean": round(statistics.mean(lengths)),
        "largest": max(lengths),
    }


def sizes(folder: Path) -> dict[str, Any]:
    """The Python files of a package, by its rooms; the files beside the rooms are a room called "."."""
    rooms = defaultdict(list)
    for path in sorted(folder.rglob("*.py")):
        below = path.relative_to(folder).parts
        rooms[below[0] if len(below) > 1 else "."].append(len(path.read_text(encoding="utf-8").splitlines()))
    every = [length for lengths in rooms.values() for length in lengths]
    return {"rooms": {name: counted(lengths) for name, lengths in sorted(rooms.items())}, "all": counted(every)}


def complexity(folder: Path) -> float:
    """The mean cyclomatic complexity of functions, methods and classes."""
    said = subprocess.run([sys.executable, "-m", "radon", "cc", "-j", str(folder)], capture_output=True, check=True)
    blocks = [block["complexity"] for blocks in json.loads(said.stdout).values() for block in blocks]
    return round(statistics.mean(blocks), 2)


def repeated(folder: Path) -> int:
    """The pairs of passages that stand twice."""
    command = [sys.executable, "-m", "pylint", *PASSAGES, folder.name]
    said = subprocess.run(command, cwd=folder.parent, capture_output=True, text=True, check=False).stdout
    if "rated at" not in said:
        raise SystemExit(f"pylint did not run to its end: {said[-300:]}")
    return said.count("R0801")


def measured(folder: Path) -> dict[str, Any]:
    """All figures of one tree."""
    return {**sizes(folder), "complexity": complexity(folder), "repeated passages": repeated(folder)}


def main() -> None:
    """Measure the package at a revision and as it stands."""
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    archive = subprocess.run(["git", "archive", sys.argv[1], "symgate"], cwd=ROOT, capture_output=True, check=True)
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
            files.extractall(folder, filter="data")
        before = measured(Path(folder) / "symgate")
    found = {"before": before, "now": measured(ROOT / "symgate")}
    TARGET.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
