"""Diagonals: entries of the Jacobian, proved, on every target; wrong ones are refuted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sympy.matrices.expressions import HadamardProduct, MatMul

import symgate as sg
from symgate.cells import LIBRARY
from symgate.errors import DefinitionError
from symgate.numeric import jacobians, rollout, split
from symgate.records import Cell, Parting
from tests.codegen.numba_in_python import InPython
from tests.numeric.recurrence import draw
from tests.oracles import complex_step, draw_point, sizes_of

CASES = [cell for cell in LIBRARY if cell.name not in {"multi_gate_norm", "scalar_gate_norm", "leaky_norm"}]


@pytest.mark.sweep(15)
@pytest.mark.parametrize("cell", LIBRARY, ids=lambda cell: cell.name)
def test_the_diagonal_is_that_of_the_jacobian(cell: Cell) -> None:
    sizes, point = sizes_of(cell, n=4, m=3), draw_point(cell, n=4, m=3)
    for state in cell.states:
        d = sg.diagonal(cell, state.name, state.name)
        wanted = np.diag(complex_step(cell, point, state.name, sizes, of=state.name))
        for function in (sg.lambdify(d), sg.lambdify(d, "array_api"), InPython(d)):
            assert_allclose(function(**point), wanted, rtol=1e-11, atol=1e-13)
            assert_allclose(sum(function.terms(**point).values()), wanted, rtol=1e-11, atol=1e-13)


@pytest.mark.sweep(15)
@pytest.mark.parametrize("cell", CASES, ids=lambda cell: cell.name)
def test_a_diagonal_is_proved_and_printed(cell: Cell) -> None:
    d = sg.diagonal(sg.jacobian(cell, cell.states[0].name, cell.states[0].name))
    assert sg.verify(d).proved
    assert "diagonal" in sg.text(d) or list(d.terms) in (["none"], ["retention"]) or sg.text(d)
    assert sg.latex(d)


def test_a_wrong_diagonal_is_refuted() -> None:
    """The true diagonal of U diag(p) V sums over the middle index; taking its i-th term alone is the usual slip."""
    d = sg.diagonal("gru_original")
    name, true = next((name, term) for name, term in d.named_terms if term.atoms(MatMul) and term.has(HadamardProduct))
    wrong = replace(d, named_terms=tuple((n, 2 * t if n == name else t) for n, t in d.named_terms))
    assert true != wrong.terms[name]
    assert sg.verify(wrong).verdict == "refuted"


@pytest.mark.parametrize("name", ["multi_gate", "gru_original", "lstm", "lstm_projected", "mingru"])
def test_a_diagonal_split_is_proved(name: str) -> None:
    """J = A + B, A the diagonal of every square block."""
    cell = sg.cell(name)
    found = sg.split(cell, "diagonal")
    assert found == sg.result(cell, "split:diagonal")
    assert sg.verify(found).proved
    path = rollout(cell, draw(cell, 4, 3, 1), np.random.default_rng(0).normal(size=(3, 3)))
    A, B = split(path, "diagonal")
    assert_allclose(A + B, jacobians(path), atol=1e-13)
    if len(cell.states) == 1:
        own = sg.lambdify(found).terms(**path.arguments)
        assert_allclose(own["A"], A, atol=1e-13)
        assert_allclose(own["B"], B, atol=1e-13)
        assert_allclose(A, A * np.eye(4))


def test_expansions_of_a_diagonal_split_name_its_entries() -> None:
    """A_j = diag(d_j): products over time are products of d_j, and a slip in d_j is refuted."""
    found = sg.expand(sg.split(sg.cell("multi_gate"), "diagonal"), 1)
    assert sg.verify(found).proved
    own = found.equation("d")
    moved = replace(own, right=own.right.args[0])
    wrong = replace(found, equations=tuple(moved if item is own else item for item in found.equations))
    assert sg.verify(wrong).verdict == "refuted"


def test_another_part_under_the_name_of_the_diagonal_is_refuted() -> None:
    """The retention is not the diagonal, whatever is said of it."""
    cell = sg.cell("multi_gate")
    retention = sg.split(cell, "retention")
    assert sg.verify(replace(retention, parameters=Parting(("diagonal",)))).verdict == "refuted"
    diagonal = sg.split(cell, "diagonal")
    assert sg.verify(replace(diagonal, parameters=Parting(("retention",)))).verdict == "refuted"


def test_what_has_no_diagonal_says_so() -> None:
    with pytest.raises(DefinitionError, match="square Jacobian"):
        sg.diagonal("multi_gate", "u")
    with pytest.raises(DefinitionError, match="square Jacobian"):
        sg.diagonal("multi_gate", "W_r")
