"""index.html: formulas rendered by the browser (MathML), certificates, figures, copy buttons; no network needed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from importlib.resources import files

from symgate.codegen import source
from symgate.records import Cell, Derivation
from symgate.report.figures import Drawn
from symgate.report.gather import Entry
from symgate.report.modules import module_path
from symgate.report.planted import Planted, showcase
from symgate.report.wording import counted, kind_in_words, shape_in_words, verdicts, witness_lines
from symgate.tex import latex, mathml
from symgate.version import __version__

_SIGNS = {"proved": "&#10003;", "refuted": "&#10007;", "undecided": "?"}


def index_page(
    cells: Sequence[Cell], entries: Sequence[Entry], planted: Sequence[Planted], figures: Sequence[Drawn], *, pdf: bool
) -> str:
    """The whole page."""
    by_cell = {cell.name: [entry for entry in entries if entry.derivation.cell == cell] for cell in cells}
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
{"".join(_cell(cell, by_cell[cell.name]) for cell in cells)}
{_planted(planted)}
{_figures(figures)}
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
    return f"""<nav aria-label="Contents">
<strong>symgate</strong> <small>version {escape(__version__)}</small>
<h2>Report</h2>
<ul><li><a href="#top">Overview</a></li>
<li><a href="#planted">Planted errors</a></li>
<li><a href="#figures">Figures</a></li></ul>
<h2>Cells (proved / all)</h2>
<ul>{links}</ul>
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


def _cell(cell: Cell, entries: Sequence[Entry]) -> str:
    return f"""<section id="{cell.name}" aria-labelledby="{cell.name}-title">
<h2 id="{cell.name}-title">{cell.name}</h2>
<p class="source">{escape(cell.source)}</p>
<div class="equations formula">{mathml(cell)}</div>
{"".join(_object(entry) for entry in entries)}</section>
"""


def _object(entry: Entry) -> str:
    derivation, certificate = entry.derivation, entry.certificate
    name = derivation.name
    path = module_path(derivation)
    tex, code = escape(latex(derivation)), escape(source(derivation))
    what = f"{escape(kind_in_words(derivation))}; {_marked_up(shape_in_words(derivation))}"
    return f"""<article id="{name}">
<header><h3>{escape(entry.key)}</h3> <span class="note">{what}</span> {_badge(certificate.verdict)}</header>
<div class="formula">{mathml(derivation)}</div>
<div class="tools"><button data-copy="{name}-tex">Copy LaTeX</button>
<button data-copy="{name}-code">Copy Python</button> <a href="{path}">{path}</a></div>
<div class="more">
{_terms(derivation)}{_evidence(entry)}<details><summary>LaTeX</summary><pre id="{name}-tex">{tex}</pre></details>
<details><summary>Python</summary><pre id="{name}-code">{code}</pre></details>
</div>
</article>
"""


def _marked_up(shape: str) -> str:
    """``n x n**2`` with a cross and a raised 2."""
    powers = re.sub(r"\*\*(\d+)", r"<sup>\1</sup>", escape(shape))
    return powers.replace(" x ", " &times; ").replace("*", " ")


def _badge(verdict: str) -> str:
    return f'<span class="badge {verdict}">{_SIGNS[verdict]} {verdict}</span>'


def _terms(derivation: Derivation) -> str:
    """The named terms, where there is more than one."""
    if len(derivation.terms) < 2:
        return ""
    rows = "".join(
        f'<dt>{escape(name)}</dt><dd class="formula">{mathml(term)}</dd>' for name, term in derivation.named_terms
    )
    return f"<details><summary>Terms</summary><dl>{rows}</dl></details>\n"


def _evidence(entry: Entry) -> str:
    certificate = entry.certificate
    rows = "".join(f"<dt>{escape(item.route)}</dt><dd>{escape(item.detail)}</dd>" for item in certificate.evidence)
    opened = "" if entry.proved else " open"
    return (
        f"<details{opened}><summary>Certificate</summary><p>{escape(certificate.statement)}</p>"
        f"<dl>{rows}</dl>{_witness(witness_lines(certificate))}</details>\n"
    )


def _witness(lines: Sequence[str]) -> str:
    return f"<pre>{escape(chr(10).join(lines))}</pre>" if lines else ""


def _planted(planted: Sequence[Planted]) -> str:
    rows = "".join(
        f"<tr><td>{item.cell}</td><td>{escape(item.slip)}</td><td>{_wrong(item)}</td>"
        f"<td>{_badge(item.certificate.verdict)}</td></tr>\n"
        for item in planted
    )
    shown = showcase(planted)
    example = (
        f"<h3>One witness</h3>\n<p>{escape(shown.cell)}, {escape(shown.slip)}:</p>\n"
        f'<div class="formula">{mathml(shown.derivation)}</div>\n{_witness(witness_lines(shown.certificate))}'
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
    shown = "".join(map(_figure, figures))
    return f"""<section id="figures" aria-labelledby="figures-title">
<h2 id="figures-title">Figures</h2>
{shown}</section>
"""


def _figure(item: Drawn) -> str:
    path, title, narrow = f"figures/{item.stem}", escape(item.title), ' class="narrow"' if item.stem == "times" else ""
    return f"""<figure{narrow}><img src="{path}.svg" alt="{title}">
<figcaption><b>{title}.</b> {escape(item.caption)}
(<a href="{path}.pdf">PDF</a>, <a href="{path}.png">PNG</a>)</figcaption></figure>
"""
