"""Judge random claims, true rewritings and slips, and compare every verdict with an oracle that is not symgate.

python benchmarks/fuzz_truth.py                        # 200 claims about one step, 200 about many
python benchmarks/fuzz_truth.py --claims 10000         # goes on where an earlier run stopped
python benchmarks/fuzz_truth.py --again '17|gradient|2|True'   # one claim, told at length

A claim is false where the unrolled recurrence, differentiated by central differences in 60 digits, differs from it.
Each line of a journal is one claim, so a run may be stopped and started at any time. The JSON file keeps one part for
every journal that there was, and what they come to together: claims with other first seeds (``--first``) add to it.
The slips behind a refuted claim are not looked for: that comes after the verdict, and takes half of the time.
"""

from __future__ import annotations

import argparse
import functools
import json
import signal
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from symgate.claims.judging import judge, sequences  # noqa: E402
from tests.truth import api  # noqa: E402
from tests.truth.drawing import MANY, ONE_STEP, Drawn, again, stream  # noqa: E402
from tests.truth.values import UnknownError  # noqa: E402

FORMS = {"one": ONE_STEP, "many": MANY}
UNKNOWN = "unknown"
LABELS = {True: "true", False: "false", None: "no value"}
#: Verdicts that are wrong, by label. A claim without a value somewhere must not be proved.
WRONG = {("false", api.PROVED), ("no value", api.PROVED), ("true", api.REFUTED)}
#: Seconds of processor time after which a verdict is given up; nothing should ever need them.
PATIENCE = 120


class _StuckError(Exception):
    """A verdict that takes too long."""


def _stop(*_: Any) -> None:
    raise _StuckError


def judged(claim: Drawn) -> dict[str, Any]:
    """One line of the journal."""
    before = time.process_time()
    try:
        label = LABELS[claim.answer().true]
    except UnknownError:  # the oracle has no rule for a node: nothing can be said of the claim
        label = UNKNOWN
    between = time.process_time()
    signal.signal(signal.SIGVTALRM, _stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE)
    try:
        verdict = api.verdict(claim.target.cell, claim.target.name, claim.claim)
    except Exception as error:  # noqa: BLE001 - every failure is a line of its own
        verdict = f"error: {type(error).__name__}"
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    if (label, verdict) == ("true", api.REFUTED):
        with suppress(UnknownError):
            label = LABELS[claim.closer().true]
    return {
        "seed": claim.seed,
        "cell": claim.target.cell.name,
        "object": claim.target.name,
        "form": claim.form,
        "kind": claim.kind,
        "steps": claim.steps,
        "label": label,
        "verdict": verdict,
        "oracle": round(between - before, 3),
        "seconds": round(time.process_time() - between, 3),
    }


def run(which: str, first: int, count: int, journal: Path) -> None:
    """Judge claims, a line at a time."""
    with journal.open("a", encoding="utf-8") as lines:
        for claim in stream(FORMS[which], first, count):
            line = judged(claim)
            lines.write(json.dumps(line) + "\n")
            lines.flush()
            if (line["label"], line["verdict"]) in WRONG or line["verdict"].startswith("error"):
                print(json.dumps(line), flush=True)


def read(journal: Path) -> list[dict[str, Any]]:
    """The lines of a journal; a torn last one is left out."""
    if not journal.exists():
        return []
    found = []
    for text in journal.read_text(encoding="utf-8").splitlines():
        try:
            found.append(json.loads(text))
        except json.JSONDecodeError:
            continue
    return found


