"""Weights of trained networks as cells of this package with their parameters.

torch.nn stores the blocks of a layer stacked in one array, in the order of ``BLOCKS``, with two biases each:

    W_ih = [W_1; W_2; ...] (blocks n, m),   W_hh = [U_1; U_2; ...] (blocks n, n),   b_ih, b_hh (blocks n);
    an LSTM with projections has W_hr (k, n) besides, and U_1, ... are (n, k).

Where the two biases of a block only ever act through their sum, the cell has that sum; the gradient by it is the
gradient by either of them.  The candidate of the GRU keeps both, because the reset gate comes between.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from symgate.cells import cell as built_in
from symgate.cells import stack
from symgate.errors import ShapeError, unknown
from symgate.records import Cell

#: The blocks of each kind of layer, in torch's order, under the names that they have here.
BLOCKS: dict[str, tuple[str, ...]] = {"rnn": ("",), "gru": ("r", "z", "c"), "lstm": ("i", "f", "g", "o")}
#: The classes of torch.nn with the kind of their layers.
CLASSES = {"RNN": "rnn", "RNNCell": "rnn", "GRU": "gru", "GRUCell": "gru", "LSTM": "lstm", "LSTMCell": "lstm"}

Arrays = dict[str, Any]


def from_torch(module: Any, layer: int = 0, *, reverse: bool = False) -> tuple[Cell, Arrays]:
    """A layer of torch.nn.RNN, GRU, LSTM, RNNCell, GRUCell or LSTMCell as a cell and its parameters.

    Args:
        module: the module, on any device; torch itself is not imported.
        layer: which layer, from 0.
        reverse: whether to take the backward direction of a bidirectional layer.

    Returns:
        The cell ("plain", "gru", "lstm", or "lstm_projected" where there is a ``proj_size``) and its parameters as
        NumPy arrays of their own; with f any function of the
        cell, ``f(**params, x=..., u=...)``.  Half precision becomes float32.

    Raises:
        UnknownNameError: another module, or no such layer.
        ShapeError: arrays that do not fit together.

    Law: ``tests/interop/test_weights.py``: forward, state Jacobian and parameter gradients equal torch's to 1e-12.
    """
    names = [base.__name__ for base in type(module).__mro__]
    kind = next((CLASSES[name] for name in names if name in CLASSES), None)
    if kind is None:
        raise unknown("recurrent module", names[0], CLASSES, "A model holds them as attributes, such as model.rnn.")
    mode = getattr(module, "mode", "")
    phi = getattr(module, "nonlinearity", "") or ("relu" if mode == "RNN_RELU" else "tanh")
    arrays = {name: _array(value) for name, value in module.state_dict().items()}
    return from_torch_state_dict(arrays, kind, layer=layer, reverse=reverse, phi=phi)


def from_torch_state_dict(
    arrays: Mapping[str, Any],
    kind: str,
    *,
    layer: int = 0,
    reverse: bool = False,
    prefix: str = "",
    phi: str = "tanh",
) -> tuple[Cell, Arrays]:
    """NumPy arrays under torch's names as a cell and its parameters; torch is not needed.

    Args:
        arrays: "weight_ih_l0", "weight_hh_l0" and, unless there are none, "bias_ih_l0", "bias_hh_l0"; without the
            "_l0" for RNNCell, GRUCell and LSTMCell.  Other names are ignored.
        kind: "rnn", "gru" or "lstm".
        layer: which layer, from 0.
        reverse: whether to take the backward direction of a bidirectional layer.
        prefix: what the names start with, such as "encoder.".
        phi: the nonlinearity of a plain layer, "tanh" or "relu".

    Returns:
        The cell and its parameters, as in ``from_torch``.

    Raises:
        UnknownNameError: the kind does not exist, or an array is missing.
        ShapeError: arrays that do not fit together.
    """
    if kind not in BLOCKS:
        raise unknown("kind of layer", kind, BLOCKS)
    tail = f"_l{layer}" + "_reverse" * reverse
    if layer == 0 and not reverse and f"{prefix}weight_ih" in arrays:
        tail = ""
    W, U = (_found(arrays, f"{prefix}weight_{name}{tail}") for name in ("ih", "hh"))
    blocks = BLOCKS[kind]
    projection = real(arrays[f"{prefix}weight_hr{tail}"]) if f"{prefix}weight_hr{tail}" in arrays else None
    n = U.shape[-1] if projection is None else projection.shape[-1]
    zero = np.zeros(len(blocks) * n, W.dtype)
    b, d = (real(arrays.get(f"{prefix}bias_{name}{tail}", zero)) for name in ("ih", "hh"))
    _check(kind, n, W, U, b, d, projection)
    cut = {
        name: tuple(np.ascontiguousarray(part[k * n : (k + 1) * n]) for part in (W, U, b, d))
        for k, name in enumerate(blocks)
    }
    if kind == "rnn":
        W, U, b, d = cut[""]
        return built_in("plain", phi=phi), {"W_r": U, "W_i": W, "b": b + d}
    params: Arrays = {}
    for name, (W, U, b, d) in cut.items():
        both = {f"b_{name}": b, f"d_{name}": d} if name == "c" else {f"b_{name}": b + d}
        params |= {f"W_{name}": W, f"U_{name}": U, **both}
    if projection is not None:
        return built_in("lstm_projected"), params | {"W_p": projection}
    return built_in(kind), params


def from_torch_layers(module: Any) -> tuple[Cell, Arrays]:
    """All layers of a torch.nn.RNN, GRU or LSTM as one stacked cell and its parameters, each name with its layer.

    Returns:
        The cell that ``symgate.cells.stack`` makes, layer k of torch under the suffix ``_{k+1}``; of a module with one
        layer what ``from_torch`` gives.

    Raises:
        ShapeError: a bidirectional module, whose layers read their input in two orders and form no recurrence.
        UnknownNameError: another module.
    """
    if getattr(module, "bidirectional", False):
        raise ShapeError("A bidirectional module is two recurrences; use from_torch(module, layer, reverse=...).")
    parts = [from_torch(module, layer) for layer in range(getattr(module, "num_layers", 1))]
    if len(parts) == 1:
        return parts[0]
    params = {f"{name}_{k}": value for k, (_, own) in enumerate(parts, 1) for name, value in own.items()}
    return stack(f"{parts[0][0].name}_layers", *(cell for cell, _ in parts)), params


def real(value: Any) -> Any:
    """An array of its own, float32 or float64: half precision becomes float32, integers float64."""
    array = np.array(value)
    if array.dtype in (np.float32, np.float64):
        return array
    return array.astype(np.float64 if array.dtype.kind in "iub" else np.float32)


def _array(value: Any) -> Any:
    """A tensor as an array of its own."""
    tensor = value.detach().cpu()
    if str(tensor.dtype) not in {"torch.float32", "torch.float64"}:
        tensor = tensor.float()
    return np.array(tensor.numpy())


def _found(arrays: Mapping[str, Any], name: str) -> Any:
    if name not in arrays:
        raise unknown("array of the state dict", name, sorted(arrays), "Give layer or prefix where names differ.")
    return real(arrays[name])


def _check(kind: str, n: int, W: Any, U: Any, b: Any, d: Any, projection: Any) -> None:
    """All arrays belong to one layer of that kind."""
    if projection is not None and kind != "lstm":
        raise ShapeError(f"Only an LSTM has projections; found weight_hr in a layer of kind {kind!r}.")
    rows, width = len(BLOCKS[kind]) * n, n if projection is None else len(projection)
    fits = W.ndim == U.ndim == 2 and W.shape[0] == rows and U.shape == (rows, width) and b.shape == d.shape == (rows,)
    if not fits:
        raise ShapeError(
            f"A layer of kind {kind!r} with n = {n} units has {len(BLOCKS[kind])} blocks, so W_ih is ({rows}, m), W_hh "
            f"({rows}, {width}) and each bias ({rows},); found {W.shape}, {U.shape}, {b.shape} and {d.shape}."
        )
