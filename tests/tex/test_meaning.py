"""What is printed means what was derived: formulas are read back and evaluated beside the expression itself."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import symgate as sg
from symgate.tex import Style, equation, latex, text
from symgate.tex.latex_words import LatexWords
from symgate.tex.plain_words import PlainWords
from symgate.tex.statement import printer_for
from tests.drawn import examples
from tests.oracles import draw_point, environment, evaluate, sizes_of
from tests.strategies import cells
from tests.tex.reading import LatexReader, read_text

OBJECTS = [(item.name, item) for cell in sg.CELLS for item in sg.objects(cell)]
STYLES = {"prime": Style(), "value": Style(derivatives="value"), "narrow": Style(width=20)}
N, M = 3, 2


def values_of(item: sg.Derivation, seed: int = 0) -> tuple[dict, dict]:
    sizes = sizes_of(item.cell, n=N, m=M)
    values = environment(item.cell, draw_point(item.cell, seed=seed, scale=0.5, n=N, m=M), sizes)
    if item.cotangent is not None:
        values[item.cotangent] = np.random.default_rng(seed).standard_normal((N, 1))
    return values, sizes


def named(item: sg.Derivation, values: dict, words: LatexWords | PlainWords) -> dict:
    """The values by printed name."""
    printer = printer_for(item, words)
    shown = {printer.piece(symbol).text: value for symbol, value in values.items()}
    assert len(shown) == len(values), "two symbols look the same"
    return shown


def unbroken(display: str) -> str:
    """The right side of a displayed equation, its rows put together."""
    display = re.sub(r"\\(?:begingroup|endgroup|allowdisplaybreaks|notag)(?![A-Za-z])", " ", display)
    body = re.sub(r"\\(begin|end)\{(equation|split|align)\}|\\label\{[^}]*\}|&(?:\\q?quad)+|\\\\\n|&", " ", display)
    return body.split(" = ", 1)[1]


def check_meaning(item: sg.Derivation, style: Style, seed: int = 0) -> None:
    values, sizes = values_of(item, seed)
    expected = evaluate(item.expr, values, sizes)
    by_latex = named(item, values, LatexWords(style))
    close = {"rtol": 1e-9, "atol": 1e-9 * max(1.0, float(np.max(np.abs(expected))))}
    line = LatexReader(latex(item, style, lhs=False), by_latex, N).read()
    rows = LatexReader(unbroken(equation(item, style)), by_latex, N).read()
    words = read_text(text(item, style, lhs=False), named(item, values, PlainWords(style)), N)
    for found in (line, rows, words):
        assert_allclose(np.broadcast_to(found, np.shape(expected)), expected, **close)


@pytest.mark.sweep(60)
@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
@pytest.mark.parametrize("item", [item for _, item in OBJECTS], ids=[name for name, _ in OBJECTS])
def test_every_object_reads_back(item: sg.Derivation, style: Style) -> None:
    """LaTeX on one line, LaTeX broken into rows and plain text all have the value of the expression."""
    check_meaning(item, style)


@settings(max_examples=examples(40))
@given(cell=cells(), seed=st.integers(0, 99), style=st.sampled_from(list(STYLES.values())))
def test_drawn_cells_read_back(cell: sg.Cell, seed: int, style: Style) -> None:
    """The same law for cells drawn at random, for every object of each."""
    with np.errstate(all="ignore"):
        for item in sg.objects(cell):
            values, sizes = values_of(item, seed)
            largest = np.max(np.abs(evaluate(item.expr, values, sizes)))
            if np.isfinite(largest) and largest < 1e8:
                check_meaning(item, style, seed)


@settings(max_examples=examples(40))
@given(cell=cells(), seed=st.integers(0, 99))
def test_drawn_recurrences_read_back(cell: sg.Cell, seed: int) -> None:
    """The equations of a cell, line by line, have the values of its definitions."""
    sizes = sizes_of(cell, n=N, m=M)
    with np.errstate(all="ignore"):
        values = environment(cell, draw_point(cell, seed=seed, scale=0.5, n=N, m=M), sizes)
        printer = printer_for(cell, LatexWords(Style()))
        names = {printer.piece(symbol).text: value for symbol, value in values.items()}
        shown = latex(cell)
        rows = shown.splitlines()[1:-1] if shown.startswith(r"\begin{aligned}") else [shown.replace(" = ", " &= ", 1)]
        for row, symbol in zip(rows, cell.definitions, strict=True):
            if not np.all(np.abs(values[symbol]) < 1e8):
                continue
            left, right = row.removesuffix(r" \\").split(" &= ")
            assert left == printer.piece(symbol).text
            found = LatexReader(right, names, N).read()
            assert_allclose(found, values[symbol], rtol=1e-9, atol=1e-9 * max(1.0, np.max(np.abs(values[symbol]))))


@pytest.mark.parametrize(
    ("good", "slip"),
    [
        (r"(1-g_{t})\mathbf{x}", r"1-g_{t}\mathbf{x}"),
        (r"(\mathbf{x}+\mathbf{y}) \odot \mathbf{x}", r"\mathbf{x}+\mathbf{y} \odot \mathbf{x}"),
        (r"\operatorname{diag}(\mathbf{x})\,\mathbf{y}", r"\mathbf{y}\operatorname{diag}(\mathbf{x})"),
        (r"\bigl(\mathbf{x}^{\top}\mathbf{y}\bigr)\mathbf{x}", r"\mathbf{x}^{\top}\mathbf{x}\mathbf{y}"),
        (r"\mathbf{x}^{\odot 2}", r"\mathbf{x}^{2}"),
        (r"\sigma'(\mathbf{x})", r"\sigma(\mathbf{x})"),
        (r"\mathbf{x} \odot \mathbf{y}", r"\mathbf{x}\mathbf{y}"),
        (r"\bigl(\mathbf{x}\bigr)", r"\bigl(\mathbf{x})"),
    ],
)
def test_the_reader_objects_to_slips(good: str, slip: str) -> None:
    """A dropped parenthesis, a swapped factor or a lost prime is read as another value, or not at all."""
    rng = np.random.default_rng(0)
    names = {r"\mathbf{x}": rng.random((3, 1)), r"\mathbf{y}": rng.random((3, 1)), "g_{t}": np.asarray(0.3)}
    value = LatexReader(good, names, 3).read()
    try:
        other = LatexReader(slip, names, 3).read()
    except ValueError:
        return
    assert np.shape(other) != np.shape(value) or not np.allclose(other, value)
