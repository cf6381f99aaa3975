"""Cost against n, T and batch, with the slope that each curve should have and the one that it has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from timing import CELL, REPEATS, interleaved, point, trajectory_of

import symgate as sg
from symgate import numeric
from symgate.codegen import source
from symgate.numeric.load import load_module

Action = Callable[[], Any]


def jacobian(batch: int, n: int) -> Action:
    """The plan of the batched Jacobian."""
    given, J = point(batch, n), sg.jacobian(CELL)
    plan = load_module(source(J), J.name).multi_gate_jacobian_x_plan(**given)
    return lambda: plan(x=given["x"], u=given["u"])


def gradient(steps: int, batch: int, n: int) -> Action:
    """Forward and backward through time."""
    params, u = trajectory_of(steps, batch, n)
    delta = np.ones((batch, steps, n))
    return lambda: numeric.loss_gradient(numeric.rollout(CELL, params, u, keep=True), delta)


def first_order(steps: int, n: int) -> Action:
    """Dense factors."""
    A, B = np.random.default_rng(0).standard_normal((2, steps, n, n)) / (2 * np.sqrt(n))
    return lambda: numeric.expansion_orders(A, B, 1)


def diagonal(steps: int, n: int) -> Action:
    """Factors that are never formed."""
    params, u = trajectory_of(steps, 1, n)
    found = numeric.diagonal_words(numeric.rollout(CELL, params, u[0]))
    assert found is not None
    return lambda: numeric.diagonal_first_order(*found)


def norms(steps: int, batch: int, n: int) -> Action:
    """All pairs of steps."""
    params, u = trajectory_of(steps, batch, n)
    J = numeric.jacobians(numeric.rollout(CELL, params, u))
    return lambda: numeric.sensitivities(J)


#: What grows, what is measured, for which sizes, and the slope of log cost in log size that counting operations gives.
CURVES: tuple[tuple[str, str, Sequence[int], int, Callable[[int], Action]], ...] = (
    ("n", "Jacobian, batch 64", (16, 32, 64, 128, 256), 2, lambda n: jacobian(64, n)),
    ("n", "BPTT gradient, T 20, batch 64", (32, 64, 128, 256, 512), 2, lambda n: gradient(20, 64, n)),
    ("n", "first order, dense, T 50", (32, 64, 128, 256), 3, lambda n: first_order(50, n)),
    ("n", "first order, diagonal A, T 50", (32, 64, 128, 256, 512), 2, lambda n: diagonal(50, n)),
    ("n", "norms of all products, T 20", (32, 64, 128, 256), 3, lambda n: norms(20, 1, n)),
    ("T", "BPTT gradient, batch 64, n 64", (10, 20, 40, 80, 160, 320), 1, lambda steps: gradient(steps, 64, 64)),
    ("T", "first order, dense, n 64", (25, 50, 100, 200, 400), 1, lambda steps: first_order(steps, 64)),
    ("T", "first order, diagonal A, n 64", (25, 50, 100, 200, 400), 1, lambda steps: diagonal(steps, 64)),
    ("T", "norms of all products, n 64", (20, 40, 80, 160), 2, lambda steps: norms(steps, 1, 64)),
    ("batch", "Jacobian, n 64", (4, 16, 64, 256, 1024), 1, lambda batch: jacobian(batch, 64)),
    ("batch", "BPTT gradient, T 20, n 64", (4, 16, 64, 256), 1, lambda batch: gradient(20, batch, 64)),
    ("batch", "norms of all products, T 20, n 64", (1, 2, 4, 8), 1, lambda batch: norms(20, batch, 64)),
)


def slope(sizes: Sequence[float], ms: Sequence[float]) -> float:
    """The slope in log-log, by least squares over the three largest sizes."""
    return float(np.polyfit(np.log(sizes[-3:]), np.log(ms[-3:]), 1)[0])


def curves() -> list[dict[str, Any]]:
    """Every curve, the sizes of each in turn."""
    found = []
    for axis, name, sizes, expected, made in CURVES:
        rows = interleaved({str(size): made(size) for size in sizes}, min(7, REPEATS))
        ms = [rows[str(size)]["ms"] for size in sizes]
        curve = {"axis": axis, "work": name, "sizes": list(sizes), "ms": ms, "expected": expected}
        found.append(curve | {"slope": round(slope(sizes, ms), 2)})
        print(f"{name}: {axis}^{found[-1]['slope']}, counted {axis}^{expected}", flush=True)
    return found
