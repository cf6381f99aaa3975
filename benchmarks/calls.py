"""Three numbers of the page on speed: a call for one point, filling and stacked products, exports of tall stacks.

python benchmarks/calls.py            # writes benchmarks/calls.json
python benchmarks/calls.py --quick    # fewer repeats, for a look
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from timing import REPEATS, Work, interleaved  # isort: skip - sets the number of threads

import numpy as np

import symgate as sg
from symgate.codegen import source
from symgate.exporting import exported, trained
from symgate.numeric.load import load_module
from symgate.records import Cell

HERE = Path(__file__).resolve().parent
INPUTS, LAYERS, BATCH = 4, 16, 64
Arrays = dict[str, np.ndarray]


def sigma(z: np.ndarray) -> np.ndarray:
    """As textbooks write it."""
    return 1 / (1 + np.exp(-z))


def affine(p: Arrays, W: str, x: str, V: str, b: str) -> np.ndarray:
    """W x + V u + b."""
    return p[x] @ p[W].T + p["u"] @ p[V].T + p[b]


def plain(p: Arrays) -> np.ndarray:
    """diag(1 - tanh(a)^2) W_r."""
    return (1 - np.tanh(affine(p, "W_r", "x", "W_i", "b")) ** 2)[..., :, None] * p["W_r"]


def multi_gate(p: Arrays) -> np.ndarray:
    """diag(1 - g) + diag(g (1 - h^2)) W_r + diag((h - x) g (1 - g)) W_g."""
    h, g = np.tanh(affine(p, "W_r", "x", "W_i", "b")), sigma(affine(p, "W_g", "x", "V_g", "b_g"))
    drive, gate = g * (1 - h**2), (h - p["x"]) * g * (1 - g)
    return (1 - g)[..., :, None] * np.eye(len(p["b"])) + drive[..., :, None] * p["W_r"] + gate[..., :, None] * p["W_g"]


def lstm(p: Arrays) -> np.ndarray:
    """The four blocks of (h, c) by (h, c)."""
    i, f, o = (sigma(affine(p, f"U_{k}", "h", f"W_{k}", f"b_{k}")) for k in "ifo")
    g, n = np.tanh(affine(p, "U_g", "h", "W_g", "b_g")), len(p["b_g"])
    t = np.tanh(f * p["c"] + i * g)
    slope = o * (1 - t**2)
    by_h = (p["c"] * f * (1 - f))[..., :, None] * p["U_f"]
    by_h = by_h + (g * i * (1 - i))[..., :, None] * p["U_i"] + (i * (1 - g**2))[..., :, None] * p["U_g"]
    out = np.empty((*f.shape[:-1], 2 * n, 2 * n))
    out[..., :n, :n] = slope[..., :, None] * by_h + (t * o * (1 - o))[..., :, None] * p["U_o"]
    out[..., :n, n:] = (slope * f)[..., :, None] * np.eye(n)
    out[..., n:, :n], out[..., n:, n:] = by_h, f[..., :, None] * np.eye(n)
    return out


TEXTBOOK = {"plain": plain, "multi_gate": multi_gate, "lstm": lstm}


def drawn(cell: Cell, n: int, batch: int) -> Arrays:
    """Arguments, states and inputs with a batch axis."""
    rng, found = np.random.default_rng(0), {}
    sizes = {"n": n, "m": INPUTS}
    moving = {str(symbol.name) for symbol in (*(state.before for state in cell.states), *cell.inputs)}
    for name, symbol in cell.symbols.items():
        shape = [sizes[str(size)] for size in symbol.shape if size != 1]
        value = rng.standard_normal([batch, *shape] if name in moving else shape)
        found[name] = value / np.sqrt(n) if len(shape) == 2 else value
    return found


def one_point(name: str, n: int) -> dict[str, Any]:
    """``lambdify`` at batch 1 beside textbook NumPy."""
    cell = sg.cell(name)
    J, given = sg.jacobian(cell) if len(cell.states) == 1 else sg.state_jacobian(cell), drawn(cell, n, 1)
    f, textbook = sg.lambdify(J), TEXTBOOK[name]
    np.testing.assert_allclose(f(**given), textbook(given), rtol=1e-9, atol=1e-11)
    rows = interleaved({"symgate": lambda: f(**given), "textbook": lambda: textbook(given)}, REPEATS)
    own, other = rows["symgate"]["ms"], rows["textbook"]["ms"]
    return {"cell": name, "n": n, "textbook_us": round(1e3 * other, 2), "times": round(own / other, 3)}


def filling(n: int) -> dict[str, Any]:
    """The plans of a cell with one letter, and the product it writes with, in multiples of filling their output."""
    cell = sg.cell("plain")
    J, given = sg.jacobian(cell), drawn(cell, n, BATCH)
    plan = load_module(source(J), J.name).plain_jacobian_x_plan(**given)
    compiled = load_module(source(J, "numba"), J.name).plain_jacobian_x_plan(**given)
    moving, out = {"x": given["x"], "u": given["u"]}, np.empty((BATCH, n, n))
    columns, rows = np.ones((n, BATCH, 2)), np.ones((n, 2, n))
    c, W = np.ones((BATCH, n, 1)), given["W_r"]
    work: Work = {
        "filling": lambda: out.fill(0.0),
        "rows scaled by broadcasting": lambda: np.multiply(c, W, out=out),
        "a stacked product, all points": lambda: np.matmul(columns, rows, out=out.transpose(1, 0, 2)),
        "the same, matrices a line apart": lambda: np.matmul(columns, rows, out=plan.result.transpose(1, 0, 2)),
        "the plan": lambda: plan(**moving),
        "the plan of numba": lambda: compiled(**moving),
    }
    times = {name: row["ms"] for name, row in interleaved(work, REPEATS).items()}
    fill = times.pop("filling")
    return {"n": n, "filling_ms": round(fill, 4), "times": {name: round(ms / fill, 2) for name, ms in times.items()}}


def export(name: str, target: str) -> dict[str, Any]:
    """Processor time and letters of a module of a tall stack, with its way backward."""
    cell = sg.cells.stack("tower", *[sg.cell(name)] * LAYERS)
    start = time.process_time()
    text = exported(cell, target) if target in {"numpy", "numba"} else trained(cell, target)
    seconds = time.process_time() - start
    return {"cell": name, "target": target, "seconds": round(seconds, 2), "mb": round(len(text.encode()) / 1e6, 3)}


def main() -> None:
    """Measure and write."""
    towers = [("multi_gate", target) for target in ("numpy", "torch", "jax", "numba")] + [("gru", "numba")]
    results = {
        "repeats": REPEATS,
        "load": round(os.getloadavg()[0], 1),
        "batch_1": [one_point(name, n) for name in TEXTBOOK for n in (16, 64, 128)],
        "filling": [filling(n) for n in (64, 128)],
        "layers": LAYERS,
        "exports": [export(*tower) for tower in towers],
    }
    (HERE / "calls.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(results))


if __name__ == "__main__":
    main()
