"""Measures of anisotropy: AI_r = s_1/s_r and CE_r = sum_{i<=r} s_i^2 / sum_i s_i^2, without additive floors."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from symgate.errors import ShapeError
from symgate.numeric.arrays import Array, real_array, whole_number
from symgate.numeric.scaled import scale_out, singular_values
from symgate.numeric.spectra import Spectra, product_log_singular_values


def anisotropy_index(spectra: Spectra | ArrayLike, r: int) -> Array:
    """The anisotropy index AI_r = s_1/s_r.

    Args:
        spectra: ``singular_spectra`` of long products, or a stack of matrices (..., p, q).  Of a matrix,
            singular values that are zero but for rounding count as 0: those beyond its rank once rows and
            columns are scaled to equal size, so that diag(1, 1e-200) keeps its ratio of 1e200.
        r: 1 .. the number of singular values.

    Returns:
        (...,): 1 or more; inf where s_r = 0 < s_1 (rank below r) or where the ratio exceeds the floating point
        range; NaN for the zero matrix and where an entry is not finite.

    Raises:
        ShapeError: r is out of range, or there is no matrix.

    Source: arXiv:2508.12121.
    """
    logs = _logs(spectra, r)
    with np.errstate(all="ignore"):
        return np.exp(logs[..., 0] - logs[..., r - 1])


def energy_concentration(spectra: Spectra | ArrayLike, r: int) -> Array:
    """The energy concentration CE_r = sum_{i<=r} s_i^2 / sum_i s_i^2, with ALL singular values below.

    Arguments and errors as for ``anisotropy_index``.

    Returns:
        (...,): in (0, 1]; NaN for the zero matrix and where an entry is not finite.
    """
    logs = _logs(spectra, r)
    with np.errstate(all="ignore"):
        shares = np.exp(2 * (logs - logs[..., :1]))
        return shares[..., :r].sum(axis=-1) / shares.sum(axis=-1)


def gradient_anisotropy(G: ArrayLike, r: int) -> tuple[Array, Array]:
    """AI_r and CE_r of a matrix of per-example gradients, rows normalised, then columns centred.

    Args:
        G: one gradient per row, (..., N, p).  A zero gradient has no direction and stays a zero row.
        r: 1 .. min(N, p).  Centring leaves a rank of N - 1 at most: AI_N is inf.

    Returns:
        (AI_r, CE_r), each (...,).

    Raises:
        ShapeError: r is out of range, or G is no matrix.
    """
    rows = _matrices(G, "G")
    whole_number(r, "r", 1, min(rows.shape[-2:]))
    with np.errstate(all="ignore"):
        rows = scale_out(rows, -1)[0]
        lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
        rows = rows / np.where(lengths == 0, 1, lengths)
        spectra = Spectra(_matrix_logs(rows - rows.mean(axis=-2, keepdims=True)))
    return anisotropy_index(spectra, r), energy_concentration(spectra, r)


def _logs(spectra: Spectra | ArrayLike, r: int) -> Array:
    """The logarithms of the singular values, with r checked."""
    if isinstance(spectra, Spectra):
        whole_number(r, "r", 1, spectra.logs.shape[-1])
        return spectra.logs
    matrices = _matrices(spectra, "spectra")
    whole_number(r, "r", 1, min(matrices.shape[-2:]))
    return _matrix_logs(matrices)


def _matrices(value: ArrayLike, name: str) -> Array:
    """A stack of matrices (..., p, q) as float64."""
    array = real_array(value, name).astype(np.float64)
    if array.ndim < 2 or 0 in array.shape[-2:]:
        raise ShapeError(f"{name} needs matrices, shape (..., p, q); found {array.shape}.")
    return array


def _matrix_logs(matrices: Array) -> Array:
    """log of the singular values, descending; -inf beyond the rank of the matrix with equal rows and columns."""
    *batch, p, q = matrices.shape
    flat = matrices.reshape(int(np.prod(batch)), p, q)
    finite = np.asarray(np.isfinite(flat).all(axis=(-2, -1)))
    with np.errstate(all="ignore"):
        flat = np.where(finite[:, None, None], flat, 0)
        rank = _significant(singular_values(_equal(flat)), max(p, q)).sum(axis=-1, keepdims=True)
        tall, outer = scale_out(flat if p >= q else np.swapaxes(flat, -1, -2), (-2, -1))
        square = tall if p == q else np.asarray(np.linalg.qr(tall, mode="r"))
        logs = product_log_singular_values(square[:, None]) + np.log(2.0) * np.maximum(outer[:, 0], -5000)
    logs = np.where(np.arange(min(p, q)) < rank, logs, -np.inf)
    return np.where(finite[:, None], logs, np.nan).reshape(*batch, min(p, q))


def _equal(matrices: Array) -> Array:
    """The matrices with rows and columns scaled, by powers of two, to equal size."""
    for axis in (-1, -2, -1, -2):
        matrices = scale_out(matrices, axis)[0]
    return matrices


def _significant(values: Array, size: int) -> Array:
    """Which singular values stand above rounding."""
    return values > values[..., :1] * size * np.finfo(np.float64).eps
