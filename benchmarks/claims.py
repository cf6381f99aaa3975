"""Judge the corpus of claims and write down what came out: ``python benchmarks/claims.py``."""

from __future__ import annotations

import json
import platform
import statistics
import time
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

from symgate.claims import Finding, check

ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT / "tests" / "claims" / "corpus"


def corpus(name: str) -> list[dict[str, str]]:
    """The claims of one file of the corpus."""
    return list(tomllib.loads((CORPUS / f"{name}.toml").read_text(encoding="utf-8"))["claim"])


def judged(claim: dict[str, str]) -> Finding:
    """The finding on one claim, with the processor time that it took."""
    form, start = "latex" if "latex" in claim else "text", time.process_time()
    found = check(claim["cell"], claim[form], claim["object"], form=form)
    return replace(found, seconds=time.process_time() - start)


def diagnosed(claim: dict[str, str], finding: Finding) -> tuple[bool, bool]:
    """Whether the first diagnosis, and whether any of them, has just the slips that the corpus names."""
    wanted = sorted(claim["slips"].split("+")) if claim["slips"] else []
    found = [sorted(slip.kind for slip in slips) for slips in finding.diagnosis]
    return (found[:1] == [wanted] if wanted else not found), (wanted in found if wanted else not found)


def measured() -> dict[str, Any]:
    """Every figure."""
    true = [(claim, judged(claim)) for claim in corpus("true")]
    false = [(claim, judged(claim)) for claim in corpus("false")]
    hits = [diagnosed(claim, finding) for claim, finding in false]
    hand = [hit for (claim, _), hit in zip(false, hits, strict=True) if claim["name"].startswith("hand")]
    seconds = [finding.seconds for _, finding in true + false]
    return {
        "true_claims": len(true),
        "true_claims_not_proved": [(c["name"], f.verdict, f.statement) for c, f in true if not f.proved],
        "false_claims": len(false),
        "false_claims_not_refuted": [(c["name"], f.verdict, f.statement) for c, f in false if f.verdict != "refuted"],
        "false_claims_accepted": sum(finding.proved for _, finding in false),
        "median_processor_seconds": round(statistics.median(seconds), 4),
        "largest_processor_seconds": round(max(seconds), 3),
        "diagnosis_first_share": round(sum(first for first, _ in hits) / len(hits), 4),
        "diagnosis_among_share": round(sum(among for _, among in hits) / len(hits), 4),
        "diagnosis_by_hand_share": round(sum(among for _, among in hand) / len(hand), 4),
        "diagnosis_missed": [
            (c["name"], c["slips"], ["+".join(sorted(slip.kind for slip in slips)) for slips in f.diagnosis])
            for (c, f), (_, among) in zip(false, hits, strict=True)
            if not among
        ],
        "python": platform.python_version(),
    }


if __name__ == "__main__":
    figures = measured()
    (ROOT / "benchmarks" / "claims.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=2))
