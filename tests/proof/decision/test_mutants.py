"""Every mutant of the decision that no test notices was looked at: none of them proves a false claim."""

import json
from pathlib import Path

FIGURES = json.loads((Path(__file__).parents[3] / "benchmarks" / "mutation_decision.json").read_text(encoding="utf-8"))
#: The same; only work, memory or the order of trying; a true claim may be called different or undecided.
KINDS = {"equivalent", "work", "open"}


def test_every_survivor_has_a_judgement() -> None:
    assert set(FIGURES["survivors"]) == set(FIGURES["judgements"])
    assert {said.partition(":")[0] for said in FIGURES["judgements"].values()} <= KINDS
    assert all(said.partition(": ")[2] for said in FIGURES["judgements"].values())
    assert FIGURES["killed"] + len(FIGURES["survivors"]) == FIGURES["mutants"]
