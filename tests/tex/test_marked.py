"""MathML whose terms can be told apart: a row for each, with its class, and nothing lost."""

from __future__ import annotations

import re

import pytest

import symgate as sg
from symgate.tex import introduced, marked


def _bare(markup: str) -> str:
    """The letters and signs alone."""
    return re.sub(r"<[^>]*>", "", markup)


@pytest.mark.parametrize("name", ["multi_gate", "gru_original", "leaky_norm"])
def test_rows_in_order_make_the_formula_that_mathml_prints(name: str) -> None:
    J = sg.jacobian(sg.cell(name))
    shown = marked(J, {term: f"term-{place}" for place, term in enumerate(J.terms)})

    assert _bare(shown) == _bare(sg.mathml(J))
    places = [int(found) for found in re.findall(r'class="term-(\d)"', shown)]
    assert places == sorted(places)
    assert set(places) == set(range(len(J.terms)))


def test_each_row_holds_its_own_term() -> None:
    J = sg.jacobian(sg.cell("multi_gate"))
    shown = marked(J, dict.fromkeys(J.terms, "x"), lhs=False)

    rows = [_bare(row) for row in re.findall(r'<mrow class="x">(.*?)</mrow></mtd></mtr>', shown)]
    assert [row.removeprefix("+") for row in rows] == [_bare(sg.mathml(term)) for term in J.terms.values()]


def test_a_term_without_a_class_is_refused() -> None:
    with pytest.raises(sg.SymgateError, match="The terms gate of multi_gate_jacobian_x have no class"):
        marked(sg.jacobian(sg.cell("multi_gate")), {"retention": "a", "drive": "b"})


def test_what_names_stand_for_is_told_as_mathml_too() -> None:
    split = sg.result(sg.cell("multi_gate"), "split:retention")

    assert len(introduced(split, markup="mathml")) == len(introduced(split))
    assert all(line.startswith("<math") for line in introduced(split, markup="mathml"))
    with pytest.raises(sg.SymgateError, match="not a known markup"):
        introduced(split, markup="latex")
