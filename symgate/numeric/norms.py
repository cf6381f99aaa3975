"""Sensitivities |M_{t,k}|_2 of all pairs of steps, at every lag.

The products are rescaled by powers of two, column by column, as they grow: nothing underflows but what is
below the last digit of the norm.  The norm is the largest singular value, as the root of the largest
eigenvalue of P'P, which is as accurate as an SVD for the *largest* singular value (and for no other).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from symgate.numeric.arrays import Array, matrix_stack
from symgate.numeric.scaled import NOTHING, scale_out, shift

#: How many numbers the products of one group of batch elements may hold (32 MiB of float64).
ROOM = 1 << 22


def sensitivities(J: ArrayLike) -> Array:
    """S[..., t, k] = |M_{t,k}|_2, the spectral norm of J_t ... J_{k+1}, for 0 <= k <= t <= T.

    Args:
        J: the Jacobians J_1 .. J_T, (..., T, n, n).

    Returns:
        (..., T + 1, T + 1): 1 on the diagonal, NaN above it.  A norm below the floating point range is
        0 and one above it inf; ``log_sensitivities`` has no such range.  NaN where a factor is not finite.

    Raises:
        ShapeError: J is no stack of square matrices.

    Law: ``tests/numeric/test_norms.py`` (against 60 digits, also at lag 200).
    """
    mantissas, exponents = _norms(J)
    return shift(mantissas, exponents)


def log_sensitivities(J: ArrayLike) -> Array:
    """log |M_{t,k}|_2 (natural), (..., T + 1, T + 1): 0 on the diagonal, NaN above it, -inf where M_{t,k} = 0.

    Arguments and errors as for ``sensitivities``; right however small or large the norm is.
    """
    mantissas, exponents = _norms(J)
    with np.errstate(divide="ignore"):
        return np.log(mantissas) + exponents * np.log(2.0)


def _norms(J: ArrayLike) -> tuple[Array, Array]:
    """The norms as mantissas and exponents, (..., T + 1, T + 1) each."""
    stack = matrix_stack(J, "J").astype(np.float64)
    batch, (steps, n, _) = stack.shape[:-3], stack.shape[-3:]
    flat = stack.reshape(int(np.prod(batch)), steps, n, n)
    mantissas = np.full((len(flat), steps + 1, steps + 1), np.nan)
    exponents = np.zeros(mantissas.shape, dtype=np.int64)
    group = max(1, ROOM // max(1, steps * n * n))
    for start in range(0, len(flat), group):
        part = slice(start, start + group)
        with np.errstate(all="ignore"):
            _fill(flat[part], mantissas[part], exponents[part])
    mantissas[:, range(steps + 1), range(steps + 1)] = 1
    shape = (*batch, steps + 1, steps + 1)
    return mantissas.reshape(shape), exponents.reshape(shape)


def _fill(stack: Array, mantissas: Array, exponents: Array) -> None:
    """The norms of one group, written below the diagonal."""
    factors, scales = scale_out(stack, (-2, -1))
    steps, n = stack.shape[1:3]
    products = np.empty_like(stack)  # products[:, k] * 2^powers[:, k] = M_{t,k}, column by column
    powers = np.zeros((len(stack), steps, 1, n), dtype=np.int64)
    for t in range(1, steps + 1):
        products[:, : t - 1] = factors[:, t - 1, None] @ products[:, : t - 1]
        products[:, t - 1] = factors[:, t - 1]
        products[:, :t], gained = scale_out(products[:, :t], -2)
        powers[:, :t] += gained + scales[:, t - 1, None]
        powers[:, :t] = np.maximum(powers[:, :t], NOTHING)
        top = powers[:, :t].max(axis=(-2, -1), keepdims=True)
        mantissas[:, t, :t] = largest_singular_value(shift(products[:, :t], powers[:, :t] - top))
        exponents[:, t, :t] = top[..., 0, 0]


def largest_singular_value(matrices: Array) -> Array:
    """|P|_2 for a stack of matrices whose entries are within 2^-500 .. 2^500; NaN where one is not finite."""
    gram = np.swapaxes(matrices, -1, -2) @ matrices
    finite = np.asarray(np.isfinite(gram).all(axis=(-2, -1)))
    found = np.linalg.eigvalsh(np.where(finite[..., None, None], gram, 0))[..., -1]
    return np.where(finite, np.sqrt(np.maximum(found, 0)), np.nan)
