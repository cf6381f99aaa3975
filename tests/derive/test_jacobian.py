"""The derived Jacobians are the derivatives of the recurrence."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import symgate as sg
from symgate.errors import UnknownNameError
from tests.drawn import examples
from tests.oracles import complex_step, draw_point, environment, evaluate, sizes_of
from tests.strategies import cells

CASES = [(cell, name) for cell in sg.CELLS for name in cell.symbols]
IDS = [f"{cell.name}-{name}" for cell, name in CASES]


def value(derivation: sg.Derivation, point: dict, sizes: dict, lam: np.ndarray | None = None) -> np.ndarray:
    values = environment(derivation.cell, point, sizes)
    if lam is not None:
        values[derivation.cotangent] = lam[:, None]
    return evaluate(derivation.expr, values, sizes)


@pytest.mark.sweep(40)
@pytest.mark.parametrize(("cell", "name"), CASES, ids=IDS)
@pytest.mark.parametrize(("n", "m"), [(1, 1), (4, 2), (3, 5)])
def test_jacobian_agrees_with_complex_step(cell: sg.Cell, name: str, n: int, m: int) -> None:
    """The derived Jacobian is the derivative of the recurrence as written."""
    sizes = sizes_of(cell, n=n, m=m)
    point = draw_point(cell, n=n, m=m)

    assert_allclose(value(sg.jacobian(cell, name), point, sizes), complex_step(cell, point, name, sizes), atol=1e-13)


@pytest.mark.sweep(15)
@pytest.mark.parametrize(("cell", "name"), CASES, ids=IDS)
def test_vjp_is_the_transposed_jacobian(cell: sg.Cell, name: str) -> None:
    """The vector-Jacobian product is J' lambda, in the shape of the argument."""
    sizes = sizes_of(cell, n=4, m=3)
    point = draw_point(cell, n=4, m=3)
    lam = np.random.default_rng(1).standard_normal(4)
    expected = complex_step(cell, point, name, sizes).T @ lam
    found = value(sg.vjp(cell, name), point, sizes, lam)

    assert_allclose(np.ravel(found, order="F"), expected, atol=1e-13)


@settings(
    max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(cell=cells(), seed=st.integers(0, 99))
def test_drawn_cells_agree_with_complex_step(cell: sg.Cell, seed: int) -> None:
    """The same law for cells drawn at random: nested and shared intermediates, scalar and vector gates."""
    sizes = sizes_of(cell, n=3, m=2)
    point = draw_point(cell, seed=seed, scale=0.4, n=3, m=2)
    lam = np.random.default_rng(seed).standard_normal(3)
    with np.errstate(all="ignore"):
        for name in cell.symbols:
            expected = complex_step(cell, point, name, sizes)
            if not np.all(np.abs(expected) < 1e6):
                continue
            tolerance = 1e-10 * (1 + np.abs(expected).max())
            assert_allclose(value(sg.jacobian(cell, name), point, sizes), expected, atol=tolerance)
            pulled = np.ravel(value(sg.vjp(cell, name), point, sizes, lam), order="F")
            assert_allclose(pulled, expected.T @ lam, atol=10 * tolerance)


def test_named_terms_are_the_ones_of_the_papers() -> None:
    """Retention, drive, gate, in declaration order."""
    assert [list(sg.jacobian(cell).terms) for cell in sg.CELLS] == [
        ["drive"],
        ["retention", "drive"],
        ["retention", "drive"],
        ["retention", "drive", "gate"],
        ["retention", "drive", "gate"],
    ]


def test_expr_is_the_sum_of_the_terms() -> None:
    """J.expr adds J.terms in order."""
    J = sg.jacobian(sg.cell("multi_gate"))

    assert list(J.expr.args) == list(J.terms.values())
    assert J.term("gate") == J.terms["gate"]
    with pytest.raises(UnknownNameError, match="Did you mean 'gate'"):
        J.term("gates")


def test_unknown_argument_names_the_nearest() -> None:
    """A wrong object says which ones exist."""
    with pytest.raises(UnknownNameError, match="Did you mean 'W_r'"):
        sg.jacobian(sg.cell("plain"), "W_rr")


def test_unused_parameter_has_a_zero_jacobian() -> None:
    """A declared parameter that the update never uses gives zero of the right shape."""
    c = sg.CellBuilder("spare")
    x, _ = c.state("x"), c.matrix("Q", "n", "m")
    c.next(x, 0.5 * x)
    J = sg.jacobian(c.build(), "Q")

    assert list(J.terms) == ["none"]
    assert J.expr.is_ZeroMatrix


def test_several_states_have_blocks() -> None:
    """With two states, ``of`` and ``wrt`` name a block."""
    c = sg.CellBuilder("pair")
    x, y, W = c.state("x"), c.state("y"), c.matrix("W", "n", "n")
    c.next(x, W @ y)
    c.next(y, x * y)
    pair = c.build()

    assert str(sg.jacobian(pair, "y", of="x").expr) == "W"
    assert sg.jacobian(pair, "x", of="y").name == "pair_jacobian_y_x"
    with pytest.raises(UnknownNameError, match="state of cell 'pair'"):
        sg.jacobian(pair, "y")
    assert len(sg.objects(pair)) == 2 * 2 * 3
