"""A paper as a page: one template, every value escaped."""

from __future__ import annotations

from importlib.resources import files

from jinja2 import Environment, StrictUndefined

from symgate.claims.papers.reader import Paper
from symgate.proof import PROVED, REFUTED
from symgate.tex import text


def html(paper: Paper) -> str:
    """The page: every equation with its mark and the reason for it."""
    source = files("symgate.claims.papers").joinpath("page.html.j2").read_text(encoding="utf-8")
    template = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    ).from_string(source)
    verdicts = [line.verdict for line in paper.claims]
    counts = {"proved": verdicts.count(PROVED), "refuted": verdicts.count(REFUTED)}
    counts["open"] = len(verdicts) - sum(counts.values())
    cells = [{"equations": text(item.cell), "notes": item.notes} for item in paper.cells]
    return template.render(paper=paper, counts=counts, cells=cells)
