"""An appendix stands in a paper as it is: it compiles in one and two columns, fits, and says what was proved."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import symgate as sg
from symgate.cli.program import main
from symgate.errors import SymgateError
from symgate.tex import appendix, available_checkers, bibtex, compile_pdf, document, equation, latex, run
from tests.tex.test_notation import OWN

CELL = """
from symgate.language import CellBuilder, tanh
c = CellBuilder("mine", source="Doe & Roe 2024, arXiv:2401.01234")
h, x = c.state("h", "n"), c.input("x", "m")
W, V = c.matrix("W_hh", "n", "n", latex="W_{hh}"), c.matrix("W_xh", "n", "m")
c.next(h, tanh(W @ h + V @ x))
MINE = c.build()
"""
PAPER = {
    1: "\\documentclass{article}\n\\usepackage{amsmath,longtable}\n\\begin{document}\n\\input{appendix}\n"
    "\\end{document}\n",
    2: "\\documentclass[twocolumn]{article}\n\\usepackage{amsmath}\n\\columnsep=10pt\n\\textwidth=490pt\n"
    "\\hfuzz=1pt\n\\emergencystretch=4em\n\\begin{document}\n\\input{appendix}\n\\end{document}\n",
}


@pytest.mark.parametrize("columns", [1, 2])
@pytest.mark.parametrize("cell", [sg.cell("lstm"), OWN], ids=lambda cell: cell.name)
def test_it_compiles_and_fits(cell: sg.Cell, columns: int, tmp_path: Path) -> None:
    if "tex" not in available_checkers():
        pytest.skip("pdflatex is not installed")
    names = ("jacobian", "adjoint", "expansion:retention:1", "transport")
    results = [sg.result(cell, name) for name in names]
    text = appendix(cell, results, statements={item.name: "It holds & more_so." for item in results}, columns=columns)
    assert text.isascii()
    (tmp_path / "appendix.tex").write_text(text)
    (tmp_path / "paper.tex").write_text(PAPER[columns])
    log = run._pdflatex("paper.tex", tmp_path, 60)
    assert not re.findall(r"^! .*", log, re.MULTILINE)
    wide = [float(points) for points in re.findall(r"Overfull \\hbox \(([0-9.]+)pt", log)]
    assert not [points for points in wide if points > 1]


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From a file with a cell and a file with the notation to an appendix with its statement of proof."""
    (tmp_path / "my.py").write_text(CELL)
    (tmp_path / "paper.toml").write_text('[notation]\ncotangent = "g"\ntime = "n"\n')
    target = tmp_path / "appendix.tex"
    arguments = ["appendix", f"{tmp_path / 'my.py'}:MINE", "jacobian", "vjp:W_hh", "--columns", "2"]
    assert main([*arguments, "--notation", str(tmp_path / "paper.toml"), "-o", str(target)]) == 0
    text = target.read_text()
    assert r"\mathbf{h}_{n}" in text
    assert r"\mathbf{g}_{n}" in text
    assert r"\mathbf{W}_{hh}" in text
    assert "holds for all sizes" in text
    assert "eprint = {2401.01234}" in text
    assert "2 results" in capsys.readouterr().out


@pytest.mark.parametrize("content", ["[notation", "x = 1", '[notation]\nplace = "above"'])
def test_a_notation_file_that_is_none_is_told(content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "paper.toml").write_text(content)
    assert main(["appendix", "gru", "--notation", str(tmp_path / "paper.toml"), "-o", str(tmp_path / "a.tex")]) == 2
    assert "symgate: error" in capsys.readouterr().err
    assert not (tmp_path / "a.tex").exists()


def test_bibtex() -> None:
    key, entry = bibtex(sg.cell("gru"))
    assert key == "Cho2014"
    assert entry.startswith("@misc{Cho2014,")
    assert bibtex(OWN) == ("", "")


@pytest.mark.parametrize("columns", [1, 2])
def test_documents_take_what_latex_takes(columns: int, tmp_path: Path) -> None:
    """All gradients at once, single expressions, a mixture; labels are unique."""
    cell = sg.cell("gru")
    everything = [cell, sg.gradient(cell), sg.jacobian(cell).expr]
    assert latex(everything)
    text = document(everything, columns=columns)
    labels = re.findall(r"\\label\{([^}]*)\}", text)
    assert len(set(labels)) == len(labels) == 2 + len(cell.parameters)
    assert equation(sg.gradient(cell)).count(r"\label") == 1 + len(cell.parameters)
    if "tex" in available_checkers():
        (tmp_path / "paper.tex").write_text(text)
        assert compile_pdf(tmp_path / "paper.tex").stat().st_size > 1000
    with pytest.raises(ValueError, match="columns"):
        document(everything, columns=3)
    with pytest.raises((TypeError, SymgateError)):
        document([3])
