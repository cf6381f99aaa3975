"""How the benchmarks measure: one thread, process CPU time, the contenders in turn in one process.

Import it before NumPy: the number of threads is read when a library loads.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import statistics  # noqa: E402 - after the number of threads is set
import sys  # noqa: E402 - after the number of threads is set
import time  # noqa: E402 - after the number of threads is set
from collections.abc import Callable  # noqa: E402 - after the number of threads is set
from typing import Any  # noqa: E402 - after the number of threads is set

import numpy as np  # noqa: E402 - after the number of threads is set

import symgate as sg  # noqa: E402 - after the number of threads is set

CELL = sg.cell("multi_gate", phi="tanh")
REPEATS = 5 if "--quick" in sys.argv else 15
Work = dict[str, Callable[[], Any]]

#: A call that takes longer needs no warming up beyond the first.
LONG = 0.05


def interleaved(work: Work, repeats: int = REPEATS, *, warm: bool = False) -> dict[str, dict[str, float]]:
    """Process CPU time of each contender, one call of each in turn: median and quartiles, in milliseconds.

    What is ``warm`` already, and takes long, is called once at a time.
    """
    taken: dict[str, list[float]] = {name: [] for name in work}
    inner = {name: 1 if warm else _calls(action) for name, action in work.items()}
    for _ in range(repeats):
        for name, action in work.items():
            start = time.process_time()
            for _ in range(inner[name]):
                action()
            taken[name].append(1e3 * (time.process_time() - start) / inner[name])
    rows = {}
    for name, values in taken.items():
        low, _, high = statistics.quantiles(values, n=4)
        rows[name] = {"ms": statistics.median(values), "low": low, "high": high}
    return rows


def _calls(action: Callable[[], Any]) -> int:
    """How many calls take about two milliseconds, once it is warm."""
    for _ in range(2):
        start = time.process_time()
        action()
        taken = time.process_time() - start
        if taken > LONG:
            return 1
    return max(1, int(2e-3 / max(1e-7, taken)))


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


def trajectory_of(steps: int, batch: int, n: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Parameters and inputs."""
    given = point(1, n)
    params = {name: value for name, value in given.items() if name not in {"x", "u"}}
    return params, np.random.default_rng(1).standard_normal((batch, steps, 4))
