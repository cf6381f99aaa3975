"""Singular values of a graded triangle, diag(2^e) U: exponents per row, then one-sided Jacobi rotations.

One-sided Jacobi computes every singular value of D U to a relative accuracy that depends on the condition of U
with its rows brought to length 1, not on the scaling D (Demmel & Veselic 1992; Drmac & Veselic 2008).
"""

from __future__ import annotations

import numpy as np

from symgate.numeric.arrays import Array
from symgate.numeric.scaled import NOTHING, scale_out, shift

LONGEST = 60


def graded_triangle(factors: Array) -> tuple[Array, Array]:
    """The product R_{L-1} ... R_0 of upper triangles (N, L, n, n), as rows and an exponent for each.

    Row i of a product is a combination of the rows l >= i, so it keeps its digits however small it is.

    Returns:
        (rows, exponents), (N, n, n) and (N, n): the product is diag(2^exponents) rows.
    """
    rows, exponents = scale_out(factors[:, 0], -1)
    exponents = exponents[..., 0]
    for j in range(1, factors.shape[1]):
        R = factors[:, j]
        present = np.where(R != 0, exponents[:, None, :], NOTHING)
        top = present.max(axis=-1)
        rows = shift(R, np.where(R != 0, exponents[:, None, :], top[..., None]) - top[..., None]) @ rows
        rows, gained = scale_out(rows, -1)
        exponents = np.maximum(top + gained[..., 0], NOTHING)
    return rows, exponents


def graded_singular_values(rows: Array, exponents: Array) -> Array:
    """log of the singular values of diag(2^exponents) rows, (N, n, m), descending; -inf for 0.

    Rows are rotated in pairs until all are orthogonal; n / 2 disjoint pairs at a time (the order of a round robin).
    Each row is kept as a unit vector and the logarithm of its length, so the scaling has no range.
    """
    count, n, _ = rows.shape
    lengths = np.linalg.norm(rows, axis=-1)
    logs = np.where(lengths > 0, np.log(lengths) + np.log(2.0) * exponents, -np.inf)
    vectors = rows / np.where(lengths > 0, lengths, 1)[..., None]
    if n % 2:
        vectors = np.concatenate([vectors, np.zeros((count, 1, rows.shape[-1]))], axis=1)
        logs = np.concatenate([logs, np.full((count, 1), -np.inf)], axis=1)
    tolerance = 4 * n * np.finfo(np.float64).eps
    rounds = _round_robin(vectors.shape[1])
    for _ in range(LONGEST):
        worst = max((_rotate(vectors, logs, first, second) for first, second in rounds), default=0.0)
        if worst <= tolerance:
            break
    return np.sort(logs, axis=-1)[:, ::-1][:, :n]


def _rotate(vectors: Array, logs: Array, first: Array, second: Array) -> float:
    """Make the rows ``first`` and ``second`` orthogonal, pair by pair; returns the largest cosine there was.

    With the longer row p (length alpha), the shorter q (length beta), rho = beta/alpha and c = p.q, the rotation by
    tan theta = rho tau, tau = 2 c / (1 - rho^2 + sqrt((1 - rho^2)^2 + 4 rho^2 c^2)), gives
    alpha (p + rho^2 tau q) cos theta and beta (q - tau p) cos theta.
    """
    swapped = logs[:, first] < logs[:, second]
    large, small = np.where(swapped, second, first), np.where(swapped, first, second)
    each = np.arange(len(vectors))[:, None]
    p, q, log_p, log_q = vectors[each, large], vectors[each, small], logs[each, large], logs[each, small]
    c = np.einsum("...i,...i", p, q)
    worst = float(np.abs(c).max(initial=0.0))
    if worst <= np.finfo(np.float64).eps:
        return worst
    rho = np.exp(np.where(np.isneginf(log_q), -np.inf, log_q - log_p))
    gap = 1 - rho * rho
    tau = 2 * c / np.where(c == 0, 1, gap + np.sqrt(gap * gap + 4 * (rho * c) ** 2))
    cosine = -0.5 * np.log1p((rho * tau) ** 2)
    for place, log, row in (
        (large, log_p, p + (rho * rho * tau)[..., None] * q),
        (small, log_q, q - tau[..., None] * p),
    ):
        length = np.linalg.norm(row, axis=-1)
        vectors[each, place] = row / np.where(length > 0, length, 1)[..., None]
        logs[each, place] = np.where(length > 0, log + np.log(length) + cosine, -np.inf)
    return worst


def _round_robin(n: int) -> list[tuple[Array, Array]]:
    """n - 1 rounds of n / 2 disjoint pairs that meet every pair once; n is even."""
    players = list(range(n))
    rounds = []
    for _ in range(n - 1):
        rounds.append((np.array(players[: n // 2]), np.array(players[n // 2 :][::-1])))
        players = [players[0], players[-1], *players[1:-1]]
    return rounds
