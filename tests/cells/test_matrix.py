"""Cells with matrix states: the published recurrence, proofs, gradients through time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

import symgate as sg
from symgate.cells import LIBRARY, MATRIX, gates_depend_on_state
from symgate.errors import NotDerivedError, ShapeError
from symgate.numeric import adjoint, loss_gradient, rollout
from symgate.proof.certificate import Verdict
from symgate.records import Cell
from tests.reference.matrix import MATRIX_REFERENCE

STEPS = 5


def named(item: object) -> str:
    return str(getattr(item, "name", item))


def drawn(cell: Cell, n: int, d: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Random values of every symbol; a vector is (n,)."""
    sizes = {"n": n, "d": d, "m": 3, "p": 3, "r": 2, "s": 1}
    rng = np.random.default_rng(seed)
    shapes = {name: getattr(symbol, "shape", ()) for name, symbol in cell.symbols.items()}
    return {
        name: 0.7 * rng.standard_normal([sizes[str(size)] for size in shape if size != 1])
        for name, shape in shapes.items()
    }


def test_they_stand_apart() -> None:
    """Sweeps over all cells with vector states do not meet them."""
    assert not {cell.name for cell in MATRIX} & {cell.name for cell in LIBRARY}
    assert {cell.name for cell in MATRIX} == set(MATRIX_REFERENCE)
    assert all(sg.cell(cell.name).source and cell.matrix_states for cell in MATRIX)
    assert [cell.name for cell in MATRIX if gates_depend_on_state(cell)] == ["mlstm"]


@pytest.mark.parametrize(("n", "d"), [(1, 1), (4, 3)])
@pytest.mark.parametrize("cell", MATRIX, ids=named)
def test_the_cell_is_the_published_recurrence(cell: Cell, n: int, d: int) -> None:
    point = drawn(cell, n, d)
    wanted = MATRIX_REFERENCE[cell.name](np, **point)

    for target in ("numpy", "array_api"):
        found = sg.lambdify(cell, target)(**point)
        found = found if len(cell.states) > 1 else [found]
        for state, value in zip(cell.states, found, strict=True):
            assert_allclose(value, wanted[state.name], rtol=1e-12, atol=1e-14)


def sampled(cell: Cell) -> list[tuple[str, str]]:
    """The matrix by itself and by its first and last parameter; of mLSTM also by the stabiliser."""
    first, last = str(cell.parameters[0].name), str(cell.parameters[-1].name)
    return [("C", "C"), ("C", first), ("C", last), *([("C", "m")] if cell.name == "mlstm" else [])]


@pytest.mark.parametrize("cell", MATRIX, ids=named)
def test_a_sample_of_the_derivatives_is_proved(cell: Cell) -> None:
    for of, by in sampled(cell):
        form = sg.vjp if by in {str(item.name) for item in cell.parameters} else sg.jacobian
        certificate = sg.verify(form(cell, by, of), routes=("decision", "modular"))
        assert certificate.verdict is Verdict.PROVED, certificate.statement


@pytest.mark.full
@pytest.mark.parametrize("form", [sg.jacobian, sg.kronecker, sg.vjp], ids=lambda form: form.__name__)
@pytest.mark.parametrize("cell", MATRIX, ids=named)
def test_every_derivative_is_proved(cell: Cell, form: Callable[..., Any]) -> None:
    for of in cell.states:
        for by in cell.symbols:
            certificate = sg.verify(form(cell, by, of.name), routes=("decision", "modular"))
            assert certificate.verdict is Verdict.PROVED, certificate.statement


def through(xp: Any, cell: Cell, values: dict[str, Any], inputs: Any, pushes: dict[str, Any]) -> Any:
    """sum_t sum of pushes_t (.) state_t, by the typed recurrence."""
    now = {state.name: values[state.name] for state in cell.states}
    params = {str(item.name): values[str(item.name)] for item in cell.parameters}
    total = 0.0
    for t in range(STEPS):
        now = MATRIX_REFERENCE[cell.name](xp, **now, u=inputs[t], **params)
        total = total + sum((pushes[name][t] * now[name]).sum() for name in now)
    return total


def setting(cell: Cell, n: int = 4, d: int = 3) -> tuple[dict, np.ndarray, dict, sg.numeric.Trajectory]:
    """A point, inputs, dl_t/dx_t by state, and the trajectory."""
    point, rng = drawn(cell, n, d, 1), np.random.default_rng(2)
    inputs = rng.standard_normal((STEPS, 3))
    pushes = {state.name: rng.standard_normal((STEPS, *point[state.name].shape)) for state in cell.states}
    params = {str(item.name): point[str(item.name)] for item in cell.parameters}
    return point, inputs, pushes, rollout(cell, params, inputs, {s.name: point[s.name] for s in cell.states})


