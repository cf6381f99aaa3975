"""Stacks of state Jacobians along a trajectory, whole, term by term, and split in two."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from symgate.catalogue import DIAGONAL, SPLITS
from symgate.derive import kronecker, term_names
from symgate.errors import unknown
from symgate.numeric.arrays import Array
from symgate.numeric.load import lambdify, term_functions
from symgate.numeric.shapes import vanishes
from symgate.numeric.trajectories import Trajectory
from symgate.records import Cell, Derivation


def jacobians(trajectory: Trajectory) -> Array:
    """The state Jacobians J_t = dx_t/dx_{t-1} along a trajectory.

    Returns:
        (..., T, n, n), such as (B, T, n, n); J_t is at index t - 1.  Of several states (..., T, N, N): all of them side
        by side in the order of declaration, rows after the step and columns before; ``trajectory.block(J, "h", "c")``
        is dh_t/dc_{t-1}.  Of a matrix state on the entries of its columns, one below the other, as in ``Trajectory.x``.

    Law: ``tests/numeric/test_products.py``, ``tests/numeric/test_several.py``.
    """
    if len(trajectory.slices) == 1 and trajectory.steps:
        with np.errstate(all="ignore"):
            return _whole(trajectory, lambdify(kronecker(trajectory.cell))(**trajectory.arguments))
    found = _nothing(trajectory)
    for rows, cols, derivation in _blocks(trajectory):
        if trajectory.steps:
            with np.errstate(all="ignore"):
                found[..., rows, cols] = lambdify(derivation)(**trajectory.arguments)
    return found


def jacobian_terms(trajectory: Trajectory) -> dict[str, Array]:
    """The named terms of the state Jacobians, such as "retention", "drive", "gate", in declaration order.

    Returns:
        Each (..., T, n, n), or (..., T, N, N) of several states, the term of step t at index t - 1; they sum to
        ``jacobians(trajectory)``.
    """
    if len(trajectory.slices) == 1 and trajectory.steps:
        with np.errstate(all="ignore"):
            each = term_functions(kronecker(trajectory.cell))(**trajectory.arguments)
        return {name: _whole(trajectory, value) for name, value in each.items()}
    terms = {name: _nothing(trajectory) for name in term_names(trajectory.cell)}
    for rows, cols, derivation in _blocks(trajectory):
        if trajectory.steps:
            with np.errstate(all="ignore"):
                found = term_functions(derivation)(**trajectory.arguments)
            for name in derivation.terms:
                terms[name][..., rows, cols] = found[name]
    return terms


def split(trajectory: Trajectory, keep: str | Iterable[str] = ("retention",)) -> tuple[Array, Array]:
    """Split the Jacobians J_t = A_t + B_t by their named terms.

    Args:
        trajectory: a trajectory.
        keep: the names of the terms that form A, or the name of a split as in :func:`symgate.split`: "retention",
            "drive", "gate" (B is the gate term), or "diagonal".  All of them give B = 0, none of them A = 0.

    Returns:
        (A, B), each (..., T, n, n), or (..., T, N, N) of several states.

    Raises:
        UnknownNameError: ``keep`` names a term that the Jacobian of the cell does not have.
    """
    terms = jacobian_terms(trajectory)
    if keep == DIAGONAL and DIAGONAL not in terms:
        J = jacobians(trajectory)
        A = J * on_diagonals(trajectory)
        return A, J - A
    kept = chosen(trajectory.cell, keep)
    zero = np.zeros_like(next(iter(terms.values())))
    A = sum((value for name, value in terms.items() if name in kept), zero)
    B = sum((value for name, value in terms.items() if name not in kept), zero)
    return A, B


def on_diagonals(trajectory: Trajectory) -> Array:
    """A matrix over all states, (N, N), with 1 on the diagonal of every square block and 0 elsewhere."""
    size = trajectory.x.shape[-1]
    mask = np.zeros((size, size), trajectory.x.dtype)
    for rows in trajectory.slices.values():
        for cols in trajectory.slices.values():
            if rows.stop - rows.start == cols.stop - cols.start:
                np.fill_diagonal(mask[rows, cols], 1)
    return mask


def chosen(cell: Cell, keep: str | Iterable[str]) -> set[str]:
    """The names of the terms of the state Jacobian that form A, given as for ``split``; its errors too."""
    terms = term_names(cell)
    kept = (
        {name for name in SPLITS.get(keep, (keep,)) if name in terms or keep not in SPLITS}
        if isinstance(keep, str)
        else set(keep)
    )
    for name in sorted(kept, key=str):
        if name not in terms:
            raise unknown(f"term of the Jacobian of cell {cell.name!r}", name, terms)
    return kept


def _whole(trajectory: Trajectory, found: Array) -> Array:
    """With all batch axes, also those that the formula does not depend on."""
    shape = (*trajectory.before.shape, trajectory.x.shape[-1])
    return found if found.shape == shape else np.broadcast_to(found, shape).copy()


def _blocks(trajectory: Trajectory) -> Iterator[tuple[slice, slice, Derivation]]:
    """The Jacobian of every state by every state, with its rows and columns; blocks that are zero are left out."""
    for of, rows in trajectory.slices.items():
        for by, cols in trajectory.slices.items():
            block = kronecker(trajectory.cell, wrt=by, of=of)
            if not vanishes(block):
                yield rows, cols, block


def _nothing(trajectory: Trajectory) -> Array:
    """Matrices of zeros, one per step."""
    return np.zeros((*trajectory.before.shape, trajectory.x.shape[-1]), dtype=trajectory.x.dtype)
