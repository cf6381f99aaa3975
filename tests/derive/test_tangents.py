"""The tangent of a cell is the directional derivative of its step, and its Jacobians are second derivatives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import symgate as sg
from symgate import numeric
from symgate.cells import LIBRARY
from symgate.derive.tangents import tangent
from symgate.proof import verify
from tests.drawn import examples
from tests.numeric.recurrence import draw
from tests.oracles import draw_point, environment, sizes_of
from tests.strategies import cells

STEP = 1e-30


def directional(cell: sg.Cell, double: sg.Cell, point: dict, sizes: dict) -> list[np.ndarray]:
    """The states after a step moved by i h along the tangents of the point, by complex step."""
    moved = dict(point)
    pairs = [
        (state.before, after.before)
        for state, after in zip(cell.states, double.states[len(cell.states) :], strict=True)
    ]
    pairs += list(zip(cell.parameters, double.parameters[len(cell.parameters) :], strict=True))
    for symbol, dot in pairs:
        moved[symbol.name] = point[symbol.name] + 1j * STEP * point[dot.name]
    values = environment(cell, {name: moved[name] for name in cell.symbols}, sizes)
    return [np.imag(values[state.after]) / STEP for state in cell.states]


def check(cell: sg.Cell, seed: int) -> None:
    double = tangent(cell)
    sizes = sizes_of(cell, n=3, m=3 if cell.name in {"rg_lru", "s6", "sru", "rwkv4"} else 2)
    point = draw_point(double, seed, 0.5, **{str(size): value for size, value in sizes.items()})
    with np.errstate(all="ignore"):
        values = environment(double, point, sizes)
        expected = directional(cell, double, point, sizes)
        for state, value in zip(double.states[len(cell.states) :], expected, strict=True):
            if np.isfinite(value).all():
                assert_allclose(values[state.after], value, rtol=1e-10, atol=1e-11 * (1 + np.abs(value).max()))


@pytest.mark.sweep(15)
@pytest.mark.parametrize("cell", LIBRARY, ids=lambda cell: cell.name)
def test_the_tangent_is_the_directional_derivative(cell: sg.Cell) -> None:
    """By complex step of the plain reading of the recurrence."""
    check(cell, 1)


@settings(max_examples=examples(40))
@given(cell=cells(), seed=st.integers(0, 99))
def test_it_is_for_drawn_cells(cell: sg.Cell, seed: int) -> None:
    """Cells drawn at random."""
    check(cell, seed)


@pytest.mark.parametrize("name", ["plain", "scalar_gate", "multi_gate", "gru_original"])
def test_curvature_of_one_step_is_proved(name: str) -> None:
    """The vector-Jacobian product of the tangent is lambda' d2f(dx, .): derived, proved, and named by its terms."""
    double = tangent(sg.cell(name))
    for wrt in ("x", str(double.parameters[0].name)):
        derived = sg.vjp(double, wrt, "x_dot")
        assert verify(derived).proved
    if name == "multi_gate":
        assert {"drive", "gate"} <= set(sg.vjp(double, "x", "x_dot").terms)


def test_the_second_derivative_is_symmetric() -> None:
    """lambda' d2f(v, w) = lambda' d2f(w, v) for a step of the multi gate."""
    cell = sg.cell("multi_gate")
    double = tangent(cell)
    params, rng = draw(double, 4, 2, 3), np.random.default_rng(0)
    still = {name: np.zeros_like(value) if name.endswith("_dot") else value for name, value in params.items()}
    pull = numeric.lambdify(sg.vjp(double, "x", "x_dot"))
    x, u, lam, v, w = rng.normal(size=4), rng.normal(size=2), *rng.normal(size=(3, 4))
    one, other = (pull(x=x, u=u, x_dot=item, lam=lam, **still) for item in (v, w))
    assert_allclose(one @ w, other @ v, rtol=1e-12)
    assert np.abs(one - other).max() > 1e-3


def test_names_that_are_taken_give_way() -> None:
    """A parameter called x_dot."""
    c = sg.CellBuilder("mine")
    x, w = c.state("x"), c.vector("x_dot", "n")
    c.next(x, x * w)
    double = tangent(c.build())
    assert [state.name for state in double.states] == ["x", "x_dot_"]
    assert [str(item.name) for item in double.parameters] == ["x_dot", "x_dot_dot"]
