"""The corpus: no true claim is refused, no false one accepted, and the slips are named."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

import symgate as sg
from symgate.claims.judging.variants import WORDS

CORPUS = Path(__file__).parent / "corpus"


def claims(name: str) -> list[dict[str, str]]:
    return list(tomllib.loads((CORPUS / f"{name}.toml").read_text(encoding="utf-8"))["claim"])


def judged(claim: dict[str, str]) -> sg.Finding:
    form = "latex" if "latex" in claim else "text"
    return sg.check(claim["cell"], claim[form], claim["object"], form=form)


TRUE, FALSE = claims("true"), claims("false")


def test_the_corpus_is_large_and_covers_every_basic_cell() -> None:
    assert len(TRUE) >= 60
    assert len(FALSE) >= 200
    for part in (TRUE, FALSE):
        assert {claim["cell"] for claim in part} >= {"plain", "leaky", "unit_leak", "scalar_gate", "multi_gate"}
    assert {kind for claim in FALSE for kind in claim["slips"].split("+") if kind} <= WORDS.keys()


@pytest.mark.sweep(33)
@pytest.mark.parametrize("claim", TRUE, ids=lambda claim: claim["name"])
def test_true_claims_are_proved(claim: dict[str, str]) -> None:
    found = judged(claim)
    assert found.verdict == "proved", found


@pytest.mark.sweep(22)
@pytest.mark.parametrize("claim", FALSE, ids=lambda claim: claim["name"])
def test_false_claims_are_refuted_and_named(claim: dict[str, str]) -> None:
    found = judged(claim)
    assert found.verdict == "refuted", found
    named = [sorted(slip.kind for slip in slips) for slips in found.diagnosis]
    assert not claim["slips"] or sorted(claim["slips"].split("+")) in named, found
