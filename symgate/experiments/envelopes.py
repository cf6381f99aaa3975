"""The envelopes of the effective learning rates by lag, four of them side by side, streaming over batches.

f(l) = mean over t and data of |mu_{t,l}|_1 with mu one of: the zeroth order prod leak; the first order mu0 (1 + sum
r/leak); the product of the diagonals of J; the diagonal of the product.  The first three come from prefix sums in
logarithms, with signs, and need no product of matrices; the last is taken in a few windows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from symgate.errors import DefinitionError, UnknownNameError
from symgate.numeric.arrays import Array
from symgate.numeric.rates import check_retention, effective_learning_rates
from symgate.numeric.shapes import core_rank
from symgate.numeric.stacks import jacobians
from symgate.numeric.trajectories import Trajectory
from symgate.records import Cell

#: The envelopes, in the order of the rows of an array of them.
ENVELOPES = ("zeroth", "first", "product_of_diagonals", "diagonal_of_product")


#: How many numbers the matrices of a few steps may hold at a time (32 MiB).
ROOM = 1 << 22

#: Where one state enters another: the slices of both, and the diagonal of that block of J_t, (..., T, n).
Entry = tuple[slice, slice, Array]


class Rates:
    """mu_{t,l} per unit at any lag, from prefix sums over the steps of a trajectory.

    Attributes:
        known: whether the cell has rates; one that keeps nothing, or whose retention couples its states, has the
            product of the diagonals of J alone, and NaN for the others.
        leak, rest: the diagonal of the retention, and what the other terms have there, (..., T, N).
        entries: of several states, the diagonals of the blocks between them: how the loss at h reaches c in an LSTM.
    """

    def __init__(self, trajectory: Trajectory) -> None:
        self.known = has_rates(trajectory.cell)
        self.leak, self.rest, self.entries = _diagonals(trajectory) if self.known else _without_retention(trajectory)
        self._none = self.leak == 0
        with np.errstate(divide="ignore"):
            self._zeroth = _sums(np.log(np.where(self._none, 1.0, np.abs(self.leak))))
            whole = self.leak + self.rest
            self._own = _sums(np.log(np.maximum(np.abs(whole), 1e-300)))
        self._flips = _sums((whole < 0).astype(float))
        self._gone = _sums(self._none.astype(float))
        self._ratio = _sums(np.where(self._none, 0.0, self.rest / np.where(self._none, 1.0, self.leak)))

    def at(self, lag: int) -> dict[str, Array]:
        """The three rates for t = l .. T, (..., T + 1 - l, N) each; with a leak of 0, each one exactly as it is."""
        size, gone = np.exp(_between(self._zeroth, lag)), _between(self._gone, lag)
        zeroth = np.where(gone > 0, 0.0, size)
        first = zeroth * (1 + _between(self._ratio, lag))
        if (gone > 0).any():  # one leak of 0: only the order that passes it by its rest is left
            passed = _sums(np.where(self._none, np.log(np.maximum(np.abs(self.rest), 1e-300)), 0.0))
            sign = _sums(np.where(self._none & (self.rest < 0), 1.0, 0.0))
            once = np.exp(np.minimum(_between(self._zeroth, lag) + _between(passed, lag), 700))
            first = np.where(gone == 1, once * np.where(_between(sign, lag) % 2 == 1, -1.0, 1.0), first)
            first = np.where(gone > 1, 0.0, first)
        own = np.exp(_between(self._own, lag)) * np.where(_between(self._flips, lag) % 2 == 1, -1.0, 1.0)
        if not self.known:
            zeroth, first = np.full_like(own, np.nan), np.full_like(own, np.nan)
        return {"zeroth": zeroth, "first": first, "product_of_diagonals": own}


def has_rates(cell: Cell) -> bool:
    """Whether a cell has effective learning rates: a retention that acts unit by unit."""
    try:
        check_retention(cell)
    except (UnknownNameError, DefinitionError):
        return False
    return True


def _without_retention(trajectory: Trajectory) -> tuple[Array, Array, list[Entry]]:
    """Leaks of 0, and the whole diagonal of J as the rest."""
    rest = np.concatenate([_own(jacobians(part)).copy() for part in _chunks(trajectory)], axis=-2)
    return np.zeros_like(rest), rest, []


def _own(matrices: Array) -> Array:
    return np.diagonal(matrices, axis1=-2, axis2=-1)


def _chunks(trajectory: Trajectory) -> Iterator[Trajectory]:
    """A few steps at a time, so that their matrices fit into ``ROOM``."""
    size = trajectory.x.shape[-1]
    chunk = max(1, ROOM // (int(np.prod(trajectory.x.shape[:-2])) * size * size))
    for first in range(0, trajectory.steps, chunk):
        yield _steps(trajectory, first, min(first + chunk, trajectory.steps))


def _diagonals(trajectory: Trajectory) -> tuple[Array, Array, list[Entry]]:
    """Leaks, rests and entries; of several states a few steps at a time, since their matrices are formed."""
    if len(trajectory.slices) == 1:
        found = effective_learning_rates(trajectory, 0)
        return found.leak, found.rest, []
    leaks, rests, blocks = [], [], dict[tuple[str, str], list[Array]]()
    pairs = [
        (of, by) for of in trajectory.slices for by in trajectory.slices if of != by and _alike(trajectory, of, by)
    ]
    for part in _chunks(trajectory):
        found = effective_learning_rates(part, 0)
        leaks.append(found.leak)
        rests.append(found.rest)
        J = jacobians(part)
        for of, by in pairs:
            blocks.setdefault((of, by), []).append(_own(part.block(J, of, by)).copy())
    entries = []
    for (of, by), parts in blocks.items():
        whole = np.concatenate(parts, axis=-2)
        if whole.any():
            entries.append((trajectory.slices[of], trajectory.slices[by], whole))
    return np.concatenate(leaks, axis=-2), np.concatenate(rests, axis=-2), entries


def _alike(trajectory: Trajectory, of: str, by: str) -> bool:
    rows, cols = trajectory.slices[of], trajectory.slices[by]
    return rows.stop - rows.start == cols.stop - cols.start


def _steps(trajectory: Trajectory, first: int, last: int) -> Trajectory:
    """The steps first + 1 .. last of a trajectory."""
    inputs = {
        name: value[..., first:last, :] if core_rank(trajectory.cell.symbols[name]) else value[..., first:last]
        for name, value in trajectory.inputs.items()
    }
    return replace(trajectory, inputs=inputs, x=trajectory.x[..., first : last + 1, :], kept=None)


def _sums(values: Array) -> Array:
    """Prefix sums over time, 0 in front."""
    return np.concatenate([np.zeros_like(values[..., :1, :]), values.cumsum(axis=-2)], axis=-2)


def _between(sums: Array, lag: int) -> Array:
    """The sums over the last l steps, for t = l .. T."""
    return np.asarray(sums[..., lag:, :] - sums[..., : sums.shape[-2] - lag, :])


def envelope_sums(rates: Rates, lags: Sequence[int]) -> Array:
    """Means over t and data of |mu_{t,l}|_1 of the first three envelopes, (3, L)."""
    found = np.empty((3, len(lags)))
    for place, lag in enumerate(lags):
        for row, value in enumerate(rates.at(lag).values()):
            found[row, place] = np.abs(value).sum(axis=-1).mean()
    return found


def diagonal_of_product(trajectory: Trajectory, lags: Sequence[int], ends: Array) -> Array:
    """The mean of |diag M_{t,t-l}|_1 over the steps t in ``ends`` of the first sequence, (L,); t >= l alone counts."""
    found: list[list[float]] = [[] for _ in lags]
    longest = max(lags)
    for t in ends:
        reach = min(longest, int(t))
        J = jacobians(_steps(trajectory, int(t) - reach, int(t)))[0]
        M = np.eye(J.shape[-1])
        for lag in range(1, reach + 1):
            M = M @ J[reach - lag]
            if lag in lags:
                found[list(lags).index(lag)].append(np.abs(_own(M)).sum())
    return np.array([np.mean(values) if values else np.nan for values in found])
