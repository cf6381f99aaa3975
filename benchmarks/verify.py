"""How long ``verify`` takes for every result of every cell, in processor time, and how many are proved.

python benchmarks/verify.py                 # goes on where it stopped; writes benchmarks/verify.json after each cell
python benchmarks/verify.py --again gru     # measures cells anew
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from pathlib import Path
from typing import Any

import numpy as np
import sympy

import symgate as sg
from symgate.cells import LIBRARY, MATRIX
from symgate.cli.certify import known

FILE = Path(__file__).resolve().parent / "verify.json"
#: The cells of LIBRARY that 0.1.0 does not have.
LATER = frozenset(
    "lstm_projected lstm_zoneout slstm gru_d hgrn rwkv4 ltc cfc stp low_rank dale esn".split()  # noqa: SIM905
)


def measured(cell: sg.Cell) -> dict[str, Any]:
    """Every result of a cell verified once, in the order of the catalogue."""
    taken: dict[str, float] = {}
    open_ = []
    for key, derivation in known(cell).items():
        start = time.process_time()
        certificate = sg.verify(derivation)
        taken[key] = time.process_time() - start
        if certificate.verdict != "proved":
            open_.append(f"{key}: {certificate.verdict}")
    slowest = max(taken, key=lambda key: taken[key])
    return {
        "since": "0.2.0" if cell.name in LATER or cell in MATRIX else "0.1.0",
        "matrix": cell in MATRIX,
        "results": len(taken),
        "proved": len(taken) - len(open_),
        "open": open_,
        "seconds": round(sum(taken.values()), 2),
        "slowest": [slowest, round(taken[slowest], 2)],
    }


def main() -> None:
    """Measure the cells that the file does not have, or those named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--again", nargs="*", default=[], metavar="CELL", help="measure these anew")
    again = set(parser.parse_args().again)
    cells = [*LIBRARY, *MATRIX]
    before = json.loads(FILE.read_text(encoding="utf-8"))["cells"] if FILE.exists() else {}
    found = {cell.name: before[cell.name] for cell in cells if cell.name in before and cell.name not in again}
    for cell in cells:
        if cell.name not in found:
            found[cell.name] = measured(cell)
            print(cell.name, found[cell.name], flush=True)
            FILE.write_text(json.dumps(_written(found), indent=1) + "\n", encoding="utf-8")


def _written(found: dict[str, Any]) -> dict[str, Any]:
    versions = {"symgate": sg.__version__, "python": platform.python_version()}
    versions |= {"sympy": sympy.__version__, "numpy": np.__version__}
    ordered = {cell.name: found[cell.name] for cell in (*LIBRARY, *MATRIX) if cell.name in found}
    return {"machine": platform.machine(), "versions": versions, "cells": ordered}


if __name__ == "__main__":
    main()
