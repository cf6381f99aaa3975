"""Lists and chains in recurrences: one equation for each name, as papers and documentation write them at once."""

from __future__ import annotations

import pytest

import symgate as sg
from symgate.claims import UnreadableError, read_cell, read_recurrence

#: The documentation of TensorFlow's GRUBlockCell, as it stands there.
GRU_BLOCK = r"""
x_h_prev = [x, h_prev]
[r_bar u_bar] = x_h_prev * w_ru + b_ru
r = sigmoid(r_bar)
u = sigmoid(u_bar)
h_prevr = h_prev \circ r
x_h_prevr = [x h_prevr]
c_bar = x_h_prevr * w_c + b_c
c = tanh(c_bar)
h = (1-u) \circ c + u \circ h_prev
"""
LSTM = r"i_t = \sigma(\hat i_t), f_t = \sigma(\hat f_t), c_t = f_t \odot c_{t-1} + i_t \odot \tanh(x_t)"


def test_the_documentation_of_a_library_is_read_as_it_stands() -> None:
    found = read_recurrence(GRU_BLOCK)
    assert {"r_bar", "u_bar", "h_prevr", "c_bar"} <= {str(item.symbol.name) for item in found.cell.assignments}
    assert sg.text(found.cell).splitlines()[-1] == "h = (1 - u)*c + u*h_prev"
    assert any("list" in note for note in found.notes)


def test_its_gradients_are_judged_and_the_slip_in_them_is_named() -> None:
    """The published d_u_bar has h, which is the state after the step there, in place of h_prev."""
    found = read_recurrence(GRU_BLOCK)
    assert sg.check(found, r"d_c_bar = d_h \circ (1-u) \circ (1-c \circ c)").proved
    assert sg.check(found, r"d_u_bar = d_h \circ (h_prev-c) \circ u \circ (1-u)").proved
    published = sg.check(found, r"d_u_bar = d_h \circ (h-c) \circ u \circ (1-u)")
    assert published.verdict == "refuted"
    assert "the state after the step stands where the one before belongs" in published.slips[0]


@pytest.mark.parametrize(
    "left",
    [
        r"z_t = \begin{bmatrix} \hat i_t \\ \hat f_t \end{bmatrix} = W I_t, I_t = [x_t; h_{t-1}]",
        r"[\hat i_t; \hat f_t] = W [x_t; h_{t-1}]",
        r"\begin{pmatrix} \hat i_t \\ \hat f_t \end{pmatrix} = W \begin{pmatrix} x_t \\ h_{t-1} \end{pmatrix}",
    ],
)
def test_a_list_on_the_left_is_an_equation_for_each_name(left: str) -> None:
    cell = read_cell(rf"{left}, {LSTM}, h_t = \tanh(c_t)", states=["h"])
    found = {str(item.symbol.name): sg.text(item.expr) for item in cell.assignments}
    assert found["i_hat"] == "V_ihat @ x + U_ihat @ h_prev"
    assert found["f_hat"] == "V_fhat @ x + U_fhat @ h_prev"


def test_a_list_of_functions_goes_with_a_list_on_the_left() -> None:
    cell = read_cell(
        r"\begin{pmatrix} i \\ f \\ g \end{pmatrix} = \begin{pmatrix} \sigma \\ \sigma \\ \tanh \end{pmatrix}"
        r" W \begin{pmatrix} h_{t-1} \\ x_t \end{pmatrix}, c_t = f \odot c_{t-1} + i \odot g, h_t = \tanh(c_t)"
    )
    assert "f = sigma(U_f @ h_prev + V_f @ x)" in sg.text(cell)
    assert "g = tanh(U_g @ h_prev + V_g @ x)" in sg.text(cell)


@pytest.mark.parametrize("chain", [r"\tanh(W h_{t-1} + U x_t) = \tanh(a_t)", r"\tanh(a_t) = \tanh(W h_{t-1} + U x_t)"])
def test_a_chain_defines_the_name_that_stands_for_a_part(chain: str) -> None:
    assert sg.text(read_cell(f"h_t = {chain}")) == "a = W @ h_prev + U @ x\nh = tanh(a)"


def test_what_a_chain_implies_does_not_replace_a_definition() -> None:
    text = sg.text(read_cell(r"h_t = \tanh(W h_{t-1} + U x_t) = \tanh(a_t), a_t = U x_t + W h_{t-1}"))
    assert text == "a = U @ x + W @ h_prev\nh = tanh(a)"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (r"h_{t+1} = F(h_t, x_t)", "function of several arguments"),
        (r"[h_t; c_t] = [W h_{t-1}; U h_{t-1}; V x_t]", "has 3 parts"),
        (r"[h_t; c_t] = x_t + W h_{t-1}", "cannot be cut"),
        (r"[h_t + 1; c_t] = W h_{t-1}", "must contain names"),
    ],
)
def test_lists_that_are_not_read_say_why(text: str, words: str) -> None:
    with pytest.raises(UnreadableError, match=words):
        read_cell(text)
