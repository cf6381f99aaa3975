"""The exponential of compiled loops, which is our own: its error, its edges, and what is made of it."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from symgate.cells import cell
from symgate.codegen import source
from symgate.codegen.numba.blocks import ROWS, in_blocks
from symgate.derive import jacobian
from symgate.numeric.load import lambdify, load_module
from tests.codegen.numba_in_python import uncompiled
from tests.oracles import draw_point

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


BLOCKED = ("multi_gate", "gru", "lstm", "janet")
WHOLE = ("scalar_gate", "gru_original", "multi_gate_norm")


@pytest.mark.parametrize("name", BLOCKED + WHOLE)
def test_more_rows_than_a_block(name: str) -> None:
    """Where entry i needs entries i alone, rows go block by block; values are those of the NumPy target either way."""
    one = cell(name)
    for state in one.states:
        J = jacobian(one, one.states[0].name, state.name)
        text = source(J, "numba")
        assert ("for r_ in range" in text) == (name in BLOCKED)
        given = draw_point(one, n=2 * ROWS + 5, m=3)
        found = getattr(uncompiled(text, J.name), J.name)(**given)
        assert_allclose(found, lambdify(J)(**given), rtol=1e-11, atol=1e-13)


def test_a_loop_that_reads_a_whole_vector_stays() -> None:
    lines = ["for i_ in range(n):", "    a[i_] = _row_times(W, i_, x)", "for i_ in range(n):", "    b[i_] = a[i_]"]
    assert in_blocks(lines)[0] == f"for r_ in range(0, n, {ROWS}):"
    for reading in ("_row_times(W, i_, a)", "a[j_]", "a[0]"):
        whole = [*lines[:3], f"    b[i_] = {reading}"]
        assert in_blocks(whole) == whole
    other = [*lines[:2], "for i_ in range(m):", lines[3]]
    assert in_blocks(other) == other
