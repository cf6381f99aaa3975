"""Leading eigenvalues of a symmetric operator that is known by its products alone, each with a bound of its error.

Lanczos: q_1, q_2, ... orthonormal with A Q_j = Q_j T_j + beta_j q_{j+1} e_j', T_j = Q_j' A Q_j.  For T_j s = theta s
the residual of the pair (theta, Q_j s) is |A Q_j s - theta Q_j s| = beta_j |s_j|, and for a symmetric A an eigenvalue
lies within that distance of theta.  Every product is orthogonalised against all directions, twice, and T_j is taken
whole: what stands off its three diagonals says how far A is from symmetric.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from symgate.errors import ShapeError
from symgate.numeric.arrays import Array

#: Below this share of |A| a new direction is rounding: the space is exhausted, and a fresh direction is drawn.
EXHAUSTED = 1e-13
#: How many products follow a fresh direction before convergence is believed.
PILOT = 8


@dataclass(frozen=True)
class Eigenpairs:
    """Some eigenvalues of a symmetric matrix A of P rows, largest first.

    Attributes:
        values: theta, (k,), in the unit of A.
        errors: |A v - theta v| of each, (k,): an eigenvalue of A lies within that distance of theta, up to the rounding
            of the products.
        vectors: v in the rows, of length 1, (k, P).
    """

    values: Array
    errors: Array
    vectors: Array

    def __getitem__(self, places: slice) -> Eigenpairs:
        return replace(self, values=self.values[places], errors=self.errors[places], vectors=self.vectors[places])


@dataclass(frozen=True)
class Ends:
    """Both ends of a spectrum.

    Attributes:
        top: the largest eigenvalues, largest first.
        bottom: the smallest, smallest first.
        asymmetry: max |q_i' A q_j - q_j' A q_i| / |A| over the directions: rounding where A is symmetric.
        products: how many products were taken.
        converged: whether every error is below the tolerance times |A|.
    """

    top: Eigenpairs
    bottom: Eigenpairs
    asymmetry: float
    products: int
    converged: bool


def ends(
    product: Callable[[Array], Array],
    size: int,
    count: int,
    rounds: int,
    tolerance: float,
    *,
    both: bool = True,
    seed: int = 0,
    told: Callable[[int], None] | None = None,
) -> Ends:
    """The ``count`` largest and ``count`` smallest eigenvalues of a symmetric operator on vectors of ``size`` entries.

    Args:
        product: v to A v, (P,) to (P,).
        size: P.
        count: k, 1 .. P.
        rounds: how many products at most; at least k are taken.
        tolerance: an error has to fall below tolerance times |A|, |A| the largest |theta|.
        both: whether the smallest ones have to converge too.
        seed: of the first direction.
        told: called with how many products are done.

    Raises:
        ShapeError: a product is not finite.
    """
    rng, rounds = np.random.default_rng(seed), min(size, max(rounds, count))
    basis, images = np.zeros((rounds, size)), np.zeros((rounds, size))
    basis[0] = _unit(rng.normal(size=size))
    fresh = 0
    for j in range(rounds):
        images[j] = _finite(product(basis[j]))
        if told:
            told(j + 1)
        Q = basis[: j + 1]
        rest = _apart(_apart(images[j], Q), Q)
        left = float(np.linalg.norm(rest))
        found = _ritz(Q, images[: j + 1], left, count)
        scale = max(float(np.abs(found.top.values).max()), float(np.abs(found.bottom.values).max()))
        wanted = (found.top, found.bottom) if both else (found.top,)
        small = max(float(pairs.errors.max()) for pairs in wanted) <= tolerance * scale
        if j + 1 == size or (small and j + 1 >= count and j + 1 - fresh >= PILOT):
            return _measured(found, images[: j + 1], Q, converged=True)
        if j + 1 == rounds:
            return _measured(found, images[: j + 1], Q, converged=False)
        if left <= EXHAUSTED * float(np.linalg.norm(images[: j + 1], axis=1).max()):
            drawn = rng.normal(size=size)
            rest, fresh = _apart(_apart(drawn, Q), Q), j + 1
        basis[j + 1] = _unit(rest)
    raise AssertionError("the loop returns")


def _ritz(Q: Array, images: Array, left: float, count: int) -> Ends:
    """What the directions so far say."""
    whole = Q @ images.T
    values, S = np.linalg.eigh((whole + whole.T) / 2)
    taken = min(count, len(values))
    top, bottom = np.arange(len(values))[::-1][:taken], np.arange(taken)
    size = float(np.abs(values).max(initial=0))
    asymmetry = float(np.abs(whole - whole.T).max(initial=0)) / size if size > 0 else 0.0
    pairs = [Eigenpairs(values[own], left * np.abs(S[-1, own]), S[:, own].T @ Q) for own in (top, bottom)]
    return Ends(pairs[0], pairs[1], asymmetry, len(Q), converged=False)


def _measured(found: Ends, images: Array, Q: Array, *, converged: bool) -> Ends:
    """With the residuals as they are, rounding included, in the place of beta |s|."""
    top, bottom = (
        replace(
            pairs, errors=np.linalg.norm((pairs.vectors @ Q.T) @ images - pairs.values[:, None] * pairs.vectors, axis=1)
        )
        for pairs in (found.top, found.bottom)
    )
    return replace(found, top=top, bottom=bottom, converged=converged)


def _apart(v: Array, Q: Array) -> Array:
    """v without its part in the rows of Q."""
    return v - (Q @ v) @ Q


def _unit(v: Array) -> Array:
    return v / np.linalg.norm(v)


def _finite(v: Array) -> Array:
    """v.

    Raises:
        ShapeError: an entry is not finite.
    """
    if not np.isfinite(v).all():
        raise ShapeError("A product with the Hessian leaves the floating point range; its eigenvalues have no value.")
    return v
