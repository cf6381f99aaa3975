"""The sections of the page on many steps: formulas, certificates and figures, topic by topic."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from symgate.derive import retention_time
from symgate.language.continuous import Discretisation
from symgate.proof import Certificate
from symgate.report.articles import article, badge, drawing
from symgate.report.figures import Drawn
from symgate.report.gather import Entry
from symgate.report.over_time import TOPICS, Topic
from symgate.tex import mathml


def time_sections(
    entries: Sequence[Entry], continuous: Sequence[tuple[Discretisation, Certificate]], figures: Sequence[Drawn]
) -> str:
    """Every section on many steps."""
    drawn = {item.stem: item for item in figures}
    return "".join(_section(topic, entries, drawn) for topic in TOPICS) + _continuous(continuous, drawn)


def _section(topic: Topic, entries: Sequence[Entry], drawn: dict[str, Drawn]) -> str:
    own = [entry for entry in entries if entry.derivation.kind in topic.kinds]
    shown = "".join(drawing(drawn[stem]) for stem in topic.figures if stem in drawn)
    articles = "".join(article(entry, f"{entry.derivation.cell.name} {entry.key}") for entry in own)
    return f"""<section id="{topic.name}" aria-labelledby="{topic.name}-title">
<h2 id="{topic.name}-title">{escape(topic.title)}</h2>
<p>{escape(topic.text)}</p>
{shown}{articles}</section>
"""


def _continuous(continuous: Sequence[tuple[Discretisation, Certificate]], drawn: dict[str, Drawn]) -> str:
    shown = drawing(drawn["local_errors"]) if "local_errors" in drawn else ""
    return f"""<section id="continuous" aria-labelledby="continuous-title">
<h2 id="continuous-title">Continuous time</h2>
<p>The leaky cell as a step of length h of &tau; dx/ds = &minus;x + f(s), per unit; a gate is a learned local warp of
time. A unit held at gate value g keeps its state, to 1/e, for</p>
<div class="formula">{mathml(retention_time())}</div>
<p>steps.</p>
{shown}{"".join(_scheme(*item) for item in continuous)}</section>
"""


def _scheme(found: Discretisation, certificate: Certificate) -> str:
    rows = {
        "leak of the cell": found.alpha,
        "time constant of a gate value": found.gate_time,
        "local error, to order h^2": found.error,
    }
    formulas = "".join(
        f'<dt>{escape(label)}</dt><dd class="formula">{mathml(expr)}</dd>' for label, expr in rows.items()
    )
    return f"""<article id="{found.name}">
<header><h3>{escape(found.scheme)} Euler</h3> {badge(certificate.verdict)}</header>
<dl>{formulas}</dl>
<p class="note">{escape(certificate.statement)}</p>
</article>
""".replace("<h3>euler Euler", "<h3>explicit Euler")
