"""report.tex: every formula with what was proved of it, the planted errors and the figures; compiled where TeX is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from symgate.derive import retention_time
from symgate.language.continuous import Discretisation
from symgate.proof import Certificate
from symgate.records import Cell, Derivation
from symgate.report.figures import Drawn
from symgate.report.gather import Entry
from symgate.report.planted import Planted, showcase
from symgate.report.wording import counted, verdicts, witness_lines
from symgate.tex import TexError, available_checkers, compile_pdf, document, latex
from symgate.tex.inline import latex_of
from symgate.tex.prose import escape

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
    text = document(items, title=TITLE, remarks=remarks)
    text = text.replace("\\begin{document}\n", "\\usepackage{graphicx}\n\\begin{document}\n", 1)
    text = text.replace("\\maketitle\n", f"\\maketitle\n{_abstract(cells, entries, planted)}", 1)
    body, end, rest = text.rpartition("\\end{document}")
    return f"{body}{_continuous(continuous)}{_planted(planted)}{_figures(figures)}{end}{rest}"


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


def _abstract(cells: Sequence[Cell], entries: Sequence[Entry], planted: Sequence[Planted]) -> str:
    caught = sum(item.refuted for item in planted)
    return (
        f"\\noindent {counted(len(entries), 'object')} of {counted(len(cells), 'cell')}: {verdicts(entries)}. "
        f"{caught} of {counted(len(planted), 'planted error')} refuted. "
        "Every formula without a remark is proved, for all sizes and for every differentiable $\\phi$. Numerator "
        "layout: entry $(i, j)$ of a Jacobian is the derivative of component $i$ with respect to variable $j$. "
        "The evidence is in \\texttt{certificates.json}.\n"
    )


def _remark(entry: Entry) -> str:
    """What is said below a formula that is not proved."""
    lines = [
        f"{entry.certificate.verdict.capitalize()}. {entry.certificate.statement}",
        *witness_lines(entry.certificate),
    ]
    return " ".join(lines)


def _continuous(continuous: Sequence[tuple[Discretisation, Certificate]]) -> str:
    """The steps of the continuous equation."""
    names = {"euler": "Explicit", "exponential": "Exponential"}
    parts = [
        f"{names[found.scheme]} Euler: $\\alpha = {latex(found.alpha)}$, $\\tau_t = {latex(found.gate_time)}$, "
        f"local error ${latex(found.error)} + O(h^3)$. "
        f"{escape(certificate.verdict.capitalize())}. {escape(found.remark)}\n"
        for found, certificate in continuous
    ]
    return (
        "\n\\section{Continuous time}\n"
        "The leaky cell as a step of length $h$ of $\\tau\\,dx/ds = -x + f(s)$, per unit. "
        f"A unit held at gate value $g$ keeps its state, to $1/e$, for ${latex(retention_time())}$ steps.\n\n"
        + "\n".join(parts)
    )


def _planted(planted: Sequence[Planted]) -> str:
    """A table of the slips that were put in, and one witness."""
    if not planted:
        return ""
    rows = "".join(
        f"{escape(item.cell)} & {escape(item.slip)} & {_wrong(item)} & {escape(item.certificate.verdict)} \\\\\n"
        for item in planted
    )
    return f"""
\\section{{Planted errors}}
Each known slip was put into the state Jacobian of each cell it applies to; the result was judged like every formula
above.
{_example(showcase(planted))}{{\\small
\\begin{{longtable}}{{llll}}
\\hline
cell & slip & wrong term & verdict \\\\
\\hline
\\endhead
{rows}\\hline
\\end{{longtable}}}}
"""


def _example(shown: Planted | None) -> str:
    """One witness in full."""
    if shown is None:
        return ""
    lines = "\\\\\n".join(escape(line) for line in witness_lines(shown.certificate))
    return f"""For {escape(shown.cell)}, {escape(shown.slip)}, the witness is
\\begin{{quote}}\\small
{lines}
\\end{{quote}}
"""


def _wrong(item: Planted) -> str:
    """The terms that are wrong."""
    return ", ".join(f"${latex(term)}$" for _, term in item.wrong_terms)


def _figures(figures: Sequence[Drawn]) -> str:
    narrow = {"times", "expansion"}
    shown = "".join(
        "\n\\begin{figure}[htbp]\n\\centering\n"
        f"\\includegraphics[width={'0.75' if item.stem in narrow else ''}\\textwidth]{{figures/{item.stem}.pdf}}\n"
        f"\\caption{{{escape(item.title)}. {latex_of(item.caption)}}}\n\\end{{figure}}\n"
        for item in figures
    )
    return f"\n\\section{{Figures}}\n{shown}\n" if figures else ""
