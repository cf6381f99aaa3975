"""report.tex: every formula with what was proved of it, the planted errors and the figures; compiled where TeX is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from symgate.derive import retention_time
from symgate.language.continuous import Discretisation
from symgate.proof import Certificate
from symgate.records import Cell, Derivation
from symgate.report.figures import NARROW, Drawn
from symgate.report.gather import Entry
from symgate.report.planted import Planted, showcase
from symgate.report.wording import SCHEME_NAMES, counts, witness_lines
from symgate.templates import Source, fill
from symgate.tex import TexError, available_checkers, compile_pdf, latex
from symgate.tex.inline import latex_of
from symgate.tex.paper import document_values
from symgate.tex.prose import escape
from symgate.tex.style import DEFAULT

TITLE = "Derivatives of gated recurrences"


def paper(
    cells: Sequence[Cell],
    entries: Sequence[Entry],
    planted: Sequence[Planted],
    continuous: Sequence[tuple[Discretisation, Certificate]],
    figures: Sequence[Drawn],
) -> str:
    """The document; it compiles as it is beside its ``figures`` folder."""
    items: list[Cell | Derivation] = []
    for cell in cells:
        items += [cell, *(entry.derivation for entry in entries if entry.derivation.cell == cell)]
    remarks = {entry.derivation.name: _remark(entry) for entry in entries if not entry.proved}
    shown = showcase(planted)
    return fill(
        "symgate.report:paper.tex.j2",
        escape,
        **document_values(items, DEFAULT, TITLE, remarks),
        counts=counts(cells, entries, planted),
        retention_time=Source(latex(retention_time())),
        schemes=[_scheme(*item) for item in continuous],
        planted=[_slip(item) for item in planted],
        example=_example(shown) if shown else None,
        figures=[_figure(item) for item in figures],
    )


def compile_paper(folder: Path) -> str:
    """Compile ``report.tex`` of a folder to ``report.pdf``; returns why that was not possible, "" if it was."""
    if "tex" not in available_checkers():
        return "not made, pdflatex is not installed; report.tex compiles as it is"
    try:
        beside = sorted(path.relative_to(folder).as_posix() for path in (folder / "figures").glob("*.pdf"))
        compile_pdf(folder / "report.tex", beside=beside)
    except TexError as error:
        return f"not made: {error}"
    return ""


def _remark(entry: Entry) -> str:
    """What is said below a formula that is not proved."""
    lines = [
        f"{entry.certificate.verdict.capitalize()}. {entry.certificate.statement}",
        *witness_lines(entry.certificate),
    ]
    return " ".join(lines)


def _scheme(found: Discretisation, certificate: Certificate) -> dict[str, Any]:
    """One way to step the continuous equation."""
    return {
        "name": SCHEME_NAMES[found.scheme].capitalize(),
        "alpha": Source(latex(found.alpha)),
        "gate_time": Source(latex(found.gate_time)),
        "error": Source(latex(found.error)),
        "verdict": certificate.verdict.capitalize(),
        "remark": found.remark,
    }


def _slip(item: Planted) -> dict[str, Any]:
    """A row of the table of slips, with the terms that are wrong."""
    wrong = Source(", ".join(f"${latex(term)}$" for _, term in item.wrong_terms))
    return {"cell": item.cell, "slip": item.slip, "wrong": wrong, "verdict": item.certificate.verdict}


def _example(shown: Planted) -> dict[str, Any]:
    """One witness in full."""
    return {"cell": shown.cell, "slip": shown.slip, "witness": witness_lines(shown.certificate)}


def _figure(item: Drawn) -> dict[str, Any]:
    return {
        "path": Source(f"figures/{item.stem}.pdf"),
        "width": Source("0.75" if item.stem in NARROW else ""),
        "title": item.title,
        "caption": Source(latex_of(item.caption)),
    }
