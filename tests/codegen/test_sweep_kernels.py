"""The kernels of loops over time: every digit, as the kernels they stand in for."""

from __future__ import annotations

from collections.abc import Callable

import mpmath as mp
import numpy as np
import pytest

from symgate.codegen.sweep.kernels import BODIES, SweepKernels
from symgate.codegen.writer.kernels import Kernels
from symgate.numeric.load import load_module

Z = np.concatenate(
    [np.linspace(-740, 740, 75), np.random.default_rng(0).normal(size=40), [0.0, -1e-300, 20.0, -37.5, 1e-9]]
)

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
@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("far", [43, 87, 104, 353, 707.5, 740], ids=str)
def test_every_digit_of_every_member(function: str, kind: type, far: float) -> None:
    """Within four units of the last place, also where the value is nearly 0 or nearly 1: near 0 and far from it."""
    mp.mp.dps = 40
    points = np.concatenate([Z[np.abs(Z) < far], [-far, far]]).astype(kind)
    members = kernel(function)(points)
    eps, tiny = np.finfo(kind).eps, np.finfo(kind).tiny
    assert len(members) == len(TRUTH[function])
    for found, truth in zip(members, TRUTH[function], strict=True):
        for z, value in zip(points, found, strict=True):
            expected = truth(mp.mpf(float(z)))
            assert abs(mp.mpf(float(value)) - expected) <= 4 * float(eps) * max(abs(expected), float(tiny)), z


@pytest.mark.parametrize("function", BODIES)
def test_one_point_far_away_changes_no_other(function: str) -> None:
    """A batch with what is not a number, and with points beyond the exponential, is right everywhere."""
    near = np.random.default_rng(1).normal(size=9)
    every = kernel(function)(np.concatenate([near, [np.nan, -1e4, 1e4]]))
    alone = kernel(function, Kernels)(np.array([-1e4, 1e4]))
    for found, expected, far in zip(every, kernel(function)(near), alone, strict=True):
        np.testing.assert_allclose(found[:9], expected, rtol=4 * np.finfo(float).eps)
        assert np.isnan(found[9])
        np.testing.assert_array_equal(found[10:], far)


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
