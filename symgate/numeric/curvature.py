"""Curvature of a loss through time: Hessian and Gauss-Newton products with a direction, by generated sweeps.

With dx_t the tangent of the states along a direction V of the parameters, dx_t = J_t dx_{t-1} + (d+x_t/dtheta) V,

    G V = sum_t (dx_t/dtheta)' H_t (dx_t/dtheta) V          the adjoint of the pushes H_t dx_t,
    H V = d/d eps dL/dtheta (theta + eps V)                 the adjoint of the cell of (x, dx),

where H_t is the Hessian of l_t.  No Jacobian and no Hessian is formed: two sweeps forward and one back.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from symgate.derive.tangents import tangent
from symgate.errors import ShapeError, unknown
from symgate.numeric.arrays import Array, real_array
from symgate.numeric.gradients import Pushes, cotangents, loss_gradient
from symgate.numeric.pieces import finite_steps, of_vectors
from symgate.numeric.trajectories import Trajectory, rollout

#: The Hessian of l_t by x_t: one number for a multiple of I (1 for squared errors), or arrays (..., T, N) for a
#: diagonal and (..., T, N, N) for matrices.
LossHessian = float | ArrayLike


def tangent_trajectory(trajectory: Trajectory, direction: Mapping[str, ArrayLike]) -> Trajectory:
    """A trajectory of (x, dx): the states and how they move along a direction of the parameters, from dx_0 = 0.

    Args:
        trajectory: a trajectory of a cell.
        direction: V by name, in the shapes of the parameters; those left out do not move.

    Returns:
        A trajectory of ``symgate.derive.tangents.tangent(cell)``, dx_t = J_t dx_{t-1} + (d+x_t/dtheta) V; ``.x`` holds
        the states, then their tangents, (..., T + 1, 2 N), in units of the state.

    Raises:
        UnknownNameError: the cell has no such parameter.
        ShapeError: a direction has not the shape of its parameter.

    Source: the chain rule.  Law: ``tests/numeric/test_curvature.py``.
    """
    cell = trajectory.cell
    double = tangent(cell)
    dots = dict(
        zip([str(item.name) for item in cell.parameters], double.parameters[len(cell.parameters) :], strict=True)
    )
    given = {name: np.zeros_like(value) for name, value in trajectory.params.items()}
    for name, value in direction.items():
        if name not in given:
            raise unknown(f"parameter of cell {cell.name!r}", name, given)
        array = real_array(value, f"direction of {name}")
        if array.shape != given[name].shape:
            raise ShapeError(f"The direction of {name} needs the shape {given[name].shape}; found {array.shape}.")
        given[name] = array
    params = {**trajectory.params, **{str(dots[name].name): value for name, value in given.items()}}
    start = [trajectory.cut(trajectory.x[..., 0, :], state.name) for state in cell.states]
    moves = [np.zeros_like(value) for value in start]
    x0 = {state.name: value for state, value in zip(double.states, [*start, *moves], strict=True)}
    return rollout(double, params, trajectory.inputs, x0, keep=True)


def hessian_product(
    trajectory: Trajectory, delta: Pushes, direction: Mapping[str, ArrayLike], hessian: LossHessian = 0.0
) -> dict[str, Array]:
    """The product H V of the Hessian of L = sum_t l_t(x_t) by the parameters with a direction V.

    Args:
        trajectory: a trajectory of T steps; its parameters are shared by the batch or have its axes.
        delta: dl_t/dx_t for t = 1..T, (..., T, n); of several states as for ``adjoint``.
        direction: V by parameter; those left out count as zeros.
        hessian: d2l_t/dx_t^2: a number for a multiple of I (1 for half squared errors, 0 for a loss linear in x); or
            (..., T, N) for a diagonal, (..., T, N, N) for matrices.

    Returns:
        H V = d/d eps dL/dtheta (theta + eps V) by parameter, every one, in its shape; summed over the batch as for
        ``loss_gradient``.  Its unit is that of dL/dtheta where V has the unit of theta.

    Raises:
        UnknownNameError: ``direction`` names no parameter, ``delta`` no state.
        ShapeError: shapes that do not fit, weights that are not finite, or a trajectory that did not stay finite.

    Source: Pearlmutter 1994.  Law: ``tests/numeric/test_curvature.py`` (jax, torch; symmetric to rounding).
    """
    finite_throughout(trajectory)
    both = tangent_trajectory(trajectory, direction)
    pushes = cotangents(trajectory, delta)
    curved = _applied(hessian, _moved(both, trajectory))
    whole = np.concatenate(np.broadcast_arrays(curved, pushes), axis=-1)
    return loss_gradient(both, whole, list(trajectory.params))


def gauss_newton_product(
    trajectory: Trajectory, direction: Mapping[str, ArrayLike], hessian: LossHessian = 1.0
) -> dict[str, Array]:
    """The product G V of the Gauss-Newton matrix sum_t (dx_t/dtheta)' H_t (dx_t/dtheta) with a direction V.

    Args:
        trajectory: a trajectory of T steps; its parameters are shared by the batch or have its axes.
        direction: V by parameter; those left out count as zeros.
        hessian: H_t, the Hessian of l_t by x_t: a number for a multiple of I, (..., T, N) for a diagonal, (..., T, N,
            N) for matrices.  Where every H_t is positive semi-definite, so is G.

    Returns:
        G V = sum_t (dx_t/dtheta)' H_t dx_t by parameter, every one, in its shape; summed over the batch.  Its unit is
        that of dL/dtheta where V has the unit of theta.

    Raises:
        UnknownNameError: ``direction`` names no parameter.
        ShapeError: shapes that do not fit, weights that are not finite, or a trajectory that did not stay finite.

    Source: Schraudolph 2002.  Law: ``tests/numeric/test_curvature.py`` (jax; symmetric to rounding).
    """
    finite_throughout(trajectory)
    moved = _moved(tangent_trajectory(trajectory, direction), trajectory)
    return loss_gradient(trajectory, _applied(hessian, moved))


def finite_throughout(trajectory: Trajectory) -> None:
    """Return where every step is finite.

    Raises:
        ShapeError: a weight is not finite, or a step left the floating point range.
    """
    of_vectors(trajectory, "The curvature of a loss", matrix=True)
    usable = finite_steps(trajectory)
    if (usable < trajectory.steps).any():
        raise ShapeError(
            f"The trajectory leaves the floating point range after step {int(np.min(usable))} of {trajectory.steps}; "
            "cut it there: a product with its Hessian has no value."
        )


def _moved(both: Trajectory, trajectory: Trajectory) -> Array:
    """dx_1 .. dx_T."""
    return both.x[..., 1:, trajectory.x.shape[-1] :]


def _applied(hessian: LossHessian, moved: Array) -> Array:
    """H_t dx_t."""
    array = real_array(hessian, "hessian")
    if array.ndim == 0:
        return array * moved
    n = moved.shape[-1]
    try:
        if array.shape[-2:] == moved.shape[-2:] and (array.ndim == moved.ndim or array.shape[-2:] != (n, n)):
            return np.broadcast_to(array, moved.shape) * moved
        if array.shape[-3:] == (*moved.shape[-2:], n):
            return np.einsum("...ij,...j->...i", np.broadcast_to(array, (*moved.shape, n)), moved)
    except ValueError:
        pass
    raise ShapeError(
        f"hessian needs one number, {moved.shape} for a diagonal at each step, or {(*moved.shape, n)} for a matrix at "
        f"each; found {array.shape}."
    )
