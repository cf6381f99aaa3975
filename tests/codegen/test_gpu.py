"""The array API target where the arrays live on a GPU, as ``test_conformance`` has it; skipped where there is none.

Values must be right and stay on the device; JAX is told to multiply float32 in full precision, since on recent GPUs
its default is a shorter format.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from symgate.cells import LIBRARY, cell
from symgate.numeric.load import lambdify
from symgate.records import Cell
from tests.codegen import test_array_api as transformed
from tests.codegen.test_conformance import disagreements, library, module, on_host

DTYPES = (np.float64, np.float32)


@contextlib.contextmanager
def gpu(name: str) -> Iterator[Callable[[np.ndarray], Any]]:
    """A function from NumPy arrays to arrays of the library on its GPU."""
    with library(name) as as_array:
        if name == "torch":
            torch = pytest.importorskip("torch")
            if not torch.cuda.is_available():
                pytest.skip("PyTorch finds no GPU")
            yield lambda value: torch.asarray(value, device="cuda")
            return
        jax = pytest.importorskip("jax")
        if jax.default_backend() != "gpu":
            pytest.skip("JAX finds no GPU")
        with jax.default_matmul_precision("highest"):
            yield as_array


@pytest.mark.parametrize("name", ["torch", "jax.numpy"])
@pytest.mark.parametrize("one", LIBRARY, ids=lambda one: one.name)
def test_every_object_on_the_gpu(one: Cell, name: str) -> None:
    with gpu(name) as as_array:
        for dtype in DTYPES:
            for batched in (False, True):
                found = disagreements(module(one, "array_api"), one, as_array, batched=batched, dtype=dtype)
                assert found == [], (dtype.__name__, batched)


@pytest.mark.parametrize("name", ["torch", "jax.numpy"])
def test_under_transformations_on_the_gpu(name: str) -> None:
    """Every object of the multi gate: compiled (JAX), and mapped over the states."""
    one = cell("multi_gate")
    with gpu(name) as as_array:
        for item in transformed.every(one):
            point = transformed.arrays(item, (3,))
            expected, f = lambdify(item)(**point), lambdify(item, "array_api")
            given = {key: as_array(value) for key, value in point.items()}
            moving = {key: given.pop(key) for key in ("x", "lam", "tangent") if key in given}
            if name == "torch":
                mapped = pytest.importorskip("torch").func.vmap
            else:
                jax = pytest.importorskip("jax")
                assert_allclose(on_host(jax.jit(f.func)(**moving, **given)), expected, rtol=1e-12, atol=1e-14)
                mapped = jax.vmap
            found = mapped(lambda part, f=f, given=given: f(**part, **given))(moving)
            assert_allclose(on_host(found), expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", ["torch", "jax.numpy"])
def test_a_planted_slip_is_seen_on_the_gpu(name: str) -> None:
    """The check above can fail: a value off by a thousandth, and one left on the CPU."""
    one = cell("plain")
    found = module(one, "array_api")
    with gpu(name) as as_array:
        J = found.plain_jacobian_x
        try:
            found.plain_jacobian_x = lambda **given: 1.001 * J(**given)
            assert disagreements(found, one, as_array, batched=True, dtype=np.float64) == ["plain_jacobian_x"]
            found.plain_jacobian_x = lambda **given: on_host(J(**given))
            bad = disagreements(found, one, as_array, batched=True, dtype=np.float64)
            assert bad == ["plain_jacobian_x has left the device"]
        finally:
            found.plain_jacobian_x = J
