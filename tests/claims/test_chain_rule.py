r"""The chain rule as textbooks write it: rows of the loss, the loss of one step, one of several states, recursions.

Every claim that holds has slips beside it, which must be refuted.
"""

from __future__ import annotations

import numpy as np
import pytest

import symgate as sg

ELMAN = sg.read_cell(r"a_t = W h_{t-1} + U x_t + b \\ h_t = \phi(a_t)", name="elman")
LSTM = sg.cell("lstm")
L_T, H_T, H_K = (
    r"\frac{\partial L_t}{\partial h_t}",
    r"\frac{\partial h_t}{\partial h_k}",
    r"\frac{\partial h_k}{\partial W}",
)
RUN = r"\left(\prod_{j=k+1}^t \frac{\partial h_j}{\partial h_{j-1}}\right)"
OF_STEP = r"\frac{\partial L_t}{\partial W}"
WHOLE = r"\frac{\partial L}{\partial W}"
BACK = r"\frac{\partial L}{\partial h_k} = \frac{\partial L}{\partial h_{k+1}} \frac{\partial h_{k+1}}{\partial h_k}"
FORWARD = r"\frac{d h_t}{d W} = \frac{\partial h_t}{\partial W} + \frac{\partial h_t}{\partial h_{t-1}}"

TRUE = (
    r"\frac{\partial L}{\partial h_{t-1}} = \frac{\partial L}{\partial h_t} \frac{\partial h_t}{\partial h_{t-1}}",
    r"\frac{\partial L}{\partial W} = \frac{\partial L}{\partial h_t} \frac{\partial h_t}{\partial W}",
    BACK + r" + \frac{\partial L_k}{\partial h_k}",
    rf"\frac{{\partial L}}{{\partial h_k}} = \sum_{{t=k}}^T {L_T} {H_T}",
    rf"{WHOLE} = \sum_{{t=1}}^T\sum_{{k=1}}^t {L_T} {H_T} {H_K}",
    rf"{WHOLE} = \sum_{{1 \le k \le t \le T}} {L_T} {RUN} \frac{{\partial^+ h_k}}{{\partial W}}",
    rf"{WHOLE} = \sum_{{T \ge t \ge k > 0}} {L_T} {H_T} {H_K}",
    rf"{WHOLE} = \sum_{{t=1}}^T {OF_STEP}",
    rf"{WHOLE} = \sum_{{t=1}}^T {L_T} \frac{{\partial h_t}}{{\partial W}}",
    rf"{OF_STEP} = \sum_{{k=1}}^t {L_T} {H_T} {H_K}",
    rf"{OF_STEP} = {L_T} \left(\sum_{{k=1}}^t {RUN} {H_K}\right)",
    rf"{OF_STEP} = \sum_{{k=1}}^t \frac{{\partial L_t}}{{\partial h_k}} {H_K}",
    rf"{OF_STEP} = \sum_{{k=1}}^t \mathrm{{diag}}(\phi'(a_k)) {H_T}^\top {L_T} h_{{k-1}}^\top",
    rf"\frac{{\partial L_t}}{{\partial h_k}} = {L_T} {RUN}",
    rf"\frac{{\partial L_t}}{{\partial b}} = \sum_{{k=1}}^t {L_T} {H_T} \mathrm{{diag}}(\phi'(a_k))",
    rf"{OF_STEP} = \sum_{{k=1}}^t {L_T} {H_T} {H_K}".replace("_t", "_T").replace("^t", "^T"),
    rf"{FORWARD} \frac{{d h_{{t-1}}}}{{d W}}",
    r"\frac{\partial h_t}{\partial b} = \mathrm{diag}(\phi'(a_t)) (I + W \frac{\partial h_{t-1}}{\partial b})",
    rf"\frac{{d h_t}}{{d b}} = \sum_{{k=1}}^t {RUN} \frac{{\partial^+ h_k}}{{\partial b}}",
)

