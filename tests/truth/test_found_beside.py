"""What attacks on equations beside a claim found, each as the smallest case that shows it."""

from __future__ import annotations

import pytest

import symgate as sg
from tests.truth import api


@pytest.mark.parametrize("letter", ["k", "t"])
def test_delta_on_both_sides_is_one_thing(letter: str) -> None:
    """It was the whole gradient on the left, and the gradient of the loss of one step on the right."""
    claim = rf"\delta_{letter} = \delta_{letter} + J_{{{letter}+1}}^\top \lambda_{{{letter}+1}}"
    assert sg.check("plain", claim).verdict == api.REFUTED
    true = rf"\lambda_{letter} = \delta_{letter} + J_{{{letter}+1}}^\top \lambda_{{{letter}+1}}"
    assert sg.check("plain", true).verdict == api.PROVED


_JACOBIAN = r"\frac{\partial x_t}{\partial x_{t-1}} = (1-\alpha) %s + \alpha \operatorname{diag}(\phi'(a_t)) W_r"


@pytest.mark.parametrize(
    ("written", "beside"),
    [
        ("I", "I = 2"),
        ("I", r"I = \operatorname{diag}(b)"),
        ("I", r"\mathbf{I} = W_r"),
        ("I", r"I^\top = W_r"),
        ("I_n", "I_n = W_r"),
        ("I_t", r"I_t = x_t x_t^\top"),
        ("D", "D = I, I = W_r"),
        (r"\operatorname{diag}(\mathbf{1})", r"\mathbf{1} = b"),
        (r"\operatorname{diag}(\mathbf{1}_n)", r"\mathbf{1}_n = b"),
    ],
)
def test_the_identity_and_ones_mean_what_the_claim_says(written: str, beside: str) -> None:
    """An equation beside a claim that gives I or 1 another meaning was left out without a word."""
    assert sg.check("leaky", f"{_JACOBIAN % written}, where {beside}").verdict != api.PROVED


@pytest.mark.parametrize(
    ("written", "beside"),
    [
        ("I", r"I = \operatorname{diag}(\mathbf{1})"),
        ("I_n", r"I_n = \operatorname{diag}(\mathbf{1})"),
        ("I_n", "I_n = I"),
        (r"\operatorname{diag}(\mathbf{1})", r"\mathbf{1} = b/b"),
    ],
)
def test_the_identity_and_ones_may_be_defined_as_what_they_are(written: str, beside: str) -> None:
    """An author may say what I is."""
    assert sg.check("leaky", f"{_JACOBIAN % written}, where {beside}").verdict in {api.PROVED, api.UNDECIDED}
