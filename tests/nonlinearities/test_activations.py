"""The activations on every target: values and slopes of torch.nn.functional, far out, at kinks, in both precisions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from symgate.cells import cell
from symgate.codegen.array_api.kernels import ArrayKernels
from symgate.codegen.numba.kernels import LoopKernels
from symgate.codegen.writer.kernels import Kernels
from symgate.derive import jacobian
from symgate.nonlinearities import nonlinearity
from symgate.nonlinearities.activations import activations
from symgate.numeric.load import lambdify, load_module
from tests.codegen.numba_in_python import uncompiled

#: The function of torch.nn.functional, or of torch, and its options.
ORACLES: dict[str, tuple[str, dict[str, Any]]] = {
    "log": ("log", {}),
    "reciprocal": ("reciprocal", {}),
    "square": ("square", {}),
    "silu": ("silu", {}),
    "gelu": ("gelu", {}),
    "gelu_tanh": ("gelu", {"approximate": "tanh"}),
    "mish": ("mish", {}),
    "log_sigmoid": ("logsigmoid", {}),
    "softsign": ("softsign", {}),
    "elu": ("elu", {}),
    "selu": ("selu", {}),
    "leaky_relu": ("leaky_relu", {}),
    "relu6": ("relu6", {}),
    "hard_tanh": ("hardtanh", {}),
    "hard_sigmoid": ("hardsigmoid", {}),
    "step": ("heaviside", {}),
}

#: Every kink, its neighbours, the ordinary range, and far out.
POINTS = [-1000, -88, -30, -6, -3.5, -3, -2.5, -1, -0.5, -1e-3, 0, 1e-3, 0.5, 1, 2.5, 3, 3.5, 6, 7, 30, 88, 1000]

TARGETS = ["numpy", "array_api on numpy", "array_api on strict", "array_api on torch", "numba"]


def torch_value(name: str, order: int, z: np.ndarray) -> np.ndarray:
    """The oracle: torch's own function, and its automatic derivative."""
    torch = pytest.importorskip("torch")
    word, options = ORACLES[name]
    at = torch.tensor(z, requires_grad=True)
    if name == "step":
        return (z > 0).astype(z.dtype) if order == 0 else np.zeros_like(z)
    function = getattr(torch.nn.functional, word, None) or getattr(torch, word)
    value = function(at, **options)
    if order == 0:
        return value.detach().numpy()
    value.sum().backward()
    return at.grad.numpy()


def kernel(name: str, order: int, target: str) -> Callable[[np.ndarray], np.ndarray]:
    """The kernel as a generated module holds it."""
    kind = {"numpy": Kernels, "numba": LoopKernels}.get(target, ArrayKernels)
    kernels = kind({"np", "xp", "math"})
    called = kernels.name(name, order)
    text = "import math\nimport numpy as np\nfrom numba import njit\n" if target == "numba" else "import numpy as np\n"
    if target == "numba":
        from symgate.codegen.numba.helpers import HELPERS

        text += HELPERS["_decay"]
    text += "\n".join(kernels.source()) + "\n"
    module = (uncompiled if target == "numba" else load_module)(text, called)
    f = getattr(module, called)
    if target == "numpy":
        return f
    if target == "numba":
        return lambda z: np.asarray([f(value) for value in z], z.dtype)
    library = target.rsplit(maxsplit=1)[-1]
    xp = pytest.importorskip({"strict": "array_api_strict"}.get(library, library))
    if target.endswith("torch"):
        xp = pytest.importorskip("array_api_compat.torch")
    return lambda z: np.asarray(f(xp, xp.asarray(z)))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", list(ORACLES))
def test_values_and_slopes_are_those_of_torch(name: str, target: str, order: int, dtype: type) -> None:
    """Finite up to +-1000, one-sided slopes at kinks as torch has them, NaN in gives NaN out, the dtype stays."""
    z = np.array(POINTS, dtype)
    entry = nonlinearity(name)
    z = z[z > 0] if entry.domain == "positive" else z[z != 0] if entry.domain == "nonzero" else z
    f = kernel(name, order, target)
    found, wanted = f(z), torch_value(name, order, z)
    assert found.dtype == dtype
    assert np.isfinite(found).all()
    if name == "hard_sigmoid" and order == 1:  # torch rounds 1/6 to single precision
        wanted = (wanted > 0).astype(dtype) / 6
    scale = np.maximum(np.abs(wanted), np.where(np.abs(z) < 30, 1, np.abs(z) ** 0.5))
    np.testing.assert_allclose(found / scale, wanted / scale, atol=64 * np.finfo(dtype).eps, rtol=0)
    assert np.isnan(f(np.array([np.nan, 1.5], dtype))).tolist() == [True, False]


def test_every_activation_is_here() -> None:
    assert {entry.name for entry in activations()} == set(ORACLES)


@pytest.mark.parametrize("name", list(ORACLES))
def test_a_cell_bound_to_it_has_the_jacobian_of_torch(name: str) -> None:
    """The whole way: cell, derivation, generated function; J = diag(f'(a)) W."""
    rng = np.random.default_rng(1)
    point = {"x": rng.normal(size=5), "u": rng.normal(size=2), "b": rng.normal(size=5)}
    point |= {"W_r": rng.normal(size=(5, 5)), "W_i": rng.normal(size=(5, 2))}
    a = point["W_r"] @ point["x"] + point["W_i"] @ point["u"] + point["b"]
    if nonlinearity(name).domain != "real":
        point["b"] += 1 - a.min()
        a = a + 1 - a.min()
    wanted = torch_value(name, 1, a)[:, None] * point["W_r"]
    for target in ("numpy", "array_api"):
        np.testing.assert_allclose(lambdify(jacobian(cell("plain", phi=name)), target)(**point), wanted, atol=1e-13)
