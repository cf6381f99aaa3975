"""Trajectories: the step of a cell, iterated over an input sequence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from symgate.errors import ShapeError, unknown
from symgate.numeric.arrays import Array, real_array
from symgate.numeric.sweeps import Frame
from symgate.records import Cell


@dataclass(frozen=True)
class Trajectory:
    """What a cell did: x_0, ..., x_T under the inputs u_1, ..., u_T.

    Attributes:
        cell: the recurrence.
        params: the parameters by name; shared by the batch, or with its leading axes.
        inputs: each input by name, (..., T, m).
        x: the states, (..., T + 1, n); ``x[..., 0, :]`` is the initial state.
        kept: what gradients need of the way forward, if ``rollout`` was asked to keep it.
    """

    cell: Cell
    params: Mapping[str, Array]
    inputs: Mapping[str, Array]
    x: Array
    kept: tuple[Array, ...] | None = field(default=None, repr=False, compare=False)

    @property
    def u(self) -> Array:
        """u_1 .. u_T of a cell with one input, (..., T, m).

        Raises:
            ShapeError: the cell has several inputs, or none.
        """
        if len(self.inputs) != 1:
            raise ShapeError(f"Cell {self.cell.name!r} has {len(self.inputs)} inputs; use trajectory.inputs, by name.")
        return next(iter(self.inputs.values()))

    @property
    def steps(self) -> int:
        """The number of steps T."""
        return int(self.x.shape[-2]) - 1

    @property
    def before(self) -> Array:
        """x_{t-1} for t = 1..T, (..., T, n)."""
        return self.x[..., :-1, :]

    @property
    def after(self) -> Array:
        """x_t for t = 1..T, (..., T, n)."""
        return self.x[..., 1:, :]

    @property
    def arguments(self) -> dict[str, Array]:
        """The arguments of every generated function of the cell, for all steps at once.

        ``lambdify(jacobian(cell))(**trajectory.arguments)`` is J_1, ..., J_T, (..., T, n, n).
        """
        return self.at(slice(None))

    def at(self, steps: slice) -> dict[str, Array]:
        """The arguments for a slice of the steps, counted from 0: step t has the number t - 1."""
        symbols = self.cell.symbols
        shared = {name: _with_time_axis(value, core_rank(symbols[name])) for name, value in self.params.items()}
        inputs = {name: value[..., steps, :] for name, value in self.inputs.items()}
        return {self.cell.state().name: self.before[..., steps, :], **inputs, **shared}


def rollout(
    cell: Cell,
    params: Mapping[str, ArrayLike],
    u: ArrayLike | Mapping[str, ArrayLike],
    x0: ArrayLike | None = None,
    *,
    keep: bool = False,
) -> Trajectory:
    """Iterate x_t = f(x_{t-1}, u_t) for t = 1..T.

    Batch axes are leading axes and are kept: inputs (B, T, m) give states (B, T + 1, n); one sequence
    (T, m) gives (T + 1, n).  T = 0 gives x_0 alone.  What is not finite is carried on as NaN or inf.

    Args:
        cell: a cell with one state.
        params: an array per parameter; shared, or with leading batch axes of its own.
        u: the inputs u_1..u_T, (..., T, m); a mapping by name where there are several.
        x0: the initial state, (..., n); zeros unless given.
        keep: also keep what gradients need, some (..., T, n) arrays: ``loss_gradient`` then need not go
            forward again.

    Returns:
        The trajectory; its states have the common dtype of the arrays given (integers count as float64).

    Raises:
        UnknownNameError: a parameter or an input that the cell does not have, or one that is missing;
            a cell with several states.
        ShapeError: inputs without a time axis, sequences of different lengths, or shapes that do not fit.
    """
    state = cell.state()
    inputs = _arrays("input", cell, [str(item.name) for item in cell.inputs], u)
    weights = _arrays("parameter", cell, [str(item.name) for item in cell.parameters], params)
    for name, value in inputs.items():
        if value.ndim < 2:
            raise ShapeError(f"Input {name!r} needs shape (..., T, m), steps before channels; found {value.shape}.")
    lengths = {name: value.shape[-2] for name, value in inputs.items()}
    if len(set(lengths.values())) != 1:
        raise ShapeError(f"All inputs need the same number of steps T, and at least one input; found {lengths}.")
    arrays = {**inputs, **weights}
    if x0 is not None:
        arrays[state.name] = real_array(x0, "x0")
    sizes = _sizes(cell, arrays)
    if state.before.shape[0] not in sizes:
        raise ShapeError(f"The size {state.before.shape[0]} of the state of {cell.name!r} is in no array; give x0.")

    kind = np.result_type(*arrays.values())
    arrays = {name: value.astype(kind, copy=False) for name, value in arrays.items()}
    inputs, weights = {name: arrays[name] for name in inputs}, {name: arrays[name] for name in weights}
    start = arrays.get(state.name, np.zeros(sizes[state.before.shape[0]], dtype=kind))
    steps = next(iter(lengths.values()))
    states = np.empty((steps + 1, *_batch(cell, inputs, weights, start), start.shape[-1]), dtype=kind)
    states[0] = start
    frame, kept = Frame.of(cell, weights, inputs, sizes, states), None
    with np.errstate(all="ignore"):
        if keep:
            kept = frame.record(states)
        else:
            frame.forward(states)
    return Trajectory(cell, weights, inputs, np.moveaxis(states, 0, -2), kept)


def frame_of(trajectory: Trajectory) -> tuple[Frame, Array]:
    """What a sweep over a trajectory works on, and its states (T + 1, ..., n)."""
    states = np.moveaxis(trajectory.x, -2, 0)
    arrays = {**trajectory.inputs, **trajectory.params, trajectory.cell.state().name: trajectory.x[..., 0, :]}
    sizes = _sizes(trajectory.cell, arrays)
    return Frame.of(trajectory.cell, trajectory.params, trajectory.inputs, sizes, states), states


def core_rank(symbol: Any) -> int:
    """The axes of a symbol's array, batch axes aside: 0 for a scalar, 1 for a vector, 2 for a matrix."""
    shape = getattr(symbol, "shape", ())
    return 0 if not shape else 1 if shape[1] == 1 else 2


