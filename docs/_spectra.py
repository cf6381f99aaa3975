"""The pictures of the catalogue: the spectrum of each cell's Jacobian along a trajectory with random weights."""

from __future__ import annotations

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
    sizes = {str(size): UNITS if str(size) == "n" else INPUTS for size in cell.dimensions}
    values = {symbol.name: _drawn(symbol, sizes, rng) for symbol in cell.parameters}
    if cell.name == "lru":  # moduli below 1, angles below pi, inputs scaled to keep the variance: its paper, section 3
        modulus = rng.uniform(0.6, 0.99, UNITS)
        values |= {"nu": np.log(-np.log(modulus)), "theta": np.log(rng.uniform(0.01, np.pi, UNITS))}
        values["gamma"] = np.sqrt(1 - modulus**2)
    step = sg.lambdify(cell)
    parts = [sg.lambdify(block) for block in blocks(cell)]
    count = len(cell.states)
    states = {state.name: np.zeros(UNITS) for state in cell.states}
    found = []
    for _ in range(STEPS):
        u = {symbol.name: rng.standard_normal(sizes[str(symbol.shape[0])]) for symbol in cell.inputs}
        J = [part(**states, **u, **values) for part in parts]
        found.append(np.block([J[row * count : (row + 1) * count] for row in range(count)]))
        after = step(**states, **u, **values)
        states = dict(zip(states, after if count > 1 else [after], strict=True))
    stack = np.stack(found)
    return plots.svg(plots.jacobian_spectrum(np.linalg.eigvals(stack), np.linalg.svd(stack, compute_uv=False)))


def _drawn(symbol: object, sizes: dict[str, int], rng: np.random.Generator) -> np.ndarray:
    """A usual value for a parameter: matrices of variance 1.5/columns, gains 1, steps and leaks of moderate size."""
    shape = tuple(sizes[str(size)] for size in getattr(symbol, "shape", ()) if size != 1)
    name = str(symbol.name)
    if name.startswith("gamma"):
        return np.ones(shape)
    if name in {"alpha", "dt"}:
        return rng.uniform(0.1, 0.6, shape) if shape else np.asarray(0.4)
    if not shape:
        return np.asarray({"nu": -3.0}.get(name, 1.0))
    return rng.standard_normal(shape) * (np.sqrt(1.5 / shape[1]) if len(shape) == 2 else 0.5)
