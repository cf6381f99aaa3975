"""Jacobians of matrix states: three forms, against the complex step of the notation read entry by entry."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.testing import assert_allclose

import symgate as sg
from symgate.calculus import acting
from symgate.errors import NotDerivedError
from symgate.records import Cell, Derivation
from tests.matrix_cells import MATRIX_CELLS, arrayed, delta, drawn, memory, square
from tests.oracles import environment, evaluate

SIZES = [(1, 1), (3, 2)]


def pairs(cell: Cell) -> Iterator[tuple[str, str]]:
    """Every state by every symbol."""
    yield from ((state.name, name) for state in cell.states for name in cell.symbols)


def stepped(cell: Cell, point: dict, sizes: dict, of: str) -> np.ndarray:
    """A state after the step, node by node."""
    found = environment(cell, point, sizes)[cell.state(of).after]
    return found[:, 0] if cell.state(of) not in cell.matrix_states else found


def moved(cell: Cell, point: dict, sizes: dict, of: str, name: str, along: np.ndarray) -> np.ndarray:
    """The derivative along a change of one symbol, by complex step."""
    return np.imag(stepped(cell, {**point, name: point[name] + 1e-30j * along}, sizes, of)) / 1e-30


def value(found: Derivation, point: dict, sizes: dict, extra: dict) -> np.ndarray:
    """The right side, node by node."""
    return evaluate(found.expr, {**environment(found.cell, point, sizes), **extra}, sizes)


@pytest.mark.parametrize(("n", "d"), SIZES)
@pytest.mark.parametrize("cell", MATRIX_CELLS, ids=lambda cell: cell.name)
def test_action_and_gradient_agree_with_complex_step(cell: Cell, n: int, d: int) -> None:
    """Read node by node and as generated code for two targets; the terms add up."""
    point, sizes = drawn(cell, n, d)
    rng = np.random.default_rng(1)
    for of, name in pairs(cell):
        change = arrayed(cell.symbols[name], sizes, rng)
        wanted = moved(cell, point, sizes, of, name, change)
        if cell.state(of) in cell.matrix_states:
            J = sg.jacobian(cell, name, of)
            along = {str(J.cotangent.name): change}
            assert_allclose(value(J, point, sizes, {J.cotangent: change}), wanted, rtol=1e-12, atol=1e-14)
            for target in ("numpy", "array_api"):
                run = sg.lambdify(J, target)
                assert_allclose(run(**point, **along), wanted, rtol=1e-12, atol=1e-14)
                assert_allclose(sum(run.terms(**point, **along).values()), wanted, rtol=1e-12, atol=1e-14)
        back = sg.vjp(cell, name, of)
        lam = arrayed(back.cotangent, sizes, rng)
        for target in ("numpy", "array_api"):
            found = sg.lambdify(back, target)(**point, **{str(back.cotangent.name): lam})
            assert np.shape(found) == np.shape(point[name])
            assert_allclose(np.sum(found * change), np.sum(lam * wanted), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize(("n", "d"), SIZES)
@pytest.mark.parametrize("cell", MATRIX_CELLS, ids=lambda cell: cell.name)
def test_kronecker_acts_on_stacked_columns(cell: Cell, n: int, d: int) -> None:
    point, sizes = drawn(cell, n, d)
    compared = 0
    for of, name in pairs(cell):
        if (cell.name, of, name) == ("square", "C", "C"):
            with pytest.raises(NotDerivedError, match="the action is"):
                sg.kronecker(cell, name, of)
            continue
        K = sg.kronecker(cell, name, of)
        change = arrayed(cell.symbols[name], sizes, np.random.default_rng(2))
        wanted = moved(cell, point, sizes, of, name, change).reshape(-1, order="F")
        for target in ("numpy", "array_api"):
            found = sg.lambdify(K, target)(**point) @ change.reshape(-1, order="F")
            assert_allclose(found, wanted, rtol=1e-12, atol=1e-14)
        compared += 1
    assert compared >= len(list(pairs(cell))) - 1


def test_batches() -> None:
    cell = memory()
    point, _ = drawn(cell, 3, 2)
    J = sg.jacobian(cell, "C", "C")
    change = np.random.default_rng(0).standard_normal((4, 3, 2))
    whole = sg.lambdify(J)(**point, C_dot=change)
    for one, along in zip(whole, change, strict=True):
        assert_allclose(one, sg.lambdify(J)(**point, C_dot=along), rtol=1e-13)


def test_what_is_printed() -> None:
    """The gradient step along the key, in each form; terms keep their names."""
    cell = delta()

    assert sg.text(sg.jacobian(cell)) == "dC/dC_prev[C_dot_prev] = C_dot_prev @ (eye - b*k @ k.T)"
    assert sg.text(sg.vjp(cell)) == "(dC/dC_prev).T[lam] = lam @ (eye - b*k @ k.T)"
    assert sg.text(sg.kronecker(cell)) == "dvec(C)/dvec(C_prev) = kron(eye - b*k @ k.T, eye)"
    assert sg.text(sg.jacobian(cell, "b")) == "dC/db[b_dot] = b_dot*(v - C_prev @ k) @ k.T"
    assert sg.latex(sg.jacobian(cell)) == (
        r"\frac{\partial \mathbf{C}_{t}}{\partial \mathbf{C}_{t-1}}[\dot{\mathbf{C}}_{t-1}] = "
        r"\dot{\mathbf{C}}_{t-1}(\mathbf{I}-b_{t}\mathbf{k}_{t}\mathbf{k}_{t}^{\top})"
    )
    assert list(sg.jacobian(memory(), "C", "C").terms) == ["retention"]
    assert list(sg.jacobian(square(), "C", "C").terms) == ["retention", "drive", "gate"]
    assert list(sg.jacobian(memory(), "u", "C").terms) == ["drive", "gate", "rate"]
    assert sg.mathml(sg.jacobian(cell)).startswith("<math")


def test_the_cost_of_an_action_is_that_of_the_step() -> None:
    """C (I - b k k') is computed without a product of two matrices."""
    assert "eye" not in sg.lambdify(sg.jacobian(delta())).source.split("def steps_jacobian_C(")[1].split("def _")[0]
    assert " @ C_dot" not in sg.lambdify(sg.jacobian(delta())).source.split("def steps_jacobian_C(")[1]


def test_a_probe_that_cannot_be_taken_out_is_refused() -> None:
    """A word in which the probe stands under a function."""
    cell = square()
    vector = acting.probe(cell.symbols["C"].shape[1])
    words = {acting.Tail(): {((sg.language.Map("tanh", 0, vector), 1),): 1}}
    with pytest.raises(NotDerivedError, match="not derived yet"):
        acting.terms_of(words, vector)
