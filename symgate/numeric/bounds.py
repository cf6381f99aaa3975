"""How far a truncated expansion can be from the product, as a bound that holds in floating point too."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from symgate.errors import ShapeError, unknown
from symgate.numeric.arrays import Array, real_number, split_stacks, whole_number
from symgate.numeric.remainders import remainder_above
from symgate.numeric.rounding import EPS, add_up, multiply_up, norm_above

NORMS = (2, "fro", 1, np.inf)
METHODS = ("norms", "computed")


def remainder_bound(
    A: ArrayLike,
    B: ArrayLike,
    order: int,
    eps: float = 1.0,
    norm: float | str = 2,
    *,
    method: str = "norms",
    measured: bool = False,
) -> Array:
    """An upper bound of |M(eps) - sum_{m<=p} eps^m M^(m)| for M(eps) = prod_j (A_j + eps B_j).

    The bound is sum_{m>p} |eps|^m [eps^m] prod_j (a_j + |eps| b_j) with a_j >= |A_j|, b_j >= |B_j|.  It is
    accumulated from nonnegative parts only (d_m the term of order m, r the tail):
    d_m <- a d_m + |eps| b d_{m-1}, r <- (a + |eps| b) r + |eps| b d_p, every operation rounded up and
    every norm an upper bound, so that the number returned is above the exact remainder.  It is 0 for p >= T.

    This bound multiplies norms where the matrices cancel.  At eps = 1 over many steps it is useless: at T = 100, n =
    64 it is 10^12 to 10^37 times the truth, because prod |J_j| is about 10^23 where |prod J_j| is about 10: the
    factors are not normal.  It holds before any product is known, and is close where |eps| |B| is small.
    ``method="computed"`` computes the remainder itself by the identity

        M(eps) - sum_{m<=p} eps^m M^(m) = eps^{p+1} sum_i M_{t,i}(eps) B_i M^(p)_{i-1,k},

    in which nothing cancels, and adds a rigorous bound of all rounding: it is above the truth and close to it.

    Args:
        A: the part kept whole, (..., T, n, n).
        B: the perturbation, (..., T, n, n).
        order: the order p of the truncation, 0 or more.
        eps: the size of the perturbation, of either sign.
        norm: 2 (spectral), "fro", 1 (largest column sum) or ``np.inf`` (largest row sum).
        method: "norms", known beforehand, or "computed", with about (p + 2)^2 T products of matrices.
        measured: add what float64 rounding can contribute when both sides are *computed* by ``transport``
            of A + eps B and by ``expand_product``; without it a tiny bound, right for the exact
            matrices, can lie below a difference that is rounding noise alone.

    Returns:
        (...,) float64, one bound per batch element, in the unit of M (state per state); inf where it exceeds the
        floating point range, NaN where a factor or eps is not finite.

    Raises:
        ShapeError: A and B do not fit, the order is negative or not whole, or the norm is not one of the four.
        UnknownNameError: the method is neither of the two.

    Source: the recursion of ``symgate.remainder``, the identity of ``symgate.rest``; rounding after Higham 2002.
    Law: ``tests/numeric/test_bounds.py`` (searched for a violation in exact rational arithmetic).
    """
    kept, moved = split_stacks(A, B)
    highest = whole_number(order, "order", 0)
    if not any(type(norm) is not bool and norm == known for known in NORMS):
        raise ShapeError(f"norm needs one of 2, 'fro', 1, np.inf; found {norm!r}.")
    if method not in METHODS:
        raise unknown("method of a remainder bound", method, METHODS)
    given = np.asarray(real_number(eps, "eps"))
    size = np.abs(given)
    kept, moved = kept.astype(np.float64), moved.astype(np.float64)
    with np.errstate(all="ignore"):
        if method == "computed":
            tail = _computed(kept, moved, given, highest, norm)
        else:
            tail = tail_above(norm_above(kept, norm), multiply_up(size, norm_above(moved, norm)), highest)
        if measured:
            tail = add_up(tail, _rounding(kept, moved, size, highest, norm))
    return np.where(np.isfinite(size), tail, np.nan)


def _computed(A: Array, B: Array, eps: Array, order: int, norm: float | str) -> Array:
    """The bound by ``remainder_above``; 0 for p >= T, NaN for factors that are not finite, inf where one overflows."""
    steps = A.shape[-3]
    spoilt = ~np.isfinite(A).all(axis=(-3, -2, -1)) | ~np.isfinite(B).all(axis=(-3, -2, -1))
    if order >= steps or not np.isfinite(eps):
        return np.where(spoilt, np.nan, np.zeros(A.shape[:-3]))
    found = remainder_above(A, B, eps, order, norm)
    return np.where(spoilt, np.nan, np.where(np.isfinite(found), found, np.inf))


def tail_above(a: Array, b: Array, order: int) -> Array:
    """An upper bound of the terms of prod_j (a_j + b_j) with more factors b than the order; a, b >= 0 are (..., T)."""
    steps = a.shape[-1]
    top = min(order, steps)
    terms = [np.ones(a.shape[:-1])] + [np.zeros(a.shape[:-1]) for _ in range(top)]
    tail = np.zeros(a.shape[:-1])
    for j in range(steps):
        kept, moved = a[..., j], b[..., j]
        if order < steps:
            tail = add_up(multiply_up(add_up(kept, moved), tail), multiply_up(moved, terms[top]))
        for m in range(top, 0, -1):
            terms[m] = add_up(multiply_up(kept, terms[m]), multiply_up(moved, terms[m - 1]))
        terms[0] = multiply_up(kept, terms[0])
    spoilt = np.isnan(a).any(axis=-1) | np.isnan(b).any(axis=-1)
    return np.where(spoilt, np.nan, tail)


def _rounding(A: Array, B: Array, size: Array, order: int, norm: float | str) -> Array:
    """What rounding adds to the computed difference, in the norm asked for.

    A product of matrices errs by at most gamma_n |X|_F |Y|_F in the Frobenius norm.  Over T steps each side
    makes at most (n + p + 4) (T + 1) rounding errors along a path, so both together stay below
    2 (e^c - 1) prod_j (|A_j|_F + |eps| |B_j|_F) with c = (n + p + 4) (T + 1) eps; |.|_2 <= |.|_F,
    |.|_1 <= sqrt(n) |.|_F, and the same for the infinity norm.
    """
    steps, n = A.shape[-3:-1]
    a, b = norm_above(A, "fro"), multiply_up(size, norm_above(B, "fro"))
    total = np.ones(A.shape[:-3])
    for j in range(steps):
        total = multiply_up(add_up(a[..., j], b[..., j]), total)
    share = np.asarray(4 * np.expm1((n + order + 4) * (steps + 1) * EPS) * (1 if norm in {2, "fro"} else np.sqrt(n)))
    return multiply_up(share, add_up(total, np.asarray(1e-290)))