def _arrays(what: str, cell: Cell, names: list[str], given: ArrayLike | Mapping[str, ArrayLike]) -> dict[str, Array]:
    """``given`` by name, complete and without strangers."""
    if not isinstance(given, Mapping):
        if what == "parameter":
            raise ShapeError(f"params needs a mapping from names to arrays: {', '.join(names)}.")
        if len(names) != 1:
            raise ShapeError(f"Cell {cell.name!r} has {len(names)} inputs; give a mapping by name: {', '.join(names)}.")
        given = {names[0]: given}
    for name in given:
        if name not in names:
            raise unknown(f"{what} of cell {cell.name!r}", name, names)
    missing = [name for name in names if name not in given]
    if missing:
        raise unknown(f"value for {what} {', '.join(missing)} of cell {cell.name!r}", missing[0], given)
    return {name: real_array(given[name], name) for name in names}


def _sizes(cell: Cell, arrays: Mapping[str, Array]) -> dict[Any, int]:
    """The value of every size that a core shape shows, once all agree."""
    sizes: dict[Any, int] = {}
    told: dict[Any, str] = {}
    for name, value in arrays.items():
        symbol = cell.symbols[name]
        core = getattr(symbol, "shape", ())[: core_rank(symbol)]
        if value.ndim < len(core):
            meant = ", ".join(str(size) for size in core)
            raise ShapeError(f"{name} needs shape ({meant}), batch axes before; found {value.shape}.")
        for size, found in zip(core, value.shape[value.ndim - len(core) :], strict=True):
            expected = sizes.setdefault(size, int(size) if size.is_number else int(found))
            if expected != found or found < 1:
                because = f"{size} = {expected}" + (f" as in {told[size]}" if size in told else "")
                meant = ", ".join(str(item) for item in core)
                raise ShapeError(f"{name} needs shape ({meant}) with {because} >= 1; found {value.shape}.")
            told.setdefault(size, name)
    return sizes


def _batch(cell: Cell, inputs: Mapping[str, Array], params: Mapping[str, Array], start: Array) -> tuple[int, ...]:
    """The common leading axes."""
    leading = {name: value.shape[:-2] for name, value in inputs.items()} | {"x0": start.shape[:-1]}
    for name, value in params.items():
        leading[name] = value.shape[: value.ndim - core_rank(cell.symbols[name])]
    try:
        return np.broadcast_shapes(*leading.values())
    except ValueError:
        shown = {name: shape for name, shape in leading.items() if shape}
        raise ShapeError(f"The batch axes do not fit together: {shown}.") from None


def _with_time_axis(value: Array, core: int) -> Array:
    """A batched parameter made to broadcast over the steps; a shared one as it is."""
    return value if value.ndim <= core else np.expand_dims(value, value.ndim - core)
