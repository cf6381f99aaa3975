"""Times in a claim of which its object says nothing: the last step where it can be no other, and never refuted."""

from __future__ import annotations

import pytest

import symgate as sg
from symgate.proof.certificate import Verdict

TERM = r"(\phi'(a_k) \odot \lambda_k) x_{k-1}^\top"
OPEN = {
    "transport": ("J[s] @ ... @ J[k+1]", "J[t] @ ... @ J[k+1] @ J[i]"),
    "gradient:W_r": ("sum((dphi(a[k])*lam[k]) @ x[k-1].T for k in range(1, t+1)) + lam[T] @ x[T].T",),
}


@pytest.mark.parametrize("left", ["", r"\frac{\partial L}{\partial W_r} = ", r"\nabla_{W_r} L = "])
@pytest.mark.parametrize("last", ["t", "s", r"\tau", "T"])
def test_the_last_step_of_a_gradient_may_have_another_letter(left: str, last: str) -> None:
    found = sg.check("plain", rf"{left}\sum_{{k=1}}^{{{last}}} {TERM}", None if left else "gradient:W_r")
    assert found.proved, found
    assert any("is read as the last step" in note for note in found.notes) == (last in "ts")


@pytest.mark.parametrize(
    "right", [rf"\sum_{{k=1}}^{{t-1}} {TERM}", rf"\sum_{{k=2}}^{{t}} {TERM}", rf"-\sum_{{k=1}}^{{t}} {TERM}"]
)
def test_what_is_wrong_with_the_last_step_as_t_is_refuted(right: str) -> None:
    assert sg.check("plain", rf"\frac{{\partial L}}{{\partial W_r}} = {right}").verdict is Verdict.REFUTED


def test_a_bound_time_of_that_letter_stays() -> None:
    own = TERM.replace("k", "t")
    assert sg.check("plain", rf"\frac{{\partial L}}{{\partial W_r}} = \sum_{{t=1}}^{{t}} {own}").proved


@pytest.mark.parametrize(("name", "claim"), [(name, claim) for name, claims in OPEN.items() for claim in claims])
def test_a_time_of_which_the_object_says_nothing_is_not_refuted(name: str, claim: str) -> None:
    assert sg.check("plain", claim, name).verdict is Verdict.UNDECIDED


@pytest.mark.parametrize(
    "claim", ["sum(0 for k in range(1, T+1))", r"\sum_{k=1}^{T} 0", "2*sum(0 for k in range(1, T+1))"]
)
def test_a_sum_of_0_is_0_of_any_shape(claim: str) -> None:
    c = sg.CellBuilder("switched", source="a test")
    x, u, b = c.state("x", "n"), c.input("u", "n"), c.vector("b", "n")
    c.next(x, x + sg.language.where(u > b, 1, 0) * u)
    truth = sg.result(c.build(), "gradient:b")

    assert sg.check(truth.cell, claim, "gradient:b").proved
    assert sg.check(truth.cell, sg.text(truth)).verdict is not Verdict.REFUTED
    assert sg.check("plain", claim, "gradient:b").verdict is Verdict.REFUTED
