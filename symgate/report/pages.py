"""index.html: formulas rendered by the browser (MathML), certificates, figures, copy buttons; no network needed.

In: everything that the main job found.  Out: the page, from ``templates/page.html.j2``.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

from symgate.derive import retention_time
from symgate.language.continuous import Discretisation
from symgate.proof import Certificate
from symgate.records import Cell
from symgate.report.articles import Values, article, drawing, formula, scheme
from symgate.report.figures import Drawn
from symgate.report.gather import Entry
from symgate.report.over_time import TOPICS, Topic, of_many_steps
from symgate.report.planted import Planted, showcase
from symgate.report.wording import counted, counts, witness_lines
from symgate.templates import Markup, html
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
    shown = showcase(planted)
    elsewhere = {stem for topic in TOPICS for stem in topic.figures} | {"local_errors", "terms"}
    return html(
        "symgate.report:page.html.j2",
        version=__version__,
        css=_resource("page.css"),
        script=_resource("page.js"),
        pdf=pdf,
        counts=counts(cells, entries, planted),
        pictures=[drawing(item) for item in figures if item.stem == "terms"],
        cells=[_cell(cell, [entry for entry in single if entry.derivation.cell == cell]) for cell in cells],
        topics=[_topic(topic, entries, figures) for topic in TOPICS],
        retention_time=formula(retention_time()),
        continuous={
            "figures": [drawing(item) for item in figures if item.stem == "local_errors"],
            "schemes": [scheme(*item) for item in continuous],
        },
        example=_example(shown) if shown else None,
        planted=[_slip(item) for item in planted],
        figures=[drawing(item) for item in figures if item.stem not in elsewhere],
    )


def _resource(name: str) -> Markup:
    """A style sheet or a script of ours."""
    return Markup(files("symgate.report").joinpath(name).read_text(encoding="utf-8"))


def _cell(cell: Cell, entries: Sequence[Entry]) -> Values:
    return {
        "name": cell.name,
        "source": cell.source,
        "equations": formula(cell),
        "proved": sum(entry.proved for entry in entries),
        "results": counted(len(entries), "result"),
        "articles": [article(entry) for entry in entries],
    }


def _topic(topic: Topic, entries: Sequence[Entry], figures: Sequence[Drawn]) -> Values:
    """A section on many steps: formulas, certificates and figures."""
    drawn = {item.stem: item for item in figures}
    own = [entry for entry in entries if entry.derivation.kind in topic.kinds]
    return {
        "name": topic.name,
        "title": topic.title,
        "text": topic.text,
        "figures": [drawing(drawn[stem]) for stem in topic.figures if stem in drawn],
        "articles": [article(entry, f"{entry.derivation.cell.name} {entry.key}") for entry in own],
    }


def _example(shown: Planted) -> Values:
    """One slip with its counterexample."""
    return {
        "cell": shown.cell,
        "slip": shown.slip,
        "formula": formula(shown.derivation),
        "witness": witness_lines(shown.certificate),
    }


def _slip(item: Planted) -> Values:
    """A row of the table of slips, with the terms that are wrong."""
    wrong = [(name, formula(term)) for name, term in item.wrong_terms]
    return {"cell": item.cell, "slip": item.slip, "wrong": wrong, "verdict": item.certificate.verdict}
