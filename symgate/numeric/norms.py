"""Sensitivities |M_{t,k}|_2 of all pairs of steps, at every lag.

The products are rescaled by powers of two, column by column, where they grow or shrink: nothing underflows but
what is below the last digit of the norm.  The norm is found by ``brackets``, which proves its error for each
matrix; where it cannot, by the eigenvalues of P'P, as accurate as an SVD for the *largest* singular
value (and for no other).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from symgate.numeric.arrays import Array, matrix_stack
from symgate.numeric.brackets import Brackets, largest_singular_value
from symgate.numeric.scaled import NOTHING, scale_out, shift

#: How many numbers the products of one group of batch elements may hold (2 MiB of float64).
ROOM = 1 << 18

#: Squares of column norms within which the products stay as they are.
CALM = (2.0**-200, 2.0**200)


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
    mantissas, exponents, _ = _norms(J)
    return shift(mantissas, exponents)


def share_computed_whole(J: ArrayLike) -> float:
    """The share of pairs t > k whose norm the quick bounds could not prove, so that all of P'P was decomposed.

    Arguments and errors as for ``sensitivities``.  Zero to one; the norms are right either way.
    """
    return _norms(J)[2]


def log_sensitivities(J: ArrayLike) -> Array:
    """log |M_{t,k}|_2 (natural), (..., T + 1, T + 1): 0 on the diagonal, NaN above it, -inf where M_{t,k} = 0.

    Arguments and errors as for ``sensitivities``; right however small or large the norm is.
    """
    mantissas, exponents, _ = _norms(J)
    with np.errstate(divide="ignore"):
        return np.log(mantissas) + exponents * np.log(2.0)


def _norms(J: ArrayLike) -> tuple[Array, Array, float]:
    """The norms as mantissas and exponents, (..., T + 1, T + 1) each, and the share of pairs computed whole."""
    stack = matrix_stack(J, "J").astype(np.float64, copy=False)
    batch, (steps, n, _) = stack.shape[:-3], stack.shape[-3:]
    flat = stack.reshape(int(np.prod(batch)), steps, n, n)
    mantissas = np.full((len(flat), steps + 1, steps + 1), np.nan)
    exponents = np.zeros(mantissas.shape, dtype=np.int64)
    group, whole = max(1, ROOM // max(1, steps * n * n)), 0
    for start in range(0, len(flat), group):
        part = slice(start, start + group)
        with np.errstate(all="ignore"):
            whole += _fill(flat[part], mantissas[part], exponents[part])
    mantissas[:, range(steps + 1), range(steps + 1)] = 1
    shape = (*batch, steps + 1, steps + 1)
    pairs = len(flat) * steps * (steps + 1) // 2
    return mantissas.reshape(shape), exponents.reshape(shape), whole / max(1, pairs)


def _fill(stack: Array, mantissas: Array, exponents: Array) -> int:
    """The norms of one group, written below the diagonal; how many were computed whole."""
    factors, scales = scale_out(stack, (-2, -1))
    steps, n = stack.shape[1:3]
    products = np.empty_like(stack)  # products[:, k] * 2^powers[:, k] = M_{t,k}, column by column
    powers = np.zeros((len(stack), steps, 1, n), dtype=np.int64)
    brackets, even = Brackets(len(stack), steps, n), True
    for t in range(1, steps + 1):
        products[:, : t - 1] = factors[:, t - 1, None] @ products[:, : t - 1]
        products[:, t - 1] = factors[:, t - 1]
        powers[:, :t] += scales[:, t - 1, None]
        squares = np.einsum("btij,btij->btj", products[:, :t], products[:, :t])
        if not (squares.min(initial=1) > CALM[0] and squares.max(initial=1) < CALM[1]):
            even = False
            products[:, :t], gained = scale_out(products[:, :t], -2)
            powers[:, :t] += gained
        powers[:, :t] = np.maximum(powers[:, :t], NOTHING)
        top = powers[:, :t].max(axis=(-2, -1), keepdims=True)
        aligned = products[:, :t] if even else shift(products[:, :t], powers[:, :t] - top)
        mantissas[:, t, :t] = brackets.largest(aligned) if n >= 16 else largest_singular_value(aligned)
        exponents[:, t, :t] = top[..., 0, 0]
    return brackets.whole if n >= 16 else len(stack) * steps * (steps + 1) // 2
