"""The numba target of matrix states: loops in Python for every cell; compiled, they are full."""

from __future__ import annotations

from functools import lru_cache
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

import symgate as sg
from symgate.cells import MATRIX
from symgate.exporting import whole
from symgate.interop.autodiff import _double_precision
from symgate.numeric import rollout
from symgate.numeric.load import load_module
from symgate.records import Cell
from tests.codegen.numba_in_python import in_place_of_numba, stand_in, uncompiled
from tests.codegen.training.test_matrix_states import STEPS, along, by_jax, point
from tests.matrix_cells import MATRIX_CELLS
from tests.reference.matrix import MATRIX_REFERENCE

EVERY = [*MATRIX, *MATRIX_CELLS]


@lru_cache
def in_python(cell: Cell) -> ModuleType:
    return uncompiled(whole(cell, "numba"), f"{cell.name}_numba")


@pytest.mark.parametrize("cell", EVERY, ids=lambda cell: cell.name)
def test_every_module_checks_itself(cell: Cell) -> None:
    """Actions, Jacobians on stacked columns and gradients against differences of the step."""
    assert in_python(cell)._self_check() == 0


@pytest.mark.full
@pytest.mark.parametrize("cell", EVERY, ids=lambda cell: cell.name)
def test_every_compiled_module_checks_itself(cell: Cell) -> None:
    pytest.importorskip("numba")
    assert load_module(whole(cell, "numba"), f"{cell.name}_numba")._self_check() == 0


def backward(given: ModuleType, cell: Cell, values: dict[str, Any], lams: dict[str, Any]) -> dict[str, Any]:
    """Backpropagation through time by the functions of a module: a step forward, J' lambda, and the gradients."""
    names = [state.name for state in cell.states]
    mark = (lambda *own: "".join(f"_{name}" for name in own)) if len(names) > 1 else lambda *_own: ""
    letter = {name: f"lam{mark(name)}" for name in names}
    points = [dict(values) | {"u": values["u"][0]}]
    for t in range(STEPS):
        found = given.step(**points[-1])
        after = dict(zip(names, found if len(names) > 1 else [found], strict=True))
        points[t] |= {"u": values["u"][t]}
        points.append({**values, **after, "u": values["u"][min(t + 1, STEPS - 1)]})
    total = {str(item.name): np.zeros(np.shape(values[str(item.name)])) for item in cell.parameters}
    lam = {name: np.zeros(np.shape(values[name])) for name in names}
    for t in reversed(range(STEPS)):
        lam = {name: lam[name] + lams[name][t] for name in names}
        for of in names:
            for name in total:
                own = getattr(given, f"gradient{mark(of)}_{name}")(**points[t], **{letter[of]: lam[of]})
                total[name] += own.sum(axis=0)
        pulled = {
            by: sum(
                getattr(given, f"transposed_times{mark(of, by)}")(**points[t], **{letter[of]: lam[of]}) for of in names
            )
            for by in names
        }
        lam = pulled
    return {**total, **lam}


def compare(given: ModuleType, cell: Cell, n: int, d: int) -> None:
    """With jax.grad through the recurrence typed from the paper."""
    jax = pytest.importorskip("jax")
    values, lams = point(cell, n, d)
    with _double_precision(jax):
        wanted = by_jax(jax, cell, values, lams)
    for name, value in backward(given, cell, values, lams).items():
        scale = max(1.0, float(np.max(np.abs(wanted[name]))))
        assert_allclose(value, wanted[name], rtol=1e-11, atol=1e-11 * scale, err_msg=name)


@pytest.mark.parametrize(("n", "d"), [(4, 3), (3, 3), (1, 1)])
@pytest.mark.parametrize("cell", MATRIX, ids=lambda cell: cell.name)
def test_gradients_through_time(cell: Cell, n: int, d: int) -> None:
    """By complex step through the recurrence typed from the paper."""
    values, lams = point(cell, n, d)
    found = backward(in_python(cell), cell, values, lams)
    for name, (direction, slope) in along(cell, values, lams, STEPS).items():
        if name in found:
            assert np.sum(found[name] * direction) == pytest.approx(slope, rel=1e-11, abs=1e-11), name


@pytest.mark.sweep(1)
@pytest.mark.parametrize(("n", "d"), [(4, 3), (3, 3), (1, 1)])
@pytest.mark.parametrize("cell", MATRIX, ids=lambda cell: cell.name)
def test_gradients_through_time_are_those_of_jax(cell: Cell, n: int, d: int) -> None:
    compare(in_python(cell), cell, n, d)


@pytest.mark.full
@pytest.mark.parametrize("cell", MATRIX, ids=lambda cell: cell.name)
def test_compiled_gradients_through_time_are_those_of_jax(cell: Cell) -> None:
    pytest.importorskip("numba")
    compare(load_module(whole(cell, "numba"), f"{cell.name}_numba"), cell, 4, 3)


def trajectory(cell: Cell, target: str) -> tuple[Any, dict[str, Any]]:
    values, _ = point(cell, 4, 3)
    params = {str(item.name): values[str(item.name)] for item in cell.parameters}
    start = {state.name: values[state.name] for state in cell.states}
    inputs = np.moveaxis(values["u"], 0, 1)
    given = start if len(start) > 1 else next(iter(start.values()))
    return rollout(cell, params, inputs, given, target=target), values


@pytest.mark.parametrize("name", ["delta_net", "mlstm"])
def test_trajectories_are_those_of_the_typed_recurrence(name: str) -> None:
    cell = sg.cell(name)
    with in_place_of_numba(stand_in()):
        run, values = trajectory(cell, "numba")
    now = {state.name: values[state.name][1] for state in cell.states}
    params = {str(item.name): values[str(item.name)] for item in cell.parameters}
    for t in range(STEPS):
        now = MATRIX_REFERENCE[name](np, **now, u=values["u"][t][1], **params)
        for state, value in now.items():
            assert_allclose(run.state(state)[1, t + 1], value, rtol=1e-12)


@pytest.mark.full
def test_a_compiled_trajectory() -> None:
    pytest.importorskip("numba")
    assert_allclose(trajectory(sg.cell("delta_net"), "numba")[0].x, trajectory(sg.cell("delta_net"), "numpy")[0].x)


SLIPS = {
    "an outer product": ("delta_net", ("c2_ = b * v[i_]", "c2_ = b * k[i_]")),
    "the place of a stacked entry": ("memory", ("v[j_ * n + i_] = ", "v[i_ * d + j_] = ")),
    "the scalar of a factor": ("memory", (" += (-b) * k[r0_]", " += k[r0_]")),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_planted_slip_is_seen(slip: str) -> None:
    name, change = SLIPS[slip]
    text = whole(next(cell for cell in EVERY if cell.name == name), "numba")
    assert change[0] in text
    assert uncompiled(text.replace(*change), "planted")._self_check() != 0