FALSE = (
    BACK,
    r"\frac{\partial L}{\partial h_{t-1}} = \frac{\partial L}{\partial h_t} \mathrm{diag}(\phi'(a_t)) W^\top",
    rf"{WHOLE} = \sum_{{t=1}}^T\sum_{{k=1}}^{{t-1}} {L_T} {H_T} {H_K}",
    rf"{WHOLE} = \sum_{{1 \le k < t \le T}} {L_T} {H_T} {H_K}",
    rf"{WHOLE} = \sum_{{t=1}}^T {L_T} \frac{{\partial^+ h_t}}{{\partial W}}",
    rf"{WHOLE} = \sum_{{t=1}}^{{T-1}} {OF_STEP}",
    rf"{WHOLE} = \sum_{{t=1}}^T 2 {OF_STEP}",
    rf"{OF_STEP} = \sum_{{k=2}}^t {L_T} {H_T} {H_K}",
    rf"{OF_STEP} = \sum_{{k=1}}^t {L_T} {H_T}^\top {H_K}",
    rf"\frac{{\partial L_t}}{{\partial h_k}} = {L_T} \prod_{{j=k}}^t \frac{{\partial h_j}}{{\partial h_{{j-1}}}}",
    r"\frac{\partial h_t}{\partial b} = \mathrm{diag}(\phi'(a_t)) (I + W^\top \frac{\partial h_{t-1}}{\partial b})",
    rf"{FORWARD} \frac{{\partial^+ h_{{t-1}}}}{{\partial W}}",
)


@pytest.mark.parametrize("claim", TRUE)
def test_the_chain_rule_is_proved_as_it_is_written(claim: str) -> None:
    found = sg.check(ELMAN, claim)
    assert found.proved, found


@pytest.mark.sweep(5)
@pytest.mark.parametrize("claim", FALSE)
def test_slips_in_the_chain_rule_are_refuted(claim: str) -> None:
    found = sg.check(ELMAN, claim)
    assert found.verdict == "refuted", found


@pytest.mark.parametrize(
    ("place", "words"),
    [(2, "ends one step too early"), (3, "ends one step too early"), (5, "ends one step too early"), (7, "too few")],
)
def test_sums_with_wrong_ends_are_told(place: int, words: str) -> None:
    assert any(words in slip for slip in sg.check(ELMAN, FALSE[place]).slips)


def test_how_derivatives_were_read_is_told() -> None:
    rows = sg.check(ELMAN, TRUE[0])
    assert any("are rows" in note for note in rows.notes)
    step = sg.check(ELMAN, TRUE[9])
    assert any("loss of one step" in note for note in step.notes)
    totals = sg.check(ELMAN, TRUE[8])
    assert any("counts all steps" in note for note in totals.notes)


def test_the_loss_of_one_step_says_nothing_of_later_steps() -> None:
    """A gradient of the whole loss, or the last step, on the right of one of a single step."""
    found = sg.check(ELMAN, rf"{OF_STEP} = \sum_{{k=1}}^T {L_T} {H_T} {H_K}")
    assert found.verdict == "unreadable"
    assert "last step" in found.statement
    found = sg.check(ELMAN, rf"{OF_STEP} = \sum_{{k=1}}^t \frac{{\partial L}}{{\partial h_k}} {H_K}")
    assert found.verdict == "unreadable"
    assert "of all steps" in found.statement
    third = r"\frac{\partial L_3}{\partial W} = \sum_{k=1}^%s \frac{\partial L_3}{\partial h_k} " + H_K
    assert sg.check(ELMAN, third % 3).proved
    found = sg.check(ELMAN, third % 2)
    assert not found.proved
    assert "write L_t" in found.statement


def test_a_claim_that_holds_for_the_loss_of_the_last_step_is_told() -> None:
    run = r"\prod_{j=k+1}^T \frac{\partial h_j}{\partial h_{j-1}}"
    claim = r"\frac{\partial L}{\partial h_k} = \frac{\partial L}{\partial h_T} " + run
    found = sg.check(ELMAN, claim)
    assert found.verdict == "refuted"
    assert [item.words for item in found.proposals] == ["true where the loss is that of the last step T alone, L = L_T"]
    wrong = sg.check(ELMAN, claim.replace("k+1", "k"))
    assert wrong.verdict == "refuted"
    assert not wrong.proposals


