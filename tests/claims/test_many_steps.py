"""Claims over many steps in another form than the printed one: the induction decides."""

from __future__ import annotations

import pytest

import symgate as sg

TRUE = [
    (
        "leaky",
        "expansion:retention:1",
        r"(1-\alpha)^{t-k} I + \epsilon \alpha (1-\alpha)^{t-k-1} \sum_{i=k+1}^{t} \operatorname{diag}(\phi'(a_i)) W_r",
    ),
    (
        "leaky",
        "adjoint",
        r"\delta_k + ((1-\alpha) I + \alpha \operatorname{diag}(\phi'(a_{k+1})) W_r)^\top \lambda_{k+1}",
    ),
    ("multi_gate", "transport", r"\prod_{j=k+1}^{t} J_j"),
]
FALSE = [
    (
        "leaky",
        "expansion:retention:1",
        r"(1-\alpha)^{t-k} I + \epsilon \alpha (1-\alpha)^{t-k} \sum_{i=k+1}^{t} \operatorname{diag}(\phi'(a_i)) W_r",
    ),
    (
        "leaky",
        "expansion:retention:1",
        r"(1-\alpha)^{t-k} I + \epsilon \alpha (1-\alpha)^{t-k-1} \sum_{i=k+2}^{t} \operatorname{diag}(\phi'(a_i)) W_r",
    ),
    ("leaky", "adjoint", r"\delta_k + ((1-\alpha) I + \alpha \operatorname{diag}(\phi'(a_k)) W_r)^\top \lambda_{k+1}"),
]


@pytest.mark.parametrize(("cell", "which", "claim"), TRUE)
def test_another_form_of_the_truth_is_proved(cell: str, which: str, claim: str) -> None:
    assert sg.check(sg.cell(cell), claim, which, form="latex").verdict == "proved"


@pytest.mark.parametrize(("cell", "which", "claim"), FALSE)
def test_another_form_of_a_slip_is_refuted(cell: str, which: str, claim: str) -> None:
    assert sg.check(sg.cell(cell), claim, which, form="latex").verdict == "refuted"


@pytest.mark.parametrize("prime", ["'", r"^\prime", r"^{\prime}"])
def test_primes_in_every_spelling(prime: str) -> None:
    claim = rf"\operatorname{{diag}}(\phi{prime}(a_t)) W_r"

    assert sg.check(sg.cell("plain"), claim, "jacobian", form="latex").verdict == "proved"
