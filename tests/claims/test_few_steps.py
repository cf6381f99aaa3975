r"""Left sides at a number of steps: ``\partial h_3 / \partial h_0``, ``h_3 = ...``, ``\partial L_3 / \partial W``."""

from __future__ import annotations

import pytest

import symgate as sg
from symgate.claims import read_recurrence

ELMAN = sg.read_cell(r"h_t = \tanh(W h_{t-1} + U x_t + b)", name="elman")
LINEAR = sg.read_cell(r"h_t = W h_{t-1} + U x_t", name="linear")
TWO = sg.read_cell(
    r"f_t = \sigma(V x_t + W h_{t-1}), c_t = f_t \odot c_{t-1} + U x_t, h_t = \tanh(c_t)", name="two", states=("h",)
)
D = {k: rf"\operatorname{{diag}}(1-h_{k}^2) W" for k in "0123t"}
BY = r"\frac{\partial h_%s}{\partial h_%s} = "
PART = r"\frac{\partial h_%s}{\partial h_%s}"
INPUT = r"\frac{\partial h_3}{\partial x_1} = "
BY_LOSS = (
    r"\frac{\partial L_%s}{\partial h_%s} = "
    r"(\frac{\partial h_%s}{\partial h_%s})^\top \frac{\partial L_%s}{\partial h_%s}"
)
LOSS = (
    r"\frac{\partial L_3}{\partial W} = "
    r"\sum_{k=%s}^%s \frac{\partial L_3}{\partial h_3}\frac{\partial h_3}{\partial h_k}"
)
LOCAL = r"\frac{\partial^+ h_k}{\partial W}"

HOLD = [
    (ELMAN, BY % (3, 0) + D["3"] + D["2"] + D["1"]),
    (ELMAN, BY % (3, 1) + PART % (3, 2) + PART % (2, 1)),
    (ELMAN, BY % (3, 0) + r"\prod_{i=1}^3 \operatorname{diag}(1-h_i^2) W"),
    (ELMAN, BY % (3, 2) + D["3"]),
    (ELMAN, BY % ("t", "{t-2}") + D["t"] + r"\operatorname{diag}(1-h_{t-1}^2) W"),
    (ELMAN, BY % ("{t+1}", "{t-1}") + r"\operatorname{diag}(1-h_{t+1}^2) W" + D["t"]),
    (LINEAR, BY % (3, 0) + "W^3"),
    (LINEAR, BY % (5, 2) + "W^3"),
    (LINEAR, INPUT + "W^2 U"),
    (LINEAR, "h_3 = W^3 h_0 + W^2 U x_1 + W U x_2 + U x_3"),
    (LINEAR, r"h_3 = W^3 h_0 + \sum_{k=1}^3 W^{3-k} U x_k"),
    (ELMAN, r"h_2 = \tanh(W h_1 + U x_2 + b)"),
    (ELMAN, LOSS % (1, 3) + LOCAL),
    (ELMAN, BY_LOSS % (3, 1, 3, 1, 3, 3)),
]
WRONG = [
    (ELMAN, BY % (3, 0) + D["1"] + D["2"] + D["3"]),
    (ELMAN, BY % (3, 0) + D["3"] + D["2"]),
    (ELMAN, BY % (3, 0) + D["3"] + D["2"] + D["0"]),
    (ELMAN, BY % (3, 1) + PART % (2, 1) + PART % (3, 2)),
    (ELMAN, BY % (3, 0) + r"\prod_{i=0}^2 \operatorname{diag}(1-h_i^2) W"),
    (ELMAN, BY % (3, 0) + r"\prod_{i=1}^t \operatorname{diag}(1-h_i^2) W"),
    (ELMAN, BY % (3, 2) + D["2"]),
    (ELMAN, BY % (3, 2) + D["t"]),
    (ELMAN, BY % ("t", "{t-2}") + D["t"] + D["t"]),
    (ELMAN, BY % ("t", "{t-2}") + D["t"]),
    (ELMAN, BY % (0, 3) + D["3"] + D["2"] + D["1"]),
    (LINEAR, BY % (3, 0) + "W^2"),
    (LINEAR, BY % (3, 0) + r"W^\top W W"),
    (LINEAR, INPUT + "W^3 U"),
    (LINEAR, INPUT + "U W^2"),
    (LINEAR, "h_3 = W^3 h_0 + W^2 U x_1 + W U x_2 + U x_2"),
    (LINEAR, "h_3 = W^3 h_0 + W^2 U x_1 + W U x_2 + U x_t"),
    (LINEAR, "h_3 = W^2 h_0 + W U x_2 + U x_3"),
    (LINEAR, r"h_3 = W^3 h_0 + \sum_{k=1}^t W^{3-k} U x_k"),
    (ELMAN, r"h_2 = \tanh(W h_1 + U x_1 + b)"),
    (ELMAN, LOSS % (2, 3) + LOCAL),
    (ELMAN, LOSS % (1, 2) + LOCAL),
    (ELMAN, BY_LOSS % (1, 3, 1, 3, 1, 1)),
    (ELMAN, BY_LOSS % (3, 1, 3, 2, 3, 3)),
]


@pytest.mark.parametrize(("cell", "claim"), HOLD)
def test_what_is_stated_at_a_number_of_steps_is_proved(cell: sg.Cell, claim: str) -> None:
    found = sg.check(cell, claim)
    assert found.proved, found


@pytest.mark.parametrize(("cell", "claim"), WRONG)
def test_what_is_wrong_at_a_number_of_steps_is_not_proved(cell: sg.Cell, claim: str) -> None:
    assert sg.check(cell, claim).verdict in ("refuted", "unreadable")


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (
            r"\frac{\partial x_3}{\partial u_1} = \operatorname{diag}(1-x_3^2) A \operatorname{diag}(1-x_2^2) B",
            "proved",
        ),
        (
            r"\frac{\partial x_3}{\partial u_1} = \operatorname{diag}(1-x_2^2) A \operatorname{diag}(1-x_1^2) B",
            "refuted",
        ),
        (r"\frac{\partial x_{t+2}}{\partial u_t} = \operatorname{diag}(1-x_{t+2}^2) A", "refuted"),
        (r"x_2 = \tanh(A x_1 + B u_1)", "proved"),
        (r"x_2 = \tanh(A x_1 + B u_2)", "refuted"),
    ],
)
def test_the_dates_of_the_author_hold_at_numbers_too(claim: str, verdict: str) -> None:
    assert sg.check(read_recurrence(r"x_{t+1} = \tanh(A x_t + B u_t)"), claim).verdict == verdict


@pytest.mark.parametrize(("of", "by"), [("c", "c"), ("h", "c"), ("c", "h"), ("h", "h")])
def test_all_paths_over_several_states_count(of: str, by: str) -> None:
    """A derivative over two steps is the sum over the states of the step between."""
    right = "+".join(
        rf"\frac{{\partial {of}_3}}{{\partial {own}_2}}\frac{{\partial {own}_2}}{{\partial {by}_1}}" for own in "ch"
    )
    left = rf"\frac{{\partial {of}_3}}{{\partial {by}_1}} = "
    assert sg.check(TWO, left + right).proved
    assert not sg.check(TWO, left + right.partition("+")[0]).proved


def test_a_caret_is_a_power_of_matrices_and_two_stars_are_not() -> None:
    assert sg.check(LINEAR, "dh[t]/dh[t-2] = W^2").proved
    assert sg.check(LINEAR, "dh[t]/dh[t-2] = W**2").verdict == "refuted"
