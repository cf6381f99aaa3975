"""The sizes, batch axes and places of what a cell works on, checked."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from symgate.errors import ShapeError, UnknownNameError, unknown
from symgate.numeric.arrays import Array, real_array
from symgate.records import Cell, Derivation


def slices_of(cell: Cell, widths: Sequence[int]) -> dict[str, slice]:
    """Where each state lies among the entries of all states, side by side in the order of declaration."""
    ends = np.cumsum([0, *widths]).tolist()
    return {state.name: slice(*place) for state, place in zip(cell.states, itertools.pairwise(ends), strict=True)}


def widths_of(cell: Cell, sizes: Mapping[Any, int]) -> tuple[int, ...]:
    """The size of each state, in the order of declaration."""
    return tuple(rows * cols for rows, cols in shapes_of(cell, sizes))


def shapes_of(cell: Cell, sizes: Mapping[Any, int]) -> list[tuple[int, int]]:
    """Rows and columns of each state, in the order of declaration; a vector has one column."""
    return [
        tuple(int(length) if length.is_number else sizes[length] for length in state.before.shape)  # type: ignore[misc]
        for state in cell.states
    ]


def initial_states(
    cell: Cell, arrays: Mapping[str, Array], x0: ArrayLike | Mapping[str, ArrayLike] | None
) -> tuple[dict[Any, int], dict[str, Array]]:
    """The sizes, once all arrays agree, and the initial states that are given, by name.

    Raises:
        UnknownNameError: ``x0`` names a state that the cell does not have.
        ShapeError: shapes do not fit, or ``x0`` is one array and a size of a state is in no other.
    """
    names = [state.name for state in cell.states]
    if x0 is None:
        return sizes_of(cell, arrays), {}
    if isinstance(x0, Mapping):
        for name in x0:
            if name not in names:
                raise unknown(f"state of cell {cell.name!r}", name, names)
        given = {name: real_array(value, f"x0 of {name}") for name, value in x0.items()}
        return sizes_of(cell, {**arrays, **given}), given
    whole = real_array(x0, "x0")
    if len(names) == 1:
        given = {names[0]: whole}
        return sizes_of(cell, {**arrays, **given}), given
    sizes = sizes_of(cell, arrays)
    lengths = [length for state in cell.states for length in state.before.shape]
    if not all(length in sizes or length.is_number for length in lengths):
        raise ShapeError(f"A size of the states of {cell.name!r} is in no array; give x0 by name: {', '.join(names)}.")
    widths = widths_of(cell, sizes)
    if whole.ndim == 0 or whole.shape[-1] != sum(widths):
        raise ShapeError(
            f"x0 of cell {cell.name!r} needs its states {', '.join(names)} side by side, (..., {sum(widths)}), or a "
            f"mapping by name; found {whole.shape}."
        )
    shapes = dict(zip(names, shapes_of(cell, sizes), strict=True))
    parts = {name: whole[..., own] for name, own in slices_of(cell, widths).items()}
    return sizes, {
        name: unstacked(part, shapes[name]) if core_rank(cell.symbols[name]) == 2 else part
        for name, part in parts.items()
    }


def stacked(value: Array, rank: int) -> Array:
    """vec of each matrix (..., n, k): (..., n k); a vector as it is."""
    if rank < 2:
        return value
    return np.swapaxes(value, -1, -2).reshape(*value.shape[:-2], value.shape[-2] * value.shape[-1])


def unstacked(value: Array, shape: tuple[int, int]) -> Array:
    """The matrices (..., n, k) of which ``value`` holds vec, (..., n k)."""
    rows, cols = shape
    return np.swapaxes(value.reshape(*value.shape[:-1], cols, rows), -1, -2)


def core_rank(symbol: Any) -> int:
    """The axes of a symbol's array, batch axes aside: 0 for a scalar, 1 for a vector, 2 for a matrix."""
    shape = getattr(symbol, "shape", ())
    return 0 if not shape else 1 if shape[1] == 1 else 2


def arrays_by_name(
    what: str, cell: Cell, names: list[str], given: ArrayLike | Mapping[str, ArrayLike]
) -> dict[str, Array]:
    """``given`` by name, complete and without strangers."""
    if not isinstance(given, Mapping):
        if what == "parameter":
            raise ShapeError(f"params needs a mapping from names to arrays: {', '.join(names)}.")
        if len(names) != 1:
            raise ShapeError(f"Cell {cell.name!r} has {len(names)} inputs; give a mapping by name: {', '.join(names)}.")
        given = {names[0]: given}
    for name in given:
        if name not in names:
            raise unknown(f"{what} of cell {cell.name!r}", name, names)
    missing = [name for name in names if name not in given]
    if missing:
        raise UnknownNameError(
            f"Values for {what}s of cell {cell.name!r} are missing: {', '.join(missing)}; found "
            f"{', '.join(map(str, given)) or 'none'}."
        )
    return {name: real_array(given[name], name) for name in names}


def sizes_of(cell: Cell, arrays: Mapping[str, Array]) -> dict[Any, int]:
    """The value of every size that a core shape shows, once all agree; 1 of a state of one number."""
    sizes: dict[Any, int] = {}
    told: dict[Any, str] = {}
    symbols = cell.symbols
    for name, value in arrays.items():
        symbol = symbols[name]
        core = getattr(symbol, "shape", ())[: core_rank(symbol)]
        if value.ndim < len(core):
            meant = ", ".join(str(size) for size in core)
            raise ShapeError(f"{name} needs shape ({meant}), batch axes before; found {value.shape}.")
        for size, found in zip(core, value.shape[value.ndim - len(core) :], strict=True):
            expected = sizes.setdefault(size, int(size) if size.is_number else max(1, int(found)))
            if expected != found or found < 1:
                if found < 1:
                    why = "every size 1 or more"
                else:
                    why = f"{size} = {expected}" + (f" as in {told[size]}" if size in told else "")
                meant = ", ".join(str(item) for item in core)
                raise ShapeError(f"{name} must have shape (..., {meant}) with {why}; found {value.shape}")
            told.setdefault(size, name)
    return {state.before.shape[0]: 1 for state in cell.numbers} | sizes


def batch_of(
    cell: Cell, inputs: Mapping[str, Array], params: Mapping[str, Array], starts: Mapping[str, Array]
) -> tuple[int, ...]:
    """The common leading axes."""
    ranks = {name: core_rank(symbol) for name, symbol in cell.symbols.items()}
    leading = {name: value.shape[: value.ndim - 1 - ranks[name]] for name, value in inputs.items()}
    leading |= {f"x0 of {name}": value.shape[: value.ndim - ranks[name]] for name, value in starts.items()}
    leading |= {name: value.shape[: value.ndim - ranks[name]] for name, value in params.items()}
    try:
        return np.broadcast_shapes(*leading.values())
    except ValueError:
        shown = {name: shape for name, shape in leading.items() if shape}
        raise ShapeError(f"The batch axes do not fit together: {shown}.") from None


def with_time_axis(value: Array, core: int) -> Array:
    """A batched parameter made to broadcast over the steps; a shared one as it is."""
    return value if value.ndim <= core else np.expand_dims(value, value.ndim - core)


def vanishes(item: Derivation) -> bool:
    """Whether nothing depends on what it is differentiated by."""
    return list(item.terms) == ["none"]
