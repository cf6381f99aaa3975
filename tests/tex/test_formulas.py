"""The formulas of the built-in cells as a paper prints them, in three markups, the same under every hash seed."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

import symgate as sg
from symgate.tex import Style, latex, mathml, notebook, text
from symgate.tex.formulas import FORMATS

ITEMS = [item for cell in sg.CELLS for item in (cell, *sg.objects(cell))]
NAMES = [item.name for item in ITEMS]

#: From the independent statement of the Jacobians: plain, leaky, per-unit leak, scalar gate, multi gate.
JACOBIANS = {
    "plain": r"\operatorname{diag}(\phi'(\mathbf{a}_{t}))\,\mathbf{W}_{r}",
    "leaky": r"(1-\alpha)\mathbf{I} + \alpha\operatorname{diag}(\phi'(\mathbf{a}_{t}))\,\mathbf{W}_{r}",
    "unit_leak": r"\operatorname{diag}(\mathbf{1}-\boldsymbol{\alpha}) "
    r"+ \operatorname{diag}(\boldsymbol{\alpha} \odot \phi'(\mathbf{a}_{t}))\,\mathbf{W}_{r}",
    "scalar_gate": r"(1-g_{t})\mathbf{I} + g_{t}\operatorname{diag}(\phi'(\mathbf{a}_{t}))\,\mathbf{W}_{r} "
    r"+ g_{t}(1-g_{t})(\phi(\mathbf{a}_{t})-\mathbf{x}_{t-1})\mathbf{w}_{g}^{\top}",
    "multi_gate": r"\operatorname{diag}(\mathbf{1}-\mathbf{g}_{t}) "
    r"+ \operatorname{diag}(\mathbf{g}_{t} \odot \phi'(\mathbf{a}_{t}))\,\mathbf{W}_{r} "
    r"+ \operatorname{diag}\bigl(\mathbf{g}_{t} \odot (\mathbf{1}-\mathbf{g}_{t}) "
    r"\odot (\phi(\mathbf{a}_{t})-\mathbf{x}_{t-1})\bigr)\,\mathbf{W}_{g}",
}


@pytest.mark.parametrize("name", JACOBIANS)
def test_state_jacobians_as_published(name: str) -> None:
    """sigma' is written by the value of the gate, as in the paper; terms stand in the order of declaration."""
    left = r"\frac{\partial \mathbf{x}_{t}}{\partial \mathbf{x}_{t-1}} = "
    shown = latex(sg.jacobian(sg.cell(name)), Style(derivatives="value"))
    assert shown == left + JACOBIANS[name]


def test_left_sides() -> None:
    """With a plus where the state before the step is held fixed; vec for a matrix; a transpose for a product."""
    cell = sg.cell("multi_gate")
    starts = {
        "u": r"\frac{\partial \mathbf{x}_{t}}{\partial \mathbf{u}_{t}} = ",
        "W_r": r"\frac{\partial^{+} \mathbf{x}_{t}}{\partial \operatorname{vec}\mathbf{W}_{r}} = ",
        "b_g": r"\frac{\partial^{+} \mathbf{x}_{t}}{\partial \mathbf{b}_{g}} = ",
    }
    for wrt, start in starts.items():
        assert latex(sg.jacobian(cell, wrt)).startswith(start)
    product = (
        r"\left(\frac{\partial^{+} \mathbf{x}_{t}}{\partial \mathbf{W}_{r}}\right)^{\top}\boldsymbol{\lambda}_{t} = "
    )
    assert latex(sg.vjp(cell, "W_r")).startswith(product)
    assert " = " not in latex(sg.vjp(cell, "W_r"), lhs=False)


def test_a_cell_is_its_equations() -> None:
    first, *rows, last = latex(sg.cell("multi_gate")).splitlines()
    assert (first, last) == (r"\begin{aligned}", r"\end{aligned}")
    update = r"(\mathbf{1}-\mathbf{g}_{t}) \odot \mathbf{x}_{t-1} + \mathbf{g}_{t} \odot \phi(\mathbf{a}_{t})"
    assert rows == [
        r"\mathbf{a}_{t} &= \mathbf{W}_{r}\mathbf{x}_{t-1} + \mathbf{W}_{i}\mathbf{u}_{t} + \mathbf{b} \\",
        r"\mathbf{a}^{g}_{t} &= \mathbf{W}_{g}\mathbf{x}_{t-1} + \mathbf{V}_{g}\mathbf{u}_{t} + \mathbf{b}_{g} \\",
        r"\mathbf{g}_{t} &= \sigma(\mathbf{a}^{g}_{t}) \\",
        rf"\mathbf{{x}}_{{t}} &= {update}",
    ]


