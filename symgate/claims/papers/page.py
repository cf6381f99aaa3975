"""A paper as a page: one template, every value escaped."""

from __future__ import annotations

from symgate import templates
from symgate.claims.papers.reader import Paper
from symgate.proof import PROVED, REFUTED
from symgate.tex import text


def html(paper: Paper) -> str:
    """The page: every equation with its mark and the reason for it."""
    verdicts = [line.verdict for line in paper.claims]
    counts = {"proved": verdicts.count(PROVED), "refuted": verdicts.count(REFUTED)}
    counts["open"] = len(verdicts) - sum(counts.values())
    cells = [{"equations": text(item.cell), "notes": item.notes} for item in paper.cells]
    return templates.html("symgate.claims.papers:page.html.j2", paper=paper, counts=counts, cells=cells)
