"""Proofs of matrix states: each form for all sizes, and slips that are refuted."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sympy import Expr
from sympy.matrices.expressions import MatMul, Transpose

import symgate as sg
from symgate.errors import ShapeError
from symgate.proof.certificate import Verdict
from symgate.proof.decision import Layout, Outcome, decide_step
from symgate.records import Derivation, add_up
from tests.matrix_cells import MATRIX_CELLS, delta, drawn, square
from tests.oracles import environment, evaluate

FORMS = {"action": sg.jacobian, "kronecker": sg.kronecker, "vjp": sg.vjp}
STEPS, MEMORY, SQUARE = MATRIX_CELLS
CASES = [(STEPS, form, name) for form in FORMS for name in ("C", "k")]
CASES += [(MEMORY, form, name) for form in FORMS for name in ("C", "W_f", "g")]
CASES += [(SQUARE, "action", "C"), (SQUARE, "vjp", "C"), (SQUARE, "kronecker", "M"), (SQUARE, "vjp", "q")]


@pytest.mark.parametrize(("cell", "form", "name"), CASES, ids=lambda item: getattr(item, "name", item))
def test_every_form_is_proved(cell: sg.Cell, form: str, name: str) -> None:
    certificate = sg.verify(FORMS[form](cell, name, "C"))

    assert certificate.verdict is Verdict.PROVED, certificate.statement
    numeric = next(item for item in certificate.evidence if item.route == "numeric")
    assert numeric.passed


def _term(found: Derivation, wrong: Expr) -> Derivation:
    return replace(found, named_terms=((found.named_terms[0][0], wrong), *found.named_terms[1:]))


def slips() -> dict[str, Derivation]:
    """One error each."""
    cell = delta()
    J, back, K, by_key = sg.jacobian(cell), sg.vjp(cell), sg.kronecker(cell), sg.jacobian(cell, "k")
    C = cell.symbols["C"]
    k, v, b = (item.symbol for item in cell.assignments)
    dC, lam = J.cotangent, back.cotangent
    outer = MatMul(k, Transpose(k))
    return {
        "the rate is lost": _term(J, add_up([dC, MatMul(-1, dC, outer)])),
        "a sign": _term(J, add_up([dC, MatMul(b, dC, outer)])),
        "the state in place of its change": _term(J, add_up([dC, MatMul(-b, C, outer)])),
        "a term dropped": replace(by_key, named_terms=by_key.named_terms[:1]),
        "the value for the error": _term(by_key, MatMul(b, v, Transpose(by_key.cotangent))),
        "factors of the Kronecker product exchanged": _term(K, K.expr.func(*K.expr.args[::-1])),
        "the gradient without its key": _term(back, lam),
    }


@pytest.mark.parametrize("slip", slips())
def test_slips_are_refuted(slip: str) -> None:
    found = slips()[slip]
    certificate = sg.verify(found)

    assert certificate.verdict is Verdict.REFUTED, certificate.statement


def test_a_transposed_outer_product_is_refuted() -> None:
    """At n = d it has the right shape, so only its entries tell."""
    found = sg.jacobian(square(), "a", "C")
    a = found.wrt
    change = found.cotangent
    wrong = found.expr.xreplace({MatMul(square().symbols["C"], a): a})
    assert wrong == found.expr
    turned = add_up([MatMul(square().symbols["q"], Transpose(change)), *found.expr.args[1:]])
    certificate = sg.verify(replace(found, named_terms=(("drive", turned),)))

    assert certificate.verdict is Verdict.REFUTED
    assert certificate.witness is not None


def test_a_wrong_shape_is_refused() -> None:
    found = sg.jacobian(delta())
    with pytest.raises(ShapeError, match="must be n x d"):
        sg.verify(replace(found, named_terms=(("retention", Transpose(found.expr)),)))


@pytest.mark.parametrize(("n", "d"), [(1, 1), (2, 2), (2, 3)])
@pytest.mark.parametrize("name", ["C", "k", "W_v"])
def test_the_decision_against_brute_force(name: str, n: int, d: int) -> None:
    """What is decided as equal is equal entry by entry, in whole numbers; what is decided as different is not."""
    cell = delta()
    point, sizes = drawn(cell, n, d)
    of, wrt = cell.state("C").after, sg.jacobian(cell, name).wrt
    claims = {
        Layout.ACTION: sg.jacobian(cell, name),
        Layout.KRONECKER: sg.kronecker(cell, name),
        Layout.VJP: sg.vjp(cell, name),
    }
    base = environment(cell, point, sizes)
    at = evaluate(wrt, base, sizes)
    slopes = np.zeros((n, d, *at.shape))
    for p, q in product(*map(range, at.shape)):
        moved = at.astype(complex)
        moved[p, q] += 1e-30j
        values = {**base, wrt: moved}
        for item in cell.assignments:
            if item.symbol != wrt:
                values[item.symbol] = evaluate(item.expr, values, sizes)
        slopes[:, :, p, q] = np.imag(evaluate(cell.states[0].update, values, sizes)) / 1e-30
    rng = np.random.default_rng(3)
    for layout, claim in claims.items():
        decision = decide_step(cell, of, wrt, claim.expr, layout, cotangent=claim.cotangent)
        assert decision.outcome is Outcome.EQUAL
        double = decide_step(cell, of, wrt, MatMul(2, claim.expr), layout, cotangent=claim.cotangent)
        assert double.outcome is Outcome.DIFFERENT
        extra = {}
        if layout is Layout.KRONECKER:
            wanted = slopes.transpose(1, 0, 3, 2).reshape(n * d, -1)
        elif layout is Layout.ACTION:
            extra = {claim.cotangent: rng.standard_normal(at.shape)}
            wanted = np.einsum("ijpq,pq->ij", slopes, extra[claim.cotangent])
        else:
            extra = {claim.cotangent: rng.standard_normal((n, d))}
            wanted = np.einsum("ijpq,ij->pq", slopes, extra[claim.cotangent])
        assert_allclose(evaluate(claim.expr, {**base, **extra}, sizes), wanted, rtol=1e-12, atol=1e-14)
