"""Claims over many steps that are no derivative of a step: closed forms, direct paths, the start, a general parameter."""

from __future__ import annotations

import pytest

import symgate as sg
from symgate.claims import read_recurrence
from symgate.claims.judging.record import Finding
from symgate.claims.reading.decimals import decimal
from symgate.claims.reading.limits import UnreadableError

LINEAR = read_recurrence(r"h_t = W h_{t-1} + U x_t")
FORWARD = read_recurrence(r"h_{t+1} = W h_t + U x_t")
LEAKY = read_recurrence(r"h_t = (1-\alpha) h_{t-1} + \alpha \tanh(W h_{t-1} + U x_t)")
ELMAN = read_recurrence(r"h_t = \tanh(W h_{t-1} + U x_t)")
OPAQUE = read_recurrence(r"h_t = \phi(W h_{t-1} + U x_t + b)")
GATED = read_recurrence(r"z_t = \sigma(U_z h_{t-1} + W_z x_t), \quad h_t = (1 - z_t) \odot h_{t-1} + z_t \odot (V x_t)")
LSTM_TEXT = (
    r"f_t = \sigma(W_f x_t + U_f h_{t-1}), \quad i_t = \sigma(W_i x_t + U_i h_{t-1}), \quad "
    r"o_t = \sigma(W_o x_t + U_o h_{t-1} PEEPHOLE), \quad \tilde{c}_t = \tanh(W_c x_t + U_c h_{t-1}), \quad "
    r"c_t = f_t \odot c_{t-1} + i_t \odot \tilde{c}_t, \quad h_t = o_t \odot \tanh(c_t)"
)
LSTM = read_recurrence(LSTM_TEXT.replace(" PEEPHOLE", ""))
PEEPHOLE = read_recurrence(
    r"f_t = \sigma(W_f x_t + U_f h_{t-1}), \quad i_t = \sigma(W_i x_t + U_i h_{t-1}), \quad "
    r"\tilde{c}_t = \tanh(W_c x_t + U_c h_{t-1}), \quad c_t = f_t \odot c_{t-1} + i_t \odot \tilde{c}_t, \quad "
    r"o_t = \sigma(W_o x_t + U_o h_{t-1} + p_o \odot c_t), \quad h_t = o_t \odot \tanh(c_t)"
)


def told(finding: Finding) -> str:
    """Notes and proposals in one text."""
    return "; ".join([*finding.notes, *(item.words for item in finding.proposals)])


@pytest.mark.parametrize(
    ("cell", "claim", "verdict"),
    [
        (LINEAR, r"h_t = W^{t-1} h_1 + \sum_{k=2}^t W^{t-k} U x_k", "proved"),  # an induction from t = 1
        (LINEAR, r"h_t = W^{t-2} h_1 + \sum_{k=2}^t W^{t-k} U x_k", "refuted"),
        (LINEAR, r"h_{t+1} = W^{t+1} h_0 + \sum_{k=1}^{t+1} W^{t+1-k} U x_k", "proved"),
        (LINEAR, r"h_{t+1} = W^{t} h_0 + \sum_{k=1}^{t+1} W^{t+1-k} U x_k", "refuted"),
        (LINEAR, r"h_s = W^s h_0 + \sum_{t=1}^s W^{s-t} U x_t", "proved"),
        (LINEAR, r"h_s = W^s h_0 + \sum_{t=1}^s W^{s-t} U x_s", "refuted"),
        (LINEAR, r"h_t = h_{t-1}", "refuted"),
        (LINEAR, r"h_t = W^9 h_{t-9} + \sum_{j=0}^{8} W^j U x_{t-j}", "undecided"),  # no step before 9 has the value
        (LINEAR, r"h_t = W^2 h_{t-2} + W U x_{t-1} + U x_t", "proved"),
        (LINEAR, r"h_t = W^2 h_{t-2} + U W x_{t-1} + U x_t", "unreadable"),
        (LINEAR, r"h_t = W^3 h_{t-3} + W^2 U x_{t-2} + W U x_{t-1} + U x_t", "proved"),
        (LINEAR, r"h_t = W^2 h_{t-3} + W^2 U x_{t-2} + W U x_{t-1} + U x_t", "refuted"),
        (LINEAR, r"h_t = W^2 h_{t-2} + W U x_t + U x_{t-1}", "refuted"),
        (LSTM, r"h_t = o_t \odot \tanh(c_t)", "proved"),
        (LSTM, r"h_t = o_t \odot \tanh(c_{t-1})", "refuted"),
        (FORWARD, r"h_t = W^t h_0 + \sum_{k=0}^{t-1} W^{t-1-k} U x_k", "proved"),
        (FORWARD, r"h_t = W^t h_0 + \sum_{k=0}^{t-1} W^{t-k} U x_k", "refuted"),
        (GATED, r"h_t = (\prod_{j=1}^t (1-z_j)) \odot h_0 + \sum_{k=1}^t (\prod_{j=k+1}^t (1-z_j)) \odot z_k \odot (V x_k)", "proved"),
        (GATED, r"h_t = (\prod_{j=1}^t (1-z_j)) \odot h_0 + \sum_{k=1}^t (\prod_{j=k+1}^t (1-z_j)) \odot z_t \odot (V x_k)", "refuted"),
        (LEAKY, r"h_t = (1-\alpha)^t h_0 + \alpha \sum_{s=0}^{t-1} (1-\alpha)^s \tanh(W h_{t-s-1} + U x_{t-s})", "proved"),
        (LEAKY, r"h_t = (1-\alpha)^t h_0 + \alpha \sum_{s=0}^{t-1} (1-\alpha)^s \tanh(W h_{t-s} + U x_{t-s})", "refuted"),
    ],
)  # fmt: skip
def test_a_closed_form_of_a_state_is_proved_by_induction(cell: object, claim: str, verdict: str) -> None:
    assert sg.check(cell, claim).verdict == verdict


