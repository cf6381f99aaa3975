"""The terms that a split keeps: the derivative of the step while the rest is held, as both exact routes take it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

import symgate as sg
from symgate.cells import LIBRARY
from symgate.language import CellBuilder, sigma, sqrt, tanh
from symgate.proof.decision import Budget
from symgate.proof.held import HELD, Holding
from symgate.proof.settle import settle
from symgate.records import Cell, Derivation, Parting

QUICK = {"leaky", "multi_gate", "gru", "lstm_1997", "ltc", "scalar_gate_norm", "rg_lru"}


def _splits(cell: Cell) -> list[Derivation]:
    """One split for each term that the Jacobian has."""
    whole = sg.result(cell, "jacobian")
    return [sg.split(whole, (name,)) for name in whole.terms if len(whole.terms) > 1]


def _cell() -> CellBuilder:
    return CellBuilder("own", source="a test")


@pytest.mark.parametrize(
    "cell",
    [pytest.param(c, id=c.name, marks=() if c.name in QUICK else (pytest.mark.full,)) for c in LIBRARY],
)
def test_every_named_term_of_every_cell_is_what_its_name_says(cell: Cell) -> None:
    """Derived from the words of the calculus, proved from the update with the rest held."""
    for parted in _splits(cell):
        settled = settle(parted, Budget())
        assert settled.proved, (cell.name, parted.parameters, settled.evidence.detail)


@pytest.mark.parametrize(
    "cell", [c for c in LIBRARY if c.name in {"multi_gate", "lstm", "cornn"}], ids=lambda c: c.name
)
def test_a_term_under_another_name_is_refuted(cell: Cell) -> None:
    """Every term, said to be each of the others."""
    names = list(sg.result(cell, "jacobian").terms)
    for parted in _splits(cell):
        for other in names:
            if (other,) != parted.parameters.keep:
                wrong = replace(parted, parameters=Parting((other,)))
                certificate = sg.verify(wrong, routes=("decision", "modular"))
                assert certificate.verdict == "refuted", (parted.parameters, other)
                assert "in A" in certificate.statement


def test_a_split_that_keeps_what_no_cell_has_is_not_proved() -> None:
    """A misspelt term."""
    parted = sg.split(sg.cell("multi_gate"), "retention")
    wrong = replace(parted, parameters=Parting(("retentoin",)))
    assert sg.verify(wrong, routes=("decision", "modular")).verdict != "proved"


def test_paths_are_sorted_by_what_they_meet_first() -> None:
    """Through a matrix or a shared number in the update itself: drive; entry by entry: retention."""
    c = _cell()
    x, W, v = c.state("x", "n"), c.matrix("W", "n", "n"), c.vector("v", "n")
    c.next(x, v * x + W @ x + (v.T @ x) * v)
    cell = c.build()
    (state,) = cell.states
    shown = {
        keep: str(Holding(cell, frozenset({keep})).update(state.update)).count(f"{HELD}x")
        for keep in ("retention", "drive", "gate")
    }
    assert shown == {"retention": 2, "drive": 1, "gate": 3}
    for parted in _splits(cell):
        assert sg.verify(parted, routes=("decision", "modular")).verdict == "proved"


def test_a_retention_that_is_normalised_stays_one() -> None:
    """Behind a name of the update, numbers shared by all units do not make a drive of it; a matrix does."""
    c = _cell()
    x, u, W, V = c.state("x", "n"), c.input("u", "m"), c.matrix("W", "n", "n"), c.matrix("V", "n", "m")
    g = c.let("g", sigma(V @ u), role="gate")
    y = c.let("y", (1 - g) * x + g * tanh(W @ x), role="update")
    s = c.let("s", sqrt(y.T @ y + Fraction(1, 2)), role="update")
    c.next(x, y / s)
    cell = c.build()
    terms = sg.result(cell, "jacobian").terms
    assert "retention" in terms
    for parted in _splits(cell):
        assert sg.verify(parted, routes=("decision", "modular")).verdict == "proved", parted.parameters


def test_momentum_is_about_the_retention() -> None:
    """The error term may not take a part of the retention, nor all of it: a heavy ball with beta = 0 says nothing."""
    derivation = sg.result(sg.cell("multi_gate"), "analogy:momentum")
    (loss, delta), (kept, retained), (rest, other) = derivation.named_terms
    doubled = replace(derivation, named_terms=((loss, delta), (kept, 2 * retained), (rest, other - retained)))
    assert sg.verify(derivation, routes=("decision", "modular")).verdict == "proved"
    assert sg.verify(doubled, routes=("decision", "modular")).verdict != "proved"
