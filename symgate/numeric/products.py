"""Products of Jacobians: transport, and its expansion for a split J_j = A_j + eps B_j.

Stacks are (..., T, n, n) with the factor of step t at index t - 1; later steps stand on the LEFT.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from symgate.numeric.arrays import Array, matrix_stack, real_number, split_stacks, whole_number, window


def transport(J: ArrayLike, t: int, k: int) -> Array:
    """The transport M_{t,k} = J_t J_{t-1} ... J_{k+1}, which is dx_t/dx_k; M_{t,t} = I.

    The product is taken as it stands: it underflows to 0 (or overflows) where its entries leave the
    floating point range.  ``sensitivities`` and ``singular_spectra`` rescale as they go.

    Args:
        J: the Jacobians J_1 .. J_T, (..., T, n, n).
        t: the later step, 0 .. T.
        k: the earlier step, 0 .. t.

    Returns:
        (..., n, n); NaN where a factor holds NaN.

    Raises:
        ShapeError: J is no stack of square matrices, t or k is out of 0 .. T, or k > t.

    Law: ``tests/numeric/test_products.py`` (complex step through the recurrence).
    """
    stack = matrix_stack(J, "J")
    last, first = window(t, k, stack.shape[-3])
    result = _identity(stack)
    with np.errstate(all="ignore"):
        for j in range(first, last):
            result = stack[..., j, :, :] @ result if j > first else stack[..., j, :, :].copy()
    return result


def expansion_orders(A: ArrayLike, B: ArrayLike, order: int) -> Array:
    """The coefficients M^(0) .. M^(p) of M(eps) = prod_j (A_j + eps B_j) = sum_m eps^m M^(m).

    By the recursion M^(m)_j = A_j M^(m)_{j-1} + B_j M^(m-1)_{j-1}, M^(0)_0 = I: exact for every
    order, with (2 p + 1) T matrix products.

    Args:
        A: the part kept whole, (..., T, n, n).
        B: the perturbation, (..., T, n, n).
        order: the highest order p, 0 or more.  Orders above T are zero.

    Returns:
        (p + 1, ..., n, n); entry m is M^(m) over the whole stack.  For M_{t,k} give ``A[..., k:t, :, :]``.

    Raises:
        ShapeError: A and B do not fit, or the order is negative or not whole.

    Law: ``tests/numeric/test_expansion.py``.
    """
    kept, moved = split_stacks(A, B)
    highest = whole_number(order, "order", 0)
    kind = np.result_type(kept, moved)
    steps, n = kept.shape[-3:-1]
    orders = np.zeros((highest + 1, *kept.shape[:-3], n, n), dtype=kind)
    orders[0] = kept[..., 0, :, :] if steps else np.eye(n, dtype=kind)
    if steps and highest:
        orders[1] = moved[..., 0, :, :]
    following, carried = np.zeros_like(orders), np.empty_like(orders[:highest])
    now, then = (orders, orders[:-1], orders[1:]), (following, following[:-1], following[1:])
    A, B = np.moveaxis(kept, -3, 0), np.moveaxis(moved, -3, 0)
    with np.errstate(all="ignore"):
        for j in range(1, steps):  # orders above j are zero still, and stay so by A 0 + B 0
            np.matmul(A[j], now[0], out=then[0])
            np.matmul(B[j], now[1], out=carried)
            np.add(then[2], carried, out=then[2])
            now, then = then, now
    return now[0]


def expand_product(A: ArrayLike, B: ArrayLike, order: int, eps: float = 1.0) -> Array:
    """The product prod_j (A_j + eps B_j), later factors left, cut off after order p: sum_{m<=p} eps^m M^(m).

    At eps = 1 it approximates the transport M_{T,0} of J = A + B; exact once p >= T.

    Args:
        A: the part kept whole, (..., T, n, n).
        B: the perturbation, (..., T, n, n).
        order: the highest order p kept, 0 or more.
        eps: the size of the perturbation.

    Returns:
        (..., n, n), the truncated sum.  The single coefficients are ``expansion_orders(A, B, order)``;
        how far the sum is from the product, ``remainder_bound(A, B, order, eps)``.

    Raises:
        ShapeError: A and B do not fit, the order is negative or not whole, or eps is no number.
    """
    kept, moved = split_stacks(A, B)
    with np.errstate(all="ignore"):
        return expansion_orders(kept, real_number(eps, "eps") * moved, order)[::-1].sum(axis=0)


def _identity(stack: Array) -> Array:
    """I for every batch element of a stack."""
    eye = np.eye(stack.shape[-1], dtype=stack.dtype)
    return np.broadcast_to(eye, (*stack.shape[:-3], *eye.shape)).copy()
