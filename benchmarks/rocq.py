"""What Coq accepts: ``python benchmarks/rocq.py`` writes rocq.json; a second run takes up where the first one stopped.

python benchmarks/rocq.py --only 0                 # what is stated and what is refused, without Coq
python benchmarks/rocq.py --seconds 600            # stop after ten minutes of Coq's processor time
python benchmarks/rocq.py --share 0.2 lstm gru     # a fifth of the files of two cells, drawn by a digest of their names

A file that Coq rejects, or that takes longer than ``--limit`` seconds, is taken apart result by result.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from symgate.cells import LIBRARY, MATRIX
from symgate.cli.certify import known
from symgate.errors import ProofAssistantError, SymgateError
from symgate.proof.rocq import (
    Outcome,
    Planted,
    Source,
    can_state,
    certificate,
    filed,
    find_assistant,
    planted,
    with_adjoint,
)
from symgate.proof.rocq.assistant import Assistant, Runs
from symgate.proof.rocq.names import library
from symgate.records import Cell, Derivation

#: The library is read once for all files.
RUNS = Runs()
Work = tuple[Source, dict[str, str], int]
TARGET = Path(__file__).resolve().parent / "rocq.json"


def parted(cell: Cell) -> tuple[dict[str, Derivation], dict[str, str]]:
    """The results of a cell that certificates state, and why they do not state the others."""
    stated, refused = {}, {}
    for key, derivation in known(cell).items():
        try:
            can_state(derivation)
            stated[key] = derivation
        except SymgateError as error:
            refused[key] = str(error)
    return stated, refused


def census(cell: Cell, stated: dict[str, Derivation], refused: dict[str, str]) -> dict[str, Any]:
    """How many results of each kind are stated, and the reasons of the others."""
    every = known(cell)
    return {
        "stated": dict(Counter(item.kind.value for item in stated.values())),
        "refused": dict(Counter(every[key].kind.value for key in refused)),
        "reasons": {key: why[:160] for key, why in refused.items()},
    }


def works(cell: Cell, stated: dict[str, Derivation]) -> Iterator[tuple[str, Callable[[], Work | None]]]:
    """The files of a cell: the name, and what writes it."""
    for mark, group in filed(stated):
        yield f"{cell.name}{mark}", partial(proofs, f"{cell.name}{mark}", group)
    for name, write_it in planted(cell.name, stated).items():
        yield name, partial(slips, write_it)


def proofs(name: str, group: dict[str, Derivation]) -> Work:
    """A file of proofs, with the kind of every result in it."""
    return certificate(list(group.values()), name=name), {key: item.kind.value for key, item in group.items()}, 0


def slips(write_it: Callable[[], Planted | None]) -> Work | None:
    """A file of slips, with how many more were refused before."""
    found = write_it()
    return (found.source, {}, found.refused) if found else None


def checked(source: Source, coq: Assistant, limit: int) -> Outcome:
    """The outcome of one file; one that takes longer than the limit is not accepted."""
    try:
        RUNS.limit = limit
        return RUNS.check(source, coq)
    except ProofAssistantError as error:
        return Outcome(source.name, accepted=False, detail=f"cut off: {error}", seconds=float(limit))


def row(source: Source, kinds: dict[str, str], outcome: Outcome) -> dict[str, Any]:
    """What is kept of a file."""
    return {
        "digest": digest(source),
        "accepted": outcome.accepted,
        "detail": "" if outcome.accepted else outcome.detail[:200],
        "seconds": round(outcome.seconds, 1),
        "lines": len(source.beside.splitlines()),
        "slips": source.slips,
        "kinds": kinds,
    }


def digest(source: Source) -> str:
    """Of the text of a file."""
    return hashlib.sha256(source.text.encode()).hexdigest()[:16]


def drawn(name: str, share: float) -> bool:
    """Whether a file is in the sample."""
    return int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) < share * 16**8


def main() -> None:
    """Count, then have Coq check what was not checked before; every outcome is written down at once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cells", nargs="*")
    parser.add_argument("--share", type=float, default=1.0, help="of the files, drawn by a digest of their names")
    parser.add_argument("--slips", type=float, default=None, help="the same of the files of slips")
    parser.add_argument("--whole", action="store_true", help="do not take a rejected file apart, result by result")
    parser.add_argument("--seconds", type=float, default=1e9, help="stop after so much processor time of Coq")
    parser.add_argument("--ends", default="", help="only files whose name ends so: _steps, _time, _slips")
    parser.add_argument("--limit", type=int, default=600, help="processor time that one file may take")
    parser.add_argument("--only", type=int, default=10**9, help="run at most so many files")
    options = parser.parse_args()
    found = json.loads(TARGET.read_text(encoding="utf-8")) if TARGET.exists() else {}
    coq = find_assistant() if options.only else None
    found |= {"coq": str(coq) if coq else found.get("coq", "")}
    found["library"] = len(library().splitlines())
    census_, files = found.setdefault("cells", {}), found.setdefault("files", {})
    spent, ran = 0.0, 0
    for cell in [item for item in (*LIBRARY, *MATRIX) if not options.cells or item.name in options.cells]:
        stated, refused = parted(cell)
        census_[cell.name] = census(cell, stated, refused)
        for name, written in works(cell, stated) if coq else ():
            part = options.slips if options.slips is not None and f"{cell.name}_slips" in name else options.share
            wanted = drawn(name, part) and name.endswith(options.ends)
            if spent > options.seconds or ran >= options.only or not wanted:
                continue
            work = written()
            if work is None or files.get(name, {}).get("digest") == digest(work[0]):
                continue
            source, kinds, refused_slips = work
            outcome = checked(source, coq, options.limit)
            spent, ran = spent + outcome.seconds, ran + 1
            files[name] = row(source, kinds, outcome) | {"refused": refused_slips}
            if not (outcome.accepted or options.whole) and len(kinds) > 1:
                every = known(cell)
                for key, kind in kinds.items():
                    one = certificate(with_adjoint(every[key], every), name=f"{name}_{key}")
                    alone = checked(one, coq, options.limit // 4)
                    spent += alone.seconds
                    files[name].setdefault("alone", {})[key] = row(one, {key: kind}, alone)
            print(
                name, "accepted" if outcome.accepted else outcome.detail[:100], f"{outcome.seconds:.1f} s", flush=True
            )
            write(found)
    found["library_seconds"] = round(sum(item.seconds for item in RUNS.compiled.values()), 1) or found.get(
        "library_seconds"
    )
    write(found)


def write(found: dict[str, Any]) -> None:
    """Keep what is known so far."""
    TARGET.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
