"""Every cell in figures: its file, its derivation, its Jacobian beside jax and torch, interleaved in one process.

python benchmarks/cells.py            # writes benchmarks/cells.json
python benchmarks/cells.py --quick    # fewer repeats, for a look
"""

from __future__ import annotations

import inspect
import json
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import numpy as np  # noqa: E402 - after the number of threads is set
from speed import interleaved  # noqa: E402 - first: it sets the number of threads
from sympy.matrices.expressions import MatAdd  # noqa: E402 - after the number of threads is set

import symgate as sg  # noqa: E402 - after the number of threads is set
from symgate.cells import LIBRARY  # noqa: E402 - after the number of threads is set
from symgate.interop import kernels  # noqa: E402 - after the number of threads is set
from symgate.proof.recurrences import RECURRENCES  # noqa: E402 - after the number of threads is set
from symgate.records import Cell, Derivation  # noqa: E402 - after the number of threads is set

BATCH, INPUTS, SIZES = 64, 4, (64, 128)
REPEATS = 5 if "--quick" in sys.argv else 11
Arrays = dict[str, np.ndarray]


def blocks(cell: Cell) -> list[Derivation]:
    """The Jacobian of each state by each state."""
    return [sg.jacobian(cell, wrt=by.name, of=of.name) for of in cell.states for by in cell.states]


def derivation(cell: Cell) -> dict[str, Any]:
    """Lines of the file, time to derive the whole Jacobian (median of nine), words in it, letters of its LaTeX."""
    taken = []
    for _ in range(9):
        start = time.process_time()
        found = blocks(cell)
        taken.append(1e3 * (time.process_time() - start))
    terms = [term for block in found for name, term in block.named_terms if name != "none"]
    return {
        "lines": len(inspect.getsource(sys.modules[f"symgate.cells.{cell.name}"]).splitlines()),
        "derivation_ms": round(float(np.median(taken)), 3),
        "words": sum(len(term.args) if isinstance(term, MatAdd) else 1 for term in terms),
        "latex_letters": sum(len(sg.latex(block)) for block in found),
    }


def point(cell: Cell, n: int) -> tuple[Arrays, Arrays]:
    """What varies from sample to sample, and the parameters."""
    rng = np.random.default_rng(0)
    sizes = {str(size): n if str(size) == "n" else INPUTS for size in cell.dimensions}
    every = {}
    for name, symbol in cell.symbols.items():
        shape = [sizes[str(size)] for size in getattr(symbol, "shape", ()) if size != 1]
        every[name] = rng.standard_normal(shape) / np.sqrt(n if len(shape) == 2 else 4)
    moving = {str(symbol.name) for symbol in (*(state.before for state in cell.states), *cell.inputs)}
    varied = {name: rng.standard_normal((BATCH, *value.shape)) for name, value in every.items() if name in moving}
    return varied, {name: value for name, value in every.items() if name not in moving}


def contenders(cell: Cell, varied: Arrays, params: Arrays) -> dict[str, Callable[[], Any]]:
    """The same blocks by our generated functions, by jax and by torch, from the recurrence typed for any library."""
    parts = [sg.lambdify(block) for block in blocks(cell)]
    names = [state.name for state in cell.states]
    work: dict[str, Callable[[], Any]] = {"symgate": lambda: [part(**varied, **params) for part in parts]}

    def step(table: Any, p: dict[str, Any], states: dict[str, Any], inputs: dict[str, Any]) -> dict[str, Any]:
        after = RECURRENCES[cell.name](table, **states, **inputs, **p)
        return after if isinstance(after, dict) else {names[0]: after}

    def bound(library: str) -> Any:
        """phi is tanh, and so on, as the cell binds it."""
        table = kernels(library)
        return table | {own: table[other] for own, other in cell.functions if other is not None}

    if find_spec("jax"):
        import jax

        jax.config.update("jax_enable_x64", val=True)
        p = {name: jax.numpy.asarray(value) for name, value in params.items()}
        given = {name: jax.numpy.asarray(value) for name, value in varied.items()}
        first = {name: given[name] for name in names}, {name: given[name] for name in given if name not in names}
        table = bound("jax")
        forward = jax.jit(jax.vmap(jax.jacfwd(lambda s, u, q: step(table, q, s, u)), (0, 0, None)))
        work["jax jit(vmap(jacfwd))"] = lambda: jax.block_until_ready(forward(*first, p))
    if find_spec("torch"):
        import torch

        torch.set_num_threads(1)
        q = {name: torch.tensor(value) for name, value in params.items()}
        tensors = {name: torch.tensor(value) for name, value in varied.items()}
        parted = {name: tensors[name] for name in names}, {name: tensors[name] for name in tensors if name not in names}
        own = bound("torch")
        backward = torch.func.vmap(torch.func.jacrev(lambda s, u: step(own, q, s, u)))
        work["torch vmap(jacrev)"] = lambda: backward(*parted)
    return work


def agreed(cell: Cell, work: dict[str, Callable[[], Any]]) -> float:
    """The largest difference between our blocks and those of the others; nothing else would be worth timing."""
    ours = work["symgate"]()
    pairs = [(of.name, by.name) for of in cell.states for by in cell.states]
    worst = 0.0
    for name, action in work.items():
        if name != "symgate":
            found = action()
            worst = max(
                worst,
                *(np.abs(np.asarray(found[of][by]) - J).max() for (of, by), J in zip(pairs, ours, strict=True)),
            )
    return worst


def main() -> None:
    """Measure every cell and write the table."""
    table = []
    for cell in LIBRARY:
        entry: dict[str, Any] = {"cell": cell.name, **derivation(cell), "jacobian": {}}
        for n in SIZES:
            work = contenders(cell, *point(cell, n))
            difference = agreed(cell, work)
            if difference > 1e-10:
                raise SystemExit(f"{cell.name}: the contenders differ by {difference:.1e}")
            entry["jacobian"][str(n)] = {name: round(row["ms"], 3) for name, row in interleaved(work, REPEATS).items()}
        table.append(entry)
        print(entry, flush=True)
    versions = {name: __import__(name).__version__ for name in ("numpy", "jax", "torch") if find_spec(name)}
    written = {"versions": versions, "batch": BATCH, "repeats": REPEATS, "table": table}
    (HERE / "cells.json").write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
