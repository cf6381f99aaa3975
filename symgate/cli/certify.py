"""``symgate certify``: every result of the cells as Coq source, checked by Coq where it is found."""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from symgate.cells import LIBRARY, MATRIX
from symgate.cli import console
from symgate.cli.select import find_cell
from symgate.derive import result, results
from symgate.errors import NotDerivedError, OutputError, ProofAssistantError, SymgateError
from symgate.files import write_atomic
from symgate.proof.rocq import (
    Files,
    Outcome,
    Source,
    Store,
    can_state,
    certificate,
    certify,
    find_assistant,
    planted,
    with_adjoint,
)
from symgate.proof.rocq.assistant import Assistant
from symgate.proof.rocq.names import MODULES, module_text
from symgate.records import Cell, Derivation
from symgate.report import cores
from symgate.tex import latex

EXAMPLES = "symgate certify gru\nsymgate certify --out proofs\nsymgate certify my_cells.py:MY_CELL --slips"
DESCRIPTION = (
    "Write the results as Coq source, a small file for each result or group of results, and let Coq check them if "
    "it is installed.  Accepted files are recorded: a second run continues where the first one stopped.  Exit code 1 "
    "if any is not accepted."
)


def add_arguments(parser: argparse.ArgumentParser, cell: str) -> None:
    """The arguments of the command."""
    parser.add_argument("cells", nargs="*", metavar="CELL", help=f"{cell} (default: every built-in cell)")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("symgate-certificates"),
        metavar="DIR",
        help="the folder (default: ./symgate-certificates)",
    )
    parser.add_argument(
        "--slips", action="store_true", help="also plant every known slip and check that Coq rejects it"
    )
    parser.add_argument(
        "--jobs",
        type=int,
        default=None,
        metavar="N",
        help="number of Coq processes at a time (default: the number of cores, at most 4)",
    )
    parser.set_defaults(run=run, when_interrupted="; what Coq accepted so far is kept")


@dataclass(frozen=True)
class Work:
    """A certificate and the results that it states."""

    cell: Cell
    source: Source
    keys: tuple[str, ...]


def run(options: Namespace) -> int:
    """Write the certificates, check them, print what came of it."""
    chosen = [find_cell(name) for name in options.cells] or [*LIBRARY, *MATRIX]
    works: list[Work] = []
    beyond: list[tuple[str, str, str]] = []
    for cell in chosen:
        stated, open_ = _parted(cell)
        beyond += [(cell.name, key, why) for key, why in open_.items()]
        works += _works(cell, stated)
        if options.slips:
            found = [write() for write in planted(cell, stated).values()]
            works += [Work(cell, item.source, ()) for item in found if item]
    library = list(dict.fromkeys(name for work in works for name in work.source.library))
    for name in library:
        _write(options.out / f"{name}.v", module_text(name))
    for work in works:
        _write(options.out / f"{work.source.name}.v", work.source.beside)
    names = [*sorted(library, key=list(MODULES).index), *(work.source.name for work in works)]
    _write(options.out / "_CoqProject", "\n".join(['-R . ""', *(f"{name}.v" for name in names)]) + "\n")
    renamed = dict.fromkeys((work.cell.name, *pair) for work in works for pair in work.source.renamed)
    for name, old, new in renamed:
        print(f"{name}: {old} is called {new} in the certificate, because Coq or a theorem already uses {old}")
    try:
        assistant = find_assistant()
    except ProofAssistantError as error:
        print(f"{len(works)} files written to {options.out}, none checked. {error}")
        return 2
    outcomes = _checked(works, assistant, options)
    alone = _alone(works, outcomes)
    if alone != works:
        works = alone
        outcomes = _checked(works, assistant, options)
    return _told(works, outcomes, beyond, assistant)


def known(cell: Cell) -> dict[str, Derivation]:
    """Everything that is derived of a cell, and the influence of every parameter and its gradient by lag."""
    found = dict(results(cell))
    for item in cell.parameters:
        for word in ("influence", "lag"):
            with suppress(NotDerivedError):
                found[f"{word}:{item.name}"] = result(cell, f"{word}:{item.name}")
    return found


