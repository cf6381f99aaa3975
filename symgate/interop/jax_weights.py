"""Weights of flax and equinox cells as cells of this package with their parameters; neither is imported.

flax.linen keeps one Dense layer for each block, under two letters: where it comes from (i: the input, h: the state) and
the block.  Kernels multiply from the left, so each is the transpose of a matrix here.

    GRUCell     ir iz in with bias, hr hz without, hn with: b_c is that of "in", d_c that of "hn"
    LSTMCell    ii if ig io without bias, hi hf hg ho with; OptimizedLSTMCell has the same tree
    SimpleCell  i with bias, h without

flax.nnx has the blocks of GRUCell, OptimizedLSTMCell and SimpleCell side by side in ``dense_i`` and ``dense_h``, in the
order r z n and i f g o; its LSTMCell is that of flax.linen with ``if_`` for ``if``.

equinox stacks blocks as torch does, r z n and i f g o, with ONE bias; its GRUCell has ``bias_n`` beside it, which the
reset gate multiplies.  The carry of flax's LSTM is (c, h), that of equinox (h, c).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from symgate.errors import ShapeError, unknown
from symgate.interop.weights import BLOCKS, Arrays, from_torch_state_dict, real
from symgate.records import Cell

#: What flax calls the candidate of the GRU; other blocks have one name everywhere.
FLAX = {"c": "n"}
#: The cells of equinox with their kind.
EQUINOX = {"GRUCell": "gru", "LSTMCell": "lstm"}


def from_flax(params: Mapping[str, Any], kind: str, *, phi: str = "tanh") -> tuple[Cell, Arrays]:
    """The parameters of flax's SimpleCell, GRUCell, LSTMCell or OptimizedLSTMCell as a cell and its parameters.

    Args:
        params: of flax.linen what ``cell.init(...)`` returns, with or without the outer "params", or the part of a
            larger tree that belongs to the cell; of flax.nnx ``nnx.to_pure_dict(nnx.state(cell, nnx.Param))``.
        kind: "rnn", "gru" or "lstm".
        phi: the nonlinearity of a SimpleCell.

    Returns:
        The cell ("plain", "gru" or "lstm") and its parameters as NumPy arrays of their own.

    Raises:
        UnknownNameError: the kind does not exist, or a block is missing: also where the tree is that of another cell.
        ShapeError: arrays that do not fit together.

    Law: ``tests/interop/test_jax_weights.py``: forward and Jacobians equal jax's to 1e-12, gradients to 1e-11.
    """
    if kind not in BLOCKS:
        raise unknown("kind of layer", kind, BLOCKS)
    tree = params.get("params", params)
    if "dense_i" in tree:
        sides = {side: _dense(tree, f"dense_{letter}", kind) for side, letter in (("ih", "i"), ("hh", "h"))}
        found = {f"weight_{side}": kernel.T for side, (kernel, _) in sides.items()}
        return from_torch_state_dict(found | {f"bias_{side}": b for side, (_, b) in sides.items()}, kind, phi=phi)
    parts: dict[str, list[Any]] = {"weight_ih": [], "weight_hh": [], "bias_ih": [], "bias_hh": []}
    for name in BLOCKS[kind]:
        for side, letter in (("ih", "i"), ("hh", "h")):
            block = letter + FLAX.get(name, name)
            kernel, bias = _dense(tree, block if block in tree or f"{block}_" not in tree else f"{block}_", kind)
            parts[f"weight_{side}"].append(kernel.T)
            parts[f"bias_{side}"].append(bias)
    for name, values in parts.items():
        if len({value.shape for value in values}) > 1:
            raise ShapeError(f"The blocks of one cell have one shape; found {[v.shape for v in values]} for {name}.")
    stacked = {name: np.concatenate(values) for name, values in parts.items()}
    return from_torch_state_dict(stacked, kind, phi=phi)


def from_equinox(module: Any) -> tuple[Cell, Arrays]:
    """An equinox.nn.GRUCell or LSTMCell as a cell and its parameters.

    Raises:
        UnknownNameError: another module.
        ShapeError: arrays that do not fit together, such as those of an ensemble made with vmap: take one member.
    """
    names = [base.__name__ for base in type(module).__mro__]
    kind = next((EQUINOX[name] for name in names if name in EQUINOX), None)
    if kind is None:
        raise unknown("cell of equinox", names[0], EQUINOX, "A model holds it as an attribute, such as model.cell.")
    W, U = real(module.weight_ih), real(module.weight_hh)
    bias = np.zeros(W.shape[0], W.dtype) if module.bias is None else real(module.bias)
    other = np.zeros_like(bias)
    if kind == "gru" and module.bias_n is not None:
        own = real(module.bias_n)
        if own.ndim != 1 or len(own) != U.shape[-1]:
            raise ShapeError(f"bias_n has one entry for each of the n = {U.shape[-1]} units; found {own.shape}.")
        other[-len(own) :] = own
    return from_torch_state_dict({"weight_ih": W, "weight_hh": U, "bias_ih": bias, "bias_hh": other}, kind)


def _dense(tree: Mapping[str, Any], block: str, kind: str) -> tuple[Any, Any]:
    """The kernel of a block, (inputs, units), and its bias, zeros where it has none."""
    if block not in tree or "kernel" not in tree[block]:
        raise unknown(f"block of a flax tree of kind {kind!r}", f"{block}/kernel", sorted(map(str, tree)))
    kernel = real(tree[block]["kernel"])
    if kernel.ndim != 2:
        raise ShapeError(f"The kernel of {block!r} is a matrix (inputs, units); found {kernel.shape}.")
    bias = tree[block].get("bias")
    return kernel, np.zeros(kernel.shape[1], kernel.dtype) if bias is None else real(bias)
