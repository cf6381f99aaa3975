r"""Left sides at times that are no single letter: \partial h_t / \partial h_{t-k}, \partial L / \partial h_{T-1}."""

from __future__ import annotations

import pytest

import symgate as sg
from symgate.claims import read_recurrence

ELMAN = sg.read_cell(r"a_t = W h_{t-1} + U x_t + b \\ h_t = \tanh(a_t)", name="elman")
LINEAR = sg.read_cell(r"h_t = W h_{t-1} + U x_t", name="linear")
LEAKY = sg.read_cell(r"h_t = (1-\alpha) h_{t-1} + \alpha \tanh(W h_{t-1} + U x_t)", name="leaky")
STEP = r"\mathrm{diag}(1-h_{j}^2) W"
BACK = r"\frac{\partial L_%s}{\partial h_%s} + W^\top ((1-h_{%s}^2) \odot \frac{\partial L}{\partial h_{%s}})"
BY_TIME = ("k", "k", "k+1", "k+1")


def by(above: str, below: str, right: str) -> str:
    return rf"\frac{{\partial {above}}}{{\partial {below}}} = {right}"


HOLDS = [
    (LINEAR, by("h_t", "h_{t-k}", "W^k")),
    (LINEAR, by("h_{t+k}", "h_t", "W^k")),
    (LINEAR, by("h_k", "h_{k-t}", "W^t")),
    (LINEAR, by("h_T", "h_{T-k}", "W^k")),
    (LINEAR, by("h_t", "x_{t-k}", "W^k U")),
    (LINEAR, by("h_t", "h_{k+s}", "W^{t-k-s}")),
    (ELMAN, by("h_t", "h_{t-k}", rf"\prod_{{j=t-k+1}}^{{t}} {STEP}")),
    (ELMAN, by("h_{t-k}", "h_{t-k-1}", r"\mathrm{diag}(1-h_{t-k}^2) W")),
    (ELMAN, by("L", "h_{t-k}", BACK % ("{t-k}", "{t-k}", "t-k+1", "t-k+1"))),
    (LINEAR, by("h_2", "h_1", "W")),
    (LINEAR, by("L", "h_{T-k}", r"\sum_{j=0}^k (W^\top)^{k-j} \frac{\partial L_{T-j}}{\partial h_{T-j}}")),
]
FAILS = [
    (LINEAR, by("h_t", "h_{t-k}", "W^{t-k}")),
    (LINEAR, by("h_{t+k}", "h_t", "W^t")),
    (LINEAR, by("h_k", "h_{k-t}", "W^{k-t}")),
    (LINEAR, by("h_T", "h_{T-k}", "W^{T-k}")),
    (LINEAR, by("h_t", "x_{t-k}", "W^{t-k} U")),
    (LINEAR, by("L", "h_{T-k}", r"\sum_{j=0}^k (W^\top)^{j} \frac{\partial L_{T-j}}{\partial h_{T-j}}")),
    (ELMAN, by("h_t", "h_{t-k}", rf"\prod_{{j=k+1}}^{{t}} {STEP}")),
]
#: What does not hold, or nothing says for which times it should.
REFUSED = [
    (LINEAR, by("h_t", "x_1", "W^{t-k} U")),
    (ELMAN, by("h_t", "h_{t+k}", rf"\prod_{{j=k+1}}^{{t}} {STEP}")),
    (ELMAN, by("h_t", "h_{t+k}", "0")),
    (ELMAN, by("h_5", "h_k", rf"\prod_{{j=k+1}}^{{t}} {STEP}")),
    (ELMAN, by("h_{t-k}", "h_{t-k-1}", r"\mathrm{diag}(1-h_t^2) W")),
    (ELMAN, by("h_2", "h_1", r"\mathrm{diag}(1-h_t^2) W")),
    (ELMAN, by("h_{t-k}", "W", r"\mathrm{diag}(1-h_t^2) \frac{\partial a_t}{\partial W}")),
    (ELMAN, by("L", "a_{t-k}", r"(1-h_t^2) \odot \frac{\partial L}{\partial h_t}")),
    (ELMAN, by("L", "a_1", r"(1-h_t^2) \odot \frac{\partial L}{\partial h_t}")),
    (ELMAN, by("L", "h_{t-k}", BACK % BY_TIME)),
    (ELMAN, r"\lambda_{t-k} = \delta_k + W^\top ((1-h_{k+1}^2) \odot \lambda_{k+1})"),
    (LINEAR, r"h_1 = W h_{t-1} + U x_t"),
    (LINEAR, r"h_{t+k} = W h_{t-1} + U x_t"),
]
#: What holds, although it is not shown: it must not be refuted.
NOT_WRONG = [
    (LINEAR, by("h_t", "x_1", "W^{t-1} U")),
    (ELMAN, by("h_5", "h_k", rf"\prod_{{j=k+1}}^{{5}} {STEP}")),
    (
        LINEAR,
        by("L", "h_{T-1}", r"\frac{\partial L_{T-1}}{\partial h_{T-1}} + W^\top \frac{\partial L_T}{\partial h_T}"),
    ),
    (LINEAR, r"h_1 = W h_0 + U x_1"),
    (LINEAR, r"h_3 = W W h_1 + W U x_2 + U x_3"),
    (LINEAR, r"h_{t+k} = W^k h_t + \sum_{j=1}^k W^{k-j} U x_{t+j}"),
    (LINEAR, r"h_t = W^k h_{t-k} + \sum_{j=0}^{k-1} W^j U x_{t-j}"),
    (LINEAR, r"h_T = W^T h_0 + \sum_{k=1}^T W^{T-k} U x_k"),
    (LINEAR, by("h_T", "h_0", "W^T")),
    (LEAKY, r"h_T = (1-\alpha)^T h_0 + \alpha \sum_{t=1}^T (1-\alpha)^{T-t} \tanh(W h_{t-1} + U x_t)"),
]


