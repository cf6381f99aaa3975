"""Names that nothing introduces: a table is offered where it makes the claim hold, and never for a wrong formula."""

from __future__ import annotations

import tomllib

import pytest

import symgate as sg
from symgate.claims import read_recurrence
from symgate.notation import Notation

GRU = read_recurrence(
    r"z_t = \sigma(W_z h_{t-1} + U_z x_t), r_t = \sigma(W_r h_{t-1} + U_r x_t),"
    r"\tilde{h}_t = \tanh(W_h (r_t \odot h_{t-1}) + U_h x_t), h_t = z_t \odot h_{t-1} + (1 - z_t) \odot \tilde{h}_t"
)
HOLD = [
    ("vjp:U_h", r"d_c_bar = d_h \circ (1-u) \circ (1-c \circ c)"),
    ("vjp:U_z", r"d_u_bar = d_h \circ (h-c) \circ u \circ (1-u)"),
]


@pytest.mark.parametrize(("object_", "claim"), HOLD)
def test_the_table_that_is_told_makes_the_claim_hold(object_: str, claim: str) -> None:
    told = sg.check(GRU, claim, object_)
    assert told.verdict == "unreadable"
    table = told.statement.partition("It holds with [notation] ")[2]
    names = tomllib.loads(table)["names"]
    assert sg.check(GRU, claim, object_, notation=Notation(names=tuple(names.items()))).proved


@pytest.mark.parametrize(
    ("object_", "claim"),
    [
        ("vjp:U_h", r"d_c_bar = d_h \circ u \circ (1-c \circ c)"),
        ("vjp:U_h", r"d_c_bar = d_h \circ (1-u) \circ (1-c)"),
        ("vjp:U_h", r"d_c_bar = d_h \circ (1-u) \circ (1+c \circ c)"),
        ("vjp:U_h", r"d_c_bar = (1-u) \circ (1-c \circ c)"),
        ("vjp:U_h", r"d_c_bar = d_h \circ (1-u) \circ (1-u \circ u)"),
        ("vjp:U_h", r"d_c_bar = d_h \circ (1-u)"),
        ("vjp:U_h", r"d_c_bar = d_h \circ u"),
        ("vjp:U_h", "d_c_bar = u"),
        ("vjp:U_z", r"d_u_bar = d_h \circ (c-h) \circ u \circ (1-u)"),
        ("vjp:U_z", r"d_u_bar = d_h \circ (h+c) \circ u \circ (1-u)"),
        ("vjp:U_z", r"d_u_bar = d_h \circ (h-c) \circ u"),
        ("vjp:U_z", r"d_u_bar = d_h \circ h \circ u \circ (1-u)"),
    ],
)
def test_no_table_is_offered_for_a_wrong_formula(object_: str, claim: str) -> None:
    found = sg.check(GRU, claim, object_)
    assert found.verdict == "unreadable"
    assert "It holds" not in found.statement
    assert "say what it is: behind the claim, where" in found.statement
