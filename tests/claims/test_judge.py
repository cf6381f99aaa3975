"""Verdicts: what holds is proved, what does not is refuted with a witness, and what nobody knows is left open."""

from __future__ import annotations

import json
from fractions import Fraction
from functools import partial
from itertools import permutations
from typing import Any

import numpy as np
import pytest
import sympy

import symgate as sg
from symgate.claims.judging import balls
from symgate.claims.judging.diagnosis import diagnose
from symgate.claims.judging.judge import multiplied_out
from symgate.derive import result, results
from symgate.errors import NotProvedError, UnknownNameError
from symgate.language import Map
from symgate.proof.entries import Entries
from symgate.proof.numeric import draw
from symgate.proof.work import Work
from symgate.records import Kind

RIGHT = "diag(1-g) + diag(g*dphi(a)) @ W_r + diag((phi(a)-x_prev)*g*(1-g)) @ W_g"


def test_the_value_rule_of_sigma_is_known() -> None:
    found = sg.check("multi_gate", RIGHT, "jacobian")
    assert found.verdict == "proved"
    assert found.exit_code == 0
    assert "value rule of sigma" in found.statement
    assert found.require() is found
    assert (found.difference, found.diagnosis) == ("", ())


def test_a_formula_for_tanh_is_proved_for_tanh_alone() -> None:
    found = sg.check("plain", r"\operatorname{diag}(1-\tanh^2(a_t)) W_r", "jacobian")
    assert found.verdict == "proved"
    assert "phi is taken as tanh" in found.notes[0]
    assert sg.check(sg.cell("plain", phi="relu"), "diag(1-phi(a)**2) @ W_r", "jacobian").verdict == "refuted"


def test_definitions_may_be_written_out() -> None:
    assert sg.check("plain", "diag(dphi(W_r @ x_prev + W_i @ u + b)) @ W_r", "jacobian").proved


def test_a_wrong_claim_has_a_witness_that_shows_it() -> None:
    found = sg.check("multi_gate", RIGHT.replace("x_prev", "x"), "jacobian")
    assert found.verdict == "refuted"
    assert found.exit_code == 1
    assert [slip.kind for slip in found.diagnosis[0]] == ["state_after"]
    assert found.certificate is not None
    witness = found.certificate.witness
    assert witness is not None
    assert float(witness.claimed) != float(witness.true)
    with pytest.raises(NotProvedError, match="after the step"):
        found.require()
    assert json.loads(found.to_json())["diagnosis"][0][0]["kind"] == "state_after"
    assert "looks like" in str(found)


def test_the_difference_is_what_is_missing() -> None:
    found = sg.check("scalar_gate", "(1-g)*eye + g*diag(dphi(a)) @ W_r", "jacobian")
    assert found.difference == "dsigma(a_g)*(x_prev - phi(a)) @ w_g.T"
    assert r"\mathbf{w}_{g}^{\top}" in found.difference_latex


def test_exact_rationals_where_there_is_no_transcendental_function() -> None:
    found = sg.check(sg.cell("leaky", phi="identity"), "alpha*eye + alpha*diag(dphi(a)) @ W_r", "jacobian")
    assert found.certificate is not None
    assert found.certificate.witness is not None
    assert found.certificate.witness.exact
    assert Fraction(found.certificate.witness.claimed) != Fraction(found.certificate.witness.true)


@pytest.mark.skipif(not balls.available(), reason="python-flint is not installed")
@pytest.mark.parametrize(("claim", "entry"), [("diag(phi(a)) @ W_r", (1, 1)), ("diag(dphi(a)) @ W_r.T", (1, 2))])
def test_balls_enclose_the_witness(claim: str, entry: tuple[int, int]) -> None:
    found = sg.check("plain", claim, "jacobian")
    assert found.rigorous.startswith("Rigorous enclosures")
    assert found.certificate is not None
    assert found.certificate.witness is not None
    assert found.certificate.witness.entry == entry
    assert found.certificate.witness.true[:12] in found.rigorous
    assert found.certificate.witness.claimed[:12] in found.rigorous


def test_a_relation_that_the_registry_does_not_know_is_undecided() -> None:
    """softplus' = sigma is known; cos a = cos^2(a/2) - sin^2(a/2) is true too, but no rule says so."""
    assert sg.check(sg.cell("plain", phi="softplus"), "diag(sigma(a)) @ W_r", "jacobian").proved
    found = sg.check(sg.cell("plain", phi="sin"), "diag(cos(a/2)**2 - sin(a/2)**2) @ W_r", "jacobian")
    assert found.verdict == "undecided"
    assert found.exit_code == 2


def test_a_claim_that_would_not_multiply_out_is_never_proved() -> None:
    claim = "diag(" + "*".join(["(1 + g + x_prev + b)**8"] * 3) + ")"
    found = sg.check("multi_gate", claim, "jacobian")
    assert multiplied_out(result(sg.cell("multi_gate"), "jacobian").expr) < 100
    assert found.verdict == "refuted"


