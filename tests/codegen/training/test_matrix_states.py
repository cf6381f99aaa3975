"""Training through time of matrix states, every target, against the recurrences as published."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symgate as sg
from symgate.cells import MATRIX
from symgate.exporting import exported, trained, whole
from symgate.interop.autodiff import _double_precision
from symgate.numeric.load import load_module
from symgate.records import Cell
from tests.matrix_cells import MATRIX_CELLS
from tests.reference.matrix import MATRIX_REFERENCE

STEPS, BATCH = 4, 2
SIZES = [(1, 1), (3, 3), (4, 3)]


def point(cell: Cell, n: int, d: int) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Values for everything, states with a batch, inputs with time and a batch; and dL/dx_t by state."""
    sizes = {"n": n, "d": d, "m": 3, "p": 3, "r": 2, "s": 1}
    rng = np.random.default_rng(0)
    inputs = {str(symbol.name) for symbol in cell.inputs}
    states = {state.name for state in cell.states}
    values, lams = {}, {}
    for name, symbol in cell.symbols.items():
        core = [sizes[str(size)] for size in getattr(symbol, "shape", ()) if size != 1]
        lead = (STEPS, BATCH) if name in inputs else (BATCH,) if name in states else ()
        values[name] = 0.7 * rng.standard_normal((*lead, *core))
        if name in states:
            lams[name] = rng.standard_normal((STEPS, BATCH, *core))
    return values, lams


def loss(xp: Any, cell: Cell, values: dict[str, Any], lams: dict[str, Any], steps: int = STEPS) -> Any:
    """sum over steps, batch and states of lam (.) state, by the typed recurrence."""
    params = {str(item.name): values[str(item.name)] for item in cell.parameters}
    total = 0.0
    for b in range(BATCH):
        now = {state.name: values[state.name][b] for state in cell.states}
        for t in range(steps):
            now = MATRIX_REFERENCE[cell.name](xp, **now, u=values["u"][t][b], **params)
            total = total + sum((lams[name][t][b] * now[name]).sum() for name in now)
    return total


def along(cell: Cell, values: dict[str, Any], lams: dict[str, Any], steps: int) -> dict[str, tuple[np.ndarray, float]]:
    """By argument a direction, and the derivative of the loss along it by complex step."""
    rng = np.random.default_rng(6)
    found = {}
    for name, value in values.items():
        d = rng.standard_normal(np.shape(value))
        found[name] = d, loss(np, cell, {**values, name: value + 1e-30j * d}, lams, steps).imag / 1e-30
    return found


