"""Every cell in figures: its file, its derivation, its Jacobian and a training step beside jax and torch, interleaved.

python benchmarks/cells.py            # measures the cells that benchmarks/cells.json lacks, writes it after each
python benchmarks/cells.py --again    # all of them anew; where it was interrupted it goes on without --again
python benchmarks/cells.py gru lem    # these cells anew, prints only
python benchmarks/cells.py --figures  # draws docs/_static/cells.svg again
"""

from __future__ import annotations

import inspect
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import figures  # noqa: E402 - after the number of threads is set
import jax  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
import training  # noqa: E402
from sympy.matrices.expressions import MatAdd, MatrixSymbol  # noqa: E402
from timing import interleaved  # noqa: E402 - first: it sets the number of threads

import symgate as sg  # noqa: E402
from symgate.cells import LIBRARY  # noqa: E402
from symgate.codegen.writer.program import analyse  # noqa: E402
from symgate.codegen.writer.words import split  # noqa: E402
from symgate.exporting import written  # noqa: E402
from symgate.interop import kernels  # noqa: E402
from symgate.numeric.load import load_module  # noqa: E402
from symgate.proof.recurrences import RECURRENCES  # noqa: E402
from symgate.records import Cell, Derivation  # noqa: E402

BATCH, INPUTS, SIZES = 64, 4, (64, 128)
#: Turns of a Jacobian, and of a training step, which takes some tens of milliseconds.
REPEATS, TRAINING_REPEATS = 5, 3
OURS, FUNCTION, JAX, TORCH = "symgate", "symgate, without a plan", "jax jit(vmap(jacfwd))", "torch vmap(jacrev)"
#: The plan of the target numba, for cells that have one.
COMPILED = "symgate, numba plan"
Arrays = dict[str, np.ndarray]


def blocks(cell: Cell) -> list[Derivation]:
    """The Jacobian of each state by each state."""
    return [sg.jacobian(cell, wrt=by.name, of=of.name) for of in cell.states for by in cell.states]


def derivation(cell: Cell) -> dict[str, Any]:
    """Lines of the file, time to derive the whole Jacobian (median of five), words in it, letters of its LaTeX."""
    taken = []
    for _ in range(5):
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
    sizes = {str(size): n if str(size) in {"n", "k"} else INPUTS for size in cell.dimensions}
    every = {}
    for name, symbol in cell.symbols.items():
        shape = [sizes[str(size)] for size in getattr(symbol, "shape", ()) if size != 1]
        every[name] = rng.standard_normal(shape) / np.sqrt(n if len(shape) == 2 else 4)
    moving = {str(symbol.name) for symbol in (*(state.before for state in cell.states), *cell.inputs)}
    varied = {name: rng.standard_normal((BATCH, *value.shape)) for name, value in every.items() if name in moving}
    return varied, {name: value for name, value in every.items() if name not in moving}


def contenders(cell: Cell, varied: Arrays, params: Arrays) -> dict[str, Callable[[], Any]]:
    """The Jacobian of all states by our plan, and the same blocks by jax and torch, from the recurrence typed anew."""
    names = [state.name for state in cell.states]
    J = sg.jacobian(cell) if len(names) == 1 else sg.state_jacobian(cell)
    module = load_module(written(J, "numpy"), J.name)
    function, plan = getattr(module, J.name), getattr(module, f"{J.name}_plan")(**varied, **params)
    moving = {item.name: varied[item.name] for item in analyse(J).arguments if item.required and item.name in varied}
    work: dict[str, Callable[[], Any]] = {
        OURS: lambda: plan(**moving),
        FUNCTION: lambda: function(**varied, **params),
    }
    compiled = getattr(load_module(written(J, "numba"), J.name), f"{J.name}_plan", None)
    if compiled is not None:
        quick = compiled(**varied, **params)
        work[COMPILED] = lambda: quick(**moving)

    def step(table: Any, p: dict[str, Any], states: dict[str, Any], inputs: dict[str, Any]) -> dict[str, Any]:
        after = RECURRENCES[cell.name](table, **states, **inputs, **p)
        return after if isinstance(after, dict) else {names[0]: after}

    def bound(library: str) -> Any:
        """phi is tanh, and so on, as the cell binds it."""
        table = kernels(library)
        return table | {own: table[other] for own, other in cell.functions if other is not None}

    jax.config.update("jax_enable_x64", val=True)
    p = {name: jax.numpy.asarray(value) for name, value in params.items()}
    given = {name: jax.numpy.asarray(value) for name, value in varied.items()}
    first = {name: given[name] for name in names}, {name: given[name] for name in given if name not in names}
    table = bound("jax")
    forward = jax.jit(jax.vmap(jax.jacfwd(lambda s, u, q: step(table, q, s, u)), (0, 0, None)))
    work[JAX] = lambda: jax.block_until_ready(forward(*first, p))
    q = {name: torch.tensor(value) for name, value in params.items()}
    tensors = {name: torch.tensor(value) for name, value in varied.items()}
    parted = {name: tensors[name] for name in names}, {name: tensors[name] for name in tensors if name not in names}
    own = bound("torch")
    backward = torch.func.vmap(torch.func.jacrev(lambda s, u: step(own, q, s, u)))
    work[TORCH] = lambda: backward(*parted)
    return work