def summary(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """Counts by form and by slip, and every wrong verdict."""
    forms: dict[str, Counter[str]] = {}
    kinds: dict[str, Counter[str]] = {}
    for line in lines:
        verdict = "error" if line["verdict"].startswith("error") else line["verdict"]
        for table, key in ((forms, line["form"]), (kinds, line["kind"])):
            table.setdefault(key, Counter())[f"{line['label']}, {verdict}"] += 1
    labels = Counter((line["label"], line["verdict"]) for line in lines)
    return {
        "claims": len(lines),
        "false proved": [
            line["seed"] for line in lines if (line["label"], line["verdict"]) in WRONG - {("true", api.REFUTED)}
        ],
        "true refuted": [line["seed"] for line in lines if line["label"] == "true" and line["verdict"] == api.REFUTED],
        "errors": [line["seed"] for line in lines if line["verdict"].startswith("error")],
        "labels": {label: sum(n for (own, _), n in labels.items() if own == label) for label in LABELS.values()},
        "undecided": {label: labels[label, api.UNDECIDED] for label in LABELS.values()},
        "by form": {key: dict(sorted(table.items())) for key, table in sorted(forms.items())},
        "by slip": {key: dict(sorted(table.items())) for key, table in sorted(kinds.items())},
        "seconds": round(sum(line["seconds"] for line in lines), 1),
        "slowest": sorted(([line["seconds"], line["seed"]] for line in lines), reverse=True)[:5],
    }


def joined(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """The summary of several journals, with the shares of undecided claims."""
    found = functools.reduce(_added, parts)
    found["slowest"] = sorted(found["slowest"], reverse=True)[:5]
    found["seconds"] = round(found["seconds"], 1)
    shares = {key: round(n / max(1, found["labels"][key]), 4) for key, n in found["undecided"].items()}
    return found | {"share undecided": shares}


def _added(one: Any, other: Any) -> Any:
    """Counts added, lists put one after the other, tables by their keys."""
    if one is None or other is None:
        return other if one is None else one
    if isinstance(one, dict):
        return {key: _added(one.get(key), other.get(key)) for key in sorted(one.keys() | other.keys())}
    return one + other


def told(seed: str) -> None:
    """One claim at length."""
    claim = again(seed)
    if claim is None:
        print("no such claim")
        return
    cell = claim.target.cell
    for symbol, meaning in cell.definitions.items():
        print(f"  {symbol} = {meaning}")
    print(
        f"{claim.target.name}: {claim.steps}\n  claim  {claim.claim}\n"
        f"  truth  {api.closed_form(cell, claim.target.name)}"
    )
    try:
        print(f"  oracle {claim.answer()}")
    except UnknownError as error:
        print(f"  oracle unknown: {error}")
    print(f"  symgate {api.verdict(cell, claim.target.name, claim.claim)}")


def main() -> None:
    """Parse, run, summarise."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--claims", type=int, default=200, help="how many about one step, and as many about many")
    parser.add_argument("--which", choices=["one", "many", "both"], default="both")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=1, help="processes, each with seeds and a journal of its own")
    parser.add_argument("--journal", type=Path, default=HERE / "fuzz_truth_journal", help="folder of the journals")
    parser.add_argument("--out", type=Path, default=HERE / "fuzz_truth.json")
    parser.add_argument("--again", help="tell one claim, by its seed")
    given = parser.parse_args()
    if given.again:
        told(given.again)
        return
    judge.diagnose = lambda *_: ()  # type: ignore[assignment]
    sequences.slips_like = lambda *_: iter(())  # type: ignore[assignment]
    given.journal.mkdir(parents=True, exist_ok=True)
    chosen = ["one", "many"] if given.which == "both" else [given.which]
    share = -(-given.claims // given.jobs)
    tasks = []
    for which in chosen:
        for job in range(given.jobs):
            journal = given.journal / f"{which}_{given.first}_{job}_{given.jobs}.jsonl"
            done = read(journal)
            start = given.first + job * 10**6
            last = max((int(line["seed"].split("|")[0]) for line in done), default=start - 1)
            tasks.append((which, last + 1, max(0, share - len(done)), journal))
    if given.jobs == 1:
        for task in tasks:
            run(*task)
    else:
        with ProcessPoolExecutor(given.jobs) as pool:
            for future in [pool.submit(run, *task) for task in tasks]:
                future.result()
    found = json.loads(given.out.read_text(encoding="utf-8")) if given.out.exists() else {}
    for which in chosen:
        parts = found.get(which, {}).get("parts", {})
        parts |= {path.stem: summary(read(path)) for path in sorted(given.journal.glob(f"{which}_*.jsonl"))}
        kept = {"earlier": found[which]["earlier"]} if "earlier" in found.get(which, {}) else {}
        found[which] = joined(list(parts.values())) | {"parts": parts} | kept
    given.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    shown = {which: {k: v for k, v in item.items() if k not in {"by slip", "parts"}} for which, item in found.items()}
    print(json.dumps(shown, indent=1))


if __name__ == "__main__":
    main()
