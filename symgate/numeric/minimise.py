"""Newton's method with a line search, and the minimum of a sum of squares, for many starts at once.

g: R^N -> R^N with J - I as its derivative is given for stacks of states (S, N).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from symgate.numeric.arrays import Array

#: The shortest step of a line search, and the share of the decrease that Newton's model promises that it must reach.
SHORTEST, SHARE = 2.0**-12, 1e-4
#: A minimum of |g|^2/2 is where its gradient is this small against |g|; it is no zero.
FLAT = 1e-7

Field = Callable[[Array], Array]
#: Called with how many starts are still under way.
Left = Callable[[int], None]


def solved(
    g: Field, matrices: Field, start: Array, tolerance: float, rounds: int, left_over: Left | None = None
) -> tuple[Array, Array]:
    """Zeros of g by Newton's method: d = -(J - I)^{-1} g, halved until |g| falls.

    Returns:
        (states, residuals |g|); a start that can go no further stays where its residual was smallest.
    """
    x, residual = start.copy(), np.linalg.norm(g(start), axis=-1)
    going = np.isfinite(residual)
    for _ in range(rounds):
        going &= residual > 0.01 * tolerance * (1 + np.linalg.norm(x, axis=-1))
        if not going.any():
            break
        at = np.flatnonzero(going)
        if left_over:
            left_over(len(at))
        value = g(x[at])
        step = -_solution(matrices(x[at]) - np.eye(x.shape[-1]), value)
        moved, left = _searched(g, x[at], step, residual[at])
        x[at] = moved
        going[at] &= left < residual[at]
        residual[at] = np.minimum(left, residual[at])
    return x, residual


def minimised(
    g: Field, matrices: Field, start: Array, tolerance: float, rounds: int, left_over: Left | None = None
) -> tuple[Array, Array]:
    """Minima of q = |g|^2 / 2 by damped Gauss-Newton steps, (A'A + mu I) d = -A'g with A = J - I.

    Returns:
        (states, whether each came to rest): at a zero, or where the gradient A'g vanishes and g does not.
    """
    x, size = start.copy(), start.shape[-1]
    value, A = g(x), matrices(x) - np.eye(size)
    damping, rest = np.full(len(x), 1e-3), np.zeros(len(x), bool)
    for _ in range(2 * rounds):
        speed = np.linalg.norm(value, axis=-1)
        slope = np.einsum("sij,si->sj", A, value)
        rest |= np.linalg.norm(slope, axis=-1) <= FLAT * speed
        rest |= speed <= 0.01 * tolerance * (1 + np.linalg.norm(x, axis=-1))
        at = np.flatnonzero(~rest & (damping < 1e12) & np.isfinite(speed))
        if not len(at):
            break
        if left_over:
            left_over(len(at))
        square = np.swapaxes(A[at], -1, -2) @ A[at] + damping[at, None, None] * np.eye(size)
        trial = x[at] - _solution(square, slope[at])
        new = g(trial)
        better = np.linalg.norm(new, axis=-1) < speed[at]
        damping[at] = np.where(better, np.maximum(damping[at] / 4, 1e-14), damping[at] * 4)
        won = at[better]
        x[won], value[won] = trial[better], new[better]
        if len(won):
            A[won] = matrices(x[won]) - np.eye(size)
    return x, rest


def _searched(g: Field, x: Array, step: Array, residual: Array) -> tuple[Array, Array]:
    """The longest of the steps d, d/2, d/4, .. that lowers |g| enough; where none does, the state as it is."""
    best, left = x.copy(), residual.copy()
    open_, length = np.asarray(np.isfinite(step).all(axis=-1)), 1.0
    while length >= SHORTEST and open_.any():
        at = np.flatnonzero(open_)
        trial = x[at] + length * step[at]
        now = np.linalg.norm(g(trial), axis=-1)
        good = now <= (1 - SHARE * length) * residual[at]
        best[at[good]], left[at[good]] = trial[good], now[good]
        open_[at[good]] = False
        length /= 2
    return best, left


def _solution(matrices: Array, sides: Array) -> Array:
    """The solutions of linear systems; NaN where a matrix is singular or not finite."""
    fine = np.asarray(np.isfinite(matrices).all(axis=(-2, -1)))
    safe = np.where(fine[:, None, None], matrices, np.eye(matrices.shape[-1]))
    try:
        found = np.linalg.solve(safe, sides[..., None])[..., 0]
    except np.linalg.LinAlgError:
        found = np.full_like(sides, np.nan)
        for place, (matrix, side) in enumerate(zip(safe, sides, strict=True)):
            try:
                found[place] = np.linalg.solve(matrix, side)
            except np.linalg.LinAlgError:
                fine[place] = False
    return np.where(fine[:, None], found, np.nan)
