"""What symgate prints, it reads: plain text, LaTeX and numbered equations of every object, several states included."""

from __future__ import annotations

import pytest

import symgate as sg
from symgate.claims.judging.record import Finding
from symgate.claims.judging.texts import check_text
from symgate.claims.reading.reader import Reading
from symgate.derive import results
from symgate.records import Derivation
from symgate.tex import equation

SWEPT = [(cell, name) for cell in ("gru", "lstm", "lru", "s6") for name in results(sg.cell(cell))]


def unjudged(base: Finding, reading: Reading, _: Derivation) -> Finding:
    """In place of the judge: the reading alone."""
    return Finding(base.cell, base.object, base.claim, "proved", "", reading=reading.text, notes=reading.notes)


@pytest.mark.parametrize(("cell", "name"), SWEPT, ids=lambda item: item)
def test_every_printed_form_of_an_object_is_read(cell: str, name: str) -> None:
    """Each is read, as an object with that left side, and no left side is taken for a new name."""
    own = sg.cell(cell)
    truth = results(own)[name]
    for form, claim in (
        ("text", sg.text(truth)),
        ("latex", sg.latex(truth)),
        ("latex", equation(truth)),
    ):
        found = check_text(own, claim, name, form, unjudged)
        assert found.reading
        assert not any("that the claim introduces" in note for note in found.notes), found.notes


@pytest.mark.parametrize("name", ["jacobian", "adjoint", "gradient:U_i", "h/c", "vjp:c/U_f"])
@pytest.mark.parametrize("form", ["text", "latex"])
def test_several_states_are_read_and_proved(name: str, form: str) -> None:
    truth = results(sg.cell("lstm"))[name]
    assert sg.check("lstm", sg.text(truth) if form == "text" else sg.latex(truth), name).proved


@pytest.mark.parametrize(
    ("cell", "name", "right", "wrong"),
    [
        ("lstm", "split:gate", r"\mathbf{U}_{f}", r"\mathbf{U}_{i}"),  # rows of blocks
        ("gru", "rate:retention", r"\mathbf{U}_{r}", r"\mathbf{U}_{z}"),  # a named partial product
        pytest.param(  # R is our B
            "lru", "remainder:retention:1", r"\lVert \mathbf{A}", r"\lVert \mathbf{R}", marks=pytest.mark.full
        ),
        pytest.param("gru", "analogy:adam", r"\mathbf{U}_{r}", r"\mathbf{U}_{z}", marks=pytest.mark.full),
        pytest.param("gru", "expansion:retention:2", r"\mathbf{U}_{r}", r"\mathbf{U}_{z}", marks=pytest.mark.full),
        pytest.param("lstm", "expansion:retention:2", r"\mathbf{U}_{f}", r"\mathbf{U}_{i}", marks=pytest.mark.full),
    ],
)
def test_a_displayed_equation_is_read_and_proved(cell: str, name: str, right: str, wrong: str) -> None:
    """As it is printed, names of partial products, letters that gave way and rows included; with a slip it is not."""
    shown = equation(sg.result(sg.cell(cell), name))
    assert sg.check(cell, shown, name).proved
    slipped = shown.replace(right, wrong, 1)
    assert slipped != shown
    assert sg.check(cell, slipped, name).verdict in ("refuted", "undecided")


def test_a_definition_of_the_claim_wins_over_the_printed_one() -> None:
    """A name that the claim itself defines is never read as it would be printed."""
    shown = sg.tex.equation(sg.result(sg.cell("gru"), "rate:retention"))
    own = shown + r" where \boldsymbol{\pi}_{t,i} = \bigodot_{j=i}^{t}\mathbf{z}_{j}"
    assert sg.check("gru", own, "rate:retention").verdict == "refuted"
    true = shown + r" where \boldsymbol{\pi}_{t,i} = \bigodot_{j=i+1}^{t}\mathbf{z}_{j}"
    found = sg.check("gru", true, "rate:retention")
    assert found.proved
    assert not any("as it is printed" in note for note in found.notes)


def test_a_planted_error_in_a_row_of_several_is_refuted() -> None:
    truth = results(sg.cell("lstm"))["adjoint"]
    wrong = sg.latex(truth).replace(r"\mathbf{U}_{g}^{\top}", r"\mathbf{U}_{i}^{\top}", 1)
    assert wrong != sg.latex(truth)
    assert sg.check("lstm", wrong, "adjoint").verdict == "refuted"
