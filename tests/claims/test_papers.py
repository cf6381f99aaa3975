"""A whole paper: its equations are found and sorted, and of its claims exactly the planted errors are refuted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from symgate.claims.papers.macros import written_out
from symgate.claims.papers.page import html
from symgate.claims.papers.reader import Paper, judged_paper, read_paper
from symgate.claims.papers.source import displayed
from symgate.cli.program import main
from symgate.errors import DefinitionError
from symgate.notation import macros_of

SAMPLE = Path(__file__).parents[2] / "docs" / "sample_paper.tex"
RECURRENCE = r"\begin{equation} h_t = \tanh(W h_{t-1} + U x_t) \end{equation}"
CLAIM = r"\begin{equation} \frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(1-h_t^2) W \end{equation}"


@pytest.fixture(scope="module")
def paper() -> Paper:
    return read_paper(SAMPLE)


def test_the_planted_errors_of_the_sample_are_refuted_and_nothing_else(paper: Paper) -> None:
    verdicts = {line.sorted.equation.number: line.verdict for line in paper.lines if line.finding}
    assert [number for number, verdict in verdicts.items() if verdict == "refuted"] == ["8", "15", "19"]
    assert {verdict for number, verdict in verdicts.items() if number not in ("8", "15", "19")} == {"proved"}
    assert len(verdicts) == 13
    assert paper.exit_code == 1


def test_the_equations_of_the_sample_are_sorted(paper: Paper) -> None:
    numbered = [line for line in paper.lines if line.sorted.equation.number]
    assert [line.sorted.equation.number for line in numbered] == [str(k) for k in range(1, 21)]
    assert [line.sorted.sort.value for line in numbered[:4]] == ["recurrence", "recurrence", "definition", "claim"]
    assert len(paper.cells) == 2
    reasons = {line.sorted.equation.number: line.reason for line in paper.claims}
    assert "state after the step" in reasons["8"]
    assert "the path through z is left out" in reasons["15"]
    assert "U_r" in reasons["19"]


@pytest.mark.parametrize(("first", "verdict"), [("k=1", "proved"), ("k=2", "refuted")])
def test_a_closed_form_of_a_state_is_a_claim_and_what_follows_is_still_about_the_cell(first: str, verdict: str) -> None:
    cell = r"\begin{equation} h_t = W h_{t-1} + U x_t \end{equation}"
    form = rf"\begin{{equation}} h_t = W^t h_0 + \sum_{{{first}}}^t W^{{t-k}} U x_k \end{{equation}}"
    after = r"\begin{equation} \frac{\partial h_t}{\partial h_{t-1}} = W \end{equation}"
    read = judged_paper(cell + form + after, "p.tex")
    assert [line.verdict for line in read.lines if line.finding] == [verdict, "proved"]


def test_the_page_shows_every_equation(paper: Paper) -> None:
    page = html(paper)
    assert page.count('class="equation') == len(paper.lines)
    assert page.count('class="equation refuted"') == 3


def test_what_a_paper_holds_is_escaped() -> None:
    text = RECURRENCE + r"\begin{equation} Q = \text{<script>alert(1)</script>} \end{equation}" + CLAIM
    page = html(judged_paper(text, "<b>.tex"))
    assert "<script>" not in page
    assert "<b>.tex" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (RECURRENCE + CLAIM, 0),
        (RECURRENCE + CLAIM.replace("1-", "1+"), 1),
        (RECURRENCE + CLAIM.replace("h_t^2", "q_t^2"), 2),
        (CLAIM, 2),
        ("no equation", 2),
    ],
)
def test_exit_codes(text: str, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "paper.tex"
    path.write_text(text, encoding="utf-8")
    page = tmp_path / "paper.html"
    assert main(["read", str(path), "--json", "--html", str(page)]) == code
    assert json.loads(capsys.readouterr().out)["exit_code"] == code
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_rows_labels_tags_and_comments() -> None:
    text = r"""
% \begin{equation} a = b \end{equation}
\begin{align}
  a_t &= b, \label{eq:a} \\
  c_t &= d \nonumber \\
  e_t &= f \notag \\
      &\quad + g \tag{A}
\end{align}
\[ x = y \] and $u = v$ \begin{verbatim} $no = 1$ \end{verbatim}
\begin{equation*} \begin{split} p &= q \\ &\quad + r \end{split} \end{equation*}
"""
    found = displayed(text)
    assert [(item.number, item.label) for item in found] == [
        ("1", "eq:a"),
        ("", ""),
        ("A", ""),
        ("", ""),
        ("", ""),
        ("", ""),
    ]
    assert [item.line for item in found] == [4, 5, 6, 9, 9, 10]
    assert found[4].display == -1


def test_macros_are_written_out_a_capped_number_of_times() -> None:
    macros = {
        item.name: item
        for item in macros_of(r"\newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}} \newcommand{\h}{h}")
    }
    assert written_out(r"\pd{\h_t}{\h_{t-1}} = \h x", macros) == r"\frac{\partial h_t}{\partial h_{t-1}} = h x"
    loop = {item.name: item for item in macros_of(r"\newcommand{\a}{\a\a}")}
    assert written_out(r"\a", loop) == r"\a"


def test_a_paper_that_is_too_large_is_refused() -> None:
    with pytest.raises(DefinitionError, match="at most"):
        displayed("x" * 3_000_000)


def test_a_paper_with_a_differential_equation() -> None:
    text = r"""$$\tau \dot x = -x + J \phi(x)$$
        $$\frac{\partial x_t}{\partial x_{t-1}} = (1 - \frac{dt}{\tau}) I
          + \frac{dt}{\tau} J \operatorname{diag}(\phi'(x_{t-1}))$$"""
    assert judged_paper(text, "p.tex", discretisation="euler").exit_code == 0
    assert judged_paper(text, "p.tex").exit_code == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nothing $a = b$", "no equation is one of names with a time"),
        (r"$$h_t = \mathrm{LayerNorm}(W h_{t-1} + U x_t)$$" + CLAIM, "LayerNorm does not act entry by entry"),
        (RECURRENCE, "no equation has a derivative on its left"),
        (CLAIM + RECURRENCE, "no equation has a derivative on its left"),
        (CLAIM, "no equation is one of names with a time"),
    ],
)
def test_where_nothing_is_judged_the_reason_is_told(text: str, words: str) -> None:
    """The exit code is that of what cannot be read; 3 is kept for errors of the program."""
    paper = judged_paper(text, "p.tex")
    assert paper.exit_code == 2
    assert words in paper.problem
    assert words in str(paper).splitlines()[-1]
    assert "Nothing is judged" in html(paper)


def test_where_something_is_judged_no_problem_is_told() -> None:
    assert not judged_paper(RECURRENCE + CLAIM, "p.tex").problem
