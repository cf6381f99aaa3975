"""Cells with several states over many steps: one generated step, or one step of its adjoint, after the other.

The states lie side by side, z_t = (h_t, c_t), time in front: (T + 1, ..., N).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from symgate.derive import vjp
from symgate.numeric.arrays import Array
from symgate.numeric.load import GeneratedFunction, lambdify
from symgate.records import Cell, Derivation


def march(cell: Cell, given: Mapping[str, Array], states: Array, places: Mapping[str, slice]) -> None:
    """Fill in z_1 .. z_T; ``given`` holds parameters, and inputs (..., T, m), by name."""
    step = lambdify(cell)
    with np.errstate(all="ignore"):
        for t, now in enumerate(moments(cell, given, len(states) - 1)):
            after = step(**{name: states[t][..., own] for name, own in places.items()}, **now)
            for own, value in zip(places.values(), after, strict=True):
                states[t + 1][..., own] = value


def carry(cell: Cell, given: Mapping[str, Array], states: Array, pushes: Array, places: Mapping[str, slice]) -> Array:
    """The adjoint lambda^s_k = delta^s_k + sum_r (J^{rs}_{k+1})' lambda^r_{k+1}, (T + 1, ..., N); delta_0 = 0."""
    pulls = blocks_backward(cell)
    lam = np.zeros((len(states), *np.broadcast_shapes(states.shape[1:], pushes.shape[1:])), pushes.dtype)
    lam[1:] = pushes
    for t, now in reversed(list(enumerate(moments(cell, given, len(states) - 1)))):
        before = {name: states[t][..., own] for name, own in places.items()}
        for (of, by), pull in pulls.items():
            lam[t][..., places[by]] += pull(lam=lam[t + 1][..., places[of]], **before, **now)
    return lam


def blocks_backward(cell: Cell) -> dict[tuple[str, str], GeneratedFunction]:
    """The products with a transposed block, by (state after, state before); blocks that are zero are left out."""
    names = [state.name for state in cell.states]
    found = {(of, by): vjp(cell, by, of) for of in names for by in names}
    return {pair: lambdify(item) for pair, item in found.items() if not vanishes(item)}


def vanishes(item: Derivation) -> bool:
    """Whether nothing depends on what it is differentiated by."""
    return list(item.terms) == ["none"]


def moments(cell: Cell, given: Mapping[str, Array], steps: int) -> Iterator[dict[str, Array]]:
    """Parameters and the inputs of one step, step by step."""
    inputs = [str(symbol.name) for symbol in cell.inputs]
    for t in range(steps):
        yield {name: value[..., t, :] if name in inputs else value for name, value in given.items()}
