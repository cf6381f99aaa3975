"""Cells with matrix states over many steps: matrices among the entries (..., N) of all states, forward and backward.

vec stacks columns: the entries of a matrix state (n, k) among those of all states are its columns, one below the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from symgate.derive import vjp
from symgate.numeric.arrays import Array
from symgate.numeric.load import lambdify
from symgate.numeric.shapes import core_rank, stacked, vanishes
from symgate.records import Cell, Derivation

#: The part of an array (..., N) that belongs to a state, in the shape of the state.
Cut = Callable[[Array, str], Array]


def forward(
    cell: Cell, slices: Mapping[str, slice], at: Callable[[slice], dict[str, Any]], states: Array, target: str = "numpy"
) -> None:
    """Fill in x_1 .. x_T, one step after the other; ``states`` is (T + 1, ..., N), ``at`` gives arguments of steps.

    Raises:
        MissingLibraryError: the target is "numba", which is not installed.
    """
    step = lambdify(cell, target)
    ranks = {state.name: 2 if state in cell.matrix_states else 1 for state in cell.states}
    for t in range(len(states) - 1):
        found = step(**at(slice(t, t + 1)))
        for name, value in zip(ranks, found if len(ranks) > 1 else [found], strict=True):
            states[t + 1][..., slices[name]] = stacked(value, ranks[name])[..., 0, :]


def backward(
    cell: Cell, slices: Mapping[str, slice], at: Callable[[slice], dict[str, Any]], cut: Cut, pushes: Array
) -> Array:
    """The adjoint states lambda_0 .. lambda_T, (T + 1, ..., N), for pushes delta_1 .. delta_T (T, ..., N)."""
    every = [(of, by, vjp(cell, by, of)) for of in slices for by in slices]
    pulls = [(of, by, _letter(pull), lambdify(pull)) for of, by, pull in every if not vanishes(pull)]
    adjoints = np.zeros((len(pushes) + 1, *pushes.shape[1:]), pushes.dtype)
    for t in range(len(pushes) - 1, -1, -1):
        adjoints[t + 1] += pushes[t]
        given, lam = at(slice(t, t + 1)), adjoints[t + 1][..., None, :]
        for of, by, letter, pull in pulls:
            found = pull(**given, **{letter: cut(lam, of)})
            adjoints[t][..., slices[by]] += stacked(found, core_rank(cell.symbols[by]))[..., 0, :]
    return adjoints


def immediate(cell: Cell, name: str, at: dict[str, Any], cut: Cut, size: int, steps: tuple[int, ...]) -> Array:
    """d+x_t/dtheta of all entries of all states, (..., T, N, *shape of theta), row by row; ``steps`` is (..., T)."""
    lam = np.eye(size).reshape(size, *[1] * len(steps), size)
    found: Array = np.zeros(())
    for state in cell.states:
        pull = vjp(cell, name, state.name)
        if not vanishes(pull):
            found = found + lambdify(pull)(**at, **{_letter(pull): cut(lam, state.name)})
    rank = core_rank(cell.symbols[name])
    core = found.shape[found.ndim - rank :] if found.ndim else np.shape(at[name])[np.ndim(at[name]) - rank :]
    return np.moveaxis(np.broadcast_to(found, (size, *steps, *core)), 0, len(steps))


def _letter(pull: Derivation) -> str:
    """The name of the cotangent."""
    assert pull.cotangent is not None, "a vector-Jacobian product has a cotangent"
    return str(pull.cotangent.name)
