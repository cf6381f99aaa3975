"""The largest singular value of many matrices, between two bounds that are proved for each of them.

Let V be n x p with orthonormal columns, A = V'P'P V with largest eigenvalue theta, E = P'P V - V A.  In a basis
that V begins, P'P = [[A, F'], [F, C]] with F'F = E'E and C positive semidefinite, |C| <= c = |P|_F^2 - tr A.
The largest eigenvalue x of P'P is that of A + F'(x - C)^-1 F, if x > c; so where c < theta

    theta <= |P|^2 <= largest eigenvalue of A + E'E / (theta - c).

Directions that have not settled count little there if theirs are small.  V is carried from one step to the next: the
right singular vectors of J_t ... J_{k+1} settle as t grows.  A matrix whose bounds do not meet is decomposed whole.
"""

from __future__ import annotations

import numpy as np

from symgate.numeric.arrays import Array

#: How many directions are carried.
DIRECTIONS = 8

#: How far the bounds may be apart, relative to the norm.
APART = 1e-8

#: Directions whose bounds are this close are carried as they are.
SETTLED = 1e-12

#: Where the rest c of the trace is above this part of theta, more rounds would not help.
HOPELESS = 0.7

#: How often directions that nearly do are improved before the matrix is decomposed whole.
ROUNDS = 3


class Brackets:
    """Norms of J_t ... J_{k+1} for growing t, all k < t, of a batch; ``whole`` counts what was decomposed whole."""

    def __init__(self, batch: int, steps: int, n: int) -> None:
        start = np.random.default_rng(0).standard_normal((n, min(DIRECTIONS, n)))
        self._V = np.broadcast_to(np.linalg.qr(start)[0], (batch, steps, *start.shape)).copy()
        self.whole = 0

    def largest(self, products: Array) -> Array:
        """|P|_2 for products (B, t, n, n), those of the next t."""
        batch, steps, n, _ = products.shape
        P = products.reshape(-1, n, n)
        V = self._V[:, :steps].reshape(len(P), n, -1)
        found, open_ = np.empty(len(P)), np.arange(len(P))
        total = np.einsum("bij,bij->b", P, P)
        sure = np.isfinite(total) & (total > 1e-200) & (total < 1e200)
        found[~sure] = largest_singular_value(P[~sure])
        self.whole += int((~sure).sum())
        open_ = open_[sure]
        for _ in range(ROUNDS):
            part = slice(None) if len(open_) == len(P) else open_
            low, high, hopeless, Z = _bounds(P[part], V[part], total[part])
            closed = (high - low <= 2 * APART * low) & ~hopeless
            loose = high - low > SETTLED * low
            if loose.any():
                part = open_[loose]
                again = P[part] if len(part) < len(P) else P
                V[part] = np.linalg.qr(np.swapaxes(again, -1, -2) @ (again @ Z[loose]))[0]
            found[open_[closed]] = np.sqrt((low[closed] + high[closed]) / 2)
            whole = hopeless
            found[open_[whole]] = largest_singular_value(P[open_[whole]])
            self.whole += int(whole.sum())
            open_ = open_[~closed & ~whole]
            if not len(open_):
                break
        found[open_] = largest_singular_value(P[open_])
        self.whole += len(open_)
        self._V[:, :steps] = V.reshape(batch, steps, n, -1)
        return found.reshape(batch, steps)


def _bounds(P: Array, V: Array, total: Array) -> tuple[Array, Array, Array, Array]:
    """Bounds of |P|^2, whether the upper one does not hold (c near theta or above), and P'P V.

    P'P V spans better directions.  Rounding: each sum of n^2 products errs by less than 2 n eps |P|_F^2, by which c is
    raised.
    """
    slack = 4 * P.shape[-1] * np.finfo(np.float64).eps * total
    Y = P @ V
    A = np.swapaxes(Y, -1, -2) @ Y
    Z = np.swapaxes(P, -1, -2) @ Y
    E = Z - V @ A
    low = np.linalg.eigvalsh(A)[..., -1]
    c = np.maximum(total - np.einsum("bii->b", A), 0) + slack
    gap = low - c
    hopeless = c > HOPELESS * low
    spread = np.swapaxes(E, -1, -2) @ E / np.where(hopeless, total, gap)[:, None, None]
    high = np.linalg.eigvalsh(A + spread)[..., -1] + slack * slack / total
    return low, high, hopeless, Z


def largest_singular_value(matrices: Array) -> Array:
    """|P|_2 for a stack of matrices whose entries are within 2^-500 .. 2^500; NaN where one is not finite."""
    gram = np.swapaxes(matrices, -1, -2) @ matrices
    finite = np.asarray(np.isfinite(gram).all(axis=(-2, -1)))
    found = np.linalg.eigvalsh(np.where(finite[..., None, None], gram, 0))[..., -1]
    return np.where(finite, np.sqrt(np.maximum(found, 0)), np.nan)