def test_a_closed_form_from_zero_is_no_closed_form_but_is_proposed() -> None:
    found = sg.check(LINEAR, r"h_t = \sum_{k=1}^t W^{t-k} U x_k")
    assert found.verdict == "refuted"
    assert "true where h_0 = 0" in told(found)
    assert not sg.check(LINEAR, r"h_t = \sum_{k=1}^t W^{t-k} x_k U").proposals


def test_an_intermediate_is_no_state() -> None:
    found = sg.check(GATED, r"z_t = z_{t-1}")
    assert found.verdict == "unreadable"
    assert "closed form of a state" in found.statement


@pytest.mark.parametrize(
    ("claim", "direct"),
    [
        (r"\frac{\partial c_t}{\partial c_k} = \prod_{i=k+1}^t \mathrm{diag}(f_i)", True),
        (r"\frac{\partial c_t}{\partial c_k} = f_t \odot f_{t-1} \odot \cdots \odot f_{k+1}", True),
        (r"\frac{\partial c_t}{\partial c_k} = \prod_{i=k}^t \mathrm{diag}(f_i)", False),
        (r"\frac{\partial h_t}{\partial h_k} = \prod_{i=k+1}^t \mathrm{diag}(f_i)", False),
    ],
)
def test_the_direct_path_of_a_cell_is_proposed_and_never_proved(claim: str, direct: bool) -> None:
    found = sg.check(LSTM, claim)
    assert found.verdict == "refuted"
    assert ("direct path through c" in told(found)) is direct


@pytest.mark.parametrize(("slope", "verdict"), [("f", "proved"), ("o", "refuted")])
def test_a_state_that_nothing_leads_back_to_has_the_direct_path_alone(slope: str, verdict: str) -> None:
    """h depends on c, and c on nothing but itself."""
    cell = read_recurrence(
        r"f_t = \sigma(W_f x_t), \quad o_t = \sigma(W_o x_t), \quad c_t = f_t \odot c_{t-1} + (1 - f_t) \odot (W x_t), "
        r"\quad h_t = o_t \odot h_{t-1} + \tanh(c_t)"
    )
    claim = rf"\frac{{\partial c_t}}{{\partial c_k}} = \prod_{{i=k+1}}^t \mathrm{{diag}}({slope}_i)"
    assert sg.check(cell, claim).verdict == verdict


PATHS = (
    r"\frac{\partial c_t}{\partial c_{t-1}} = \mathrm{diag}(f_t) + (\mathrm{diag}(c_{t-1} \odot f_t \odot (1-f_t)) U_f + "
    r"\mathrm{diag}(\tilde{c}_t \odot i_t \odot (1-i_t)) U_i + \mathrm{diag}(i_t \odot (1-\tilde{c}_t^2)) U_c) "
)


