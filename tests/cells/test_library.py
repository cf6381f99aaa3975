"""Every built-in cell: the published recurrence, derivatives against complex step, proofs, planted slips."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import symgate as sg
from symgate.cells import CELLS, LIBRARY
from symgate.errors import DefinitionError
from symgate.numeric.load import lambdify
from symgate.proof import numeric, slips
from symgate.records import Cell, Derivation
from tests.oracles import complex_step, draw_point, environment, evaluate, sizes_of
from tests.reference import REFERENCE

#: No biases of gates, which saturate, but exponents and a denominator, which overflow or vanish by themselves.
EXPONENTS = {"rwkv4": {"b", "beta"}}

OTHERS = LIBRARY[len(CELLS) :]
ROUTES = ("decision", "modular")


def named(item: object) -> str:
    return str(getattr(item, "name", item))


def blocks(cell: Cell) -> list[Derivation]:
    """The Jacobian of every state by every state."""
    return [sg.jacobian(cell, wrt=by.name, of=of.name) for of in cell.states for by in cell.states]


BLOCKS = [block for cell in OTHERS for block in blocks(cell)]
#: Cells of many blocks that are alike: of those, the blocks of the first state, which sees all others, are a sample.
MANY = {"slstm", "rwkv4", "stp", "gru_d", "lstm_zoneout"}
SAMPLED = [block for block in BLOCKS if block.cell.name not in MANY or block.of == block.cell.states[0].after]


def test_the_library_begins_with_the_cells_of_the_paper() -> None:
    assert LIBRARY[: len(CELLS)] == CELLS
    assert len({cell.name for cell in LIBRARY}) == len(LIBRARY) == 41
    assert all(sg.cell(cell.name) == cell for cell in LIBRARY)
    assert set(REFERENCE) == {cell.name for cell in LIBRARY}


def published(cell: Cell, point: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The states after the step, as the reference has them."""
    after = REFERENCE[cell.name](**point)
    return after if isinstance(after, dict) else {cell.state().name: after}


@pytest.mark.parametrize("n", [1, 5])
@pytest.mark.parametrize("cell", LIBRARY, ids=named)
def test_the_cell_is_the_published_recurrence(cell: Cell, n: int) -> None:
    """The notation, the generated step and the typing of the proofs against plain NumPy from the papers."""
    point = draw_point(cell, n=n, m=3)
    read = environment(cell, point, sizes_of(cell, n=n, m=3))
    stepped = lambdify(cell)(**point)
    stepped = stepped if len(cell.states) > 1 else [stepped]

    wanted = published(cell, point)

    assert list(wanted) == [state.name for state in cell.states]
    for state, value in zip(cell.states, stepped, strict=True):
        assert_allclose(read[state.after][:, 0], wanted[state.name], rtol=1e-11, atol=1e-13)
        assert_allclose(value, wanted[state.name], rtol=1e-11, atol=1e-13)
        reference = lambda _name=state.name, **values: _pick(cell, values, _name)  # noqa: E731
        assert numeric.check(sg.jacobian(cell, cell.states[0].name, state.name), reference=reference).passed


def _pick(cell: Cell, values: dict[str, np.ndarray], name: str) -> np.ndarray:
    return published(cell, values)[name]


@pytest.mark.sweep(8)
@pytest.mark.parametrize("cell", OTHERS, ids=named)
def test_every_derivative_agrees_with_complex_step(cell: Cell) -> None:
    """Jacobians and vector-Jacobian products by every state, input and parameter, read and generated."""
    sizes = sizes_of(cell, n=4, m=3)
    point = draw_point(cell, n=4, m=3, seed=1)
    values = environment(cell, point, sizes)
    for item in sg.objects(cell):
        J = complex_step(cell, point, item.wrt.name, sizes, of=item.of.name)
        if item.cotangent is None:
            assert_allclose(evaluate(item.expr, values, sizes), J, rtol=1e-11, atol=1e-13, err_msg=item.name)
            assert_allclose(lambdify(item)(**point), J, rtol=1e-11, atol=1e-13, err_msg=item.name)
        else:
            lam = np.random.default_rng(2).standard_normal(len(J))
            wanted = (lam @ J).reshape(np.shape(point[item.wrt.name]), order="F")
            assert_allclose(lambdify(item)(**point, lam=lam), wanted, rtol=1e-11, atol=1e-13, err_msg=item.name)


