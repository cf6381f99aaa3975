"""J v and J' lambda of all states at once, against the Jacobian of all states and complex step."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import symgate as sg
from symgate.cells import LIBRARY, stack
from symgate.codegen import source
from symgate.derive.whole_steps import along_states, back_to_parameters, back_to_states
from symgate.language import CellBuilder, sigma
from symgate.records import Cell
from tests.oracles import complex_step, draw_point

STACKS = [stack("tower", *[sg.cell(name)] * 3) for name in ("leaky_norm", "lstm", "gru_original", "lem")]
FEW = ("multi_gate", "lstm_peephole", "lstm_projected", "sru", "mgu")
CELLS = [pytest.param(cell, id=cell.name, marks=() if cell.name in FEW else pytest.mark.full) for cell in LIBRARY] + [
    pytest.param(cell, id=f"{cell.states[0].name}{len(cell.parameters)}") for cell in STACKS
]


def sides(cell: Cell) -> tuple[list[np.ndarray], list[np.ndarray], list[np.ndarray], list[np.ndarray]]:
    """J v and J' lambda as we compute them, and by blocks of the Jacobian by complex step."""
    sizes = {size: 2 + place % 3 for place, size in enumerate(cell.dimensions)}
    point = draw_point(cell, seed=5, **{str(size): number for size, number in sizes.items()})
    rng, names = np.random.default_rng(1), [state.name for state in cell.states]
    v, lam = ({name: rng.standard_normal(np.shape(point[name])) for name in names} for _ in range(2))
    found = []
    for step, given in ((along_states(cell), v), (back_to_states(cell), lam)):
        values = sg.lambdify(step)(
            **point, **{str(symbol.name): given[name] for symbol, name in zip(step.along, names, strict=True)}
        )
        found.append(list(values) if isinstance(values, tuple) else [values])
    J = {(of, by): complex_step(cell, point, by, sizes, of=of) for of in names for by in names}
    along = [sum(J[of, by] @ v[by] for by in names) for of in names]
    back = [sum(J[of, by].T @ lam[of] for of in names) for by in names]
    return found[0], along, found[1], back


@pytest.mark.parametrize("cell", CELLS)
def test_they_are_the_products_with_the_jacobian(cell: Cell) -> None:
    along, wanted_along, back, wanted_back = sides(cell)

    for found, wanted in ((along, wanted_along), (back, wanted_back)):
        for value, expected in zip(found, wanted, strict=True):
            assert_allclose(value, expected, rtol=1e-10, atol=1e-12 * (1 + np.abs(expected).max()))


def test_the_text_is_linear_in_the_layers() -> None:
    """Twice the layers, at most a little more than twice the text."""
    for make in (along_states, back_to_states, back_to_parameters):
        small, large = (len(source(make(stack("tower", *[sg.cell("gru")] * layers)))) for layers in (8, 16))
        assert large < 2.2 * small


def test_names_that_are_taken_are_not_taken_twice() -> None:
    c = CellBuilder("taken")
    x, tangent = c.state("x", "n"), c.vector("tangent_x", "n")
    W = c.matrix("W", "n", "n")
    c.next(x, sigma(W @ x + tangent))
    step = along_states(c.build())

    assert [str(symbol.name) for symbol in step.along] == ["tangent_x_"]


@pytest.mark.parametrize("cell", CELLS)
def test_every_gradient_is_that_of_the_recurrence(cell: Cell) -> None:
    """Of all parameters at once, from a cotangent of every state, against complex step."""
    sizes = {size: 2 + place % 3 for place, size in enumerate(cell.dimensions)}
    point = draw_point(cell, seed=5, **{str(size): number for size, number in sizes.items()})
    rng, names = np.random.default_rng(1), [state.name for state in cell.states]
    lam = {name: rng.standard_normal(np.shape(point[name])) for name in names}
    step = back_to_parameters(cell)
    given = {str(symbol.name): lam[name] for symbol, name in zip(step.along, names, strict=True)}
    found = sg.lambdify(step)(**point, **given)

    for state, value in zip(step.outcomes, found if isinstance(found, tuple) else (found,), strict=True):
        pulled = sum(lam[of] @ complex_step(cell, point, state.name, sizes, of=of) for of in names)
        expected = np.reshape(pulled, np.shape(point[state.name]), order="F")
        assert_allclose(value, expected, rtol=1e-10, atol=1e-12 * (1 + np.abs(expected).max()))
