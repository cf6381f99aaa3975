"""Arithmetic rounded outward, and norms that are never below the exact ones.

All numbers here are upper bounds of exact, nonnegative ones.  An IEEE operation rounds to nearest, so the next
float above its result is above the exact result; products with an exact 0 are exact and stay 0.
u = 2^-53; gamma_k = k u / (1 - k u) <= k eps with eps = 2 u, as long as k eps < 1/2 (Higham 2002, section 3.1);
the bounds on matrix products hold for every order of summation, with or without fused multiply-add.
"""

from __future__ import annotations

import numpy as np

from symgate.numeric.arrays import Array
from symgate.numeric.scaled import scale_out, shift

EPS = float(np.finfo(np.float64).eps)


def up(value: Array) -> Array:
    """The next float above."""
    return np.nextafter(value, np.inf)


def add_up(a: Array, b: Array) -> Array:
    """An upper bound of a + b for a, b >= 0; exact where one is 0."""
    return np.where(a == 0, b, np.where(b == 0, a, up(a + b)))


def multiply_up(a: Array, b: Array) -> Array:
    """An upper bound of a b for a, b >= 0; 0 where one is 0 and the other a number."""
    exact = ((a == 0) & ~np.isnan(b)) | ((b == 0) & ~np.isnan(a))
    return np.where(exact, 0.0, up(np.where(exact, 0.0, a) * np.where(exact, 0.0, b)))


def norm_above(matrices: Array, norm: object) -> Array:
    """An upper bound of the norm of each matrix of a stack (..., p, q) of float64.

    The 1, infinity and Frobenius norms are sums of nonnegative terms, each computed with a relative error of
    at most (terms + 2) eps.  The spectral norm is the smallest of |M|_F, sqrt(|M|_1 |M|_inf) and the
    verified bound of ``_spectral``.  NaN where a matrix is not finite.
    """
    finite = np.asarray(np.isfinite(matrices).all(axis=(-2, -1)))
    with np.errstate(all="ignore"):
        scaled, exponents = scale_out(np.where(finite[..., None, None], matrices, 0), (-2, -1))
        zero = (scaled == 0).all(axis=(-2, -1))
        found = _scaled_norm(scaled, norm)
        back = up(shift(found, exponents[..., 0, 0]))
    return np.where(finite, np.where(zero, 0.0, back), np.nan)


def _scaled_norm(matrices: Array, norm: object) -> Array:
    """The bound for matrices whose largest entry is in [1/2, 1)."""
    rows, cols = matrices.shape[-2:]
    sizes = np.abs(matrices)
    if norm == 1:
        return _raised(sizes.sum(axis=-2).max(axis=-1), rows)
    if norm == np.inf:
        return _raised(sizes.sum(axis=-1).max(axis=-1), cols)
    frobenius = _raised(np.sqrt((sizes * sizes).sum(axis=(-2, -1))), rows * cols)
    if norm == "fro":
        return frobenius
    mixed = up(np.sqrt(multiply_up(_scaled_norm(matrices, 1), _scaled_norm(matrices, np.inf))))
    return np.minimum(np.minimum(frobenius, mixed), _spectral(matrices))


def _raised(value: Array, terms: int) -> Array:
    """``value`` raised above the rounding error of a sum of that many terms, underflow included.

    Where something underflowed, the loss is below terms 2^-1073, far below eps times a value of at least 1/2.
    """
    return up(value * (1 + (terms + 4) * EPS))


def _spectral(matrices: Array) -> Array:
    """A verified upper bound of the spectral norm, whatever the eigenvectors that LAPACK returned.

    Let V be the computed eigenvectors of M'M and C = M V.  Then |M|_2 <= |M V|_2 |V^{-1}|_2 with
    |M V|_2 <= |fl(C)|_2 + |fl(C) - C|_F, |C|_2^2 <= |C'C|_inf, and |V^{-1}|_2^2 <= 1 / (1 - |V'V - I|_inf).
    Every product carries its own error bound gamma |.| |.|; nothing is assumed of the eigenvalue solver.
    """
    rows, cols = matrices.shape[-2:]
    V = np.linalg.eigh(np.swapaxes(matrices, -1, -2) @ matrices)[1]
    Vt = np.swapaxes(V, -1, -2)
    C = matrices @ V
    Ct = np.swapaxes(C, -1, -2)
    small = (max(rows, cols) + 4) * EPS  # above gamma_k for every inner product below, with room for its own rounding
    missed = _frobenius(small * (np.abs(matrices) @ np.abs(V)))
    square = _row_sum(np.abs(Ct @ C) + small * (np.abs(Ct) @ np.abs(C)))
    tilt = _row_sum(np.abs(Vt @ V - np.eye(cols)) + small * (np.abs(Vt) @ np.abs(V)) + EPS)
    image = add_up(up(np.sqrt(square)), missed)
    stretch = up(np.sqrt(up(1 / np.nextafter(1 - tilt, -np.inf))))
    return np.where(tilt < 0.5, multiply_up(image, stretch), np.inf)


def _row_sum(nonnegative: Array) -> Array:
    """An upper bound of the largest row sum."""
    return _raised(nonnegative.sum(axis=-1).max(axis=-1), nonnegative.shape[-1]) + 1e-300


def _frobenius(nonnegative: Array) -> Array:
    """An upper bound of the Frobenius norm."""
    terms = nonnegative.shape[-1] * nonnegative.shape[-2]
    return _raised(np.sqrt((nonnegative * nonnegative).sum(axis=(-2, -1))), terms) + 1e-150
