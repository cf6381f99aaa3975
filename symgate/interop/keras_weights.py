"""Weights of keras layers as cells of this package with their parameters.

keras multiplies from the left, u' W, and puts the blocks side by side in the order of ``ORDER``:

    kernel (m, k n),   recurrent_kernel (n, k n),   bias (k n), or (2, k n) for the GRU with reset_after.

Its z retains as torch's does, h_t = z (.) h_{t-1} + (1 - z) (.) h~.  With reset_after = True, its default, the reset
gate comes after the product as in torch: cell "gru".  With reset_after = False it comes before: cell "gru_original",
whose z is 1 minus keras's, so that W_z, U_z and b_z are the negatives of keras's blocks (sigma(-a) = 1 - sigma(a)).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgate.cells import cell as built_in
from symgate.errors import ShapeError, unknown
from symgate.interop.weights import BLOCKS, Arrays, from_torch_state_dict, real
from symgate.nonlinearities import nonlinearity
from symgate.records import Cell

#: The blocks in keras's order, under the names that they have here.
ORDER: dict[str, tuple[str, ...]] = {"rnn": ("",), "gru": ("z", "r", "c"), "lstm": ("i", "f", "g", "o")}
#: The layers of keras with their kind.
LAYERS = {
    "SimpleRNN": "rnn",
    "SimpleRNNCell": "rnn",
    "GRU": "gru",
    "GRUCell": "gru",
    "LSTM": "lstm",
    "LSTMCell": "lstm",
}
#: keras's names of activations where they differ.
ACTIVATIONS = {"linear": "identity", "sigmoid": "sigma"}


def from_keras(layer: Any) -> tuple[Cell, Arrays]:
    """A built layer SimpleRNN, GRU or LSTM of keras, or its cell, as a cell and its parameters; keras is not imported.

    Returns:
        As ``from_keras_weights``.

    Raises:
        UnknownNameError: another layer, or activations that the cell has not.
        ShapeError: a layer that was not built, or one with ``go_backwards``.
    """
    names = [base.__name__ for base in type(layer).__mro__]
    kind = next((LAYERS[name] for name in names if name in LAYERS), None)
    if kind is None:
        raise unknown("recurrent layer", names[0], LAYERS, "Of a Bidirectional take .forward_layer or .backward_layer.")
    asked = layer.get_config()
    gates = asked.get("recurrent_activation", "sigmoid")
    if gates != "sigmoid":
        raise unknown("activation of gates", gates, ("sigmoid",), "The cells here have sigma for their gates.")
    weights = layer.get_weights()
    if not weights:
        raise ShapeError("The layer has no weights yet; call layer.build(shape), or apply it once.")
    return from_keras_weights(
        weights, kind, reset_after=asked.get("reset_after", True), phi=asked.get("activation", "tanh")
    )


def from_keras_weights(
    arrays: Sequence[Any], kind: str, *, reset_after: bool | None = None, phi: str = "tanh"
) -> tuple[Cell, Arrays]:
    """The list that ``layer.get_weights()`` returns as a cell and its parameters; keras is not needed.

    Args:
        arrays: kernel, recurrent kernel and, unless there is none, bias.
        kind: "rnn", "gru" or "lstm".
        reset_after: the option of keras's GRU; None reads it from the shape of the bias, and means True without one.
        phi: the activation, under keras's name or under that of this package.

    Returns:
        The cell ("plain", "gru", "gru_original" or "lstm") and its parameters as NumPy arrays of their own.

    Raises:
        UnknownNameError: the kind or the activation does not exist.
        ShapeError: arrays that do not fit together or not with ``reset_after``.

    Law: ``tests/interop/test_keras.py``: forward and state Jacobian equal keras's to 1e-12, gradients to 1e-11.
    """
    if kind not in ORDER:
        raise unknown("kind of layer", kind, ORDER)
    phi = nonlinearity(ACTIVATIONS.get(phi, phi)).name
    if kind == "lstm" and phi != "tanh":
        raise unknown("activation of an LSTM", phi, ("tanh",), "The cell has tanh for its input; write your own.")
    kernel, recurrent, bias = _three(arrays, kind)
    n, rows = recurrent.shape[0], recurrent.shape[1]
    after = bias is None or bias.ndim == 2 if reset_after is None else reset_after
    wanted = (2, rows) if kind == "gru" and after else (rows,)
    bias = np.zeros(wanted, kernel.dtype) if bias is None else bias
    if bias.shape != wanted:
        hint = (
            " Or does reset_after have the other value?" if kind == "gru" and bias.shape in {(2, rows), (rows,)} else ""
        )
        raise ShapeError(f"The bias of this layer of kind {kind!r} is {wanted}; found {bias.shape}.{hint}")
    first, second = bias if bias.ndim == 2 else (bias, np.zeros_like(bias))
    index = [ORDER[kind].index(name) for name in BLOCKS[kind]]
    stacked = {"weight_ih": kernel.T, "weight_hh": recurrent.T, "bias_ih": first, "bias_hh": second}
    ordered = {name: np.concatenate([value[k * n : (k + 1) * n] for k in index]) for name, value in stacked.items()}
    cell, params = from_torch_state_dict(ordered, kind, phi=phi if kind == "rnn" else "tanh")
    if kind == "gru" and not after:
        del params["d_c"]
        params |= {name: -params[name] for name in ("W_z", "U_z", "b_z")}
        cell = built_in("gru_original")
    return (cell.bind(phi=phi) if kind == "gru" else cell), params


def _three(arrays: Sequence[Any], kind: str) -> tuple[Any, Any, Any]:
    """Kernel, recurrent kernel and bias or None, of one layer of that kind."""
    if len(arrays) not in {2, 3}:
        raise ShapeError(f"A layer has two or three arrays, kernel, recurrent kernel and bias; found {len(arrays)}.")
    kernel, recurrent, bias = (*(real(value) for value in arrays), None)[:3]
    k = len(ORDER[kind])
    n = recurrent.shape[0] if recurrent.ndim else 0
    if not (kernel.ndim == recurrent.ndim == 2 and recurrent.shape[1] == kernel.shape[1] == k * n):
        raise ShapeError(
            f"A layer of kind {kind!r} has {k} blocks side by side: kernel (m, {k} n), recurrent kernel (n, {k} n); "
            f"found {kernel.shape} and {recurrent.shape}."
        )
    return kernel, recurrent, bias
