"""Whole cells drawn at random: derivation, proof, LaTeX, code and complex step must agree for each.

This is what makes a user's own cell trustworthy: nothing here knows the built-in ones.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import symgate as sg
from symgate.claims.judging.numbers import evaluated
from symgate.proof.slips import slips
from symgate.tex import available_checkers, check_formulas
from tests.drawn import examples
from tests.oracles import complex_step, draw_point, environment, sizes_of
from tests.strategies import cells

RELAXED = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
EXACT = ("decision", "modular")


@settings(max_examples=examples(40), deadline=None, suppress_health_check=RELAXED)
@given(cell=cells(), seed=st.integers(0, 99))
def test_step_and_jacobians_agree_with_complex_step(cell: sg.Cell, seed: int) -> None:
    """The generated code of the step, of every Jacobian and of every vector-Jacobian product."""
    sizes = sizes_of(cell, n=3, m=2)
    point = draw_point(cell, seed=seed, scale=0.4, n=3, m=2)
    lam = np.random.default_rng(seed).standard_normal(3)
    with np.errstate(all="ignore"):
        after = environment(cell, point, sizes)[cell.state().after][:, 0]
        if not np.all(np.abs(after) < 1e6):
            return
        assert_allclose(sg.lambdify(cell)(**point), after, rtol=1e-9, atol=1e-9)
        for name in cell.symbols:
            expected = complex_step(cell, point, name, sizes)
            if not np.all(np.abs(expected) < 1e6):
                continue
            bound = 1e-9 * (1 + np.abs(expected).max())
            found = sg.lambdify(sg.jacobian(cell, name))(**point)
            assert_allclose(found.reshape(expected.shape), expected, atol=bound)
            pulled = sg.lambdify(sg.vjp(cell, name))(**point, lam=lam)
            assert_allclose(np.ravel(pulled, order="F"), expected.T @ lam, atol=10 * bound)


@settings(max_examples=examples(15), deadline=None, suppress_health_check=RELAXED)
@given(cell=cells(depth=2), data=st.data())
def test_every_object_is_proved_and_prints(cell: sg.Cell, data: st.DataObject) -> None:
    """The exact routes prove it for all sizes, and what is printed is valid LaTeX and plain text."""
    derivation = data.draw(st.sampled_from(sg.objects(cell)))
    certificate = sg.verify(derivation, routes=EXACT)
    assume("out of time" not in certificate.statement)

    assert certificate.verdict == "proved", str(certificate)
    printed = sg.latex(derivation)
    assert printed == sg.latex(derivation)
    assert printed.isascii()
    assert sg.text(derivation).isascii()
    if available_checkers():
        assert not check_formulas({"formula": printed, "cell": sg.latex(cell)})


@settings(max_examples=10, deadline=None, suppress_health_check=RELAXED)
@given(cell=cells(depth=2), data=st.data())
def test_a_slip_planted_in_a_drawn_cell_is_refuted(cell: sg.Cell, data: st.DataObject) -> None:
    """Also where nobody has looked: the checker objects to a planted error and shows a case."""
    planted = list(slips(sg.jacobian(cell)))
    if not planted:
        return
    slip = data.draw(st.sampled_from(planted))
    certificate = sg.verify(slip.derivation, routes=EXACT)
    if certificate.verdict != "refuted":  # relu'(relu(x)) = relu'(x): a slip that changes no number
        assert not _apart(sg.jacobian(cell), slip.derivation), f"{slip.kind} at {slip.place}: {certificate}"
        return

    assert certificate.witness is not None


def _apart(left: sg.Derivation, right: sg.Derivation) -> bool:
    """Whether generated code has two values for one Jacobian at one of many points, far out too, none at a kink."""
    first, second = sg.lambdify(left), sg.lambdify(right)
    with np.errstate(all="ignore"):
        for seed in range(200):
            point = draw_point(left.cell, seed=seed, scale=(0.4, 1.0, 3.0)[seed % 3], n=2, m=2)
            kinks: list[str] = []
            for side in (left, right):
                evaluated(side, point, kinks=kinks)
            if kinks:  # as everywhere for step(x - x): nothing is stated there
                continue
            one, other = first(**point), second(**point)
            if np.all(np.isfinite(one)) and np.abs(one - other).max() > 1e-6 * (1 + np.abs(one).max()):
                return True
    return False


def test_the_law_can_fail() -> None:
    """A wrong Jacobian does not agree with complex step, so the first test here can object."""
    cell = sg.cell("multi_gate")
    sizes = sizes_of(cell, n=3, m=2)
    point = draw_point(cell, n=3, m=2)
    J = sg.jacobian(cell)
    wrong = replace(J, named_terms=J.named_terms[:2])

    with pytest.raises(AssertionError):
        assert_allclose(sg.lambdify(wrong)(**point), complex_step(cell, point, "x", sizes), atol=1e-9)
    assert _apart(J, wrong)
