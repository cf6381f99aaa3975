"""One grammar for results: every name is read, every result has its name, the same mistake gets the same words."""

from __future__ import annotations

import pytest

import symgate as sg
from symgate.catalogue import CATALOGUE, SPLITS, keep_name, keep_of, listed, name_of, parse
from symgate.cli import main
from symgate.derive.results import BUILDERS
from symgate.errors import UnknownNameError
from symgate.proof.kinds import JUDGES
from symgate.proof.sequences.claims import BY_KIND
from symgate.records import ONE_STEP, Kind

CELLS = [sg.cell(name) for name in ("plain", "leaky", "multi_gate", "gru", "lstm", "mingru")]


def test_every_kind_has_its_three_places() -> None:
    """What the catalogue lists is built, judged and, over many steps, compared along trajectories."""
    kinds = {entry.kind for entry in CATALOGUE}

    assert kinds <= set(BUILDERS)
    assert kinds <= set(JUDGES)
    assert {kind for kind in kinds if kind not in {*ONE_STEP, Kind.STATE_JACOBIAN, Kind.SPLIT}} <= set(BY_KIND)


def test_the_examples_are_results_of_the_multi_gate() -> None:
    for entry in CATALOGUE:
        assert sg.result(sg.cell("multi_gate"), entry.example).kind in {entry.kind, Kind.JACOBIAN, Kind.KRONECKER}


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_every_result_is_found_under_its_own_name(cell: sg.Cell) -> None:
    """The name of a result gives the result again."""
    found = sg.results(cell)

    assert set(found) <= set(listed(cell))
    for name, derivation in found.items():
        again = sg.result(cell, name_of(derivation))
        assert (again.kind, again.named_terms, again.equations) == (
            derivation.kind,
            derivation.named_terms,
            derivation.equations,
        ), name


def test_splits_are_named_by_their_terms() -> None:
    for name, keep in SPLITS.items():
        assert keep_name(keep_of(name)) == name
        assert keep_of(name) == keep
    assert keep_of("retention+gate") == ("retention", "gate")
    assert keep_name(("retention", "gate")) == "retention+gate"


WRONG = {
    "W_q": "W_r",
    "vjp:W_q": "vjp:W_r",
    "gradient:W_q": "W_r",
    "gradient": "gradient:PARAMETER",
    "gradient:W_r:1": "gradient:PARAMETER",
    "split": "split:KEEP",
    "split:everything": "retention",
    "expansion:retention": "expansion:KEEP:ORDER",
    "expansion:retention:x": "whole number",
    "expansion:retention:13": "0 to 12",
    "expansion:retention:-1": "whole number",
    "transport:x": "such as transport",
    "analogy:adagrad": "analogy:adam",
    "": "x",
}


@pytest.mark.parametrize(("name", "words"), WRONG.items())
def test_a_wrong_name_is_told_in_the_same_words_everywhere(
    name: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The API, claims and the command line refuse it with one message."""
    cell = sg.cell("multi_gate")
    with pytest.raises(UnknownNameError) as told:
        sg.result(cell, name)
    assert words in str(told.value)
    with pytest.raises(UnknownNameError) as claimed:
        sg.check(cell, "0", name)
    assert str(claimed.value) == str(told.value)
    if name:
        assert main(["derive", "multi_gate", name]) == 2
        assert str(told.value) in capsys.readouterr().err


def test_a_state_has_to_be_named_where_there_are_several() -> None:
    with pytest.raises(UnknownNameError, match="h/W_f or c/W_f"):
        parse(sg.cell("lstm"), "W_f")
    assert sg.result(sg.cell("lstm"), "c/h").of == sg.jacobian(sg.cell("lstm"), wrt="h", of="c").of
    assert sg.result(sg.cell("lstm"), "jacobian").kind is Kind.STATE_JACOBIAN
