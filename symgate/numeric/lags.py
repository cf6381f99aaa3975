"""The gradient lag by lag: what comes from steps that lie l behind the loss.

    Gamma_l = sum_t (d+x_{t-l}/dtheta)' M_{t,t-l}' delta_t,      sum_l Gamma_l = dL/dtheta.

No product of matrices is formed: v_{t,l} = M_{t,t-l}' delta_t obeys v_{t,l} = J_{t-l+1}' v_{t,l-1}, for all t at once,
by the generated vector-Jacobian product.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from symgate.derive import vjp
from symgate.errors import ShapeError, unknown
from symgate.numeric.arrays import Array, whole_number
from symgate.numeric.gradients import Pushes, cotangents, loss_gradient
from symgate.numeric.load import lambdify
from symgate.numeric.local import evaluated
from symgate.numeric.pieces import Told, finite_part, of_vectors
from symgate.numeric.shapes import core_rank, stacked, vanishes
from symgate.numeric.stacks import chosen
from symgate.numeric.trajectories import Trajectory


@dataclass(frozen=True)
class LagGradients:
    """Gamma_l by parameter.

    Attributes:
        by_lag: the gradient from each lag, ``(L + 1, *shape)`` for every parameter; their sum over all lags
            0 .. T - 1 is the gradient.
        by_term: the same, split by the named term of the Jacobian through which the signal leaves step t - l,
            ``(L + 1, *shape)`` for every term and parameter; at lag 0 nothing is left, and each part is 0.
        predicted: what the zeroth order of a split makes of each lag, Gamma_l with M_{t,t-l} replaced by the product of
            the A_j; empty unless ``keep`` was given.
        gradient: dL/dtheta by parameter.
        diverged: the batch elements that left the floating point range, (...,); their losses before that count.
    """

    by_lag: Mapping[str, Array]
    by_term: Mapping[str, Mapping[str, Array]]
    predicted: Mapping[str, Array]
    gradient: Mapping[str, Array]
    diverged: Array

    def sizes(self, name: str) -> Array:
        """|Gamma_l| in the Frobenius norm, (L + 1,)."""
        return frobenius(self.by_lag[name])

    def shares(self, name: str) -> Array:
        """<Gamma_l, G> / |G|^2 with G the whole gradient, (L + 1,): they sum to 1 over all lags, some below 0."""
        whole = self.gradient[name]
        with np.errstate(all="ignore"):
            own, whole = self.by_lag[name] / np.abs(whole).max(initial=0), whole / np.abs(whole).max(initial=0)
            return (own * whole).reshape(len(own), -1).sum(axis=1) / (whole * whole).sum()


def lag_gradients(
    trajectory: Trajectory,
    delta: Pushes,
    wrt: Iterable[str] | None = None,
    *,
    max_lag: int | None = None,
    keep: str | Iterable[str] | None = None,
    told: Told | None = None,
) -> LagGradients:
    """The gradient of a loss, lag by lag and term by term: Gamma_l = sum_t (d+x_{t-l}/dtheta)' M_{t,t-l}' delta_t.

    Args:
        trajectory: a trajectory of T steps; its parameters are shared by the batch.
        delta: dl_t/dx_t for t = 1..T, (..., T, n), of L = sum_t l_t(x_t); of several states as for ``adjoint``.
        wrt: names of parameters; default: every one.
        max_lag: the longest lag L, 0 .. T - 1; default T - 1.  Time grows as T L n^2.
        keep: a split, as for ``split``: also say what its zeroth order, the effective learning rate, predicts.
        told: called with how many lags are done, and how many there are.

    Returns:
        The record: ``(L + 1, *shape)`` for each parameter, in units of the loss per parameter, summed over the batch.

    Raises:
        UnknownNameError: ``wrt`` names no parameter, ``keep`` no term, ``delta`` no state.
        ShapeError: ``delta`` does not fit, ``max_lag`` is out of range, a parameter has batch axes of its own or is
            not finite, or T = 0.

    Source: arXiv:2508.12121, section 2.
    Law: ``tests/numeric/test_lags.py`` (transports formed; they sum to the gradient by autodiff).
    """
    of_vectors(trajectory, "The gradient by lags", matrix=True)
    names = parameter_names(trajectory, wrt)
    if trajectory.steps == 0:
        raise ShapeError("A trajectory of T = 0 steps has no lags.")
    lags = whole_number(trajectory.steps - 1 if max_lag is None else max_lag, "max_lag", 0, trajectory.steps - 1)
    kept = None if keep is None else chosen(trajectory.cell, keep)
    trajectory, pushes, diverged = finite_part(trajectory, cotangents(trajectory, delta))
    sweep = _Sweep(trajectory, names)
    by_lag, predicted, by_term = sweep.table(lags), sweep.table(lags), dict[str, dict[str, Array]]()
    true = ruled = pushes
    with np.errstate(all="ignore"):
        sweep.write(by_lag, 0, true)
        sweep.write(predicted, 0, ruled)
        for lag in range(1, lags + 1):
            parts = sweep.back(true)
            for term, part in parts.items():
                sweep.write(by_term.setdefault(term, sweep.table(lags)), lag, part)
            true = sum(parts.values(), np.zeros_like(true[..., 1:, :]))
            for name in names:
                by_lag[name][lag] = sum(by_term[term][name][lag] for term in parts)
            if kept is not None:
                left = [part for term, part in sweep.back(ruled).items() if term in kept]
                ruled = sum(left, np.zeros_like(true))
                sweep.write(predicted, lag, ruled)
            if told:
                told(lag, lags)
    gradient = loss_gradient(trajectory, pushes, names)
    return LagGradients(by_lag, by_term, predicted if kept is not None else {}, gradient, diverged)


class _Sweep:
    """One step backward at a time, for all pairs (t, t - l) of a lag at once."""

    def __init__(self, trajectory: Trajectory, names: list[str]) -> None:
        self.trajectory, self.names, self.matrix = trajectory, names, bool(trajectory.cell.matrix_states)
        with np.errstate(all="ignore"):
            self.words = {name: [] if self.matrix else list(evaluated(trajectory, name)) for name in names}
        pulls = [(name, of, vjp(trajectory.cell, name, of)) for name in names for of in trajectory.slices]
        self.pulls = [(name, of, lambdify(item)) for name, of, item in pulls if self.matrix and not vanishes(item)]
        blocks = [(vjp(trajectory.cell, by, of), by, of) for of in trajectory.slices for by in trajectory.slices]
        self.blocks = [(lambdify(item), by, of) for item, by, of in blocks if not vanishes(item)]

    def table(self, lags: int) -> dict[str, Array]:
        """Zeros for every lag and parameter."""
        params, x = self.trajectory.params, self.trajectory.x
        return {name: np.zeros((lags + 1, *params[name].shape), x.dtype) for name in self.names}

    def write(self, table: dict[str, Array], lag: int, v: Array) -> None:
        """sum_k (d+x_k/dtheta)' v_k over the steps k = 1 .. T - lag: for dx = A dtheta b the sum of (A' v_k) b_k'."""
        steps = slice(v.shape[-2])
        for name, of, pull in self.pulls:
            found = pull(**self.trajectory.at(steps), lam=self.trajectory.cut(v, of))
            total = table[name][lag, ...]
            own = np.broadcast_to(found, (*v.shape[:-1], *total.shape))
            total += own.reshape(-1, *total.shape).sum(axis=0)
        for name in self.names:
            total = table[name][lag, ...]  # a view, also of one number
            for word, A, b in self.words[name]:
                own = v[..., self.trajectory.slices[word.state]]
                matrix = A[..., steps, :] if word.diagonal else A[..., steps, :, :]
                left = matrix * own if word.diagonal else np.einsum("...tij,...ti->...tj", matrix, own)
                left = left.reshape(-1, left.shape[-1])
                if b is None:
                    total += left.sum(axis=0).reshape(total.shape)
                    continue
                right = b[..., steps, :].reshape(-1, b.shape[-1])
                total += right.T @ left if word.turned else left.T @ right

    def back(self, v: Array) -> dict[str, Array]:
        """J_k' v_k for k = 2 .., by the named terms of J: what arrives at the steps k - 1."""
        moved = v[..., 1:, :]
        now = self.trajectory.at(slice(1, v.shape[-2]))
        parts: dict[str, Array] = {}
        for pull, by, of in self.blocks:
            cols, rank = self.trajectory.slices[by], core_rank(self.trajectory.cell.symbols[by])
            for term, value in pull.terms(lam=self.trajectory.cut(moved, of), **now).items():
                parts.setdefault(term, np.zeros_like(moved))[..., cols] += stacked(value, rank)
        return parts


