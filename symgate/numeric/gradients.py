"""Backpropagation through time by the generated vector-Jacobian products: no Jacobian is ever formed.

For a loss L = sum_t l_t(x_t) with delta_t = dl_t/dx_t the adjoint runs backward,
lambda_k = delta_k + J_{k+1}' lambda_{k+1}, and dL/dtheta = sum_k (d+x_k/dtheta)' lambda_k.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from symgate.derive import vjp
from symgate.errors import ShapeError, unknown
from symgate.numeric import matrix_states
from symgate.numeric.arrays import Array, real_array
from symgate.numeric.load import lambdify
from symgate.numeric.shapes import core_rank, stacked, vanishes
from symgate.numeric.sweeps import Backward
from symgate.numeric.trajectories import Trajectory, frame_of
from symgate.records import Derivation

#: How many numbers the summands of a gradient may hold at a time (16 MiB of float64).
ROOM = 1 << 21


#: dl_t/dx_t: an array, or of several states arrays by name.
Pushes = ArrayLike | Mapping[str, ArrayLike]


def adjoint(trajectory: Trajectory, delta: Pushes) -> Array:
    """The adjoint states lambda_k = dL/dx_k, by lambda_k = delta_k + J_{k+1}' lambda_{k+1}, lambda_T = delta_T.

    Args:
        trajectory: a trajectory of T steps.
        delta: dl_t/dx_t for t = 1..T, (..., T, n).  Of several states: by name, those left out count as zeros; or side
            by side as in ``Trajectory.x``, (..., T, N).

    Returns:
        (..., T + 1, n); lambda_k is at index k, and lambda_0 (with delta_0 = 0) is the gradient by x_0.  Of several
        states (..., T + 1, N), to be cut by ``trajectory.slices``.

    Raises:
        UnknownNameError: ``delta`` names a state that the cell does not have.
        ShapeError: ``delta`` does not have the shape of x_1 .. x_T.
    """
    return np.moveaxis(_backward(trajectory, delta, [], whole=True).adjoints, 0, -2)


def loss_gradient(trajectory: Trajectory, delta: Pushes, wrt: Iterable[str] | None = None) -> dict[str, Array]:
    """The gradient of a loss L = sum_t l_t(x_t), summed over batch and time, by the generated adjoint.

    Args:
        trajectory: a trajectory of T steps.
        delta: dl_t/dx_t for t = 1..T, (..., T, n), one per batch element; of several states as for ``adjoint``.
        wrt: names of parameters, inputs or states; default: every parameter.

    Returns:
        By name: for a parameter dL/dtheta in the shape of the array given for it (its own batch axes are
        kept, others summed), for an input dL/du_t (..., T, m) or (..., T), for the state the gradient by x_0, (..., n).
        All zero for T = 0; NaN where the trajectory or ``delta`` is not finite.

    Raises:
        UnknownNameError: ``wrt`` names nothing of the cell, or ``delta`` no state.
        ShapeError: ``delta`` does not have the shape of x_1 .. x_T.

    Law: ``tests/numeric/test_gradients.py`` (complex step and torch through the recurrence).
    """
    cell = trajectory.cell
    names = list(trajectory.params) if wrt is None else [wrt] if isinstance(wrt, str) else list(wrt)
    for name in names:
        if name not in cell.symbols:
            raise unknown(f"state, input or parameter of cell {cell.name!r}", name, cell.symbols)
    run = _backward(trajectory, delta, names, whole=False)
    if any(name not in run.gradients and name not in trajectory.slices for name in names):
        run = _backward(trajectory, delta, names, whole=True)
    with np.errstate(all="ignore"):
        return {name: _gradient(trajectory, run, name) for name in names}


def example_gradients(trajectory: Trajectory, delta: Pushes, wrt: Iterable[str] | None = None) -> dict[str, Array]:
    """The gradient of every sequence's own loss by the parameters: as ``loss_gradient``, not summed over the batch.

    Args:
        trajectory: a trajectory of T steps; its parameters are shared by the batch.
        delta: dl_t/dx_t for t = 1..T, (..., T, n).
        wrt: names of parameters; default: every one.

    Returns:
        By name, the batch axes in front of the shape of the parameter, such as (B, n, n).

    Raises:
        UnknownNameError: ``wrt`` names no parameter of the cell.
        ShapeError: ``delta`` does not have the shape of x_1 .. x_T, or a parameter has batch axes of its own.

    Law: ``tests/numeric/test_gradients.py`` (one sequence at a time).
    """
    names = list(trajectory.params) if wrt is None else [wrt] if isinstance(wrt, str) else list(wrt)
    batch, symbols = trajectory.x.shape[:-2], trajectory.cell.symbols
    for name in names:
        if name not in trajectory.params:
            raise unknown(f"parameter of cell {trajectory.cell.name!r}", name, trajectory.params)
        if trajectory.params[name].ndim != core_rank(symbols[name]):
            raise ShapeError(f"Parameter {name!r} has batch axes of its own: {trajectory.params[name].shape}.")
    found: dict[str, Array] = {}
    if not trajectory.cell.matrix_states:
        found |= _backward(trajectory, delta, names, whole=False, each=True).gradients
    rest = [name for name in names if name not in found]
    if rest:  # without outer-product form: a copy of the parameter for every sequence
        apart = {
            name: np.broadcast_to(trajectory.params[name], (*batch, *trajectory.params[name].shape)) for name in rest
        }
        found |= loss_gradient(replace(trajectory, params={**trajectory.params, **apart}, kept=None), delta, rest)
    return {name: found[name] for name in names}


def _backward(trajectory: Trajectory, delta: Pushes, names: list[str], *, whole: bool, each: bool = False) -> Backward:
    """The adjoint, after the way forward once more if its values were not kept."""
    pushes = np.moveaxis(cotangents(trajectory, delta), -2, 0)
    if trajectory.cell.matrix_states:
        pushes = pushes.astype(np.result_type(trajectory.x, pushes))
        with np.errstate(all="ignore"):
            back = matrix_states.backward(trajectory.cell, trajectory.slices, trajectory.at, trajectory.cut, pushes)
        return Backward(back, {})
    frame, states = frame_of(trajectory)
    kind = np.result_type(states, pushes)
    if kind != frame.dtype:
        given = {name: value.astype(kind) for name, value in frame.given.items()}
        frame, states = replace(frame, given=given, dtype=kind), states.astype(kind)
    with np.errstate(all="ignore"):
        kept = trajectory.kept
        if kept is None or kind != trajectory.x.dtype:
            kept = frame.record(states.copy())
        rows = trajectory.steps + 1 if whole else 2
        return frame.backward(states, kept, pushes, names, rows, each=each)


def _gradient(trajectory: Trajectory, run: Backward, name: str) -> Array:
    """The gradient by one argument, given the adjoint."""
    lam = np.moveaxis(run.adjoints, 0, -2)
    if name in run.gradients:
        return run.gradients[name]
    if name in trajectory.slices:
        return trajectory.cut(lam[..., 0, :], name).copy()
    pulls = [(vjp(trajectory.cell, name, state), state) for state in trajectory.slices]
    pulls = [pull for pull in pulls if not vanishes(pull[0])] or pulls[:1]
    core = core_rank(trajectory.cell.symbols[name])
    if name in trajectory.inputs:
        channels = trajectory.inputs[name].shape[trajectory.inputs[name].ndim - core :]
        found = np.zeros((*lam.shape[:-2], trajectory.steps, *channels), lam.dtype)
        for derivation, state in pulls:
            for steps, part in _pulled(trajectory, trajectory.cut(lam, state), derivation, channels):
                if core:
                    found[..., steps, :] += part
                else:
                    found[..., steps] += part
        return found
    shape = trajectory.params[name].shape
    total = np.zeros(shape, dtype=lam.dtype)
    for derivation, state in pulls:
        for _, part in _pulled(trajectory, trajectory.cut(lam, state), derivation, shape[len(shape) - core :]):
            total += _summed(part.sum(axis=lam.ndim - 2), shape)
    return total


def _pulled(
    trajectory: Trajectory, lam: Array, derivation: Derivation, shape: tuple[int, ...]
) -> Iterator[tuple[slice, Array]]:
    """(d+x_k/dtheta)' lambda_k for k = 1..T, (..., steps, *shape), some steps at a time, with which steps they are."""
    pull, cotangent = lambdify(derivation), _letter(derivation)
    steps_at = lam.ndim - 1 - core_rank(derivation.cotangent)
    batch = lam.shape[:steps_at]
    room = max(1, ROOM // max(1, int(np.prod((*batch, *shape)))))
    for first in range(0, trajectory.steps, room):
        steps = slice(first, min(first + room, trajectory.steps))
        found = pull(
            **{cotangent: lam[(slice(None),) * steps_at + (slice(steps.start + 1, steps.stop + 1),)]},
            **trajectory.at(steps),
        )
        yield steps, np.broadcast_to(found, (*batch, steps.stop - first, *shape))


def _letter(derivation: Derivation) -> str:
    """The name of the cotangent."""
    assert derivation.cotangent is not None, "a vector-Jacobian product has a cotangent"
    return str(derivation.cotangent.name)


def _summed(value: Array, shape: tuple[int, ...]) -> Array:
    """``value`` summed over the leading axes that ``shape`` lacks or holds with length 1."""
    value = value.sum(axis=tuple(range(value.ndim - len(shape))))
    once = tuple(axis for axis, length in enumerate(shape) if length == 1 and value.shape[axis] != 1)
    return value.sum(axis=once, keepdims=True)


def cotangents(trajectory: Trajectory, delta: Pushes) -> Array:
    """``delta``, side by side where it is given by state, with the batch axes of the trajectory."""
    expected = trajectory.after.shape
    if isinstance(delta, Mapping):
        for name in delta:
            trajectory.cell.state(name)
        parts = {
            name: _fitting(
                _flat(trajectory, value, name), (*expected[:-1], _width(trajectory, name)), f"delta of {name}"
            )
            for name, value in delta.items()
        }
        whole = np.zeros(expected, np.result_type(trajectory.x, *parts.values()))
        for name, part in parts.items():
            whole[..., trajectory.slices[name]] = part
        return whole
    if len(trajectory.cell.states) == 1:
        delta = _flat(trajectory, delta, trajectory.cell.states[0].name)
    return _fitting(delta, expected, "delta")


def _flat(trajectory: Trajectory, delta: ArrayLike, name: str) -> ArrayLike:
    """delta of a matrix state, (..., T, n, k), as the entries of its columns, (..., T, n k); such entries as they are.

    Raises:
        ShapeError: it holds other matrices.
    """
    rank = core_rank(trajectory.cell.symbols[name])
    if rank < 2:
        return delta
    array = real_array(delta, f"delta of {name}")
    wanted = trajectory.shapes[[state.name for state in trajectory.cell.states].index(name)]
    if array.shape[-2:] == (trajectory.steps, wanted[0] * wanted[1]) and array.shape[-3:] != (
        trajectory.steps,
        *wanted,
    ):
        return array
    if array.shape[-2:] != wanted:
        raise ShapeError(
            f"delta of {name} needs a {wanted[0]} x {wanted[1]} matrix for each of t = 1..T; found {array.shape}."
        )
    return stacked(array, rank)


def _width(trajectory: Trajectory, state: str) -> int:
    own = trajectory.slices[state]
    return int(own.stop - own.start)


def _fitting(delta: ArrayLike, expected: tuple[int, ...], name: str) -> Array:
    """``delta``, with every batch axis."""
    array = real_array(delta, name)
    if array.shape[-2:] != expected[-2:]:
        raise ShapeError(f"{name} needs shape {expected}, dl_t/dx_t for t = 1..T; found {array.shape}.")
    try:
        return np.broadcast_to(array, expected)
    except ValueError:
        raise ShapeError(f"{name} needs shape {expected}, as x_1 .. x_T; found {array.shape}.") from None
