"""Trajectories: the step of a cell, iterated over an input sequence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape

import numpy as np
from numpy.typing import ArrayLike

from symgate.cells import as_cell
from symgate.errors import ShapeError, unknown
from symgate.numeric import matrix_states
from symgate.numeric.arrays import Array
from symgate.numeric.shapes import (
    arrays_by_name,
    batch_of,
    core_rank,
    initial_states,
    shapes_of,
    sizes_of,
    slices_of,
    stacked,
    unstacked,
    widths_of,
    with_time_axis,
)
from symgate.numeric.sweeps import TARGETS, Frame
from symgate.records import Cell, vectors_only


@dataclass(frozen=True, repr=False)
class Trajectory:
    """What a cell did: x_0, ..., x_T under the inputs u_1, ..., u_T.

    Attributes:
        cell: the recurrence.
        params: the parameters by name; shared by the batch, or with its leading axes.
        inputs: each input by name, (..., T, m); a scalar one (..., T).
        x: the states, (..., T + 1, n); ``x[..., 0, :]`` is the initial state.  Several states lie side by side in
            the order of declaration, (..., T + 1, N), N the sum of their sizes; ``slices`` says where each is.
        kept: what gradients need of the way forward, if ``rollout`` was asked to keep it.
        widths: the number of entries of each state, in the order of declaration; of a matrix state its columns lie one
            below the other (``state`` gives it as a matrix).
        shapes: rows and columns of each state, where one is a matrix.
    """

    cell: Cell
    params: Mapping[str, Array]
    inputs: Mapping[str, Array]
    x: Array
    kept: tuple[Array, ...] | None = field(default=None, repr=False, compare=False)
    widths: tuple[int, ...] = ()
    shapes: tuple[tuple[int, int], ...] = ()

    def __repr__(self) -> str:
        steps = self.x.shape[-2] - 1
        batch = f", batch {self.x.shape[:-2]}" if self.x.ndim > 2 else ""
        return f"Trajectory of cell {self.cell.name!r}: {steps} steps, {self.x.shape[-1]} units{batch}"

    def _repr_html_(self) -> str:
        arrays = [("x", "states x_0 to x_T", self.x)]
        arrays += [(name, "input", value) for name, value in self.inputs.items()]
        arrays += [(name, "parameter", value) for name, value in self.params.items()]
        rows = "".join(
            f"<tr><td><code>{escape(name)}</code></td><td>{what}</td><td>{getattr(value, 'shape', ())}</td></tr>"
            for name, what, value in arrays
        )
        return f"<p>{escape(repr(self))}</p><table><tr><th>array</th><th></th><th>shape</th></tr>{rows}</table>"

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
    def slices(self) -> dict[str, slice]:
        """Where each state lies among the N entries of the whole, such as {"h": slice(0, n), "c": slice(n, 2 n)}."""
        return slices_of(self.cell, self.widths or (int(self.x.shape[-1]),))

    def state(self, name: str) -> Array:
        """One state of several, (..., T + 1, n), x_0 at index 0; a matrix state (..., T + 1, n, k); a view.

        Raises:
            UnknownNameError: the cell has no state of that name.
        """
        return self.cut(self.x, name)

    def cut(self, whole: Array, name: str) -> Array:
        """What belongs to one state of an array (..., N) over all entries, in the shape of the state; a view.

        Raises:
            UnknownNameError: the cell has no state of that name.
        """
        state = self.cell.state(name)
        own = whole[..., self.slices[state.name]]
        if state not in self.cell.matrix_states:
            return own
        return unstacked(own, self.shapes[self.cell.states.index(state)])

    def block(self, stack: Array, of: str, wrt: str) -> Array:
        """The block d(of)/d(wrt) of matrices (..., N, N) over all states, such as Jacobians or transports; a view.

        Raises:
            UnknownNameError: the cell has no state of that name.
            ShapeError: the matrices are not (..., N, N).
        """
        rows, cols = (self.slices[self.cell.state(name).name] for name in (of, wrt))
        if np.shape(stack)[-2:] != 2 * self.x.shape[-1:]:
            n = self.x.shape[-1]
            raise ShapeError(f"A block is cut from matrices (..., {n}, {n}) over all states; found {np.shape(stack)}.")
        return stack[..., rows, cols]

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
        shared = {name: with_time_axis(value, core_rank(symbols[name])) for name, value in self.params.items()}
        inputs = {
            name: value[..., steps] if core_rank(symbols[name]) == 0 else value[..., steps, :]
            for name, value in self.inputs.items()
        }
        before = {name: self.cut(self.before[..., steps, :], name) for name in self.slices}
        return {**before, **inputs, **shared}


def rollout(
    cell: Cell | str,
    params: Mapping[str, ArrayLike],
    u: ArrayLike | Mapping[str, ArrayLike],
    x0: ArrayLike | Mapping[str, ArrayLike] | None = None,
    *,
    keep: bool = False,
    target: str = "numpy",
) -> Trajectory:
    """Iterate x_t = f(x_{t-1}, u_t) for t = 1..T.

    Batch axes are leading axes and are kept: inputs (B, T, m) give states (B, T + 1, n); one sequence
    (T, m) gives (T + 1, n).  T = 0 gives x_0 alone.  What is not finite is carried on as NaN or inf.

    Args:
        cell: a cell with one state or several, or the name of a built-in one.
        params: an array per parameter; shared, or with leading batch axes of its own.
        u: the inputs u_1..u_T, (..., T, m), of a scalar input (..., T); a mapping by name where there are several.
        x0: the initial state, (..., n), of a matrix state (..., n, k); zeros unless given.  Of several states: by name,
            those left out are zeros;
            or side by side as in ``Trajectory.x``, (..., N).
        keep: also keep what gradients need, some (..., T, n) arrays: ``loss_gradient`` then need not go
            forward again.
        target: "numpy"; or "numba", if that is installed, for steps that are compiled at the first call (some seconds)
            and faster after it.  The two agree to rounding.

    Returns:
        The trajectory; its states have the common dtype of the arrays given (integers count as float64).

    Raises:
        UnknownNameError: a parameter, an input or a state that the cell does not have, or one that is missing; a target
            that is not there.
        MissingLibraryError: the target is "numba", which is not installed.
        ShapeError: inputs without a time axis, sequences of different lengths, or shapes that do not fit.
    """
    cell = as_cell(cell)
    if target not in TARGETS:
        raise unknown("target of a rollout", target, TARGETS)
    inputs = arrays_by_name("input", cell, [str(item.name) for item in cell.inputs], u)
    weights = arrays_by_name("parameter", cell, [str(item.name) for item in cell.parameters], params)
    lengths = {}
    for name, value in inputs.items():
        core = core_rank(cell.symbols[name])
        if value.ndim < core + 1:
            meant = "(..., T, m), steps before channels" if core else "(..., T), one number for each step"
            raise ShapeError(f"Input {name!r} needs shape {meant}; found {value.shape}.")
        lengths[name] = value.shape[-1 - core]
    if len(set(lengths.values())) != 1:
        raise ShapeError(f"All inputs need the same number of steps T, and at least one input; found {lengths}.")
    arrays = {**inputs, **weights}
    sizes, given = initial_states(cell, arrays, x0)
    arrays |= given
    for state in cell.states:
        for size in state.before.shape:
            if size not in sizes and not size.is_number:
                raise ShapeError(
                    f"The size {size} of the state {state.name!r} of {cell.name!r} is in no array; give x0."
                )

    kind = np.result_type(*arrays.values())
    arrays = {name: value.astype(kind, copy=False) for name, value in arrays.items()}
    inputs, weights = {name: arrays[name] for name in inputs}, {name: arrays[name] for name in weights}
    widths, shapes = widths_of(cell, sizes), shapes_of(cell, sizes)
    starts = {
        s.name: arrays.get(s.name, np.zeros(shape[: core_rank(s.before)], kind))
        for s, shape in zip(cell.states, shapes, strict=True)
    }
    steps = next(iter(lengths.values()))
    states = np.empty((steps + 1, *batch_of(cell, inputs, weights, starts), sum(widths)), dtype=kind)
    for name, own in slices_of(cell, widths).items():
        states[0][..., own] = stacked(starts[name], core_rank(cell.symbols[name]))
    if cell.matrix_states:
        run = Trajectory(cell, weights, inputs, np.moveaxis(states, 0, -2), None, widths, tuple(shapes))
        with np.errstate(all="ignore"):
            matrix_states.forward(cell, run.slices, run.at, states, target)
        return run
    frame, kept = Frame.of(cell, weights, inputs, sizes, states), None
    with np.errstate(all="ignore"):
        if keep:
            kept = frame.record(states, target)
        else:
            frame.forward(states, target)
    return Trajectory(cell, weights, inputs, np.moveaxis(states, 0, -2), kept, widths)


def frame_of(trajectory: Trajectory) -> tuple[Frame, Array]:
    """What a sweep over a trajectory works on, and its states (T + 1, ..., n).

    Raises:
        NotDerivedError: a state is a matrix.
    """
    vectors_only(trajectory.cell, "What is asked for along a trajectory")
    states = np.moveaxis(trajectory.x, -2, 0)
    starts = {name: trajectory.x[..., 0, own] for name, own in trajectory.slices.items()}
    arrays = {**trajectory.inputs, **trajectory.params, **starts}
    sizes = sizes_of(trajectory.cell, arrays)
    return Frame.of(trajectory.cell, trajectory.params, trajectory.inputs, sizes, states), states
