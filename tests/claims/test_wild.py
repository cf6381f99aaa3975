"""Formulas as papers print them: read with their author's recurrence, judged right, the right convention proposed."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from benchmarks.wild import judged

ENTRIES = [
    entry
    for path in sorted((Path(__file__).parent / "wild").glob("*.toml"))
    for entry in tomllib.loads(path.read_text(encoding="utf-8"))["formula"]
]


@pytest.mark.sweep(20)
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["id"])
def test_formulas_as_papers_print_them(entry: dict[str, Any]) -> None:
    row = judged(entry)
    assert row.expected, row


def test_the_other_answer_is_not_expected() -> None:
    """A collection in which the answers are turned round is not met, so that the comparison can fail."""
    plain = [entry for entry in ENTRIES if "asks" not in entry][:4]
    assert not any(judged(entry | {"holds": not entry["holds"], "proposal": ""}).expected for entry in plain)
