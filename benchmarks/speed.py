"""Measure how fast generated functions are beside what else is installed: ratios, interleaved in one process.

python benchmarks/speed.py            # writes benchmarks/speed.json and docs/_static/speed.svg
python benchmarks/speed.py --quick    # fewer repeats, for a look
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import json  # noqa: E402 - after the number of threads is set
import platform  # noqa: E402 - after the number of threads is set
import statistics  # noqa: E402 - after the number of threads is set
import sys  # noqa: E402 - after the number of threads is set
import time  # noqa: E402 - after the number of threads is set
from collections.abc import Callable  # noqa: E402 - after the number of threads is set
from importlib.util import find_spec  # noqa: E402 - after the number of threads is set
from pathlib import Path  # noqa: E402 - after the number of threads is set
from typing import Any  # noqa: E402 - after the number of threads is set

import numpy as np  # noqa: E402 - after the number of threads is set

import symgate as sg  # noqa: E402 - after the number of threads is set
from symgate import numeric  # noqa: E402 - after the number of threads is set
from symgate.codegen import source  # noqa: E402 - after the number of threads is set
from symgate.numeric.load import load_module  # noqa: E402 - after the number of threads is set
from symgate.numeric.norms import share_computed_whole  # noqa: E402 - after the number of threads is set

sys.path.insert(0, str(Path(__file__).resolve().parent))
import compiled  # noqa: E402 - after the number of threads is set
import contenders  # noqa: E402 - after the number of threads is set

HERE = Path(__file__).resolve().parent
CELL = sg.cell("multi_gate", phi="tanh")
REPEATS = 5 if "--quick" in sys.argv else 15
Work = dict[str, Callable[[], Any]]


def interleaved(work: Work, repeats: int = REPEATS) -> dict[str, dict[str, float]]:
    """Process CPU time of each contender, one call of each in turn: median and quartiles, in milliseconds."""
    taken: dict[str, list[float]] = {name: [] for name in work}
    for name, action in work.items():
        action()
        start = time.process_time()
        action()
        inner = max(1, int(2e-3 / max(1e-7, time.process_time() - start)))
        work[name] = lambda action=action, inner=inner: [action() for _ in range(inner)] and inner
    for _ in range(repeats):
        for name, action in work.items():
            start = time.process_time()
            inner = action()
            taken[name].append(1e3 * (time.process_time() - start) / inner)
    rows = {}
    for name, values in taken.items():
        low, _, high = statistics.quantiles(values, n=4)
        rows[name] = {"ms": statistics.median(values), "low": low, "high": high}
    return rows


def point(batch: int, n: int, m: int = 4) -> dict[str, np.ndarray]:
    """Arguments of the cell."""
    rng = np.random.default_rng(0)
    draw = {
        "x": (batch, n),
        "u": (batch, m),
        "W_r": (n, n),
        "W_i": (n, m),
        "b": (n,),
        "W_g": (n, n),
        "V_g": (n, m),
        "b_g": (n,),
    }
    return {name: rng.standard_normal(shape) / np.sqrt(n if shape == (n, n) else 1) for name, shape in draw.items()}


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


def trajectory_of(steps: int, batch: int, n: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Parameters and inputs."""
    given = point(1, n)
    params = {name: value for name, value in given.items() if name not in {"x", "u"}}
    return params, np.random.default_rng(1).standard_normal((batch, steps, 4))


def bptt_rows(steps: int = 80, batch: int = 64, n: int = 64) -> dict[str, Any]:
    """The gradient through the whole recurrence."""
    params, u = trajectory_of(steps, batch, n)
    delta = np.zeros((batch, steps, n))
    delta[:, -1] = 1
    weights, x, rows = np.stack([params["W_r"].T, params["W_g"].T]), np.ones((batch, n)), np.ones((steps * batch, n))
    pair, columns = np.empty((2, batch, n)), np.ones((steps * batch, 2 * n))

    def products() -> None:
        for _ in range(2 * steps):
            np.matmul(x, weights, out=pair)
        columns.T @ rows

    def ours() -> dict[str, np.ndarray]:
        return numeric.loss_gradient(numeric.rollout(CELL, params, u, keep=True), delta)

    work: Work = {"its matrix products alone": products, "symgate": ours, **contenders.gradient(params, u)}
    expected = ours()
    for name, action in work.items():
        found = action()
        if found is not None:
            for key, value in expected.items():
                np.testing.assert_allclose(np.asarray(found[key]), value, rtol=1e-7, atol=1e-8, err_msg=f"{name} {key}")
    return {"work": f"BPTT gradient, T {steps}, batch {batch}, n {n}", "unit": "symgate", "rows": interleaved(work)}


