"""Files of claims, the command and the pytest plugin."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import symgate as sg
from symgate.claims import load_claims
from symgate.claims.tables import exit_code
from symgate.cli import main
from symgate.errors import DefinitionError, NotProvedError, UnknownNameError

pytest_plugins = ["pytester"]

GOOD = """
title = "A paper"

[[claim]]
name = "eq. (1)"
cell = "plain"
object = "jacobian"
latex = '''\\operatorname{diag}(\\phi'(a_t)) W_r'''

[[claim]]
name = "eq. (2), an erratum"
cell = "plain"
object = "jacobian"
text = "W_r @ diag(dphi(a))"
expect = "refuted"
"""
WRONG = GOOD.replace('expect = "refuted"\n', "")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "claims.toml"
    path.write_text(GOOD, encoding="utf-8")
    return path


def test_a_table_with_its_errata_passes(table: Path) -> None:
    assert [found.verdict for found in sg.assert_claims(table)] == ["proved", "refuted"]
    assert [claim.name for claim in load_claims(table)] == ["eq. (1)", "eq. (2), an erratum"]


def test_a_table_that_says_otherwise_fails(table: Path) -> None:
    table.write_text(WRONG, encoding="utf-8")
    with pytest.raises(NotProvedError, match="swapped"):
        sg.assert_claims(table)


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("[[claim]]", "[[claims]]", DefinitionError),
        ('cell = "plain"', 'cell = "plian"', UnknownNameError),
        ("text =", "txt =", UnknownNameError),
        ('name = "eq. (1)"', "name = 1", DefinitionError),
        ('object = "jacobian"', "", DefinitionError),
        ('expect = "refuted"', 'expect = "fine"', UnknownNameError),
        ("[[claim]]", "[[claim", DefinitionError),
    ],
)
def test_a_broken_table_is_told(table: Path, old: str, new: str, error: type[Exception]) -> None:
    table.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(error):
        load_claims(table)


def test_exit_codes() -> None:
    assert exit_code([("proved", "proved"), ("refuted", "refuted")]) == 0
    assert exit_code([("undecided", "proved"), ("refuted", "proved")]) == 1
    assert exit_code([("unreadable", "proved"), ("proved", "proved")]) == 2
    assert exit_code([("proved", "refuted")]) == 1


def test_the_command_judges_one_claim(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "plain", "jacobian", "diag(dphi(a)) @ W_r"]) == 0
    assert main(["check", "plain", "jacobian", "--latex", r"W_r \operatorname{diag}(\phi'(a_t))"]) == 1
    assert main(["check", "--latex", "plain", "jacobian", r"\write18{ls}"]) == 2
    assert "factors are swapped" in capsys.readouterr().out
    assert main(["check", "plain", "jacobian", "W_r", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["verdict"] == "refuted"
    assert main(["check", "plain", "jacobian"]) == 2
    assert main(["check", "plain", "nothing", "W_r"]) == 2


def test_the_command_judges_a_file(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--file", str(table)]) == 0
    assert "2 of 2 claims as expected" in capsys.readouterr().out
    table.write_text(WRONG, encoding="utf-8")
    assert main(["check", "--file", str(table), "--json"]) == 1
    assert [item["verdict"] for item in json.loads(capsys.readouterr().out)] == ["proved", "refuted"]


def test_the_plugin_makes_a_test_of_each_claim(pytester: pytest.Pytester) -> None:
    pytester.makeconftest('pytest_plugins = ["symgate.pytest_plugin"]')
    (pytester.path / "claims.toml").write_text(WRONG, encoding="utf-8")
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*factors are swapped*"])
