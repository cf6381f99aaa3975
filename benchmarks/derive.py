"""Measure what the documentation states: derivation times, component expansion, import time, sizes, checks.

python benchmarks/derive.py            # writes benchmarks/results.json and docs/_static/benchmarks.md
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import sympy
from sympy.core.cache import clear_cache
from sympy.matrices.expressions import MatAdd

import symgate as sg
from symgate.proof import slips

HERE = Path(__file__).resolve().parent
CAP_SECONDS = 60.0
REPEATS = 15


def seconds(action: Callable[[], Any], *, forget_all: bool | None = None) -> tuple[float, Any]:
    """How long one call takes, and what it returns; before it, caches are emptied unless ``forget_all`` is None."""
    if forget_all is not None:
        forget(all_of_it=forget_all)
    start = time.perf_counter()
    value = action()
    return time.perf_counter() - start, value


def forget(*, all_of_it: bool = False) -> None:
    """Empty symgate's caches, so that a run derives anew; ``all_of_it`` empties SymPy's too, for a cold run."""
    if all_of_it:
        clear_cache()
    for module in [module for name, module in sys.modules.items() if name.startswith("symgate.")]:
        for value in list(vars(module).values()):
            if hasattr(value, "cache_clear"):
                value.cache_clear()


def derivations() -> list[dict[str, Any]]:
    """Each object: cold and warm times, its words and its size as LaTeX."""
    rows = []
    for cell in sg.CELLS:
        for kind, derive in (("jacobian", sg.jacobian), ("vjp", sg.vjp)):
            for name in cell.symbols:
                action = partial(derive, cell, name)
                cold = [seconds(action, forget_all=True)[0] for _ in range(REPEATS)]
                warm = [seconds(action, forget_all=False)[0] for _ in range(REPEATS)]
                found = action()
                terms = [term for _, term in found.named_terms]
                rows.append(
                    {
                        "object": found.name,
                        "cell": cell.name,
                        "kind": kind,
                        "wrt": name,
                        "cold_ms": round(1e3 * statistics.median(cold), 3),
                        "warm_ms": round(1e3 * statistics.median(warm), 3),
                        "words": sum(len(term.args) if isinstance(term, MatAdd) else 1 for term in terms),
                        "latex_bytes": len(sg.latex(found)),
                    }
                )
    return rows


def expanded(name: str, size: int) -> tuple[sympy.Matrix, sympy.Matrix]:
    """A cell with explicit entries, no input: the step and the state."""
    x = sympy.Matrix(sympy.symbols(f"x1:{size + 1}"))
    w = sympy.Matrix(sympy.symbols(f"w1:{size + 1}"))
    weights = sympy.Matrix(size, size, sympy.symbols(f"W1:{size * size + 1}"))
    gates = sympy.Matrix(size, size, sympy.symbols(f"G1:{size * size + 1}"))
    one, drive = sympy.ones(size, 1), (weights * x).applyfunc(sympy.tanh)
    if name == "plain":
        return drive, x
    if name == "leaky":
        alpha = sympy.Symbol("alpha")
        return (1 - alpha) * x + alpha * drive, x
    if name == "unit_leak":
        return (one - w).multiply_elementwise(x) + w.multiply_elementwise(drive), x
    if name == "scalar_gate":
        gate = 1 / (1 + sympy.exp(-(w.T * x)[0]))
        return (1 - gate) * x + gate * drive, x
    vector = (gates * x).applyfunc(lambda value: 1 / (1 + sympy.exp(-value)))
    return (one - vector).multiply_elementwise(x) + vector.multiply_elementwise(drive), x


def expansion() -> list[dict[str, Any]]:
    """SymPy's ``Matrix.jacobian`` on entries, n = 2 .. 32, until one size of a cell takes longer than the cap."""
    rows = []
    for cell in sg.CELLS:
        for size in (2, 4, 8, 16, 32):
            step, state = expanded(cell.name, size)
            taken, found = seconds(partial(step.jacobian, state))
            row = {"cell": cell.name, "n": size, "seconds": round(taken, 4), "latex_bytes": len(sympy.latex(found))}
            rows.append(row)
            print(row, flush=True)
            if taken > CAP_SECONDS:
                break
    return rows


def import_time(runs: int = 9) -> dict[str, Any]:
    """``import symgate`` beyond ``import sympy, numpy``, compiled: medians over fresh processes.

    The first sum in a process makes SymPy import its tensor module (a third to a half of the whole); the second figure
    is taken after such a sum.
    """
    return {
        "runs": runs,
        "median_ms": _import_time("", runs),
        "after_a_first_sum_ms": _import_time("sympy.Symbol('z') + 1; ", runs),
    }


def _import_time(before: str, runs: int) -> float:
    clock = "time.perf_counter()"
    code = f"import time, sympy, numpy; {before}start = {clock}; import symgate; print({clock} - start)"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", code]
    shown = [
        subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout
        for _ in range(runs + 1)
    ]
    return round(1e3 * statistics.median(map(float, shown[1:])), 1)  # the first one compiles


def checks() -> dict[str, Any]:
    """Every object of every cell through every route of proof, and every planted slip."""
    rows, missed, caught = [], [], 0
    for cell in sg.CELLS:
        for found in sg.objects(cell):
            taken, certificate = seconds(partial(sg.verify, found))
            rows.append(
                {
                    "object": found.name,
                    "verdict": certificate.verdict,
                    "seconds": round(taken, 3),
                    "routes": sum(item.passed is not None for item in certificate.evidence),
                    "scalars": certificate.checks,
                }
            )
            for slip in slips(found):
                if sg.verify(slip.derivation).verdict == "refuted":
                    caught += 1
                else:
                    missed.append(f"{found.name}: {slip.kind} in {slip.place}")
        print(cell.name, caught, missed, flush=True)
    return {
        "objects": len(rows),
        "checks": sum(row["routes"] for row in rows),
        "scalars": sum(row["scalars"] for row in rows),
        "verdicts": dict(sorted(Counter(row["verdict"] for row in rows).items())),
        "seconds": round(sum(row["seconds"] for row in rows), 1),
        "planted": caught + len(missed),
        "caught": caught,
        "missed": missed,
        "rows": rows,
    }


def main() -> None:
    """Measure everything and write it down."""
    results: dict[str, Any] = {
        "machine": {"cpu": platform.machine(), "cores_used": 1},
        "versions": {
            "symgate": sg.__version__,
            "python": platform.python_version(),
            "sympy": sympy.__version__,
            "numpy": np.__version__,
        },
        "import": import_time(),
        "derivations": derivations(),
        "expansion": expansion(),
        "proof": checks(),
    }
    (HERE / "results.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
