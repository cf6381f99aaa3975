"""Gradients carried forward: the influence P_t = dx_t/dtheta, exact or truncated, step by step.

    P_t = J_t P_{t-1} + d+x_t/dtheta,      dL/dtheta = sum_t P_t' delta_t

is real-time recurrent learning (Williams & Zipser 1989): no way backward, but n times the number of parameters to hold,
and n^2 times to compute: n^3 numbers and n^4 operations a step for an (n, n) matrix.  A split J = A + B makes a family
of approximations of it.  Order 0 keeps A only,

    P^(0)_t = A_t P^(0)_{t-1} + d+x_t/dtheta,      P^(m)_t = A_t P^(m)_{t-1} + B_t P^(m-1)_{t-1}.

Where A is diagonal and row i of the parameter acts on unit i alone, order 0 holds one number per parameter: the
eligibility trace of e-prop and RFLO (retention split), or SnAp-1 (the diagonal of J).  What is dropped obeys the same
recursion, driven by B P.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from symgate.catalogue import DIAGONAL
from symgate.numeric import matrix_states
from symgate.numeric.arrays import Array, whole_number
from symgate.numeric.exponents import diagonal_terms
from symgate.numeric.gradients import Pushes, cotangents
from symgate.numeric.lags import parameter_names
from symgate.numeric.local import LocalWord, core_shape, evaluated, reaches_one_unit
from symgate.numeric.pieces import Told, finite_part, of_vectors, pieces
from symgate.numeric.stacks import chosen, jacobian_terms, jacobians, on_diagonals
from symgate.numeric.trajectories import Trajectory

#: What ``keep`` may say besides a split: all of J.
ALL = "all"
#: How many numbers of P are multiplied at a time: what the update in place needs beside P (2 MiB of float64).
ROOM = 1 << 18


@dataclass(frozen=True)
class InfluenceRun:
    """A gradient carried forward.

    Attributes:
        gradients: sum_t P_t' delta_t by parameter, summed over the batch; in the shape of the parameter.
        influence: P_T by parameter, the orders summed: ``(..., N, *shape)``, or ``(..., S, *shape)`` by state where
            row i acts on unit i alone and only that unit's entries are held (S states, ``units`` says for which).
        units: the parameters whose influence is held unit by unit.
        several: the parameters that act on several units directly, such as the reset weights of the original GRU: for
            them "diagonal" is not SnAp-1, whose pattern is then full.
        numbers: how many numbers the influence holds, over all parameters and orders.
        diverged: the batch elements that left the floating point range, (...,); their losses before that count.
    """

    gradients: Mapping[str, Array]
    influence: Mapping[str, Array]
    units: tuple[str, ...]
    several: tuple[str, ...]
    numbers: int
    diverged: Array


def influence(
    trajectory: Trajectory,
    delta: Pushes,
    wrt: Iterable[str] | None = None,
    *,
    keep: str | Iterable[str] = ALL,
    order: int = 0,
    told: Told | None = None,
) -> InfluenceRun:
    """The gradient of a loss L = sum_t l_t(x_t), carried forward: P_t = J_t P_{t-1} + d+x_t/dtheta, sum_t P_t' delta_t.

    Args:
        trajectory: a trajectory of T steps; its parameters are shared by the batch.
        delta: dl_t/dx_t for t = 1..T, (..., T, n); of several states as for ``adjoint``.
        wrt: names of parameters; default: every one.
        keep: what A is.  "all": exact, real-time recurrent learning.  A split as for ``split``, such as "retention":
            eligibility traces.  "diagonal": the diagonal of every block of J, which is SnAp-1.
        order: how many orders in B = J - A to carry along, from 0 on.  Order 0 with a diagonal A needs O(n^2)
            operations and numbers for an (n, n) matrix; every higher order n times as many.
        told: called with how many steps are done, and how many there are.

    Returns:
        The record: gradients in the shapes of the parameters, in units of the loss per parameter.  With keep "all", or
        from the order on at which the expansion ends, the gradient is that of ``loss_gradient`` up to rounding.

    Raises:
        UnknownNameError: ``wrt`` names no parameter, ``keep`` no term, ``delta`` no state.
        ShapeError: ``delta`` does not fit, the order is no whole number, or a parameter has batch axes of its own
            or is not finite.

    Source: Williams & Zipser 1989; Bellec et al. 2020 (e-prop); Murray 2019 (RFLO, whose feedback weights are random,
    which these traces leave to you); Menick et al. 2021 (SnAp).  Law: ``tests/numeric/test_influences.py``.
    """
    of_vectors(trajectory, "The influence", matrix=True)
    names = parameter_names(trajectory, wrt)
    highest = whole_number(order, "order", 0)
    rule = _Rule(trajectory, keep, highest)
    trajectory, pushes, diverged = finite_part(trajectory, cotangents(trajectory, delta))
    traces = {name: _Trace(trajectory, name, rule) for name in names}
    with np.errstate(all="ignore"):
        for start, piece in pieces(trajectory):
            A, B = rule.parts(piece)
            for trace in traces.values():
                trace.run(piece, A, B, pushes[..., start : start + piece.steps, :])
            if told:
                told(start + piece.steps, trajectory.steps)
    return InfluenceRun(
        gradients={name: trace.gradient.reshape(trajectory.params[name].shape) for name, trace in traces.items()},
        influence={name: trace.total() for name, trace in traces.items()},
        units=tuple(name for name, trace in traces.items() if trace.by_unit and highest == 0),
        several=tuple(name for name in names if not rule.matrix and not reaches_one_unit(trajectory.cell, name)),
        numbers=sum(part.size for trace in traces.values() for part in trace.orders),
        diverged=diverged,
    )


class _Rule:
    """Which part of J is kept."""

    def __init__(self, trajectory: Trajectory, keep: str | Iterable[str], order: int) -> None:
        self.order, self.everything, self.matrix = order, keep == ALL, bool(trajectory.cell.matrix_states)
        self.slices = trajectory.slices
        widths = {own.stop - own.start for own in self.slices.values()}
        self.kept = set[str]() if keep in (ALL, DIAGONAL) else chosen(trajectory.cell, keep)
        self.diagonal = keep == DIAGONAL
        self.by_unit = (
            len(widths) == 1
            and not self.matrix
            and (self.diagonal or (not self.everything and diagonal_terms(trajectory.cell, self.kept)))
        )

    def parts(self, piece: Trajectory) -> tuple[Array, Array | None]:
        """A and B at every step, (..., T, N, N) each; B is None where it is not needed."""
        if self.everything:
            return jacobians(piece), None
        if self.diagonal:
            J = jacobians(piece)
            A = J * on_diagonals(piece)
        else:
            terms = jacobian_terms(piece)
            A = sum(
                (value for name, value in terms.items() if name in self.kept), np.zeros_like(next(iter(terms.values())))
            )
            J = sum(terms.values(), np.zeros_like(A)) if self.order else A
        return A, J - A if self.order else None

    def blocks(self, A: Array) -> Array:
        """The diagonals of the blocks of A, (..., T, S, S, n)."""
        rows = [
            [np.diagonal(A[..., of, by], axis1=-2, axis2=-1) for by in self.slices.values()]
            for of in self.slices.values()
        ]
        return np.stack([np.stack(row, axis=-2) for row in rows], axis=-3)


class _Trace:
    """The influence of one parameter: P^(m) for m = 0 .. p, as matrices (..., N, entries of the parameter)."""

    def __init__(self, trajectory: Trajectory, name: str, rule: _Rule) -> None:
        self.name, self.rule, self.slices = name, rule, trajectory.slices
        self.shape = core_shape(trajectory, name)
        batch, size, kind = trajectory.x.shape[:-2], trajectory.x.shape[-1], trajectory.x.dtype
        self.by_unit = rule.by_unit and bool(self.shape) and reaches_one_unit(trajectory.cell, name)
        self.entries = int(np.prod(self.shape))
        rows = (len(self.slices),) if self.by_unit else (size,)
        self.orders = [np.zeros((*batch, *rows, self.entries), kind)]
        self.orders += [np.zeros((*batch, size, self.entries), kind) for _ in range(rule.order)]
        self.gradient = np.zeros(self.entries, kind)

    def run(self, piece: Trajectory, A: Array, B: Array | None, pushes: Array) -> None:
        """Go through some steps."""
        words = [] if self.rule.matrix else list(evaluated(piece, self.name))
        whole = self._immediate(piece) if self.rule.matrix else None
        blocks = self.rule.blocks(A) if self.by_unit else A
        for t in range(piece.steps):
            for m in range(self.rule.order, 0, -1):
                _multiply(A[..., t, :, :], self.orders[m])
                self._driven(B[..., t, :, :] if B is not None else A, self.orders[m - 1], self.orders[m])
            if self.by_unit:
                self.orders[0] = np.einsum(
                    "...sri,...rij->...sij", blocks[..., t, :, :, :], self._units(self.orders[0])
                ).reshape(self.orders[0].shape)
            else:
                _multiply(A[..., t, :, :], self.orders[0])
            for word, matrix, row in words:
                A_t = matrix[..., t, :] if word.diagonal else matrix[..., t, :, :]
                self._add(word, A_t, None if row is None else row[..., t, :])
            if whole is not None:
                self.orders[0] += whole[..., t, :, :]
            self._pull(pushes[..., t, :])

    def _immediate(self, piece: Trajectory) -> Array:
        """d+x_t/dtheta where a state is a matrix, (..., T, N, entries of the parameter)."""
        steps, size = piece.after.shape[:-1], piece.x.shape[-1]
        found = matrix_states.immediate(piece.cell, self.name, piece.arguments, piece.cut, size, steps)
        return found.reshape(*steps, size, self.entries)

    def total(self) -> Array:
        """The sum of the orders."""
        if len(self.orders) == 1:
            return self.orders[0].reshape(*self.orders[0].shape[:-1], *self.shape)
        whole = sum(self.orders[1:], self._dense(self.orders[0]))
        return whole.reshape(*whole.shape[:-1], *self.shape)

    def _units(self, values: Array) -> Array:
        """(..., S, n, rest)."""
        return values.reshape(*values.shape[:-1], self.shape[0], -1)

    def _dense(self, values: Array) -> Array:
        """Entry (i, i') of the influence is 0 unless i = i'."""
        if not self.by_unit:
            return values.copy()
        parts, n = self._units(values), self.shape[0]
        full = np.zeros((*values.shape[:-2], len(self.slices), n, n, parts.shape[-1]), values.dtype)
        full[..., range(n), range(n), :] = parts
        return full.reshape(*values.shape[:-2], len(self.slices) * n, self.entries)

    def _driven(self, B: Array, before: Array, into: Array) -> None:
        """P^(m)_t += B_t P^(m-1)_{t-1}."""
        if not self.by_unit or before is not self.orders[0]:
            into += B @ before
            return
        n = self.shape[0]
        columns = B.reshape(*B.shape[:-1], len(self.slices), n)
        into += np.einsum("...rsi,...sij->...rij", columns, self._units(before)).reshape(into.shape)

    def _add(self, word: LocalWord, A: Array, b: Array | None) -> None:
        """The immediate derivative: dx = A dtheta b."""
        P = self.orders[0]
        if self.by_unit:
            own = self._units(P)[..., list(self.slices).index(word.state), :, :]
            own += A[..., None] if b is None else A[..., :, None] * b[..., None, :]
            return
        rows, units = P[..., self.slices[word.state], :], range(A.shape[-1])
        if b is None:
            if word.diagonal:
                rows[..., units, units] += A
            else:
                rows += A
            return
        grid = rows.reshape(*rows.shape[:-1], *self.shape)
        if word.diagonal and not word.turned:
            grid[..., units, units, :] += A[..., :, None] * b[..., None, :]
        elif word.diagonal:
            np.swapaxes(grid, -1, -2)[..., units, units, :] += A[..., :, None] * b[..., None, :]
        elif word.turned:
            grid += A[..., :, None, :] * b[..., None, :, None]
        else:
            grid += A[..., :, :, None] * b[..., None, None, :]

    def _pull(self, push: Array) -> None:
        """Add P_t' delta_t, over the batch."""
        for place, P in enumerate(self.orders):
            if place == 0 and self.by_unit:
                n = self.shape[0]
                parts, held = push.reshape(-1, n), P.reshape(-1, n, self.entries // n)
                own = np.einsum("ri,rij->ij", parts, held)
                if not np.isfinite(own).all():  # what is not pushed does not count, however large it is
                    own = np.einsum("ri,rij->ij", parts, np.where(parts[..., None] == 0, 0, held))
                self.gradient += own.reshape(-1)
            else:
                flat, pushes = P.reshape(-1, self.entries), np.ascontiguousarray(push).reshape(-1)
                own = pushes @ flat
                if not np.isfinite(own).all():
                    own = pushes[pushes != 0] @ flat[pushes != 0]
                self.gradient += own


def _multiply(A: Array, P: Array) -> None:
    """P <- A P in place, some columns at a time."""
    rows = int(np.prod(P.shape[:-1]))
    width = max(1, ROOM // max(1, rows))
    for start in range(0, P.shape[-1], width):
        part = P[..., start : start + width]
        part[...] = A @ part
