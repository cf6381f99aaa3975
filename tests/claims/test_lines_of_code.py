"""A backward pass as code has it: every line with a gradient is judged, names in between are definitions."""

from __future__ import annotations

import pytest

import symgate as sg

RNN = sg.read_cell(r"h_t = \tanh(W h_{t-1} + U x_t + b)", name="rnn")
LINES = ("dz = dh * (1 - h**2)", "dW += dz @ h_prev.T", "dU += np.outer(dz, x)", "db += dz", "dh_prev = W.T @ dz")


def test_all_lines_hold() -> None:
    found = sg.check(RNN, "\n".join(LINES))
    assert found.proved
    assert {"dU = np.outer(dz, x) holds by the recurrence", "db = dz holds by the recurrence"} <= set(found.notes)
    assert "dh_prev = W.T @ dz holds by the recurrence" in found.notes


@pytest.mark.parametrize(
    ("place", "wrong"),
    [
        (0, "dz = dh * h"),
        (1, "dW += dz @ x.T"),
        (1, "dW += dh @ h_prev.T"),
        (2, "dU += dz @ h_prev.T"),
        (2, "dU += np.outer(x, dz)"),
        (3, "db += dh"),
        (4, "dh_prev = W @ dz"),
        (4, "dh_prev = W.T @ dh"),
    ],
)
def test_one_wrong_line_is_refuted_wherever_it_stands(place: int, wrong: str) -> None:
    lines = [*LINES]
    lines[place] = wrong
    assert sg.check(RNN, "\n".join(lines)).verdict == "refuted"
    assert sg.check(RNN, "; ".join(lines)).verdict == "refuted"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("dh_prev += W.T @ (dh * (1 - h**2))", "adds to what dh_prev was before"),
        ("dW += dh @ h_prev.T\ndW += dh @ h_prev.T", "adds to what dW was before"),
        ("dz = dh * (1 - h**2)\ndy = dz", "is a name that nothing introduces"),
    ],
)
def test_what_is_not_a_line_by_itself_is_told(text: str, words: str) -> None:
    found = sg.check(RNN, text)
    assert found.verdict == "unreadable"
    assert words in found.statement


def test_a_name_that_is_written_again_is_not_one_definition() -> None:
    assert not sg.check(RNN, "dz = dh * (1 - h**2)\ndz = 2 * dz\ndW = dz @ h_prev.T").proved
    assert not sg.check(RNN, "dz = 2 * dh\ndz = dh * (1 - h**2)\ndW = dz @ h_prev.T").proved


def test_gradients_of_all_steps_may_be_spelled_as_code_does() -> None:
    right = "sum(np.outer(dh[t] * (1 - h[t]**2), h[%s]) for t in range(1, T+1))"
    assert sg.check(RNN, "dW = " + right % "t-1").proved
    assert sg.check(RNN, "dW = " + right % "t").verdict == "refuted"


def test_a_definition_that_is_a_chain_is_judged_link_by_link() -> None:
    cell = sg.read_cell(r"a_t = W h_{t-1} + U x_t + b, h_t = \tanh(a_t)", name="named")
    claim = r"\frac{\partial h_t}{\partial h_{t-1}} = D_t W, \quad D_t = \mathrm{diag}(%s) = \mathrm{diag}(%s)"
    assert sg.check(cell, claim % (r"\tanh'(a_t)", "1-h_t^2")).proved
    assert sg.check(cell, claim % ("1-h_t^2", r"\tanh'(a_t)")).proved
    assert sg.check(cell, claim % (r"\tanh'(a_t)", "1-h_t")).verdict == "refuted"
    assert sg.check(cell, claim % ("1-h_t", r"\tanh'(a_t)")).verdict == "refuted"
    assert sg.check(cell, claim % ("1-h_t^2", "1-h_{t-1}^2")).verdict == "refuted"


@pytest.mark.parametrize("left", ["dhnext", "dh_next", "dx_prev", "da", "grad_q", "Wgrad", "g_W"])
def test_a_line_with_a_gradient_that_nothing_uses_is_not_passed_over(left: str) -> None:
    """Such a line states something wherever it stands, and no name of the recurrence says what."""
    lines = [*LINES]
    for place in (1, len(lines)):
        more = [*lines[:place], f"{left} = W @ dz", *lines[place:]]
        found = sg.check(RNN, "\n".join(more))
        assert found.verdict == "undecided"
        assert f"{left} = W @ dz" in found.statement
    used = [*lines, f"{left} = 2 * dz", f"db_ = {left} / 2"]
    assert sg.check(RNN, "\n".join(used)).verdict == "undecided"  # used by what nothing uses
    assert sg.check(RNN, f"{left} = dh * (1 - h**2)\ndU = np.outer({left}, x)").proved
    assert sg.check(RNN, f"{left} = dh * h\ndU = np.outer({left}, x)").verdict == "refuted"


def test_of_another_line_that_nothing_uses_it_is_told() -> None:
    found = sg.check(RNN, "\n".join([*LINES, "z = W @ h_prev"]))
    assert found.proved
    assert "z = W @ h_prev is used nowhere: nothing is said of it" in found.notes


@pytest.mark.parametrize("more", ["dW += dW", "dW = dW + dW", "dW = 2 * dW"])
def test_what_is_added_to_a_gradient_that_a_line_has_is_not_proved(more: str) -> None:
    assert not sg.check(RNN, f"dz = dh * (1 - h**2)\ndW = dz @ h_prev.T\n{more}").proved
    assert not sg.check(RNN, f"dz = dh * (1 - h**2); dW = dz @ h_prev.T; {more}").proved


FORGETS = sg.read_cell(
    r"f_t = \sigma(W_f x_t + U_f h_{t-1}), \quad g_t = \tanh(W_g x_t), \quad h_t = f_t \odot h_{t-1} + g_t",
    name="forgets",
)


@pytest.mark.parametrize(
    "text",
    [
        "dU_f = df @ h_prev.T\ndf = df * f * (1 - f)",
        "df = dh * h_prev\ndU_f = df @ h_prev.T\ndf = df * f * (1 - f)",
        "dU_f = dz @ h_prev.T\ndz = df * f * (1 - f)\ndz = dz * 1",
        "dz = df * f * (1 - f)\ndz = 2 * dz\ndU_f = dz / 2 @ h_prev.T",
    ],
)
def test_what_a_name_is_written_again_as_does_not_hold_for_lines_before(text: str) -> None:
    """The first two were proved: the last line was taken for the meaning of df in all of them."""
    found = sg.check(FORGETS, text)
    assert found.verdict in ("unreadable", "undecided")
    assert sg.check(FORGETS, "df = dh * h_prev\ndz = df * f * (1 - f)\ndU_f = dz @ h_prev.T").proved