def test_text_puts_a_long_sum_on_several_lines() -> None:
    """One term on each line, the signs below the relation."""
    cell = sg.cell("scalar_gate")
    assert text(cell).splitlines()[1] == "a_g = w_g.T @ x_prev + v_g.T @ u + b_g"
    assert text(sg.jacobian(sg.cell("leaky"))) == "dx/dx_prev = (1 - alpha)*eye + alpha*diag(dphi(a)) @ W_r"
    first, second, third = text(sg.jacobian(cell)).splitlines()
    assert first == "dx/dx_prev = (1 - g)*eye"
    assert second.index("+") == third.index("+") == first.index("=")


def test_notebooks_get_dollar_signs() -> None:
    shown = notebook(sg.jacobian(sg.cell("plain")))
    assert shown.startswith("$")
    assert shown.endswith("$")


@pytest.mark.sweep(60)
@pytest.mark.parametrize("markup", FORMATS)
@pytest.mark.parametrize("item", ITEMS, ids=NAMES)
def test_output_is_ascii(item: sg.Cell | sg.Derivation, markup: str) -> None:
    shown = FORMATS[markup](item)
    assert shown.isascii()
    assert all(letter.isprintable() or letter == "\n" for letter in shown)


ARITY = {"msub": 2, "msup": 2, "msubsup": 3, "mfrac": 2, "mover": 2, "munderover": 3}
CORE = set(ARITY) | {"math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mtable", "mtr", "mtd"}
ATTRIBUTES = {
    "math": {"display"},
    "mo": {"form", "stretchy", "lspace", "rspace", "separator", "largeop", "movablelimits", "minsize", "maxsize"},
    "mi": {"mathvariant"},
    "mspace": {"width"},
    "mtable": {"displaystyle"},
    "mtd": {"style"},
}
LEAVES = {"mi", "mn", "mo", "mtext", "mspace"}


def faults_of(element: ET.Element) -> list[str]:
    """What MathML Core does not allow in an element and below it."""
    tag = element.tag.removeprefix("{http://www.w3.org/1998/Math/MathML}")
    found = [] if tag in CORE else [f"no element of the core: {tag}"]
    found += [f"{tag} has no attribute {name}" for name in element.attrib if name not in ATTRIBUTES.get(tag, set())]
    if tag in ARITY and len(element) != ARITY[tag]:
        found.append(f"{tag} has {len(element)} children")
    if tag in LEAVES and (len(element) or (tag != "mspace" and not element.text)):
        found.append(f"{tag} is no leaf")
    if tag not in LEAVES and (element.text or "").strip():
        found.append(f"loose text in {tag}")
    inner = {"mtable": "mtr", "mtr": "mtd"}.get(tag)
    if inner and any(not child.tag.endswith(inner) for child in element):
        found.append(f"{tag} holds other than {inner}")
    return found + [fault for child in element for fault in faults_of(child)]


@pytest.mark.sweep(60)
@pytest.mark.parametrize("style", [Style(), Style(bold=False, transpose="T"), Style(width=24)])
@pytest.mark.parametrize("item", ITEMS, ids=NAMES)
def test_mathml_is_of_the_core(item: sg.Cell | sg.Derivation, style: Style) -> None:
    """Well-formed, with elements, attributes and numbers of children that browsers implement."""
    root = ET.fromstring(mathml(item, style))  # noqa: S314 - our own output
    assert root.attrib == {"display": "block"}
    assert faults_of(root) == []


@pytest.mark.parametrize(
    "planted",
    [
        "<math><msub><mi>a</mi></msub></math>",
        "<math><mfenced/></math>",
        "<math>x</math>",
        '<math><mi class="b">x</mi></math>',
    ],
)
def test_the_mathml_check_bites(planted: str) -> None:
    assert faults_of(ET.fromstring(planted))  # noqa: S314 - the text above


def test_mathml_sets_the_letters_of_latex() -> None:
    """Bold vectors, bold Greek, a transpose above its subscript, a prime on the function."""
    shown = mathml(sg.vjp(sg.cell("multi_gate")))
    assert "<msub><mi>&#x1D6CC;</mi>" not in shown
    assert "<msub><mi>&#x1D740;</mi><mi>t</mi></msub>" in shown  # bold italic small lambda
    assert "<msubsup><mi>&#x1D416;</mi><mi>r</mi><mo>&#x22A4;</mo></msubsup>" in shown
    assert "<msup><mi>&#x3C3;</mi><mo>&#x2032;</mo></msup>" in shown
