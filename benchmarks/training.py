"""A training step through the exported torch module beside torch's autograd of the same cell, interleaved.

python benchmarks/training.py             # the cells that benchmarks/training.json lacks, written after each
python benchmarks/training.py --again     # all of them anew
python benchmarks/training.py gru lstm    # these cells anew, prints only
python benchmarks/training.py --figures   # draws docs/_static/training.svg again
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import figures  # noqa: E402 - after the number of threads is set
import jax  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402 - one thread is set below
from timing import interleaved  # noqa: E402 - first: it sets the number of threads

from symgate.cells import LIBRARY  # noqa: E402
from symgate.exporting import trained  # noqa: E402
from symgate.interop import kernels  # noqa: E402
from symgate.numeric.load import load_module  # noqa: E402
from symgate.proof.recurrences import RECURRENCES  # noqa: E402
from symgate.records import Cell  # noqa: E402

STEPS, BATCH, UNITS, INPUTS, REPEATS = 80, 64, 64, 4, 3
DTYPES = (torch.float32, torch.float64)
#: What the names of time constants begin with.  They are drawn longer than a step: an explicit step such as that of
#: ``stp`` leaves the range of floats where dt / tau exceeds 2.
TIME_CONSTANT = "tau"
#: The names of the contenders.
OURS, STEPWISE, AT_ONCE = "symgate", "autograd, step by step", "autograd, inputs at once"


def drawn(name: str, shape: list[int], dtype: torch.dtype) -> torch.Tensor:
    """Weights around zero; vectors and numbers are positive, time constants 1 or more."""
    if len(shape) == 2:
        return torch.randn(shape, dtype=dtype) / UNITS**0.5
    return (1 if name.startswith(TIME_CONSTANT) else 0.1) + torch.rand(shape, dtype=dtype) / UNITS**0.5


def contenders(cell: Cell, dtype: torch.dtype, units: int = UNITS) -> dict[str, Any]:
    """Forward and backward of a sequence: the adjoint, and autograd of the same lines.

    Autograd runs once as a recurrence is typed, step by step, and once with what depends on inputs alone computed for
    all steps before the loop, as the exported module does.
    """
    torch.manual_seed(0)
    module = load_module(trained(cell, "torch"), cell.name)
    axes, forward = vars(module)["_SHAPES"], vars(module)["_forward"]
    sizes = {str(size): units if str(size) in {"n", "k"} else INPUTS for size in cell.dimensions}
    weights = [
        drawn(name, [sizes.get(str(a), a) for a in axes[name]], dtype).requires_grad_()
        for name in (str(p.name) for p in cell.parameters)
    ]
    inputs = [
        0.1 + torch.rand((STEPS, BATCH, *(sizes[str(a)] for a in axes[str(u.name)])), dtype=dtype) for u in cell.inputs
    ]
    states = [0.1 + torch.rand((BATCH, sizes[str(s.before.shape[0])]), dtype=dtype) for s in cell.states]
    pull = torch.randn((STEPS, *states[0].shape), dtype=dtype) / (STEPS * BATCH * UNITS)

    def ours() -> Any:
        return torch.autograd.grad(module.sequence(*states, *inputs, *weights)[0], weights, pull, allow_unused=True)

    def stepwise() -> Any:
        now, found = states, []
        for t in range(STEPS):
            now = [values[0] for values in forward(1, (*now, *(u[t] for u in inputs), *weights))]
            found.append(now[0])
        return torch.autograd.grad(torch.stack(found), weights, pull, allow_unused=True)

    def at_once() -> Any:
        rows = [u.reshape(STEPS * BATCH, *u.shape[2:]) for u in inputs]
        values = forward(STEPS, (*states, *rows, *weights))[0]
        return torch.autograd.grad(torch.stack(values), weights, pull, allow_unused=True)

    work = {OURS: ours, STEPWISE: stepwise, AT_ONCE: at_once}
    first, *others = [action() for action in work.values()]
    for other in others:
        for own, value in zip(first, other, strict=True):
            if value is not None and own is not None:
                scale = float(value.abs().max()) or 1.0
                assert float((own - value).abs().max()) <= (1e-3 if dtype == torch.float32 else 1e-9) * scale, cell.name
    return work


def jax_contenders(cell: Cell, units: int = UNITS) -> dict[str, Any]:
    """The gradient by all parameters through a sequence, under jit: of the exported module, and of jax by a scan."""
    jax.config.update("jax_enable_x64", val=True)
    given = load_module(trained(cell, "jax"), f"{cell.name}_jax")
    sizes = {str(size): units if str(size) in {"n", "k"} else INPUTS for size in cell.dimensions}
    rng, names = np.random.default_rng(0), [state.name for state in cell.states]
    shapes = {name: [sizes.get(str(a), a) for a in axes] for name, axes in vars(given)["_SHAPES"].items()}
    moving = {str(u.name) for u in cell.inputs}
    weights = {
        str(p.name): jax.numpy.asarray(_drawn(str(p.name), rng, shapes[str(p.name)], units)) for p in cell.parameters
    }
    inputs = {name: jax.numpy.asarray(0.1 + rng.random((STEPS, BATCH, *shapes[name]))) for name in moving}
    states = {name: jax.numpy.asarray(0.1 + rng.random((BATCH, *shapes[name]))) for name in names}
    steps = {} if inputs else {"steps": STEPS}
    pull = jax.numpy.asarray(rng.standard_normal((STEPS, *states[names[0]].shape)) / (STEPS * BATCH * units))
    table = kernels("jax")
    table |= {own: table[other] for own, other in cell.functions if other is not None}

    def ours(p: dict[str, Any], s: dict[str, Any], u: dict[str, Any]) -> Any:
        found = given.sequence(**s, **u, **p, **steps)
        return ((found if isinstance(found, tuple) else (found,))[0] * pull).sum()

    def theirs(p: dict[str, Any], s: dict[str, Any], u: dict[str, Any]) -> Any:
        def one(x: dict[str, Any], now: dict[str, Any]) -> Any:
            after = jax.vmap(lambda x, now: RECURRENCES[cell.name](table, **x, **now, **p))(x, now)
            after = after if isinstance(after, dict) else {names[0]: after}
            return after, after[names[0]]

        return (jax.lax.scan(one, s, u, length=STEPS)[1] * pull).sum()

    functions = {f"{OURS}, jax": jax.jit(jax.grad(ours)), "jax jit(grad), scan": jax.jit(jax.grad(theirs))}
    first, other = (function(weights, states, inputs) for function in functions.values())
    for name, value in other.items():
        scale = float(np.abs(value).max()) or 1.0
        assert float(np.abs(np.asarray(first[name]) - value).max()) <= 1e-9 * scale, f"{cell.name}: {name}"
    return {
        name: lambda function=function: jax.block_until_ready(function(weights, states, inputs))
        for name, function in functions.items()
    }


def _drawn(name: str, rng: np.random.Generator, shape: list[int], units: int) -> np.ndarray:
    """As ``drawn``."""
    if len(shape) == 2:
        return rng.standard_normal(shape) / units**0.5
    return (1 if name.startswith(TIME_CONSTANT) else 0.1) + rng.random(shape) / units**0.5


def main() -> None:
    """Measure and write the table of ratios."""
    torch.set_num_threads(1)
    path = HERE / "training.json"
    asked = [name for name in sys.argv[1:] if not name.startswith("-")]
    head = {"torch": torch.__version__, "steps": STEPS, "batch": BATCH, "n": UNITS, "m": INPUTS, "repeats": REPEATS}
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"table": []}
    same = {key: value for key, value in known.items() if key != "table"} == head and "--again" not in sys.argv
    rows = {entry["cell"]: entry for entry in known["table"]} if same else {}
    for cell in (one for one in LIBRARY if "--figures" not in sys.argv):
        if cell.name in asked if asked else cell.name not in rows:
            rows[cell.name] = measured(cell)
            print(rows[cell.name], flush=True)
        if not asked:
            every = [rows[one.name] for one in LIBRARY if one.name in rows]
            path.write_text(json.dumps({**head, "table": every}, indent=1) + "\n", encoding="utf-8")
    if not asked:
        figures.draw_training(json.loads(path.read_text(encoding="utf-8")), HERE.parent / "docs" / "_static")


def measured(cell: Cell) -> dict[str, Any]:
    """The row of one cell."""
    entry: dict[str, Any] = {"cell": cell.name}
    for dtype in DTYPES:
        rows = interleaved(contenders(cell, dtype), REPEATS, warm=True)
        own = rows[OURS]["ms"]
        name = str(dtype).removeprefix("torch.")
        entry[name] = {key: round(row["ms"] / own, 2) for key, row in rows.items() if key != OURS}
        entry[name]["ms"] = round(own, 2)
    return entry


if __name__ == "__main__":
    main()
