"""What several recurrences share: gates, pre-activations, and the types of arrays and functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Array = Any
Kernels = Mapping[str, Callable[[Any], Any]]


def gate(f: Kernels, p: Mapping[str, Array], name: str, u: Array, x: Array | None = None) -> Array:
    """sigma(W u + U x + b), or sigma(W u + b) where no state enters, with the parameters of that name."""
    sees_state = 0 if x is None else p[f"U_{name}"] @ x
    return f["sigma"](p[f"W_{name}"] @ u + sees_state + p[f"b_{name}"])


def pre_activation(p: Mapping[str, Array], name: str, u: Array, x: Array) -> Array:
    """U x + W u + b, with the parameters of that name."""
    return p[f"U_{name}"] @ x + p[f"W_{name}"] @ u + p[f"b_{name}"]
