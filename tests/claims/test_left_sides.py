"""A left side says what a claim is about; one that says something else is never proved."""

from __future__ import annotations

import pytest

import symgate as sg
from symgate.claims import read_recurrence

ELMAN = read_recurrence(r"h_t = \tanh(W h_{t-1} + U x_t + b)", name="elman")
NAMED = read_recurrence(r"a_t = W h_{t-1} + U x_t + b,\ h_t = \phi(a_t)", name="named")
LSTM = read_recurrence(
    r"f_t = \sigma(W_f x_t + U_f h_{t-1}) \\ i_t = \sigma(W_i x_t + U_i h_{t-1}) \\ "
    r"g_t = \tanh(W_g x_t + U_g h_{t-1}) \\ o_t = \sigma(W_o x_t + U_o h_{t-1}) \\ "
    r"c_t = f_t \odot c_{t-1} + i_t \odot g_t \\ h_t = o_t \odot \tanh(c_t)"
)
D = r"\operatorname{diag}(1-h_t^2)"

PATHS = " + ".join(
    rf"\frac{{\partial c_t}}{{\partial {gate}_t}}\frac{{\partial {gate}_t}}{{\partial h_{{t-1}}}}" for gate in "fig"
)
TRUE = [
    (ELMAN, rf"\frac{{\partial h_t}}{{\partial h_{{t-1}}}} = {D} W", "h"),
    (ELMAN, rf"\dfrac{{\mathrm{{d}} h_t}}{{\mathrm{{d}} h_{{t-1}}}} = {D} W", "h"),
    (ELMAN, rf"\frac{{\partial h_t}}{{\partial x_t}} = {D} U", "x"),
    (ELMAN, rf"\frac{{\partial h_t}}{{\partial b}} = {D}", "b"),
    (ELMAN, rf"\left(\frac{{\partial h_t}}{{\partial h_{{t-1}}}}\right)^\top = W^\top {D}", "h"),
    (ELMAN, rf"\frac{{\partial h_t}}{{\partial h_{{t-1}}}}^{{T}} = W^T {D}", "h"),
    (ELMAN, rf"2\frac{{\partial h_t}}{{\partial h_{{t-1}}}} = 2 {D} W", "h"),
    (ELMAN, rf"-\frac{{\partial h_t}}{{\partial h_{{t-1}}}} = {D} (-W)", "h"),
    (ELMAN, r"\frac{\partial h_{t+1}}{\partial h_t} = \operatorname{diag}(1-h_{t+1}^2) W", "h"),
    (ELMAN, r"\frac{\partial h^{(i)}}{\partial h^{(i-1)}} = \operatorname{diag}(1-(h^{(i)})^2) W", "h"),
    (ELMAN, r"\frac{\partial h_{t,i}}{\partial h_{t-1,j}} = (1-h_{t,i}^2) W_{ij}", "h"),
    (ELMAN, r"\frac{\partial h_{t,i}}{\partial b_j} = (1-h_{t,i}^2) \delta_{ij}", "b"),
    (ELMAN, r"\frac{\partial L}{\partial b} = (1-h_t^2) \odot \frac{\partial L}{\partial h_t}", "vjp:b"),
    (ELMAN, r"\nabla_W L = ((1-h_t^2) \odot \nabla_{h_t} L) h_{t-1}^\top", "vjp:W"),
    (ELMAN, r"\frac{\partial L}{\partial U} = \sum_{t=1}^{T} ((1-h_t^2) \odot \lambda_t) x_t^\top", "gradient:U"),
    (NAMED, r"\frac{\partial h_t}{\partial a_t} = \operatorname{diag}(\phi'(a_t))", "h/a"),
    (NAMED, r"\frac{\partial a_t}{\partial h_{t-1}} = W", "a/h"),
    (NAMED, r"\frac{\partial h_t}{\partial h_{t-1}} = \frac{\partial h_t}{\partial a_t} W", "h"),
    (NAMED, r"\frac{\partial h_t}{\partial h_k} = \prod_{j=k+1}^{t} \operatorname{diag}(\phi'(a_j)) W", "transport"),
    (LSTM, r"\frac{\partial c_t}{\partial c_{t-1}} = \operatorname{diag}(f_t)", "c/c"),
    (LSTM, r"\frac{\partial h_t}{\partial c_t} = \operatorname{diag}(o_t \odot (1-\tanh^2(c_t)))", "h/c_new"),
    (
        LSTM,
        r"\frac{\partial c_t}{\partial h_{t-1}} = " + PATHS,
        "c/h",
    ),
    (ELMAN, "dh/dh_prev = diag(1-h**2) @ W", "h"),
    (ELMAN, "dh/dx = diag(1-h**2) @ U", "x"),
]


@pytest.mark.parametrize(("cell", "claim", "about"), TRUE, ids=lambda item: item if isinstance(item, str) else "")
def test_a_left_side_says_what_the_claim_is_about(cell: object, claim: str, about: str) -> None:
    found = sg.check(cell, claim)
    assert (found.verdict, found.object) == ("proved", about), found


