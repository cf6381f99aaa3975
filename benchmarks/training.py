"""A training step through the exported torch module beside torch's autograd of the same cell, interleaved.

python benchmarks/training.py                   # every cell, writes benchmarks/training.json
python benchmarks/training.py gru lstm          # these cells, prints only
python benchmarks/training.py --quick           # fewer repeats
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import torch  # noqa: E402 - one thread is set below
from timing import REPEATS, interleaved  # noqa: E402 - as above

from symgate.cells import LIBRARY  # noqa: E402 - after the number of threads is set
from symgate.exporting import trained  # noqa: E402 - after the number of threads is set
from symgate.numeric.load import load_module  # noqa: E402
from symgate.records import Cell  # noqa: E402 - after the number of threads is set

STEPS, BATCH, UNITS, INPUTS = 80, 64, 64, 4
DTYPES = (torch.float32, torch.float64)
#: The names of the contenders.
OURS, STEPWISE, AT_ONCE = "symgate", "autograd, step by step", "autograd, inputs at once"


def drawn(shape: list[int], dtype: torch.dtype) -> torch.Tensor:
    """Weights around zero; vectors and numbers, among which are time constants, are positive."""
    if len(shape) == 2:
        return torch.randn(shape, dtype=dtype) / UNITS**0.5
    return 0.1 + torch.rand(shape, dtype=dtype) / UNITS**0.5


def contenders(cell: Cell, dtype: torch.dtype) -> dict[str, Any]:
    """Forward and backward of a sequence: the adjoint, and autograd of the same lines.

    Autograd runs once as a recurrence is typed, step by step, and once with what depends on inputs alone computed for
    all steps before the loop, as the exported module does.
    """
    torch.manual_seed(0)
    module = load_module(trained(cell, "torch"), cell.name)
    axes, forward = vars(module)["_SHAPES"], vars(module)["_forward"]
    sizes = {str(size): UNITS if str(size) in {"n", "k"} else INPUTS for size in cell.dimensions}
    weights = [
        drawn(shape, dtype).requires_grad_()
        for shape in ([sizes.get(str(a), a) for a in axes[str(p.name)]] for p in cell.parameters)
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
            now = [values[1] for values in forward(1, (*now, *(u[t] for u in inputs), *weights))[0]]
            found.append(now[0])
        return torch.autograd.grad(torch.stack(found), weights, pull, allow_unused=True)

    def at_once() -> Any:
        rows = [u.reshape(STEPS * BATCH, *u.shape[2:]) for u in inputs]
        values = forward(STEPS, (*states, *rows, *weights))[0][0]
        return torch.autograd.grad(torch.stack(values[1:]), weights, pull, allow_unused=True)

    work = {OURS: ours, STEPWISE: stepwise, AT_ONCE: at_once}
    first, *others = [action() for action in work.values()]
    for other in others:
        for own, value in zip(first, other, strict=True):
            if value is not None and own is not None:
                scale = float(value.abs().max()) or 1.0
                assert float((own - value).abs().max()) <= (1e-3 if dtype == torch.float32 else 1e-9) * scale, cell.name
    return work


def main() -> None:
    """Measure and write the table of ratios."""
    torch.set_num_threads(1)
    asked = [name for name in sys.argv[1:] if not name.startswith("-")]
    table = []
    for cell in LIBRARY:
        if asked and cell.name not in asked:
            continue
        entry: dict[str, Any] = {"cell": cell.name}
        for dtype in DTYPES:
            rows = interleaved(contenders(cell, dtype), REPEATS, warm=True)
            own = rows[OURS]["ms"]
            name = str(dtype).removeprefix("torch.")
            entry[name] = {key: round(row["ms"] / own, 2) for key, row in rows.items() if key != OURS}
            entry[name]["ms"] = round(own, 2)
        table.append(entry)
        print(entry, flush=True)
    if not asked:
        sizes = {"steps": STEPS, "batch": BATCH, "n": UNITS, "m": INPUTS}
        written = {"torch": torch.__version__, **sizes, "repeats": REPEATS, "table": table}
        (HERE / "training.json").write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
