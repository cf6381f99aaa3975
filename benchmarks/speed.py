"""Measure how fast generated functions are beside what else is installed: ratios, interleaved in one process.

python benchmarks/speed.py            # writes benchmarks/speed.json, docs/_static/speed.svg and docs/_static/cost.svg
python benchmarks/speed.py --quick    # fewer repeats, for a look
python benchmarks/speed.py --figures  # draws the figures again from benchmarks/speed.json
"""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from timing import CELL, REPEATS, Work, interleaved, point  # isort: skip - sets the number of threads

import compiled
import contenders
import cost
import figures
import numpy as np
import through_time

import symgate as sg
from symgate.codegen import source
from symgate.numeric.load import load_module

HERE = Path(__file__).resolve().parent


def jacobian_rows(batch: int, n: int) -> dict[str, Any]:
    """The batched Jacobian: generated (new array, given array, plan, words alone) and the contenders."""
    given, out = point(batch, n), np.empty((batch, n, n))
    J = sg.jacobian(CELL)
    f, module = sg.lambdify(J), load_module(source(J), J.name)
    plan = module.multi_gate_jacobian_x_plan(**given)
    moving = {"x": given["x"], "u": given["u"]}
    work: Work = {
        "fill of the output": lambda: out.fill(0.0),
        "symgate": lambda: f(**given),
        "symgate, out=": lambda: f(**given, out=out),
        "symgate, plan": lambda: plan(**moving),
        "symgate, factored": lambda: module.multi_gate_jacobian_x_factored(**given),
        **compiled.jacobian(given),
        **contenders.jacobian(given),
    }
    expected = f(**given)
    for name, action in work.items():
        if name not in {"fill of the output", "symgate, factored"}:
            np.testing.assert_allclose(np.asarray(action()), expected, rtol=1e-9, atol=1e-11, err_msg=name)
    return {"work": f"Jacobian, batch {batch}, n {n}", "unit": "symgate, plan", "rows": interleaved(work)}


def table() -> Iterator[dict[str, Any]]:
    """Every row of the table."""
    for size in ((64, 64), (256, 128), (1, 512), (1, 64), (1200, 64)):
        yield jacobian_rows(*size)
    yield through_time.bptt_rows()
    yield through_time.expansion_rows()
    yield through_time.diagonal_rows()
    yield through_time.norm_rows("gates half open", 0.0)
    yield through_time.norm_rows("slow gates (bias -3)", -3.0)
    yield through_time.norm_rows("contracting (weights 0.05)", 0.0, scale=0.05, batch=1)
    yield through_time.norm_rows("lag 200", -1.0, steps=200, batch=1)


def versions() -> dict[str, str]:
    """What was measured."""
    found = {"symgate": sg.__version__, "python": platform.python_version(), "numpy": np.__version__}
    others = ("torch", "jax", "numba", "casadi")
    return found | {name: sys.modules[name].__version__ for name in others if name in sys.modules and find_spec(name)}


def main() -> None:
    """Measure everything and write it down."""
    path, rows = HERE / "speed.json", []
    if "--figures" not in sys.argv:
        for entry in table():
            rows.append(entry)
            unit = entry["rows"][entry["unit"]]["ms"]
            print(entry["work"], {name: round(row["ms"] / unit, 2) for name, row in entry["rows"].items()}, flush=True)
        results = {"versions": versions(), "repeats": REPEATS, "table": rows, "cost": cost.curves()}
        path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    figures.draw(json.loads(path.read_text(encoding="utf-8")), HERE.parent / "docs" / "_static")


if __name__ == "__main__":
    main()