@pytest.mark.sweep(25)
@pytest.mark.parametrize("block", BLOCKS, ids=named)
def test_every_state_jacobian_is_proved(block: Derivation) -> None:
    """For all sizes, by two routes that share nothing with the calculus; so is its vector-Jacobian product."""
    sg.verify(block, routes=ROUTES).require()
    if block.cell.name != "multi_gate_norm":  # as long as all others together, and made of the words of the block
        sg.verify(sg.vjp(block.cell, block.wrt.name, block.of.name), routes=ROUTES).require()


@pytest.mark.sweep(8)
@pytest.mark.parametrize("block", SAMPLED, ids=named)
def test_every_slip_is_refuted(block: Derivation) -> None:
    """A wrong term, a transposed weight, a dropped gate term, factors in reversed order: no one passes."""
    planted = list(slips(block))

    found = [slip for slip in planted if sg.verify(slip.derivation, routes=("modular",)).verdict != "refuted"]

    assert [(slip.kind, slip.place) for slip in found] == []
    assert planted or list(block.terms) == ["none"]


@pytest.mark.sweep(15)
@pytest.mark.parametrize("cell", OTHERS, ids=named)
def test_saturated_cells_stay_finite(cell: Cell) -> None:
    """Warnings are errors here, so an overflow on the way would fail too."""
    for size in (40.0, 1e3):
        point = draw_point(cell, n=3, m=2, seed=4)
        signs = np.random.default_rng(5)
        for name in point:
            if name.startswith("b") and name not in EXPONENTS.get(cell.name, ()):
                point[name] = size * signs.choice([-1.0, 1.0], np.shape(point[name]))
        after = lambdify(cell)(**point)
        for value in after if isinstance(after, tuple) else (after,):
            assert np.isfinite(value).all()
        for block in blocks(cell):
            assert np.isfinite(lambdify(block)(**point)).all(), block.name


@pytest.mark.sweep(8)
@pytest.mark.parametrize("cell", OTHERS, ids=named)
def test_latex_text_and_mathml_of_every_object(cell: Cell) -> None:
    for item in (cell, *sg.objects(cell)):
        assert sg.latex(item)
        assert sg.text(item)
        assert sg.mathml(item).startswith("<math")


@pytest.mark.parametrize("cell", LIBRARY, ids=named)
def test_the_proofs_know_the_recurrence_too(cell: Cell) -> None:
    """The numeric route takes complex steps of the recurrence as proof has it typed, not of the cell's own notation."""
    for of in cell.states:
        evidence = numeric.check(sg.jacobian(cell, cell.states[0].name, of.name))
        assert evidence.passed
        assert "recurrence typed anew" in evidence.detail


def test_a_selective_state_space_has_the_states_it_is_asked_for() -> None:
    """One for each entry of B_t; with one state it is the diagonal form with shared weights."""
    cell = sg.cells.selective(3)
    p = draw_point(cell, n=4, seed=7)
    one = {"x": p["x_3"], "u": p["u"], "s": p["s_3"], "W_d": p["W_d"], "b_d": p["b_d"]}
    same = one | {"W_v": np.eye(4), "W_b": np.ones((4, 1)) * p["w_3"]}

    assert [state.name for state in cell.states] == ["x_1", "x_2", "x_3"]
    assert_allclose(lambdify(cell)(**p)[2], lambdify(sg.cell("ssm"))(**same), rtol=1e-13)
    assert list(sg.jacobian(cell, "x_1", "x_2").terms) == ["none"]
    with pytest.raises(DefinitionError, match="at least one state per channel; found 0"):
        sg.cells.selective(0)
