r"""Outputs, o_t = V h_t + c: gradients by them stand for nothing but V' dL_t/do_t."""

from __future__ import annotations

import pytest

import symgate as sg

D2L = sg.read_cell(r"h_t = W_{hx} x_t + W_{hh} h_{t-1}, \quad o_t = W_{qh} h_t", name="d2l")
GOODFELLOW = sg.read_cell(
    r"a^{(t)} = b + W h^{(t-1)} + U x^{(t)}, \quad h^{(t)} = \tanh(a^{(t)}), \quad o^{(t)} = c + V h^{(t)}", name="gf"
)
BACK = r"\frac{\partial L}{\partial h_t} = W_{hh}^\top \frac{\partial L}{\partial h_{t+1}} + "
BY_OUTPUT = r"\frac{\partial L}{\partial o_t}"
NABLA = r"\nabla_{h^{(t)}} L = W^\top \operatorname{diag}(1 - (h^{(t+1)})^2)(\nabla_{h^{(t+1)}} L) + V^\top (\nabla_{o^{(%s)}} L)"

THROUGH_OUTPUT = (
    r"\frac{\partial L_t}{\partial W} = \sum_{k=1}^t \frac{\partial L_t}{\partial o^{(t)}}"
    r"\frac{\partial o^{(t)}}{\partial h^{(t)}}\frac{\partial h^{(t)}}{\partial h^{(k)}}"
    r"\frac{\partial^+ h^{(k)}}{\partial W}"
)


def test_a_cell_knows_its_outputs() -> None:
    assert D2L.outputs == (sg.records.Output("o", "h", "W_qh"),)
    assert GOODFELLOW.outputs == (sg.records.Output("o", "h", "V", "c"),)
    assert sg.cell("plain").outputs == ()


@pytest.mark.parametrize(
    ("cell", "claim"),
    [
        (D2L, BACK + r"W_{qh}^\top" + BY_OUTPUT),
        (D2L, r"\frac{\partial L}{\partial h_T} = W_{qh}^\top \frac{\partial L}{\partial o_T}"),
        (
            D2L,
            r"\frac{\partial L}{\partial h_t} = \sum_{i=t}^T (W_{hh}^\top)^{i-t} W_{qh}^\top \frac{\partial L}{\partial o_i}",
        ),
        (GOODFELLOW, NABLA % "t"),
        (GOODFELLOW, r"\nabla_{h^{(\tau)}} L = V^\top \nabla_{o^{(\tau)}} L"),
        (GOODFELLOW, THROUGH_OUTPUT),
    ],
)
def test_gradients_by_outputs_are_read(cell: sg.Cell, claim: str) -> None:
    found = sg.check(cell, claim)
    assert found.proved, found


@pytest.mark.parametrize(
    "term",
    [
        r"W_{qh}^\top \frac{\partial L}{\partial o_{t+1}}",
        r"W_{qh}^\top \frac{\partial L}{\partial o_T}",
        "2 W_{qh}^\\top" + BY_OUTPUT,
        r"W_{hh}^\top W_{qh}^\top" + BY_OUTPUT,
        r"(W_{hh}^\top)^3 W_{qh}^\top" + BY_OUTPUT,
        "W_{qh}" + BY_OUTPUT,
        r"W_{hx}^\top" + BY_OUTPUT,
        BY_OUTPUT,
        r"W_{qh}^\top" + BY_OUTPUT + "W_{hh}",
    ],
)
def test_no_factor_and_no_time_is_swallowed(term: str) -> None:
    assert sg.check(D2L, BACK + term).verdict in ("refuted", "unreadable")


def test_another_time_of_an_output_is_refuted() -> None:
    assert sg.check(GOODFELLOW, NABLA % "t+1").verdict == "refuted"


def test_what_was_asked_of_a_cell_with_outputs_does_not_follow_one_without() -> None:
    bare = sg.read_cell(r"h_t = W_{hx} x_t + W_{hh} h_{t-1}", name=D2L.name)
    assert bare == D2L
    for name in ("adjoint", "jacobian"):
        assert (sg.result(D2L, name).cell.outputs, sg.result(bare, name).cell.outputs) == (D2L.outputs, ())


