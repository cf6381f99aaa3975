"""The recurrence of a cell run by the plain reading of the notation, in complex numbers: the oracle of these tests.

Nothing here uses the rules, the generated code or the numeric functions of symgate.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import symgate as sg
from tests.oracles import draw_point, environment, sizes_of

STEP = 1e-30


def draw(cell: sg.Cell, n: int, m: int, seed: int = 0, scale: float = 0.6, **sizes: int) -> dict[str, np.ndarray]:
    """Parameters of a cell; a leak alpha lies in (0.2, 0.8)."""
    point = draw_point(cell, seed, scale, n=n, m=m, **sizes)
    params = {str(symbol.name): point[symbol.name] for symbol in cell.parameters}
    if "alpha" in params:
        params["alpha"] = 0.2 + 0.6 / (1 + np.exp(-params["alpha"]))
    return params


def run(cell: sg.Cell, params: dict, u: np.ndarray, x0: np.ndarray) -> np.ndarray:
    """x_0 .. x_T of one sequence, (T + 1, n), by reading the definitions node by node; arguments may be complex."""
    sizes = sizes_of(cell, n=x0.shape[-1], m=u.shape[-1])
    state = cell.state()
    states = [x0]
    for now in u:
        point = {**params, state.name: states[-1], "u": now}
        states.append(environment(cell, point, sizes)[state.after][:, 0])
    return np.array(states)


def complex_derivative(function: Callable[[np.ndarray], np.ndarray], at: np.ndarray) -> np.ndarray:
    """d function / d at by complex step: the axes of the value, then those of ``at``."""
    at = np.asarray(at)
    columns = []
    for index in np.ndindex(at.shape):
        moved = at.astype(complex)
        moved[index] += STEP * 1j
        columns.append(np.asarray(function(moved)).imag / STEP)
    stacked = np.stack(columns, axis=-1)
    return stacked.reshape((*stacked.shape[:-1], *at.shape))
