"""How much of what authors write is read: ``python -m benchmarks.reading [--every N] [COLLECTION.toml ...]``.

The collections of the tests are judged, and others that are named: of each, how many formulas are read and judged right
as published, and what becomes of the rest.  Of the prints of the package, text, LaTeX and numbered equation of every
Nth object of every cell, it is counted how many are read back.  All of it is one run, and ``reading.json`` has nothing
else.  Figures of fuzzing are those of ``fuzz_claims.py`` and ``fuzz_reading.py``.
"""

from __future__ import annotations

import argparse
import json
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import symgate as sg
from benchmarks.wild import OWN, judged
from symgate.catalogue import listed
from symgate.cells import LIBRARY
from tests.claims.test_printed import printed, read_back

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


def prints(every: int) -> dict[str, Any]:
    """How many prints of every so manyth object are read back."""
    count, done, failed = 0, Counter[str](), Counter[str]()
    because: list[str] = []
    objects = [(cell, name) for cell in LIBRARY for name in listed(cell)]
    for cell, name in objects[::every]:
        try:
            truth = sg.result(cell, name)
        except sg.SymgateError:  # a cell without retention has no rate of retention
            continue
        count += 1
        for kind, (form, claim) in printed(truth).items():
            done[kind] += 1
            try:
                read_back(truth, name, form, claim)
            except sg.SymgateError as error:
                failed[kind] += 1
                because.append(f"{cell.name} {name}: {error}")
    words = "; ".join(because[:8]) or "nothing"
    return {"objects": count, "one object in": every, "prints": dict(done), "not read": dict(failed), "because": words}


def main() -> None:
    """Judge every collection, read the prints back, and write down what came out."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("collections", nargs="*", type=Path)
    parser.add_argument("--every", type=int, default=1, help="of the prints, one object in so many")
    options = parser.parse_args()
    found = {path.stem: collection(path) for path in [*OWN, *options.collections]}
    whole = {"collections": found, "printed": prints(options.every)}
    TARGET.write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")
    for name, figures in found.items():
        print(name, {key: value for key, value in figures.items() if key != "not judged"})
    print(whole["printed"])


if __name__ == "__main__":
    main()
