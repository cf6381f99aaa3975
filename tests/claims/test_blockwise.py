r"""Layers that stack several, ``\delta W = \delta z I^T``: judged block by block, and what to write is verified."""

from __future__ import annotations

import pytest

import symgate as sg
from symgate.claims import read_recurrence

CELL = read_recurrence(
    r"f_t = \sigma(W_f x_t + U_f h_{t-1} + b_f), \tilde{h}_t = \tanh(W_c x_t + U_c h_{t-1} + b_c),"
    r"h_t = f_t \odot h_{t-1} + (1 - f_t) \odot \tilde{h}_t"
)
GATE = read_recurrence(r"z_t = \sigma(W x_t + U h_{t-1}), h_t = z_t \odot h_{t-1} + (1 - z_t) \odot \tanh(V x_t)")
CLAIM = r"\delta W^t = \delta z^t \times (I^t)^T"
WHERE = r", where z^t = W I^t + b, W = \begin{bmatrix} W_f & U_f \\ W_c & U_c\end{bmatrix}, I^t = [x_t; h_{t-1}]"


@pytest.mark.parametrize(
    ("claim", "lines"),
    [
        (CLAIM, 4),
        (r"\frac{\partial L}{\partial W} = \frac{\partial L}{\partial z_t} I_t^\top", 4),
        (r"\delta b = \delta z^t", 2),
    ],
)
def test_every_block_is_judged(claim: str, lines: int) -> None:
    found = sg.check(CELL, claim + WHERE)
    assert found.proved, found
    assert found.certificate is not None
    own = [line for line in found.certificate.ledger if line.key.startswith("block_")]
    assert [str(line.settled) for line in own] == ["proved"] * lines


def test_the_block_that_was_asked_for_is_judged() -> None:
    found = sg.check(CELL, CLAIM + WHERE, "vjp:W_f")
    assert found.proved
    assert found.object == "vjp:W_f"
    assert sg.check(CELL, r"\delta b = \delta z^t" + WHERE, "vjp:W_f").verdict == "unreadable"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("h_{t-1}]", "h_t]"),
        ("h_{t-1}]", "f_t]"),
        ("x_t; h_{t-1}", "h_{t-1}; x_t"),
        ("x_t; h_{t-1}", "x_{t-1}; h_{t-1}"),
        ("x_t; h_{t-1}", "x_{t-2}; h_{t-1}"),
        ("x_t; h_{t-1}", "x_{t+1}; h_{t-1}"),
        ("x_t; h_{t-1}", "x_k; h_{t-1}"),
        ("x_t; h_{t-1}", "x_T; h_{t-1}"),
        ("x_t; h_{t-1}", "x_t; h_{k-1}"),
        (r"W_c & U_c", r"W_f & U_f \\ W_c & U_c"),
        (r"\delta W^t", r"\delta W^{t-1}"),
        ("W_f & U_f", "U_f & W_f"),
        ("W_f & U_f", "W_f & U_c"),
        ("W_f & U_f", "W_f & W_f"),
        ("+ b,", ","),
        ("z^t = W", "z^{t-1} = W"),
        (r"I^t = [", r"I^{t-1} = ["),
        (r"I^t = [", r"f_t = 1, I^t = ["),
        (r"\delta z^t \times (I^t)^T", r"I^t (\delta z^t)^T"),
        (r"\delta z^t \times (I^t)^T", r"\delta z^t I^t"),
        (r"\delta z^t \times (I^t)^T", r"\delta z^{t-1} (I^t)^T"),
        (r"\delta z^t \times (I^t)^T", r"\delta z^t (I^{t-1})^T"),
        (r"\delta z^t \times (I^t)^T", r"2 \delta z^t (I^t)^T"),
        (r"\delta z^t \times (I^t)^T", r"z^t (I^t)^T"),
        (r"\delta z^t \times (I^t)^T", r"\delta z^t"),
        (r"\delta W^t =", r"\delta b^t ="),
        (r"\delta W^t =", r"\delta I^t ="),
    ],
)
def test_a_wrong_stack_or_claim_is_not_proved(old: str, new: str) -> None:
    claim = CLAIM + WHERE
    assert old in claim
    assert sg.check(CELL, claim.replace(old, new, 1)).verdict in ("refuted", "unreadable", "undecided")


@pytest.mark.parametrize("entry", ["Q", "h", "f"])
def test_a_row_with_an_entry_that_its_gate_lacks_is_none(entry: str) -> None:
    """The gate takes the input alone, so nothing may stand for the state beside it."""
    gate = read_recurrence(
        r"f_t = \sigma(W_f x_t + b_f), \tilde{h}_t = \tanh(W_c x_t + U_c h_{t-1} + b_c),"
        r"h_t = f_t \odot h_{t-1} + (1 - f_t) \odot \tilde{h}_t"
    )
    found = sg.check(gate, CLAIM + WHERE.replace("U_f", entry))
    assert found.verdict == "unreadable"
    assert f"row 1 of z, W_f x + {entry} h + a bias, is not the argument of a function" in found.statement


def test_what_to_write_is_told_and_is_judged() -> None:
    told = sg.check(CELL, CLAIM)
    assert told.verdict == "unreadable"
    line = told.statement.partition("It holds with, behind the claim: ")[2]
    assert line.startswith(", where z_{t} = W I_{t} + b")
    assert sg.check(CELL, CLAIM + line).proved


@pytest.mark.parametrize(
    "claim",
    [
        r"\delta W^t = I^t (\delta z^t)^T",
        r"\delta W^t = \delta z^t I^t",
        r"\delta W^t = \delta z^{t-1} (I^t)^T",
        r"\delta W^t = \delta z^t (I^{t+1})^T",
        r"\delta W^t = 2 \delta z^t (I^t)^T",
        r"\delta W^t = z^t (I^t)^T",
        r"\delta W^t = \delta z^t",
        r"\delta W^t = \delta z^t (z^t)^T",
        r"\delta W^t = \delta z^t (h^{t-1})^T",
        r"\delta W_f = \delta z^t (I^t)^T",
    ],
)
def test_nothing_is_proposed_for_a_claim_that_no_stack_makes_true(claim: str) -> None:
    assert "It holds with" not in sg.check(CELL, claim).statement


def test_names_of_the_recurrence_keep_their_meaning() -> None:
    """Here z is a gate and W its matrix, so nothing is proposed for them."""
    assert "It holds with" not in sg.check(GATE, CLAIM).statement
