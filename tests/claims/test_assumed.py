r"""Outputs that a claim speaks of and the recurrence does not give: judged with them, and told; never silently."""

from __future__ import annotations

import pytest

import symgate as sg

BARE = sg.read_cell(r"h_t = W_{hx} x_t + W_{hh} h_{t-1}", name="bare")
TANH = sg.read_cell(r"h_t = \tanh(W h_{t-1} + U x_t)", name="tanh")
LSTM = sg.cell("lstm")
BACK = r"\frac{\partial L}{\partial h_t} = W_{hh}^\top \frac{\partial L}{\partial h_{t+1}} + "
BY = r"\frac{\partial L}{\partial o_t}"
D2L = BACK + r"W_{qh}^\top" + BY
BOOK = (
    r"\nabla_{h^{(t)}} L = W^\top \operatorname{diag}(1 - (h^{(t+1)})^2)(\nabla_{h^{(t+1)}} L)"
    r" + V^\top (\nabla_{o^{(t)}} L)"
)
SUM = r"\frac{\partial L}{\partial h_t} = \sum_{i=t}^T (W_{hh}^\top)^{T-i} V^\top \frac{\partial L}{\partial o_{T+t-i}}"

HOLD = [
    (BARE, D2L, "o_t = W_qh h_t"),
    (BARE, r"\frac{\partial L}{\partial h_T} = W_{qh}^\top \frac{\partial L}{\partial o_T}", "o_t = W_qh h_t"),
    (BARE, SUM, "o_t = V h_t"),
    (TANH, BOOK, "o_t = V h_t"),
    (BARE, BACK + r"V_y^\top \frac{\partial L}{\partial \hat y_t}", "y_hat_t = V_y h_t"),
]


@pytest.mark.parametrize(("cell", "claim", "equation"), HOLD)
def test_an_output_layer_is_assumed_and_told(cell: sg.Cell, claim: str, equation: str) -> None:
    found = sg.check(cell, claim)
    assert found.proved, found
    assert found.assumed == (equation,)
    assert found.statement.startswith(f"With {equation}, which the recurrence does not give")
    assert f"assumed    {equation}" in str(found)
    certificate = found.certificate
    assert certificate is not None
    assert certificate.statement == found.statement
    assert [line.statement for line in certificate.ledger if str(line.settled) == "definition"][-1] == equation
    assert found.to_dict()["assumed"] == [equation]


@pytest.mark.parametrize(
    "right",
    [
        r"W_{hh}^\top \frac{\partial L}{\partial h_{t+1}} + W_{qh}^\top \frac{\partial L}{\partial o_{t+1}}",
        r"W_{hh}^\top \frac{\partial L}{\partial h_{t+1}} + W_{qh}^\top \frac{\partial L}{\partial o_T}",
        r"W_{hh}^\top \frac{\partial L}{\partial h_{t+1}} + 2 W_{qh}^\top" + BY,
        r"W_{hh}^\top \frac{\partial L}{\partial h_{t+1}} - W_{qh}^\top" + BY,
        r"W_{hh} \frac{\partial L}{\partial h_{t+1}} + W_{qh}^\top" + BY,
        r"W_{hh}^\top \frac{\partial L}{\partial h_t} + W_{qh}^\top" + BY,
        r"W_{hh}^\top (\frac{\partial L}{\partial h_{t+1}} + W_{qh}^\top" + BY + ")",
        r"W_{hh}^\top \frac{\partial L}{\partial h_{t+1}} + W_{qh}" + BY,
        r"W_{hh}^\top \frac{\partial L}{\partial h_{t+1}} + W_{hh}^\top" + BY,
        r"W_{hh}^\top \frac{\partial L}{\partial h_{t+1}} + W_{hx}^\top" + BY,
        r"W_{hh}^\top \frac{\partial L}{\partial h_{t+1}} +" + BY,
        r"W_{hh}^\top \frac{\partial L}{\partial h_{t+1}} + W_{qh}^\top" + BY + "+" + BY,
        r"W_{hh}^\top \frac{\partial L}{\partial h_{t+1}} + W_{qh}^\top \frac{\partial L}{\partial x_t}",
        r"W_{hh}^\top \frac{\partial L}{\partial h_{t+1}} + W_{qh}^\top o_t",
        r"W_{qh}^\top" + BY,
        r"W_{hh}^\top \frac{\partial L}{\partial h_{t+1}} + W_{qh}^\top" + BY + r"+ W_{ph}^\top" + BY,
        r"W_{qh}^\top W_{hh}^\top \frac{\partial L}{\partial h_{t+1}} + W_{qh}^\top" + BY,
    ],
)
def test_a_wrong_claim_is_not_proved_by_an_assumption(right: str) -> None:
    """Nor is it refuted by one: with what its author means by o it might hold, so the error says what to write."""
    found = sg.check(BARE, r"\frac{\partial L}{\partial h_t} = " + right)
    assert found.verdict in ("undecided", "unreadable"), found
    assert found.verdict == "unreadable" or "behind the claim: where o_t = W_qh h_t" in found.statement


