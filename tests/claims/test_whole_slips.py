"""Slips through a whole formula are told by name; each is planted here, and the right formula has none."""

from __future__ import annotations

import pytest

import symgate as sg
from symgate.claims import read_recurrence

GRU = (
    r"z_t = \sigma(W_z x_t + U_z h_{t-1}), r_t = \sigma(W_r x_t + U_r h_{t-1}), n_t = \tanh(W x_t + INNER), "
    r"h_t = (1-z_t) \odot n_t + z_t \odot h_{t-1}"
)
BEFORE = read_recurrence(GRU.replace("INNER", r"U (r_t \odot h_{t-1})"))
AFTER = read_recurrence(GRU.replace("INNER", r"r_t \odot (U h_{t-1})"))
LSTM = read_recurrence(
    r"f_t = \sigma(W_f x_t + U_f h_{t-1}), i_t = \sigma(W_i x_t + U_i h_{t-1}), o_t = \sigma(W_o x_t + U_o h_{t-1}), "
    r"g_t = \tanh(W_g x_t + U_g h_{t-1}), c_t = f_t \odot c_{t-1} + i_t \odot g_t, h_t = o_t \odot \tanh(c_t)"
)
LEFT = r"\frac{\partial h_t}{\partial h_{t-1}} = "
Z = r"\operatorname{diag}((h_{t-1}-n_t) \odot z_t \odot (1-z_t)) U_z"
N = r"\operatorname{diag}((1-z_t) \odot (1-n_t^2))"
R = r"\operatorname{diag}(h_{t-1} \odot r_t \odot (1-r_t)) U_r"
RIGHT = rf"\operatorname{{diag}}(z_t) + {Z} + {N} U (\operatorname{{diag}}(r_t) + {R})"
AFTER_R = r"\operatorname{diag}((U h_{t-1}) \odot r_t \odot (1-r_t)) U_r"
OTHER = rf"\operatorname{{diag}}(z_t) + {Z} + {N} (\operatorname{{diag}}(r_t) U + {AFTER_R})"
EXCHANGED = RIGHT.replace("(1-z_t)", "Q").replace(r"\operatorname{diag}(z_t)", r"\operatorname{diag}(1-z_t)")
EXCHANGED = (
    EXCHANGED.replace("z_t \\odot Q", "z_t \\odot (1-z_t)")
    .replace("(Q ", "(z_t ")
    .replace("h_{t-1}-n_t", "n_t - h_{t-1}")
)

PLANTED = [
    (BEFORE, LEFT + RIGHT.replace(f" + {R}", ""), "the path through r is left out"),
    (BEFORE, LEFT + RIGHT.replace(f" + {Z}", ""), "the path through z is left out"),
    (BEFORE, LEFT + OTHER, "the reset gate is applied after the matrix"),
    (AFTER, LEFT + RIGHT, "the reset gate is applied before the matrix"),
    (BEFORE, LEFT + EXCHANGED, "z and 1 - z are exchanged throughout"),
    (
        LSTM,
        r"\frac{\partial c_t}{\partial c_{t-1}} = \operatorname{diag}(i_t)",
        "one gate stands in place of another (i for f)",
    ),
    (
        LSTM,
        r"\frac{\partial h_t}{\partial c_t} = \operatorname{diag}(o_t \odot (1-h_t^2))",
        "a state stands for a value",
    ),
    (LSTM, r"\frac{\partial h_t}{\partial o_t} = \operatorname{diag}(h_t)", "a state stands for a value"),
]


@pytest.mark.parametrize(("cell", "claim", "words"), PLANTED)
def test_a_planted_slip_is_told(cell: object, claim: str, words: str) -> None:
    found = sg.check(cell, claim)
    assert found.verdict == "refuted"
    assert any(words in slip for slip in found.slips), found.slips


def test_the_right_formulas_have_no_slip() -> None:
    assert sg.check(BEFORE, LEFT + RIGHT).proved
    assert sg.check(AFTER, LEFT + OTHER).proved


def test_nothing_is_told_of_what_is_wrong_otherwise() -> None:
    found = sg.check(BEFORE, LEFT + RIGHT.replace("U_z", "U_r U_z"))
    assert not any(slip.kind == "path_missing" for slips in found.diagnosis for slip in slips)
