"""The page of results states nothing that its data does not hold."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
CELL = re.compile(r"^```\{code-cell\} python\n(?::[^\n]*\n)*(.*?)^```$", re.MULTILINE | re.DOTALL)
Data = dict[str, Any]


def _bound(data: Data) -> None:
    data["summary"]["multi_gate"]["bound_violations"] = 1


def _lags(data: Data) -> None:
    next(iter(data["summary"]["learners"].values()))["after"]["rest"]["values"][0] = 1e-3


def _nulls(data: Data) -> None:
    next(iter(data["summary"]["learners"].values()))["true"][0]["share_of_nulls_found"] = 0.5


def _learnt(data: Data) -> None:
    data["summary"]["leaky"][-1]["loss_over_variance"]["values"][0] = 0.9


def _apart(data: Data) -> None:
    data["runs"][0]["distance"] = dict.fromkeys(data["runs"][0]["distance"], 1e-3)


def _large(data: Data) -> None:
    data["runs"][0]["peak_MiB"] = 3000.0


#: A change of each file, and how the sentence begins that no longer holds.
PLANTED: dict[str, tuple[Callable[[Data], None], str]] = {
    "docs/results/truncation.json": (_bound, "`multi_gate`: the remainder bound was violated 1 times"),
    "docs/results/updates.json": (_lags, "The lags sum to the gradient"),
    "docs/results/learnability.json": (_nulls, "Over all learners, "),
    "docs/results/profiles_learnt.json": (_learnt, "Every one of these networks has learnt"),
    "benchmarks/paper_in_torch.json": (_apart, "The largest difference between the two"),
    "benchmarks/experiments.json": (_large, "None of these processes took more than"),
}


def test_what_the_data_does_not_hold_stops_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One change planted in each of six files: its sentence is refused, and no other one."""
    for folder in ("docs/results", "benchmarks"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("*.py", "*.mjs"))
    for name, (change, _) in PLANTED.items():
        data = json.loads((tmp_path / name).read_text(encoding="utf-8"))
        change(data)
        (tmp_path / name).write_text(json.dumps(data), encoding="utf-8")
    shown = ModuleType("IPython.display")
    for name in ("HTML", "Markdown", "display"):
        setattr(shown, name, lambda value: value)
    monkeypatch.setitem(sys.modules, "IPython", ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", shown)
    monkeypatch.setenv("SYMGATE_ROOT", str(tmp_path))
    first, *rest = CELL.findall((ROOT / "docs" / "results.md").read_text(encoding="utf-8"))
    page: dict[str, Any] = {}
    exec(first, page)  # noqa: S102 - the page's own code, as its build runs it
    states, refused = page["states"], []

    def noted(sentence: str, holds: bool) -> None:
        try:
            states(sentence, holds)
        except AssertionError as error:
            assert str(error) == f"The data contradicts this sentence: {sentence}"  # noqa: PT017 - most sentences hold
            refused.append(sentence)

    page["states"] = noted
    for cell in rest:
        exec(cell, page)  # noqa: S102 - as above

    begun = {beginning for _, beginning in PLANTED.values()}
    assert {word for word in begun if any(sentence.startswith(word) for sentence in refused)} == begun
    assert len(refused) == len(begun), refused
