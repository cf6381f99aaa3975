r"""How a later state depends on the inputs and the names of an earlier step, dh_t/dx_k = M_{t,k} dh_k/dx_k."""

from __future__ import annotations

import numpy as np
import pytest

import symgate as sg

ELMAN = sg.read_cell(r"a_t = W h_{t-1} + U x_t + b \\ h_t = \phi(a_t)", name="elman")
LINEAR = sg.read_cell(r"h_t = W h_{t-1} + U x_t", name="linear")
BY = r"\frac{\partial h_t}{\partial x_k} = "
RUN = r"\left(\prod_{i=k+1}^{t} \mathrm{diag}(\phi'(a_i)) W\right)"
NEXT = r"\frac{\partial L_t}{\partial h_t} + W \frac{\partial L}{\partial a_{t+1}})"

TRUE = [
    (ELMAN, BY + RUN + r" \mathrm{diag}(\phi'(a_k)) U"),
    (ELMAN, BY + r"\frac{\partial h_t}{\partial h_k} \frac{\partial h_k}{\partial x_k}"),
    (
        ELMAN,
        BY + r"\left(\prod_{i=k+1}^{t} \frac{\partial h_i}{\partial h_{i-1}}\right) \frac{\partial h_k}{\partial x_k}",
    ),
    (ELMAN, r"\frac{\partial h_t}{\partial a_k} = " + RUN + r" \mathrm{diag}(\phi'(a_k))"),
    (ELMAN, r"\frac{\partial h_T}{\partial x_t} = \frac{\partial h_T}{\partial h_t} \mathrm{diag}(\phi'(a_t)) U"),
    (LINEAR, BY + "W^{t-k} U"),
    (LINEAR, r"\left(\frac{\partial h_t}{\partial x_k}\right)^\top = U^\top (W^\top)^{t-k}"),
]
FALSE = [
    (ELMAN, BY + RUN + " U"),
    (ELMAN, BY + RUN + r" \mathrm{diag}(\phi'(a_t)) U"),
    (ELMAN, BY + RUN.replace("k+1", "k") + " U"),
    (ELMAN, BY + r"\frac{\partial h_t}{\partial h_{k-1}} \frac{\partial h_k}{\partial x_k}"),
    (ELMAN, BY + r"\frac{\partial h_t}{\partial h_k} \frac{\partial h_t}{\partial x_t}"),
    (LINEAR, BY + "W^{t-k-1} U"),
    (LINEAR, BY + "W^{t-k+1} U"),
    (LINEAR, BY + r"(W^\top)^{t-k} U"),
    # of the gradients that are judged in the same way
    (ELMAN, r"\frac{\partial L}{\partial h_T} = 2 \frac{\partial L_T}{\partial h_T}"),
    (ELMAN, r"\frac{\partial L}{\partial a_t} = \phi'(a_t) \odot (" + NEXT),
]


@pytest.mark.parametrize(("cell", "claim"), TRUE)
def test_how_a_state_depends_on_an_earlier_input(cell: sg.Cell, claim: str) -> None:
    found = sg.check(cell, claim)
    assert found.proved, found


@pytest.mark.parametrize(("cell", "claim"), FALSE)
def test_slips_are_refuted_with_a_witness(cell: sg.Cell, claim: str) -> None:
    found = sg.check(cell, claim)
    assert found.verdict == "refuted", found
    assert found.certificate.witness is not None


def test_it_is_what_numbers_say() -> None:
    """Complex step through three steps of h_t = tanh(W h_{t-1} + U x_t + b)."""
    rng = np.random.default_rng(0)
    W, U, b = rng.normal(size=(3, 3)), rng.normal(size=(3, 2)), rng.normal(size=3)
    xs = rng.normal(size=(3, 2)).astype(complex)

    def last(xs: np.ndarray) -> np.ndarray:
        h = np.zeros(3, complex)
        for x in xs:
            h = np.tanh(W @ h + U @ x + b)
        return h

    h, slopes = np.zeros(3), []
    for x in xs.real:
        h = np.tanh(W @ h + U @ x + b)
        slopes.append(np.diag(1 - h**2))
    claimed = slopes[2] @ W @ slopes[1] @ W @ slopes[0] @ U
    for j in range(2):
        moved = xs.copy()
        moved[0, j] += 1e-30j
        np.testing.assert_allclose(last(moved).imag / 1e-30, claimed[:, j], rtol=1e-12)


@pytest.mark.parametrize(
    ("left", "verdict"),
    [
        ("dx/dx_prev", "proved"),
        ("dx[t]/dx[t-1]", "proved"),
        ("dx[t+1]/dx[t-1]", "unreadable"),  # of two steps
        ("dx[t]/dx[k]", "unreadable"),  # the names of step t on the right have no time there
    ],
)
def test_times_in_brackets_count(left: str, verdict: str) -> None:
    assert sg.check("leaky", f"{left} = (1-alpha)*eye + alpha*diag(dphi(a)) @ W_r").verdict == verdict
    assert sg.check("leaky", "dx[t+1]/dx[t] = (1-alpha)*eye + alpha*diag(dphi(a[t+1])) @ W_r").proved


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"\frac{\partial h_t}{\partial c_t} = \mathrm{diag}(o_t \odot (1 - \tanh^2(c_t)))", "proved"),
        (r"\frac{\partial h_t}{\partial c_t} = \mathrm{diag}(o_t \odot \tanh'(c_t))", "proved"),
        (
            r"\frac{\partial h_t}{\partial f_t} = \frac{\partial h_t}{\partial c_t} \frac{\partial c_t}{\partial f_t}",
            "proved",
        ),
        (r"\frac{\partial h_t}{\partial c_t} = \mathrm{diag}(o_t)", "refuted"),
        (r"\frac{\partial h_t}{\partial c_t} = \mathrm{diag}(o_t \odot (1 - c_t^2))", "refuted"),
        (r"\frac{\partial h_t}{\partial c_t} = \mathrm{diag}(o_t \odot (1 - \tanh^2(c_{t-1})))", "refuted"),
        (r"\frac{\partial c_t}{\partial h_t} = \mathrm{diag}(o_t)", "unreadable"),
    ],
)
def test_one_state_by_another_of_the_same_step(claim: str, verdict: str) -> None:
    """As every tutorial on the LSTM writes it."""
    found = sg.check("lstm", claim)
    assert found.verdict == verdict, found
