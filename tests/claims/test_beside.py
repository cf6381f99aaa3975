"""Equations beside a claim are judged like the claim: a wrong one of a name with a meaning is never passed over."""

from __future__ import annotations

import re

import pytest

import symgate as sg
from symgate.catalogue import listed
from symgate.claims.judging.record import Finding

CELLS = ("multi_gate", "scalar_gate", "gru", "lstm", "lru", "mgu")
JACOBIAN = r"\frac{\partial \mathbf{x}_t}{\partial \mathbf{x}_{t-1}} = "
PRODUCT = r"\frac{\partial x_t}{\partial x_k} = \prod_{j=k+1}^{t} J_j"
GRADIENT = r"\frac{\partial L}{\partial W_r} = \sum_{k=1}^{T} (g_k \odot \phi'(a_k) \odot \lambda_k) x_{k-1}^\top"


def claimed(cell: str, name: str) -> str:
    return sg.latex(sg.result(sg.cell(cell), name), lhs=False)


def rows(cell: str) -> list[str]:
    """The recurrence as it is printed, row by row."""
    return [row.replace("&", "") for row in sg.latex(sg.cell(cell)).split("\n")[1:-1]]


def planted(row: str) -> list[str]:
    """A row with a wrong right side: functions and time exchanged, a factor, a term too many."""
    left, right = row.rstrip("\\ ").split("=", 1)
    wrong = [
        f"{left} = 2 \\bigl({right}\\bigr)",
        re.sub(r"_\{t-1\}", "_{t-2}", row),
        re.sub(r"\\sigma\(", r"\\tanh(", row),
    ]
    return [item.rstrip("\\ ") for item in wrong if item.rstrip("\\ ") != row.rstrip("\\ ")]


def objects() -> list[tuple[str, str]]:
    found = [(cell, "vjp:" + ("c/U_f" if cell == "lstm" else "h/u" if cell == "lru" else "x")) for cell in CELLS]
    return [pair for pair in found if pair[1] in listed(sg.cell(pair[0]))] + [
        ("multi_gate", "expansion:retention:1"),
        ("gru", "gradient:U_c"),
        ("lstm", "adjoint"),
    ]


CASES = [(cell, name, place) for cell, name in objects() for place in range(len(rows(cell)))]


@pytest.mark.sweep(5)
@pytest.mark.parametrize(("cell", "name", "place"), CASES)
def test_the_recurrence_may_stand_beside_a_claim_and_a_wrong_row_refutes_it(cell: str, name: str, place: int) -> None:
    main, row = claimed(cell, name), rows(cell)[place].rstrip("\\ ")
    true = sg.check(cell, rf"{main}, \quad \text{{where }} {row}", name, form="latex")
    assert true.proved, true.statement
    assert true.certificate is not None
    assert [str(line.settled) for line in true.certificate.ledger if line.key.startswith("beside")] == ["proved"]
    for wrong in planted(row):
        found = sg.check(cell, rf"{main} \text{{ with }} {wrong}", name, form="latex")
        assert found.verdict == "refuted", (wrong, found.statement)
        assert "beside it is wrong" in found.statement
        assert found.certificate is not None
        assert not found.certificate.proved


OURS = [
    (PRODUCT, r"J_j = \frac{\partial x_j}{\partial x_{j-1}}", "proved"),
    (PRODUCT, r"J_j = \frac{\partial x_j}{\partial x_{j-1}}^\top", "refuted"),
    (PRODUCT, r"J_j = \operatorname{diag}(1-g_j)", "refuted"),
    (PRODUCT, r"J_j = J_{j-1}", "undecided"),
    (GRADIENT, r"\lambda_k = \frac{\partial L}{\partial x_k}", "proved"),
    (GRADIENT, r"\lambda_k = \delta_k + J_{k+1}^\top \lambda_{k+1}", "proved"),
    (GRADIENT, r"\lambda_k = \delta_k + J_{k}^\top \lambda_{k+1}", "undecided"),  # a recursion cannot be put in
    (GRADIENT, r"\lambda_k = \delta_k", "refuted"),
    (GRADIENT, r"\lambda_k = \sum_{t=k}^{T} M_{t,k}^\top \delta_t", "proved"),
    (GRADIENT, r"\lambda_k = \sum_{t=k+1}^{T} M_{t,k}^\top \delta_t", "refuted"),
    (GRADIENT, r"\lambda_k = \sum_{t=k}^{T} M_{t,k} \delta_t", "refuted"),
    (GRADIENT, r"W_r = W_g", "undecided"),
    (GRADIENT, r"x_0 = 0", "proved"),
    (GRADIENT, r"\phi = \tanh", "proved"),
    (GRADIENT, r"\phi = \operatorname{relu}", "undecided"),
    (GRADIENT, r"\phi(x) = \tanh(x)", "proved"),
    (GRADIENT, r"\phi(\cdot) = \operatorname{relu}(\cdot)", "undecided"),
    (GRADIENT, r"g_t \approx \sigma(a^g_t)", "undecided"),
    (GRADIENT, r"\lVert W_r \rVert \le 1", "undecided"),
    (GRADIENT, r"g_t = a_t = \sigma(a^g_t)", "refuted"),
    (GRADIENT, r"g_t = \operatorname{diag}(\sigma(a^g_t))", "undecided"),
    (GRADIENT, r"\frac{\partial x_t}{\partial x_{t-1}} = \operatorname{diag}(1-g_t)", "refuted"),
    (GRADIENT, r"q_t = W_r", "proved"),  # a new name that is not used
]


