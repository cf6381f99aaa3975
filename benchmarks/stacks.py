"""Measure how results of a stack grow with its layers: derive, verify, print and export, in processor time.

python benchmarks/stacks.py after              # writes its rows to benchmarks/stacks.json, under that name
python benchmarks/stacks.py before --cap 60    # the same rows under another name, such as those of an earlier commit

A row is the last one where a step takes longer than ``--cap`` seconds.  Every layer is a multi gate; the Jacobian of
all states has L (L + 1) / 2 blocks.  Processor time is that of this process: other work on the machine counts little.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import sympy

import symgate as sg
from symgate.exporting import exported

WRITTEN = Path(__file__).resolve().parent / "stacks.json"
LAYERS = (1, 2, 4, 8, 16, 32)


def seconds(action: Callable[[], Any]) -> tuple[float, Any]:
    """The processor time of one call, and what it returns."""
    start = time.process_time()
    value = action()
    return round(time.process_time() - start, 3), value


def row(layers: int, cap: float) -> dict[str, Any]:
    """One number of layers; what comes after a step beyond the cap is left out."""
    one = sg.cell("multi_gate")
    cell = one if layers == 1 else sg.cells.stack("tower", *[one] * layers)
    found: dict[str, Any] = {"layers": layers}
    found["derive_s"], J = seconds(partial(sg.state_jacobian, cell))
    if found["derive_s"] > cap:
        return found
    found["latex_s"], text = seconds(partial(sg.latex, J))
    found["latex_characters"] = len(text)
    found["verify_s"], certificate = seconds(partial(sg.verify, J))
    found["verdict"] = str(certificate.verdict.value)
    found["export_s"], text = seconds(partial(exported, cell, "numpy"))
    found["export_bytes"] = len(text.encode())
    return found


def main() -> None:
    """Measure, and write beside what is there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name")
    parser.add_argument("--cap", type=float, default=120.0)
    parser.add_argument("--layers", type=int, nargs="+", default=LAYERS)
    asked = parser.parse_args()
    rows = []
    for layers in asked.layers:
        rows.append(row(layers, asked.cap))
        print(rows[-1], flush=True)
        if max(value for key, value in rows[-1].items() if key.endswith("_s")) > asked.cap:
            break
    known = json.loads(WRITTEN.read_text(encoding="utf-8")) if WRITTEN.exists() else {}
    machine = {"cpu": platform.machine(), "python": platform.python_version(), "sympy": sympy.__version__}
    load = round(os.getloadavg()[0], 1)
    known[asked.name] = {"machine": machine, "load": load, "cap_s": asked.cap, "rows": rows}
    WRITTEN.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
