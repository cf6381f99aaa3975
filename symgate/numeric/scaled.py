"""Numbers held as mantissa times a power of two, so that long products neither underflow nor overflow.

Scaling by a power of two rounds nothing.
"""

from __future__ import annotations

import numpy as np

from symgate.numeric.arrays import Array

#: The exponent that stands for zero: smaller than any a product can reach, far from the end of int64.
NOTHING = -(1 << 40)


def scale_out(values: Array, axes: int | tuple[int, ...]) -> tuple[Array, Array]:
    """``values`` = mantissas * 2^exponents, with one exponent for all entries along ``axes``.

    Returns:
        The mantissas, the largest in [1/2, 1), and the exponents with ``axes`` kept as length 1.
        Where all entries are 0, or one is not finite, the values stay as they are; all 0 has the exponent
        ``NOTHING``, not finite the exponent 0.
    """
    largest = np.max(np.abs(values), axis=axes, keepdims=True, initial=0)
    exponents = np.frexp(largest)[1].astype(np.int64)
    exponents = np.where(largest == 0, NOTHING, np.where(np.isfinite(largest), exponents, 0))
    return shift(values, -np.where(largest == 0, 0, exponents)), exponents


def shift(values: Array, exponents: Array) -> Array:
    """``values`` * 2^exponents; exponents beyond the floating point range give 0 or inf."""
    bounded = np.clip(exponents, -3000, 3000)
    half = bounded // 2  # two moderate steps: 2^-bounded alone may be out of range where the result is not
    with np.errstate(under="ignore", over="ignore"):
        return np.ldexp(np.ldexp(values, half), bounded - half)


def singular_values(matrices: Array) -> Array:
    """The singular values of a stack of matrices, descending; NaN for a matrix that is not finite."""
    finite = np.asarray(np.isfinite(matrices).all(axis=(-2, -1)))
    known: Array = np.where(finite[..., None, None], matrices, 0)
    found = np.linalg.svd(known, compute_uv=False)
    return np.where(finite[..., None], found, np.nan)