def test_products_of_jacobians_with_a_transposed_parameter_are_told() -> None:
    """As in Pascanu et al. 2013, equation (5)."""
    cell = sg.read_cell(r"x_t = W_{rec} \sigma(x_{t-1}) + W_{in} u_t + b", name="pascanu")
    right = r"\prod_{t \ge i > k} W_{rec}^T \mathrm{diag}(\sigma'(x_{i-1}))"
    found = sg.check(cell, r"\frac{\partial x_t}{\partial x_k} = " + right)
    assert found.verdict == "refuted"
    assert "W_rec stands for the transpose" in found.proposals[0].words
    assert sg.check(cell, r"\frac{\partial x_t}{\partial x_k} = " + right.replace("^T", "")).proved


W_F = r"\frac{\partial L}{\partial W_f} = \sum_t"
OF_LSTM = (
    r"\frac{\partial L}{\partial f_t} = \frac{\partial L}{\partial c_t} \odot c_{t-1}",
    r"\frac{\partial L}{\partial o_t} = \frac{\partial L}{\partial h_t} \odot \tanh(c_t)",
    r"\delta i_t = \delta c_t \odot g_t",
    r"\delta c_t = \delta h_t \odot o_t \odot (1 - \tanh^2(c_t)) + \delta c_{t+1} \odot f_{t+1}",
    rf"{W_F} \left(\frac{{\partial L}}{{\partial c_t}} \odot c_{{t-1}} \odot f_t \odot (1 - f_t)\right) u_t^\top",
    r"\frac{\partial L}{\partial W_o} = \sum_t \frac{\partial L}{\partial a_o} u_t^\top",
)
SLIPS_OF_LSTM = (
    r"\frac{\partial L}{\partial f_t} = \frac{\partial L}{\partial c_t} \odot c_t",
    r"\frac{\partial L}{\partial o_t} = \frac{\partial L}{\partial c_t} \odot \tanh(c_t)",
    r"\delta i_t = \delta h_t \odot g_t",
    r"\delta i_t = \delta c_t \odot \delta h_t",
    r"\delta c_t = \delta h_t \odot o_t \odot (1 - \tanh^2(c_t)) + \delta c_{t+1} \odot f_t",
    r"\delta c_t = \delta h_t \odot o_t \odot (1 - c_t^2) + \delta c_{t+1} \odot f_{t+1}",
    r"\delta c_t = \delta c_{t+1} \odot f_{t+1}",
    rf"{W_F} \left(\frac{{\partial L}}{{\partial h_t}} \odot c_{{t-1}} \odot f_t \odot (1 - f_t)\right) u_t^\top",
)


@pytest.mark.parametrize("claim", OF_LSTM)
def test_backpropagation_of_an_lstm_is_proved_as_it_is_written(claim: str) -> None:
    found = sg.check(LSTM, claim)
    assert found.proved, found


def test_for_which_functions_a_claim_holds_is_told() -> None:
    """Where a value or a derivative of psi is used, psi = tanh; where phi only stands there, any function."""
    uses, free = sg.check(LSTM, OF_LSTM[1]), sg.check(LSTM, OF_LSTM[0])
    assert "psi = tanh" in uses.statement
    assert "in place of" not in uses.statement
    assert "any differentiable functions in place of" in free.statement
    right = r"\phi'(a_t) \odot (\frac{\partial L_t}{\partial h_t} + W^\top \frac{\partial L}{\partial a_{t+1}})"
    step = sg.check(ELMAN, r"\frac{\partial L}{\partial a_t} = " + right)
    assert step.statement.startswith("The claim holds for every number of steps")
    assert "in place of phi" in step.statement
    assert len(step.certificate.evidence) > 1, "what it stands on is verified first"


@pytest.mark.sweep(3)
@pytest.mark.parametrize("claim", SLIPS_OF_LSTM)
def test_slips_in_the_backpropagation_of_an_lstm_are_refuted(claim: str) -> None:
    found = sg.check(LSTM, claim)
    assert found.verdict == "refuted", found


def test_the_gradient_by_a_cell_state_counts_what_numbers_say() -> None:
    """dL/df_t = dL/dc_t c_{t-1} where dL/dc_t counts the path through h_t: central differences of one step."""
    rng = np.random.default_rng(0)
    o, c, g, i, f = rng.uniform(0.2, 0.8, (5, 3))
    by_h, by_c = rng.normal(size=(2, 3))

    def loss(forget: np.ndarray) -> float:
        new = forget * c + i * g
        return float(by_h @ (o * np.tanh(new)) + by_c @ new)

    step = 1e-6
    slope = [(loss(f + step * e) - loss(f - step * e)) / (2 * step) for e in np.eye(3)]
    through = by_c + by_h * o * (1 - np.tanh(f * c + i * g) ** 2)
    np.testing.assert_allclose(slope, through * c, rtol=1e-7)
    assert sg.check(LSTM, OF_LSTM[0]).notes == (
        "a gradient by a state counts the paths through the other states of its step",
    )


