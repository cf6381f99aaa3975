"""A cell with a linear read-out of its last state: y^ = W x_T + b, and the gradient of its mean squared error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from symgate.errors import ShapeError, unknown
from symgate.experiments.tasks import Batch
from symgate.language import is_vector
from symgate.numeric.arrays import Array, real_array
from symgate.numeric.gradients import loss_gradient
from symgate.numeric.trajectories import Trajectory, rollout
from symgate.records import Cell

#: The keys of the read-out among the arrays of a network; no parameter of a cell can have such a name.
WEIGHTS, BIAS = ".weights", ".bias"


@dataclass(frozen=True)
class Network:
    """A recurrent network.

    Attributes:
        cell: the recurrence, with one state.
        params: an array per parameter of the cell.
        weights: W of the read-out, (1, n).
        bias: b of the read-out, (1,).
    """

    cell: Cell
    params: Mapping[str, Array]
    weights: Array
    bias: Array

    @property
    def arrays(self) -> dict[str, Array]:
        """Every array by name, those of the read-out under ``WEIGHTS`` and ``BIAS``; the arrays themselves."""
        return {**self.params, WEIGHTS: self.weights, BIAS: self.bias}

    def copy(self) -> Network:
        """The same network with arrays of its own."""
        params = {name: value.copy() for name, value in self.params.items()}
        return Network(self.cell, params, self.weights.copy(), self.bias.copy())

    def run(self, u: Array, *, keep: bool = False) -> Trajectory:
        """The trajectory from x_0 = 0 under inputs (B, T, m)."""
        return rollout(self.cell, self.params, u, np.zeros((len(u), self.weights.shape[-1])), keep=keep)

    def loss(self, batch: Batch) -> float:
        """The mean squared error on a batch; not finite where the states are not."""
        with np.errstate(all="ignore"):
            return float(np.mean((self.read(self.run(batch.u)) - batch.y) ** 2))

    def read(self, trajectory: Trajectory) -> Array:
        """y^ for each sequence, (B, 1)."""
        return np.asarray(trajectory.x[..., -1, :] @ self.weights.T + self.bias)

    def push(self, trajectory: Trajectory, y: Array) -> tuple[Array, Array]:
        """dL/dy^ (B, 1) of the mean squared error, and dl_t/dx_t (B, T, n), zero but for the last step."""
        error = 2 * (self.read(trajectory) - y) / y.size
        delta = np.zeros_like(trajectory.after)
        delta[..., -1, :] = error @ self.weights
        return error, delta

    def gradients(self, batch: Batch, trained: Iterable[str]) -> tuple[float, dict[str, Array]]:
        """The mean squared error and its gradient by the named parameters of the cell and by the read-out."""
        with np.errstate(all="ignore"):
            trajectory = self.run(batch.u, keep=True)
            error, delta = self.push(trajectory, batch.y)
            found = loss_gradient(trajectory, delta, list(trained))
            found[WEIGHTS] = error.T @ trajectory.x[..., -1, :]
            found[BIAS] = error.sum(axis=0)
            return float(np.sum(error * error) * batch.y.size / 4), found


def drawn_network(
    cell: Cell, n: int, m: int, rng: Generator, given: Mapping[str, float] | None = None, std: float | None = None
) -> Network:
    """A network with drawn weights.

    Args:
        cell: a cell whose sizes are the state's and the input's.
        n: hidden units.
        m: input channels.
        rng: the generator.
        given: parameters that are set to one value, such as ``{"alpha": 0.8}``.
        std: the standard deviation of every weight; default 1 / sqrt(number of columns), and for weight
            vectors of a gate, such as w_g, 1 / sqrt(length).

    Returns:
        The network: matrices and weight vectors normal, biases and scalars 0.  A vector counts as a bias if its name
        is ``b`` or begins with ``b_``, ``d_`` or ``beta``; gains (gamma_a, gamma_g, ...) are 1.

    Raises:
        UnknownNameError: ``given`` names no parameter of the cell.
        ShapeError: a parameter has a size that is neither n nor m.
    """
    fixed = dict(given or {})
    for name in fixed:
        if name not in {str(p.name) for p in cell.parameters}:
            raise unknown(f"parameter of cell {cell.name!r}", name, [str(p.name) for p in cell.parameters])
    sizes = {str(cell.state().before.shape[0]): n} | {str(u.shape[0]): m for u in cell.inputs}
    params = {}
    for symbol in cell.parameters:
        name, axes = str(symbol.name), [str(size) for size in getattr(symbol, "shape", ())]
        if unknown_sizes := [axis for axis in axes if axis not in sizes and axis != "1"]:
            raise ShapeError(
                f"Parameter {name!r} of {cell.name!r} has size {unknown_sizes[0]}, which is no n and no m."
            )
        shape = tuple(sizes[axis] for axis in (axes[:1] if is_vector(symbol) else axes))
        if name in fixed:
            params[name] = np.full(shape, float(fixed[name]))
        elif not shape or name == "b" or name.startswith(("b_", "d_", "beta", "gamma")):
            params[name] = np.full(shape, 1.0 if name.startswith("gamma") else 0.0)
        else:
            params[name] = rng.standard_normal(shape) * (shape[-1] ** -0.5 if std is None else std)
    return Network(cell, params, rng.standard_normal((1, n)) / np.sqrt(n), np.zeros(1))


def given_network(cell: Cell, weights: Mapping[str, ArrayLike]) -> Network:
    """A network with given weights of the cell; the read-out, if ``WEIGHTS`` is not among them, is zero."""
    arrays = {name: real_array(value, name).astype(np.float64) for name, value in weights.items()}
    read, bias = arrays.pop(WEIGHTS, None), arrays.pop(BIAS, np.zeros(1))
    n = _state_size(cell, arrays)
    return Network(cell, arrays, np.zeros((1, n)) if read is None else read, bias)


def _state_size(cell: Cell, arrays: Mapping[str, Array]) -> int:
    """n, from a parameter that has it."""
    size = cell.state().before.shape[0]
    for symbol in cell.parameters:
        axes, name = getattr(symbol, "shape", ()), str(symbol.name)
        if size in axes and name in arrays and arrays[name].ndim > list(axes).index(size):
            return int(arrays[name].shape[list(axes).index(size)])
    raise ShapeError(f"The size {size} of the state of {cell.name!r} is in none of the weights {', '.join(arrays)}.")