def parameter_names(trajectory: Trajectory, wrt: Iterable[str] | None) -> list[str]:
    """The parameters asked for, shared by the batch.

    Raises:
        UnknownNameError: ``wrt`` names no parameter of the cell.
        ShapeError: a parameter has batch axes of its own.
    """
    names = list(trajectory.params) if wrt is None else [wrt] if isinstance(wrt, str) else list(wrt)
    for name in names:
        if name not in trajectory.params:
            raise unknown(f"parameter of cell {trajectory.cell.name!r}", name, trajectory.params)
        if trajectory.params[name].ndim != core_rank(trajectory.cell.symbols[name]):
            raise ShapeError(f"Parameter {name!r} has batch axes of its own: {trajectory.params[name].shape}.")
    return names


def frobenius(stack: Array) -> Array:
    """The Frobenius norm of each element of a stack."""
    return np.sqrt((stack.reshape(len(stack), -1) ** 2).sum(axis=1))


def carried_back(trajectory: Trajectory, delta: Pushes, longest: int) -> Iterator[Array]:
    """v_{t,l} = M_{t,t-l}' delta_t for the lags l = 0 .. ``longest``, each (..., T - l, N), step k + 1 at index k.

    One step backward from lag to lag, for all t at once, so that nothing grows with the number of lags.

    Raises:
        ShapeError: ``delta`` does not fit.
    """
    sweep = _Sweep(trajectory, [])
    v = cotangents(trajectory, delta)
    with np.errstate(all="ignore"):
        yield v
        for _ in range(longest):
            v = sum(sweep.back(v).values(), np.zeros_like(v[..., 1:, :]))
            yield v


