"""Objects of many steps on the command line and in the report: each has a short name, a topic and a certificate."""

from __future__ import annotations

from dataclasses import replace

import pytest

import symgate as sg
from symgate.cli import main
from symgate.derive import results
from symgate.records import ONE_STEP
from symgate.report import main as job
from symgate.report import over_time, write_report


@pytest.mark.parametrize("cell", sg.CELLS, ids=lambda cell: cell.name)
def test_every_cell_has_what_it_can_have(cell: sg.Cell) -> None:
    """Transport and gradients always; splits, rates and analogies where there is more than one term."""
    found = {key: item for key, item in results(cell).items() if over_time.of_many_steps(item)}
    terms = sg.jacobian(cell).terms

    assert [key for key in found if key.startswith("gradient:")] == [f"gradient:{item}" for item in cell.parameters]
    splits = [key.split(":")[1] for key in found if key.startswith("split:")]
    assert splits == {1: [], 2: ["drive", "retention"], 3: ["drive", "retention", "gate"]}[len(terms)]
    assert ("preconditioner" in found) == ("retention" in terms)
    assert sum(key.startswith("analogy:") for key in found) == (3 if "retention" in terms else 0)
    assert not any(over_time.of_many_steps(item) for item in sg.objects(cell))
    assert len({item.name for item in results(cell).values()}) == len(results(cell))


def test_every_object_belongs_to_one_topic() -> None:
    kinds = [kind for topic in over_time.TOPICS for kind in topic.kinds]

    assert len(kinds) == len(set(kinds))
    for derivation in results(sg.cell("multi_gate")).values():
        assert (derivation.kind in kinds) != (derivation.kind in ONE_STEP)


NAMED = {
    "transport": sg.transport,
    "gradient:W_r": lambda cell: sg.gradient(cell)["W_r"],
    "split:retention": lambda cell: sg.split(cell, "retention"),
    "split:retention+gate": lambda cell: sg.split(cell, ("retention", "gate")),
    "expansion:retention:1": lambda cell: sg.expand(sg.split(cell, "retention"), 1),
    "remainder:gate:3": lambda cell: sg.remainder(sg.split(cell, "gate"), 3),
    "rate:retention": sg.effective_learning_rate,
    "preconditioner": sg.preconditioner,
    "analogy:momentum": lambda cell: sg.analogy(cell, "momentum"),
}


@pytest.mark.parametrize("name", NAMED)
def test_a_short_name_means_the_object(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    derivation = NAMED[name](sg.cell("multi_gate"))

    assert main(["derive", "multi_gate", name, "--latex"]) == 0
    assert capsys.readouterr().out == sg.latex(derivation) + "\n"
    assert main(["derive", "multi_gate", name]) == 0
    assert derivation.remark in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("expansion:retention", "expansion:KEEP:ORDER"),
        ("expansion:retention:x", "whole number"),
        ("expansion:retention:99", "0 to 12"),
        ("gradient:W_x", "W_r"),
        ("split:everything", "retention"),
        ("analogy:adagrad", "adam"),
        ("transports", "transport"),
    ],
)
def test_a_wrong_name_is_one_message(name: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["derive", "multi_gate", name]) == 2

    assert words in capsys.readouterr().err


def test_what_has_no_function_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["derive", "multi_gate", "transport", "--python"]) == 2

    assert "derivatives of one step" in capsys.readouterr().err


def test_a_parameter_keeps_its_name() -> None:
    """A cell whose parameter is called transport is asked for that parameter."""
    c = sg.CellBuilder("mine")
    x = c.state("x", "n")
    transport = c.matrix("transport", "n", "n")
    c.next(x, transport @ x)

    assert results(c.build())["transport"].wrt.name == "transport"


def test_a_wrong_discretisation_makes_the_report_fail(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = [(found, replace(certificate, verdict="refuted")) for found, certificate in over_time.schemes()]
    monkeypatch.setattr(job, "schemes", lambda: wrong)
    monkeypatch.setattr(job, "draw_figures", lambda *_, **__: [])
    monkeypatch.setattr(job, "draw_time_figures", lambda *_: list)
    monkeypatch.setattr(job, "compile_paper", lambda _: "not asked for")

    outcome = write_report(tmp_path / "out", sg.CELLS[:1], jobs=1)  # type: ignore[operator]

    assert all(entry.proved for entry in outcome.entries)
    assert not outcome.all_proved
