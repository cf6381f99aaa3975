"""Every symbol of a formula is defined or declared below it, and nothing else is: both sets read from the source."""

from __future__ import annotations

import re

import pytest

import symgate as sg
from symgate.cells import LIBRARY
from symgate.tex import Style, definitions, equation, notation_table
from tests.tex.overfull import further_displays

#: A letter in a face, or Greek, or a single italic letter, with its own scripts but not its times.
_NAME = re.compile(
    r"\\(?:tilde|hat|bar)\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}|\\boldsymbol\{\\[a-zA-Z]+\}|\\math(?:bf|rm|sf)\{[A-Za-z0-9\\_]+\}"
    r"|\\(?:phi|psi|sigma|alpha|beta|gamma|kappa|eta|epsilon|delta|theta|rho|mu|xi|chi|varepsilon|zeta)(?![A-Za-z])"
    r"|(?<![A-Za-z\\{])[A-Za-z](?![A-Za-z])"
)
_SCRIPTS = re.compile(r"(?:\^\{(?P<up>[^{}]*(?:\{[^{}]*\}[^{}]*)*)\}|_\{(?P<down>[^{}]*(?:\{[^{}]*\}[^{}]*)*)\})")
_SILENT = re.compile(
    r"\\(?:begin|end)\{[a-z*]+\}(?:\{[^\n]*\})?|\\label\{[^}]*\}|\\operatorname\{[A-Za-z\\_]*\}|\\text\{[^}]*\}"
    r"|\\(?:left|right|[bB]igg?[lr]|quad|notag|begingroup|endgroup|allowdisplaybreaks|odot|otimes|top|cdots|approx|le)"
    r"(?![A-Za-z])"
)
#: A function that every reader knows, and what is a sign and no symbol.
SIGNS = {r"\mathbf{1}", r"\mathbf{I}", r"\mathbf{0}", r"\mathrm{e}", r"\sigma", r"\pi"}


def names(source: str) -> set[str]:
    """The letters of names, and the letters of times in subscripts and limits; not the scripts of a name."""
    text = _SILENT.sub(" ", source)
    bases = {match[0] for match in _NAME.finditer(_SCRIPTS.sub(" ", text))}
    scripts = [group for match in _SCRIPTS.finditer(text) for group in match.groups() if group]
    timed = [script for script in scripts if re.search("[-,+=]", script) or script in ("t", "k", "T", "j", "l")]
    times = {
        letter for script in timed for letter in re.findall(r"(?<![A-Za-z\\{])[tkjilTs](?![A-Za-z])", "," + script)
    }
    return (bases | times) - SIGNS


def displays(text: str) -> str:
    """The displays of a text, its sentences left out."""
    found = re.findall(r"\\begin\{(equation\*?|align\*?)\}(.*?)\\end\{\1\}", text, re.DOTALL)
    return "\n".join(body for _, body in found)


def declared(table: str) -> set[str]:
    """The names in the first column of a table."""
    rows = [line.split(" & ")[0] for line in table.splitlines() if line.startswith("$")]
    return {name for row in rows for name in names(row)}


CASES = [
    (cell, name)
    for cell, name in (
        ("multi_gate", "x"),
        ("multi_gate", "vjp:W_r"),
        ("multi_gate", "expansion:retention:1"),
        ("multi_gate", "rate:retention"),
        ("scalar_gate", "gradient:w_g"),
        ("gru", "gradient:U_r"),
        ("lstm", "adjoint"),
        ("lstm", "expansion:retention:1"),
        ("lstm", "c/h"),
        ("leaky_norm", "x"),
        ("leaky", "analogy:momentum"),
        ("plain", "transport"),
        ("scalar_gate", "remainder:retention:1"),
    )
]


@pytest.mark.parametrize(("cell", "name"), CASES, ids=[f"{cell} {name}" for cell, name in CASES])
def test_where_and_table_are_complete_and_minimal(cell: str, name: str) -> None:
    """Complete: what is printed is in the table.  Minimal: what is in the table is printed."""
    item = sg.result(sg.cell(cell), name)
    shown = displays("\n".join([equation(item), definitions(item), further_displays(item, Style())]))
    used, known = names(shown), declared(notation_table(item.cell, items=[item]))
    assert (used - known, known - used) == (set(), set()), "printed and not declared, declared and not printed"


@pytest.mark.parametrize("cell", LIBRARY, ids=lambda cell: cell.name)
def test_the_table_of_a_cell_lists_its_symbols(cell: sg.Cell) -> None:
    used, known = names(displays(equation(cell))), declared(notation_table(cell))
    assert not used - known
    assert not known - used


def test_a_missing_row_is_seen() -> None:
    """The test reads the source: with a row taken out, or one too many, the sets differ."""
    item = sg.result(sg.cell("multi_gate"), "x")
    table = notation_table(item.cell, items=[item])
    cut = "\n".join(line for line in table.splitlines() if not line.startswith(r"$\mathbf{g}"))
    assert declared(table) - declared(cut) == {r"\mathbf{g}"}
    assert r"\mathbf{z}" in declared(table + "\n$\\mathbf{z}_{t}$ & planted & $n$ \\\\")
