"""The pictures of the catalogue: the spectrum of each cell's Jacobian along a trajectory with random weights."""

from __future__ import annotations

from typing import Any

import numpy as np

import symgate as sg
from symgate import plots
from symgate.records import Cell, Derivation

UNITS, INPUTS, STEPS = 16, 4, 40


def blocks(cell: Cell) -> list[Derivation]:
    """The Jacobian of each state by each state."""
    return [sg.jacobian(cell, wrt=by.name, of=of.name) for of in cell.states for by in cell.states]


def picture(cell: Cell) -> str:
    """The spectrum of the Jacobian along a trajectory with random weights."""
    rng = np.random.default_rng(7)
    of_states = {str(state.before.shape[0]) for state in cell.states}
    sizes = {str(size): UNITS if str(size) in of_states else INPUTS for size in cell.dimensions}
    values = {symbol.name: _drawn(symbol, sizes, rng) for symbol in cell.parameters}
    if cell.name == "lru":  # moduli below 1, angles below pi, inputs scaled to keep the variance: its paper, section 3
        modulus = rng.uniform(0.6, 0.99, UNITS)
        values |= {"nu": np.log(-np.log(modulus)), "theta": np.log(rng.uniform(0.01, np.pi, UNITS))}
        values["gamma"] = np.sqrt(1 - modulus**2)
    step = sg.lambdify(cell)
    parts = [sg.lambdify(block) for block in blocks(cell)]
    count = len(cell.states)
    states = {state.name: np.zeros(UNITS) for state in cell.states}
    if cell.name == "rwkv4":  # the weights of its average have been added up already
        states["b"] = np.ones(UNITS)
    found = []
    for _ in range(STEPS):
        u = {symbol.name: _input(symbol, sizes, rng) for symbol in cell.inputs}
        J = [part(**states, **u, **values) for part in parts]
        found.append(np.block([J[row * count : (row + 1) * count] for row in range(count)]))
        after = step(**states, **u, **values)
        states = dict(zip(states, after if count > 1 else [after], strict=True))
    stack = np.stack(found)
    return plots.svg(plots.jacobian_spectrum(np.linalg.eigvals(stack), np.linalg.svd(stack, compute_uv=False)))


def _shape(symbol: object, sizes: dict[str, int]) -> tuple[int, ...]:
    return tuple(sizes[str(size)] for size in getattr(symbol, "shape", ()) if size != 1)


def _input(symbol: Any, sizes: dict[str, int], rng: np.random.Generator) -> np.ndarray:
    """Normal noise; masks are 0 or 1, elapsed times are positive."""
    shape = _shape(symbol, sizes)
    if symbol.name in {"k", "k_h", "k_c"}:
        return rng.integers(0, 2, shape).astype(float)
    if symbol.name in {"delta", "dt"}:
        return np.asarray(rng.uniform(0.1, 0.6, shape))
    return rng.standard_normal(shape)


def _drawn(symbol: Any, sizes: dict[str, int], rng: np.random.Generator) -> np.ndarray:
    """A usual value for a parameter: matrices of variance 1.5/columns, gains 1, steps and leaks of moderate size."""
    shape, name = _shape(symbol, sizes), str(symbol.name)
    if name.startswith("gamma"):
        return np.ones(shape)
    if name in {"alpha", "dt", "b_v"}:
        return rng.uniform(0.1, 0.6, shape) if shape else np.asarray(0.4)
    if name.startswith("tau"):
        return rng.uniform(1.0, 3.0, shape)
    if name in {"C", "s"}:  # of Dale's law: which connections there are, and the sign of each unit
        return rng.integers(0, 2, shape) * (1.0 if name == "C" else 2.0) - (0.0 if name == "C" else 1.0)
    if not shape:
        return np.asarray({"nu": -3.0}.get(name, 1.0))
    return rng.standard_normal(shape) * (np.sqrt(1.5 / shape[1]) if len(shape) == 2 else 0.5)
