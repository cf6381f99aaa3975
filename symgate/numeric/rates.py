"""Effective learning rates of the retention split: what the gates make of one global step size.

All arrays are indexed [..., t, l, unit] with the later step t = 0..T and the lag l = 0..L: they speak
of M_{t,t-l}.  Lag 0 is the empty product, 1; entries with l > t do not exist and are NaN.  Units of several states
stand side by side, to be cut by ``trajectory.slices``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from symgate.derive import jacobian
from symgate.errors import DefinitionError, unknown
from symgate.numeric.arrays import Array, whole_number
from symgate.numeric.stacks import jacobian_terms
from symgate.numeric.trajectories import Trajectory


@dataclass(frozen=True)
class EffectiveRates:
    """Effective learning rates per unit, for eta = 1; multiply by the step size of the optimiser.

    Attributes:
        leak: the diagonal of the retention term, leak_t such as 1 - g_t, (..., T, n); step t at index t - 1.
        zeroth: mu0_{t,l} = prod_{j=t-l+1..t} leak_j, (..., T + 1, L + 1, n): the zeroth order of the
            retention split, exact as the diagonal of that order.
        correction: 1 + sum_j r_j / leak_j, r_j = (J_j)_qq - leak_j: the first-order factor.  Not finite
            where a leak is exactly 0 (a gate of 1); ``first_order`` is right there too.
        first_order: mu0 (1 + sum_j r_j / leak_j), computed without the division.
        product_of_diagonals: prod_j (J_j)_qq, what the first order approximates.
        diagonal_of_product: (M_{t,t-l})_qq, which is something else: paths that leave a unit and come back
            are in it.  At long lags the two can differ by orders of magnitude.
        envelope: f(l) = mean over t and data of |mu_{t,l}|_1 with the first-order mu, (L + 1,).
    """

    leak: Array
    zeroth: Array
    correction: Array
    first_order: Array
    product_of_diagonals: Array
    diagonal_of_product: Array
    envelope: Array


def effective_learning_rates(trajectory: Trajectory, max_lag: int | None = None) -> EffectiveRates:
    """The effective learning rates of a trajectory in the retention split, by lag.

    The products are taken as they stand and underflow to 0 where they leave the floating point range.

    Args:
        trajectory: a trajectory of T steps of a cell that has a retention term.
        max_lag: the longest lag L, 0 .. T; default T.  Memory grows as T L n.

    Returns:
        The record.  Which of the two diagonals is exact, and for what, stands at its attributes.

    Raises:
        UnknownNameError: the Jacobian of the cell has no retention term, so nothing is kept directly.
        DefinitionError: retention couples several states, as in an oscillator.
        ShapeError: ``max_lag`` is out of 0 .. T.

    Source: arXiv:2512.05790.  Law: ``tests/numeric/test_rates.py``.
    """
    terms = jacobian_terms(trajectory)
    if "retention" not in terms:
        raise unknown(f"term of the Jacobian of cell {trajectory.cell.name!r}", "retention", terms)
    for of in trajectory.slices:
        for by in trajectory.slices:
            if of != by and "retention" in jacobian(trajectory.cell, by, of).terms:
                raise DefinitionError(
                    f"The retention of cell {trajectory.cell.name!r} couples its states ({by} feeds {of}), so it gives "
                    "no rate per unit."
                )
    lags = whole_number(trajectory.steps if max_lag is None else max_lag, "max_lag", 0, trajectory.steps)
    with np.errstate(all="ignore"):
        J = sum(terms.values(), np.zeros_like(terms["retention"]))
        leak = np.diagonal(terms["retention"], axis1=-2, axis2=-1).copy()
        diagonal = np.diagonal(J, axis1=-2, axis2=-1)
        rest = sum((np.diagonal(M, axis1=-2, axis2=-1) for name, M in terms.items() if name != "retention"), 0 * leak)
        zeroth = _table(leak, lags, 1)
        correction = _table(leak, lags, 1)
        change = _table(leak, lags, 0)
        diagonals = _table(leak, lags, 1)
        products = _table(leak, lags, 1)
        running = np.broadcast_to(np.eye(J.shape[-1], dtype=J.dtype), (*J.shape[:-3], lags + 1, *J.shape[-2:])).copy()
        for t in range(1, trajectory.steps + 1):
            reach = min(t, lags)
            here = (..., t, slice(1, reach + 1), slice(None))
            last = (..., t - 1, slice(0, reach), slice(None))
            kept, moved = leak[..., t - 1, None, :], rest[..., t - 1, None, :]
            zeroth[here] = kept * zeroth[last]
            change[here] = kept * change[last] + moved * zeroth[last]
            correction[here] = correction[last] + moved / kept
            diagonals[here] = diagonal[..., t - 1, None, :] * diagonals[last]
            running[..., 1 : reach + 1, :, :] = J[..., t - 1, None, :, :] @ running[..., :reach, :, :]
            products[here] = np.diagonal(running[..., 1 : reach + 1, :, :], axis1=-2, axis2=-1)
        first_order = zeroth + change
        sizes = np.abs(first_order).sum(axis=-1).reshape(-1, trajectory.steps + 1, lags + 1)
        envelope = np.array([sizes[:, lag:, lag].sum() / sizes[:, lag:, lag].size for lag in range(lags + 1)])
    return EffectiveRates(leak, zeroth, correction, first_order, diagonals, products, envelope)


def _table(leak: Array, lags: int, start: float) -> Array:
    """An array over t, l, unit: ``start`` at lag 0, NaN elsewhere."""
    *batch, steps, n = leak.shape
    table = np.full((*batch, steps + 1, lags + 1, n), np.nan, dtype=leak.dtype)
    table[..., 0, :] = start
    return table