def expansion_rows(steps: int = 100, n: int = 64) -> dict[str, Any]:
    """The first-order expansion of a product of dense matrices."""
    rng = np.random.default_rng(0)
    A, B = rng.standard_normal((2, steps, n, n)) / (2 * np.sqrt(n))
    out, carried = np.empty((n, n)), np.ones((n, n))

    def products() -> None:
        for j in range(3 * steps - 2):
            np.matmul(A[j % steps], carried, out=out)

    def prefix_suffix() -> np.ndarray:
        before, after = [np.eye(n)], [np.eye(n)]
        for j in range(steps):
            before.append(A[j] @ before[-1])
            after.append(after[-1] @ A[steps - 1 - j])
        return sum(after[steps - 1 - j] @ (B[j] @ before[j]) for j in range(steps))

    work: Work = {
        "3 T - 2 products": products,
        "symgate": lambda: numeric.expansion_orders(A, B, 1)[1],
        "prefix and suffix products": prefix_suffix,
    }
    np.testing.assert_allclose(prefix_suffix(), numeric.expansion_orders(A, B, 1)[1], rtol=1e-8, atol=1e-10)
    return {"work": f"First order, dense, T {steps}, n {n}", "unit": "symgate", "rows": interleaved(work)}


def norm_rows(bias: float, steps: int = 80, batch: int = 1, n: int = 64) -> dict[str, Any]:
    """Spectral norms of all products, against an SVD of each."""
    params, u = trajectory_of(steps, batch, n)
    params["b_g"] = np.full(n, bias)
    J = numeric.jacobians(numeric.rollout(CELL, params, u))

    def decomposed() -> np.ndarray:
        found, products = np.full((batch, steps + 1, steps + 1), np.nan), np.empty_like(J)
        for t in range(1, steps + 1):
            products[:, : t - 1] = J[:, t - 1, None] @ products[:, : t - 1]
            products[:, t - 1] = J[:, t - 1]
            found[:, t, :t] = np.linalg.svd(products[:, :t], compute_uv=False)[..., 0]
        return found

    t, k = np.tril_indices(steps + 1, -1)
    error = np.abs(numeric.sensitivities(J)[:, t, k] / decomposed()[:, t, k] - 1).max()
    rows = interleaved({"symgate": lambda: numeric.sensitivities(J), "batched SVD": decomposed}, 3)
    about = {"share_computed_whole": share_computed_whole(J), "largest_relative_error": float(error)}
    return {
        "work": f"All-pairs norms, T {steps}, batch {batch}, n {n}, gate bias {bias:g}",
        "unit": "symgate",
        "rows": rows,
        **about,
    }


def scaling_rows() -> list[dict[str, Any]]:
    """The plan's time against n and against the batch."""
    rows = []
    for batch, n in [*((64, n) for n in (16, 32, 64, 128, 256)), *((batch, 64) for batch in (1, 4, 16, 256, 1024))]:
        given, J = point(batch, n), sg.jacobian(CELL)
        plan = load_module(source(J), J.name).multi_gate_jacobian_x_plan(**given)
        moving = {"x": given["x"], "u": given["u"]}
        ms = interleaved({"plan": lambda plan=plan, moving=moving: plan(**moving)})["plan"]["ms"]
        rows.append({"batch": batch, "n": n, "ms": ms})
    return rows


def figure(results: dict[str, Any]) -> None:
    """Bars of ratios, one panel for each piece of work."""
    import matplotlib as mpl

    mpl.use("svg")
    import matplotlib.pyplot as plt

    mpl.rcParams.update(
        {"svg.hashsalt": "symgate", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False}
    )
    table = results["table"]
    chart, axes = plt.subplots(len(table), 1, figsize=(8, 1.9 * len(table)), layout="constrained")
    for ax, entry in zip(axes, table, strict=True):
        unit = entry["rows"][entry["unit"]]["ms"]
        names = list(entry["rows"])[::-1]
        values = [entry["rows"][name]["ms"] / unit for name in names]
        colors = ["C0" if name.startswith("symgate") else "0.7" for name in names]
        ax.barh(names, values, color=colors)
        ax.set_xscale("log")
        ax.axvline(1, color="black", lw=0.8)
        ax.set_title(f"{entry['work']}: CPU time / {entry['unit']}", loc="left")
    path = HERE.parent / "docs" / "_static" / "speed.svg"
    chart.savefig(path, metadata={"Date": None})


def main() -> None:
    """Measure everything and write it down."""
    table = []
    for action in (
        *(lambda size=size: jacobian_rows(*size) for size in ((64, 64), (256, 128), (1, 512), (1, 64), (1200, 64))),
        bptt_rows,
        expansion_rows,
        lambda: norm_rows(0.0),
        lambda: norm_rows(-3.0),
    ):
        entry = action()
        table.append(entry)
        unit = entry["rows"][entry["unit"]]["ms"]
        print(entry["work"], {name: round(row["ms"] / unit, 2) for name, row in entry["rows"].items()}, flush=True)
    versions = {"symgate": sg.__version__, "python": platform.python_version(), "numpy": np.__version__}
    versions |= {
        name: sys.modules[name].__version__
        for name in ("torch", "jax", "numba", "casadi")
        if name in sys.modules and find_spec(name)
    }
    results = {"versions": versions, "repeats": REPEATS, "table": table, "scaling": scaling_rows()}
    (HERE / "speed.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    figure(results)


if __name__ == "__main__":
    main()
