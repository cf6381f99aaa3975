"""Matrices over several states: whole where they are narrow, else block by block, and read back either way."""

from __future__ import annotations

import re

import pytest
from sympy.matrices.expressions import BlockMatrix, MatAdd, MatMul

import symgate as sg
from symgate.cells import stack
from symgate.language.sequences import EPS
from symgate.records import Kind
from symgate.tex import available_checkers, check_formulas, definitions, equation, further, latex, mathml, text
from symgate.tex.blocks import by_block
from tests.tex.test_timed import check

LSTM = sg.cell("lstm")
STACKED = stack("two_layers", sg.cell("mingru"), sg.cell("mingru"))
PARTED = sg.split(STACKED, "retention")
READ = [sg.gradient(LSTM).adjoint, sg.expand(PARTED, 1), sg.gradient(LSTM)["U_f"]]
EVERY = [
    *(sg.state_jacobian(cell) for cell in (LSTM, sg.cell("qrnn"), STACKED)),
    *(sg.transport(LSTM), sg.split(LSTM, "retention"), PARTED, *READ),
    *(sg.expand(sg.split(LSTM, "retention"), 1), sg.effective_learning_rate(LSTM), sg.preconditioner(LSTM)),
    *(sg.expand(sg.split(LSTM, "retention"), 2), sg.expand(sg.split(LSTM, "gate"), 2), sg.remainder(PARTED)),
    *(sg.expand(sg.split(sg.cell(name), "retention"), 1) for name in ("qrnn", "lru", "mingru")),
]


def equations(shown: str) -> list[str]:
    """The equations of plain text, each on one line."""
    return re.sub(r"\n +|\n(?=[+-] )", " ", shown).split("\n")


@pytest.mark.parametrize("item", READ[:2], ids=lambda item: item.name)
def test_each_block_reads_back(item: sg.Derivation) -> None:
    """Its name in both, and from plain text its value at four pairs of times."""
    blocks = by_block(item.of, list(item.terms.values()), item.cell)
    rows = latex(item).split("\n")[1:-1]
    said = equations(text(item))

    assert len(rows) == len(said) == len(blocks)
    for (name, parts), row, line in zip(blocks, rows, said, strict=True):
        left, right = re.split(r" [=~] ", line, maxsplit=1)
        assert left.split("[")[0] == str(name.name)
        weights = [EPS**order if item.kind is Kind.EXPANSION else 1 for order in range(len(parts))]
        terms = [MatMul(weight, part) for weight, part in zip(weights, parts, strict=True) if not part.is_ZeroMatrix]
        expected = MatAdd(*terms) if len(terms) > 1 else (terms or parts)[0]
        assert row.startswith(latex(name))
        check(expected, [], right, item)


def test_the_blocks_of_the_lstm_by_name() -> None:
    """The matrix of names, then each block as it is derived on its own."""
    whole, *said = equations(text(sg.state_jacobian(LSTM)))

    assert whole == "J = block([[J_h_h, J_h_c], [J_c_h, J_c_c]])"
    assert [line.split(" = ")[0] for line in said] == ["J_h_h", "J_h_c", "J_c_h", "J_c_c"]
    for line, (of, by) in zip(said, [("h", "h"), ("h", "c"), ("c", "h"), ("c", "c")], strict=True):
        own = sg.jacobian(LSTM, by, of)
        assert sorted(line.split(" = ", 1)[1].split(" + ")) == sorted(equations(text(own, lhs=False))[0].split(" + "))
    assert text(sg.split(sg.cell("qrnn"), "retention")) == (
        "J = block([[0, 0], [0, diag(f)]]) + block([[0, diag(f*o)], [0, 0]])"
    )


def test_a_split_that_is_wide_names_its_parts() -> None:
    shown = latex(sg.split(LSTM, "retention")).split("\n")

    assert r"\mathbf{J}_{t} &= \mathbf{A}_{t} + \mathbf{B}_{t} \\" in shown
    assert any(line.startswith(r"\mathbf{B}^{c,h}_{t} &= ") for line in shown)
    assert any(line.startswith(r"\mathbf{A}_{t} &= \begin{bmatrix}") for line in shown)


@pytest.mark.parametrize("item", EVERY, ids=lambda item: item.name)
def test_all_markups_state_the_same_equations(item: sg.Derivation) -> None:
    """As many in each; well-formed elements; every further equation too."""
    assert mathml(item).count("<math") == 1
    assert len(further(item)) == len(further(item, markup="text")) == len(further(item, markup="mathml"))
    assert "BlockMatrix" not in text(item)


def test_tex_accepts_every_formula() -> None:
    checkers = available_checkers()
    if not checkers:
        pytest.skip("no checker of LaTeX: neither pdflatex nor node with temml or katex")
    formulas = {f"{item.name}{kind}": shown for item in EVERY for kind, shown in _spelled(item).items()}

    assert not check_formulas(formulas)
    wrong = {"cut": latex(sg.state_jacobian(sg.cell("qrnn"))).replace(r"\end{bmatrix}", "", 1)}
    assert check_formulas(wrong)


def _spelled(item: sg.Derivation) -> dict[str, str]:
    found = {"": latex(item), " displayed": equation(item)}
    return found | {f" {place} {label}": shown for place, (label, shown) in enumerate(further(item))}


def test_definitions_name_the_blocks() -> None:
    """What the names of the blocks stand for is said below the equation."""
    shown = definitions(sg.transport(LSTM))

    assert r"\mathbf{J}_{j} &= \begin{bmatrix} \mathbf{J}^{h,h}_{j} & \mathbf{J}^{h,c}_{j}" in shown
    assert r"\mathbf{J}^{c,c}_{j} &= \operatorname{diag}(\mathbf{f}_{j})," in shown
    assert isinstance(sg.transport(LSTM).definitions[0].right, BlockMatrix)


def test_orders_that_are_not_in_blocks_are_not_lost() -> None:
    """Order 2 stays a sum over time; the orders in blocks are named in front of it and defined below."""
    found = sg.expand(sg.split(LSTM, "retention"), 2)
    first, *below = equations(text(found))

    assert first.startswith("M[t, k](epsilon) ~ M[t, k, 0] + epsilon*M[t, k, 1] + epsilon**2*sum(")
    assert "B[i_2]" in first
    assert [line.split(" = ")[0] for line in below] == [
        "M[t, k, 0]",
        "M[t, k, 1]",
        *(f"M_{block}[t, k, 1]" for block in ("h_h", "h_c", "c_h")),
    ]
    assert r"\mathbf{M}^{(1)}_{t,k} &= \begin{bmatrix} \mathbf{M}^{h,h,(1)}_{t,k}" in latex(found)


def test_blocks_of_a_column_beside_a_matrix_state_are_named_as_they_are_written() -> None:
    """A column that is no vec( ) keeps its name; one that is the columns of a matrix is vec( ) of its name."""
    influence = sg.result(sg.cell("mlstm"), "influence:b_f")
    shown = definitions(influence)

    assert r"\mathbf{S}_{j} &= \begin{bmatrix} \mathbf{S}^{C}_{j} \\ \mathbf{S}^{q}_{j}" in shown
    assert r"\begin{bmatrix} \operatorname{vec}(\boldsymbol{\lambda}^{C}_{o}) \\ \boldsymbol{\lambda}^{q}_{o}" in shown
