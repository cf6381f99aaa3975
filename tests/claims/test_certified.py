"""The verdicts that the judges share: a decision proves nothing that another exact route contradicts."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

import symgate as sg
from symgate.claims import read_recurrence
from symgate.claims.judging import certified
from symgate.claims.judging.certified import second_opinion
from symgate.claims.judging.record import Finding
from symgate.proof import Evidence

JUDGING = Path(certified.__file__).parent
LINEAR = sg.read_cell(r"h_t = W h_{t-1} + U x_t", name="linear")
#: h depends on c, and c on nothing but itself.
PAIR = read_recurrence(
    r"f_t = \sigma(W_f x_t), \quad c_t = f_t \odot c_{t-1} + W x_t, \quad h_t = h_{t-1} + \tanh(c_t)"
)
#: A claim that holds for each of the judges that ask for a second opinion.
HELD = [
    (LINEAR, r"\frac{\partial L}{\partial h_T} = \frac{\partial L_T}{\partial h_T}"),
    (LINEAR, r"\frac{\partial h_t}{\partial x_k} = W^{t-k} U"),
    (LINEAR, r"\frac{\partial h_t}{\partial h_k} = W^{t-k}"),
    (LINEAR, r"h_t = W^2 h_{t-2} + W U x_{t-1} + U x_t"),
    (PAIR, r"\frac{\partial c_t}{\partial c_k} = \prod_{i=k+1}^t \mathrm{diag}(f_i)"),
]
FEW = (LINEAR, r"\frac{\partial h_t}{\partial h_{t-2}} = W^2")


def contradicting(*_: object, **__: object) -> tuple[Evidence, None]:
    """A planted opinion that objects, without a counterexample."""
    return Evidence("modular", passed=False, detail="planted"), None


def different(*_: object, **__: object) -> SimpleNamespace:
    """A planted decision that does not find two sides equal."""
    return SimpleNamespace(equal=False, level="opaque", reason="planted")


@pytest.mark.parametrize(("cell", "claim"), HELD)
def test_a_contradicted_proof_is_undecided_and_a_fault(
    cell: sg.Cell, claim: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the very judge that proves the claim where no route objects."""
    assert sg.check(cell, claim).proved
    for judge in JUDGING.glob("*.py"):
        if "second_opinion" in judge.read_text(encoding="utf-8") and judge.stem != "certified":
            monkeypatch.setattr(f"symgate.claims.judging.{judge.stem}.second_opinion", contradicting)
    found: Finding = sg.check(cell, claim)
    assert (found.verdict, found.certificate and found.certificate.fault) == ("undecided", "planted")


@pytest.mark.parametrize(("cell", "claim"), [HELD[1], HELD[3], FEW])
def test_what_the_decision_does_not_call_equal_is_not_proved(
    cell: sg.Cell, claim: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though the modular route finds no difference: points are no proof."""
    assert sg.check(cell, claim).proved
    for judge in JUDGING.glob("*.py"):
        if re.search(r"import .*\bdecide\b", judge.read_text(encoding="utf-8")):
            monkeypatch.setattr(f"symgate.claims.judging.{judge.stem}.decide", different)
    assert sg.check(cell, claim).verdict == "undecided"


def test_only_an_opinion_that_objects_has_a_counterexample() -> None:
    """Which says where."""
    right = sg.jacobian(sg.cell("leaky"))
    opinion, case = second_opinion(right)
    assert (opinion.passed, case) == (True, None)
    wrong = replace(right, named_terms=(("twice", 2 * right.expr),))
    opinion, case = second_opinion(wrong)
    assert opinion.passed is False
    assert case is not None
    assert case.claimed != case.true


def test_the_judges_build_no_proof_of_their_own() -> None:
    """Beside the shared function only the judges of objects do, whose proofs are compared with both routes there."""
    own = {
        path.stem
        for path in JUDGING.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Certificate"
    }
    assert own == {"certified", "judge", "sequences"}


#: sigma(z) = (1 + tanh(z/2))/2, so this is 0.
NOTHING = "(sigma({0}) - (1 + tanh({0}/2))/2)"


@pytest.mark.parametrize(
    ("about", "claim"),
    [
        ("jacobian", "{0}/{0}*diag(dphi(a)) @ W_r"),
        ("transport", "(1 + {0}*{0}/{0})*(J[t] @ ... @ J[k+1])"),
        (None, "x[t] = {0}/{0}*phi(W_r @ x[t-1] + W_i @ u[t] + b)"),
    ],
)
def test_what_divides_by_nothing_is_not_proved(about: str | None, claim: str) -> None:
    """Also where it cancels."""
    found = sg.check("plain", claim.format(NOTHING.format("dot(b,b)")), about)
    assert found.verdict == "undecided"
    assert "no value anywhere" in found.statement


def test_what_may_be_0_is_a_condition() -> None:
    found = sg.check("plain", "dot(b,b)/dot(b,b)*diag(dphi(a)) @ W_r", "jacobian")
    assert found.verdict == "proved"
    assert "dot(b, b) is not 0" in found.statement


def test_what_divides_by_a_vector_of_nothing_is_not_proved() -> None:
    nothing = NOTHING.format("b")
    found = sg.check("plain", f"diag({nothing}) @ diag(1/{nothing}) @ diag(dphi(a)) @ W_r", "jacobian")
    assert found.verdict == "undecided"
    assert "no value anywhere" in found.statement
    name = "dot(b, a[k]) - dot(b, W_r @ x[k-1] + W_i @ u[k] + b)"
    found = sg.check("plain", f"sum(({name})/({name})*(dphi(a[k])*lam[k]) for k in range(1, T+1))", "gradient:b")
    assert found.verdict == "undecided"


def test_a_transposed_matrix_in_plain_text_is_no_last_step() -> None:
    """The T of W_r.T says nothing of times, so the claim is read, and judged."""
    claim = "matprod(diag(dphi(a[j])) @ W_r.T for j in range(t, k, -1))"
    assert sg.check("plain", claim, "transport").verdict == "refuted"