@pytest.mark.parametrize("equation", [r"o_t = 2 W_{qh} h_t", "o_t = W_{qh} h_{t-1}", r"o_t = \tanh(W_{qh} h_t)"])
def test_another_equation_of_an_output_leaves_the_claim_open(equation: str) -> None:
    found = sg.check(D2L, BACK + r"W_{qh}^\top" + BY_OUTPUT + ", where " + equation)
    assert found.verdict == "undecided"
    assert "belongs" in found.statement


def test_parameters_of_an_output_ask_for_it_as_a_state() -> None:
    claim = r"\frac{\partial L}{\partial V} = \sum_{t=1}^T \frac{\partial L}{\partial y_t} h_t^\top"
    text = r"h_t = \tanh(W h_{t-1} + U x_t), \quad y_t = V h_t"
    assert "states=('y',)" in sg.check(sg.read_cell(text), claim).statement
    kept = sg.read_cell(text, states=("y",))
    assert sg.check(kept, claim).proved
    assert sg.check(kept, claim.replace("h_t^", "h_{t-1}^")).verdict == "refuted"


SSM = sg.read_cell(r"h_t = A h_{t-1} + B x_t, \quad y_t = C h_t", name="ssm")
BIASED = sg.read_cell(r"h_t = \tanh(A h_{t-1} + B x_t), \quad y_t = C h_t + d", name="biased")
BY_X, BY_H = r"\frac{\partial y_t}{\partial x_k} = ", r"\frac{\partial y_t}{\partial h_{t-1}} = "


@pytest.mark.parametrize(
    ("cell", "claim"),
    [
        (SSM, r"y_t = C A^t h_0 + \sum_{k=1}^t C A^{t-k} B x_k"),
        (SSM, r"y_t = C (A^t h_0 + \sum_{k=1}^t A^{t-k} B x_k)"),
        (SSM, r"y_2 = C A^2 h_0 + C A B x_1 + C B x_2"),
        (SSM, BY_X + "C A^{t-k} B"),
        (SSM, BY_H + "C A"),
        (SSM, r"\frac{\partial y_3}{\partial h_0} = C A^3"),
        (BIASED, r"y_t = C \tanh(A h_{t-1} + B x_t) + d"),
        (BIASED, BY_H + r"C \operatorname{diag}(1-h_t^2) A"),
    ],
)
def test_closed_forms_and_derivatives_of_outputs(cell: sg.Cell, claim: str) -> None:
    found = sg.check(cell, claim)
    assert found.proved, found
    assert any("what C stands in front of is judged" in note for note in found.notes)


@pytest.mark.parametrize(
    ("cell", "claim"),
    [
        (SSM, r"y_t = \sum_{k=1}^t C A^{t-k} B x_k"),
        (SSM, r"y_t = C A^t h_0 + \sum_{k=1}^t C A^k B x_k"),
        (SSM, r"y_t = C A^t h_0 + \sum_{k=1}^t A^{t-k} B x_k"),
        (SSM, r"y_t = 2 C A^t h_0 + \sum_{k=1}^t C A^{t-k} B x_k"),
        (SSM, r"y_t = A C h_{t-1} + C B x_t"),
        (SSM, r"y_t = C h_{t-1}"),
        (SSM, r"y_t = A h_{t-1} + B x_t"),
        (SSM, r"y_2 = C A^2 h_0 + C A B x_1 + C B x_1"),
        (SSM, BY_X + "C A^{t-k+1} B"),
        (SSM, BY_X + "A^{t-k} B"),
        (SSM, BY_H + "A C"),
        (SSM, BY_H + "C C A"),
        (SSM, BY_H + "C"),
        (SSM, r"\frac{\partial y_3}{\partial h_0} = C A^2"),
        (SSM, r"\frac{\partial y_t}{\partial h_0} = C A^{t-1}"),
        (SSM, r"\frac{\partial y_t}{\partial A} = C"),
        (BIASED, r"y_t = C \tanh(A h_{t-1} + B x_t)"),
        (BIASED, r"y_t = C \tanh(A h_{t-1} + B x_t) + 2 d"),
        (BIASED, r"y_t = C \tanh(A h_{t-1} + B x_t) - d"),
        (BIASED, BY_H + r"C \operatorname{diag}(1-h_{t-1}^2) A"),
    ],
)
def test_wrong_closed_forms_and_derivatives_of_outputs(cell: sg.Cell, claim: str) -> None:
    assert sg.check(cell, claim).verdict in ("refuted", "unreadable")
