"""The remainder of a truncated expansion, computed, with a rigorous bound of what rounding did to it.

With R_q = M(eps) - sum_{m<=q} eps^m M^(m) (so that R_{-1} = M(eps)) the remainder of a product is a sum over its parts,

    R_q(later earlier) = M(later) R_q(earlier) + sum_{b<=q} R_{q-b}(later) eps^b M^(b)(earlier):

nothing cancels.  One step has M^(0) = A, eps M^(1) = eps B, R_{-1} = A + eps B, R_0 = eps B and R_q = 0 from q = 1 on;
with single steps as "later" this is R_p = eps^{p+1} sum_i M_{t,i} B_i M^(p)_{i-1,k}.  Neighbours are joined two by two,
so that a rounding error meets the norms of log2(T) products, and not those of T factors: the norm of a product is often
far below the product of the norms (the factors are not normal).

Radii are bounds of the error in the Frobenius norm, every operation rounded up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from symgate.numeric.arrays import Array
from symgate.numeric.rounding import EPS, add_up, multiply_up, norm_above, up

#: Above what underflow can add to an entry-wise sum of products, in the Frobenius norm.
TINY = 1e-290


@dataclass(frozen=True)
class Ball:
    """Matrices (..., n, n) and how far the exact ones can be from them in the Frobenius norm, (...,)."""

    middle: Array
    radius: Array

    @property
    def size(self) -> Array:
        """An upper bound of the Frobenius norm of the exact matrices."""
        return add_up(norm_above(self.middle, "fro"), self.radius)

    def __getitem__(self, steps: slice) -> Ball:
        return Ball(self.middle[..., steps, :, :], self.radius[..., steps])

    def followed_by(self, other: Ball) -> Ball:
        """Both one after the other along the axis of steps."""
        middle = np.concatenate([self.middle, other.middle], axis=-3)
        return Ball(middle, np.concatenate([self.radius, other.radius], axis=-1))


def remainder_above(A: Array, B: Array, size: Array, order: int, norm: float | str) -> Array:
    """An upper bound of |R_p| for stacks (..., T, n, n) of float64, T >= 1, and |eps| = ``size`` with its sign.

    The two are one up to the norm of what rounding could add, which is reported in the bound.
    """
    whole = remainder_ball(A, B, size, order)
    n = A.shape[-1]
    radius = whole.radius if norm in {2, "fro"} else multiply_up(whole.radius, up(np.sqrt(np.asarray(float(n)))))
    return add_up(norm_above(whole.middle, norm), radius)


def remainder_ball(A: Array, B: Array, eps: Array, order: int) -> Ball:
    """R_p of the whole product with its radius."""
    orders, rests = _single_steps(A, B, eps, order)
    while (steps := orders[0].middle.shape[-3]) > 1:
        pairs = slice(0, steps - steps % 2, 2), slice(1, steps, 2)
        earlier, later = ([[ball[part] for ball in group] for group in (orders, rests)] for part in pairs)
        joined = _joined(later[0], later[1], earlier[0], earlier[1])
        if steps % 2:
            last = slice(steps - 1, steps)
            joined = (
                [new.followed_by(old[last]) for new, old in zip(joined[0], orders, strict=True)],
                [new.followed_by(old[last]) for new, old in zip(joined[1], rests, strict=True)],
            )
        orders, rests = joined
    return Ball(rests[-1].middle[..., 0, :, :], rests[-1].radius[..., 0])


def _single_steps(A: Array, B: Array, eps: Array, order: int) -> tuple[list[Ball], list[Ball]]:
    """eps^m M^(m) for m = 0 .. p and R_q for q = -1 .. p of every factor; eps B and A + eps B round once each."""
    zero = np.zeros(A.shape[:-2])
    nothing = Ball(np.zeros_like(A), zero)
    scaled = eps * B
    total = A + scaled
    rounded = add_up(multiply_up(norm_above(scaled, "fro"), np.asarray(EPS)), np.asarray(TINY))
    exact = (B == 0).all(axis=(-2, -1)) | (float(eps) in {0.0, 1.0, -1.0})
    moved = Ball(scaled, np.where(exact, 0.0, rounded))
    full = Ball(total, add_up(multiply_up(norm_above(total, "fro"), np.asarray(EPS)), moved.radius))
    orders = [Ball(A, zero), moved, *([nothing] * (order - 1))][: order + 1]
    return orders, [full, moved, *([nothing] * order)][: order + 2]


def _joined(
    later_orders: list[Ball], later_rests: list[Ball], orders: list[Ball], rests: list[Ball]
) -> tuple[list[Ball], list[Ball]]:
    """The orders and the remainders of (later earlier); ``rests[q + 1]`` is R_q."""
    last = len(orders) - 1
    joined = [_sum_of([(later_orders[m - b], orders[b]) for b in range(m + 1)]) for m in range(last + 1)]
    whole = later_rests[0]
    left = [_sum_of([(whole, rests[0])])]
    left += [
        _sum_of([(whole, rests[q + 1]), *((later_rests[q - b + 1], orders[b]) for b in range(q + 1))])
        for q in range(last + 1)
    ]
    return joined, left


def _sum_of(pairs: list[tuple[Ball, Ball]]) -> Ball:
    """The sum of products, with the radius |X||dY| + |dX||Y| + gamma |X||Y| for each, |.| an upper bound of the norm.

    gamma_(n + k) with k summands covers both, as each entry is a sum of k n products.
    """
    n = pairs[0][0].middle.shape[-1]
    gamma = np.asarray((n + len(pairs) + 2) * EPS)
    total = radius = None
    for X, Y in pairs:
        if not X.middle.any() and not X.radius.any():
            continue
        product = X.middle @ Y.middle
        big_X, big_Y = X.size, Y.size
        grown = add_up(multiply_up(big_X, Y.radius), multiply_up(X.radius, big_Y))
        grown = add_up(grown, add_up(multiply_up(gamma, multiply_up(big_X, big_Y)), np.asarray(TINY)))
        grown = np.where((big_X == 0) | (big_Y == 0), 0.0, grown)
        total = product if total is None else total + product
        radius = grown if radius is None else add_up(radius, grown)
    if total is None or radius is None:
        return Ball(np.zeros_like(pairs[0][0].middle), np.zeros_like(pairs[0][0].radius))
    return Ball(total, radius)
