"""Expansions in a dense A that is one product: its scalars as powers in front, proved; wrong powers are refuted."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sympy
from sympy.matrices.expressions import MatAdd, MatMul

import symgate as sg
from symgate.language import T
from symgate.language.sequences import J, K, OrderedProduct
from symgate.proof import verify

ONE_PRODUCT = ["leaky", "scalar_gate", "multi_gate", "ugrnn"]


@pytest.mark.parametrize("name", ONE_PRODUCT)
@pytest.mark.parametrize("order", [0, 1])
def test_the_drive_split_is_written_out_and_proved(name: str, order: int) -> None:
    """M^(0) = prod_j s_j prod_j C_j and its first order."""
    found = sg.expand(sg.split(sg.cell(name), "drive"), order)
    bodies = [node.body for node in found.expr.atoms(OrderedProduct)]
    assert any(not body.is_symbol for body in bodies)
    assert verify(found).proved


def test_the_leaky_integrator_has_powers_of_its_leak() -> None:
    """alpha^{t-k} prod_j diag(phi'(a_j)) W_r, and (1 - alpha) alpha^{t-k-1} before the first order."""
    cell = sg.cell("leaky")
    alpha, W = cell.symbols["alpha"], cell.symbols["W_r"]
    found = sg.expand(sg.split(cell, "drive"), 1)
    scalar, product = found.terms["order_0"].args
    assert scalar == alpha ** (T - K)
    assert isinstance(product, OrderedProduct)
    assert (product.index, product.lower, product.upper) == (J, K + 1, T)
    assert product.body.args[-1] == W
    assert not product.body.has(alpha)
    front = sympy.Mul(*(part for part in found.terms["order_1"].args if not part.is_Matrix))
    assert sympy.simplify(front / (alpha ** (T - K - 1) * (1 - alpha))) == 1


@pytest.mark.parametrize("place", [0, 1])
def test_a_wrong_power_is_refuted(place: int) -> None:
    """One power of alpha too many in one of the orders."""
    cell = sg.cell("leaky")
    found = sg.expand(sg.split(cell, "drive"), 1)
    terms = [
        MatMul(cell.symbols["alpha"], value) if q == place else value for q, (_, value) in enumerate(found.named_terms)
    ]
    wrong = replace(found, named_terms=tuple(zip(found.terms, terms, strict=True)))
    assert verify(wrong).verdict == "refuted"


def test_factors_in_the_other_order_and_a_gate_left_out_are_refuted() -> None:
    """W_r D_j for D_j W_r; the product of the gates at j = k + 1 .. t - 1."""
    found = sg.expand(sg.split(sg.cell("scalar_gate"), "drive"), 0)
    scalar, product = found.terms["order_0"].args
    turned = OrderedProduct(MatMul(*reversed(product.body.args)), *product.args[1:])
    short = scalar.func(scalar.function, (scalar.variables[0], K + 1, T - 1))
    for wrong in (MatMul(scalar, turned), MatMul(short, product)):
        assert verify(replace(found, named_terms=(("order_0", wrong),))).verdict == "refuted"


def test_the_second_order_stands_on_a_first_one_that_is_proved() -> None:
    """It keeps the names A_j and B_j; a first order written out wrong is refuted, though the second one is right."""
    found = sg.expand(sg.split(sg.cell("multi_gate"), "drive"), 2)
    assert verify(found).proved
    first = found.terms["order_1"]
    assert isinstance(first, MatAdd)
    wrong = replace(
        found, named_terms=(("order_0", found.terms["order_0"]), ("order_1", first.args[0]), found.named_terms[2])
    )
    assert verify(wrong).verdict == "refuted"


def test_a_sum_of_products_keeps_its_name() -> None:
    """Of the GRU the drive is two products: A_t ... A_{k+1}."""
    found = sg.expand(sg.split(sg.cell("gru"), "drive"), 0)
    assert str(found.expr.body.name) == "A"
