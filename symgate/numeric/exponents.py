"""Lyapunov exponents of a trajectory: how fast small differences of the state grow, direction by direction.

lambda_i = lim 1/t log s_i(M_{t,0}).  The products are never formed: J_t Q_{t-1} = Q_t R_t (Benettin et al. 1980; Dieci
& Van Vleck 2002), and lambda_i is the mean of log |R_ii|.  Several states count together, as the one system that they
are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
from sympy import Expr
from sympy.matrices.expressions import DiagMatrix, Identity, KroneckerProduct, ZeroMatrix

from symgate.codegen.writer.words import split
from symgate.derive import jacobian, kronecker
from symgate.errors import ShapeError
from symgate.numeric.arrays import Array, whole_number
from symgate.numeric.load import words
from symgate.numeric.pieces import Told, finite_steps, of_vectors, pieces
from symgate.numeric.shapes import vanishes
from symgate.numeric.stacks import jacobians
from symgate.numeric.trajectories import Trajectory
from symgate.records import Cell, Derivation

#: Between two factorisations the directions may spread by this factor: what is left of float64 is 11 digits.
SPREAD = 1e4
#: The longest stretch between two factorisations, and the steps from which the stretch is chosen.
LONGEST, PILOT = 32, 8
#: How many points the record of convergence has at most, and from how many blocks an error is told.
RECORDS, BLOCKS = 256, 16


@dataclass(frozen=True)
class Lyapunov:
    """Lyapunov exponents, in natural logarithms per step.

    Attributes:
        exponents: lambda_1 >= lambda_2 >= ..., (..., k); -inf for a direction that is lost in one step.
        errors: the standard error of each, from the means of ``BLOCKS`` blocks of steps, (..., k); NaN where there are
            fewer.  A statement about this trajectory: it knows nothing of other initial states.
        steps: how many steps were counted, (...,); fewer than asked for where the trajectory leaves the floats.
        history_steps: after how many counted steps each point of the record was taken, (H,).
        history: the exponents up to there, (..., H, k), in the order of the directions.
        log_determinant: mean log |det J_t| over the same steps by LU decomposition, (...,): the sum of all exponents.
            None where fewer than all were asked for.
        interval: steps between two factorisations at the end; 0 where the Jacobian is diagonal or triangular and the
            exponents are the means of the logarithms of its diagonal.
        diverged: the batch elements that did not stay finite, (...,); their exponents cover the steps before.
    """

    exponents: Array
    errors: Array
    steps: Array
    history_steps: Array
    history: Array
    log_determinant: Array | None
    interval: int
    diverged: Array

    @property
    def dimension(self) -> Array:
        """The Kaplan-Yorke dimension j + (lambda_1 + .. + lambda_j)/|lambda_{j+1}|, (...,).

        j is the largest number of exponents whose sum is not negative.  0 where lambda_1 < 0; NaN where the sum of the
        exponents known never becomes negative, so that more of them are needed (or the dimension is that of the space).
        """
        sums = np.cumsum(self.exponents, axis=-1)
        negative = sums < 0
        j = np.where(negative.any(axis=-1), np.argmax(negative, axis=-1), -1)
        padded = np.concatenate([np.zeros_like(sums[..., :1]), sums], axis=-1)
        before = np.take_along_axis(padded, np.maximum(j, 0)[..., None], axis=-1)[..., 0]
        following = np.take_along_axis(self.exponents, np.maximum(j, 0)[..., None], axis=-1)[..., 0]
        with np.errstate(all="ignore"):
            return np.where(j < 0, np.nan, j + np.where(np.isinf(following), 0, before / np.abs(following)))


def lyapunov(
    trajectory: Trajectory,
    k: int | None = None,
    transient: int = 0,
    interval: int | None = None,
    told: Told | None = None,
) -> Lyapunov:
    """The k largest Lyapunov exponents of a trajectory, lambda_i = lim 1/t log s_i(M_{t,0}).

    Args:
        trajectory: a trajectory of T steps, of one state or several, batched or not.
        k: how many exponents; default: all N, where N counts every entry of every state (2 n for an LSTM, n d for a
            matrix).
        transient: steps to leave out at the beginning: the state reaches its attractor and the directions turn to
            theirs.
        interval: steps between two factorisations; default: chosen from how fast the directions spread.
        told: called with how many steps are done, and how many there are.

    Returns:
        The record, exponents (..., k) in natural logarithms per step; divide by the duration of a step for a rate per
        unit of time.  Of a sequence that leaves the floating point range the steps before count; ``diverged`` says so.

    Raises:
        ShapeError: k exceeds N, T is not longer than the transient, or a weight is not finite.

    Source: Benettin, Galgani, Giorgilli & Strelcyn 1980; for recurrent networks Engelken, Wolf & Abbott 2023.
    Law: ``tests/numeric/test_exponents.py`` (the sum is mean log |det J|; diagonal cells; jax; singular values).
    """
    of_vectors(trajectory, "The Lyapunov spectrum", matrix=True)
    size = trajectory.x.shape[-1]
    count = whole_number(size if k is None else k, "k", 1)
    if count > size:
        raise ShapeError(f"A state of {size} entries has {size} exponents; asked for k = {count}.")
    skipped = whole_number(transient, "transient", 0)
    if skipped >= trajectory.steps:
        raise ShapeError(f"The trajectory has T = {trajectory.steps} steps; a transient of {skipped} leaves no steps.")
    if interval is not None:
        whole_number(interval, "interval", 1)
    usable = finite_steps(trajectory)
    run = _Run(trajectory, count, skipped, usable, interval)
    with np.errstate(all="ignore"):
        for start, piece in pieces(trajectory):
            run.take(start, jacobians(piece))
            if told:
                told(start + piece.steps, trajectory.steps)
        return run.record()


class _Run:
    """The state of the computation while pieces come in; batch axes are one axis."""

    def __init__(self, trajectory: Trajectory, count: int, skipped: int, usable: Array, interval: int | None) -> None:
        self.batch = trajectory.x.shape[:-2]
        self.size, self.count, self.skipped = trajectory.x.shape[-1], count, skipped
        self.usable, self.last = usable.reshape(-1), trajectory.steps
        self.ends = {skipped, *self.usable.tolist()}  # of the transient and of each element
        self.fixed, self.interval = interval is not None, interval or 1
        self.diagonal = is_triangular(trajectory.cell)
        elements, kept = len(self.usable), self.size if self.diagonal else count
        self.Q = np.broadcast_to(_first_directions(self.size, kept), (elements, self.size, kept)).copy()
        self.sums, self.determinants = np.zeros((elements, kept)), np.zeros(elements)
        self.every = max(1, (trajectory.steps - skipped) // RECORDS)
        self.waiting, self.spreads = 0, list[float]()
        self.points, self.records = list[int](), list[Array]()

    def take(self, start: int, J: Array) -> None:
        """Go through the Jacobians of the steps start + 1, start + 2, ..."""
        stack = J.reshape(len(self.usable), -1, self.size, self.size).astype(np.float64, copy=False)
        if self.count == self.size:
            logs = np.linalg.slogdet(np.where(np.isfinite(stack), stack, 0))[1]
            counted = self._counted(start + 1 + np.arange(stack.shape[1]))
            self.determinants += np.where(counted, logs, 0).sum(axis=-1)
        for place in range(stack.shape[1]):
            step = start + place + 1
            alive = step <= self.usable
            matrix = (
                stack[:, place] if alive.all() else np.where(alive[:, None, None], stack[:, place], np.eye(self.size))
            )
            if self.diagonal:
                self._add(np.log(np.abs(np.diagonal(matrix, axis1=-2, axis2=-1))), step)
                continue
            self.Q = matrix @ self.Q
            self.waiting += 1
            if self.waiting >= self.interval or step in self.ends or (step - self.skipped) % self.every == 0:
                self._factor(step)

    def record(self) -> Lyapunov:
        """What was found."""
        steps = np.maximum(self.usable - self.skipped, 0)
        if self.count == self.size and not self.diagonal:  # what LU finds singular has lost a direction, not noise
            lost = np.flatnonzero(np.isneginf(self.determinants))
            self.sums[lost, np.argmin(self.sums[lost], axis=-1)] = -np.inf
        order = np.argsort(-self.sums, axis=-1, kind="stable")[:, : self.count]
        history = np.stack(self.records, axis=1)
        points = np.array(self.points)
        shares = np.minimum(points, np.maximum(steps, 1)[:, None])[..., None]
        history = np.take_along_axis(history, order[:, None, :], axis=-1)
        errors = _errors(points, history, steps)
        exponents = np.take_along_axis(self.sums, order, axis=-1) / steps[:, None]
        mean = self.determinants / steps if self.count == self.size else None
        return Lyapunov(
            exponents=exponents.reshape(*self.batch, self.count),
            errors=errors.reshape(*self.batch, self.count),
            steps=steps.reshape(self.batch),
            history_steps=points,
            history=(history / shares).reshape(*self.batch, len(points), self.count),
            log_determinant=None if mean is None else mean.reshape(self.batch),
            interval=0 if self.diagonal else self.interval,
            diverged=(self.usable < self.last).reshape(self.batch),
        )

    def _factor(self, step: int) -> None:
        """J_t Q_{t-1} = Q_t R_t."""
        order = np.argsort(-np.abs(self.Q).max(axis=-1), axis=-1, kind="stable")[..., None]
        turned, R = np.linalg.qr(np.take_along_axis(self.Q, order, axis=-2))  # large rows first: small ones keep digits
        np.put_along_axis(self.Q, np.broadcast_to(order, turned.shape), turned, axis=-2)
        logs = np.log(np.abs(np.diagonal(R, axis1=-2, axis2=-1)))
        finite = np.where(np.isfinite(logs), logs, 0)
        spread = float(np.max(finite.max(axis=-1) - finite.min(axis=-1), initial=0))
        if not self.fixed:
            self._choose(spread / self.waiting)
        self.waiting = 0
        self._add(logs, step)

    def _choose(self, rate: float) -> None:
        """The interval from the fastest spread per step, once some steps are seen; shorter whenever it has to be."""
        self.spreads.append(rate)
        if len(self.spreads) >= PILOT:
            allowed = np.log(SPREAD) / max(1e-3, *self.spreads[-4 * PILOT :])
            self.interval = int(np.clip(allowed, 1, LONGEST))

    def _add(self, logs: Array, step: int) -> None:
        """Count the growth up to a step."""
        if step > self.skipped:
            self.sums += np.where(self._counted(np.array([step])), logs, 0)
            if step == self.last or (step - self.skipped) % self.every == 0:
                self.points.append(step - self.skipped)
                self.records.append(self.sums.copy())

    def _counted(self, steps: Array) -> Array:
        """Which of the steps count, for every element."""
        return (steps > self.skipped) & (steps <= self.usable[:, None])


def _first_directions(size: int, count: int) -> Array:
    """Orthonormal columns in general position, the same every time."""
    return np.linalg.qr(np.random.default_rng(0).normal(size=(size, count)))[0]


def _errors(points: Array, sums: Array, steps: Array) -> Array:
    """Standard errors from the means of blocks; NaN where the steps are too few, or an element diverged."""
    places = np.searchsorted(points, np.linspace(0, points[-1], BLOCKS + 1)[1:])
    nothing = np.full((len(sums), sums.shape[-1]), np.nan)
    if len(set(places.tolist())) < BLOCKS:
        return nothing
    ends = sums[:, places]
    lengths = np.diff(points[places], prepend=0)
    means = np.diff(ends, axis=1, prepend=0) / lengths[None, :, None]
    return np.where((steps == points[-1])[:, None], means.std(axis=1, ddof=1) / np.sqrt(BLOCKS), np.nan)


def is_triangular(cell: Cell) -> bool:
    """Whether the state Jacobian is diagonal, or triangular in diagonal blocks of states, by its normal form."""
    names = [state.name for state in cell.states]
    if any(not _is_diagonal(_matrix(cell, name, name).terms.values()) for name in names):
        return False
    places = [(i, j) for i, of in enumerate(names) for j, by in enumerate(names) if i != j and not _none(cell, of, by)]
    return all(i > j for i, j in places) or all(i < j for i, j in places)


def diagonal_terms(cell: Cell, names: Collection[str]) -> bool:
    """Whether these terms of the state Jacobian are diagonal in every block, by its normal form."""
    pairs = [(of.name, by.name) for of in cell.states for by in cell.states]
    terms = [jacobian(cell, by, of).terms for of, by in pairs]
    return _is_diagonal(expr for found in terms for name, expr in found.items() if name in names)


def _is_diagonal(terms: Iterable[Expr]) -> bool:
    """Whether every summand of every term is diag(v), a multiple of the identity, or a product of such."""
    parts = [factor for expr in terms for word in words(expr) for factor in split(word)[1]]
    flat = [own for part in parts for own in (part.args if isinstance(part, KroneckerProduct) else (part,))]
    return all(isinstance(factor, (DiagMatrix, Identity, ZeroMatrix)) for factor in flat)


def _none(cell: Cell, of: str, by: str) -> bool:
    return vanishes(_matrix(cell, by, of))


def _matrix(cell: Cell, by: str, of: str) -> Derivation:
    """The Jacobian as a matrix, of a matrix state on its stacked columns."""
    return kronecker(cell, by, of) if cell.matrix_states else jacobian(cell, by, of)
