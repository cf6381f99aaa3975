"""The exponential of compiled loops, which is our own: its error, its edges, and what is made of it."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from symgate.cells import cell
from symgate.codegen import source
from symgate.derive import jacobian
from symgate.numeric.load import load_module
from tests.codegen.numba_in_python import uncompiled

EDGES = [0.0, 5e-324, 1e-310, 0.34657359, 0.34657360, 708.4, 744.0, 745.2, 746.0, 800.1, 1e300, np.inf]


@pytest.fixture(params=["in Python", "compiled"])
def module(request: pytest.FixtureRequest) -> ModuleType:
    """The module of the multi gate, which has both families."""
    text = source(jacobian(cell("multi_gate", phi="tanh")), "numba")
    if request.param == "compiled":
        pytest.importorskip("numba")
        return load_module(text, "kernels")
    return uncompiled(text, "kernels")


def units(found: float, true: np.longdouble) -> float:
    """The error in units of the last place."""
    return float(abs(np.longdouble(found) - true) / np.longdouble(np.spacing(np.float64(abs(true)))))


@pytest.mark.skipif(np.finfo(np.longdouble).nmant < 60, reason="needs a longer format to compare with")
def test_the_exponential_is_right_to_a_unit_of_the_last_place(module: ModuleType) -> None:
    rng = np.random.default_rng(0)
    drawn = np.concatenate([10 ** rng.uniform(-320, 2.8, 300), rng.uniform(0, 2, 300), rng.uniform(0, 740, 300)])
    for y in [*EDGES[:-1], *drawn]:
        e, less = module._decay(np.float64(y))
        assert units(e, np.exp(-np.longdouble(y))) < 1.01, y
        assert units(less, np.expm1(-np.longdouble(y))) < 1.2, y


def test_its_edges(module: ModuleType) -> None:
    for y in EDGES:
        e, less = module._decay(np.float64(y))
        assert (e, less) == (0, -1) if y > 745.14 else e > 0
    assert np.isnan(module._decay(np.nan)).all()


def test_families_at_every_size(module: ModuleType) -> None:
    for size in [*EDGES, 0.3, 2.0, 40.0, 372.0]:
        for z in (np.float64(size), -np.float64(size)):
            tanh, slope = module._tanh_family(z)
            with np.errstate(all="ignore"):
                root = 2 * np.exp(-abs(z)) / (1 + np.exp(-2 * abs(z)))
                low, high = np.exp(-abs(z)) / (1 + np.exp(-abs(z))), 1 / (1 + np.exp(-abs(z)))
            assert_allclose(tanh, np.tanh(z), rtol=4e-16, atol=0)
            assert np.signbit(tanh) == np.signbit(z)
            assert_allclose(slope, root * root, rtol=2e-15, atol=1e-322)
            expected = (high, low, low * high) if z >= 0 else (low, high, low * high)
            assert_allclose(module._sigma_family(z), expected, rtol=1e-15, atol=1e-323)
    for family in (module._tanh_family, module._sigma_family):
        assert np.isnan(family(np.float64(np.nan))).all()


def test_single_precision_is_computed_in_double(module: ModuleType) -> None:
    z = np.float32(0.7)
    assert_array_equal(np.float32(module._tanh_family(z)), np.float32(module._tanh_family(np.float64(z))))
