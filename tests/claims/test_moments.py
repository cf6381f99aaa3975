"""A claim over many steps has a value at all times of its object, or it is not proved."""

from __future__ import annotations

import pytest

import symgate as sg
from symgate.claims.judging.moments import without_value
from symgate.claims.reading.reader import stated
from symgate.proof.certificate import Verdict

CELLS = ("leaky", "multi_gate", "lstm", "mingru", "gru_d", "lem")
OVER_TIME = ("transport", "adjoint", "gradient:", "expansion:", "rate:", "preconditioner", "analogy:momentum")


def _leak() -> sg.Cell:
    """A recurrence whose Jacobian is 1 at all steps: canonical forms do not tell one step from another."""
    c = sg.CellBuilder("leak", source="a test")
    x, u, V = c.state("x", "n"), c.input("u", "m"), c.matrix("V", "n", "m")
    c.next(x, x + V @ u)
    return c.build()


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        (r"\prod_{j=k+1}^{t} J_{j-1}", "uses J at 0"),
        (r"\prod_{j=k+1}^{t} J_{j+1}", "uses J at 2"),
        (r"\left(\prod_{j=k+2}^{t} J_j\right) J_k", "uses J at 0"),
    ],
)
def test_a_claim_that_needs_a_step_that_is_none_is_not_proved(claim: str, words: str) -> None:
    found = sg.check(_leak(), claim, "transport")

    assert found.verdict is Verdict.UNDECIDED
    assert words in found.statement


def test_a_claim_with_too_many_names_to_look_up_is_not_proved() -> None:
    """Sums that cancel hide a step that is none behind thousands of names that are."""
    many = " @ ".join(["x[k] @ x[k].T"] * 2)
    hidden = f"sum({many} for i in range(0, 9998)) - sum({many} for i in range(1, 9999))"
    found = sg.check(_leak(), f"matprod(J[j-1] for j in range(t, k, -1)) + {hidden}", "transport")

    assert found.verdict is Verdict.UNDECIDED
    assert sg.check(_leak(), "matprod(J[j] for j in range(t, k, -1))", "transport").verdict is Verdict.PROVED


@pytest.mark.parametrize("claim", [r"\prod_{j=k+2}^{t+1} J_{j-1}", r"\prod_{j=k+1}^{t} J_j", "I"])
def test_a_claim_with_a_value_at_all_times_is_proved(claim: str) -> None:
    assert sg.check(_leak(), claim, "transport").verdict is Verdict.PROVED


@pytest.mark.parametrize("cell", CELLS)
def test_no_result_needs_a_step_that_is_none(cell: str) -> None:
    names = [name for name in sg.results(sg.cell(cell)) if name.startswith(OVER_TIME)]
    for name in names:
        truth = sg.result(sg.cell(cell), name)
        assert without_value(stated(truth), truth) is None, name
    assert names


def test_what_is_displayed_with_a_delta_of_two_times_is_proved() -> None:
    """(1 - delta_{t,k}) times what no step defines at t = k."""
    shown = sg.tex.equation(sg.result(sg.cell("lstm"), "expansion:retention:2"))

    assert r"\delta_{t,k}" in shown
    assert sg.check("lstm", shown, "expansion:retention:2").verdict is Verdict.PROVED


LINEAR = sg.read_cell(r"h_t = W h_{t-1} + U x_t", name="linear")
LEAK = sg.read_cell(r"h_t = \alpha h_{t-1} + U x_t", name="leak")
GATED = sg.read_cell(r"h_t = f \odot h_{t-1} + U x_t", name="gated")
RUN = r"\frac{\partial h_t}{\partial h_k} = "


@pytest.mark.parametrize(
    "claim",
    [
        RUN + "W^{t-k} W^{k-t}",  # as empty products it would be true; it is I where W has an inverse
        RUN + "W^{k-t} W^{t-k} W^{t-k}",  # true where W has an inverse
        RUN + "W^t W^{-k}",
        RUN + r"W^{t-k-1} \frac{\partial h_{k+1}}{\partial h_k}",
        r"\frac{\partial L}{\partial U} = \sum_{t=1}^T W^{t-5} W^{5-t} \frac{\partial L}{\partial h_t} x_t^\top",
        r"\frac{\partial L}{\partial h_k} = \sum_{t=k}^T (W^{k-t} W^{t-k})^\top \frac{\partial L_t}{\partial h_t}",
    ],
)
def test_a_power_below_zero_is_an_inverse_and_not_an_empty_product(claim: str) -> None:
    found = sg.check(LINEAR, claim)

    assert found.verdict is Verdict.UNDECIDED, found
    assert "is an inverse" in found.statement


