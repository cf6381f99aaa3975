"""AI_r and CE_r of many products, quickly where the r-th singular value stands far above rounding.

The products are formed as they stand, rescaled by powers of two where they leave a middle range, and decomposed by
LAPACK: the error of every singular value is rounding relative to the *largest*.  That is enough for s_r as long as
s_r / s_1 is above ``FAR``; below, the spectrum is computed by ``singular_spectra``, which keeps the digits of small
values.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from symgate.numeric.arrays import Array, matrix_stack, real_array, whole_number
from symgate.numeric.measures import gradient_anisotropy
from symgate.numeric.scaled import scale_out
from symgate.numeric.spectra import singular_spectra

#: s_r / s_1 from which LAPACK's singular values are taken.
FAR = 1e-6

#: Sizes of entries within which a product stays as it is.
CALM = (1e-100, 1e100)


def leading_measures(J: ArrayLike, lags: ArrayLike, r: int) -> tuple[Array, Array]:
    """log AI_r = log(s_1/s_r) and CE_r of J_l ... J_1 for each lag l.

    Args:
        J: windows of Jacobians, (..., T, n, n).
        lags: L increasing lags, 1 .. T.
        r: 1 .. n.

    Returns:
        (..., L) each; inf and NaN as ``anisotropy_index`` and ``energy_concentration``.

    Raises:
        ShapeError: J is no stack of square matrices, or a lag or r is out of range.

    Law: ``tests/numeric/test_leading.py`` (against ``singular_spectra``).
    """
    stack = matrix_stack(J, "J").astype(np.float64, copy=False)
    batch, (steps, n, _) = stack.shape[:-3], stack.shape[-3:]
    whole_number(r, "r", 1, n)
    wanted = [whole_number(lag, "lags", 1, steps) for lag in np.atleast_1d(lags)]
    flat = stack.reshape(int(np.prod(batch)), steps, n, n)
    logs = np.empty((len(wanted), len(flat), n))
    product = np.broadcast_to(np.eye(n), (len(flat), n, n))
    with np.errstate(all="ignore"):
        for step in range(max(wanted, default=0)):
            product = flat[:, step] @ product
            size = np.abs(product).max(initial=0, axis=(-2, -1), keepdims=True)
            if not (size.min(initial=1) > CALM[0] and size.max(initial=1) < CALM[1]):
                product = scale_out(product, (-2, -1))[0]
            for place in (i for i, lag in enumerate(wanted) if lag == step + 1):
                logs[place] = _logs(product)
        near = ~(logs[..., r - 1] - logs[..., 0] > np.log(FAR))
    for place, row in np.argwhere(near):
        logs[place, row] = singular_spectra(flat[row], [(wanted[place], 0)]).logs[0]
    found = np.moveaxis(logs, 0, 1).reshape(*batch, len(wanted), n)
    return _index(found, r), _energy(found, r)


def row_measures(G: ArrayLike, r: int) -> tuple[float, float, Array]:
    """log AI_r, CE_r and the first r shares s_i^2 / sum s^2 of per-example gradients, rows normalised, columns centred.

    Args:
        G: one gradient per row, (N, p).
        r: 1 .. min(N, p).

    Law: ``tests/numeric/test_leading.py`` (against ``gradient_anisotropy``).
    """
    rows = scale_out(real_array(G, "G").astype(np.float64), -1)[0]
    whole_number(r, "r", 1, min(rows.shape))
    with np.errstate(all="ignore"):
        lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
        rows = rows / np.where(lengths == 0, 1, lengths)
        centred = rows - rows.mean(axis=0)
        small = np.asarray(np.linalg.qr(centred.T, mode="r")) if centred.shape[0] < centred.shape[1] else centred
        logs = _logs(small)
        shares = np.exp(2 * (logs - logs[0]))
        shares = shares / shares.sum()
        if logs[r - 1] - logs[0] > np.log(FAR):
            return float(_index(logs, r)), float(_energy(logs, r)), shares[:r]
        index, energy = gradient_anisotropy(G, r)
        return float(np.log(index)), float(energy), shares[:r]


def _logs(matrices: Array) -> Array:
    """log of the singular values, (..., min(p, q)); NaN where a matrix is not finite."""
    finite = np.asarray(np.isfinite(matrices).all(axis=(-2, -1)))
    values = np.linalg.svd(np.where(finite[..., None, None], matrices, 0), compute_uv=False)
    return np.where(finite[..., None], np.log(values), np.nan)


def _index(logs: Array, r: int) -> Array:
    with np.errstate(invalid="ignore"):
        return np.asarray(logs[..., 0] - logs[..., r - 1])


def _energy(logs: Array, r: int) -> Array:
    with np.errstate(all="ignore"):
        shares = np.exp(2 * (logs - logs[..., :1]))
        return np.asarray(shares[..., :r].sum(axis=-1) / shares.sum(axis=-1))
