"""Certificates as files: judged again they are the same, and what was changed in between is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from symgate.cli import main

OWN = """from symgate.language import CellBuilder, tanh
c = CellBuilder("own")
x, W = c.state("x", "n"), c.matrix("W", "n", "n")
c.next(x, {update})
OWN = c.build()
"""


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """The certificates of a cell of one's own."""
    cell, path = tmp_path / "own.py", tmp_path / "certificates.json"
    cell.write_text(OWN.format(update="tanh(W @ x)"))
    assert main(["verify", f"{cell}:OWN", "--jobs", "1", "--save", str(path)]) == 0
    return path


def test_the_same_formulas_are_judged_as_before(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recheck", str(saved)]) == 0
    shown = capsys.readouterr().out
    assert "own.py:OWN transport: proved, as the file says" in shown
    rows = json.loads(saved.read_text())["certificates"]
    assert {row["object"] for row in rows} >= {"x", "vjp:W", "transport", "gradient:W"}
    assert all(line["settled"] in {"proved", "definition"} for row in rows for line in row["certificate"]["ledger"])


def test_another_recurrence_is_told(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The file of the cell changed since: its formulas may be right, but the certificates are about others."""
    (saved.parent / "own.py").write_text(OWN.format(update="tanh(W @ x) + x"))
    capsys.readouterr()

    assert main(["recheck", str(saved)]) == 2
    assert "the formula or the recurrence differs" in capsys.readouterr().out


def test_a_verdict_that_was_edited_is_told(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(saved.read_text())
    found["certificates"][0]["certificate"]["verdict"] = "refuted"
    saved.write_text(json.dumps(found))
    capsys.readouterr()

    assert main(["recheck", str(saved)]) == 2
    assert "the file says refuted; it is proved" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"certificates": [1]}', '{"certificates": [{"cell": "plain"}]}'])
def test_what_is_not_a_file_of_certificates_is_refused(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "odd.json"
    path.write_text(text)

    assert main(["recheck", str(path)]) == 2
    assert "not a file of certificates" in capsys.readouterr().err


def test_an_error_of_the_program_has_a_status_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not that of a refutation, and a line says how to report it."""

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr("symgate.cli.commands.find_cell", broken)

    assert main(["derive", "plain"]) == 3
    shown = capsys.readouterr().err
    assert "internal error: ZeroDivisionError: planted" in shown
    assert "Please report it" in shown
