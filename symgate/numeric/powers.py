"""Upper bounds of tr (P'P)^q for many matrices P, by powers in single precision.

H_0 = P and H_{k+1} = s_k H_k' H_k, rounded to single precision, with numbers s_k that keep it in range: after K of them
H_K stands for (P'P)^(q/2), q = 2^K, up to a factor.  In Schatten norms |X|_s = (sum of the s-th powers of the singular
values)^(1/s), |X|_F = |X|_2, and whether H is symmetric or not,

    s_k |H_k|_{2s}^2 = s_k |H_k' H_k|_s <= |H_{k+1}|_s + |rounding|_F,      |rounding|_F <= n eps s_k |H_k|_F^2,

and every |H_{k+1}|_s is at least |H_{k+1}|_F / sqrt(n).  So in logarithms each product costs no more than ``_loss``,

    log (tr (P'P)^q)^(1/q) = 2 log |P|_{2q} <= losses - sum_k 2^-k log s_k + (2/q) log |H_K|_F.

eps is the spacing of floats at 1, twice the rounding of one operation: n eps covers the n roundings of an entry, that
of its factor s_k, those of the norms, and what is too small for single precision.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from symgate.numeric.arrays import Array

#: The spacing of single precision floats at 1.
EPS = float(np.finfo(np.float32).eps)

#: How many numbers the matrices may hold that are worked on at once (320 KiB of float32).
ROOM = 5 << 14

#: Where |P|_F^2 is in this range, its fourth power is in that of single precision, with digits to spare.
RANGE = (2.0**-26, 2.0**26)


@dataclass(frozen=True)
class Powers:
    """H_K of many matrices.

    Attributes:
        H: (B, n, n), single precision.
        size: |H_K|_F, (B,).
        paid: the bound but for its last term, (B,).
        power: q = 2^K.
    """

    H: Array
    size: Array
    paid: Array
    power: int

    @classmethod
    def of(cls, H: Array, total: Array) -> Powers:
        """q = 1, for matrices (B, n, n) rounded to single precision, and |P|_F^2 of each, within ``RANGE``."""
        paid = 2 * _loss(1.0, np.ones(len(H)), H.shape[-1])  # that rounding is less than a product's
        return cls(H, np.sqrt(total), paid, 1)

    def climbed(self) -> Powers:
        """From q to 8 q."""
        return _raised(self.H, self.size**2, self.paid, self.power)

    @property
    def bound(self) -> Array:
        """log of an upper bound of (tr (P'P)^q)^(1/q), (B,)."""
        return self.paid + 2 / self.power * (np.log(self.size) + self.H.shape[-1] * EPS)

    def turned(self, v: Array, times: int) -> Array:
        """Unit vectors v (B, n), turned towards the leading right singular vectors of P.

        After some products what is left beside the leading vector is mostly the second one; mu, the Rayleigh quotient
        of the residual, is near its eigenvalue, and H - mu takes it out.
        """
        w = v.astype(np.float32, copy=False)[..., None]
        for _ in range(times):
            w = self._times(w)
        first = self._times(w)
        x, y, z = (part[..., 0].astype(np.float64) for part in (w, first, self._times(first)))
        size = _dot(x, x)
        along = np.divide(_dot(x, y), size, where=size > 0, out=np.zeros(len(x)))[:, None]
        r, H_r = y - along * x, z - along * y
        square = _dot(r, r)
        mu = np.divide(_dot(r, H_r), square, where=square > 0, out=np.zeros(len(x)))
        z -= np.clip(mu, 0, 0.9 * along[:, 0])[:, None] * y
        size = _dot(z, z)
        lost = size == 0  # nothing of v leads anywhere: it stays as it is
        return np.where(lost[:, None], v, z / np.sqrt(size + lost)[:, None])

    def _times(self, w: Array) -> Array:
        """H w, for q = 1 P'P w, in the scale of |H|_F^2."""
        return self.H @ w if self.power > 1 else np.swapaxes(self.H, -1, -2) @ self._scaled(self.H @ w)

    def shares(self, v: Array) -> Array:
        """v'(P'P)^q v over |H|_F^2, which is tr (P'P)^q, for unit vectors v (B, n)."""
        w = self._scaled(self.H @ v[..., None])
        return np.einsum("bij,bij->b", w, w) * self.size**2

    def _scaled(self, w: Array) -> Array:
        """w over |H|_F^2."""
        w /= (self.size**2).astype(np.float32)[:, None, None]
        return w

    def at(self, places: Array) -> Powers:
        """The matrices at these places."""
        return Powers(self.H[places], self.size[places], self.paid[places], self.power)


def _raised(first: Array, total: Array, paid: Array, power: int) -> Powers:
    """Three products; ``total`` is |H|_F^2 of the first.  A few matrices at a time, so that they stay in cache."""
    B, n = first.shape[:2]
    found, room = np.empty(first.shape, np.float32), max(1, ROOM // (n * n))
    scale, inner, last, size = np.empty((4, B))
    for start in range(0, B, room):
        part = slice(start, start + room)
        H = _squared(_squared(first[part]))
        inner[part] = np.einsum("bii->b", H)  # |H_{k+1}|_F^2, at least |H_{k+2}|_F
        factor = (1 / inner[part] ** 2).astype(np.float32)
        scale[part] = factor
        H = np.matmul(np.swapaxes(H, -1, -2), H * factor[:, None, None], out=found[part])
        last[part] = np.einsum("bii->b", H)  # s |H_{k+2}|_F^2
        size[part] = np.sqrt(np.einsum("bij,bij->bi", H, H).sum(axis=-1, dtype=np.float64))
    one, two, three = _loss(total, np.sqrt(inner), n), _loss(inner, np.sqrt(last / scale), n), _loss(last, size, n)
    paid = paid + (one + two / 2 + three / 4 - np.log(scale) / 4) / power
    return Powers(found, size, paid, 8 * power)


def _squared(H: Array) -> Array:
    """H'H in two pieces, so that it is done as a plain product, which is quicker here than one that is told X'X."""
    found, transposed, cut = np.empty_like(H), np.swapaxes(H, -1, -2), 3 * H.shape[-1] // 4
    for rows in (slice(0, cut), slice(cut, None)):
        np.matmul(transposed[..., rows, :], H, out=found[..., rows, :])
    return found


def _dot(x: Array, y: Array) -> Array:
    return np.einsum("bi,bi->b", x, y)


def _loss(before: Array | float, after: Array, n: int) -> Array:
    """What one product adds to the logarithm, sqrt(n) |rounding|_F / |H_{k+1}|_F; given s_k |H_k|_F^2, |H_{k+1}|_F."""
    return n**1.5 * EPS * before / after
