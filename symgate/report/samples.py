"""Trajectories for the figures: any cell, vector states, with random weights on inputs that suit it.

What comes in is a cell and a seed; what goes out is a trajectory without a number that is not finite, or None where
smaller weights do not give one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from symgate.cells import cell as built_in
from symgate.numeric import Trajectory, rollout
from symgate.records import Cell

Array = NDArray[Any]

#: Weights are halved so often at most where a trajectory leaves the floating point range.
_HALVED = 6
#: Periods of the oscillating inputs, in steps.
_PERIODS = (7, 12, 20)
#: Numbers and vectors that are positive and of moderate size in any cell: elapsed times and leaks.
_ELAPSED, _LEAKS = {"dt", "elapsed"}, {"alpha", "dt", "b_v"}
#: Masks and signs of the library's own cells, by cell; in any other cell such a name says nothing.
_MASKS = {"dale": {"C"}, "gru_d": {"k"}, "lstm_zoneout": {"k_h", "k_c"}}
_SIGNS = {"dale": {"s"}, "rg_lru": {"s"}, "ssm": {"s"}}


def sizes_of(cell: Cell, units: int, inputs: int) -> dict[str, int]:
    """A number for every size: ``units`` for those of states, ``inputs`` for all others."""
    of_states = {str(state.before.shape[0]) for state in cell.states}
    return {str(size): units if str(size) in of_states else inputs for size in cell.dimensions}


def named(cell: Cell, names: dict[str, set[str]]) -> set[str]:
    """The masks, or the signs, of a cell: none where it is not the library's, with or without layer normalisation."""
    name = cell.name.removesuffix("_norm")
    if name not in names:
        return set()
    own, theirs = built_in(name), {*cell.parameters, *cell.inputs}
    return names[name] if theirs.issuperset((*own.parameters, *own.inputs)) else set()


def parameter(cell: Cell, symbol: Any, sizes: dict[str, int], rng: np.random.Generator, scale: float = 1.25) -> Array:
    """Usual values: matrices of variance scale^2/columns, gains 1, leaks and steps of moderate size, vectors 0.5."""
    shape, name = shape_of(symbol, sizes), str(symbol.name)
    if name in named(cell, _MASKS):
        return rng.integers(0, 2, shape).astype(float)
    if name in named(cell, _SIGNS):
        return rng.integers(0, 2, shape) * 2.0 - 1.0
    if is_matrix(shape):
        return rng.standard_normal(shape) * (scale / np.sqrt(shape[1]))
    if name.startswith("gamma"):
        return np.ones(shape)
    if name in _LEAKS:
        return np.asarray(rng.uniform(0.1, 0.6, shape))
    if name.startswith("tau"):
        return np.asarray(rng.uniform(1.0, 3.0, shape))
    if not shape:
        return np.asarray({"nu": -3.0, "zeta": 1.0}.get(name, 0.5))
    return rng.standard_normal(shape) * 0.5


def parameters(cell: Cell, sizes: dict[str, int], rng: np.random.Generator, scale: float = 1.25) -> dict[str, Array]:
    """Every parameter; those of the linear recurrent unit as its paper draws them (section 3)."""
    values = {str(symbol.name): parameter(cell, symbol, sizes, rng, scale) for symbol in cell.parameters}
    if cell.name == "lru":  # moduli below 1, angles below pi, inputs scaled to keep the variance
        units = values["nu"].shape
        modulus = rng.uniform(0.6, 0.99, units)
        values |= {"nu": np.log(-np.log(modulus)), "theta": np.log(rng.uniform(0.01, np.pi, units))}
        values["gamma"] = np.sqrt(1 - modulus**2)
    return values


def signal(cell: Cell, symbol: Any, steps: int, sizes: dict[str, int], rng: np.random.Generator) -> Array:
    """An input over time: oscillations with noise; masks are 0 or 1, elapsed times positive."""
    shape = (steps, *shape_of(symbol, sizes))
    if symbol.name in named(cell, _MASKS):
        return rng.integers(0, 2, shape).astype(float)
    if symbol.name in _ELAPSED and not is_matrix(shape_of(symbol, sizes)):
        return np.asarray(rng.uniform(0.1, 0.6, shape))
    phase = rng.uniform(0, 2 * np.pi, shape[1:])
    time = np.arange(1, steps + 1).reshape(-1, *[1] * (len(shape) - 1))
    return 1.5 * np.sin(2 * np.pi * time / np.resize(_PERIODS, shape[1:]) + phase) + 0.3 * rng.normal(size=shape)


def trajectory(cell: Cell, units: int, inputs: int, steps: int, seed: int) -> Trajectory | None:
    """A trajectory from a small random state; None where none is finite, or where a state is a matrix."""
    if cell.matrix_states:
        return None
    rng = np.random.default_rng(seed)
    sizes = sizes_of(cell, units, inputs)
    values = parameters(cell, sizes, rng)
    given = {str(symbol.name): signal(cell, symbol, steps, sizes, rng) for symbol in cell.inputs}
    first = start(cell, sizes, rng)
    for _ in range(_HALVED):
        with np.errstate(all="ignore"):
            found = rollout(cell, values, given or np.zeros((steps, 0)), x0=first)
        if np.isfinite(found.x).all():
            return found
        values = {name: value / 2 if value.ndim == 2 else value for name, value in values.items()}
    return None


def start(cell: Cell, sizes: dict[str, int], rng: np.random.Generator) -> dict[str, Array]:
    """Small random states; the weights of an average that RWKV-4 carries have been added up already."""
    drawn = {state.name: 0.5 * rng.normal(size=shape_of(state.before, sizes)) for state in cell.states}
    return drawn | ({"b": np.ones_like(drawn["b"])} if cell.name == "rwkv4" else {})


def special(cell: Cell, symbol: Any) -> bool:
    """Whether a parameter is a gain, a leak, a time constant, a mask, a sign: not a weight and not a bias."""
    name, shape = str(symbol.name), getattr(symbol, "shape", ())
    if name in named(cell, _MASKS) | named(cell, _SIGNS):
        return True
    number = not shape and not name.startswith("b")
    return number or (1 in shape and (name.startswith(("gamma", "tau")) or name in _LEAKS))


def is_matrix(shape: tuple[int, ...]) -> bool:
    """Whether a shape without axes of length 1 is that of a matrix."""
    return len(shape) == 2


def shape_of(symbol: Any, sizes: dict[str, int]) -> tuple[int, ...]:
    """The shape in numbers, without the axis of length 1 of a vector."""
    return tuple(sizes[str(size)] for size in getattr(symbol, "shape", ()) if size != 1)