def test_the_state_of_the_output_is_the_one_of_the_left_side() -> None:
    claim = r"\frac{\partial L}{\partial %s_T} = V^\top \frac{\partial L}{\partial y_T}"
    assert sg.check(LSTM, claim % "h").assumed == ("y_t = V h_t",)
    assert sg.check(LSTM, claim % "h").proved
    assert sg.check(LSTM, claim % "c").assumed == ("y_t = V c_t",)


@pytest.mark.parametrize(
    ("behind", "verdict"),
    [
        (", where o_t = W_{qh} h_t", "proved"),
        (", where o_t = W_{qh} h_t + b_q", "proved"),
        (", where o_t = W_{qh} h_{t-1}", "unreadable"),
        (", where o_t = W_{qh} x_t", "unreadable"),
        (r", where o_t = \tanh(W_{qh} h_t)", "unreadable"),
        (", where W_{hh} = W_{qh}", "undecided"),
    ],
)
def test_the_claim_may_give_the_output(behind: str, verdict: str) -> None:
    found = sg.check(BARE, D2L + behind)
    assert found.verdict == verdict, found
    assert not (found.proved and found.assumed)


def test_the_output_that_a_claim_gives_is_a_given_one() -> None:
    wrong = D2L.replace("o_t", "o_{t+1}") + ", where o_t = W_{qh} h_t"
    assert sg.check(BARE, wrong).verdict == "refuted"


OTHERWISE = [r"\mathrm{softmax}(V h_t + c)", r"\sigma(V h_t + c)", r"V \tanh(h_t)", r"V h_t \odot V h_t"]


@pytest.mark.parametrize("own", OTHERWISE)
def test_what_the_recurrence_computes_otherwise_is_no_output_of_the_claim(own: str) -> None:
    """The recurrence gives y another equation, which is left out of the cell: no claim may give it a second one."""
    cell = sg.read_cell(rf"h_t = \tanh(W h_{{t-1}} + U x_t), \quad y_t = {own}", name="read_out")
    back = r"\frac{\partial L}{\partial h_t} = W^\top ((1-h_{t+1}^2) \odot \frac{\partial L}{\partial h_{t+1}}) + "
    for behind in ("", ", where y_t = V h_t", ", where y_t = V h_t + c"):
        assert sg.check(cell, back + r"V^\top \frac{\partial L}{\partial y_t}" + behind).verdict == "unreadable"
    assert sg.check(cell, back + r"V^\top \frac{\partial L}{\partial o_t}").assumed == ("o_t = V h_t",)
    step = r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1-h_t^2) W"
    for other in {"V h_t", "V h_{t-1}", own.replace("h_t", "h_{t-1}"), *OTHERWISE} - {own}:
        found = sg.check(cell, rf"{step}, \quad y_t = {other}")
        assert found.verdict == "undecided"
        assert "the recurrence has another equation of it" in found.statement
    assert sg.check(cell, rf"{step}, \quad y_t = {own}").proved
