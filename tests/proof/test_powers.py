"""The drive split in powers: alpha^(t-k) times the product of D_j W, its first order, and slips of both."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sympy

import symgate as sg
from symgate.language import T
from symgate.language.sequences import K, MatrixSum, OrderedProduct


@pytest.mark.parametrize("name", ["leaky", "scalar_gate"])
def test_orders_in_powers_are_printed_and_proved(name: str) -> None:
    item = sg.result(sg.cell(name), "expansion:drive:1")
    found = dict(sg.tex.further(item))
    front = r"\alpha^{t-k}" if name == "leaky" else r"\Bigl(\prod_{j=k+1}^{t} g_{j}\Bigr)"
    product = r"\overleftarrow{\prod}_{j=k+1}^{t}\operatorname{diag}(\phi'(\mathbf{a}_{j}))\,\mathbf{W}_{r}"
    assert found["order 0 in powers"] == rf"\mathbf{{M}}^{{(0)}}_{{t,k}} = {front}{product}"
    assert "order 1 in powers" in found
    assert sg.verify(item).proved


def test_a_matrix_without_a_number_in_front_has_no_powers() -> None:
    item = sg.result(sg.cell("multi_gate"), "expansion:drive:1")
    assert not [claim for claim in item.claims if claim.key.startswith("powers")]


def one_more(expr: sympy.Expr) -> sympy.Expr:
    """alpha^(t-k+1) for alpha^(t-k)."""
    return expr.xreplace({T - K: T - K + 1, T - K - 1: T - K})


def exchanged(expr: sympy.Expr) -> sympy.Expr:
    """The products on both sides of B in the wrong order of time."""
    runs = [node for node in sympy.preorder_traversal(expr) if isinstance(node, OrderedProduct)]
    return expr.xreplace({runs[0]: runs[1], runs[1]: runs[0]})


def one_short(expr: sympy.Expr) -> sympy.Expr:
    """The sum without its last step."""
    sums = next(node for node in sympy.preorder_traversal(expr) if isinstance(node, MatrixSum))
    return expr.xreplace({sums: MatrixSum(sums.body, sums.index, sums.lower, T - 1)})


@pytest.mark.parametrize(
    ("key", "slip"), [("powers_0", one_more), ("powers_1", one_more), ("powers_1", exchanged), ("powers_1", one_short)]
)
def test_slips_are_refuted(key: str, slip) -> None:  # noqa: ANN001
    item = sg.result(sg.cell("leaky"), "expansion:drive:1")
    wrong = [replace(claim, right=slip(claim.right)) if claim.key == key else claim for claim in item.equations]
    assert wrong != list(item.equations)
    assert sg.verify(replace(item, equations=tuple(wrong))).verdict == "refuted"