def letters(given: Any, cell: Cell, lams: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Cotangents under the names that the module has for them."""
    return dict(zip(given._LAMS, (lams[state.name] for state in cell.states), strict=True))


@pytest.mark.parametrize(("n", "d"), SIZES)
@pytest.mark.parametrize("target", ["numpy", "array_api"])
@pytest.mark.parametrize("cell", MATRIX, ids=lambda cell: cell.name)
def test_forward_backward_and_one_step_backward(cell: Cell, target: str, n: int, d: int) -> None:
    """Of all states, inputs and parameters, with a batch; square states too, whose transpose has their shape."""
    given, (values, lams) = load_module(whole(cell, target), cell.name), point(cell, n, d)

    states, tape = given.forward(**values)
    found = given.backward(tape, **letters(given, cell, lams))
    assert {name: state.shape for name, state in states.items()} == {name: lam.shape for name, lam in lams.items()}
    for name, (direction, slope) in along(cell, values, lams, STEPS).items():
        assert found[name].shape == np.shape(values[name]), name
        assert np.sum(found[name] * direction) == pytest.approx(slope, rel=1e-11, abs=1e-11), name
    first = {**values, "u": values["u"][0]}
    found = given.step_backward(**first, **letters(given, cell, {name: lam[0] for name, lam in lams.items()}))
    for name, (direction, slope) in along(cell, {**values, "u": values["u"][:1]}, lams, 1).items():
        own = direction.reshape(np.shape(first[name]))
        assert np.sum(found[name] * own) == pytest.approx(slope, rel=1e-11, abs=1e-11), name


@pytest.mark.sweep(2)
@pytest.mark.parametrize("target", ["numpy", "array_api"])
@pytest.mark.parametrize("cell", [*MATRIX, *MATRIX_CELLS], ids=lambda cell: cell.name)
def test_every_module_checks_itself(cell: Cell, target: str) -> None:
    """Jacobians on stacked columns, actions, gradients and training, against differences of the step."""
    assert load_module(whole(cell, target), cell.name)._self_check() == 0


@pytest.fixture
def jax() -> Any:
    found = pytest.importorskip("jax")
    with _double_precision(found):
        yield found


def by_jax(jax: Any, cell: Cell, values: dict[str, Any], lams: dict[str, Any]) -> dict[str, Any]:
    """The gradients by jax through the typed recurrence."""
    arrays = {name: jax.numpy.asarray(value) for name, value in values.items()}
    return jax.grad(lambda own: loss(jax.numpy, cell, own, lams))(arrays)


def in_numpy(cell: Cell, values: dict[str, Any], lams: dict[str, Any], target: str = "numpy") -> dict[str, Any]:
    given = load_module(whole(cell, target), cell.name)
    return given.backward(given.forward(**values)[1], **letters(given, cell, lams))


def in_array_api(cell: Cell, values: dict[str, Any], lams: dict[str, Any]) -> dict[str, Any]:
    return in_numpy(cell, values, lams, "array_api")


def in_torch(cell: Cell, values: dict[str, Any], lams: dict[str, Any]) -> dict[str, Any]:
    torch = pytest.importorskip("torch")
    given = load_module(trained(cell, "torch"), f"{cell.name}_torch")
    tensors = {name: torch.tensor(value, requires_grad=True) for name, value in values.items()}
    states = given.sequence(*tensors.values())
    total = sum((torch.tensor(lams[s.name]) * value).sum() for s, value in zip(cell.states, states, strict=True))
    return dict(zip(tensors, torch.autograd.grad(total, list(tensors.values())), strict=True))


def in_jax(cell: Cell, values: dict[str, Any], lams: dict[str, Any]) -> dict[str, Any]:
    jax = pytest.importorskip("jax")
    given = load_module(trained(cell, "jax"), f"{cell.name}_jax")

    def ours(own: dict[str, Any]) -> Any:
        return sum((lams[s.name] * v).sum() for s, v in zip(cell.states, given.sequence(**own), strict=True))

    return jax.grad(ours)({name: jax.numpy.asarray(value) for name, value in values.items()})


TARGETS: dict[str, Callable[..., dict[str, Any]]] = {
    "numpy": in_numpy,
    "array_api": in_array_api,
    "torch": in_torch,
    "jax": in_jax,
}


@pytest.mark.sweep(6)
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("cell", MATRIX, ids=lambda cell: cell.name)
def test_gradients_are_those_of_jax(jax: Any, cell: Cell, target: str) -> None:
    values, lams = point(cell, 4, 3)
    wanted, found = by_jax(jax, cell, values, lams), TARGETS[target](cell, values, lams)
    for name in values:
        scale = max(1.0, float(np.max(np.abs(wanted[name]))))
        np.testing.assert_allclose(found[name], wanted[name], rtol=1e-11, atol=1e-11 * scale, err_msg=name)


@pytest.mark.sweep(2)
@pytest.mark.parametrize("target", ["torch", "jax"])
@pytest.mark.parametrize("cell", [*MATRIX, *MATRIX_CELLS], ids=lambda cell: cell.name)
def test_every_training_module_checks_itself(cell: Cell, target: str) -> None:
    """First and second derivatives."""
    pytest.importorskip(target)
    assert load_module(trained(cell, target), f"{cell.name}_{target}")._self_check() == 0


def test_the_torch_module_runs_a_sequence() -> None:
    """Its states start at zero matrices."""
    torch = pytest.importorskip("torch")
    given = load_module(trained(sg.cell("mlstm"), "torch"), "mlstm_torch")
    own = given.Mlstm(n=4, d=3, s=1, p=5)
    states, last = own(torch.ones(6, 2, 5))

    assert states.shape == (6, 2, 4, 3)
    assert [tuple(value.shape) for value in last] == [(2, 4, 3), (2, 3), (2, 1)]
    states.sum().backward()
    assert own.W_v.grad.abs().sum() > 0


SLIPS = {
    "the carried gradient": ("C_carried = lam + ", "C_carried = lam - "),
    "a transpose": ("_matvec(_transposed(lam), C_part_)", "_matvec(lam, C_part_)"),
    "the state": ("_matvec(_transposed(C), lam_C_part)", "_matvec(_transposed(lam), lam_C_part)"),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_planted_slip_is_seen(slip: str) -> None:
    """At n = d, where every transpose has the right shape."""
    cell = sg.cell("delta_net")
    text, (values, lams) = whole(cell, "numpy"), point(cell, 3, 3)
    assert SLIPS[slip][0] in text
    given = load_module(text.replace(*SLIPS[slip]), "planted")
    found = given.backward(given.forward(**values)[1], lam=lams["C"])
    errors = [
        abs(np.sum(found[name] * direction) - slope)
        for name, (direction, slope) in along(cell, values, lams, STEPS).items()
    ]
    assert max(errors) > 1e-3


def test_no_product_of_two_matrices_is_formed() -> None:
    """The loop of DeltaNet costs what the step costs: products of the state with vectors, and outer products."""
    text = exported(sg.cell("delta_net"), "numpy")
    loops = text[text.index("def _forward(") : text.index("    b = b_steps_whole")]

    assert "C_next = C + C_part_[..., :, None] * k[..., None, :]" in loops
    assert " @ " not in loops
    assert "matmul" not in loops
