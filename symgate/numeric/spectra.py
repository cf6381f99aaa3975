"""Singular values of long products, each with its own digits.

A product formed as it stands keeps digits relative to its *largest* singular value: at lag 200 all the others are
rounding noise.  Here M = J_t ... J_{k+1} is not formed but factored step by step, J_j Q_{j-1} = Q_j R_j, which
orders the triangles from large to small (the discrete QR method for Lyapunov exponents, Dieci & Van Vleck 2002;
for products of matrices Bojanczyk, Ewerbring, Luk & Van Dooren 1991).  The graded triangle R_t ... R_{k+1}, with
one exponent per row, goes to one-sided Jacobi rotations, which keep the digits of small singular values.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from symgate.errors import ShapeError
from symgate.numeric.arrays import Array, matrix_stack, window
from symgate.numeric.graded import graded_singular_values, graded_triangle
from symgate.numeric.scaled import NOTHING, scale_out

#: How many numbers the factors of one group of pairs may hold (16 MiB of float64).
ROOM = 1 << 21


@dataclass(frozen=True)
class Spectra:
    """Singular values s_1 >= s_2 >= ... of matrices, by their logarithms: nothing underflows.

    Attributes:
        logs: log s_i (natural), (..., r), descending; -inf for 0, NaN where the matrix was not finite.
    """

    logs: Array

    @property
    def values(self) -> Array:
        """s_i, (..., r); 0 or inf where outside the floating point range."""
        with np.errstate(over="ignore", under="ignore"):
            return np.exp(self.logs)

    @property
    def log_scale(self) -> Array:
        """log s_1, (...,): s_i = ``scaled``_i exp(``log_scale``)."""
        return self.logs[..., 0]

    @property
    def scaled(self) -> Array:
        """s_i / s_1, (..., r); NaN for the zero matrix."""
        with np.errstate(invalid="ignore", under="ignore"):
            return np.exp(self.logs - self.logs[..., :1])


def singular_spectra(J: ArrayLike, pairs: Iterable[Sequence[int]]) -> Spectra:
    """The singular values of M_{t,k} = J_t ... J_{k+1} for each pair (t, k), small ones with their own digits.

    Relative errors do not grow with s_1/s_i.  They grow with the lag and with how close the factors are to
    singular once their rows are scaled to equal size: at lag 200 and n = 8 .. 12 they are 1e-13 .. 1e-12 for
    moderate weights, and 1e-11 .. 4e-5 in the smallest values for factors of condition 1e12 and more.  A factor
    that is singular but for rounding gives a smallest value that is noise; exact zero rows or columns give 0.

    Args:
        J: the Jacobians J_1 .. J_T, (..., T, n, n).
        pairs: P pairs (t, k), 0 <= k <= t <= T; (t, t) is the identity.

    Returns:
        The record, its logarithms (..., P, n) in the order of ``pairs``.  NaN where a factor is not finite.

    Raises:
        ShapeError: J is no stack of square matrices, or a pair is out of range, has k > t, or is no pair.

    Law: ``tests/numeric/test_spectra.py`` (against 400 digits at lag 200).
    """
    stack = matrix_stack(J, "J").astype(np.float64)
    batch, (steps, n, _) = stack.shape[:-3], stack.shape[-3:]
    asked = [_pair(pair, steps) for pair in pairs]
    count = int(np.prod(batch))
    flat = stack.reshape(count, steps, n, n)
    logs = np.zeros((count, len(asked), n))
    for lag in sorted({t - k for t, k in asked} - {0}):
        items = [(b, p) for b in range(count) for p, (t, k) in enumerate(asked) if t - k == lag]
        group = max(1, ROOM // (lag * n * n))
        for start in range(0, len(items), group):
            chosen = items[start : start + group]
            factors = np.stack([flat[b, asked[p][1] : asked[p][0]] for b, p in chosen])
            logs[tuple(np.array(chosen).T)] = product_log_singular_values(factors)
    return Spectra(logs.reshape(*batch, len(asked), n))


def product_log_singular_values(factors: Array) -> Array:
    """log of the singular values of F_{L-1} ... F_0 for (N, L, n, n), descending, (N, n)."""
    finite = np.asarray(np.isfinite(factors).all(axis=(-3, -2, -1)))
    with np.errstate(all="ignore"):
        scaled, exponents = scale_out(np.where(finite[:, None, None, None], factors, 0), (-2, -1))
        triangle, rows = graded_triangle(_triangles(scaled))
        logs = graded_singular_values(triangle, rows)
        logs = logs + np.log(2.0) * exponents.sum(axis=(-3, -2, -1))[:, None]
    return np.where(finite[:, None], logs, np.nan)


def _triangles(factors: Array) -> Array:
    """The upper triangles R_j of F_j Q_{j-1} = Q_j R_j; their product has the singular values of that of the factors.

    Q_{-1} brings the columns of the whole product into order, largest first.  Before each factorisation the rows are
    put in order, largest first, which keeps the digits of small rows (Cox & Higham 1998): saturated units
    make small rows.
    """
    triangles = np.empty_like(factors)
    columns = np.argsort(-_column_exponents(factors), axis=-1, kind="stable")
    Q = np.swapaxes(np.eye(factors.shape[-1])[columns], -1, -2)
    for j in range(factors.shape[1]):
        turned = factors[:, j] @ Q
        order = np.argsort(-np.abs(turned).max(axis=-1), axis=-1, kind="stable")[..., None]
        sorted_Q, triangles[:, j] = np.linalg.qr(np.take_along_axis(turned, order, axis=-2))
        np.put_along_axis(Q, np.broadcast_to(order, Q.shape), sorted_Q, axis=-2)
    return triangles


def _column_exponents(factors: Array) -> Array:
    """The size of each column of F_{L-1} ... F_0 as a power of two, (N, n)."""
    product, total = scale_out(factors[:, 0], -2)
    for j in range(1, factors.shape[1]):
        product, gained = scale_out(factors[:, j] @ product, -2)
        total = np.maximum(total + gained, NOTHING)
    return total[..., 0, :]


def _pair(pair: Sequence[int], steps: int) -> tuple[int, int]:
    """(t, k), checked."""
    try:
        t, k = pair
    except (TypeError, ValueError):
        raise ShapeError(f"pairs needs pairs (t, k); found {pair!r}.") from None
    return window(t, k, steps)
