"""Over many steps: where x_{t+1} = F(x_t, u_t) starts, the loss of one step, derivatives in products."""

from __future__ import annotations

import pytest

import symgate as sg
from symgate.claims import read_recurrence
from symgate.claims.judging.starts import SECOND

LATER = read_recurrence(r"x_{t+1} = (1-\gamma) x_t + \gamma \tanh(A x_t + B u_t)")
SLOPE = r"(1-\tanh^2(A x_t + B u_t))"
BACK = rf"(1-\gamma)\lambda_{{t+1}} + \gamma A^\top ({SLOPE} \odot \lambda_{{t+1}})"
BY_B = r"\frac{\partial L}{\partial B} ="
STEP = r"((1-\gamma) I + \gamma \operatorname{diag}(1-\tanh^2(A x_j + B u_j)) A)"
ELMAN = read_recurrence(r"h_t = \tanh(W h_{t-1} + U x_t)")
OUTER = r"\operatorname{diag}(1-h_k^2)"
TRIANGLE = rf"\sum_{{t=1}}^{{T}} \sum_{{k=1}}^{{t}} {OUTER} \frac{{\partial h_t}}{{\partial h_k}}^\top"


@pytest.mark.parametrize(
    ("claim", "name", "verdict"),
    [
        (rf"\lambda_t = {BACK} + \delta_t", "adjoint", "proved"),
        (rf"{BACK.replace('t+1', 'k+1').replace('_t', '_k')} + \delta_k", "adjoint", "proved"),
        (rf"\lambda_t = {BACK} + \delta_{{t+1}}", "adjoint", "refuted"),
        (rf"\lambda_t = {BACK.replace('u_t', 'u_{t+1}')} + \delta_t", "adjoint", "refuted"),
        (rf"\frac{{\partial x_t}}{{\partial x_k}} = \prod_{{j=k}}^{{t-1}} {STEP}", None, "proved"),
        (rf"\frac{{\partial x_t}}{{\partial x_k}} = \prod_{{j=k+1}}^{{t}} {STEP}", None, "refuted"),
        (
            rf"{BY_B} \sum_t \gamma ({SLOPE} \odot \lambda_{{t+1}}) u_t^\top",
            None,
            "proved",
        ),
        (rf"{BY_B} \sum_{{t=0}}^{{T-1}} \gamma ({SLOPE} \odot \lambda_{{t+1}}) u_t^\top", None, "proved"),
        (rf"{BY_B} \sum_t \gamma ({SLOPE} \odot \lambda_t) u_t^\top", None, "refuted"),
    ],
)
def test_a_step_from_t_to_the_next(claim: str, name: str | None, verdict: str) -> None:
    found = sg.check(LATER, claim, name)
    assert found.verdict == verdict, found.statement
    assert SECOND not in found.notes


def test_a_sum_from_one_is_told_to_start_there() -> None:
    claim = rf"{BY_B} \sum_{{t=1}}^{{T}} \gamma ({SLOPE} \odot \lambda_{{t+1}}) u_t^\top"
    found = sg.check(LATER, claim)
    assert found.proved
    assert SECOND in found.notes


@pytest.mark.parametrize(
    ("right", "verdict"),
    [
        (rf"\sum_{{k=1}}^{{T}} {OUTER} \frac{{\partial L}}{{\partial h_k}} h_{{k-1}}^\top", "proved"),
        (rf"\sum_{{k=1}}^{{T}} {OUTER} \frac{{\partial L_k}}{{\partial h_k}} h_{{k-1}}^\top", "refuted"),
        (rf"\sum_{{k=1}}^{{T}} {OUTER} \nabla_{{h_k}} \mathcal{{L}}_k h_{{k-1}}^\top", "refuted"),
        (rf"{TRIANGLE} \frac{{\partial L_t}}{{\partial h_t}} h_{{k-1}}^\top", "proved"),
        (rf"{TRIANGLE} \frac{{\partial L}}{{\partial h_t}} h_{{k-1}}^\top", "refuted"),
    ],
)
def test_the_loss_of_one_step_is_not_that_of_all(right: str, verdict: str) -> None:
    assert sg.check(ELMAN, rf"\frac{{\partial L}}{{\partial W}} = {right}").verdict == verdict


def test_the_gradient_of_the_loss_of_one_step_is_not_taken_for_that_of_all() -> None:
    back = r"W^\top \operatorname{diag}(1-h_{t+1}^2) \frac{\partial L}{\partial h_{t+1}}"
    own = rf"\frac{{\partial L}}{{\partial h_t}} = \frac{{\partial L_t}}{{\partial h_t}} + {back}"
    assert sg.check(ELMAN, own).proved
    told = sg.check(ELMAN, rf"\frac{{\partial L_t}}{{\partial h_t}} = {back}")
    assert told.verdict == "unreadable"
    assert "without a time" in told.statement


@pytest.mark.parametrize(
    ("right", "verdict"),
    [
        (r"\frac{\partial h_t}{\partial h_{t-1}} \cdots \frac{\partial h_{k+1}}{\partial h_k}", "proved"),
        (r"\frac{\partial h_{k+1}}{\partial h_k} \cdots \frac{\partial h_t}{\partial h_{t-1}}", "refuted"),
        (r"\frac{\partial h_t}{\partial h_{t-1}} \cdots \frac{\partial h_{k+2}}{\partial h_{k+1}}", "refuted"),
        (r"\frac{\partial h_t}{\partial h_{t-2}} \cdots \frac{\partial h_{k+2}}{\partial h_k}", "unreadable"),
    ],
)
def test_dots_between_derivatives(right: str, verdict: str) -> None:
    assert sg.check(ELMAN, rf"\frac{{\partial h_t}}{{\partial h_k}} = {right}").verdict == verdict


DATED = (
    r"h_{t+1} = \sigma(W h_t + V x_{t+1})",
    r"h_{t+1} = \sigma(W h_t + V x_t)",
)


@pytest.mark.parametrize("recurrence", DATED)
def test_derivatives_in_a_claim_follow_the_dates_of_the_author(recurrence: str) -> None:
    """Whether the input of the step to h_{t+1} is x_{t+1} or x_t."""
    author = read_recurrence(recurrence)
    input_ = "x_{t+1}" if "x_{t+1}" in recurrence else "x_t"
    slope = rf"\mathrm{{diag}}(\sigma'(W h_t + V {input_}))"
    back = r"\frac{\partial C}{\partial h_{t+1}} \frac{\partial h_{t+1}}{\partial h_t}"
    by_W = rf"{slope} \frac{{\partial C}}{{\partial h_{{t+1}}}} h_t^\top"
    whole = rf"\frac{{\partial C}}{{\partial W}} = \sum_{{t=0}}^{{T-1}} {by_W}"
    for claim in (
        rf"\frac{{\partial C}}{{\partial h_t}} = {back}",
        rf"\frac{{\partial C}}{{\partial h_t}} = \frac{{\partial C_t}}{{\partial h_t}} + {back}",
        rf"\frac{{\partial C}}{{\partial h_t}} = W^\top {slope} \frac{{\partial C}}{{\partial h_{{t+1}}}}",
        whole,
    ):
        assert sg.check(author, claim).proved, claim
    other = whole.replace(input_, "x_t" if "+1" in input_ else "x_{t+1}")
    assert sg.check(author, other).verdict == "refuted"