def _parted(cell: Cell) -> tuple[dict[str, Derivation], dict[str, str]]:
    """The results that a certificate can state, and why it cannot state the others."""
    stated: dict[str, Derivation] = {}
    beyond: dict[str, str] = {}
    for key, derivation in known(cell).items():
        try:
            can_state(derivation)
            stated[key] = derivation
        except SymgateError as error:
            beyond[key] = str(error)
    return stated, beyond


def _works(cell: Cell, stated: dict[str, Derivation]) -> Iterator[Work]:
    """The files of a cell: what states it, and one for each result or group of results."""
    if stated:
        for item in Files(cell, stated, {item.name: latex(item) for item in stated.values()}):
            yield Work(cell, item.source, item.keys)


def _alone(works: Sequence[Work], outcomes: Sequence[Outcome]) -> list[Work]:
    """Each result of a rejected certificate in one of its own, so that one failure does not take the others along."""
    found = []
    for work, outcome in zip(works, outcomes, strict=True):
        if not outcome.accepted and len(work.keys) > 1:
            every = known(work.cell)
            for place, key in enumerate(work.keys, 1):
                needed = with_adjoint(every[key], every)
                shown = {item.name: latex(item) for item in needed}
                source = certificate(needed, shown, name=f"{work.source.name}_{place}")
                found.append(Work(work.cell, source, (key,)))
        else:
            found.append(work)
    return found


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"Cannot make the folder {path.parent}: {error.strerror or error}.") from error
    write_atomic(path, text)


def _checked(works: Sequence[Work], assistant: Assistant, options: Namespace) -> list[Outcome]:
    """The outcome of every certificate."""
    store = Store(options.out / "accepted")
    with console.progress() as progress:
        advance = progress("certify", len(works))
        return certify(
            [work.source for work in works],
            assistant,
            jobs=options.jobs or cores(),
            store=store,
            done=lambda item: advance(item.source),
        )


def _told(
    works: Sequence[Work], outcomes: Sequence[Outcome], beyond: list[tuple[str, str, str]], assistant: Assistant
) -> int:
    """Print the table and the sums; the exit code."""
    columns = ("cell", "results", "accepted", "slips", "rejected", "files", "lines", "median", "largest")
    by_cell: dict[str, list[tuple[Work, Outcome]]] = {}
    for work, outcome in zip(works, outcomes, strict=True):
        by_cell.setdefault(work.cell.name, []).append((work, outcome))
    console.table(columns, [_row(name, pairs) for name, pairs in by_cell.items()])
    for outcome in outcomes:
        if not outcome.accepted:
            print(f"{outcome.source}: {outcome.detail}")
    for cell, key, why in beyond:
        print(f"{cell} {key}: no certificate. {why}")
    accepted = sum(len(work.keys) for work, outcome in zip(works, outcomes, strict=True) if outcome.accepted)
    total = sum(len(work.keys) for work in works) + len(beyond)
    print(f"{accepted} of {total} results accepted by {assistant}")
    return int(accepted < total or not all(outcome.accepted for outcome in outcomes))


def _row(name: str, pairs: Sequence[tuple[Work, Outcome]]) -> tuple[str, ...]:
    """What came of the files of one cell; the seconds are of one file."""
    fine = [work for work, outcome in pairs if outcome.accepted]
    seconds = [outcome.seconds for _, outcome in pairs]
    sums = (
        sum(len(work.keys) for work, _ in pairs),
        sum(len(work.keys) for work in fine),
        sum(work.source.slips for work, _ in pairs),
        sum(work.source.slips for work in fine),
        len(pairs),
        sum(len(work.source.beside.splitlines()) for work, _ in pairs),
    )
    return (name, *map(str, sums), f"{median(seconds):.1f} s", f"{max(seconds):.1f} s")