@pytest.mark.sweep(2)
@pytest.mark.parametrize(
    ("cell", "last", "verdict"),
    [
        (LSTM, r"\frac{\partial h_{t-1}}{\partial c_{t-1}}", "proved"),
        (LSTM, r"\mathrm{diag}(o_{t-1} \odot (1-\tanh^2(c_{t-1})))", "proved"),
        (LSTM, r"\mathrm{diag}(o_{t-1} \odot (1-h_{t-1}^2))", "refuted"),
        (PEEPHOLE, r"\frac{\partial h_{t-1}}{\partial c_{t-1}}", "proved"),
        (PEEPHOLE, r"\mathrm{diag}(o_{t-1} \odot (1-\tanh^2(c_{t-1})))", "refuted"),  # o_{t-1} depends on c_{t-1}
    ],
)
def test_paths_through_the_step_before_count_where_a_claim_follows_them(cell: object, last: str, verdict: str) -> None:
    found = sg.check(cell, PATHS + last)
    assert found.verdict == verdict
    assert "is taken for what it is made of" in told(found) or "1-h_{t-1}" in last


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"\frac{\partial L}{\partial h_0} = \sum_{t=1}^T \left(\frac{\partial h_t}{\partial h_0}\right)^\top \delta_t", "proved"),
        (r"\frac{\partial L}{\partial h_0} = \sum_{t=0}^T \left(\frac{\partial h_t}{\partial h_0}\right)^\top \delta_t", "proved"),
        (r"\frac{\partial L}{\partial h_0} = \sum_{t=2}^T \left(\frac{\partial h_t}{\partial h_0}\right)^\top \delta_t", "refuted"),
        (r"\frac{\partial L}{\partial h_0} = W^\top \mathrm{diag}(1-h_1^2) \frac{\partial L}{\partial h_1}", "proved"),
        (r"\frac{\partial L}{\partial h_0} = W^\top \mathrm{diag}(1-h_1^2) \frac{\partial L}{\partial h_0}", "refuted"),
        (r"\frac{\partial L}{\partial h_1} = W^\top \mathrm{diag}(1-h_2^2) \frac{\partial L}{\partial h_2}", "refuted"),
    ],
)  # fmt: skip
def test_the_gradient_by_the_state_at_the_start(claim: str, verdict: str) -> None:
    """h_0 has no loss of its own where the loss is that of the steps from 1 on; h_1 has one."""
    assert sg.check(ELMAN, claim).verdict == verdict


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"\frac{\partial L}{\partial h_0} = \sum_{t=1}^T (W^\top)^t \frac{\partial L_t}{\partial h_t}", "proved"),
        (r"\frac{\partial L}{\partial h_1} = \sum_{t=1}^T (W^\top)^{t-1} \frac{\partial L_t}{\partial h_t}", "proved"),
        (r"\frac{\partial L}{\partial h_1} = \sum_{t=2}^T (W^\top)^{t-1} \frac{\partial L_t}{\partial h_t}", "refuted"),
        (r"\frac{\partial L}{\partial h_1} = W^\top \frac{\partial L}{\partial h_2}", "refuted"),
    ],
)  # fmt: skip
def test_a_time_that_is_a_number_stays_for_authors_of_a_step_forward(claim: str, verdict: str) -> None:
    """x_{t+1} = F(x_t, u_t): h_1 has a loss of its own, wherever the trajectory starts."""
    assert sg.check(FORWARD, claim).verdict == verdict


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"\frac{\partial L}{\partial h_t} = \sum_{i=t}^T (W^\top)^{T-i} \frac{\partial L_{T+t-i}}{\partial h_{T+t-i}}", "proved"),
        (r"\frac{\partial L}{\partial h_t} = \sum_{i=t}^T (W^\top)^{T-i} \frac{\partial L_i}{\partial h_i}", "refuted"),
        (r"\frac{\partial h_t}{\partial h_k} = \prod_{i=0}^{t-k-1} \frac{\partial h_{t-i}}{\partial h_{t-i-1}}", "proved"),
        (r"\frac{\partial h_{t+1}}{\partial h_k} = W^{t+1-k}", "proved"),
        (r"\frac{\partial h_{t+1}}{\partial h_k} = W^{t-k}", "refuted"),
        (r"\frac{\partial h_t}{\partial h_k} = \prod_{i=0}^{t-k} \frac{\partial h_{t-i}}{\partial h_{t-i-1}}", "refuted"),
    ],
)  # fmt: skip
def test_an_index_that_runs_backward_is_read_by_the_time_of_what_it_names(claim: str, verdict: str) -> None:
    assert sg.check(LINEAR, claim).verdict == verdict


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"\frac{\partial L}{\partial \theta} = \sum_{t=1}^T \frac{\partial L}{\partial h_t} \frac{\partial^+ h_t}{\partial \theta}", "proved"),
        (r"\frac{\partial L}{\partial \theta} = \sum_{t=1}^T \frac{\partial L_t}{\partial h_t} \frac{\partial^+ h_t}{\partial \theta}", "refuted"),
        (r"\frac{\partial L}{\partial \theta} = \sum_{t=1}^T \mathrm{diag}(\phi'(W h_{t-1} + U x_t + b)) \frac{\partial L}{\partial h_t}", "refuted"),
    ],
)  # fmt: skip
def test_a_claim_about_any_parameter_is_proved_only_for_all(claim: str, verdict: str) -> None:
    """The last one holds for b alone."""
    found = sg.check(OPAQUE, claim)
    assert found.verdict == verdict
    assert r"\theta is read as each parameter" in told(found)
    one = claim.replace(r"\theta", "b")
    assert sg.check(OPAQUE, one).proved == (verdict == "proved" or "diag" in claim)


