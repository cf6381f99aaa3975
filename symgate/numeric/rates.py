"""Effective learning rates of the retention split: what the gates make of one global step size.

Tables are indexed [..., t, l, unit] with the later step t = 0..T and the lag l = 0..L: they speak of M_{t,t-l}.  Lag 0
is the empty product, 1; entries with l > t do not exist and are NaN.  Units of several states stand side by side, to be
cut by ``trajectory.slices``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from symgate.derive import effective_learning_rate, jacobian
from symgate.errors import DefinitionError, unknown
from symgate.numeric.arrays import Array, whole_number
from symgate.numeric.diagonal import diagonal_words
from symgate.numeric.pieces import finite_steps, of_vectors
from symgate.numeric.scaled import NOTHING, scale_out, shift
from symgate.numeric.stacks import jacobian_terms, jacobians
from symgate.numeric.trajectories import Trajectory
from symgate.records import Cell

#: Where in a table.
Place = tuple[Any, ...]

#: After how many lags products are brought back into range, and below what size they need it.
STRIDE, SMALL = 16, 1e-60


@dataclass(frozen=True)
class EffectiveRates:
    """Effective learning rates per unit, for eta = 1; multiply by the step size of the optimiser.

    The envelope costs T L n operations and no table.  A table is made when it is asked for: T L n numbers each, and
    ``diagonal_of_product`` T L products of matrices.

    Attributes:
        trajectory: where they were taken.
        leak: the diagonal of the retention term, leak_t such as 1 - g_t, (..., T, n); step t at index t - 1.
        rest: r_t = (J_t)_qq - leak_t, what the other terms have on the diagonal, (..., T, n).
        max_lag: the longest lag L.
        usable: how many steps stay finite, (...,); leak and rest are NaN after them, and the envelope counts the steps
            before.
    """

    trajectory: Trajectory = field(repr=False, compare=False)
    leak: Array
    rest: Array
    max_lag: int
    usable: Array

    @property
    def diverged(self) -> Array:
        """The batch elements that left the floating point range, (...,)."""
        return self.usable < self.leak.shape[-2]

    @cached_property
    def zeroth(self) -> Array:
        """mu0_{t,l} = prod_{j=t-l+1..t} leak_j, (..., T + 1, L + 1, n).

        The zeroth order of the retention split, exact as the diagonal of that order.
        """
        return self._products(self.leak)

    @cached_property
    def correction(self) -> Array:
        """1 + sum_j r_j / leak_j: the first-order factor.

        Not finite where a leak is exactly 0 (a gate of 1); ``first_order`` is right there too.
        """
        table = self._table(1)
        with np.errstate(all="ignore"):
            ratios = self.rest / self.leak
            for here, last, steps in self._lags():
                table[here] = table[last] + ratios[steps]
        return table

    @cached_property
    def first_order(self) -> Array:
        """mu0 (1 + sum_j r_j / leak_j), computed without the division."""
        change = self._table(0)
        with np.errstate(all="ignore"):
            for here, last, steps in self._lags():
                change[here] = self.leak[steps] * change[last] + self.rest[steps] * self.zeroth[last]
            return self.zeroth + change

    @cached_property
    def product_of_diagonals(self) -> Array:
        """prod_j (J_j)_qq, what the first order approximates."""
        return self._products(self.leak + self.rest)

    @cached_property
    def diagonal_of_product(self) -> Array:
        """(M_{t,t-l})_qq, which is something else: paths that leave a unit and come back are in it.

        At long lags the two can differ by orders of magnitude.
        """
        J, table = jacobians(self.trajectory), self._table(1)
        running = np.broadcast_to(np.eye(J.shape[-1], dtype=J.dtype), (*J.shape[:-3], self.max_lag + 1, *J.shape[-2:]))
        running = running.copy()
        with np.errstate(all="ignore"):
            for t in range(1, self.trajectory.steps + 1):
                reach = min(t, self.max_lag)
                running[..., 1 : reach + 1, :, :] = J[..., t - 1, None, :, :] @ running[..., :reach, :, :]
                found = np.diagonal(running[..., 1 : reach + 1, :, :], axis1=-2, axis2=-1)
                table[..., t, 1 : reach + 1, :] = found
        return table

    @cached_property
    def log_envelope(self) -> Array:
        """log f(l) (natural), (L + 1,), right however small f is; -inf where it is 0.

        f(l) = mean over t and data of |mu_{t,l}|_1 with the first-order mu; NaN where no sequence has a finite step t.
        """
        counted = np.arange(self.leak.shape[-2] + 1) <= self.usable[..., None]
        leak, rest = (np.where(counted[..., 1:, None], value, 0) for value in (self.leak, self.rest))
        with np.errstate(all="ignore"):
            pairs = enumerate(_by_lag(leak, rest, self.max_lag))
            return np.array([_log_mean(*pair, counted[..., lag:]) for lag, pair in pairs])

    @property
    def envelope(self) -> Array:
        """f(l) = mean over t and data of |mu_{t,l}|_1 with the first-order mu, (L + 1,)."""
        with np.errstate(under="ignore"):
            return np.exp(self.log_envelope)

    def _products(self, factors: Array) -> Array:
        """The running products of factors by lag; they underflow to 0 where they leave the floating point range."""
        table = self._table(1)
        with np.errstate(all="ignore"):
            for here, last, steps in self._lags():
                table[here] = factors[steps] * table[last]
        return table

    def _lags(self) -> Iterator[tuple[Place, Place, Place]]:
        """For each lag: its entries of a table, those of the lag before, and the steps t - l + 1 that come in."""
        steps = self.leak.shape[-2]
        for lag in range(1, self.max_lag + 1):
            rows = slice(lag, steps + 1)
            yield (
                (..., rows, lag, slice(None)),
                (..., rows, lag - 1, slice(None)),
                (..., slice(steps - lag + 1), slice(None)),
            )

    def _table(self, start: float) -> Array:
        """An array over t, l, unit: ``start`` at lag 0, NaN elsewhere."""
        *batch, steps, n = self.leak.shape
        table = np.full((*batch, steps + 1, self.max_lag + 1, n), np.nan, dtype=self.leak.dtype)
        table[..., 0, :] = start
        return table


def effective_learning_rates(trajectory: Trajectory, max_lag: int | None = None) -> EffectiveRates:
    """The effective learning rates of a trajectory in the retention split, by lag.

    Args:
        trajectory: a trajectory of T steps of a cell that has a retention term.
        max_lag: the longest lag L, 0 .. T; default T.

    Returns:
        The record: mu_{t,l} = prod_j leak_j (1 + sum_j r_j / leak_j), j = t-l+1 .. t, per unit, (..., T + 1, L + 1, n),
        and its envelope over lags; factors of the step size, without a unit.  Which of the two diagonals is exact, and
        for what, stands at its attributes.

    Raises:
        UnknownNameError: the Jacobian of the cell has no retention term, so nothing is kept directly.
        DefinitionError: retention couples several states, as in an oscillator.
        ShapeError: ``max_lag`` is out of 0 .. T, or a parameter is not finite.

    Source: arXiv:2512.05790.  Law: ``tests/numeric/test_rates.py``.
    """
    of_vectors(trajectory, "The effective learning rate along a trajectory", matrix=True)
    check_retention(trajectory.cell)
    if trajectory.cell.matrix_states:
        effective_learning_rate(trajectory.cell)  # refuses dense retention, such as that of DeltaNet
    usable = finite_steps(trajectory)
    lags = whole_number(trajectory.steps if max_lag is None else max_lag, "max_lag", 0, trajectory.steps)
    with np.errstate(all="ignore"):
        leak, rest = _diagonals(trajectory)
    if (usable < trajectory.steps).any():
        counted = (np.arange(1, trajectory.steps + 1) <= usable[..., None])[..., None]
        leak, rest = np.where(counted, leak, np.nan), np.where(counted, rest, np.nan)
    return EffectiveRates(trajectory, leak, rest, lags, usable)


def check_retention(cell: Cell) -> None:
    """Refuse a cell without a rate per unit, which needs a retention term that acts unit by unit within each state.

    Raises:
        UnknownNameError: the Jacobian of the cell has no retention term.
        DefinitionError: retention couples several states.
    """
    coupled = [
        (of.name, by.name)
        for of in cell.states
        for by in cell.states
        if of != by and "retention" in jacobian(cell, by.name, of.name).terms
    ]
    own = {name for state in cell.states for name in jacobian(cell, state.name, state.name).terms}
    if not coupled and "retention" not in own:
        raise unknown(f"term of the Jacobian of cell {cell.name!r}", "retention", sorted(own))
    for of, by in coupled:
        raise DefinitionError(
            f"The retention of cell {cell.name!r} couples its states ({by} feeds {of}), so it gives no rate per unit."
        )


def _diagonals(trajectory: Trajectory) -> tuple[Array, Array]:
    """leak_t and r_t, (..., T, n) each; from the words of the Jacobian where it has them, without a dense matrix."""
    found = diagonal_words(trajectory, "retention") if trajectory.steps and not trajectory.cell.matrix_states else None
    if found is not None:
        leak = found[0]
        rest = np.zeros(np.broadcast_shapes(leak.shape, *(c.shape for c, _ in found[1])), leak.dtype)
        for c, W in found[1]:
            rest = rest + (c if W is None else c * _own(W, leak.shape[-1]))
        return np.broadcast_to(leak, rest.shape), rest
    terms = jacobian_terms(trajectory)
    parts = {name: np.diagonal(value, axis1=-2, axis2=-1) for name, value in terms.items()}
    leak = parts.pop("retention").copy()
    return leak, sum(parts.values(), np.zeros_like(leak))


def _own(W: Array, n: int) -> Array:
    """The diagonal of a letter, a matrix or a row that all units share, with an axis for the steps."""
    row = W[..., 0, :] if W.shape[-2] == 1 != n else np.diagonal(W, axis1=-2, axis2=-1)
    return row[..., None, :]


def _by_lag(leak: Array, rest: Array, lags: int) -> Iterator[tuple[Array, Array | int]]:
    """First-order rates mu_{t,l} for all t >= l as mantissas and exponents of two, lag by lag."""
    steps, n = leak.shape[-2:]
    zeroth = np.ones((*leak.shape[:-2], steps + 1, n), leak.dtype)
    change = np.zeros_like(zeroth)
    exponents: Array | int = 0
    yield zeroth, exponents
    for lag in range(1, lags + 1):
        own = (..., slice(steps - lag + 1), slice(None))
        change = leak[own] * change[..., 1:, :] + rest[own] * zeroth[..., 1:, :]
        zeroth = leak[own] * zeroth[..., 1:, :]
        if not isinstance(exponents, int):
            exponents = exponents[..., 1:, :]
        if lag % STRIDE == 0 and (np.abs(zeroth) + np.abs(change)).min(initial=1) < SMALL:
            both, gained = scale_out(np.stack([zeroth, change]), 0)
            zeroth, change = both
            exponents = np.maximum(exponents + gained[0], NOTHING)
        yield zeroth + change, exponents


def _log_mean(mantissas: Array, exponents: Array | int, counted: Array) -> float:
    """log of the mean over the t and data that count of the sums over units of |mantissa| 2^exponent."""
    count = counted.sum()
    if not count:
        return float("nan")
    mantissas = np.where(counted[..., None], mantissas, 0)
    if isinstance(exponents, int):
        return float(np.log(np.abs(mantissas).sum() / count))
    top = exponents.max()
    return float(np.log(np.abs(shift(mantissas, exponents - top)).sum() / count) + top * np.log(2.0))