WRONG = [
    (rf"2\frac{{\partial h_t}}{{\partial h_{{t-1}}}} = {D} W", "refuted"),
    (rf"\left(\frac{{\partial h_t}}{{\partial h_{{t-1}}}}\right)^\top = {D} W", "refuted"),
    (rf"\frac{{\partial h_t}}{{\partial x_t}} = {D} W", "refuted"),
    (rf"\frac{{\partial h_t}}{{\partial h_{{t-1}}}} \le {D} W", "undecided"),
    (r"\frac{\partial h_{t+1}}{\partial h_t} = \operatorname{diag}(1-h_t^2) W", "refuted"),
    (r"\frac{\partial h_{t,i}}{\partial h_{t-1,j}} = (1-h_{t,i}^2) W_{ji}", "refuted"),
    (r"\frac{\partial h_{t,i}}{\partial h_{t-1,j}} = (1-h_{t,j}^2) W_{ij}", "refuted"),
    (rf"\frac{{\partial h_t}}{{\partial h_{{t-1}}}} = {D} W = W {D}", "refuted"),
    (r"\frac{\partial h_t}{\partial x_{t-1}} = W", "refuted"),
    (r"\frac{\partial q_t}{\partial h_{t-1}} = W", "unreadable"),
    (r"h_t = W", "refuted"),
    (r"Q = W", "unreadable"),
    (r"W", "unreadable"),
]


@pytest.mark.parametrize(("claim", "verdict"), WRONG)
def test_what_a_left_side_changes_changes_the_verdict(claim: str, verdict: str) -> None:
    assert sg.check(ELMAN, claim).verdict == verdict


@pytest.mark.parametrize(
    "left",
    [
        r"\frac{\partial h_t}{\partial x_t}",
        r"\frac{\partial L}{\partial W}",
        "dh/dU",
        r"\frac{\partial h_t}{\partial h_k}",
    ],
)
def test_a_left_side_that_states_something_else_is_never_proved(left: str) -> None:
    found = sg.check(ELMAN, rf"{left} = {D} W", "jacobian")
    assert found.verdict == "unreadable"
    assert "not 'jacobian'" in found.statement


def test_every_link_of_a_chain_is_judged() -> None:
    good = rf"\frac{{\partial h_t}}{{\partial h_{{t-1}}}} = {D} W = W - \operatorname{{diag}}(h_t^2) W"
    assert "All 2 right sides hold" in sg.check(ELMAN, good).statement
    bad = rf"\frac{{\partial h_t}}{{\partial h_{{t-1}}}} = {D} W = W"
    assert "number 2 fails" in sg.check(ELMAN, bad).statement


def test_names_behind_where_are_definitions() -> None:
    where = r"\text{where } D_t = \operatorname{diag}(v_t), v_t = 1 - h_t^2"
    claim = r"\frac{\partial h_t}{\partial h_{t-1}} = D_t W, \quad " + where
    assert sg.check(ELMAN, claim).proved
    assert sg.check(ELMAN, claim.replace("1 - h_t^2", "1 + h_t^2")).verdict == "refuted"
    loop = r"\frac{\partial h_t}{\partial h_{t-1}} = D_t, \text{where } D_t = E_t, E_t = D_t"
    assert "defined by itself" in sg.check(ELMAN, loop).statement


def test_an_approximation_is_a_relation_of_its_own() -> None:
    right = sg.check(ELMAN, rf"\frac{{\partial h_t}}{{\partial h_{{t-1}}}} \approx {D} W")
    assert right.proved
    assert any("holds exactly" in note for note in right.notes)
    assert sg.check(ELMAN, r"\frac{\partial h_t}{\partial h_{t-1}} \approx W").verdict == "undecided"


def test_a_gradient_of_several_states_is_of_all_of_them() -> None:
    found = sg.check(LSTM, r"\frac{\partial L}{\partial U_f} = f_t h_{t-1}^\top")
    assert found.verdict == "refuted"
    assert found.object == "vjp:U_f"
    assert "lam_c" in found.truth
    assert "lam_h" in found.truth


def test_the_next_step_may_be_t_plus_1() -> None:
    found = read_recurrence(r"h_{t+1} = \tanh(W h_t + U x_t)")
    assert found.notation.new == 1
    assert sg.check(found, r"\frac{\partial h_{t+1}}{\partial h_t} = \operatorname{diag}(1-h_{t+1}^2) W").proved
    assert sg.check(found, r"\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(1-h_t^2) W").proved
    assert sg.check(
        found, r"\frac{\partial h_{t+1}}{\partial x_t} = \operatorname{diag}(\tanh'(W h_t + U x_t)) U"
    ).proved
    assert (
        sg.check(found, r"\frac{\partial h_{t+1}}{\partial h_t} = \operatorname{diag}(1-h_t^2) W").verdict == "refuted"
    )


@pytest.mark.parametrize("left", ["J_t", r"\mathbf{J}_{t}", "J[t]"])
def test_the_letter_of_the_jacobian_is_the_jacobian(left: str) -> None:
    right = (
        r"(1-\alpha) I + \alpha \operatorname{diag}(\phi'(a_t)) W_r"
        if "[" not in left
        else "(1-alpha)*eye + alpha*diag(dphi(a)) @ W_r"
    )

    assert sg.check("leaky", f"{left} = {right}").verdict == "proved"
    assert sg.check("leaky", f"{left} = {right.replace('1-', '2-')}").verdict == "refuted"
