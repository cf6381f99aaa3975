"""A trajectory in pieces, so that an analysis of many steps needs the memory of a few."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from symgate.errors import ShapeError
from symgate.numeric.arrays import Array
from symgate.numeric.trajectories import Trajectory
from symgate.records import vectors_only

#: Called with how much is done, and how much there is.
Told = Callable[[int, int], None]

#: How many numbers the Jacobians of a piece may hold (32 MiB of float64).
ROOM = 1 << 22


def of_vectors(trajectory: Trajectory, what: str, *, matrix: bool = False) -> Trajectory:
    """The trajectory, where it is one and all states of its cell are vectors, or matrices where they may be.

    Raises:
        ShapeError: it is something else.
        NotDerivedError: a state is a matrix.
    """
    if not isinstance(trajectory, Trajectory):
        raise ShapeError(f"{what} takes a trajectory from symgate.numeric.rollout; found {type(trajectory).__name__}.")
    if not matrix:
        vectors_only(trajectory.cell, what)
    return trajectory


def cut(trajectory: Trajectory, first: int, last: int) -> Trajectory:
    """The steps first + 1 .. last as a trajectory of their own: x_first is its initial state.

    What was kept for gradients is left behind.
    """
    inputs = {name: value[..., first:last, :] for name, value in trajectory.inputs.items()}
    return replace(trajectory, inputs=inputs, x=trajectory.x[..., first : last + 1, :], kept=None)


def pieces(trajectory: Trajectory, first: int = 0, room: int = ROOM) -> Iterator[tuple[int, Trajectory]]:
    """The trajectory from step ``first`` on, piece by piece, each with the number of steps before it."""
    batch, n = trajectory.x.shape[:-2], trajectory.x.shape[-1]
    length = max(1, room // max(1, int(np.prod(batch)) * n * n))
    for start in range(first, trajectory.steps, length):
        yield start, cut(trajectory, start, min(start + length, trajectory.steps))


def finite_steps(trajectory: Trajectory) -> Array:
    """How many steps stay finite, for every batch element: T where none leaves the floating point range.

    Raises:
        ShapeError: a weight, or x_0, is not finite, so that no step is.
    """
    for name, value in trajectory.params.items():
        if not np.isfinite(value).all():
            bad = int(np.count_nonzero(~np.isfinite(value)))
            raise ShapeError(f"Parameter {name!r} holds {bad} entries that are not finite; it cannot be analysed.")
    fine = np.asarray(np.isfinite(trajectory.x).all(axis=-1))
    if not fine[..., 0].all():
        raise ShapeError("The initial state is not finite.")
    return np.where(fine.all(axis=-1), trajectory.steps, np.argmin(fine, axis=-1) - 1)


def finite_part(trajectory: Trajectory, pushes: Array) -> tuple[Trajectory, Array, Array]:
    """A trajectory whose elements stay where they were last finite, and pushes that are 0 from there on.

    Args:
        trajectory: a trajectory of T steps.
        pushes: dl_t/dx_t, (..., T, N).

    Returns:
        (trajectory, pushes, diverged); the first two as they are where everything is finite.

    Raises:
        ShapeError: a weight, or x_0, is not finite.
    """
    usable = finite_steps(trajectory)
    diverged = usable < trajectory.steps
    if not diverged.any():
        return trajectory, pushes, diverged
    places = np.arange(trajectory.steps + 1)
    held = np.minimum(places, usable[..., None])[..., None]
    x = np.take_along_axis(trajectory.x, held, axis=-2)
    counted = (places[1:] <= usable[..., None])[..., None]
    return replace(trajectory, x=x, kept=None), np.where(counted, pushes, 0), diverged
