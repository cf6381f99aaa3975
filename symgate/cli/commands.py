"""What each command does; each returns its exit code and raises ``SymgateError`` on bad input."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterable
from pathlib import Path
from textwrap import indent

from symgate.cells import CELLS, LIBRARY
from symgate.claims import read_cell
from symgate.cli import console
from symgate.cli.recheck import save
from symgate.cli.select import STEP, WHOLE, bound, find_cell, find_object
from symgate.codegen import TRAINED, source
from symgate.errors import DefinitionError
from symgate.files import write_atomic
from symgate.numeric import export as write_module
from symgate.records import Cell, Derivation, Kind
from symgate.report import Entry, gather, workers, write_report
from symgate.report.wording import counted, shape_in_words, witness_lines
from symgate.tex import further, introduced, latex, text

_FORMS: dict[str, Callable[[Derivation | Cell], str]] = {"text": text, "latex": latex, "python": source}


def cells(_: Namespace) -> int:
    """List the built-in cells."""
    console.table(
        ("cell", "equations", "source"), [(cell.name, text(cell), cell.source.replace("; ", "\n")) for cell in LIBRARY]
    )
    return 0


def derive(options: Namespace) -> int:
    """Print one object as text, LaTeX or Python."""
    found = _chosen(options)
    print(_FORMS[options.form](found).rstrip("\n"))
    if options.form == "text" and not isinstance(found, Cell):
        print("\nwhere\n" + indent("\n".join([*_introduced(found), text(found.cell)]), "    "))
        for label, formula in further(found, markup="text"):
            print(f"{label}:\n{indent(formula, '    ')}")
        if found.remark:
            print(found.remark)
        for assumption in found.assumptions:
            print(f"assuming that {assumption}")
    return 0


def _introduced(found: Derivation) -> list[str]:
    """The names that a formula over many steps introduces, and the two parts of a split, with their definitions."""
    if len(found.cell.states) > 1:
        return list(introduced(found))
    parts = found.named_terms if found.kind is Kind.SPLIT else ()
    named = [*parts, *((text(item.left), item.right) for item in found.definitions if not item.label)]
    return [f"{name} = " + text(expr).replace("\n", "\n" + " " * (len(name) + 1)) for name, expr in named]


def _chosen(options: Namespace) -> Derivation | Cell:
    """The object of a cell by name or file, or of a recurrence as it was typed."""
    if options.recurrence is None:
        if options.cell is None:
            raise DefinitionError("Give CELL [OBJECT], or --recurrence EQUATIONS [OBJECT].")
        return find_object(find_cell(options.cell, options.bind), options.object)
    if options.object is not None:
        raise DefinitionError(f"--recurrence and CELL exclude each other; found CELL {options.cell!r}.")
    return find_object(bound(read_cell(options.recurrence), options.bind), options.cell)


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


def export(options: Namespace) -> int:
    """Write one object, or everything of a cell, as a standalone module."""
    chosen = WHOLE if options.object is None and options.target in TRAINED else options.object
    if chosen is None:
        raise DefinitionError(f"Give the OBJECT to write, such as jacobian, {STEP}, or {WHOLE} for all of the cell.")
    found = find_object(find_cell(options.cell, options.bind), chosen)
    if options.object == STEP:
        write_atomic(options.output, source(found, options.target))
    else:
        write_module(found, options.target, options.output)
    print(f"{found.name} -> {options.output}")
    return 0


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
