"""What is left of a product after its expansion is cut off, without subtracting nearly equal numbers.

For J_j = A_j + eps B_j the rest E^(p) = M(eps) - sum_{m<=p} eps^m M^(m) obeys
E^(p)_j = (A_j + eps B_j) E^(p)_{j-1} + eps^(p+1) B_j M^(p)_{j-1}, E^(p)_0 = 0: every digit is right also at
eps = 1e-5, where the difference of the two sides would have none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from symgate.numeric.arrays import Array, real_array, split_stacks, whole_number


def spectral_norm(matrices: Array) -> Array:
    """|M|_2 of each matrix of a stack; NaN where one is not finite."""
    finite = np.asarray(np.isfinite(matrices).all(axis=(-2, -1)))
    norms = np.linalg.svd(np.where(finite[..., None, None], matrices, 0), compute_uv=False)[..., 0]
    return np.where(finite, norms, np.nan)


def truncation_errors(A: ArrayLike, B: ArrayLike, highest: int, eps: ArrayLike) -> Array:
    """|M(eps) - sum_{m<=p} eps^m M^(m)|_2 for p = 0 .. ``highest`` and every eps.

    Args:
        A: the part kept whole, (T, n, n).
        B: the perturbation, (T, n, n).
        highest: the highest order p.
        eps: sizes of the perturbation, (E,).

    Returns:
        (highest + 1, E).

    Raises:
        ShapeError: A and B do not fit, or ``highest`` is negative.

    Law: ``tests/experiments/test_corrections.py`` (the difference itself in exact rational arithmetic).
    """
    kept, moved = split_stacks(A, B)
    orders = whole_number(highest, "highest", 0) + 1
    sizes = np.atleast_1d(real_array(eps, "eps"))
    n = kept.shape[-1]
    powers = sizes ** np.arange(1, orders + 1)[:, None]
    terms = np.zeros((orders, n, n))
    terms[0] = np.eye(n)
    rest = np.zeros((orders, len(sizes), n, n))
    with np.errstate(all="ignore"):
        for A_j, B_j in zip(kept, moved, strict=True):
            pushed = B_j @ terms
            rest = (A_j + sizes[:, None, None] * B_j) @ rest
            rest += powers[..., None, None] * pushed[:, None]
            terms = A_j @ terms
            terms[1:] += pushed[:-1]
        return spectral_norm(rest)


@dataclass(frozen=True)
class Corrections:
    """How much the perturbation matters, by lag; each (..., S, L): S windows, L lags, at eps = 1.

    Attributes:
        first: |M^(1)| / |M^(0)|, the size of the first-order correction.
        missed_by_zeroth: |M - M^(0)| / |M|.
        missed_by_first: |M - M^(0) - M^(1)| / |M|: above 1 the expansion is worse than the answer 0.
    """

    first: Array
    missed_by_zeroth: Array
    missed_by_first: Array


def corrections(A: ArrayLike, B: ArrayLike, starts: ArrayLike, lags: ArrayLike) -> Corrections:
    """The relative corrections of M_{k+l,k} for windows that begin at the steps k.

    Args:
        A: the part kept whole, (..., T, n, n).
        B: the perturbation, (..., T, n, n).
        starts: the steps k, (S,).
        lags: increasing lags l, (L,), with k + l <= T for every k.

    Raises:
        ShapeError: A and B do not fit.
    """
    kept, moved = split_stacks(A, B)
    first = np.asarray(starts, dtype=int)
    n = kept.shape[-1]
    shape = (*kept.shape[:-3], len(first), n, n)
    zeroth, whole = (np.broadcast_to(np.eye(n), shape).copy() for _ in range(2))
    linear, missed, rest = (np.zeros(shape) for _ in range(3))
    wanted = [int(lag) for lag in np.asarray(lags)]
    norms = np.empty((5, *kept.shape[:-3], len(first), len(wanted)))
    with np.errstate(all="ignore"):
        for step in range(max(wanted, default=0)):
            A_j, B_j = kept[..., first + step, :, :], moved[..., first + step, :, :]
            J_j = A_j + B_j
            rest = J_j @ rest + B_j @ linear
            pushed = B_j @ zeroth
            missed = J_j @ missed + pushed
            linear = A_j @ linear + pushed
            zeroth, whole = A_j @ zeroth, J_j @ whole
            if step + 1 in wanted:
                here = spectral_norm(np.stack([zeroth, linear, missed, rest, whole]))
                norms[..., wanted.index(step + 1)] = here
        M0, M1, D, E, M = norms
        return Corrections(M1 / M0, D / M, E / M)


#: One window of each entry: sequences and first steps k, (W,) each, by lag.
Windows = dict[int, tuple[Array, Array]]


def drawn_windows(rng: Generator, sequences: int, steps: int, lags: Sequence[int], count: int) -> Windows:
    """Windows of every lag, over all starting times: sequences and first steps k = 0 .. T - l, uniform.

    Args:
        rng: the generator.
        sequences: B.
        steps: T.
        lags: the lags l.
        count: W, how many windows of each lag.
    """
    return {lag: (rng.integers(0, sequences, count), rng.integers(0, steps - lag + 1, count)) for lag in lags}


def corrections_in(A: Array, B: Array, windows: Windows) -> Corrections:
    """The relative corrections of M_{k+l,k} in windows of their own for every lag.

    Args:
        A: the part kept whole, (B, T, n, n).
        B: the perturbation, (B, T, n, n).
        windows: of ``drawn_windows``.

    Returns:
        Each (W, L), lags in the order of the windows.
    """
    found = []
    for lag, (sequences, starts) in windows.items():
        steps = starts[:, None] + np.arange(lag)
        kept, moved = (np.asarray(part)[sequences[:, None], steps] for part in (A, B))
        found.append(corrections(kept, moved, [0], [lag]))
    return Corrections(
        np.concatenate([item.first[:, 0] for item in found], axis=-1),
        np.concatenate([item.missed_by_zeroth[:, 0] for item in found], axis=-1),
        np.concatenate([item.missed_by_first[:, 0] for item in found], axis=-1),
    )