PLAIN = sg.read_cell(r"h_t = \tanh(W h_{t-1} + U x_t)", name="plain_read")


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        # L is the sum over all steps, L_t is that of one
        (
            r"\frac{\partial L}{\partial x_t} = U^\top ((1 - h_t^2) \odot \frac{\partial L_t}{\partial h_t})",
            "unreadable",
        ),
        (
            r"\frac{\partial L}{\partial h_{t-1}} = \frac{\partial L_t}{\partial h_t} \frac{\partial h_t}{\partial h_{t-1}}",
            "unreadable",
        ),
        (
            r"\frac{\partial L_t}{\partial W} = ((1 - h_t^2) \odot \frac{\partial L_t}{\partial h_t}) h_{t-1}^\top",
            "refuted",
        ),
        (
            r"\frac{\partial L_t}{\partial W} = \frac{\partial L_t}{\partial h_t} \frac{\partial^+ h_t}{\partial W}",
            "refuted",
        ),
        (r"\frac{d L_t}{d W} = \frac{\partial L_t}{\partial h_t} \frac{d h_t}{d W}", "proved"),
        # beside \partial, d counts all steps
        (r"\frac{d L}{d W} = \sum_{t=1}^T \frac{\partial L}{\partial h_t} \frac{d h_t}{d W}", "refuted"),
        (r"\frac{d h_t}{d W} = \sum_{k=1}^t \frac{\partial h_t}{\partial h_k} \frac{d h_k}{d W}", "refuted"),
        (
            r"\frac{d h_t}{d W} = \frac{\partial h_t}{\partial W} + \frac{\partial h_t}{\partial h_{t-1}} \frac{\partial h_{t-1}}{\partial W}",
            "refuted",
        ),
        # the time of the left side
        (
            r"\frac{d h_{t+1}}{d W} = \frac{\partial h_{t+1}}{\partial W} + \frac{\partial h_{t+1}}{\partial h_t} \frac{d h_t}{d W}",
            "proved",
        ),
        (
            r"\frac{d h_{t+1}}{d W} = \frac{\partial h_t}{\partial W} + \frac{\partial h_t}{\partial h_{t-1}} \frac{d h_{t-1}}{d W}",
            "refuted",
        ),
        (
            r"\frac{\partial L}{\partial h_{t-1}} = \frac{\partial L_{t-1}}{\partial h_{t-1}} + W^\top ((1 - h_t^2) \odot \frac{\partial L}{\partial h_t})",
            "proved",
        ),
        (r"\frac{\partial L}{\partial h_T} = \frac{\partial L_T}{\partial h_T}", "proved"),
        (r"\frac{\partial L}{\partial h_T} = 2 \frac{\partial L_T}{\partial h_T}", "refuted"),
        (r"\frac{\partial h_t}{\partial h_0} = \prod_{i=1}^t \frac{\partial h_i}{\partial h_{i-1}}", "proved"),
        (r"\frac{\partial h_t}{\partial h_1} = \prod_{i=1}^t \frac{\partial h_i}{\partial h_{i-1}}", "refuted"),
        # sums that start at 0
        (
            r"\frac{\partial L}{\partial W} = \sum_{t=0}^{T-1} ((1 - h_{t+1}^2) \odot \frac{\partial L}{\partial h_{t+1}}) h_t^\top",
            "proved",
        ),
        (
            r"\frac{\partial L}{\partial W} = \sum_{t=0}^{T-1} ((1 - h_t^2) \odot \frac{\partial L}{\partial h_{t+1}}) h_t^\top",
            "refuted",
        ),
    ],
)
def test_which_loss_and_which_derivative(claim: str, verdict: str) -> None:
    found = sg.check(PLAIN, claim)
    assert found.verdict == verdict, found


