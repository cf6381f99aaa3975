"""Whole documents: they compile as they are, fit the page, and no text of a user acts as markup."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import symgate as sg
from symgate.language import CellBuilder, tanh
from symgate.tex import Style, available_checkers, compile_pdf, document, notation_table, run
from symgate.tex.prose import escape

HOSTILE = '100% \\input{x} $a_b^c$ {#1} & ~ <tag> | "q" J\u00e4ger, \u0141ukasz, \u03b1 \u2013 \x07 \n\\end{document}'


def hostile_cell() -> sg.Cell:
    c = CellBuilder("hostile", source=HOSTILE)
    x = c.state("x", 3)
    c.next(x, x + x * c.vector("w", 3))
    return c.build()


@pytest.fixture(scope="module")
def papers() -> dict[str, str]:
    items = [item for cell in sg.CELLS for item in sg.objects(cell)]
    return {
        "default": document(items),
        "macros": document(items, Style(macros=True, derivatives="value"), title=HOSTILE),
        "sections": document([(HOSTILE, [hostile_cell(), *sg.objects(hostile_cell()), sg.CELLS[0]])]),
        "empty": document([]),
        "remarks": document([sg.CELLS[0]], remarks={sg.CELLS[0].name: HOSTILE}),
    }


@pytest.mark.parametrize("name", ["default", "macros", "sections", "empty", "remarks"])
def test_documents_compile(papers: dict[str, str], name: str, tmp_path: Path) -> None:
    if "tex" not in available_checkers():
        pytest.skip("pdflatex is not installed")
    assert papers[name].isascii()
    source = tmp_path / "paper.tex"
    source.write_text(papers[name])
    assert compile_pdf(source).stat().st_size > 1000


def long_cell() -> sg.Cell:
    """Its Jacobian has six terms, more than a line holds."""
    c = CellBuilder("long")
    x = c.state("x", "n")
    drives = [c.let(f"a_{name}", c.matrix(f"W_{name}", "n", "n") @ x, role=name) for name in "pqrsvw"]
    total = tanh(drives[0])
    for drive in drives[1:]:
        total = total + tanh(drive)
    c.next(x, total)
    return c.build()


def test_documents_fit_the_page(papers: dict[str, str], tmp_path: Path) -> None:
    """At the default width nothing sticks out; with breaks switched off, something does."""
    if "tex" not in available_checkers():
        pytest.skip("pdflatex is not installed")
    items = [sg.jacobian(long_cell()), sg.vjp(long_cell())]
    for text, fits in (
        (papers["default"], True),
        (document(items), True),
        (document(items, Style(width=500)), False),
    ):
        (tmp_path / "paper.tex").write_text(text)
        log = run._pdflatex("paper.tex", tmp_path, 60, "-draftmode")
        assert log.rstrip()
        assert ("Overfull \\hbox" not in log) is fits


def test_a_document_holds_every_object_once(papers: dict[str, str]) -> None:
    labels = re.findall(r"\\label\{eq:([a-zA-Z_]+)\}", papers["default"])
    assert labels == [item.name for cell in sg.CELLS for item in (cell, *sg.objects(cell))]
    assert papers["default"].count(r"\section{") == len(sg.CELLS)
    assert papers["default"].count(r"\begin{longtable}") == len(sg.CELLS)


def test_markup_in_free_text_is_escaped(papers: dict[str, str]) -> None:
    for name in ("macros", "sections", "remarks"):
        assert papers[name].count(r"\end{document}") == 1
        assert r"\input" not in papers[name]
        assert r"\textbackslash{}input\{x\}" in papers[name]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("50% & $x_1$", r"50\% \& \$x\_1\$"),
        ("J\u00e4ger", r"J{\"{a}}ger"),
        ("Lo\u00efc", r"Lo{\"{\i }}c"),
        ("\u0141", r"{\L}"),
        ("1\u20132", "1--2"),
        ("\u03b1", "[U+03B1]"),
        ("a\x00\x07b", "a  b"),
        ("\\^~", r"\textbackslash{}\textasciicircum{}\textasciitilde{}"),
    ],
)
def test_escape(text: str, shown: str) -> None:
    assert escape(text) == shown


def test_notation_table_lists_every_symbol_with_its_size() -> None:
    cell = sg.cell("multi_gate")
    table = notation_table(cell, items=sg.objects(cell))
    rows = [line for line in table.splitlines() if line.endswith(r"\\")]
    for start, end in {
        r"$\mathbf{x}_{t-1}$ & state before the step": "$n$",
        r"$\mathbf{x}_{t}$ & state after the step": "$n$",
        r"$\mathbf{u}_{t}$ & input": "$m$",
        r"$\mathbf{W}_{i}$ & parameter": r"$n \times m$",
        r"$\mathbf{g}_{t}$ & gate": "$n$",
        r"$\boldsymbol{\lambda}_{t}$ & cotangent": "$n$",
        r"$\partial^{+} \mathbf{x}_{t} / \partial \operatorname{vec}\mathbf{W}_{r}$": "",
    }.items():
        assert any(row.startswith(start) and row.removesuffix(r" \\").endswith(end) for row in rows), start
    assert "$1$" in notation_table(sg.cell("scalar_gate"))