@pytest.mark.parametrize(("cell", "claim"), HOLDS)
def test_letters_are_those_that_make_the_left_side_ours(cell: sg.Cell, claim: str) -> None:
    found = sg.check(cell, claim)
    assert found.proved, found


@pytest.mark.parametrize(("cell", "claim"), FAILS)
def test_a_letter_is_not_ours_by_its_look(cell: sg.Cell, claim: str) -> None:
    found = sg.check(cell, claim)
    assert found.verdict == "refuted", found


@pytest.mark.parametrize(("cell", "claim"), REFUSED)
def test_what_no_letter_ties_to_the_left_side_is_not_proved(cell: sg.Cell, claim: str) -> None:
    assert sg.check(cell, claim).verdict == "unreadable"


@pytest.mark.parametrize(("cell", "claim"), NOT_WRONG)
def test_what_is_stated_of_some_steps_is_not_refuted_by_others(cell: sg.Cell, claim: str) -> None:
    found = sg.check(cell, claim)
    assert found.verdict in ("proved", "undecided", "unreadable"), found


def test_what_is_not_of_some_steps_alone_is_refuted_still() -> None:
    assert sg.check(LINEAR, by("h_T", "h_0", r"W^\top")).verdict == "refuted"
    assert sg.check(LINEAR, r"h_T = W^{T-1} h_0 + \sum_{k=1}^T W^{T-k} U x_k").verdict == "refuted"
    assert sg.check(LINEAR, by("L", "h_T", "0")).verdict == "refuted"


@pytest.mark.sweep(1)
@pytest.mark.parametrize("letter", ["W", r"\theta"])
@pytest.mark.parametrize("direct", ["", "^+"])
def test_the_state_at_the_start_depends_on_no_parameter(direct: str, letter: str) -> None:
    """A sum from 0 over dh_k/dW has nothing at 0, where h_0 is given."""
    own = by("L_t", "h_t", "") + by("h_t", "h_k", "") + rf"\frac{{\partial{direct} h_k}}{{\partial %s}}"
    own = own.replace(" = ", " ")
    both = rf"\sum_{{t=1}}^T \sum_{{k=%s}}^t {own}"
    assert sg.check(ELMAN, by("L", letter, both % (1, letter))).proved
    assert sg.check(ELMAN, by("L", letter, both % (0, letter))).verdict == "undecided"
    assert sg.check(ELMAN, by("L", letter, both % (2, letter))).verdict == "refuted"


def test_a_cell_alone_is_told_to_be_read_over_columns() -> None:
    rows = read_recurrence(r"h_t = \tanh(h_{t-1} W + x_t U)")
    claim, said = "dh_prev = W @ ((1-h**2)*dh)", "although the cell was read from a recurrence over rows"
    assert any(said in note for note in sg.check(rows.cell, claim).notes)
    assert not any(said in note for note in sg.check(rows, claim).notes)
    assert not any(said in note for note in sg.check(ELMAN, claim).notes)


def test_a_letter_that_a_sum_over_entries_has_is_no_time_inside() -> None:
    both = by("h_{t,i}", "h_{t-k,j}", r"\sum_%s (W^k)_{i%s} \delta_{%sj}")
    assert sg.check(LINEAR, both % ("l", "l", "l")).proved
    assert sg.check(LINEAR, both % ("k", "k", "k")).verdict == "unreadable"
