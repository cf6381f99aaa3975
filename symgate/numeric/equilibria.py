"""Fixed points of a recurrence under a constant input: where F(x) = x, how it moves around them, and slow points.

With g(x) = F(x) - x and J = dF/dx, Newton's step solves (J - I) d = -g.  Slow points are minima of q(x) = |g(x)|^2 / 2,
whose gradient is (J - I)' g (Sussillo & Barak 2013).  All starts go together, as one batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from symgate.cells import as_cell
from symgate.derive import kronecker
from symgate.errors import ShapeError
from symgate.numeric.arrays import Array, real_array, small_number, whole_number
from symgate.numeric.load import lambdify
from symgate.numeric.minimise import minimised, solved
from symgate.numeric.pieces import Told, finite_steps
from symgate.numeric.shapes import core_rank, stacked, vanishes
from symgate.numeric.stacks import jacobians
from symgate.numeric.trajectories import Trajectory, rollout
from symgate.records import Cell

Starts = int | ArrayLike | Mapping[str, ArrayLike] | Trajectory

#: How many states of a trajectory are starts.
FROM_TRAJECTORY = 256
#: The smallest singular value of J - I below which a zero of F(x) - x is no isolated point in double precision.
ISOLATED = 1e-8


@dataclass(frozen=True)
class FixedPoints:
    """What was found, fixed points first by residual, then slow points by speed.

    Attributes:
        points: the states, (P, N); of several states side by side, as in ``Trajectory.x``.
        residuals: |F(x) - x| at each, (P,), the speed per step.
        slow: whether it is a slow point, (P,): a minimum of the speed that is not 0; or one where J - I is singular to
            rounding, so that no single fixed point can be told: on a line of them, or far out where a gate has closed.
        hits: how many starts came to each, (P,).
        jacobians: dF/dx at each, (P, N, N).
        inputs: dF/du at each by the name of the input, (P, N, m): with it the linearisation is
            x_t - x* = J (x_{t-1} - x*) + B (u_t - u*).
        eigenvalues: of the Jacobian, the largest modulus first, (P, N) complex.
        eigenvectors: the columns that belong to them, (P, N, N) complex.
        left: the starts that came to nothing, as they were at the end, (Q, N); with ``left_residuals``.
        left_residuals: their residuals, (Q,); not finite where an iteration left the floating point range.
        tolerance: what a residual had to fall below.
    """

    points: Array
    residuals: Array
    slow: Array
    hits: Array
    jacobians: Array
    inputs: Mapping[str, Array]
    eigenvalues: Array
    eigenvectors: Array
    left: Array
    left_residuals: Array
    tolerance: float

    @property
    def stable(self) -> Array:
        """Whether every eigenvalue lies inside the unit circle, (P,)."""
        return np.abs(self.eigenvalues).max(axis=-1, initial=0) < 1

    @property
    def unstable_directions(self) -> Array:
        """How many eigenvalues lie outside the unit circle, (P,)."""
        return (np.abs(self.eigenvalues) > 1).sum(axis=-1)

    @property
    def summary(self) -> str:
        """One sentence: how many of what, and what became of the other starts."""
        fixed, slow = int((~self.slow).sum()), int(self.slow.sum())
        lost = int((~np.isfinite(self.left_residuals)).sum())
        parts = [
            f"{fixed} fixed {'point' if fixed == 1 else 'points'} ({int((self.stable & ~self.slow).sum())} stable)"
        ]
        parts += [f"{slow} slow {'point' if slow == 1 else 'points'}"] if slow else []
        if len(self.left):
            best = np.min(self.left_residuals, initial=np.inf, where=np.isfinite(self.left_residuals))
            parts.append(f"{len(self.left)} starts did not converge (smallest residual {best:.2g}, {lost} not finite)")
        if not fixed:
            parts[0] = f"no fixed point found to {self.tolerance:.1g}"
        return "; ".join(parts) + "."


def fixed_points(
    cell: Cell | str,
    params: Mapping[str, ArrayLike],
    u: ArrayLike | Mapping[str, ArrayLike],
    starts: Starts = 128,
    *,
    tolerance: float = 1e-10,
    max_iterations: int = 200,
    slow: bool = True,
    merge: float = 1e-5,
    seed: int = 0,
    told: Told | None = None,
) -> FixedPoints:
    """The fixed points x = F(x, u) of a cell under a constant input, and its slow points.

    Newton's method with a line search on |F(x) - x|, from every start at once; what does not converge is taken on by
    minimising |F(x) - x|^2 / 2 with the generated derivatives, which ends in a fixed point or in a slow point.

    Args:
        cell: a cell with one state or several, or the name of a built-in one.
        params: its weights by name, such as ``symgate.interop.from_torch`` returns them.
        u: the constant input, (m,); a mapping by name where there are several.
        starts: how many to draw from a normal distribution; or states (S, N), by name where there are several; or a
            trajectory whose states are starts: the states that a network visits are the best ones.
        tolerance: a fixed point has |F(x) - x| <= tolerance (1 + |x|).
        max_iterations: of either method, from each start.
        slow: whether to look for slow points too.
        merge: points closer than merge (1 + |x|) are one.
        seed: of the starts that are drawn.
        told: called with how many starts are done, and how many there are.

    Returns:
        The record, with points (P, N) in units of the state, Jacobians (P, N, N), eigenvalues per step, eigenvectors
        and the linearisation by inputs, x_t - x* = J (x_{t-1} - x*) + B (u_t - u*); empty, with what the starts came
        to, where nothing was found.

    Raises:
        UnknownNameError: a parameter, input or state that the cell does not have, or that is missing.
        ShapeError: shapes that do not fit, an input with a time axis, or weights that are not finite.

    Source: Sussillo & Barak 2013; Golub & Sussillo 2018.  Law: ``tests/numeric/test_equilibria.py``.
    """
    cell = as_cell(cell)
    limit, close = small_number(tolerance, "tolerance"), small_number(merge, "merge")
    rounds = whole_number(max_iterations, "max_iterations", 1)
    system = _System(cell, params, u)
    begun = system.starts(starts, seed)

    def left_over(count: int) -> None:
        if told:
            told(len(begun) - count, len(begun))

    with np.errstate(all="ignore"):
        x, r = solved(system.speed, system.matrices, begun, limit, rounds, left_over)
        rest = ~_near(x, r, limit)
        settled = np.zeros(len(x), bool)
        if slow and rest.any():
            again = np.where(np.isfinite(x[rest]).all(axis=-1, keepdims=True), x[rest], begun[rest])
            x[rest], settled[rest] = minimised(system.speed, system.matrices, again, limit, rounds, left_over)
            r = np.linalg.norm(system.speed(x), axis=-1)
        fixed = _near(x, r, limit)
        fixed[fixed] = _isolated(system.matrices(x[fixed]))
        settled |= slow & _near(x, r, limit)
        found = fixed | (settled & np.isfinite(r))
        order = np.lexsort((r[found], ~fixed[found]))
        left_over(0)
        keep, hits = _merged(x[found][order], fixed[found][order], close)
        return system.described(x[found][order][keep], ~fixed[found][order][keep], hits, x[~found], r[~found], limit)


def _near(x: Array, residuals: Array, limit: float) -> Array:
    """Whether the residual is below the tolerance; a state without a finite length is near none."""
    length = np.linalg.norm(x, axis=-1)
    return np.isfinite(length) & (residuals <= limit * (1 + length))


def _isolated(J: Array) -> Array:
    """Whether J - I is regular, so that the zero is one point and not the end of a valley."""
    return np.linalg.svd(J - np.eye(J.shape[-1]), compute_uv=False)[..., -1] >= ISOLATED


def _merged(points: Array, fixed: Array, merge: float) -> tuple[Array, Array]:
    """Which points stand for others, the best of each cluster, and how many each stands for."""
    keep, hits = list[int](), list[int]()
    for place, point in enumerate(points):
        near = [
            k for k, kept in enumerate(keep) if fixed[kept] == fixed[place] and _apart(point, points[kept]) <= merge
        ]
        if near:
            hits[near[0]] += 1
        else:
            keep.append(place)
            hits.append(1)
    return np.array(keep, int), np.array(hits, int)


def _apart(one: Array, other: Array) -> float:
    return float(np.linalg.norm(one - other) / (1 + np.linalg.norm(other)))


class _System:
    """F for many states at once, with its derivatives."""

    def __init__(self, cell: Cell, params: Mapping[str, ArrayLike], u: ArrayLike | Mapping[str, ArrayLike]) -> None:
        self.cell, self.params = cell, params
        given = u if isinstance(u, Mapping) else {str(item.name): u for item in cell.inputs[:1]}
        self.u = {name: real_array(value, name).astype(np.float64) for name, value in given.items()}
        for name, value in self.u.items():
            if value.ndim != 1:
                raise ShapeError(f"A fixed point needs one constant input {name!r} of shape (m,); found {value.shape}.")
            if not np.isfinite(value).all():
                raise ShapeError(f"Input {name!r} is not finite.")

    def step(self, x: Array | Mapping[str, ArrayLike] | None) -> Trajectory:
        """One step from each of the states."""
        if isinstance(x, np.ndarray) and self.cell.matrix_states and len(self.cell.states) == 1:
            x = self.step(None).cut(x, self.cell.states[0].name) if x.ndim == 2 else x
        return rollout(self.cell, self.params, {name: value[None, :] for name, value in self.u.items()}, x)

    def prepared(self, x: Array) -> None:
        """The functions of a step, once a step from x has shown that all shapes fit."""
        done = self.step(x)
        finite_steps(done)
        self.slices, self.fixed = done.slices, {**done.params, **self.u}
        self.forward = lambdify(self.cell)
        self.cut = done.cut
        pairs = [(of, by, kronecker(self.cell, by, of)) for of in self.slices for by in self.slices]
        self.blocks = [(self.slices[of], self.slices[by], lambdify(J)) for of, by, J in pairs if not vanishes(J)]

    def arguments(self, x: Array) -> dict[str, Array]:
        """The arguments of the generated functions, for states (S, N)."""
        return {**self.fixed, **{name: self.cut(x, name) for name in self.slices}}

    def speed(self, x: Array) -> Array:
        """F(x) - x, (S, N)."""
        after = self.forward(**self.arguments(x))
        parts = [after] if len(self.slices) == 1 else after
        ranks = [core_rank(self.cell.symbols[name]) for name in self.slices]
        return np.concatenate([stacked(part, rank) for part, rank in zip(parts, ranks, strict=True)], axis=-1) - x

    def matrices(self, x: Array) -> Array:
        """dF/dx, (S, N, N)."""
        found, given = np.zeros((*x.shape, x.shape[-1])), self.arguments(x)
        for rows, cols, function in self.blocks:
            found[..., rows, cols] = function(**given)
        return found

    def starts(self, starts: Starts, seed: int) -> Array:
        """(S, N)."""
        if isinstance(starts, Trajectory):
            visited = starts.x.reshape(-1, starts.x.shape[-1])
            visited = visited[np.isfinite(visited).all(axis=-1)]
            stride = max(1, len(visited) // FROM_TRAJECTORY)
            found = self.step(visited[::stride])
        elif isinstance(starts, int) and not isinstance(starts, bool):
            size, rng = self.step(None).x.shape[-1], np.random.default_rng(whole_number(seed, "seed", 0))
            found = self.step(rng.normal(size=(whole_number(starts, "starts", 1), size)))
        else:
            given = starts if isinstance(starts, Mapping) else real_array(starts, "starts")
            found = self.step(given)
        x = found.x[..., 0, :]
        flat = x.reshape(-1, x.shape[-1]).astype(np.float64)
        self.prepared(flat)
        return flat

    def described(
        self, points: Array, slow: Array, hits: Array, left: Array, left_residuals: Array, limit: float
    ) -> FixedPoints:
        """The record."""
        done = self.step(points)
        J = jacobians(done)[..., 0, :, :]
        values, vectors = (
            np.linalg.eig(J.astype(np.float64)) if len(J) else (J[..., 0].astype(complex), J.astype(complex))
        )
        order = np.argsort(-np.abs(values), axis=-1, kind="stable")
        return FixedPoints(
            points=points,
            residuals=np.linalg.norm(done.x[..., 1, :] - points, axis=-1),
            slow=slow,
            hits=hits,
            jacobians=J,
            inputs={name: self._by_input(done, name) for name in self.u},
            eigenvalues=np.take_along_axis(values, order, axis=-1).astype(complex),
            eigenvectors=np.take_along_axis(vectors, order[:, None, :], axis=-1).astype(complex),
            left=left,
            left_residuals=left_residuals,
            tolerance=limit,
        )

    def _by_input(self, done: Trajectory, name: str) -> Array:
        """dF/du, (P, N, m)."""
        found = np.zeros((*done.x.shape[:-2], done.x.shape[-1], len(self.u[name])))
        for of, rows in done.slices.items():
            item = kronecker(self.cell, name, of)
            if not vanishes(item):
                found[..., rows, :] = lambdify(item)(**done.arguments)[..., 0, :, :]
        return found
