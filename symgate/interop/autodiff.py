"""Automatic differentiation by torch or jax, where installed: one more oracle of the proofs, never required.

Imports nothing of symgate, and torch and jax only when asked.  ``available`` looks whether they are installed
without importing them.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from importlib.util import find_spec
from typing import Any

LIBRARIES = ("torch", "jax")


def available() -> tuple[str, ...]:
    """The libraries that are installed."""
    return tuple(name for name in LIBRARIES if find_spec(name) is not None)


def kernels(library: str) -> dict[str, Callable[[Any], Any]]:
    """The nonlinearities of that library by their names in the registry; those it lacks are absent.

    Raises:
        ValueError: the library is neither torch nor jax.
    """
    if library == "torch":
        import torch

        special = torch.nn.functional
        return {
            "sigma": torch.sigmoid,
            "tanh": torch.tanh,
            "relu": torch.relu,
            "softplus": special.softplus,
            "identity": lambda z: z,
            "sin": torch.sin,
            "erf": torch.erf,
            "cos": torch.cos,
            "exp": torch.exp,
            "expm1": torch.expm1,
            "sqrt": torch.sqrt,
        }
    if library == "jax":
        import jax

        return {
            "sigma": jax.nn.sigmoid,
            "tanh": jax.numpy.tanh,
            "relu": jax.nn.relu,
            "softplus": jax.nn.softplus,
            "identity": lambda z: z,
            "sin": jax.numpy.sin,
            "erf": jax.scipy.special.erf,
            "cos": jax.numpy.cos,
            "exp": jax.numpy.exp,
            "expm1": jax.numpy.expm1,
            "sqrt": jax.numpy.sqrt,
        }
    raise ValueError(f"No array library {library!r} here; known: {', '.join(LIBRARIES)}.")


def gradient(library: str, step: Callable[..., Any], arrays: Mapping[str, Any], wrt: str, cotangents: Any) -> list[Any]:
    """The gradient of dot(cotangent, step(**arrays)) by ``arrays[wrt]`` for each cotangent, in float64.

    Args:
        library: "torch" or "jax".
        step: a function of keyword arguments that uses only operators and the kernels of that library.
        arrays: NumPy arrays by name.
        wrt: the name to differentiate by.
        cotangents: a NumPy array (k, n).

    Returns:
        k NumPy arrays of the shape of ``arrays[wrt]``.
    """
    if library == "torch":
        return _torch_gradient(step, arrays, wrt, cotangents)
    return _jax_gradient(step, arrays, wrt, cotangents)


def _torch_gradient(step: Callable[..., Any], arrays: Mapping[str, Any], wrt: str, cotangents: Any) -> list[Any]:
    import torch

    tensors = {name: torch.tensor(value, dtype=torch.float64) for name, value in arrays.items()}
    variable = tensors[wrt].requires_grad_()
    result = step(**tensors)
    found = []
    for cotangent in cotangents:
        (slope,) = (
            torch.autograd.grad(result, variable, torch.tensor(cotangent), retain_graph=True, allow_unused=True)
            if result.requires_grad
            else (None,)
        )
        found.append((torch.zeros_like(variable) if slope is None else slope).detach().numpy())
    return found


def _jax_gradient(step: Callable[..., Any], arrays: Mapping[str, Any], wrt: str, cotangents: Any) -> list[Any]:
    import jax
    import numpy as np

    with _double_precision(jax):
        fixed = {name: jax.numpy.asarray(value) for name, value in arrays.items()}
        _, pull_back = jax.vjp(lambda variable: step(**{**fixed, wrt: variable}), fixed[wrt])
        return [np.asarray(pull_back(jax.numpy.asarray(cotangent))[0]) for cotangent in cotangents]


def _double_precision(jax: Any) -> AbstractContextManager[Any]:
    """float64 for a while, without changing the setting of the process."""
    if not hasattr(jax, "enable_x64"):  # before jax 0.8
        jax = importlib.import_module("jax.experimental")
    return jax.enable_x64(new_val=True)
