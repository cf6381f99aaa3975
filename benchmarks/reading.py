"""How much of what authors write is read: ``python benchmarks/reading.py [COLLECTION.toml ...]`` writes reading.json.

The collections of the tests are judged, and others that are named: of each, how many formulas are read and judged right
as published, and what becomes of the rest.  Figures of fuzzing are those of ``fuzz_claims.py`` and ``fuzz_reading.py``.
"""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path
from typing import Any

from benchmarks.wild import OWN, judged

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "benchmarks" / "reading.json"


def collection(path: Path) -> dict[str, Any]:
    """The figures of one collection."""
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["formula"]
    rows = [(entry, judged(entry)) for entry in entries]
    read = [(entry, row) for entry, row in rows if row.verdict in ("proved", "refuted")]
    return {
        "formulas": len(rows),
        "read and judged": len(read),
        "judged right": sum((row.verdict == "proved") == row.holds for _, row in read),
        "wrongly proved": [row.name for _, row in read if row.verdict == "proved" and not row.holds],
        "wrongly refuted": [row.name for _, row in read if row.verdict == "refuted" and row.holds],
        "refuted with a proposal": sum(row.verdict == "refuted" and row.words.startswith("true") for _, row in read),
        "not judged": {row.name: row.words for _, row in rows if row.verdict not in ("proved", "refuted")},
        "median seconds": sorted(round(row.seconds, 2) for _, row in rows)[len(rows) // 2],
    }


def main() -> None:
    """Judge every collection and write down what came out; what was measured before and is not now stays."""
    before = json.loads(TARGET.read_text(encoding="utf-8")) if TARGET.exists() else {}
    found = before.get("collections", {})
    found |= {path.stem: collection(path) for path in [*OWN, *map(Path, sys.argv[1:])]}
    TARGET.write_text(json.dumps(before | {"collections": found}, indent=2) + "\n", encoding="utf-8")
    for name, figures in found.items():
        print(name, {key: value for key, value in figures.items() if key != "not judged"})


if __name__ == "__main__":
    main()
