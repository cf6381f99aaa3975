"""A file of claims may bring its own cells and its conventions; the command line takes a recurrence as it is typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from symgate.claims import load_claims
from symgate.cli.program import main
from symgate.errors import SymgateError

FILE = r"""
[notation]
layout = "denominator"

[cell.elman]
latex = '''h_t = \tanh(W h_{t-1} + U x_t + b)'''

[[claim]]
name = "(1)"
cell = "elman"
latex = '''\frac{\partial h_t}{\partial h_{t-1}} = W^\top \mathrm{diag}(1-h_t^2)'''

[[claim]]
name = "(2)"
cell = "mine.py:PAPER"
object = "jacobian"
text = "A.T"
"""
MINE = """
import symgate as sg
c = sg.CellBuilder("paper")
x, A = c.state("x", "n"), c.matrix("A", "n", "n")
c.next(x, A @ x)
PAPER = c.build()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of claims beside a file with a cell."""
    (tmp_path / "mine.py").write_text(MINE, encoding="utf-8")
    path = tmp_path / "claims.toml"
    path.write_text(FILE, encoding="utf-8")
    return path


def test_cells_and_conventions_of_a_file(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    claims = load_claims(path)
    assert [claim.cell.name for claim in claims] == ["elman", "paper"]
    assert [claim.check().verdict for claim in claims] == ["proved", "proved"]
    assert main(["check", "--file", str(path)]) == 0
    assert "2 of 2 claims as expected" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('layout = "denominator"', 'layout = "diagonal"'),
        ("latex = '''h_t", "latx = '''h_t"),
        ("W h_{t-1} +", "W x_t +"),
        ("mine.py:PAPER", "mine.py:OTHER"),
        ('cell = "elman"', 'cell = "elmo"'),
        ("[cell.elman]", "cell = 3\n[other]"),
    ],
)
def test_a_broken_file_is_told(path: Path, old: str, new: str) -> None:
    assert old in FILE
    path.write_text(FILE.replace(old, new), encoding="utf-8")
    with pytest.raises(SymgateError):
        load_claims(path)


def test_the_numerator_layout_is_what_a_file_without_conventions_means(path: Path) -> None:
    path.write_text(FILE.replace('layout = "denominator"', ""), encoding="utf-8")
    assert [claim.check().verdict for claim in load_claims(path)] == ["refuted", "refuted"]


def test_a_recurrence_may_be_typed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["derive", "--recurrence", "h_t = tanh(W h_{t-1} + U x_t + b)", "x"]) == 0
    assert capsys.readouterr().out.startswith("dh/dx = diag(dtanh(W @ h_prev + U @ x + b)) @ U")
    assert main(["derive"]) == 2
    assert main(["derive", "plain", "x", "--recurrence", "h_t = h_{t-1}"]) == 2
    assert main(["derive", "--recurrence", "h_t = x_t"]) == 2


def test_the_object_may_be_left_to_the_left_side(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "lstm", "dc/dc_prev = diag(f)"]) == 0
    assert main(["check", "lstm", "dc/dc_prev = diag(i)"]) == 1
    assert "one gate stands in place of another" in capsys.readouterr().out
