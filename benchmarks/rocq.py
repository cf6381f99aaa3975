"""What Coq accepts: ``python benchmarks/rocq.py`` writes rocq.json; a second run takes up where the first one stopped.

python benchmarks/rocq.py --count                   # what is stated and what is refused, without Coq
python benchmarks/rocq.py --sample 150              # so many results, drawn over all cells and kinds, and their files
python benchmarks/rocq.py --seconds 600             # all of them, ten minutes of Coq's processor time in this sitting
python benchmarks/rocq.py lstm gru --slips          # two cells, with the files of slips

A result counts as accepted where Coq accepted the file that states it; a file is run again where its text, or that of a
file that it stands on, has changed.  Every sitting reads once more what several files stand on.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from symgate.cells import LIBRARY, MATRIX
from symgate.cli.certify import known
from symgate.errors import ProofAssistantError, SymgateError
from symgate.proof.rocq import Files, Outcome, Source, can_state, find_assistant, planted
from symgate.proof.rocq.assistant import Assistant, Runs
from symgate.proof.rocq.names import library
from symgate.records import Cell, Derivation

TARGET = Path(__file__).resolve().parent / "rocq.json"
Stated = dict[str, Derivation]


def parted(cell: Cell) -> tuple[Stated, dict[str, str]]:
    """The results of a cell that certificates state, and why they do not state the others."""
    stated, refused = {}, {}
    for key, derivation in known(cell).items():
        try:
            can_state(derivation)
            stated[key] = derivation
        except SymgateError as error:
            refused[key] = str(error)
    return stated, refused


def census(cell: Cell, stated: Stated, refused: dict[str, str]) -> dict[str, Any]:
    """How many results of each kind are stated, and the reasons of the others."""
    every = known(cell)
    return {
        "stated": dict(Counter(item.kind.value for item in stated.values())),
        "refused": dict(Counter(every[key].kind.value for key in refused)),
        "reasons": {key: why[:160] for key, why in refused.items()},
    }


def number(*words: str) -> int:
    """A number that only depends on the words: what the sample is drawn by."""
    return int(hashlib.sha256(" ".join(words).encode()).hexdigest()[:12], 16)


def drawn(cells: dict[str, Stated], count: int) -> set[tuple[str, str]]:
    """So many results: the kinds in turn, and of each kind one result of every cell before a second one."""
    kinds: dict[str, dict[str, list[str]]] = {}
    for name, stated in cells.items():
        for key, item in stated.items():
            kinds.setdefault(item.kind.value, {}).setdefault(name, []).append(key)
    order = []
    for kind, by_cell in sorted(kinds.items()):
        ranked = []
        for name, keys in by_cell.items():
            own = sorted(keys, key=lambda key, cell=name: number(cell, key))  # type: ignore[misc]
            ranked += [(place, number(name, key), name, key) for place, key in enumerate(own)]
        order += [(turn, kind, name, key) for turn, (_, _, name, key) in enumerate(sorted(ranked))]
    return {(name, key) for _, _, name, key in sorted(order)[:count]}


class Sitting:
    """One run: what was found before, what is run now, and when to stop.

    Attributes:
        found: what rocq.json holds.
        coq: the Coq to run.
        seconds: the processor time of Coq after which no further file is run.
    """

    def __init__(self, found: dict[str, Any], coq: Assistant, seconds: float, limit: int) -> None:
        self.found, self.coq, self.seconds = found, coq, seconds
        self.runs, self.spent = Runs(limit=limit), 0.0
        self.files = found.setdefault("files", {})

    def run(self, source: Source, kinds: dict[str, str], cell: str, refused: int = 0) -> None:
        """Have Coq check a file, unless it did; what several files stand on is written down as well."""
        if self.spent > self.seconds or self.files.get(source.name, {}).get("digest") == source.digest[:16]:
            return
        read = len(self.runs.compiled)
        outcome = self._checked(source)
        shared = list(self.runs.compiled.values())[read:]
        self.spent += outcome.seconds + sum(item.seconds for item in shared if item.source != source.name)
        self.found.setdefault("shared", {}).update({item.source: round(item.seconds, 2) for item in shared})
        self.files[source.name] = {
            "cell": cell,
            "digest": source.digest[:16],
            "accepted": outcome.accepted,
            "detail": "" if outcome.accepted else outcome.detail[:200],
            "seconds": round(outcome.seconds, 2),
            "lines": len(source.beside.splitlines()),
            "slips": source.slips,
            "refused": refused,
            "kinds": kinds,
        }
        said = "accepted" if outcome.accepted else outcome.detail[:100]
        print(f"{source.name}: {said}, {outcome.seconds:.1f} s ({self.spent:.0f} s so far)", flush=True)
        write(self.found)

    def _checked(self, source: Source) -> Outcome:
        try:
            return self.runs.check(source, self.coq)
        except ProofAssistantError as error:
            return Outcome(source.name, accepted=False, detail=f"cut off: {error}", seconds=float(self.runs.limit or 0))


def slip_files(cell: Cell, stated: Stated, share: float) -> Iterator[tuple[Source, int]]:
    """The drawn files of slips, with how many slips of each have no certificate."""
    for name, write_it in planted(cell, stated).items():
        work = write_it() if number(name) < share * 16**12 else None
        if work is not None:
            yield work.source, work.refused


def main() -> None:
    """Count, then have Coq check what was not checked before; every outcome is written down at once."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cells", nargs="*")
    parser.add_argument("--count", action="store_true", help="count what is stated, and run nothing")
    parser.add_argument(
        "--sample", type=int, default=10**9, help="only so many results, and what shares a file with them"
    )
    parser.add_argument("--slips", type=float, nargs="?", const=1.0, default=0.0, help="a share of the files of slips")
    parser.add_argument("--seconds", type=float, default=1e9, help="stop after so much processor time of Coq")
    parser.add_argument("--limit", type=int, default=120, help="processor time that one file may take")
    options = parser.parse_args()
    found = json.loads(TARGET.read_text(encoding="utf-8")) if TARGET.exists() else {}
    every = [item for item in (*LIBRARY, *MATRIX) if not options.cells or item.name in options.cells]
    stated: dict[str, Stated] = {}
    for cell in every:
        stated[cell.name], refused = parted(cell)
        found.setdefault("cells", {})[cell.name] = census(cell, stated[cell.name], refused)
    found["library"] = len(library().splitlines())
    write(found)
    if options.count:
        return
    coq = find_assistant()
    found["coq"] = str(coq)
    sample, sitting = drawn(stated, options.sample), Sitting(found, coq, options.seconds, options.limit)
    for cell in sorted(every, key=lambda cell: number(cell.name)):  # where a sitting ends is no choice of ours
        own = stated[cell.name]
        for item in Files(cell, own) if own else ():
            if any((cell.name, key) in sample for key in item.keys) or (not item.keys and options.sample >= 10**9):
                kinds = {key: own[key].kind.value for key in item.keys}
                sitting.run(item.source, kinds, cell.name)
        for source, refused_slips in slip_files(cell, own, options.slips) if options.slips else ():
            sitting.run(source, {}, cell.name, refused_slips)


def write(found: dict[str, Any]) -> None:
    """Keep what is known so far."""
    TARGET.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