def test_a_recursion_of_gradients_by_a_pre_activation() -> None:
    right = (
        r"\phi'(a_t) \odot \left(\frac{\partial L_t}{\partial h_t} + W^\top \frac{\partial L}{\partial a_{t+1}}\right)"
    )
    assert sg.check(ELMAN, r"\frac{\partial L}{\partial a_t} = " + right).proved
    delta = right.replace(r"\frac{\partial L}{\partial a_{t+1}}", r"\delta_{t+1}")
    beside = r", \quad \text{where } \delta_t = \frac{\partial L}{\partial a_t}"
    assert sg.check(ELMAN, r"\delta_t = " + delta + beside).proved
    assert not sg.check(ELMAN, r"\frac{\partial L}{\partial a_t} = " + right.replace(r"W^\top", "W")).proved


def test_powers_of_a_matrix() -> None:
    linear = sg.read_cell(r"h_t = W h_{t-1} + U x_t", name="linear")
    for exponent, verdict in (("t-k", "proved"), ("t-k+1", "refuted"), ("t-k-1", "refuted"), ("k-t", "undecided")):
        found = sg.check(linear, rf"\frac{{\partial h_t}}{{\partial h_k}} = W^{{{exponent}}}")
        assert found.verdict == verdict, found


def test_one_step_is_told_where_all_steps_may_be_meant() -> None:
    one = sg.check(
        PLAIN, r"\frac{\partial L}{\partial W} = ((1 - h_t^2) \odot \frac{\partial L}{\partial h_t}) h_{t-1}^\top"
    )
    assert one.proved
    assert any("sum over the steps" in note for note in one.notes)
    before = sg.check(
        PLAIN,
        r"\frac{\partial L}{\partial h_{t-1}} = \frac{\partial L}{\partial h_t} \frac{\partial h_t}{\partial h_{t-1}}",
    )
    assert any("not part of it" in note for note in before.notes)


LINEAR = sg.read_cell(r"h_t = W h_{t-1} + U x_t, \quad o_t = V h_t", name="linear_read")
TWO = sg.read_cell(r"s_t = \tanh(A s_{t-1} + B x_t) \\ h_t = \tanh(W h_{t-1} + U s_t)", name="two")
J_RUN = r"\prod_{i=%s}^%s \frac{\partial h_i}{\partial h_{i-1}}"


@pytest.mark.parametrize(
    ("cell", "claim"),
    [
        (ELMAN, r"\frac{\partial h_T}{\partial h_0} = " + J_RUN % ("1", "t")),
        (ELMAN, r"\frac{\partial h_T}{\partial h_k} = " + J_RUN % ("k+1", "t")),
        (ELMAN, r"\frac{\partial h_t}{\partial h_1} = " + J_RUN % ("{k+1}", "t")),
        (ELMAN, r"\frac{\partial h_s}{\partial h_k} = " + J_RUN % ("{k+1}", "t")),
        (ELMAN, rf"\frac{{\partial L_s}}{{\partial W}} = \sum_{{k=1}}^t {L_T} {H_T} {H_K}"),
        (ELMAN, rf"\frac{{\partial L_t}}{{\partial h_s}} = {L_T} {H_T}"),
        (ELMAN, rf"\frac{{\partial L}}{{\partial h_t}} = \sum_{{t=k}}^T {L_T} {H_T}"),
        (ELMAN, rf"\frac{{\partial L_t}}{{\partial h_0}} = {L_T} {H_T}"),
        (ELMAN, rf"\frac{{\partial L}}{{\partial h_0}} = \sum_{{t=k}}^T {L_T} {H_T}"),
        (LINEAR, r"\frac{\partial h_T}{\partial h_k} = W^{t-k}"),
        (
            LINEAR,
            r"\frac{\partial L}{\partial h_t} = W^\top \frac{\partial L}{\partial h_{t+1}} + V^\top \frac{\partial L}{\partial o_k}",
        ),
        (PLAIN, r"\frac{\partial h_k}{\partial h_{k-1}} = \mathrm{diag}(1 - h_t^2) W"),
        (
            PLAIN,
            r"\frac{\partial L}{\partial h_t} = \frac{\partial L_k}{\partial h_k} + W^\top ((1 - h_{t+1}^2) \odot \frac{\partial L}{\partial h_{t+1}})",
        ),
        (LSTM, r"\delta c_t = \delta h_t \odot o_t \odot (1 - \tanh^2(c_t)) + \delta c_{k+1} \odot f_{t+1}"),
        (LSTM, r"\frac{\partial L}{\partial f_k} = \frac{\partial L}{\partial c_t} \odot c_{t-1}"),
    ],
)
def test_a_time_that_the_left_side_does_not_have_is_another_one(cell: sg.Cell, claim: str) -> None:
    found = sg.check(cell, claim)
    assert found.verdict == "unreadable"
    assert "that the left side does not have" in found.statement


