"""The commands that prove: ``verify`` and ``report``, and the table of verdicts that both print."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable
from pathlib import Path

from symgate.cells import CELLS
from symgate.cli import console
from symgate.cli.recheck import save
from symgate.cli.select import find_cell
from symgate.report import Entry, gather, workers, write_report
from symgate.report.wording import counted, shape_in_words, witness_lines


def verify(options: Namespace) -> int:
    """Verify every object of the cells and print the verdicts."""
    named = {find_cell(name): name for name in options.cells} or {cell: cell.name for cell in CELLS}
    with workers(options.jobs) as executor, console.progress() as progress:
        entries = gather(list(named), executor, progress)
    if options.save is not None:
        save(options.save, ((named[entry.derivation.cell], entry.key, entry.certificate) for entry in entries))
    _verdicts(entries)
    return exit_status(entry.certificate.verdict for entry in entries)


def exit_status(verdicts: Iterable[str]) -> int:
    """0 where all are proved, 1 where one is refuted, 2 where one is undecided."""
    found = set(verdicts)
    return 1 if "refuted" in found else 2 * int(not found <= {"proved"})


def report(options: Namespace) -> int:
    """Run the main job."""
    with console.progress() as progress:
        chosen = [find_cell(name) for name in options.cells] or list(CELLS)
        outcome = write_report(options.out, chosen, jobs=options.jobs, progress=progress, timings=options.timings)
    _verdicts(outcome.entries)
    refuted = sum(item.refuted for item in outcome.planted)
    print(f"{refuted} of {counted(len(outcome.planted), 'planted error')} refuted")
    for item in outcome.planted:
        if not item.refuted:
            print(f"NOT refuted: {item.cell}, {item.slip} ({item.place}): {item.certificate.verdict}")
    if outcome.paper_problem:
        print(f"report.pdf: {outcome.paper_problem}")
    print(f"written: {_shown(outcome.out)} in {outcome.seconds:.0f} s")
    return int(not outcome.all_proved)


def _verdicts(entries: list[Entry]) -> None:
    """The table of verdicts, then every witness."""
    rows = [
        (
            entry.derivation.cell.name,
            entry.key,
            shape_in_words(entry.derivation),
            ", ".join(entry.derivation.terms),
            entry.certificate.verdict,
            f"{entry.seconds:.2f} s",
        )
        for entry in entries
    ]
    console.table(("cell", "object", "shape", "terms", "verdict", "time"), rows)
    for entry in entries:
        if not entry.proved:
            print(f"{entry.derivation.name}: {entry.certificate.verdict}. {entry.certificate.statement}")
            for line in witness_lines(entry.certificate):
                print(f"    {line}")
    proved = sum(entry.proved for entry in entries)
    print(f"{proved} of {counted(len(entries), 'object')} proved")


def _shown(folder: Path) -> str:
    """A folder as one would type it from here."""
    here = Path.cwd()
    return f"{folder.relative_to(here) if folder.is_relative_to(here) else folder}/index.html"
