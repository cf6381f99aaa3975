"""Splits and expansions: what they say, and what they refuse.  That they are right: ``tests/proof/sequences``."""

from __future__ import annotations

import pytest
import sympy

import symgate as sg
from symgate.errors import DefinitionError, UnknownNameError
from symgate.language import sigma
from symgate.language.sequences import MatrixSum, OrderedProduct


def test_a_split_adds_up_and_keeps_what_was_asked() -> None:
    J = sg.jacobian(sg.cell("multi_gate"))
    split = sg.split(J, keep=("retention", "drive"))

    assert list(split.terms) == ["A", "B"]
    assert split.terms["B"] == J.terms["gate"]
    assert list(split.terms["A"].args) == [J.terms["retention"], J.terms["drive"]]
    assert sg.split(J, "gate").terms == split.terms
    assert sg.verify(split).proved


@pytest.mark.parametrize(
    ("keep", "message"),
    [
        ((), "keeps none"),
        (("retention", "drive", "gate"), "keeps all"),
        (("retain",), "Did you mean 'retention'"),
        ("gates", "Did you mean 'gate'"),
    ],
)
def test_splits_that_split_nothing_are_refused(keep: object, message: str) -> None:
    with pytest.raises(UnknownNameError, match=message):
        sg.split(sg.jacobian(sg.cell("multi_gate")), keep)


def test_only_the_state_jacobian_is_split() -> None:
    with pytest.raises(UnknownNameError, match="state Jacobian"):
        sg.split(sg.jacobian(sg.cell("multi_gate"), "u"), "drive")


@pytest.mark.parametrize("cell", [cell for cell in sg.CELLS if cell.name != "plain"], ids=lambda cell: cell.name)
def test_retention_expansions_collapse(cell: sg.Cell) -> None:
    """No ordered product of matrices is left where A is a multiple of I or diagonal."""
    found = sg.expand(sg.split(cell, "retention"), 1)

    assert not found.expr.has(OrderedProduct)


def test_the_leaky_first_order_is_the_one_of_the_paper() -> None:
    """(1-alpha)^l I + alpha (1-alpha)^(l-1) sum_i D_i W_r, l = t - k."""
    found = sg.expand(sg.split(sg.cell("leaky"), "retention"), 1)
    alpha, t, k = sympy.Symbol("alpha", real=True), *sympy.symbols("t k", integer=True)

    assert found.terms["order_0"].args[0] == (1 - alpha) ** (t - k)
    assert found.terms["order_1"].args[0] == alpha * (1 - alpha) ** (t - k - 1)
    assert len(found.terms["order_1"].atoms(MatrixSum)) == 1


@pytest.mark.parametrize("order", [-1, 13, 1.0, True, "1"])
def test_orders_out_of_range_are_refused(order: object) -> None:
    split = sg.split(sg.cell("leaky"), "drive")

    with pytest.raises(DefinitionError, match="whole number from 0 to 12"):
        sg.expand(split, order)
    with pytest.raises(DefinitionError, match="whole number from 0 to 12"):
        sg.remainder(split, order)


def test_expand_takes_a_split() -> None:
    with pytest.raises(DefinitionError, match="takes a split"):
        sg.expand(sg.jacobian(sg.cell("leaky")))
    with pytest.raises(DefinitionError, match="takes a split"):
        sg.remainder(sg.jacobian(sg.cell("leaky")))


@pytest.mark.parametrize("name", ["expansion:retention:1", "analogy:adam", "rate:retention"])
def test_a_number_that_stands_behind_a_weight_is_kept(name: str) -> None:
    """The drive 2 - 3 g makes terms -3 diag(...) C: the number is no factor of the first diagonal."""
    c = sg.CellBuilder("numbers")
    x, u = c.state("x", "n"), c.input("u", "m")
    C, V = c.matrix("C", "n", "n"), c.matrix("V", "n", "m")
    g = c.let("g", sigma(C @ x + V @ u), role="gate")
    d = c.let("d", 2 - 3 * g, role="drive")
    c.next(x, (1 - g) * x + g * d)

    assert sg.verify(sg.result(c.build(), name)).proved
