"""Einstein sums in array code, and what is told to write for what is not of the notation."""

from __future__ import annotations

import numpy as np
import pytest

import symgate as sg
from symgate.claims import read_recurrence
from symgate.claims.reading.einsum import _PRODUCTS, without_einsum

CODE = read_recurrence("h = np.tanh(np.einsum('ij,j->i', W, h_prev) + np.dot(U, x) + b)")
ENTRY = r"\frac{\partial h_{t,i}}{\partial h_{t-1,j}} = "
A = "dh * (1 - h**2)"


@pytest.mark.parametrize("letters", list(_PRODUCTS))
def test_the_product_is_what_numpy_computes(letters: str) -> None:
    draw = np.random.default_rng(0)
    factors, _, _ = letters.partition("->")
    left, right = (draw.normal(size=(3,) * len(own)) for own in factors.split(","))
    spelled = without_einsum(f"np.einsum('{letters}', left, right)")
    forms = {
        "outer(left, right)": np.outer(left, right),
        "outer(right, left)": np.outer(right, left),
        "((left) @ (right))": left @ right,
        "((left).T @ (right))": left.T @ right,
        "((right).T @ (left))": right.T @ left,
        "((right) @ (left))": right @ left,
        "((left) @ (right).T)": left @ right.T,
        "((left) * (right))": left * right,
        "dot(left, right)": left @ right,
    }
    np.testing.assert_allclose(forms[spelled], np.einsum(letters, left, right))


@pytest.mark.parametrize(
    "claim",
    [
        f"dW = np.einsum('i,j->ij', {A}, h_prev)",
        f"dW = np.einsum('j,i->ij', h_prev, {A})",
        f"dU = np.einsum('a,b->ab', {A}, x)",
        f"dh_prev = np.einsum('ij,i->j', W, {A})",
        f"dh_prev = np.einsum('i,ij->j', {A}, W)",
    ],
)
def test_einstein_sums_are_read(claim: str) -> None:
    assert sg.check(CODE, claim).proved


@pytest.mark.parametrize(
    "claim",
    [
        f"dW = np.einsum('i,j->ji', {A}, h_prev)",
        f"dW = np.einsum('i,j->ij', h_prev, {A})",
        f"dW = np.einsum('i,j->ij', {A}, h)",
        f"dW = np.einsum('i,i->i', {A}, h_prev)",
        f"dW = np.einsum('i,j->', {A}, h_prev)",
        f"dW = np.einsum('i,j->ij', {A})",
        f"dW = np.einsum('bi,bj->ij', {A}, h_prev)",
        f"dh_prev = np.einsum('ij,j->i', W, {A})",
        f"dh_prev = np.einsum('ji,i->j', W, {A})",
        f"dh_prev = np.einsum('j,ij->i', {A}, W)",
        f"dh_prev = np.einsum('ij,i->j', U, {A})",
        f"dh_prev = np.einsum('ij,i->j', W, {A}",
    ],
)
def test_other_letters_say_something_else(claim: str) -> None:
    assert sg.check(CODE, claim).verdict in ("refuted", "unreadable")


@pytest.mark.parametrize(
    ("claim", "advice"),
    [
        (
            r"\frac{\partial h_{t,i}}{\partial h_{t-1,j}} = \begin{cases} W_{ii} & i = j \\ 0 \end{cases}",
            r"\delta_{ij}",
        ),
        (r"\frac{\partial h_{t,i}}{\partial h_{t-1,j}} = \sum_{k \ne i} W_{kj} \delta_{ik}", r"\sum_k a_k - a_i"),
        ("dh_prev = W[:n].T @ dh", "a name of its own"),
        ("dW = dh[:, None] * h_prev[None, :]", "np.outer(a, b)"),
        ("dW = dh.reshape(-1, 1) @ h_prev.reshape(1, -1)", "np.outer(a, b)"),
        ("dW = np.einsum('bi,bj->bij', dh, h_prev)", "outer, @, .T"),
    ],
)
def test_what_is_not_read_says_what_to_write(claim: str, advice: str) -> None:
    found = sg.check(CODE, claim)
    assert found.verdict == "unreadable"
    assert advice in found.statement


def test_a_recurrence_in_slices_says_what_to_write() -> None:
    with pytest.raises(sg.SymgateError, match="a name of its own"):
        read_recurrence("h = np.tanh(W[:n] @ h_prev + W[n:] @ x + b)")


def test_an_identity_of_one_number_is_no_crash() -> None:
    with pytest.raises(sg.SymgateError):
        read_recurrence(r"h_t = \phi(W h_{t-1} + U x_tI)")


@pytest.mark.parametrize("claim", ["dW = np.einsum('bi,bj->ij', {}, h_prev)", "dU = np.einsum('ki,kj->ij', {}, x)"])
@pytest.mark.parametrize("factor", ["dh", "dz", "dh * (1 - h**2)"])
def test_a_letter_of_a_batch_is_not_the_only_entry_of_a_vector(claim: str, factor: str) -> None:
    found = sg.check(CODE, f"dz = {A}\n{claim.format(factor)}" if factor == "dz" else claim.format(factor))
    assert found.verdict == "unreadable"
    assert "without a letter of a batch" in found.statement
