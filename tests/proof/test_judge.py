"""Verdicts: what is proved, what is refuted, what stays open, and what the certificate says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import sympy
from hypothesis import HealthCheck, given, settings
from sympy.matrices.expressions import DiagMatrix, HadamardProduct, MatAdd, MatMul, OneMatrix, Transpose

from symgate.cells import CELLS, cell
from symgate.claims import check
from symgate.derive import jacobian, objects, result, vjp
from symgate.errors import NotProvedError, ShapeError
from symgate.language import CellBuilder, Map, Signal, function, sigma, softplus, tanh
from symgate.proof import PROVED, REFUTED, UNDECIDED, limits, numeric, verify
from symgate.records import Cell, Derivation
from tests.reference import REFERENCE
from tests.strategies import cells

EVERY = [derivation for own in CELLS for derivation in objects(own)]
EXACT = ("decision", "modular")


def stated(derivation: Derivation, expr: sympy.Expr) -> Derivation:
    """The derivation with another right side."""
    return replace(derivation, named_terms=(("claim", expr),))


@pytest.mark.parametrize("derivation", EVERY, ids=lambda derivation: derivation.name)
def test_every_object_of_every_cell_is_proved(derivation: Derivation) -> None:
    """All routes hold, the exact ones for opaque functions, against the recurrence of ``tests/reference``."""
    certificate = verify(derivation, reference=REFERENCE[derivation.cell.name])

    assert certificate.require() is certificate
    assert {item.route for item in certificate.evidence if item.passed} >= {"decision", "modular", "numeric", "limits"}
    assert certificate.route("modular").error_probability < 1e-12
    assert all(dict(sizes)["n"] != dict(sizes)["m"] for sizes in certificate.route("modular").sizes)
    assert dict(certificate.route("numeric").sizes[0])["n"] == 64
    assert "for all sizes n and m" in certificate.statement
    assert {line.settled for line in certificate.ledger} == {"proved"}
    assert "any differentiable functions in place of phi" in certificate.statement


@settings(max_examples=6, suppress_health_check=list(HealthCheck), deadline=None)
@given(cells(depth=2, intermediates=2))
def test_whole_random_cells_are_proved(drawn: Cell) -> None:
    """Derivation and proof agree on recurrences nobody wrote."""
    for derivation in (jacobian(drawn), vjp(drawn), jacobian(drawn, "A"), vjp(drawn, "w")):
        assert verify(derivation, routes=EXACT).verdict == PROVED


def test_the_paper_writes_out_the_slope_of_the_gate() -> None:
    """g (1 - g) for sigma'(a_g) is right, by the value rule of sigma, and the certificate says so."""
    J = jacobian(cell("multi_gate"))
    g, W_g = Signal("g", *J.shape[:1]), J.cell.symbols["W_g"]
    a, x = J.cell.assignments[0].symbol, J.cell.symbols["x"]
    slope = HadamardProduct(g, MatAdd(OneMatrix(g.shape[0], 1), MatMul(-1, g)))
    gate = MatMul(DiagMatrix(HadamardProduct(slope, MatAdd(Map("phi", 0, a), MatMul(-1, x)))), W_g)

    certificate = verify(stated(J, MatAdd(J.terms["retention"], J.terms["drive"], gate)))

    assert certificate.verdict == PROVED
    assert "the value rule of sigma" in certificate.statement
    assert "any differentiable functions in place of phi" in certificate.statement


def test_a_formula_for_tanh_alone_is_proved_for_tanh_alone() -> None:
    """diag(1 - x_t^2) W_r holds for phi = tanh, is wrong for phi = sin, and no more is said."""
    J = jacobian(cell("plain"))
    after = J.of
    expr = MatMul(
        DiagMatrix(MatAdd(OneMatrix(after.shape[0], 1), MatMul(-1, HadamardProduct(after, after)))),
        J.cell.symbols["W_r"],
    )

    certificate = verify(stated(J, expr))

    assert certificate.verdict == PROVED
    assert "phi = tanh" in certificate.statement
    assert "any differentiable" not in certificate.statement
    assert verify(replace(stated(J, expr), cell=cell("plain", phi="sin"))).verdict == REFUTED


