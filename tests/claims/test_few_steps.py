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


def dated(of: str, by: str, own: list[int], last: str) -> str:
    """d of / d by as a product of slopes at these times, the last one times a matrix."""
    slopes = [rf"\operatorname{{diag}}(1-x_{time}^2)" for time in own]
    return rf"\frac{{\partial {of}}}{{\partial {by}}} = " + " A ".join(slopes) + last


@pytest.mark.parametrize("late", [0, 1, 4])
@pytest.mark.parametrize("off", [0, -1, 1])
def test_the_dates_of_the_author_hold_at_numbers_too(late: int, off: int) -> None:
    """For x_{t+1} = F(x_t, u_t) the derivative by u_1 has the slopes at 2 and 3, those of no other steps."""
    cell = read_recurrence(r"x_{t+1} = \tanh(A x_t + B u_t)")
    top = 3 + late
    times = [top + off, top - 1 + off]
    verdict = "proved" if off == 0 else "refuted"
    assert sg.check(cell, dated(f"x_{top}", f"u_{top - 2}", times, "B")).verdict == verdict
    assert sg.check(cell, dated(f"x_{top}", f"x_{top - 2}", times, "A")).verdict == verdict
    state = rf"x_{top} = \tanh(A x_{top - 1 + off} + B u_{top - 1})"
    other = rf"x_{top} = \tanh(A x_{top - 1} + B u_{top - 1 + off})"
    assert sg.check(cell, state).proved == sg.check(cell, other).proved == (off == 0)


@pytest.mark.parametrize("off", [0, -1, 1])
def test_the_dates_of_the_author_hold_in_closed_forms_at_numbers(off: int) -> None:
    cell = read_recurrence(r"x_{t+1} = A x_t + B u_t")
    claim = f"x_3 = A^3 x_0 + A^2 B u_{0 + off} + A B u_{1 + off} + B u_{2 + off}" if off >= 0 else "x_3 = A^2 x_0"
    assert sg.check(cell, claim).proved == (off == 0)
    assert sg.check(cell, rf"\frac{{\partial x_3}}{{\partial u_0}} = A^{2 + off} B").proved == (off == 0)
    assert sg.check(cell, rf"\frac{{\partial x_{{t+2}}}}{{\partial u_{{t}}}} = A^{2 + off} B").proved == (off == -1)


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
