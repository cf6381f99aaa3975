"""index.html: formulas rendered by the browser (MathML), certificates, figures, copy buttons; no network needed."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib.resources import files

from symgate.language.continuous import Discretisation
from symgate.proof import Certificate
from symgate.records import Cell
from symgate.report.articles import article, badge, drawing, witness
from symgate.report.figures import Drawn
from symgate.report.gather import Entry
from symgate.report.over_time import TOPICS, of_many_steps
from symgate.report.planted import Planted, showcase
from symgate.report.time_sections import time_sections
from symgate.report.wording import counted, verdicts, witness_lines
from symgate.tex import mathml
from symgate.version import __version__


def index_page(
    cells: Sequence[Cell],
    entries: Sequence[Entry],
    planted: Sequence[Planted],
    continuous: Sequence[tuple[Discretisation, Certificate]],
    figures: Sequence[Drawn],
    *,
    pdf: bool,
) -> str:
    """The whole page."""
    single = [entry for entry in entries if not of_many_steps(entry.derivation)]
    by_cell = {cell.name: [entry for entry in single if entry.derivation.cell == cell] for cell in cells}
    apart = {stem for topic in TOPICS for stem in topic.figures} | {"local_errors", "terms"}
    resources = files("symgate.report")
    css, script = (resources.joinpath(name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>symgate report</title>
<style>
{css}</style>
</head>
<body>
<a class="skip" href="#top">Skip to the report</a>
{_navigation(by_cell)}
<main id="top">
{_overview(cells, entries, planted, pdf=pdf)}
{_picture(figures)}
{"".join(_cell(cell, by_cell[cell.name]) for cell in cells)}
{time_sections(entries, continuous, figures)}
{_planted(planted)}
{_figures([item for item in figures if item.stem not in apart])}
</main>
<div id="said" role="status" style="position: absolute; left: -99rem"></div>
<script>
{script}</script>
</body>
</html>
"""


def _navigation(by_cell: dict[str, list[Entry]]) -> str:
    links = "".join(
        f'<li><a href="#{name}">{name} <span>{sum(entry.proved for entry in entries)}/{len(entries)}</span></a></li>\n'
        for name, entries in by_cell.items()
    )
    over_time = "".join(f'<li><a href="#{topic.name}">{topic.title}</a></li>\n' for topic in TOPICS)
    over_time += '<li><a href="#continuous">Continuous time</a></li>\n'
    return f"""<nav aria-label="Contents">
<strong>symgate</strong> <small>version {escape(__version__)}</small>
<label class="search">Search <input type="search" id="search" placeholder="lstm gradient U_f"></label>
<p class="found" role="status" id="found"></p>
<h2>Report</h2>
<ul><li><a href="#top">Overview</a></li>
<li><a href="#planted">Planted errors</a></li>
<li><a href="#figures">Figures</a></li></ul>
<h2>Cells (proved / all)</h2>
<ul>{links}</ul>
<h2>Many steps</h2>
<ul>{over_time}</ul>
</nav>"""


def _overview(cells: Sequence[Cell], entries: Sequence[Entry], planted: Sequence[Planted], *, pdf: bool) -> str:
    caught = sum(item.refuted for item in planted)
    papers = ("report.pdf", "report.tex") if pdf else ("report.tex",)
    paper = ", ".join(f'<a href="{name}">{name}</a>' for name in papers)
    return f"""<h1>Derivatives of gated recurrences</h1>
<p>{counted(len(entries), "object")} of {counted(len(cells), "cell")}: {verdicts(entries)}. {caught} of
{counted(len(planted), "planted error")} refuted.</p>
<p>A proved formula holds for every size and every differentiable &phi;. Numerator layout: entry
<i>(i, j)</i> is the derivative of component <i>i</i> by variable <i>j</i>. In a derivative by a parameter, marked with
a plus, the state before the step is held fixed. A vector-Jacobian product takes a cotangent &lambda;, such as the
gradient of a loss by the state after the step.</p>
<p class="note">Also here: {paper}, <a href="certificates.json">certificates.json</a>, <a href="modules/">modules/</a>
(NumPy, each file stands alone).</p>"""


def _picture(figures: Sequence[Drawn]) -> str:
    """The terms of a Jacobian along a trajectory, on top of the page."""
    return "".join(drawing(item) for item in figures if item.stem == "terms")


def _contents(entries: Sequence[Entry]) -> str:
    """The objects of a cell, as links."""
    links = " ".join(f'<li><a href="#{entry.derivation.name}">{escape(entry.key)}</a></li>' for entry in entries)
    return f'<details class="contents"><summary>{counted(len(entries), "result")}</summary><ul>{links}</ul></details>\n'


def _cell(cell: Cell, entries: Sequence[Entry]) -> str:
    return f"""<section id="{cell.name}" aria-labelledby="{cell.name}-title">
<h2 id="{cell.name}-title">{cell.name}</h2>
<p class="source">{escape(cell.source)}</p>
<div class="equations formula">{mathml(cell)}</div>
{_contents(entries)}{"".join(article(entry) for entry in entries)}</section>
"""


def _planted(planted: Sequence[Planted]) -> str:
    rows = "".join(
        f"<tr><td>{item.cell}</td><td>{escape(item.slip)}</td><td>{_wrong(item)}</td>"
        f"<td>{badge(item.certificate.verdict)}</td></tr>\n"
        for item in planted
    )
    shown = showcase(planted)
    example = (
        f"<h3>One witness</h3>\n<p>{escape(shown.cell)}, {escape(shown.slip)}:</p>\n"
        f'<div class="formula">{mathml(shown.derivation)}</div>\n{witness(witness_lines(shown.certificate))}'
        if shown
        else ""
    )
    return f"""<section id="planted" aria-labelledby="planted-title">
<h2 id="planted-title">Planted errors</h2>
<p>A checker that never objects proves nothing. Each known slip was put into the state Jacobian of each cell it applies
to, and the result was judged like every other formula here.</p>
{example}
<h3>All slips</h3>
<div class="scroll"><table><thead><tr><th>Cell</th><th>Slip</th><th>Wrong term</th><th>Verdict</th></tr></thead><tbody>
{rows}</tbody></table></div>
</section>
"""


def _wrong(item: Planted) -> str:
    """The terms that are wrong."""
    return "".join(
        f'<div class="formula" title="{escape(name)}">{mathml(term)}</div>' for name, term in item.wrong_terms
    )


def _figures(figures: Sequence[Drawn]) -> str:
    shown = "".join(map(drawing, figures))
    return f"""<section id="figures" aria-labelledby="figures-title">
<h2 id="figures-title">Figures</h2>
{shown}</section>
"""
