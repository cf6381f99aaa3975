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


_TWO_LAYERS = r"p_t = \tanh(A_1 p_{t-1} + B_1 x_t), \quad q_t = \tanh(A_2 q_{t-1} + B_2 p_t)"
_OWN = r"\frac{\partial L_t}{\partial p_t}"
_LATER = r"A_1^\top ((1 - p_{t+1}^2) \odot \frac{\partial L}{\partial p_{t+1}})"
_ABOVE = r"B_2^\top ((1 - q_t^2) \odot \frac{\partial L}{\partial q_t})"


@pytest.mark.parametrize(
    ("right", "true"),
    [
        (f"{_OWN} + {_LATER} + {_ABOVE}", True),
        (f"{_LATER} + {_ABOVE}", True),
        (rf"\delta^p_t + {_LATER} + {_ABOVE}", True),
        (f"{_OWN} + {_LATER}", False),
        (f"{_OWN} + {_LATER} + {_ABOVE.replace('q_t^2', 'q_{t-1}^2')}", False),
        (f"{_LATER} + {_ABOVE.replace('q_t^2', 'p_t^2')}", False),
        (f"{_OWN} + {_LATER} + 2 {_ABOVE}", False),
    ],
)
def test_a_layer_takes_gradients_from_above_and_from_the_step_behind(right: str, *, true: bool) -> None:
    """It was refuted at the start, of which a claim with paths through a step says nothing."""
    cell = sg.read_cell(_TWO_LAYERS, name="layers")
    claim = rf"\frac{{\partial L}}{{\partial p_t}} = {right}"
    assert sg.check(cell, claim).verdict == (api.PROVED if true else api.REFUTED)


@pytest.mark.parametrize(
    ("cell", "name", "claim"),
    [
        ("plain", "adjoint", "delta[i] + J[i+1].T @ lam[i+1]"),
        ("plain", "adjoint", "delta[t] + J[t+1].T @ lam[t+1]"),
        ("leaky", "preconditioner", "(1-alpha)**(j-k)*eye"),
        ("leaky", "preconditioner", "(1-alpha)**(T-t)*eye"),
        ("leaky", "rate:drive", "eta*alpha**(j-k)"),
        ("leaky", "rate:drive", "eta*alpha**(T-k)"),
        ("plain", "transport", r"J_T \cdots J_{k+1}"),
    ],
)
def test_what_holds_with_other_letters_of_time_is_not_refuted(cell: str, name: str, claim: str) -> None:
    """A bare right side does not say which of its letters are t and k."""
    assert api.verdict(cell, name, claim) != api.REFUTED


@pytest.mark.parametrize(
    ("cell", "name", "claim"),
    [
        ("plain", "adjoint", r"\lambda_k = \delta_i + J_{i+1}^\top \lambda_{i+1}"),
        ("leaky", "preconditioner", "(1-alpha)**(T-k)*(1-alpha)**(t-T-1)*eye"),
        ("leaky", "rate:drive", "eta*alpha**(t-k-1)"),
    ],
)
def test_other_letters_of_time_prove_nothing(cell: str, name: str, claim: str) -> None:
    """A letter that the object does not have is not taken for one of its own."""
    assert api.verdict(cell, name, claim) != api.PROVED
