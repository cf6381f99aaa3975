"""How the benchmarks measure: one core, process CPU time, the contenders in turn in one process.

Import it before NumPy: the number of threads is read when a library loads.  The process keeps to one core where the
system lets it choose: jax starts a thread for each core that it sees, whatever it is told, and the time of those that
wait counts as work.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

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

#: Calls that are not counted at the beginning of a turn, and the time after which there are no more of them.
BEFORE, ENOUGH = 6, 0.05
#: A call that takes longer, in seconds, fills the caches itself: the first one of a turn counts.
SLOW = 0.25


def interleaved(work: Work, repeats: int = REPEATS, *, warm: bool = False) -> dict[str, dict[str, float]]:
    """Process CPU time of a call in a loop, the contenders in turn: median over turns and quartiles, in milliseconds.

    A turn begins with some calls that are not counted: in a loop a function finds in the cache what it left there
    itself.  The very first of them, which finds what the other contenders left, is reported as "first".  What is
    ``warm`` already, or takes long, is called once in a turn.
    """
    taken: dict[str, list[float]] = {name: [] for name in work}
    first: dict[str, list[float]] = {name: [] for name in work}
    if not warm:
        for action in work.values():
            action()
    for _ in range(repeats):
        for name, action in work.items():
            one = _timed(action, 1)
            first[name].append(one)
            if warm or one > SLOW:
                taken[name].append(one)
                continue
            spent, calls = one, 1
            while calls < BEFORE and spent < ENOUGH:
                one = _timed(action, 1)
                spent, calls = spent + one, calls + 1
            taken[name].append(_timed(action, max(1 if one > ENOUGH else 3, int(2e-3 / max(1e-7, one)))))
    rows = {}
    for name, values in taken.items():
        low, middle, high = (1e3 * value for value in statistics.quantiles(values, n=4))
        rows[name] = {"ms": middle, "low": low, "high": high, "first": 1e3 * statistics.median(first[name])}
    return rows


def _timed(action: Callable[[], Any], calls: int) -> float:
    """Process CPU time of one call, in seconds, the mean of several."""
    start = time.process_time()
    for _ in range(calls):
        action()
    return (time.process_time() - start) / calls


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