def test_another_layout_is_refuted_by_its_shape_and_named() -> None:
    found = sg.check("multi_gate", "W_i.T @ diag(g*dphi(a)) + V_g.T @ diag(g*(1-g)*(phi(a)-x_prev))", "u")
    assert found.verdict == "refuted"
    assert found.diagnosis[0][0].kind == "layout"
    assert found.certificate is None


def test_sympy_expressions_are_judged_too() -> None:
    truth = result(sg.cell("plain"), "jacobian")
    assert sg.check("plain", truth.expr, "jacobian").proved
    weight = truth.cell.parameters[0]
    assert sg.check("plain", weight.T, "jacobian").verdict == "refuted"
    assert sg.check("plain", Map("phi", 1, sympy.MatrixSymbol("q", 2, 1)), "jacobian").verdict != "proved"


def test_what_is_no_formula_is_unreadable() -> None:
    for claim in ("diag(", 7, b"x", "diag(q)"):
        found = sg.check("plain", claim, "jacobian")
        assert (found.verdict, found.exit_code) == ("unreadable", 2)


def test_objects_that_do_not_exist_are_named() -> None:
    for name in ("W_rr", "expansion:retention", "expansion:nothing:1", "gradient:q", "expansion:gate:x"):
        with pytest.raises(UnknownNameError):
            sg.check("multi_gate", "0", name)


def test_the_truth_has_no_diagnosis_but_the_empty_one() -> None:
    for name, truth in results(sg.cell("scalar_gate")).items():
        if not truth.one_step or truth.kind is Kind.SPLIT:
            continue
        assert diagnose(truth.expr, truth) == ((),), name


@pytest.mark.parametrize(
    ("name", "claim", "verdict", "kind"),
    [
        ("transport", r"\mathbf{J}_t\mathbf{J}_{t-1}\cdots\mathbf{J}_{k+1}", "proved", ""),
        ("transport", r"J_{k+1} \cdots J_t", "refuted", "reversed_order"),
        ("transport", "matprod(J[j] for j in range(t, k-1, -1))", "refuted", "one_step_too_many"),
        ("gradient:W_r", "sum((g[k]*dphi(a[k])*lam[k]) @ x[k].T for k in range(1, T+1))", "refuted", "state_after"),
        ("preconditioner", "diag(prod(1-g[j] for j in range(k+2, t+1)))", "refuted", "one_step_too_few"),
        ("transport", "eye", "refuted", ""),
        ("transport", "sum(" * 6 + "J[t]" + " for i in range(1, t))" * 6, "refuted", ""),
    ],
)
def test_claims_over_many_steps(name: str, claim: str, verdict: str, kind: str) -> None:
    found = sg.check("multi_gate", claim, name)
    assert found.verdict == verdict, found.statement
    assert [slips[0].kind for slips in found.diagnosis][:1] == ([kind] if kind else [])


SECOND = r"A_t \cdots A_{k+1} + \epsilon \sum_{X=k+1}^{t} A_t \cdots A_{X+1} B_X A_{X-1} \cdots A_{k+1}"
SECOND += r" + \epsilon^2 \sum_{Y=k+1}^{t} \sum_{X=Y+1}^{t} A_t \cdots A_{X+1} B_X A_{X-1} \cdots A_{Y+1} B_Y "
SECOND += r"A_{Y-1} \cdots A_{k+1}"


@pytest.mark.sweep(2)
@pytest.mark.parametrize("letters", list(permutations(("l", "i", "j", "r"), 2)))
def test_products_with_dots_run_as_the_sums_around_them_say(letters: tuple[str, str]) -> None:
    """Whatever the letters of the sums are: which time is later follows from their bounds."""
    claim = SECOND.replace("X", letters[0]).replace("Y", letters[1])
    assert sg.check("multi_gate", claim, "expansion:gate:2").proved
    late = claim.replace(f"A_{{{letters[0]}-1}}", f"A_{{{letters[0]}}}")
    assert sg.check("multi_gate", late, "expansion:gate:2").verdict == "refuted"


@pytest.mark.parametrize("letter", ["t", "r", "j"])
def test_dots_between_transposes(letter: str) -> None:
    """The gradient that travels back, as papers write it; the other way round it is refuted."""
    right = r"\sum_{X=k}^{T} J_{k+1}^\top \cdots J_{X}^\top \delta_X".replace("X", letter)
    wrong = r"\sum_{X=k}^{T} J_{X}^\top \cdots J_{k+1}^\top \delta_X".replace("X", letter)
    for claim, verdict in ((right, "proved"), (wrong, "refuted")):
        found = sg.check("leaky", rf"\frac{{\partial L}}{{\partial x_k}} = {claim}", "adjoint")
        assert found.verdict == verdict, claim
    two = r"(J_{k+1}^\top J_{k+2}^\top \cdots J_{t}^\top)^\top"
    assert sg.check("leaky", two, "transport").proved


def test_products_with_dots_of_which_nothing_says_how_they_run_are_not_read() -> None:
    found = sg.check("multi_gate", r"J_t \cdots J_{l} J_{r} \cdots J_{k+1}", "transport")
    assert found.verdict == "unreadable"
    assert "later" in found.statement


