"""Every symbol of a formula is defined or declared below it, and nothing else is: both sets read from the source."""

from __future__ import annotations

import re

import pytest

import symgate as sg
from symgate.cells import LIBRARY
from symgate.tex import Style, definitions, equation, notation_table
from symgate.tex.meanings import UNKNOWN
from tests.tex.everything import every_object
from tests.tex.overfull import further_displays

#: A letter in a face, or Greek, or a single italic letter.
_GREEK = "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi rho varrho"
_GREEK += " sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Sigma Upsilon Phi Psi Omega"
_NAME = re.compile(
    r"\\(?:tilde|hat|bar|dot|check)\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}|\\boldsymbol\{\\[a-zA-Z]+\}"
    r"|\\math(?:bf|rm|sf)\{[A-Za-z0-9\\_]+\}"
    rf"|\\(?:{'|'.join(_GREEK.split())})(?![A-Za-z])|\\[A-Za-z]+|[A-Za-z]"
)
_BRACED = r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}"
_FACED = r"\\(?:mathbf|boldsymbol|tilde|dot)\{(?:[^{}]|\{[^{}]*\})*\}"
_LIMITS = re.compile(rf"\\(?:sum|prod|bigodot|overleftarrow\{{\\prod\}})((?:[_^]{_BRACED})*)")
_SCRIPT = re.compile(rf"([_^])({_BRACED})")
_SILENT = re.compile(
    r"\\(?:begin|end)\{[a-z*]+\}(?:\{[^\n]*\})?|\\label\{[^}]*\}|\\operatorname\{[A-Za-z0-9\\_]*\}|\\text\{[^}]*\}"
    r"|\\(?:left|right|[bB]igg?[lr]|quad|notag|begingroup|endgroup|allowdisplaybreaks|odot|otimes|top|cdots|approx|le"
    r"|tanh|sin|cos|exp|log|max|min|frac|partial|lVert|rVert|lvert|rvert)(?![A-Za-z])|\\Gamma(?=\()|(?<![A-Za-z])E(?=\()"
)
#: A function that every reader knows, and what is a sign and no symbol.
SIGNS = {r"\mathbf{1}", r"\mathbf{I}", r"\mathbf{0}", r"\mathrm{e}", r"\sigma", r"\pi"}
#: A script that is part of a name: letters and words with commas between them, a number, a transpose, a prime.
_OF_NAME = re.compile(r"(?:[A-Za-z0-9]+|\\mathrm\{[A-Za-z0-9]+\}|\\[a-z]+|,|\([0-9]+\))*\Z")


def names(source: str) -> set[str]:
    """The letters of names, and of times in subscripts, limits and exponents; not the scripts of a name.

    A letter alone in a script is a time where it runs, or counts on or back, somewhere in the source, or stands below a
    name that elsewhere has such a time; t, k, j and T always.
    """
    text = _SILENT.sub(" ", source)
    limits = [part[1:-1] for match in _LIMITS.finditer(text) for _, part in _SCRIPT.findall(match[1])]
    rest = _LIMITS.sub(" ", text)
    scripts = [(place, part[1:-1]) for place, part in _SCRIPT.findall(rest)]
    counted = [part for place, part in scripts if re.search("[-+=/]" if place == "^" else "[-+=/,]", part)]
    times = {"t", "k", "T", "j"} | _letters(" ".join([*limits, *counted]))
    dated = {(base, time[1:-1]) for base, time in re.findall(rf"({_FACED}(?:\^{_BRACED})?)_({_BRACED})", rest)}
    signals = {base for base, time in dated if time == "t" or re.search("[-+]", time)}
    times |= {time for base, time in dated if base in signals and re.fullmatch("[a-z]", time)}
    found = _bases(_SCRIPT.sub(" ", rest))
    for part in limits:
        found |= names(part)
    for _, part in scripts:
        if part in counted or not _OF_NAME.match(part) or (re.fullmatch(r"\([a-zA-Z]\)", part) and part[1] in times):
            found |= names(part)
        elif part in times:
            found.add(part)
    return found - SIGNS


