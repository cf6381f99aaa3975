"""What symgate prints, it reads: text, LaTeX, numbered equations, docstrings and certificates of every object."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

import pytest

import symgate as sg
from symgate.cells import LIBRARY
from symgate.claims.judging.record import Finding
from symgate.claims.judging.texts import check_text
from symgate.claims.reading.reader import Reading
from symgate.derive import result, results
from symgate.exporting import exported
from symgate.language.giving_way import spelled_otherwise
from symgate.notation import PLAIN
from symgate.records import Derivation
from symgate.tex import equation, latex, text
from symgate.tex.context import context_of

SAMPLE = [("gru", name) for name in results(sg.cell("gru")) if ":W_" not in name and "U_" not in name]
SAMPLE += [("lstm", name) for name in ("jacobian", "adjoint", "h/c", "vjp:c/U_f", "gradient:U_i", "split:drive")]
SAMPLE += [("lru", "remainder:retention:1"), ("cornn", "remainder:drive:1"), ("gru_d", "jacobian"), ("gru_d", "h/W_d")]
SAMPLE += [("stp", "split:drive"), ("rwkv4", "preconditioner"), ("multi_gate", "rate:retention")]


def printed(truth: Derivation) -> dict[str, tuple[str, str]]:
    """By name, every print of an object with its form."""
    return {
        "text": ("text", sg.text(truth)),
        "latex": ("latex", sg.latex(truth)),
        "equation": ("latex", equation(truth)),
    }


def read_back(truth: Derivation, name: str, form: str, claim: str) -> Reading:
    """The reading of a print, which must not take its left side for a new name."""
    found: list[Reading] = []

    def unjudged(base: Finding, reading: Reading, _: Derivation) -> Finding:
        found.append(reading)
        return Finding(base.cell, base.object, base.claim, "proved", "", reading=reading.text, notes=reading.notes)

    seen = check_text(truth.cell, claim, name, form, unjudged)
    assert not any("that the claim introduces" in note for note in seen.notes), seen.notes
    return found[-1]


def statements(truth: Derivation) -> list[str]:
    """The equations in the docstring of a generated module, one for each block of several states."""
    body = (ast.get_docstring(ast.parse(exported(truth, "numpy"))) or "").split("\n\n")[1]
    return re.split(r"\n(?= {4}\S)", body)


@pytest.mark.sweep(10)
@pytest.mark.parametrize(("cell", "name"), SAMPLE, ids=lambda item: item)
def test_every_print_of_an_object_is_read(cell: str, name: str) -> None:
    truth = result(sg.cell(cell), name)
    for form, claim in printed(truth).values():
        assert read_back(truth, name, form, claim).text


@pytest.mark.parametrize("name", ["jacobian", "adjoint", "gradient:U_i", "h/c", "vjp:c/U_f"])
@pytest.mark.parametrize("form", ["text", "latex", "equation"])
def test_several_states_are_read_and_proved(name: str, form: str) -> None:
    form, claim = printed(result(sg.cell("lstm"), name))[form]
    assert sg.check("lstm", claim, name, form=form).proved


@pytest.mark.parametrize(
    ("cell", "name"), [("multi_gate", "x"), ("gru", "vjp:W_r"), ("lstm", "jacobian"), ("lstm", "vjp:c/U_f")]
)
def test_docstrings_of_generated_modules_are_proved(cell: str, name: str) -> None:
    truth = result(sg.cell(cell), name)
    for claim in statements(truth):
        assert sg.check(cell, claim, form="text").proved, claim


def test_a_planted_error_in_a_docstring_is_refuted() -> None:
    truth = result(sg.cell("multi_gate"), "x")
    (claim,) = statements(truth)
    wrong = claim.replace("phi(a) - x_prev", "phi(a) - x", 1)
    assert wrong != claim
    assert sg.check("multi_gate", wrong, form="text").verdict == "refuted"


@pytest.mark.parametrize(
    ("cell", "name"),
    [("multi_gate", "x"), ("gru", "vjp:W_r"), ("multi_gate", "expansion:gate:2"), ("leaky", "gradient:W_r")],
)
def test_what_a_certificate_states_is_proved(cell: str, name: str) -> None:
    truth = result(sg.cell(cell), name)
    assert sg.check(cell, sg.verify(truth).ledger[0].statement, name, form="text").proved


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
    truth = result(sg.cell("lstm"), "adjoint")
    wrong = sg.latex(truth).replace(r"\mathbf{U}_{g}^{\top}", r"\mathbf{U}_{i}^{\top}", 1)
    assert wrong != sg.latex(truth)
    assert sg.check("lstm", wrong, "adjoint").verdict == "refuted"


@pytest.mark.full
@pytest.mark.parametrize("cell", LIBRARY, ids=lambda cell: cell.name)
def test_every_print_of_every_object_of_every_cell_is_read(cell: sg.Cell) -> None:
    for name, truth in results(cell).items():
        for label, (form, claim) in printed(truth).items():
            assert read_back(truth, name, form, claim).text, (name, label)


@pytest.mark.full
@pytest.mark.parametrize("cell", LIBRARY, ids=lambda cell: cell.name)
def test_every_docstring_and_certificate_of_every_cell_is_proved(cell: sg.Cell) -> None:
    for name, truth in results(cell).items():
        if truth.one_step:
            assert all(sg.check(cell, claim, form="text").proved for claim in statements(truth)), name
        certificate = sg.verify(truth)
        if certificate.proved and certificate.ledger[0].settled == "proved":
            asked = None if name.startswith("split") else name
            assert sg.check(cell, certificate.ledger[0].statement, asked, form="text").proved, name


@pytest.mark.sweep(1)
@pytest.mark.parametrize("name", ["expansion:drive:1", "expansion:retention:2", "remainder:drive:1"])
def test_our_epsilon_gives_way_to_a_parameter_of_that_name(name: str) -> None:
    """Cell cornn has a parameter epsilon: in plain text the size of the perturbation has another letter there."""
    truth = result(sg.cell("cornn"), name)
    statement = sg.verify(truth).ledger[0].statement
    for claim, form in ((statement, "text"), (sg.text(truth), "text"), (equation(truth), "latex")):
        assert "zeta" in claim
        assert sg.check("cornn", claim, name, form=form).proved
    alike = statement.replace("zeta", "epsilon")
    assert not sg.check("cornn", alike, name, form="text").proved


@pytest.mark.parametrize("cell", LIBRARY, ids=lambda cell: cell.name)
def test_plain_text_and_latex_have_one_letter_for_what_gives_way(cell: sg.Cell) -> None:
    truth = result(cell, "transport")
    for symbol, letter in spelled_otherwise(cell).items():
        assert context_of(truth, PLAIN).indices[symbol] == letter
        assert context_of(truth).indices[symbol] == letter


def test_superscripts_that_are_names_are_no_times() -> None:
    """Of gru_d, pi^k is a product over its k and pi^{(2)} another: neither k nor 2 is a step."""
    truth = result(sg.cell("gru_d"), "expansion:retention:2")
    assert read_back(truth, "expansion:retention:2", "latex", equation(truth)).text


@pytest.mark.parametrize("name", ["C/W_k", "q/u", "vjp:q/W_k", "vjp:C/u"])
def test_a_vector_of_ones_that_is_only_counted_has_the_size_of_the_recurrence(name: str) -> None:
    truth = result(sg.cell("mlstm"), name)
    for form, claim in printed(truth).values():
        reading = read_back(truth, name, form, claim)
        assert any("d entries" in note for note in reading.notes)


@pytest.mark.sweep(1)
@pytest.mark.parametrize("form", [latex, equation, text])
def test_a_matrix_of_which_every_row_states_a_block(form: Callable[[sg.Derivation], str]) -> None:
    """The first order of the LSTM prints its four blocks one below the other."""
    name = "expansion:retention:1"
    printed = form(result(sg.cell("lstm"), name))
    assert sg.check("lstm", printed, name).proved
    for right, wrong in ((r"U_{f}", r"U_{i}"), ("U_f", "U_i"), (r"\mathbf{f}_{t}", r"\mathbf{i}_{t}")):
        if right in printed:
            assert sg.check("lstm", printed.replace(right, wrong, 1), name).verdict == "refuted"


def test_one_row_of_blocks_says_nothing_of_the_others() -> None:
    name = "expansion:retention:1"
    item = result(sg.cell("lstm"), name)
    rows = latex(item).removeprefix(r"\begin{aligned}").split(r"\\")
    assert not sg.check("lstm", rows[0].replace("&", ""), name).proved
    assert sg.check("lstm", rows[0].replace("&", ""), name).verdict != "refuted"