def test_a_proxy_is_a_definition_and_not_proved() -> None:
    """The rate per unit of the drive split is equal to nothing else; what it is not is refuted all the same."""
    right = r"\eta \bigodot_{j=k+1}^{t} \mathbf{g}_j"
    found = sg.check("multi_gate", right, "rate:drive")
    assert found.verdict == "undecided"
    assert "proxy" in found.statement
    assert sg.check("multi_gate", right.replace("k+1", "k+2"), "rate:drive").verdict == "refuted"
    assert sg.check("scalar_gate", r"\eta \prod_{j=k+1}^{t} g_j", "rate:drive").proved


def test_functions_agree_or_are_refuted_but_are_never_proved() -> None:
    right = sg.lambdify(sg.jacobian(sg.cell("multi_gate")))
    found = sg.check("multi_gate", right, "jacobian")
    assert found.verdict == "undecided"
    assert found.points == 5
    assert found.largest is not None
    assert found.largest < 1e-12
    without_gate = sg.check("multi_gate", lambda **v: sum(list(right.terms(**v).values())[:2]), "jacobian")
    assert without_gate.verdict == "refuted"
    assert without_gate.diagnosis[0][0].kind == "gate_term_missing"
    turned = sg.check("multi_gate", lambda **v: right(**v).T, "jacobian")
    assert turned.diagnosis[0][0].kind == "layout"


def right_shape(x: np.ndarray) -> np.ndarray:
    return x


def test_a_function_that_fails_is_unreadable() -> None:
    assert "ZeroDivisionError" in sg.check("plain", lambda **_: 1 / 0, "jacobian").statement
    assert sg.check("plain", right_shape, "jacobian").verdict == "unreadable"
    assert sg.check("plain", right_shape, "transport").verdict == "unreadable"
    assert sg.check("plain", lambda W_r: W_r * np.nan, "jacobian").verdict == "refuted"


def test_a_stack_shifted_by_one_step_is_told() -> None:
    truth = result(sg.cell("scalar_gate"), "jacobian")
    sizes = dict(zip(truth.cell.dimensions, (4, 3), strict=True))
    at = draw(truth, sizes, 0)
    rng = np.random.default_rng(0)
    at |= {"x": rng.standard_normal((7, 4)), "u": rng.standard_normal((6, 3))}
    right = sg.lambdify(truth)
    stack = right(**{**at, "x": at["x"][:-1]})
    assert sg.check("scalar_gate", stack, "jacobian", at=at).points == 6
    late = right(**{**at, "x": at["x"][1:], "u": np.concatenate([at["u"][1:], at["u"][:1]])})
    found = sg.check("scalar_gate", late, "jacobian", at=at)
    assert found.verdict == "refuted"
    assert found.diagnosis[0][0].kind == "off_by_one_step"
    assert sg.check("scalar_gate", stack, "jacobian", at={"x": at["x"]}).verdict == "unreadable"


def test_a_diagnosis_that_is_too_much_work_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The verdict stands without it."""
    monkeypatch.setattr("symgate.claims.judging.diagnosis.Entries", partial(Entries, work=Work(10)))
    found = sg.check(sg.cell("multi_gate"), r"\operatorname{diag}(g_t) W_r", "jacobian")

    assert found.verdict == "refuted"
    assert found.diagnosis == ()


def test_a_function_is_compared_where_the_object_has_a_value() -> None:
    """The root of a number below 0 has none: there a right function is not refuted, and a wrong one is elsewhere."""
    cell = sg.cell("plain", phi="sqrt")

    def right(x: Any, u: Any, W_r: Any, W_i: Any, b: Any) -> Any:
        return W_r / (2 * np.sqrt(W_r @ x + W_i @ u + b))[:, None]

    found = sg.check(cell, right, "jacobian")
    assert (found.verdict, found.points) == ("undecided", 5)
    assert sg.check(cell, lambda **values: 2 * right(**values), "jacobian").verdict == "refuted"


def test_a_stack_is_not_compared_at_kinks() -> None:
    """At a state of zeros without input the argument of relu is 0, where each program has a slope of its own."""
    cell = sg.cell("plain", phi="relu")
    at = {"x": np.zeros((3, 2)), "u": np.array([[0.0], [1], [2]]), "W_r": np.eye(2), "W_i": np.ones((2, 1))}
    at["b"] = np.zeros(2)
    for slope in (0, 0.5, 1):
        found = sg.check(cell, np.array([slope * np.eye(2), np.eye(2), np.eye(2)]), "jacobian", at=at)
        assert (found.verdict, found.points) == ("undecided", 2)
    found = sg.check(cell, np.array([np.eye(2), np.eye(2), 2 * np.eye(2)]), "jacobian", at=at)
    assert found.verdict == "refuted"
    assert "step 3 of 3" in found.statement
    alone = at | {"x": at["x"][:1], "u": at["u"][:1]}
    assert "Nothing is compared" in sg.check(cell, np.eye(2)[None], "jacobian", at=alone).statement
