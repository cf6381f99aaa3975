"""Rollouts, gradients, generated functions and training modules take and refuse the same dtypes in the same words."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy import sparse

import symgate as sg
from symgate import numeric
from symgate.codegen import source
from symgate.exporting import trained
from symgate.interop.autodiff import _double_precision
from symgate.numeric.load import load_module, whole
from tests.codegen.numba_in_python import uncompiled
from tests.numeric.recurrence import draw

CELL = sg.cell("scalar_gate")
PARAMS = draw(CELL, 3, 2, 1)
Values = dict[str, Any]
ONE = {"x": np.ones(3), "u": np.ones(2), **PARAMS}
MANY = {**ONE, "u": np.ones((4, 2))}


def _rollout(values: Values) -> Any:
    params = {name: values[name] for name in PARAMS}
    return numeric.rollout(CELL, params, values["u"], values["x"])


def _pushes(values: Values) -> np.ndarray:
    """dL/dx_t, in single precision where everything else is."""
    single = all(np.asarray(value).dtype == np.float32 for value in values.values())
    return np.ones((4, 3), np.float32 if single else np.float64)


def _backward(word: str) -> Callable[[Values], Any]:
    """The way there and back of a module without a library of its own."""
    module = load_module(whole(CELL, word), f"manners_{word}")

    def run(values: Values) -> Any:
        _, tape = module.forward(**values)
        return module.backward(tape, lam=_pushes(values))["b"]

    return run


def _in_torch(run: Callable[..., Any]) -> Callable[[Values], Any]:
    torch = pytest.importorskip("torch")

    def tensor(value: Any) -> Any:
        plain = type(value) is np.ndarray and value.dtype.kind in "biufc" and value.dtype.itemsize <= 16
        return torch.tensor(value) if plain and value.dtype != np.longdouble else value

    return lambda values: run(**{name: tensor(value) for name, value in values.items()})


def _in_jax(run: Callable[..., Any]) -> Callable[[Values], Any]:
    jax = pytest.importorskip("jax")

    def called(values: Values) -> Any:
        with _double_precision(jax):
            plain = {name: type(value) is np.ndarray and value.dtype.kind in "biufc" for name, value in values.items()}
            return run(**{name: jax.numpy.asarray(v) if plain[name] else v for name, v in values.items()})

    return called


#: Entry points: what they take, and what makes them.
ENTRIES: dict[str, tuple[Values, Callable[[], Callable[[Values], Any]]]] = {
    "rollout": (MANY, lambda: lambda values: _rollout(values).x),
    "gradient": (MANY, lambda: lambda values: numeric.loss_gradient(_rollout(values), _pushes(values))["b"]),
    "numpy": (ONE, lambda: lambda values: sg.lambdify(sg.jacobian(CELL))(**values)),
    "array_api": (ONE, lambda: lambda values: sg.lambdify(sg.jacobian(CELL), "array_api")(**values)),
    "array_api on torch": (ONE, lambda: _in_torch(sg.lambdify(sg.jacobian(CELL), "array_api"))),
    "numba": (ONE, lambda: lambda v: uncompiled(source(CELL, "numba"), "manners").scalar_gate_step(**v)),
    "numpy, training": (MANY, lambda: _backward("numpy")),
    "array_api, training": (MANY, lambda: _backward("array_api")),
    "torch, training": (MANY, lambda: _in_torch(lambda **v: _training("torch").sequence(**v)[0])),
    "jax, training": (MANY, lambda: _in_jax(lambda **v: _training("jax").sequence(**v)[0])),
}
#: Those that are given arrays of a library, which has fewer dtypes; arrays of NumPy are no tensors.
OTHERS = {"array_api on torch", "torch, training", "jax, training"}


@cache
def _training(word: str) -> Any:
    return load_module(trained(CELL, word), f"manners_{word}")


@cache
def entry(name: str) -> Callable[[Values], Any]:
    return ENTRIES[name][1]()


def said(name: str, changed: Values) -> str:
    """The dtype of the result, or the error."""
    try:
        found = entry(name)({**ENTRIES[name][0], **changed})
    except (TypeError, ValueError) as error:
        return str(error).replace("torch.", "")
    return str(found.dtype).replace("torch.", "")


@pytest.mark.parametrize("name", ENTRIES)
def test_the_same_dtypes_are_taken(name: str) -> None:
    """Halves, whole numbers and truth values become float64; float32 stays where everything is float32."""
    for kind in ("f2", "f4", "f8", "i4", "i8", "u1", "?"):
        assert said(name, {"W_r": np.ones((3, 3), kind)}) == "float64", kind
    every = {key: np.asarray(value, np.float32) for key, value in ENTRIES[name][0].items()}
    assert said(name, every) == "float32"
    counts = {key: np.ones(np.shape(value), int) for key, value in ENTRIES[name][0].items()}
    assert said(name, counts) == "float64"


@pytest.mark.parametrize("name", ENTRIES)
def test_the_same_dtypes_are_refused_in_the_same_words(name: str) -> None:
    real = "W_r must hold real numbers, float32 or float64 (whole numbers are converted); found dtype "
    assert said(name, {"W_r": np.ones((3, 3), complex)}) == f"{real}complex128"
    assert said(name, {"W_r": sparse.csr_matrix(np.eye(3))}) == "W_r is a sparse csr_matrix; pass W_r.toarray()"
    masked = "W_r is a masked array, and a mask has no meaning here; pass W_r.filled(...)"
    assert said(name, {"W_r": np.ma.masked_array(np.ones((3, 3)))}) == masked
    if name not in OTHERS:
        assert said(name, {"W_r": np.ones((3, 3), object)}) == f"{real}object"
        assert said(name, {"W_r": np.ones((3, 3), np.longdouble)}).startswith(real)


@pytest.mark.parametrize("name", ENTRIES)
def test_a_size_of_nothing_is_refused_in_the_same_words(name: str) -> None:
    """n = 0 and m = 0."""
    values = ENTRIES[name][0]
    for letter, length in (("n", 3), ("m", 2)):
        cut = {}
        for key, value in values.items():
            core = getattr(CELL.symbols[key], "shape", ())
            places = [str(size) == letter for size in core]
            at = tuple(slice(0) if here else slice(None) for here in (places[:1] if core[1:] == (1,) else places))
            cut[key] = value[(..., *at)] if any(at_.stop == 0 for at_ in at) else value
        text = said(name, cut)
        assert " with every size 1 or more; found (" in text, (letter, length, text)
        assert "must have shape (..., " in text