def agreed(cell: Cell, work: dict[str, Callable[[], Any]]) -> float:
    """The largest difference between our blocks and those of the others, in units of the largest entry."""
    found = {name: action() for name, action in work.items()}
    whole, names = found[OURS], [state.name for state in cell.states]
    ends = np.cumsum([0, *(next(iter(found[JAX].values()))[name].shape[-1] for name in names)])
    ours = {OURS, FUNCTION, COMPILED}
    worst = max(np.abs(found[name] - whole).max() for name in ours & found.keys())
    for name, value in found.items():
        for i, of in enumerate(names) if name not in ours else ():
            for j, by in enumerate(names):
                block = whole[:, ends[i] : ends[i + 1], ends[j] : ends[j + 1]]
                worst = max(worst, np.abs(np.asarray(value[of][by]) - block).max())
    return float(worst / max(1.0, np.abs(whole).max()))


def measured(cell: Cell) -> dict[str, Any]:
    """The row of one cell."""
    entry: dict[str, Any] = {"cell": cell.name, **derivation(cell), "jacobian": {}, "compiled": {}, "training": {}}
    entry["products"] = products(cell)
    for n in SIZES:
        work = contenders(cell, *point(cell, n))
        difference = agreed(cell, work)
        if difference > 1e-10:
            raise SystemExit(f"{cell.name}: the contenders differ by {difference:.1e}")
        times = {name: round(row["ms"], 3) for name, row in interleaved(work, REPEATS).items()}
        entry["compiled"][str(n)] = times.pop(COMPILED, None)
        entry["jacobian"][str(n)] = times
        work = training.contenders(cell, training.DTYPES[1], n) | training.jax_contenders(cell, n)
        rows = interleaved(work, TRAINING_REPEATS, warm=True)
        entry["training"][str(n)] = {name: round(row["ms"], 2) for name, row in rows.items()}
    return entry


def products(cell: Cell) -> bool:
    """Whether a block of the Jacobian holds a product of two matrices for each point."""
    every = [term for block in blocks(cell) for _, term in block.named_terms]
    words = [word for term in every for word in (term.args if isinstance(term, MatAdd) else (term,))]
    return any(
        sum(1 for part in split(word)[1] if isinstance(part, MatrixSymbol) and 1 not in part.shape) > 1
        for word in words
    )


def main() -> None:
    """Measure the cells and write the table."""
    path = HERE / "cells.json"
    asked = [name for name in sys.argv[1:] if not name.startswith("-")]
    known = json.loads(path.read_text(encoding="utf-8"))
    versions = {name: __import__(name).__version__ for name in ("numpy", "jax", "torch")}
    head = {"versions": versions, "batch": BATCH, "steps": training.STEPS, "repeats": [REPEATS, TRAINING_REPEATS]}
    same = {key: value for key, value in known.items() if key != "table"} == head and "--again" not in sys.argv
    rows = {entry["cell"]: entry for entry in known["table"]} if same else {}
    torch.set_num_threads(1)
    for cell in LIBRARY if "--figures" not in sys.argv else ():
        if cell.name in asked if asked else cell.name not in rows:
            start = time.process_time()
            rows[cell.name] = measured(cell)
            print(rows[cell.name], f"{time.process_time() - start:.0f} s", flush=True)
        if not asked:
            every = [rows[one.name] for one in LIBRARY if one.name in rows]
            path.write_text(json.dumps({**head, "table": every}, indent=1) + "\n", encoding="utf-8")
    if not asked:
        figures.draw_cells(json.loads(path.read_text(encoding="utf-8")), HERE.parent / "docs" / "_static")


if __name__ == "__main__":
    main()
