"""How transports, expansions, learning rates and analogies are spelled, checked and put on a page."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import symgate as sg
from symgate.derive import continuous_time, retention_time
from symgate.tex import (
    Style,
    available_checkers,
    check_formulas,
    compile_pdf,
    definitions,
    document,
    equation,
    further,
    latex,
    macro_definitions,
    mathml,
    notation_table,
    run,
)
from symgate.tex.prose import sentence
from tests.tex.many import MANY
from tests.tex.test_formulas import faults_of


def test_left_sides_and_relations() -> None:
    """What is said of the transport, of its expansion and of the remainder."""
    cell = sg.cell("multi_gate")
    parted = sg.split(cell, "retention")
    assert latex(sg.transport(cell)).startswith(r"\mathbf{M}_{t,k} = \mathbf{J}_{t}\mathbf{J}_{t-1}\cdots")
    assert latex(sg.expand(parted, 1)).startswith(
        r"\mathbf{M}_{t,k}(\epsilon) \approx \operatorname{diag}\Bigl(\bigodot"
    )
    bound = r"\lVert \mathbf{M}_{t,k}(\epsilon)-\mathbf{M}^{(0)}_{t,k}-\epsilon\mathbf{M}^{(1)}_{t,k} \rVert \le \prod"
    assert latex(sg.remainder(parted, 1)).startswith(bound)
    assert latex(sg.gradient(cell)["W_r"]).startswith(r"\frac{\partial L}{\partial \mathbf{W}_{r}} = \sum_{k=1}^{T}")
    assert latex(sg.gradient(cell).adjoint).startswith(r"\boldsymbol{\lambda}_{k} = \boldsymbol{\delta}_{k} + ")
    assert latex(sg.effective_learning_rate(cell)).startswith(
        r"\boldsymbol{\eta}_{t,k} \approx \eta\bigodot_{j=k+1}^{t}"
    )
    assert latex(sg.preconditioner(cell)).startswith(
        r"\mathbf{P}_{t,k} = \operatorname{diag}\Bigl(\bigodot_{j=k+1}^{t}"
    )


def test_the_first_order_of_the_constant_leak_as_published() -> None:
    """(1-alpha)^l I + alpha (1-alpha)^(l-1) sum_i D_i W_r, with the size of the perturbation."""
    shown = latex(sg.expand(sg.split(sg.cell("leaky"), "retention"), 1), lhs=False)
    assert shown == (
        r"(1-\alpha)^{t-k}\mathbf{I} + \epsilon\alpha(1-\alpha)^{t-k-1}"
        r"\operatorname{diag}\Bigl(\sum_{i=k+1}^{t}\phi'(\mathbf{a}_{i})\Bigr)\,\mathbf{W}_{r}"
    )


def test_all_gradients_of_a_cell_are_aligned() -> None:
    found = latex(sg.gradient(sg.cell("scalar_gate")))
    assert found.startswith("\\begin{aligned}\n\\boldsymbol{\\lambda}_{k} &= ")
    assert found.count("&=") == 1 + len(sg.cell("scalar_gate").parameters)


def test_definitions_say_what_the_factors_are() -> None:
    shown = definitions(sg.expand(sg.split(sg.cell("scalar_gate"), "gate"), 1))
    names = [r"\mathbf{A}_{j}", r"\mathbf{B}_{j}", r"\mathbf{a}_{t}", r"a^{g}_{t}", "g_{t}"]
    assert [name for name in names if f"{name} &=" in shown] == names


def test_by_value_the_gate_at_any_time_is_named() -> None:
    shown = latex(sg.gradient(sg.cell("multi_gate"))["b_g"], Style(derivatives="value"))
    assert r"\mathbf{g}_{k} \odot (\mathbf{1}-\mathbf{g}_{k}) \odot " in shown


def test_further_equations() -> None:
    found = dict(further(sg.transport(sg.cell("plain"))))
    assert found["in t"] == r"\mathbf{M}_{t,k} = \mathbf{J}_{t}\mathbf{M}_{t-1,k}"
    assert found["empty"] == r"\mathbf{M}_{t,t} = \mathbf{I}"
    assert dict(further(sg.gradient(sg.cell("plain"))["b"], markup="text"))["double sum"].startswith("dL/db = sum(sum(")


def test_discretisations() -> None:
    """Plain scalars with exp, log and a dot for the derivative in time."""
    euler, exponential = continuous_time("euler"), continuous_time("exponential")
    assert latex(exponential.alpha) == r"1 - \exp(-h/\tau)"
    assert latex(exponential.error) == r"\frac{\dot{f}h^{2}}{2\tau}"
    assert latex(euler.gate_time) == r"\frac{h}{g}"
    assert latex(retention_time()) == r"-\frac{1}{\log(1-g)}"
    for made in (euler, exponential):
        for expr in (made.alpha, made.step, made.error, made.gate_time):
            assert not faults_of(ET.fromstring(mathml(expr)))  # noqa: S314 - our own output


STYLES = (Style(), Style(macros=True, derivatives="value"), Style(bold=False, transpose="T"), Style(width=24))


def every_formula() -> dict[str, str]:
    found = {}
    for place, style in enumerate(STYLES):
        for item in MANY:
            found[f"{item.name}, {place}"] = latex(item, style)
            found[f"{item.name}, {place}, displayed"] = equation(item, style, label=f"{item.name}-{place}")
            found |= {f"{item.name}, {place}, {label}": shown for label, shown in further(item, style)}
    return found


def test_every_formula_is_sound_latex() -> None:
    """All at once; a broken one among them is found."""
    if not available_checkers():
        pytest.skip("no checker of LaTeX: neither pdflatex nor node with temml or katex")
    formulas, macros = every_formula(), macro_definitions(STYLES[1])
    broken = formulas | {"planted": formulas["multi_gate_preconditioner, 0"].replace(r"\Bigr)", "}")}
    assert check_formulas(formulas, macros=macros) == ()
    assert [fault.name for fault in check_formulas(broken, macros=macros)] == ["planted"]


@pytest.mark.sweep(25)
@pytest.mark.parametrize("item", MANY, ids=[item.name for item in MANY])
def test_mathml_is_of_the_core(item: sg.Derivation) -> None:
    for style in (STYLES[0], STYLES[3]):
        for shown in (mathml(item, style), *(other for _, other in further(item, style, markup="mathml"))):
            assert shown.isascii()
            assert not faults_of(ET.fromstring(shown))  # noqa: S314 - our own output


@pytest.mark.sweep(25)
@pytest.mark.parametrize("item", MANY, ids=[item.name for item in MANY])
def test_no_commutative_product_of_matrices(item: sg.Derivation) -> None:
    r"""A bare \prod stands before numbers only: parentheses, a norm or a letter that is not bold."""
    for shown in (latex(item), definitions(item), *(other for _, other in further(item))):
        for body in re.findall(r"(?<!\{)\\prod_\{(?:[^{}]|\{\d\})*\}\^\{(?:[^{}]|\{\d\})*\}\s*(.{0,9})", shown):
            assert not body.startswith((r"\mathbf", r"\boldsymbo", "(\\mathbf"))


def test_a_document_fits_the_page_and_defines_its_symbols(tmp_path: Path) -> None:
    paper = document(MANY)
    table = notation_table(sg.cell("multi_gate"), items=MANY)
    for symbol in (
        r"\mathbf{M}_{t,k}",
        r"\boldsymbol{\lambda}_{k}",
        r"\epsilon",
        "T",
        r"\operatorname{dg}(\cdot)",
        r"\eta",
    ):
        assert f"${symbol}$ & " in table
    if "tex" not in available_checkers():
        pytest.skip("pdflatex is not installed")
    (tmp_path / "paper.tex").write_text(paper)
    assert compile_pdf(tmp_path / "paper.tex").stat().st_size > 1000
    log = run._pdflatex("paper.tex", tmp_path, 60, "-draftmode")
    assert "Overfull \\hbox" not in log


def test_claims_are_set_as_sentences() -> None:
    shown = sentence("order_0 of M_(t,k): an error of order eps^2 for t - k <= 3 & s_(j-1)/s_j")
    expected = r"Order 0 of $\mathbf{M}_{t,k}$: an error of order $\epsilon^{2}$ for $t-k$ $\le$ 3 \& $s_{j-1}$/$s_{j}$"
    assert shown == expected
    assert sentence("x_\\input{a} 5% of $a$") == r"X\_\textbackslash{}input\{a\} 5\% of \$a\$"
