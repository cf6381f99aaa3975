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

#: Below this size all of P'P is decomposed at once.
SMALL = 16

#: Where |P|_F^2 leaves this range, P is scaled by a power of two.
RANGE = (2.0**-24, 2.0**24)

#: Where the square of the norm of a column is below this, columns are scaled one by one.
UNEVEN = 2.0**-100


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
    largest = np.abs(stack).max(initial=0, axis=(-2, -1))
    calm = bool(((largest > 2.0**-9) & (largest < 2.0**9)).all())
    factors, scales = (stack, np.zeros((*stack.shape[:2], 1, 1), np.int64)) if calm else scale_out(stack, (-2, -1))
    steps, n = stack.shape[1:3]
    products, spare = np.empty_like(stack), np.empty_like(stack)  # products[:, k] * 2^powers[:, k] = M_{t,k}, by column
    powers = np.zeros((len(stack), steps, 1, n), dtype=np.int64)
    brackets, even = Brackets(len(stack), steps, n), True
    for t in range(1, steps + 1):
        np.matmul(factors[:, t - 1, None], products[:, : t - 1], out=spare[:, : t - 1])
        products, spare = spare, products
        now, exponent = products[:, :t], powers[:, :t]
        now[:, -1] = factors[:, t - 1]
        exponent += scales[:, t - 1, None]
        single, squares = _single(now)
        totals = squares.sum(axis=-1, dtype=np.float64)
        far = ~((totals > RANGE[0]) & (totals < RANGE[1]))
        if even and far.any():
            gained = np.frexp(totals[far])[1][:, None, None] // 2
            now[far] *= np.ldexp(1.0, -gained)
            exponent[far] += gained
            single[far], squares[far] = _single(now[far])
            totals = squares.sum(axis=-1, dtype=np.float64)
        even = even and squares.min(initial=1) > UNEVEN and bool(np.isfinite(totals).all())
        if not even:
            products[:, :t], gained = scale_out(now, -2)
            exponent += gained
            np.maximum(exponent, NOTHING, out=exponent)
        top = exponent.max(axis=(-2, -1), keepdims=True)
        exponents[:, t, :t] = top[..., 0, 0]
        if not even:
            now = shift(now, exponent - top)
            single, squares = _single(now)
            totals = squares.sum(axis=-1, dtype=np.float64)
        mantissas[:, t, :t] = brackets.largest(now, single, totals) if n >= SMALL else largest_singular_value(now)
    return brackets.whole if n >= SMALL else len(stack) * steps * (steps + 1) // 2


def _single(matrices: Array) -> tuple[Array, Array]:
    """Matrices in single precision, and the squares of the norms of their columns."""
    single = matrices.astype(np.float32)
    return single, np.einsum("...ij,...ij->...j", single, single)
