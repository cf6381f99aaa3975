"""Claims of authors whose vectors are rows: read as their recurrence is, judged right, with slips beside them."""

from __future__ import annotations

import pytest

import symgate as sg
from symgate.claims import read_recurrence
from symgate.notation import Layout, Notation, Vectors
from symgate.tex import latex
from tests.claims.test_entries import collected

ROWS = Notation(vectors=Vectors.ROW)
TEXTBOOK = read_recurrence(r"h_t = \tanh(x_t W_{xh} + h_{t-1} W_{hh} + b_h)")


@pytest.mark.sweep(12)
@pytest.mark.parametrize(("recurrence", "claim", "verdict", "words"), collected("rows"))
def test_rows_as_authors_write_them(recurrence: str, claim: str, verdict: str, words: str) -> None:
    found = sg.check(read_recurrence(recurrence), claim)
    assert found.verdict == verdict, found
    assert words in "; ".join(item.words for item in found.proposals)


def test_a_recurrence_over_rows_is_printed_as_its_author_writes_it() -> None:
    assert TEXTBOOK.notation.vectors is Vectors.ROW
    shown = latex(TEXTBOOK.cell, notation=TEXTBOOK.notation)
    assert r"\mathbf{h}_{t-1}\mathbf{W}_{\mathrm{hh}}" in shown
    assert r"\mathbf{W}_{\mathrm{hh}}^{\top}" in latex(TEXTBOOK.cell)


@pytest.mark.sweep(5)
@pytest.mark.parametrize(
    "name", ["h", "x", "W_hh", "W_xh", "vjp:W_hh", "vjp:h", "gradient:b_h", "transport", "adjoint"]
)
@pytest.mark.parametrize("layout", list(Layout))
def test_what_is_printed_of_it_is_read_back(name: str, layout: Layout) -> None:
    notation = Notation(vectors=Vectors.ROW, layout=layout)
    shown = latex(sg.result(TEXTBOOK.cell, name), notation=notation)
    assert sg.check(TEXTBOOK, shown, name, notation=notation).proved, shown


def test_the_same_recurrence_with_rows_said_or_seen() -> None:
    """The notation of its author says what the equations show."""
    text = r"h_t = \tanh(x_t W_{xh} + h_{t-1} W_{hh} + b_h)"
    assert read_recurrence(text, notation=ROWS).cell == TEXTBOOK.cell
    right = r"h_{t-1}^\top \left(\frac{\partial L}{\partial h_t} \odot (1 - h_t^2)\right)"
    claim = rf"\frac{{\partial L}}{{\partial W_{{hh}}}} = \sum_t {right}"
    assert sg.check(read_recurrence(text, notation=ROWS), claim).proved
    assert sg.check(TEXTBOOK.cell, claim, notation=ROWS).proved
    assert not sg.check(TEXTBOOK.cell, claim).proved  # a cell alone is over columns


def test_lines_of_code_over_columns() -> None:
    """A column has no sum over examples in its first axis: that would be one over its entries."""
    columns = read_recurrence("h = np.tanh(np.dot(Wxh, x) + np.dot(Whh, h_prev) + bh)")
    assert columns.notation.vectors is Vectors.COLUMN
    assert sg.check(columns, "dWhh = np.dot(dh * (1 - h*h), h_prev.T)").proved
    assert sg.check(columns, "dh_prev = np.dot(Whh.T, dh * (1 - h*h))").proved
    for wrong in (
        "dWhh = np.dot(h_prev, (dh * (1 - h*h)).T)",
        "dh_prev = np.dot(Whh, dh * (1 - h*h))",
        "dbh = dh * (1 - h)",
    ):
        assert sg.check(columns, wrong).verdict == "refuted"
    assert sg.check(columns, "dbh = (dh * (1 - h*h)).sum(axis=0)").verdict == "unreadable"


@pytest.mark.parametrize(
    "code", ["__import__('os').system('x')", "np.load('x')", "np.dot(np.dot, h)", "h.sum(axis=1)", "np.dot(h"]
)
def test_code_is_read_and_never_run(code: str) -> None:
    found = sg.check(TEXTBOOK, f"dh_prev = {code}")
    assert found.verdict in ("unreadable", "refuted")
