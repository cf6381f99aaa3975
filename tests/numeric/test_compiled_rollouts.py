"""Rollouts with compiled steps: the same states, the same gradients; in Python for every cell, compiled for some."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from numpy.testing import assert_allclose, assert_array_equal

from symgate.cells import LIBRARY, cell
from symgate.errors import MissingLibraryError, UnknownNameError
from symgate.numeric import loss_gradient, rollout
from symgate.numeric.sweeps import swept
from symgate.records import Cell
from tests.codegen.numba_in_python import in_place_of_numba, stand_in
from tests.drawn import examples
from tests.oracles import draw_point
from tests.strategies import cells


@contextmanager
def in_python() -> Iterator[None]:
    """Loops in Python; modules made meanwhile are forgotten."""
    swept.cache_clear()
    try:
        with in_place_of_numba(stand_in()):
            yield
    finally:
        swept.cache_clear()


def drawn(one: Cell, batch: tuple[int, ...], dtype: type = np.float64, steps: int = 4) -> tuple:
    point, rng = draw_point(one, 0, 0.5, n=4, m=3), np.random.default_rng(7)
    params = {str(p.name): np.asarray(point[str(p.name)], dtype) for p in one.parameters}
    shapes = {str(u.name): (*batch, steps, *np.shape(point[str(u.name)])) for u in one.inputs}
    inputs = {name: rng.standard_normal(shape).astype(dtype) for name, shape in shapes.items()}
    start = {state.name: np.asarray(point[state.name], dtype) for state in one.states}
    return params, inputs, start


def compare(one: Cell, given_: tuple, rtol: float) -> None:
    """States and gradients, kept or not."""
    params, inputs, start = given_
    start = start if len(one.states) > 1 else start[one.state().name]
    expected = rollout(one, params, inputs, start, keep=True)
    push = np.random.default_rng(8).standard_normal(expected.after.shape).astype(expected.x.dtype)
    size = max(1.0, float(np.abs(expected.x).max(initial=0)))
    for keep in (False, True):
        found = rollout(one, params, inputs, start, keep=keep, target="numba")
        assert found.x.dtype == expected.x.dtype
        assert_allclose(found.x, expected.x, rtol=rtol, atol=rtol * size)
    true, gradient = loss_gradient(expected, push), loss_gradient(found, push)
    for name, value in true.items():
        assert_allclose(gradient[name], value, rtol=10 * rtol, atol=10 * rtol * max(1, np.abs(value).max(initial=0)))


@pytest.mark.sweep(14)
@pytest.mark.parametrize("one", LIBRARY, ids=lambda one: one.name)
def test_every_cell(one: Cell) -> None:
    with in_python():
        for batch in ((), (3,), (2, 2), (0,)):
            compare(one, drawn(one, batch), 1e-12)
        compare(one, drawn(one, (3,), np.float32), 2e-5)


@settings(
    max_examples=examples(15), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(one=cells())
def test_any_cell(one: Cell) -> None:
    with in_python(), np.errstate(all="ignore"):
        values = drawn(one, (2,))
        start = values[2] if len(one.states) > 1 else values[2][one.state().name]
        if np.abs(rollout(one, *values[:2], start).x).max() < 1e3:
            compare(one, values, 1e-9)


@pytest.mark.parametrize("name", ["multi_gate", "scalar_gate", "gru_original", "lstm_peephole"])
def test_compiled(name: str) -> None:
    pytest.importorskip("numba")
    for dtype, rtol in ((np.float64, 1e-12), (np.float32, 2e-5)):
        compare(cell(name), drawn(cell(name), (3,), dtype), rtol)


def test_parameters_with_batch_axes_of_their_own() -> None:
    one = cell("multi_gate")
    params, inputs, start = drawn(one, (3,))
    rng = np.random.default_rng(9)
    for name in ("W_r", "b_g"):
        params[name] = params[name] + 0.1 * rng.standard_normal((3, *params[name].shape))
    with in_python():
        compare(one, (params, inputs, start), 1e-12)


def test_no_steps() -> None:
    one = cell("multi_gate")
    params, inputs, start = drawn(one, (3,), steps=0)
    with in_python():
        found = rollout(one, params, inputs, start["x"], target="numba")
    assert_array_equal(found.x, np.broadcast_to(start["x"], (3, 1, 4)))


def test_a_planted_slip_is_seen() -> None:
    one = cell("multi_gate")
    with in_python():
        module, _ = swept(one, "numba")
        right = module._record_step

        def wrong(*arrays: np.ndarray) -> None:
            right(*arrays)
            arrays[-1][...] *= 1.001  # what is kept of the retention

        module._record_step = wrong
        with pytest.raises(AssertionError, match="Not equal"):
            compare(one, drawn(one, (3,)), 1e-12)


def test_a_target_that_is_not_there() -> None:
    one = cell("plain")
    params, inputs, start = drawn(one, ())
    with pytest.raises(UnknownNameError, match=r"'numbo' is not a known target of a rollout. Did you mean 'numba'"):
        rollout(one, params, inputs, start["x"], target="numbo")
    swept.cache_clear()
    with in_place_of_numba(None), pytest.raises(MissingLibraryError, match="install numba"):
        rollout(one, params, inputs, start["x"], target="numba")
