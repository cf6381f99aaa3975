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
from symgate.numeric.shapes import vanishes
from symgate.records import Cell, Derivation

#: The part of an array (..., N) that belongs to a state, in the shape of the state.
Cut = Callable[[Array, str], Array]


def stacked(value: Array, rank: int) -> Array:
    """vec of each matrix (..., n, k): (..., n k); a vector as it is."""
    if rank < 2:
        return value
    return np.swapaxes(value, -1, -2).reshape(*value.shape[:-2], value.shape[-2] * value.shape[-1])


def unstacked(value: Array, shape: tuple[int, int]) -> Array:
    """The matrices (..., n, k) of which ``value`` holds vec, (..., n k)."""
    rows, cols = shape
    return np.swapaxes(value.reshape(*value.shape[:-1], cols, rows), -1, -2)


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
            rank = len([size for size in cell.symbols[by].shape if size != 1])
            adjoints[t][..., slices[by]] += stacked(found, rank)[..., 0, :]
    return adjoints


def _letter(pull: Derivation) -> str:
    """The name of the cotangent."""
    assert pull.cotangent is not None, "a vector-Jacobian product has a cotangent"
    return str(pull.cotangent.name)
