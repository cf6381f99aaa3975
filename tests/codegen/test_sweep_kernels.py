"""The kernels of loops over time: every digit, as the kernels they stand in for."""

from __future__ import annotations

from collections.abc import Callable

import mpmath as mp
import numpy as np
import pytest

from symgate.codegen.sweep.kernels import BODIES, SweepKernels
from symgate.codegen.writer.kernels import Kernels
from symgate.numeric.load import load_module

Z = np.concatenate([np.linspace(-740, 740, 75), np.random.default_rng(0).normal(size=40), [0.0, -1e-300, 20.0, -37.5]])

TRUTH = {
    "sigma": (
        lambda z: 1 / (1 + mp.exp(-z)),
        lambda z: 1 / (1 + mp.exp(z)),
        lambda z: 1 / (1 + mp.exp(-z)) / (1 + mp.exp(z)),
    ),
    "tanh": (mp.tanh, lambda z: mp.sech(z) ** 2),
}


def kernel(function: str, kind: type[Kernels] = SweepKernels) -> Callable[[np.ndarray], tuple]:
    kernels = kind({"np"})
    name = kernels.family(function)
    return getattr(load_module("\n".join(["import numpy as np", *kernels.source(), ""]), "family"), name)


@pytest.mark.parametrize("function", BODIES)
def test_every_digit_of_every_member(function: str) -> None:
    """Within four units of the last place, also where the value is nearly 0 or nearly 1."""
    mp.mp.dps = 40
    members = kernel(function)(Z)
    tiny = np.finfo(float).tiny
    assert len(members) == len(TRUTH[function])
    for found, truth in zip(members, TRUTH[function], strict=True):
        for z, value in zip(Z, found, strict=True):
            expected = truth(mp.mpf(float(z)))
            assert abs(mp.mpf(float(value)) - expected) <= 4 * np.finfo(float).eps * max(abs(expected), tiny)


@pytest.mark.parametrize("function", BODIES)
@pytest.mark.parametrize("shape", [(), (3,), (0, 2), (2, 3)])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_same_shapes_and_kinds(function: str, shape: tuple[int, ...], kind: type) -> None:
    """Scalars too; the argument is left alone; what is not finite comes out as from the kernel that it replaces."""
    z = np.full(shape, 0.3, kind)
    for found, expected in zip(kernel(function)(z), kernel(function, Kernels)(z), strict=True):
        assert np.shape(found) == shape
        assert found.dtype == kind
        np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert (z == kind(0.3)).all()
    far = np.array([np.inf, -np.inf, np.nan])
    np.testing.assert_array_equal(kernel(function)(far), kernel(function, Kernels)(far))
