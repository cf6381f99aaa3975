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


SCALED = sg.read_cell(r"h_t = \alpha h_{t-1} + U x_t", name="scaled", sizes={"alpha": "scalar"})
LAST_LOSS = r"\frac{\partial L_T}{\partial h_0} = %s \frac{\partial L_T}{\partial h_T}"


@pytest.mark.parametrize(
    ("cell", "power", "wrong"),
    [
        (LINEAR, r"(W^\top)^T", r"W^T W^\top"),
        (LINEAR, r"\left(W^{\top}\right)^{T}", r"\left(W\right)^{T}"),
        (LINEAR, r"[W^\top]^T", r"[2 W^\top]^T"),
        (SCALED, r"\alpha^T", r"2 \alpha^T"),
        (SCALED, r"(\alpha I)^T", r"(\alpha I)^T \alpha"),
    ],
)
def test_of_the_last_loss_a_power_is_asked_for_behind_brackets_and_of_numbers(
    cell: sg.Cell, power: str, wrong: str
) -> None:
    found = sg.check(cell, LAST_LOSS % power)
    assert found.verdict == "undecided"
    assert "as a power up to the last step it holds" in found.statement
    assert sg.check(cell, LAST_LOSS % wrong).verdict == "refuted"
