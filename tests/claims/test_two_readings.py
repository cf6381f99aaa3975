"""A T above a matrix where T is also the last step: both readings are judged, and told."""

from __future__ import annotations

import pytest

import symgate as sg

LINEAR = sg.read_cell(r"h_t = W h_{t-1} + U x_t", name="linear")
TO_LAST = r"\frac{\partial h_T}{\partial h_0} = "
OVER = r"\frac{\partial L}{\partial h_k} = \sum_{t=k}^T %s \delta_t"


@pytest.mark.parametrize("claim", [TO_LAST + "W^T", TO_LAST + "W^{T}", r"h_T = W^T h_0 + \sum_{k=1}^T W^{T-k} U x_k"])
def test_a_power_is_asked_for(claim: str) -> None:
    found = sg.check(LINEAR, claim)
    assert found.verdict == "undecided"
    assert "as a power up to the last step it holds" in found.statement
    assert sg.check(LINEAR, claim.replace("W^T", "W^{T-0}").replace("W^{T}", "W^{T-0}")).proved
    assert sg.check(LINEAR, claim.replace("W^T", r"W^\top").replace("W^{T}", r"W^\top")).verdict == "refuted"


def test_a_transpose_beside_a_last_step_is_told() -> None:
    found = sg.check(LINEAR, OVER % "(W^T)^{t-k}")
    assert found.proved
    assert any("^T is read as the transpose" in note for note in found.notes)
    assert not sg.check(LINEAR, OVER % r"(W^\top)^{t-k}").notes


@pytest.mark.parametrize(
    "claim",
    [
        TO_LAST + "2 W^T",
        TO_LAST + "W^T W",
        TO_LAST + "-W^T",
        TO_LAST + "W^T W^T",
        r"\frac{\partial h_T}{\partial h_1} = W^T",
        r"\frac{\partial h_t}{\partial h_0} = W^T",
        r"h_T = W^T h_0",
        r"h_T = W^T h_0 + \sum_{k=1}^T W^k U x_k",
        OVER % "(W^T)^{t-k+1}",
        OVER % "W^T",
        OVER % "W^{t-k}",
    ],
)
def test_what_is_wrong_in_both_readings_is_not_proved(claim: str) -> None:
    found = sg.check(LINEAR, claim)
    assert found.verdict in ("refuted", "undecided", "unreadable")
    assert "it holds" not in found.statement
