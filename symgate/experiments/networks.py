"""A cell with a linear read-out, of the last state or of every one, and the gradient of its mean squared error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from symgate.errors import ShapeError, unknown
from symgate.experiments.initialisation import Initialisation, drawn_parameters
from symgate.experiments.tasks import Batch
from symgate.numeric.arrays import Array, real_array
from symgate.numeric.gradients import loss_gradient
from symgate.numeric.shapes import core_rank
from symgate.numeric.trajectories import Trajectory, rollout
from symgate.records import Cell

#: The keys of the read-out among the arrays of a network; no parameter of a cell can have such a name.
WEIGHTS, BIAS = ".weights", ".bias"

#: Units for each of the further sizes of a cell, such as a rank: one eighth of the hidden units.
SHARE = 8


@dataclass(frozen=True)
class Network:
    """A recurrent network.

    Attributes:
        cell: the recurrence.
        params: an array per parameter of the cell.
        weights: W of the read-out, (1, n), of the state that is declared first (h of an LSTM).
        bias: b of the read-out, (1,).
        has_bias: whether b is trained.
        every: whether every state is read, and not the last one alone.
        lift: a fixed matrix (n, m) in front of cells whose input has the size of the state, such as RG-LRU; else None.
    """

    cell: Cell
    params: Mapping[str, Array]
    weights: Array
    bias: Array
    has_bias: bool = True
    every: bool = False
    lift: Array | None = None

    @property
    def arrays(self) -> dict[str, Array]:
        """Every array by name, those of the read-out under ``WEIGHTS`` and ``BIAS``; the arrays themselves."""
        return {**self.params, WEIGHTS: self.weights, BIAS: self.bias}

    def copy(self) -> Network:
        """The same network with arrays of its own."""
        params = {name: value.copy() for name, value in self.params.items()}
        return replace(self, params=params, weights=self.weights.copy(), bias=self.bias.copy())

    def run(self, u: Array, *, keep: bool = False) -> Trajectory:
        """The trajectory from states 0 under inputs (B, T, m).

        The first vector input is u; scalar inputs (elapsed time) and masks of what is observed are 1, other inputs 0.
        """
        first = next(item for item in self.cell.inputs if core_rank(item))
        given = {str(first.name): u if self.lift is None else u @ self.lift.T}
        for item in self.cell.inputs:
            name = str(item.name)
            if item is first:
                continue
            width = [self._width(item)] if core_rank(item) else []
            ones = not width or (self.cell.name == "gru_d")
            given[name] = np.full((*u.shape[:-1], *width), 1.0 if ones else 0.0)
        return rollout(self.cell, self.params, given, keep=keep)

    def _width(self, item: object) -> int:
        """The size of a further input, from a parameter that has it."""
        size = item.shape[0]  # type: ignore[attr-defined]
        for symbol in self.cell.parameters:
            axes = list(getattr(symbol, "shape", ()))
            if size in axes:
                return int(self.params[str(symbol.name)].shape[axes.index(size)])
        raise ShapeError(f"No parameter of {self.cell.name!r} has the size {size} of its input.")

    def loss(self, batch: Batch) -> float:
        """The mean squared error on a batch; not finite where the states are not."""
        with np.errstate(all="ignore"):
            return float(np.mean((self.read(self.run(batch.u)) - batch.y) ** 2))

    def read(self, trajectory: Trajectory) -> Array:
        """y^ for each sequence, (B, 1), or for every step, (B, T, 1)."""
        own = self._read_state(trajectory)
        states = trajectory.after[..., own] if self.every else trajectory.x[..., -1, own]
        return np.asarray(states @ self.weights.T + self.bias)

    def _read_state(self, trajectory: Trajectory) -> slice:
        return trajectory.slices[self.cell.states[0].name]

    def push(self, trajectory: Trajectory, y: Array) -> tuple[Array, Array]:
        """dL/dy^ of the mean squared error, shaped as y^, and dl_t/dx_t (B, T, N), of all states side by side."""
        error = 2 * (self.read(trajectory) - y) / y.size
        delta = np.zeros_like(trajectory.after)
        own = self._read_state(trajectory)
        if self.every:
            delta[..., own] = error @ self.weights
        else:
            delta[..., -1, own] = error @ self.weights
        return error, delta

    def gradients(self, batch: Batch, trained: Iterable[str]) -> tuple[float, dict[str, Array]]:
        """The mean squared error and its gradient by the named parameters of the cell and by the read-out."""
        with np.errstate(all="ignore"):
            trajectory = self.run(batch.u, keep=True)
            error, delta = self.push(trajectory, batch.y)
            found = loss_gradient(trajectory, delta, list(trained))
            own = self._read_state(trajectory)
            read = trajectory.after[..., own] if self.every else trajectory.x[..., -1, own]
            flat = error.reshape(-1, error.shape[-1])
            found[WEIGHTS] = flat.T @ read.reshape(-1, read.shape[-1])
            if self.has_bias:
                found[BIAS] = flat.sum(axis=0)
            return float(np.sum(error * error) * batch.y.size / 4), found


def drawn_network(
    cell: Cell,
    n: int,
    m: int,
    rng: Generator,
    given: Mapping[str, float] | None = None,
    std: float | None = None,
    *,
    start: Initialisation | None = None,
    every: bool = False,
) -> Network:
    """A network with drawn weights.

    Args:
        cell: a cell.
        n: hidden units of every state; further sizes, such as a rank, are n / 8.
        m: input channels.  Where the input has the size of the state, a fixed matrix in front of the cell lifts m to n.
        rng: the generator.
        given: parameters that are set to one value, such as ``{"alpha": 0.8}``.
        std: the standard deviation of every weight, normal; default 1 / sqrt(number of columns), and for weight
            vectors of a gate, such as w_g, 1 / sqrt(length).
        start: how the parameters begin; default: normal weights, biases that begin at 0 and are trained.
        every: whether every state is read.

    Returns:
        The network.  A vector counts as a bias if its name is ``b`` or begins with ``b_``, ``c_``, ``d_`` or ``beta``;
        gains (gamma_a, gamma_g, ...) are 1.

    Raises:
        UnknownNameError: ``given`` names no parameter of the cell.
    """
    fixed = dict(given or {})
    for name in fixed:
        if name not in {str(p.name) for p in cell.parameters}:
            raise unknown(f"parameter of cell {cell.name!r}", name, [str(p.name) for p in cell.parameters])
    law = start or Initialisation("normal", std, biases=True, zero_biases=True)
    hidden = [str(state.before.shape[0]) for state in cell.states]
    vectors = [item for item in cell.inputs if core_rank(item)]
    if not vectors:
        raise ShapeError(f"Cell {cell.name!r} has no input that is a vector, so no task can drive it.")
    channels = str(vectors[0].shape[0])
    lifted = channels == hidden[0]
    sizes = {str(size): max(1, n // SHARE) for size in cell.dimensions} | dict.fromkeys(hidden, n)
    if not lifted:
        sizes[channels] = m
    params = drawn_parameters(cell, sizes, rng, law, fixed)
    weights = law.matrix(rng, (1, sizes[hidden[0]]))
    lift = Initialisation("normal").matrix(rng, (n, m)) if lifted else None
    return Network(cell, params, weights, np.zeros(1), has_bias=law.biases, every=every, lift=lift)


def given_network(cell: Cell, weights: Mapping[str, ArrayLike]) -> Network:
    """A network with given weights of the cell; the read-out, if ``WEIGHTS`` is not among them, is zero."""
    arrays = {name: real_array(value, name).astype(np.float64) for name, value in weights.items()}
    read, bias = arrays.pop(WEIGHTS, None), arrays.pop(BIAS, np.zeros(1))
    n = _state_size(cell, arrays)
    return Network(cell, arrays, np.zeros((1, n)) if read is None else read, bias)


def _state_size(cell: Cell, arrays: Mapping[str, Array]) -> int:
    """n, from a parameter that has it."""
    size = cell.states[0].before.shape[0]
    for symbol in cell.parameters:
        axes, name = getattr(symbol, "shape", ()), str(symbol.name)
        if size in axes and name in arrays and arrays[name].ndim > list(axes).index(size):
            return int(arrays[name].shape[list(axes).index(size)])
    raise ShapeError(f"The size {size} of the state of {cell.name!r} is in none of the weights {', '.join(arrays)}.")