@pytest.mark.parametrize(
    ("outer", "inner", "claim", "used"),
    [
        ("log", "exp", "eye", ["the value rule of exp", "the formula of log"]),
        ("reciprocal", "identity", "-diag(reciprocal(x_prev)**2)", ["the formula of reciprocal"]),
        ("sqrt", "square", "diag(x_prev/sqrt(x_prev**2))", ["the formula of sqrt"]),
    ],
)
def test_a_formula_that_needs_a_function_is_not_said_of_others(
    outer: str, inner: str, claim: str, used: list[str]
) -> None:
    """log'(exp(x)) exp'(x) = 1 by the formula of log: it would not hold with another function in its place."""
    c = CellBuilder("composed")
    x = c.state("x", "n")
    c.next(x, function(outer)(function(inner)(x)) + c.vector("v", "n"))

    found = check(c.build(), f"dx/dx_prev = {claim}")

    assert found.verdict == PROVED, found
    assert "any differentiable" not in found.statement
    assert all(words in found.statement for words in used), found.statement


def test_the_identity_function_is_known_where_it_is_bound() -> None:
    """With phi = identity the plain cell is linear, and J = W_r."""
    J = jacobian(cell("plain", phi="identity"))

    certificate = verify(stated(J, J.cell.symbols["W_r"]))

    assert certificate.verdict == PROVED
    assert "phi = identity" in certificate.statement
    assert verify(stated(J, Transpose(J.cell.symbols["W_r"]))).witness.exact


def test_one_size_is_not_enough() -> None:
    """diag(s) W' for W' diag(s) and the like hold at n = 1, and are refuted at n = 2."""
    J = jacobian(cell("plain"))
    slope, W_r = Map("phi", 1, J.cell.assignments[0].symbol), J.cell.symbols["W_r"]

    certificate = verify(stated(J, MatMul(W_r, DiagMatrix(slope))))

    assert certificate.verdict == REFUTED
    assert certificate.witness.sizes["n"] == 2


def test_functions_of_arguments_that_agree_at_one_size_only() -> None:
    """f'(x) and f'(1 1'x) are the same number at n = 1 and not beyond."""
    builder = CellBuilder("own")
    x = builder.state("x", "n")
    f = builder.function("f", default="tanh")
    builder.next(x, f(x))
    J = jacobian(builder.build())
    before = J.wrt
    ones = OneMatrix(before.shape[0], 1)
    spread = MatMul(ones, Transpose(ones), before)

    certificate = verify(stated(J, DiagMatrix(Map("f", 1, spread))))

    assert verify(J).verdict == PROVED
    assert certificate.verdict == REFUTED
    assert certificate.witness.sizes == {"n": 2}


def test_what_is_known_of_softplus_is_used() -> None:
    """softplus' = sigma, and the certificate says that it was used."""
    J = _soft()
    slope = DiagMatrix(Map("sigma", 0, J.cell.assignments[0].expr))
    certificate = verify(stated(J, MatMul(slope, J.cell.symbols["W"])))

    assert certificate.verdict == PROVED


def test_limits_object_to_a_wrong_slope_of_softplus() -> None:
    """Residues that differ are confirmed by numbers: twice the slope fails at the limits, and is refuted."""
    J = _soft()
    slope = DiagMatrix(Map("sigma", 0, J.cell.assignments[0].expr))
    right, wrong = (stated(J, MatMul(*factor, slope, J.cell.symbols["W"])) for factor in ((), (2,)))

    assert limits.check(right).passed is None
    assert limits.check(wrong).passed is False
    assert verify(wrong).verdict == REFUTED


def _soft() -> Derivation:
    builder = CellBuilder("soft")
    x = builder.state("x", "n")
    W = builder.matrix("W", "n", "n")
    a = builder.let("a", W @ x)
    builder.next(x, softplus(a))
    return jacobian(builder.build())