@pytest.mark.sweep(5)
@pytest.mark.parametrize(("main", "beside", "verdict"), OURS)
def test_letters_of_ours_keep_their_meaning_or_take_that_of_the_claim(main: str, beside: str, verdict: str) -> None:
    found = sg.check("multi_gate", rf"{main}, \quad \text{{where }} {beside}")
    assert found.verdict == verdict, found.statement
    if verdict == "undecided":
        assert re.split(r" (?:=|\\approx|\\le) ", beside)[0] in found.statement


@pytest.mark.parametrize(
    ("letter", "name"),
    [("A", "expansion:retention:1"), pytest.param("B", "remainder:retention:1", marks=pytest.mark.full)],
)
def test_a_part_of_a_split_is_not_another_matrix(letter: str, name: str) -> None:
    """The parts of J stand in the numbered prints of expansions and bounds; a wrong one beside the claim is named."""
    own = {"A": r"\operatorname{diag}(1-g_j)", "B": r"J_j - \operatorname{diag}(1-g_j)"}
    main = sg.latex(sg.result(sg.cell("multi_gate"), name))
    assert sg.check("multi_gate", f"{main} where ${letter}_j = {own[letter]}$", name).proved
    for wrong in (r"\operatorname{diag}(g_j)", r"\operatorname{diag}(1-g_{j-1})"):
        found = sg.check("multi_gate", f"{main} where ${letter}_j = {wrong}$", name)
        assert found.verdict in ("undecided", "refuted"), (wrong, found.statement)
        assert f"{letter}_j" in found.statement or any(f"{letter}_j" in note for note in found.notes)


def test_equations_before_the_claim_are_judged_where_it_uses_their_names() -> None:
    main = JACOBIAN + claimed("multi_gate", "jacobian")

    def judged(*pairs: tuple[str, str]) -> Finding:
        return sg.check("multi_gate", main, definitions=pairs)

    assert judged((r"g_t", r"\sigma(a^g_t)")).proved
    assert judged((r"g_t", r"\tanh(a^g_t)")).verdict == "refuted"
    assert judged((r"J_t", r"\operatorname{diag}(g_t)")).proved  # not used
    assert judged((r"V_g", r"W_g")).proved  # not used either


def test_a_refutation_does_not_stand_on_an_assumption() -> None:
    """With W_r = 0 the part of the gate is all that is left, so that a claim without the other is true."""
    short = r"\operatorname{diag}(1-g_t) + \operatorname{diag}(\sigma'(a^g_t) \odot (\phi(a_t) - x_{t-1})) W_g"
    assert sg.check("multi_gate", JACOBIAN + short).verdict == "refuted"
    assert sg.check("multi_gate", JACOBIAN + short + r", \quad W_r = 0").verdict == "undecided"
    assert sg.check("multi_gate", JACOBIAN + short + r", \quad g_t = \sigma(a^g_t)").verdict == "refuted"


def test_plain_text_too() -> None:
    main = "dx/dx_prev = diag(1-g) + diag(g*dphi(a)) @ W_r + diag(dsigma(a_g)*(phi(a) - x_prev)) @ W_g"
    assert sg.check("multi_gate", f"{main} where g = sigma(a_g)").proved
    assert sg.check("multi_gate", f"{main} where g = sigma(a)").verdict == "refuted"
    assert sg.check("multi_gate", f"{main}; a_g = W_g @ x_prev + V_g @ u").verdict == "refuted"
