"""Cells, points and runs to compare with: the published recurrences over time, typed apart from the package."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from symgate.cells import LIBRARY, cell, stack
from symgate.records import Cell
from tests.oracles import draw_point
from tests.reference import REFERENCE

STEPS, BATCH = 3, 2

#: One and several states, numbers as parameters and as inputs, a normalised cell, matrices made entry by entry.
SAMPLE = ("scalar_gate", "multi_gate_norm", "gru", "lstm_projected", "rwkv4", "cfc", "dale")


def cells(sample: tuple[str, ...] = SAMPLE) -> list[Any]:
    """Every cell, those outside the sample for the full run."""
    return [pytest.param(one, id=one.name, marks=() if one.name in sample else pytest.mark.full) for one in LIBRARY]


def two_layers() -> Cell:
    """A stack."""
    return stack("two", cell("lstm"), cell("gru"))


def point(one: Cell, seed: int = 0) -> dict[str, np.ndarray]:
    """Values for everything: states with a batch, inputs with time and a batch."""
    whole = draw_point(one, seed, 0.5, n=4, m=3)
    inputs = [str(symbol.name) for symbol in one.inputs]
    for name in [*(state.name for state in one.states), *inputs]:
        lead = (STEPS, BATCH) if name in inputs else (BATCH,)
        drawn = [draw_point(one, seed + 1 + k, 0.5, n=4, m=3)[name] for k in range(int(np.prod(lead)))]
        whole[name] = np.array(drawn).reshape((*lead, *np.shape(whole[name])))
    return whole


def cotangents(one: Cell, values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """dL/dx_t of every state."""
    rng = np.random.default_rng(5)
    return {state.name: rng.standard_normal((STEPS, *values[state.name].shape)) for state in one.states}


def loss(
    one: Cell, values: dict[str, Any], lams: dict[str, Any], step: Callable[..., Any] | None = None, steps: int = STEPS
) -> Any:
    """sum over steps, batch and states of lam . x, by the recurrence as published, one sequence at a time."""
    step = step or REFERENCE[one.name]
    states, inputs = [state.name for state in one.states], [str(symbol.name) for symbol in one.inputs]
    params = {name: value for name, value in values.items() if name not in {*states, *inputs}}
    total = 0.0
    for b in range(BATCH):
        now = {name: values[name][b] for name in states}
        for t in range(steps):
            after = step(**now, **{name: values[name][t][b] for name in inputs}, **params)
            now = after if isinstance(after, dict) else {states[0]: after}
            total = total + sum((lams[name][t][b] * now[name]).sum() for name in states)
    return total


def slopes(
    one: Cell, values: dict[str, np.ndarray], lams: dict[str, np.ndarray], steps: int = STEPS
) -> dict[str, tuple[np.ndarray, float]]:
    """By argument a direction, and the derivative of the loss along it by complex step."""
    rng = np.random.default_rng(6)
    found = {}
    for name, value in values.items():
        d = rng.standard_normal(np.shape(value))
        found[name] = d, loss(one, {**values, name: value + 1e-30j * d}, lams, steps=steps).imag / 1e-30
    return found