@pytest.mark.parametrize("cell", MATRIX, ids=named)
def test_gradients_through_time_agree_with_complex_step(cell: Cell) -> None:
    """By every parameter, the initial states and the inputs, along one direction each."""
    point, inputs, pushes, run = setting(cell)
    names = [name for name in cell.symbols if name != "u"]
    found = loss_gradient(run, pushes, [*names, "u"])
    rng = np.random.default_rng(3)
    for name in names:
        along = rng.standard_normal(point[name].shape)
        moved = {**point, name: point[name] + 1e-30j * along}
        wanted = np.imag(through(np, cell, moved, inputs, pushes)) / 1e-30
        assert found[name].shape == point[name].shape
        assert_allclose(np.sum(found[name] * along), wanted, rtol=1e-11, atol=1e-12)
    along = rng.standard_normal(inputs.shape)
    wanted = np.imag(through(np, cell, point, inputs + 1e-30j * along, pushes)) / 1e-30
    assert_allclose(np.sum(found["u"] * along), wanted, rtol=1e-11, atol=1e-12)
    lam = adjoint(run, pushes)
    assert_allclose(run.cut(lam[0], "C"), found["C"], rtol=1e-13)


@pytest.mark.parametrize("cell", MATRIX, ids=named)
def test_gradients_through_time_agree_with_jax(cell: Cell) -> None:
    jax = pytest.importorskip("jax")
    with jax.enable_x64(True):
        jnp = jax.numpy
        point, inputs, pushes, run = setting(cell)
        values = {name: jnp.asarray(value) for name, value in point.items()}
        wanted = jax.grad(lambda now: through(jnp, cell, now, inputs, pushes))(values)
        found = loss_gradient(run, pushes, [name for name in cell.symbols if name != "u"])
        for name, value in found.items():
            scale = max(1.0, float(np.max(np.abs(wanted[name]))))
            assert_allclose(value, np.asarray(wanted[name]), rtol=1e-11, atol=1e-11 * scale)


def test_batches_of_sequences_and_of_parameters() -> None:
    cell = sg.cell("delta_net")
    point, rng = drawn(cell, 4, 3), np.random.default_rng(0)
    params = {str(item.name): point[str(item.name)] for item in cell.parameters}
    inputs, pushes = rng.standard_normal((2, STEPS, 3)), rng.standard_normal((2, STEPS, 4, 3))
    params["w_b"] = rng.standard_normal((2, 3))
    found = loss_gradient(rollout(cell, params, inputs), pushes)
    ones = [loss_gradient(rollout(cell, {**params, "w_b": params["w_b"][b]}, inputs[b]), pushes[b]) for b in range(2)]

    assert_allclose(found["W_k"], ones[0]["W_k"] + ones[1]["W_k"], rtol=1e-12)
    assert_allclose(found["w_b"], np.stack([one["w_b"] for one in ones]), rtol=1e-12)


def test_a_push_of_another_shape_is_refused() -> None:
    _, _, _, run = setting(sg.cell("hgrn2"))
    with pytest.raises(ShapeError, match="needs a 4 x 3 matrix for each of"):
        loss_gradient(run, np.zeros((STEPS, 3, 4)))


def test_dense_jacobians_and_transports_act_on_stacked_columns() -> None:
    """M_{t,k} by products of Kronecker matrices against the complex step of the typed recurrence."""
    cell = sg.cell("mlstm")
    point, inputs, _, run = setting(cell, 3, 2)
    J = sg.numeric.jacobians(run)
    assert J.shape == (STEPS, 9, 9)
    assert_allclose(sum(sg.numeric.jacobian_terms(run).values()), J, atol=1e-15)
    along = {state.name: np.random.default_rng(1).standard_normal(point[state.name].shape) for state in cell.states}
    now = {name: point[name] + 1e-30j * along[name] for name in along}
    params = {str(item.name): point[str(item.name)] for item in cell.parameters}
    for t in range(STEPS):
        now = MATRIX_REFERENCE["mlstm"](np, **now, u=inputs[t], **params)
    change = sg.numeric.transport(J, STEPS, 0) @ np.concatenate([v.reshape(-1, order="F") for v in along.values()])
    for name, value in now.items():
        assert_allclose(run.cut(change, name), np.imag(value) / 1e-30, rtol=1e-12, atol=1e-14)


#: Everything else that takes a cell: refused with a word of what is missing.
OTHERS: dict[str, Callable[[Cell], Any]] = {
    "stack": lambda cell: sg.cells.stack("two", cell, cell),
}


@pytest.mark.parametrize("what", OTHERS)
@pytest.mark.parametrize("name", ["delta_net", "mlstm"])
def test_what_is_not_derived_yet_is_said(what: str, name: str) -> None:
    with pytest.raises(NotDerivedError, match="of a matrix state is not derived yet"):
        OTHERS[what](sg.cell(name))


def test_all_results_are_found_by_their_names() -> None:
    """What lists everything of a cell leaves out what is not derived."""
    found = sg.derive.results(sg.cell("hgrn2"))
    assert {"C", "vjp:C", "W_f", "vjp:gamma", "adjoint", "gradient:W_f"} <= set(found)
    assert all(sg.derive.result(sg.cell("hgrn2"), name) == item for name, item in found.items())