def local_directions(trajectory: Trajectory, along: Mapping[str, Array]) -> Array:
    """(d+x_k/dtheta)[w] for k = 1 .. T, x_{k-1} held fixed, (..., T, N).

    Args:
        trajectory: a trajectory of T steps.
        along: w, an array for some parameters in the shape of each.

    Raises:
        UnknownNameError: ``along`` names no parameter.
        ShapeError: a direction has not the shape of its parameter.
    """
    found = np.zeros_like(trajectory.after)
    for name in parameter_names(trajectory, along):
        w = np.asarray(along[name], dtype=found.dtype)
        if w.shape != trajectory.params[name].shape:
            raise ShapeError(f"Direction {name!r} needs shape {trajectory.params[name].shape}; found {w.shape}.")
        for word, A, b in evaluated(trajectory, name):
            own = found[..., trajectory.slices[word.state]]
            moved = w.reshape(-1) if b is None else b @ (w if word.turned else w.T)
            own += A * moved if word.diagonal else np.einsum("...ij,...j->...i", A, moved)
    return found


def parts_by_lag(
    trajectory: Trajectory, delta: Pushes, wrt: Iterable[str] | None = None, longest: int | None = None
) -> Iterator[dict[str, Array]]:
    """Gamma_l by parameter for the lags l = 0 .. ``longest``, default T - 1, one lag at a time; nothing is kept.

    Raises:
        UnknownNameError: ``wrt`` names no parameter.
        ShapeError: ``delta`` does not fit.
    """
    sweep = _Sweep(trajectory, parameter_names(trajectory, wrt))
    for v in carried_back(trajectory, delta, trajectory.steps - 1 if longest is None else longest):
        table = sweep.table(0)
        with np.errstate(all="ignore"):
            sweep.write(table, 0, v)
        yield {name: value[0] for name, value in table.items()}
