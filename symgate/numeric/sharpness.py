"""The spectrum of the curvature of a loss through time: leading eigenvalues of its Hessian and of Gauss-Newton.

    G = sum_t (dx_t/dtheta)' H_t (dx_t/dtheta),      H = d2L/dtheta2 = G + sum_t d2(delta_t' x_t)/dtheta2,

H_t the Hessian of l_t by x_t, delta_t held fixed in the last sum.  G is positive semi-definite
where every H_t is; what is negative in H comes from the curvature of the recurrence.  Nothing is formed:
Lanczos on the products of ``symgate.numeric.curvature``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from symgate.errors import ShapeError
from symgate.numeric.arrays import Array, small_number, whole_number
from symgate.numeric.curvature import LossHessian, finite_throughout, gauss_newton_product, hessian_product
from symgate.numeric.gradients import Pushes, loss_gradient
from symgate.numeric.lags import parameter_names
from symgate.numeric.lanczos import Eigenpairs, Ends, ends
from symgate.numeric.pieces import Told, of_vectors
from symgate.numeric.trajectories import Trajectory


@dataclass(frozen=True)
class CurvatureSpectrum:
    """Leading eigenvalues of the Hessian H and the Gauss-Newton matrix G of a loss, by the parameters side by side.

    The eigenvalues are in units of the loss per squared unit of the parameters.

    Attributes:
        hessian: the k largest eigenvalues of H, largest first, with errors and vectors.
        negative: the k smallest of H, smallest first; they need not be below 0.
        gauss_newton: the k largest of G.
        gradient: dL/dtheta, (P,), the parameters flattened row by row and side by side.
        shapes: the shape of each parameter by name, in the order of P.
        along_gradient: g'Hg/|g|^2 and g'Gg/|g|^2 with g the gradient, (2,); NaN where g is 0.
        asymmetry: how far v'Hw and w'Hv, and v'Gw and w'Gv, are apart at most, over |H| and |G|, (2,): rounding.
        products: how many products with H and with G were taken, (2,).
        converged: whether the errors of H and of G are below the tolerance, (2,).
    """

    hessian: Eigenpairs
    negative: Eigenpairs
    gauss_newton: Eigenpairs
    gradient: Array
    shapes: Mapping[str, tuple[int, ...]]
    along_gradient: Array
    asymmetry: Array
    products: Array
    converged: Array

    @property
    def step_limit(self) -> float:
        """2 / lambda_1 of H: a longer step of gradient descent leaves a quadratic minimum; inf where lambda_1 <= 0."""
        largest = float(self.hessian.values[0])
        return 2 / largest if largest > 0 else float("inf")

    def shares(self, pairs: Eigenpairs) -> Array:
        """The squared cosine between the gradient and each eigenvector, (k,); NaN where the gradient is 0."""
        size = np.abs(self.gradient).max(initial=0)
        with np.errstate(all="ignore"):
            unit = self.gradient / size
            return (pairs.vectors @ unit) ** 2 / (unit @ unit)

    def by_parameter(self, vectors: Array) -> dict[str, Array]:
        """Vectors (..., P) cut into the parameters, each (..., its shape)."""
        return unpacked(vectors, self.shapes)


def curvature_spectrum(
    trajectory: Trajectory,
    delta: Pushes,
    hessian: LossHessian = 1.0,
    k: int = 5,
    *,
    wrt: str | Iterable[str] | None = None,
    products: int = 100,
    tolerance: float = 1e-6,
    seed: int = 0,
    told: Told | None = None,
) -> CurvatureSpectrum:
    """The k largest and smallest eigenvalues of the Hessian of L = sum_t l_t(x_t), and the k largest of Gauss-Newton.

    Args:
        trajectory: a trajectory of T steps; its parameters are shared by the batch.
        delta: dl_t/dx_t for t = 1..T, (..., T, n); of several states as for ``adjoint``.
        hessian: H_t = d2l_t/dx_t^2: a number for a multiple of I (1 for half squared errors at every step), or
            (..., T, N) for a diagonal (0 where a step has no loss), (..., T, N, N) for matrices.
        k: how many at each end, 1 .. P with P the number of entries of the parameters.
        wrt: names of parameters: the block of H and of G that belongs to them; default: every one.
        products: how many products with H, and with G, at most.  Memory grows as twice that times P.
        tolerance: what the errors of the eigenvalues have to fall below, over the largest of their size.
        seed: of the direction that Lanczos begins with.
        told: called with how many products are done, and how many there are at most.

    Returns:
        The record, eigenvalues (k,) in units of the loss per squared parameter.  Each value has a bound of its error,
        also where ``products`` were too few.  That none lies beyond the first is likely and not certain, as always with
        Lanczos: it is blind to what is orthogonal to the direction it begins with.

    Raises:
        UnknownNameError: ``wrt`` names no parameter, ``delta`` no state.
        ShapeError: shapes that do not fit, k is out of range, a parameter has batch axes of its own or is not finite, a
            trajectory that did not stay finite, or products that leave the floating point range.

    Source: Pearlmutter 1994; Lanczos 1950, the bound of the residual by Parlett 1980.
    Law: ``tests/numeric/test_sharpness.py`` (the whole Hessian by jax; exact cases).
    """
    of_vectors(trajectory, "The spectrum of the curvature", matrix=True)
    names = parameter_names(trajectory, wrt)
    shapes = {name: trajectory.params[name].shape for name in names}
    size = sum(int(np.prod(shape)) for shape in shapes.values())
    count, most = whole_number(k, "k", 1), whole_number(products, "products", 1)
    if not names:
        raise ShapeError("wrt names no parameter; leave it out for every one.")
    if count > size:
        raise ShapeError(f"{size} entries of {', '.join(names)} have {size} eigenvalues; asked for k = {count}.")
    limit, start = small_number(tolerance, "tolerance"), whole_number(seed, "seed", 0)
    finite_throughout(trajectory)
    gradient = _packed(loss_gradient(trajectory, delta, names), names).astype(np.float64)
    if not np.isfinite(gradient).all():
        raise ShapeError("The gradient of the loss is not finite, as delta is not, or the adjoint leaves the range.")

    def by_hessian(v: Array) -> Array:
        return _packed(hessian_product(trajectory, delta, unpacked(v, shapes), hessian), names)

    def by_gauss_newton(v: Array) -> Array:
        return _packed(gauss_newton_product(trajectory, unpacked(v, shapes), hessian), names)

    def telling(before: int) -> Callable[[int], None]:
        return lambda done: told(before + done, 2 * most) if told else None

    with np.errstate(all="ignore"):
        along = np.array([_along(product, gradient) for product in (by_hessian, by_gauss_newton)])
        H: Ends = ends(by_hessian, size, count, most, limit, seed=start, told=telling(0))
        G: Ends = ends(by_gauss_newton, size, count, most, limit, both=False, seed=start, told=telling(most))
    if told:
        told(2 * most, 2 * most)
    return CurvatureSpectrum(
        hessian=H.top,
        negative=H.bottom,
        gauss_newton=G.top,
        gradient=gradient,
        shapes=shapes,
        along_gradient=along,
        asymmetry=np.array([H.asymmetry, G.asymmetry]),
        products=np.array([H.products, G.products]),
        converged=np.array([H.converged, G.converged]),
    )


def unpacked(vectors: Array, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Array]:
    """Vectors (..., P) cut into parameters of these shapes."""
    found, start = dict[str, Array](), 0
    for name, shape in shapes.items():
        width = int(np.prod(shape))
        found[name] = vectors[..., start : start + width].reshape((*vectors.shape[:-1], *shape))
        start += width
    return found


def _packed(parts: Mapping[str, Array], names: list[str]) -> Array:
    """The entries of the parameters side by side, (P,)."""
    return np.concatenate([np.asarray(parts[name]).reshape(-1) for name in names])


def _along(product: Callable[[Array], Array], gradient: Array) -> float:
    """g'Ag/|g|^2."""
    size = float(np.abs(gradient).max(initial=0))
    if size == 0 or not np.isfinite(size):
        return float("nan")
    unit = gradient / size
    unit = unit / np.linalg.norm(unit)
    return float(unit @ product(unit))