TWO = sg.read_cell(r"s_t = W s_{t-1} + U x_t, \quad h_t = V s_t + R h_{t-1}", name="two")


@pytest.mark.parametrize(
    ("cell", "claim", "true"),
    [
        (LINEAR, r"h_t = W^t h_0 + \sum_{k=1}^t W^{t-k} %s U x_k", "W^{t-k}"),
        (TWO, r"\frac{\partial s_t}{\partial s_k} = W^{t-k} %s", "W^{t-k}"),
        (LINEAR, r"\frac{\partial h_t}{\partial x_k} = W^{t-k} %s U", "W^{t-k}"),
        (LINEAR, r"\frac{\partial h_t}{\partial h_0} = W^t %s", "W^t"),
        (LINEAR, r"\frac{\partial L_t}{\partial h_k} = (W^{t-k} %s)^\top \frac{\partial L_t}{\partial h_t}", "W^{t-k}"),
    ],
)
def test_an_inverse_beside_any_kind_of_claim_is_not_taken_for_one(cell: sg.Cell, claim: str, true: str) -> None:
    """Behind the power that is right its own inverse, which would make it I."""
    exponent = true[2:].strip("{}")
    inverse = "W^{k-t}" if "k" in exponent else "W^{-t}"

    assert sg.check(cell, claim % "").proved
    found = sg.check(cell, claim % inverse)
    assert not found.proved, found


@pytest.mark.parametrize(
    ("cell", "claim", "words"),
    [
        (LEAK, RUN + r"\alpha^t \alpha^{-k} I", "alpha is not 0"),
        (LEAK, RUN + r"\frac{\alpha^t}{\alpha^k} I", "alpha**k is not 0"),
        (LEAK, RUN + r"\alpha^{t-k-1} \alpha I", "alpha is not 0"),
        (LEAK, RUN + r"\alpha^{t-k} I", ""),
        (GATED, RUN + r"\mathrm{diag}(f^t \odot f^{-k})", "no entry of f is 0"),
        (GATED, RUN + r"\mathrm{diag}(f^{t-k})", ""),
        (GATED, RUN + r"\frac{x_t^\top x_t}{x_t^\top x_t} \mathrm{diag}(f^{t-k})", "dot(x[t], x[t]) is not 0"),
        (
            LINEAR,
            r"\frac{\partial h_t}{\partial h_{t-1}} = \frac{x_t^\top x_t}{x_t^\top x_t} W",
            "dot(x[t], x[t]) is not 0",
        ),
        (LINEAR, r"\frac{\partial h_t}{\partial h_{t-1}} = W", ""),
    ],
)
def test_what_a_claim_divides_by_is_told_also_where_it_cancels(cell: sg.Cell, claim: str, words: str) -> None:
    found = sg.check(cell, claim)

    assert found.proved, found
    assert words in found.statement
    assert words or " not 0" not in found.statement
    assert not words or any(words in item for item in found.certificate.conditions)


def test_a_claim_with_too_many_steps_to_look_up_is_not_proved() -> None:
    """Steps without a name count as well, or they are looked through one by one."""
    long = "sum(sum(sum(eye for l in range(0, 9999)) for p in range(0, 9999)) for s in range(0, 9999))"
    found = sg.check("plain", f"J[t] @ ... @ J[k+1] + {long} - {9999**3}*eye", "transport")

    assert found.verdict is Verdict.UNDECIDED
    assert "too many" in found.statement


def test_a_long_sum_is_looked_through() -> None:
    claim = "J[t] @ ... @ J[k+1] + sum(eye for i in range(0, 9999)) - 9999*eye"
    assert sg.check("plain", claim, "transport").proved
