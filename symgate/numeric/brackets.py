"""The largest singular value of many matrices, between two bounds that are proved for each of them.

Let v be a unit vector, G = P'P, theta = v'Gv and r = |G v - theta v|.  In a basis that v begins,
G = [[theta, f'], [f, C]] with |f| = r and C positive semidefinite.  Without f, tr G^q is no larger (pinching; q >= 1):

    |C|^q <= tr C^q <= tr G^q - theta^q = c^q,

and the largest eigenvalue x of G, which is theta + f'(x - C)^-1 f if it exceeds |C|, obeys, where c < theta,

    theta <= |P|^2 <= theta + r^2 / (theta - c).

q = 1 costs nothing and c is then the sum of all other eigenvalues; powers of G (``powers``, in single precision) bring
c down to the second one and turn v to the leading vector.  They are taken for those matrices alone whose bounds do
not meet yet; what is open after the last one is decomposed whole.  v is carried from one step to the next.
"""

from __future__ import annotations

import numpy as np

from symgate.numeric.arrays import Array
from symgate.numeric.powers import RANGE, Powers

#: How far the bounds may be apart, relative to the norm.
APART = 1e-8

#: How often v is multiplied by the power of G, for q = 1, 8, 64, 512; then what is open is decomposed whole.
TURNS = (4, 6, 6, 6)

#: The bounds of q = 1 are tried if they have a chance for this share of the matrices.
WORTHWHILE = 0.4

#: Beyond this size the roundings of single precision leave no bound worth having.
LARGEST = 2048

#: The spacing of floats at 1.
EPS = float(np.finfo(np.float64).eps)


class Brackets:
    """Norms of J_t ... J_{k+1} for growing t, all k < t, of a batch; ``whole`` counts what was decomposed whole."""

    def __init__(self, batch: int, steps: int, n: int) -> None:
        start = np.random.default_rng(0).standard_normal(n)
        self._v = np.tile((start / np.linalg.norm(start)).astype(np.float32), (batch, steps, 1))
        self.whole = 0

    def largest(self, products: Array, single: Array, totals: Array) -> Array:
        """|P|_2 for products (B, t, n, n), those of the next t; also given in single precision, and their |P|_F^2."""
        batch, steps, n, _ = products.shape
        P, H, total = products.reshape(-1, n, n), single.reshape(-1, n, n), totals.ravel()
        found, v = np.full(len(P), np.nan), self._v[:, :steps].reshape(len(P), n)
        open_ = np.flatnonzero((total > RANGE[0]) & (total < RANGE[1]) & (n <= LARGEST))
        powers = Powers.of(_at(H, open_), total[open_])
        for place, turns in enumerate(TURNS):
            if not len(open_):
                break
            if place:
                powers = powers.climbed()
            elif np.mean(powers.shares(v[open_]) > 0.5) < WORTHWHILE:  # c is below theta if theta is half of the trace
                continue
            v[open_] = w = powers.turned(v[open_], turns)
            low, high = bounds(_at(P, open_), w, total[open_], powers.bound, powers.power)
            met = high - low <= 2 * APART * low
            found[open_[met]] = np.sqrt((low[met] + high[met]) / 2)
            left = np.flatnonzero(~met)
            open_, powers = open_[left], powers.at(left)
        rest = np.flatnonzero(np.isnan(found))
        if len(rest):
            self.whole += len(rest)
            found[rest] = largest_singular_value(P[rest])
        self._v[:, :steps] = v.reshape(batch, steps, n)
        return found.reshape(batch, steps)


def bounds(P: Array, v: Array, total: Array, log_power: Array, q: int) -> tuple[Array, Array]:
    """Bounds of |P|^2 by vectors v (B, n) and log (tr (P'P)^q)^(1/q); the upper one is inf where c is not below theta.

    Rounding: a product of P with y errs by less than n eps |P|_F |y| / 2, so theta and r err by less than
    ``slack``, 4 n eps |P|_F^2; logarithms err by less than the losses that ``log_power`` holds.
    """
    v = v / np.sqrt(np.einsum("bi,bi->b", v, v))[:, None]
    y = P @ v[..., None]
    z = (np.swapaxes(P, -1, -2) @ y)[..., 0]
    theta = np.einsum("bij,bij->b", y, y)
    z -= theta[:, None] * v
    slack = 4 * P.shape[-1] * EPS * total
    low, r = theta - slack, np.sqrt(np.einsum("bi,bi->b", z, z)) + slack
    rest = -np.expm1(np.minimum(q * (np.log(low) - log_power), 0))  # c^q / tr G^q
    gap = low - np.exp(log_power + np.log(rest) / q)
    return low, np.where(gap > 0, theta + slack + r * r / gap, np.inf)


def _at(P: Array, places: Array) -> Array:
    """P at these places, itself where they are all."""
    return P if len(places) == len(P) else P[places]


def largest_singular_value(matrices: Array) -> Array:
    """|P|_2 for a stack of matrices whose entries are within 2^-500 .. 2^500; NaN where one is not finite."""
    gram = np.swapaxes(matrices, -1, -2) @ matrices
    finite = np.asarray(np.isfinite(gram).all(axis=(-2, -1)))
    found = np.linalg.eigvalsh(np.where(finite[..., None, None], gram, 0))[..., -1]
    return np.where(finite, np.sqrt(np.maximum(found, 0)), np.nan)
