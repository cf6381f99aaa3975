"""How the parameters of a network begin: the law of the weights, biases, gates; what stands still.

Sources: uniform as in arXiv:2508.12121; chrono: Tallec & Ollivier 2018, arXiv:1804.11188.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.random import Generator

from symgate.errors import DefinitionError, ShapeError, UnknownNameError, unknown
from symgate.language import is_vector
from symgate.numeric.arrays import Array
from symgate.numeric.rates import effective_learning_rates
from symgate.numeric.shapes import core_rank
from symgate.numeric.trajectories import rollout
from symgate.records import Cell

#: The laws of the weights.
LAWS = ("uniform", "normal", "orthogonal")

#: Parameters that are no weights: the value that they have unless another is given, and whether they stay there.
#: Time constants, steps of time and signs of connections are choices of ours; no source of the experiments has them.
CONSTANTS: Mapping[str, tuple[float, bool]] = {
    "alpha": (0.8, True),
    "dt": (0.1, True),
    "a": (1.0, True),
    "epsilon": (1.0, True),
    "tau": (2.0, True),
    "tau_r": (2.0, True),
    "tau_v": (15.0, True),
    "b_v": (0.2, True),
    "C": (1.0, True),
    "zeta": (1.0, False),
    "nu": (-4.0, False),
    "theta": (-2.0, False),
    "omega": (-1.0, False),
    "mean": (0.0, True),
}

#: The same where a name means another thing in one cell.
OWN: Mapping[tuple[str, str], tuple[float, bool]] = {
    ("lem", "dt"): (1.0, True),
    ("hgrn", "gamma"): (0.5, True),
    ("lru", "gamma"): (0.3, False),
    ("rg_lru", "s"): (-4.0, False),
    ("ssm", "s"): (0.0, False),
    ("s6", "s_1"): (0.0, False),
    ("s6", "s_2"): (0.7, False),
    ("janet", "beta"): (1.0, True),
    ("esn", "gamma"): (0.8, True),
}


@dataclass(frozen=True)
class Initialisation:
    """How the parameters of a network begin.

    Attributes:
        weights: "uniform" on +-1/sqrt(columns), "normal" with standard deviation 1/sqrt(columns), or "orthogonal":
            square matrices are, others have orthonormal rows or columns.
        std: another standard deviation of normal weights.
        biases: whether biases are there, drawn as the weights; otherwise they are 0 and not trained, those of the
            read-out too.
        zero_biases: biases that are there begin at 0 instead.
        gate: the value at which the gates that decide what is kept begin, as what is *written*, s of 1 - s kept; it
            sets their biases, which are then trained.
        chrono: the longest time scale L: the biases of those gates begin at +-log U(1, L - 1), so that units keep their
            state for 2 to L steps; they are then trained.
    """

    weights: str = "uniform"
    std: float | None = None
    biases: bool = False
    zero_biases: bool = False
    gate: float | None = None
    chrono: float | None = None

    def __post_init__(self) -> None:
        if self.weights not in LAWS:
            raise unknown("law of the weights", self.weights, LAWS)
        if self.std is not None and (not 0 < self.std < np.inf or self.weights != "normal"):
            raise ShapeError(f"std is a positive number, of normal weights; found {self.std!r}, {self.weights}.")
        if self.gate is not None and not 0 < self.gate < 1:
            raise ShapeError(f"gate needs a number between 0 and 1; found {self.gate!r}.")
        if self.chrono is not None and not 2 < self.chrono < np.inf:
            raise ShapeError(f"chrono needs a time scale above 2 steps; found {self.chrono!r}.")
        if self.gate is not None and self.chrono is not None:
            raise DefinitionError("gate and chrono both set the biases of the gates; give one of them.")

    def matrix(self, rng: Generator, shape: tuple[int, ...]) -> Array:
        """Weights of a shape; the last axis counts what is summed over."""
        bound = shape[-1] ** -0.5
        if self.weights == "uniform":
            return rng.uniform(-bound, bound, shape)
        drawn = rng.standard_normal(shape)
        if self.weights == "normal" or len(shape) == 1:
            return drawn * (bound if self.std is None else self.std)
        tall = drawn if shape[0] >= shape[1] else drawn.T
        q, r = np.linalg.qr(tall)
        q = q * np.sign(np.diagonal(r))
        return np.asarray(q if shape[0] >= shape[1] else q.T)

    def retention(self, rng: Generator, shape: tuple[int, ...]) -> Array | None:
        """The biases, of a gate that keeps the state where it is 1; None where they are as the others."""
        if self.gate is not None:
            return np.full(shape, np.log(1 / self.gate - 1))
        return None if self.chrono is None else np.log(rng.uniform(1, self.chrono - 1, shape))


def is_bias(name: str) -> bool:
    """Whether a parameter that is a vector or a number is a bias, by its name."""
    return name == "b" or name.startswith(("b_", "d_", "c_", "beta"))


def start_of(cell: Cell, name: str) -> tuple[float, bool] | None:
    """The value of a parameter that is no weight, and whether it stays there; None where it is drawn."""
    if (cell.name, name) in OWN:
        return OWN[cell.name, name]
    if name.startswith("gamma"):
        return 1.0, False
    return CONSTANTS.get(name)


def kept_constant(cell: Cell, given: Mapping[str, float] | None = None) -> tuple[str, ...]:
    """The parameters that are constants of the recurrence and not trained."""
    names = [str(p.name) for p in cell.parameters]
    return tuple(name for name in names if name in (given or {}) or (start_of(cell, name) or (0, False))[1])


@lru_cache(maxsize=64)
def retention_biases(cell: Cell) -> Mapping[str, int]:
    """The biases of the gates that decide what is kept, with the sign in which they raise it.

    Found by trying: with all weights 0 the retention of a unit is looked at before and after a bias is raised.
    """
    sizes = {str(d): 2 for d in cell.dimensions}
    arrays: dict[str, Array] = {}
    for symbol in cell.parameters:
        name = str(symbol.name)
        axes = [sizes.get(str(axis), int(axis) if str(axis).isdigit() else 2) for axis in getattr(symbol, "shape", ())]
        start = start_of(cell, name)
        arrays[name] = np.full(tuple(axes[: core_rank(symbol)]), 0.0 if start is None or is_bias(name) else start[0])
    inputs = {str(u.name): np.zeros((1, *[2] * core_rank(u))) + (core_rank(u) == 0) for u in cell.inputs}
    start_state = {s.name: np.zeros(2) for s in cell.states}

    def leak(params: Mapping[str, Array]) -> Array:
        return np.asarray(effective_learning_rates(rollout(cell, params, inputs, start_state)).leak)

    try:
        before = leak(arrays)
    except (UnknownNameError, DefinitionError, ShapeError):
        return {}
    found = {}
    for name, value in arrays.items():
        if is_bias(name) and name not in kept_constant(cell):
            change = leak({**arrays, name: value + 1.0}) - before
            if np.isfinite(change).all() and np.abs(change).max() > 1e-9:
                found[name] = 1 if change.sum() > 0 else -1
    return found


def drawn_parameters(
    cell: Cell,
    sizes: Mapping[str, int],
    rng: Generator,
    start: Initialisation,
    given: Mapping[str, float] | None = None,
) -> dict[str, Array]:
    """An array for every parameter of a cell.

    Args:
        cell: the recurrence.
        sizes: a number for each of its sizes.
        rng: the generator.
        start: how they begin.
        given: parameters that are set to one value.
    """
    params: dict[str, Array] = {}
    deciding = retention_biases(cell) if start.gate is not None or start.chrono is not None else {}
    for symbol in cell.parameters:
        name, axes = str(symbol.name), [str(size) for size in getattr(symbol, "shape", ())]
        numbers = tuple(sizes.get(axis, int(axis) if axis.isdigit() else 0) for axis in axes)
        shape = numbers[:1] if is_vector(symbol) else numbers
        constant = start_of(cell, name)
        if given and name in given:
            params[name] = np.full(shape, float(given[name]))
        elif name in deciding and (own := start.retention(rng, shape)) is not None:
            params[name] = deciding[name] * own
        elif constant is not None:
            params[name] = np.full(shape, constant[0])
        elif name == "s" and cell.name == "dale":
            params[name] = np.where(np.arange(shape[0]) < 0.8 * shape[0], 1.0, -1.0)
        elif not shape or is_bias(name):
            drawn = start.biases and not start.zero_biases and bool(shape)
            bound = sizes[str(cell.states[0].before.shape[0])] ** -0.5
            params[name] = rng.uniform(-bound, bound, shape) if drawn else np.zeros(shape)
        else:
            params[name] = start.matrix(rng, shape)
    return params


def untrained(cell: Cell, start: Initialisation, given: Mapping[str, float] | None = None) -> tuple[str, ...]:
    """The parameters that are not trained: constants, and biases where there are none."""
    deciding = retention_biases(cell) if start.gate is not None or start.chrono is not None else {}
    none = (
        [str(p.name) for p in cell.parameters if is_bias(str(p.name)) and str(p.name) not in deciding]
        if not start.biases
        else []
    )
    signs = ["s"] if cell.name == "dale" else []
    return tuple(dict.fromkeys([*kept_constant(cell, given), *none, *signs]))
