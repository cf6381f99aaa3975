"""Weights from files: NumPy archives under the names of a cell or of torch, and checkpoints of torch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from symgate.errors import MissingLibraryError, ShapeError, UnknownNameError, unknown
from symgate.interop.weights import Arrays, from_torch_state_dict, real
from symgate.records import Cell

#: The kind of torch's layers that each cell is.
KINDS = {"plain": "rnn", "gru": "gru", "lstm": "lstm"}
#: Under which names checkpoints keep the state dict, if they hold more than that.
INSIDE = ("state_dict", "model_state_dict", "model")


def load_weights(cell: Cell, path: str | Path, *, layer: int = 0) -> Arrays:
    """The parameters of a cell from a file.

    Args:
        cell: the cell that the weights are for.
        path: a NumPy archive (.npz) with an array for every parameter of the cell, or with the names of a torch.nn
            layer; or a checkpoint of torch (.pt, .pth), which is read without running anything that is in it.
        layer: which layer of torch, from 0.

    Returns:
        The parameters by name.

    Raises:
        UnknownNameError: no such file, another kind of file, or a parameter that is not in it.
        ShapeError: a file that holds no arrays.
        MissingLibraryError: a checkpoint, and torch is not installed.
    """
    where = Path(path)
    if not where.is_file():
        raise UnknownNameError(f"There is no file {str(path)!r}.")
    if where.suffix == ".npz":
        arrays = _archive(where)
    elif where.suffix in {".pt", ".pth"}:
        arrays = _checkpoint(where)
    else:
        raise UnknownNameError(f"Weights come from .npz, .pt or .pth; found {where.name!r}.")
    names = [str(symbol.name) for symbol in cell.parameters]
    if all(name in arrays for name in names):
        return {name: real(arrays[name]) for name in names}
    ends = [name for name in arrays if name.endswith((f"weight_hh_l{layer}", "weight_hh"))]
    if ends and cell.name in KINDS:
        prefix = ends[0][: ends[0].rindex("weight_hh")]
        _, params = from_torch_state_dict(arrays, KINDS[cell.name], layer=layer, prefix=prefix)
        return params
    missing = next(name for name in names if name not in arrays)
    raise unknown(f"array in {where.name}", missing, sorted(arrays), f"Cell {cell.name!r} has: {', '.join(names)}.")


def _archive(path: Path) -> dict[str, Any]:
    try:
        with np.load(path, allow_pickle=False) as held:
            return {name: held[name] for name in held.files}
    except (ValueError, OSError) as error:
        raise ShapeError(f"{path} is not a NumPy archive of plain arrays: {error}.") from None


def _checkpoint(path: Path) -> dict[str, Any]:
    try:
        import torch
    except ModuleNotFoundError:
        raise MissingLibraryError(
            f"{path.name} is a checkpoint of torch, which is not installed; python -m pip install torch, or save the "
            "arrays with numpy.savez."
        ) from None
    try:
        held = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # noqa: BLE001  whatever unpickling meets
        raise ShapeError(f"{path} is not a checkpoint of plain tensors: {str(error).splitlines()[0]}") from None
    for name in INSIDE:
        if isinstance(held, Mapping) and isinstance(held.get(name), Mapping):
            held = held[name]
    if not isinstance(held, Mapping):
        raise ShapeError(f"{path} holds a {type(held).__name__}, not a state dict; save model.state_dict().")
    tensors = {str(name): value.detach() for name, value in held.items() if hasattr(value, "detach")}
    half = (torch.float16, torch.bfloat16)
    return {name: (value.float() if value.dtype in half else value).numpy() for name, value in tensors.items()}