def test_a_gradient_by_the_state_at_the_start() -> None:
    step = r"\frac{\partial L_t}{\partial h_0} = \frac{\partial L_t}{\partial h_t} \frac{\partial h_t}{\partial h_0}"
    assert sg.check(ELMAN, step).proved
    whole = r"\frac{\partial L}{\partial h_0} = \sum_{t=%s}^T \frac{\partial L_t}{\partial h_t} \frac{\partial h_t}{\partial h_0}"
    assert sg.check(ELMAN, whole % "0").proved
    from_one = sg.check(ELMAN, whole % "1")  # of a loss that is that of the steps from 1 on, which is told
    assert from_one.proved
    assert any("has none of its own" in note for note in from_one.notes)
    assert sg.check(ELMAN, whole % "2").verdict == "refuted"
    assert sg.check(ELMAN, step.replace("h_t}{", "h_{t-1}}{", 1)).verdict != "proved"


def test_letters_of_time_are_the_authors() -> None:
    assert sg.check(
        ELMAN, r"\frac{\partial h_i}{\partial h_j} = \prod_{k=j+1}^i \frac{\partial h_k}{\partial h_{k-1}}"
    ).proved
    assert sg.check(
        ELMAN,
        r"\frac{\partial L}{\partial h_t} = \sum_{k=t}^T \frac{\partial L_k}{\partial h_k} \frac{\partial h_k}{\partial h_t}",
    ).proved


def test_a_gradient_within_its_own_formula_has_no_place() -> None:
    found = sg.check(ELMAN, rf"{WHOLE} = \sum_{{t=1}}^T {WHOLE}")
    assert "has no place here" in found.statement
    assert sg.check(ELMAN, r"\frac{d h_t}{d W} = \frac{\partial^+ h_t}{\partial W}").verdict == "refuted"


@pytest.mark.sweep(2)
@pytest.mark.parametrize(("cell", "name"), [(TWO, "W"), (TWO, "A"), (LSTM, "W_f"), (sg.cell("leaky"), r"\alpha")])
def test_the_loss_of_a_step_of_several_states_and_of_a_number(cell: sg.Cell, name: str) -> None:
    whole, step = (rf"\frac{{\partial {loss}}}{{\partial {name}}}" for loss in ("L", "L_t"))
    assert sg.check(cell, rf"{whole} = \sum_{{t=1}}^T {step}").proved
    assert not sg.check(cell, rf"{whole} = \sum_{{t=1}}^T 2 {step}").proved


def test_the_loss_of_the_last_step_by_one_of_several_states() -> None:
    assert sg.check(LSTM, r"\frac{\partial L}{\partial h_T} = \frac{\partial L_T}{\partial h_T}").proved
    assert not sg.check(LSTM, r"\frac{\partial L}{\partial h_T} = \frac{\partial L_T}{\partial c_T}").proved


def test_a_transposed_column_in_front_of_a_derivative_on_stacked_columns() -> None:
    claim = rf"{WHOLE} = \sum_{{t=1}}^T \left(\frac{{\partial L}}{{\partial h_t}}\right)^\top \frac{{\partial^+ h_t}}{{\partial W}}"
    assert sg.check(ELMAN, claim).proved
    assert sg.check(ELMAN, claim.replace("t=1", "t=2")).verdict == "refuted"


def test_dates_of_a_cell_that_was_read_with_others_are_told() -> None:
    cell = sg.read_cell(r"h_{t+1} = \tanh(W h_t + U x_t)")
    found = sg.check(cell, r"\frac{\partial h_{t+1}}{\partial h_t} = \mathrm{diag}(1 - h_{t+1}^2) W")
    assert any("read_recurrence" in note for note in found.notes)
    assert not any("read_recurrence" in note for note in sg.check(PLAIN, BACK).notes)