def _bases(text: str) -> set[str]:
    """Names without scripts: commands that are letters or faces, and single letters."""
    found = {match[0] for match in _NAME.finditer(text)}
    return {item for item in found if not re.fullmatch(r"\\[A-Za-z]+", item) or item[1:] in _GREEK.split()}


def _letters(text: str) -> set[str]:
    return {item for item in _bases(_SCRIPT.sub(" ", text)) if len(item) == 1}


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
        ("gru", "rate:retention"),
        ("gru", "influence:U_r"),
        ("gru", "truncation:U_r:retention:1"),
        ("gru", "lag:U_r"),
        ("gru", "rest:gate:1"),
        ("gru", "analogy:momentum"),
        ("gru", "window:power"),
        ("gru", "envelope:beta"),
        ("leaky", "expansion:drive:1"),
        ("mlstm", "C/W_k"),
    )
]


def mismatch(item: sg.Cell | sg.Derivation) -> tuple[set[str], set[str]]:
    """What is printed and not declared, and what is declared and not printed; "?" for a row that says nothing."""
    cell = item if isinstance(item, sg.Cell) else item.cell
    further = further_displays(item, Style()) if isinstance(item, sg.Derivation) else ""
    used = names(displays("\n".join([equation(item), definitions(item), further])))
    table = notation_table(cell, items=[item])
    known = declared(table)
    alone = {letter for letter in known if re.fullmatch("[a-z]", letter) and f"_{{{letter}}}" in further}
    return used - known, (known - used - alone) | ({"?"} if UNKNOWN in table else set())


@pytest.mark.parametrize(("cell", "name"), CASES, ids=[f"{cell} {name}" for cell, name in CASES])
def test_where_and_table_are_complete_and_minimal(cell: str, name: str) -> None:
    """Complete: what is printed is in the table.  Minimal: what is in the table is printed."""
    assert mismatch(sg.result(sg.cell(cell), name)) == (set(), set())


@pytest.mark.full
@pytest.mark.parametrize("start", range(16))
def test_all_tables_are_complete_and_minimal(start: int) -> None:
    """All objects of all cells, matrix states and results that lists leave out included."""
    chosen = list(every_object())[start::16]
    found = {name: mismatch(item) for name, item in chosen}
    assert {name: sides for name, sides in found.items() if any(sides)} == {}


@pytest.mark.parametrize(("cell", "name"), CASES, ids=[f"{cell} {name}" for cell, name in CASES])
def test_where_defines_what_is_used(cell: str, name: str) -> None:
    """What stands below is used by the formula, by its further equations, or by what else stands there."""
    item = sg.result(sg.cell(cell), name)
    below = displays(definitions(item))
    rows = [row for row in re.split(r"\\\\", below) if "&=" in row]
    shown = displays("\n".join([equation(item), further_displays(item, Style())]))
    for place, row in enumerate(rows):
        left = row.split("&=")[0]
        name_ = max(_bases(_SCRIPT.sub(" ", left)), key=len, default="")
        others = shown + "".join(rows[:place] + rows[place + 1 :]) + row.split("&=", 1)[1]
        assert name_ in names(others) or not name_, left


@pytest.mark.parametrize("cell", LIBRARY, ids=lambda cell: cell.name)
def test_the_table_of_a_cell_lists_its_symbols(cell: sg.Cell) -> None:
    assert mismatch(cell) == (set(), set())


def test_a_missing_row_is_seen() -> None:
    """The test reads the source: with a row taken out, or one too many, the sets differ."""
    item = sg.result(sg.cell("multi_gate"), "x")
    table = notation_table(item.cell, items=[item])
    cut = "\n".join(line for line in table.splitlines() if not line.startswith(r"$\mathbf{g}"))
    assert declared(table) - declared(cut) == {r"\mathbf{g}"}
    assert r"\mathbf{z}" in declared(table + "\n$\\mathbf{z}_{t}$ & planted & $n$ \\\\")
