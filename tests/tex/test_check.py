"""Every emitted formula is sound LaTeX, and every checker catches what is not."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from symgate.errors import OutputError, UnknownNameError
from symgate.tex import (
    Style,
    TexError,
    available_checkers,
    check,
    check_formulas,
    compile_pdf,
    compile_tex,
    macro_definitions,
    run,
)
from tests.tex.conftest import Checked, every_formula

BROKEN = {
    "a brace too few": r"\frac{\partial \mathbf{x}_{t}}{\partial \mathbf{x}_{t-1}",
    "a brace too many": r"\mathbf{x}_{t}}",
    "an unknown command": r"\diagonal(\mathbf{x})",
    "two superscripts": r"\mathbf{a}^{g}_{t}^{\top}",
    "an open parenthesis": r"\left(\mathbf{x}",
    "a stray column": r"\mathbf{x} & \mathbf{y}",
    "an unclosed environment": r"\begin{aligned} x &= y",
    "a hash": r"\mathbf{#}",
    "a macro without its definition": r"\vect{x}",
}
GOOD = {"good before": r"\mathbf{x}_{t}", "good after": r"\operatorname{diag}(\mathbf{g}_{t})"}


def needs(checker: str) -> None:
    if checker not in available_checkers():
        pytest.skip(f"{checker} is not installed")


def test_every_formula_is_sound(checked: Checked) -> None:
    """All cells, all objects, all styles, in one run."""
    assert checked.faults == ()
    assert len(checked.formulas) > 600


@pytest.mark.parametrize("checker", ["tex", "temml", "katex"])
def test_each_checker_accepts_every_formula(checker: str) -> None:
    """The checkers agree."""
    needs(checker)
    assert check_formulas(every_formula(), macros=macro_definitions(Style(macros=True)), checker=checker) == ()


@pytest.mark.parametrize("checker", ["tex", "temml", "katex"])
@pytest.mark.parametrize("slip", BROKEN)
def test_each_checker_names_the_broken_formula(checker: str, slip: str) -> None:
    """One broken formula among good ones: that one is reported, with a message, and no other."""
    needs(checker)
    before, after = GOOD
    faults = check_formulas({before: GOOD[before], slip: BROKEN[slip], after: GOOD[after]}, checker=checker)

    assert [fault.name for fault in faults] == [slip]
    assert faults[0].formula == BROKEN[slip]
    assert len(faults[0].message) > 5


@pytest.mark.parametrize("checker", ["tex", "temml", "katex"])
def test_all_broken_formulas_are_found_at_once(checker: str) -> None:
    """Several errors in one document do not hide one another."""
    needs(checker)
    formulas = dict(list(GOOD.items())[:1]) | BROKEN | dict(list(GOOD.items())[1:])
    assert {fault.name for fault in check_formulas(formulas, checker=checker)} == set(BROKEN)


def test_a_formula_that_ends_the_document_is_found() -> None:
    """What TeX never reached was not checked."""
    needs("tex")
    faults = compile_tex({"end": r"x \] \end{document}", "bad after": BROKEN["an unknown command"]})
    assert [fault.name for fault in faults] == ["end", "bad after"]


def test_no_formula_is_too_wide(checked: Checked) -> None:
    """At the default width, displayed equations fit a text block of 16 cm; a planted long line does not."""
    needs("tex")
    shown = {name: formula for name, formula in checked.formulas.items() if name.endswith("default, displayed")}
    assert compile_tex(shown, overfull=True) == ()

    long = {"long": " + ".join([r"\operatorname{diag}(\mathbf{g}_{t})\,\mathbf{W}_{r}"] * 9)}
    (fault,) = compile_tex(long, overfull=True)
    assert "too wide" in fault.message


def test_tex_cannot_run_programs_or_read_elsewhere(tmp_path: Path) -> None:
    """A formula is text: no shell, and no file outside the folder of the run."""
    needs("tex")
    secret = tmp_path / "secret.tex"
    secret.write_text("x")
    proof = tmp_path / "made"
    compile_tex({"shell": rf"\immediate\write18{{touch {proof}}} x"})

    assert not proof.exists()
    assert [fault.name for fault in compile_tex({"read": rf"\input{{{secret}}}"})] == ["read"]


def test_an_unknown_checker_is_refused() -> None:
    with pytest.raises((UnknownNameError, TexError)):
        check_formulas(GOOD, checker="texx")


def test_without_any_checker_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing passes for want of a checker."""
    monkeypatch.setattr(check, "available_checkers", tuple)
    with pytest.raises(TexError, match="neither pdflatex nor node"):
        check_formulas(GOOD)


def test_a_missing_checker_is_not_silently_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "available_checkers", lambda: ("temml",))
    with pytest.raises(TexError, match="'tex' is not installed"):
        check_formulas(GOOD, checker="tex")


def test_a_run_that_hangs_is_ended() -> None:
    needs("tex")
    with pytest.raises(TexError, match="longer than"):
        compile_tex({"loop": r"\loop\iftrue\repeat"}, timeout=1)


def test_compile_pdf(tmp_path: Path) -> None:
    """A document becomes a PDF beside it; one that is broken leaves an earlier PDF intact."""
    needs("tex")
    source = tmp_path / "paper.tex"
    source.write_text("\\documentclass{article}\\begin{document}$x$\\end{document}")
    made = compile_pdf(source)
    assert made == tmp_path / "paper.pdf"
    first = made.read_bytes()
    assert first.startswith(b"%PDF")

    source.write_text("\\documentclass{article}\\begin{document}$\\nothing$\\end{document}")
    with pytest.raises(TexError, match="Undefined control sequence"):
        compile_pdf(source)
    assert made.read_bytes() == first
    assert sorted(path.name for path in tmp_path.iterdir()) == ["paper.pdf", "paper.tex"]


def test_compile_pdf_of_no_file(tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        compile_pdf(tmp_path / "absent.tex")


def test_without_pdflatex_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run.shutil, "which", lambda _: None)
    with pytest.raises(TexError, match="pdflatex is not installed"):
        compile_tex(GOOD)


def test_a_parser_that_fails_is_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash of node is an error, never an empty list of faults."""
    if not check.shutil.which("node"):
        pytest.skip("node is not installed")
    monkeypatch.setattr(check, "_NODE", "process.exit(3)")
    with pytest.raises(TexError, match="did not run"):
        check.parse_strictly(GOOD, "temml")
    assert subprocess.run(["node", "-e", "process.exit(3)"], check=False).returncode == 3