def test_a_theta_of_the_recurrence_is_itself() -> None:
    own = read_recurrence(r"h_t = \theta h_{t-1} + U x_t")
    found = sg.check(own, r"\frac{\partial h_t}{\partial \theta} = h_{t-1}")
    assert found.proved
    assert "each parameter" not in told(found)


@pytest.mark.parametrize(
    ("written", "plain"),
    [("1e-3", "0.001"), (".5", "0.5"), ("2.50", "2.50"), ("12.5e1", "125"), ("1E-8", "0.00000001"), ("7", "7")],
)
def test_numbers_are_plain_decimals(written: str, plain: str) -> None:
    assert decimal(written, 0) == plain


def test_a_power_of_ten_is_small() -> None:
    with pytest.raises(UnreadableError, match="power of ten"):
        decimal("1e999999999", 0)


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"\frac{\partial h_t}{\partial h_{t-1}} = (1 - 1e-3) I + 1e-3 W", "proved"),
        (r"\frac{\partial h_t}{\partial h_{t-1}} = .999 I + 10^{-3} W", "proved"),
        (r"\frac{\partial h_t}{\partial h_{t-1}} = (1 - 1e-3 + 1e-8) I + 1e-3 W", "refuted"),
        (r"\frac{\partial h_t}{\partial h_{t-1}} = .99 I + 10^{-3} W", "refuted"),
        ("dh/dh_prev = (1 - 1e-3)*eye + 1e-3*W", "proved"),
        ("dh/dh_prev = (1 - 1e-3)*eye + 1e-4*W", "refuted"),
    ],
)
def test_numbers_of_claims_are_read_as_they_are_typed(claim: str, verdict: str) -> None:
    own = read_recurrence(r"h_t = (1 - 1e-3) h_{t-1} + 1e-3 (W h_{t-1} + U x_t)")
    assert sg.check(own, claim).verdict == verdict


@pytest.mark.parametrize(
    ("right", "words"),
    [
        (r"\sum_{j=0}^{k} A^{k-j} B u_j", "true where x_{-1} = 0, so that the step at 0 is one of the recurrence"),
        (r"\sum_{j=1}^{k} A^{k-j} B u_j", "true where x_0 = 0"),
        (r"\sum_{j=0}^{k} A^{k-j+1} B u_j", ""),
        (r"\sum_{j=-1}^{k} A^{k-j} B u_j", ""),
    ],
)
def test_a_state_that_starts_at_zero_is_proposed(right: str, words: str) -> None:
    found = sg.check(sg.read_cell("x_k = A x_{k-1} + B u_k", name="linear"), f"x_k = {right}")
    assert found.verdict == "refuted"
    assert [item.words for item in found.proposals] == ([words] if words else [])
