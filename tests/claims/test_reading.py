"""What is printed is read back as it was, in every notation, and shapes are checked."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from sympy import Expr

import symgate as sg
from symgate.calculus import equal, normal_form
from symgate.claims import UnreadableError, read
from symgate.claims.reading.limits import LONGEST, TOKENS
from symgate.claims.reading.reader import stated
from symgate.derive import result
from symgate.records import Kind
from tests.drawn import examples
from tests.proof.sequences.catalogue import catalogue
from tests.strategies import cells

ONE_STEP = [derivation for cell in sg.CELLS for derivation in sg.objects(cell)]
BASIC = ("plain", "leaky", "unit_leak", "scalar_gate", "multi_gate")
SEVERAL = [item for name in BASIC for item in catalogue(sg.cell(name), 2)]
STYLES = (sg.Style(), sg.Style(bold=False, transpose="T"), sg.Style(macros=True), sg.Style(derivatives="value"))


def same(left: Expr, right: Expr) -> bool:
    """Whether two expressions are the same as written or have one normal form."""
    if left == right:
        return True
    return hasattr(left, "shape") and left.shape == right.shape and equal(normal_form(left), normal_form(right))


@pytest.mark.sweep(20)
@pytest.mark.parametrize("truth", ONE_STEP, ids=lambda item: item.name)
def test_every_object_of_one_step_is_read_back(truth: sg.Derivation) -> None:
    assert same(read(sg.text(truth), truth, "text").expr, truth.expr)
    for style in STYLES[:3]:
        assert same(read(sg.latex(truth, style), truth, "latex").expr, truth.expr), style


@pytest.mark.sweep(20)
@pytest.mark.parametrize("truth", SEVERAL, ids=lambda item: item.name)
def test_every_object_of_many_steps_is_read_back(truth: sg.Derivation) -> None:
    assert read(sg.text(truth), truth, "text").expr == stated(truth)
    if truth.kind is not Kind.REMAINDER:  # its left side is no name
        assert not any("not judged" in note for note in read(sg.text(truth), truth, "text").notes)
    assert read(sg.latex(truth), truth, "latex").expr == stated(truth)


@given(cell=cells())
@settings(max_examples=examples(40))
def test_objects_of_drawn_cells_are_read_back(cell: sg.Cell) -> None:
    for truth in sg.objects(cell)[:4]:
        for claim, form in ((sg.text(truth, lhs=False), "text"), (sg.latex(truth, lhs=False), "latex")):
            if len(claim) <= LONGEST and len(re.findall(r"\\?[A-Za-z]+|[0-9]+|\S", claim)) <= TOKENS:
                assert verified_same(read(claim, truth, form).expr, truth), (claim, truth.expr)


def verified_same(expr: Expr, truth: sg.Derivation) -> bool:
    """Whether the values agree at a random point modulo a prime, as the notation may group sums otherwise."""
    from symgate.claims.judging.diagnosis import Point

    try:
        point = Point(truth)
        return point.residue(expr) == point.residue(truth.expr)
    except (ZeroDivisionError, sg.SymgateError):
        return same(expr, truth.expr)


J = result(sg.cell("multi_gate"), "jacobian")
SPELLINGS = [
    r"\operatorname{diag}(1-g_t)",
    r"\mathrm{diag}(1-g_t)",
    r"\diag(\ones - \vect{g}_t)",
    r"\operatorname{diag}\left(\mathbf{1}-\bm{g}_{t}\right)",
    r"\operatorname{diag}\bigl[\mathbf 1 - \mathbf g_t\bigr]",
    r"\operatorname{diag}\{1-\boldsymbol{g}_t\}",
    r"$\mathbf{I} - \operatorname{diag}\,(\mathbf{g}_t)$.",
    "I_n - \\operatorname{diag}(g_t)",
]


@pytest.mark.parametrize("claim", SPELLINGS)
def test_spellings_of_papers_mean_the_same(claim: str) -> None:
    assert same(read(claim, J, "latex").expr, J.terms["retention"])


@pytest.mark.parametrize(
    "name", [r"a^{g}_{t}", r"a_{g,t}", r"a^{(g)}_t", r"a_t^g", r"\mathbf{a}^{g}_{t}", r"{a}_{g,t}"]
)
def test_scripts_may_stand_above_or_below(name: str) -> None:
    assert read(rf"\operatorname{{diag}}({name})", J, "latex").text == "diag(a_g)"


def test_the_state_alone_is_told_to_be_the_one_after_the_step() -> None:
    found = read("diag(x)", J)
    assert "AFTER" in found.notes[0]
    assert read("diag(x_prev)", J).notes == ()


def test_a_left_side_that_is_a_new_name_is_told() -> None:
    assert sg.check("multi_gate", "dx/dx_prev = diag(g)", "jacobian").notes == ()
    assert "a name that the claim introduces" in sg.check("multi_gate", "H = diag(g)", "jacobian").notes[0]


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        ("diag(g) @ W_i + W_r", "equal shapes"),
        ("g @ g", "dot product"),
        ("W_r*g", "entry by entry"),
        ("diag(phi(x_prev.T))", "acts on columns"),
        ("diag(W_r)", "needs a vector"),
        ("diag(gg)", "did you mean"),
        ("u_prev @ u_prev.T", "u at time t - 1"),
        ("diag(g(1-g))", "is not a function"),
        ("W_r'", "transpose"),
        ("ones @ ones.T @ ones", "nothing determines the size"),
        ("g = g = g", "second equals"),
        ("1/0", "zero"),
        ("diag(g)**-1", "entry by entry"),
        ("g**17", "exponents go up"),
        ("((g**16)**16)", "may not have more than"),
        ("W_r @ ... @ W_g", "dots"),
        ("dphi", "there is no"),
        ("sum(g for g in range(1, x))", "time index"),
    ],
)
def test_refusals_give_the_reason(claim: str, reason: str) -> None:
    with pytest.raises(UnreadableError, match=reason):
        read(claim, J, "text")


def test_sizes_that_are_left_open_on_both_sides_of_a_sum_are_compared() -> None:
    """kron(a.T, eye) + kron(ones.T, eye): eye is as large in both, so ones is as long as a."""
    c = sg.CellBuilder("own", source="a test")
    x, A = c.state("x", "n"), c.matrix("A", "n", "n")
    c.next(x, A @ ((c.ones("n").T @ x) * c.ones("n") + (A * A.T) @ x))
    truth = sg.result(c.build(), "A")

    assert sg.check(truth.cell, sg.text(truth), "A", form="text").proved
    assert sg.check(truth.cell, sg.latex(truth), "A", form="latex").proved