def test_a_true_formula_beyond_the_known_identities_stays_undecided() -> None:
    """tanh(2 z) (1 + tanh^2 z) = 2 tanh z is not known: numbers agree, and that is not called a proof."""
    builder = CellBuilder("double")
    x = builder.state("x", "n")
    builder.next(x, tanh(x + x))
    J = jacobian(builder.build())
    x0 = J.cell.symbols["x"]
    z, one = Map("tanh", 0, x0), OneMatrix(x0.shape[0], 1)
    whole = HadamardProduct(Map("tanh", 0, MatMul(2, x0)), MatAdd(one, HadamardProduct(z, z)))
    zero = MatAdd(whole, MatMul(-2, z))

    certificate = verify(stated(J, MatAdd(J.expr, DiagMatrix(zero))))

    assert certificate.verdict == UNDECIDED
    assert certificate.route("numeric").passed
    assert certificate.route("decision").passed is None
    assert certificate.witness is None
    assert "not a proof" in certificate.statement
    with pytest.raises(NotProvedError, match="undecided"):
        certificate.require()


def test_a_budget_that_is_used_up_is_undecided() -> None:
    """Too few operations for the decision: open, whatever others say; the certificate says how many it takes."""
    certificate = verify(jacobian(cell("multi_gate")), budget=20)

    assert certificate.verdict == UNDECIDED
    assert "allow more with budget=" in certificate.route("decision").detail
    assert verify(jacobian(cell("multi_gate")), budget=100_000).verdict == PROVED


@pytest.mark.parametrize("routes", [("numeric", "limits"), ("decision",), ("modular", "numeric")])
def test_a_proof_needs_both_exact_routes(routes: Sequence[str]) -> None:
    """Right formula, too few routes: undecided."""
    certificate = verify(jacobian(cell("leaky")), routes=routes)

    assert all(item.passed for item in certificate.evidence)
    assert certificate.verdict == UNDECIDED


def test_a_reference_that_disagrees_is_reported() -> None:
    """The formula is right for the cell as written, but the reference is another recurrence."""
    J = jacobian(cell("multi_gate"))

    def other(**values: np.ndarray) -> np.ndarray:
        return REFERENCE["multi_gate"](**values) + values["x"]

    certificate = verify(J, reference=other)

    assert certificate.verdict == UNDECIDED
    assert certificate.route("decision").passed
    assert certificate.route("numeric").passed is False
    assert "different recurrences" in certificate.statement


def test_two_states_of_two_sizes() -> None:
    """Each block of a cell with two states is proved, and its transpose is of another shape."""
    builder = CellBuilder("pair")
    c, h = builder.state("c", "k"), builder.state("h", "n")
    W, V = builder.matrix("W", "k", "n"), builder.matrix("V", "n", "k")
    gate = builder.let("f", sigma(W @ h), role="gate")
    builder.next(c, gate * c + tanh(W @ h))
    builder.next(h, tanh(V @ c) * h)
    own = builder.build()

    certificates = verify(objects(own), routes=EXACT)

    assert len(certificates) == 16
    assert {item.verdict for item in certificates} == {PROVED}
    block = jacobian(own, "h", "c")
    with pytest.raises(ShapeError, match="must be"):
        verify(stated(block, Transpose(block.expr)))


def test_saturated_gates_fool_numbers_and_nothing_else() -> None:
    """Without its gate term a Jacobian agrees numerically where gates are saturated; it is refuted all the same."""
    J = jacobian(cell("multi_gate"))
    dropped = replace(J, named_terms=tuple(pair for pair in J.named_terms if pair[0] != "gate"))

    fooled = numeric.check(dropped, overrides={"b_g": np.full(64, -80.0)})

    assert fooled.passed
    assert fooled.difference < 1e-15
    assert numeric.check(dropped).passed is False
    assert verify(dropped).verdict == REFUTED


@pytest.mark.parametrize("budget", [1, 300, 2_000])
def test_a_spent_budget_asks_for_more_than_it_was(budget: int) -> None:
    """Whichever comparison of a result is the one that is too much."""
    certificate = verify(result(cell("scalar_gate"), "expansion:gate:2"), budget=budget)
    told = " ".join([certificate.statement, *(item.detail for item in certificate.evidence)])
    asked = re.findall(r"would need about (\d+) operations, (\d+) are allowed", told)

    assert certificate.verdict == "undecided"
    assert asked
    assert all(int(needed) > int(allowed) == budget for needed, allowed in asked)
