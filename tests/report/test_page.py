"""The page: an overview with a picture, a table of contents for each cell, a search, captions with mathematics."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import symgate as sg
from symgate.cells import LIBRARY, MATRIX
from symgate.derive.states import term_names
from symgate.report.figures import Drawn, draw_figures, shown_cell
from symgate.report.gather import Entry
from symgate.report.pages import index_page
from symgate.report.time_figures import OF_CELL

CELL = sg.cell("multi_gate")


@pytest.fixture(scope="module")
def page() -> str:
    """The page of a cell with a few results, without the main job."""
    items = [sg.result(CELL, name) for name in ("x", "W_r", "vjp:b")]
    entries = [Entry(name, item, sg.verify(item), 0.0) for name, item in zip(("x", "W_r", "vjp:b"), items, strict=True)]
    terms = Drawn("terms", "The Jacobian", r"Of multi_gate, $n = 24$ & so <on>.")
    return index_page([CELL], entries, [], [], [terms], pdf=False)


def test_the_picture_stands_in_the_overview(page: str) -> None:
    assert page.count("figures/terms.svg") == 1
    assert page.index("figures/terms.svg") < page.index('<section id="multi_gate"')


def test_every_result_is_in_the_contents_of_its_cell(page: str) -> None:
    contents = re.search(r'<details class="contents">(.*?)</details>', page, re.DOTALL)
    assert contents
    targets = re.findall(r'href="#([^"]+)"', contents[1])
    assert targets == re.findall(r'<article id="([^"]+)"', page)
    assert len(targets) == 3


def test_results_over_many_steps_are_headed_by_their_cell() -> None:
    """They stand together, whatever their cell, so that the short name alone would not say which it is."""
    item = sg.result(CELL, "transport")
    page = index_page([CELL], [Entry("transport", item, sg.verify(item), 0.0)], [], [], [], pdf=False)
    assert re.findall(r"<header><h3>(.*?)</h3>", page) == ["multi_gate transport"]


def test_captions_are_mathematics(page: str) -> None:
    assert "<math><mrow><mi>n</mi><mo>=</mo><mn>24</mn></mrow></math> &amp; so &lt;on&gt;." in page


def test_the_search_finds_and_hides(page: str, tmp_path: Path) -> None:
    """In a browser: two words leave one result, and the other sections are hidden."""
    browser = next(
        (path for name in ("chromium", "google-chrome", "chromium-browser") if (path := shutil.which(name))), ""
    )
    if not browser:
        pytest.skip("no headless browser is installed")
    probe = """<script>
    const box = document.getElementById("search");
    box.value = "jacobian W_r";
    box.dispatchEvent(new Event("input"));
    document.title = document.getElementById("found").textContent + "; hidden " +
      document.querySelectorAll("main section[hidden]").length;
    </script></body>"""
    (tmp_path / "page.html").write_text(page.replace("</body>", probe))
    done = subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", str(tmp_path / "page.html")],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    title = re.search(r"<title>(.*?)</title>", done.stdout)
    assert title
    assert title[1].startswith("1 of 3 results; hidden ")
    assert int(title[1].rsplit(" ", 1)[1]) >= 2


def test_the_cell_of_the_figures_is_the_author_s() -> None:
    """The first with several terms, best with one state; a report on cells without any shows no other cell instead."""
    for names, wanted in (
        (["gru"], "gru"),
        (["plain", "leaky"], "leaky"),
        (["lstm"], "lstm"),
        (["lstm", "leaky"], "leaky"),
        (["scalar_gate", "multi_gate", "plain"], "multi_gate"),
    ):
        found = shown_cell([sg.cell(name) for name in names])
        assert found is not None
        assert found.name == wanted
    assert shown_cell([sg.cell("mingru"), sg.cell("mlstm")]) is None


@pytest.mark.sweep(2)
@pytest.mark.parametrize("cell", [*LIBRARY, *MATRIX], ids=lambda cell: cell.name)
def test_the_figures_of_any_cell(cell: sg.Cell, tmp_path: Path) -> None:
    """Every built-in cell has those that make sense for it: with several inputs and sizes, masks, many terms."""
    drawn = [*draw_figures([cell], tmp_path)]
    drawn += [item for draw in OF_CELL if (shown := shown_cell([cell])) and (item := draw(shown, tmp_path))]
    stems = [item.stem for item in drawn]
    several = not cell.matrix_states and len(term_names(cell)) > 1
    assert ("spectra" in stems) == (not cell.matrix_states)
    assert ("terms" in stems) == several
    assert all(cell.name in item.caption for item in drawn)
    assert all((tmp_path / f"{stem}.pdf").stat().st_size > 1000 for stem in stems)
    if cell.name in {"gru", "lstm", "gru_d", "ltc", "low_rank"}:
        assert "rates" in stems
    if cell.name in {"gru", "lstm", "gru_d", "slstm", "low_rank"}:
        assert "expansion" in stems
