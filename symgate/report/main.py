"""The main job from end to end."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from symgate.cells import CELLS
from symgate.files import write_atomic
from symgate.language.continuous import Discretisation
from symgate.proof import Certificate
from symgate.records import Cell
from symgate.report.certificates import certificates_json
from symgate.report.figures import draw_figures, shown_cell
from symgate.report.gather import Entry, Progress, gather, workers
from symgate.report.modules import write_modules
from symgate.report.over_time import schemes
from symgate.report.pages import index_page
from symgate.report.paper import compile_paper, paper
from symgate.report.planted import Planted, plant
from symgate.report.staging import staged
from symgate.report.time_figures import draw_time_figures


@dataclass(frozen=True)
class Outcome:
    """What the main job found and left.

    Attributes:
        out: the folder.
        entries: every object with its certificate.
        planted: every planted slip with its certificate.
        continuous: the ways to step the continuous equation, with their certificates.
        paper_problem: why there is no report.pdf; "" where there is one.
        seconds: how long it all took.
    """

    out: Path
    entries: list[Entry]
    planted: list[Planted]
    continuous: list[tuple[Discretisation, Certificate]]
    paper_problem: str
    seconds: float

    @property
    def all_proved(self) -> bool:
        """Whether every object is proved and every planted slip refuted."""
        stepped = all(certificate.proved for _, certificate in self.continuous)
        return stepped and all(entry.proved for entry in self.entries) and all(item.refuted for item in self.planted)


def write_report(
    out: Path | str,
    cells: Sequence[Cell] = CELLS,
    *,
    jobs: int | None = None,
    progress: Progress | None = None,
    timings: bool = False,
) -> Outcome:
    """Derive and verify every object of the cells and write the report.

    Args:
        out: the folder: ``index.html``, ``report.tex`` (and ``report.pdf`` where TeX is found),
            ``certificates.json``, ``modules/`` and ``figures/``.  What a former report left there is
            replaced at the end, file by file; until then, and after any failure, it stays.
        cells: the recurrences.
        jobs: how many processes verify; default: the cores, at most 4.
        progress: told of every object that is done.
        timings: draw how long a derivation takes; without it, two reports are the same byte for byte.

    Raises:
        OutputError: the folder cannot be written.
    """
    start = time.perf_counter()
    out = Path(out)
    with staged(out) as folder:
        figures = draw_figures(cells, folder / "figures", progress, timings=timings)
        with workers(jobs) as executor:
            drawing = draw_time_figures(folder / "figures", executor, shown_cell(cells))
            entries = gather(cells, executor, progress)
            planted = plant(cells, executor, progress)
            figures += drawing()
        continuous = schemes()
        advance = progress("write", 4) if progress else lambda _: None
        write_modules(cells, entries, folder)
        advance("modules")
        write_atomic(
            folder / "certificates.json",
            certificates_json(entries, planted, [certificate for _, certificate in continuous]),
        )
        advance("certificates.json")
        write_atomic(folder / "report.tex", paper(cells, entries, planted, continuous, figures))
        problem = compile_paper(folder)
        advance("report.pdf")
        write_atomic(folder / "index.html", index_page(cells, entries, planted, continuous, figures, pdf=not problem))
        advance("index.html")
    return Outcome(out, entries, planted, continuous, problem, time.perf_counter() - start)
