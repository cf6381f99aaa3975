"""The routes one by one, and the pieces they stand on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import sympy

from symgate import interop
from symgate.cells import CELLS, cell
from symgate.derive import jacobian, objects, vjp
from symgate.language import CellBuilder, sigma, tanh
from symgate.proof import limits, modular, numeric
from symgate.proof.decision import Budget
from symgate.proof.functions import OPAQUE
from symgate.proof.limits import REDUCTIONS
from symgate.proof.settle import settle
from symgate.proof.slips import scaled
from symgate.records import Cell


def test_division_by_a_scalar_is_proved() -> None:
    """x / (1 + x'x): a scalar below the line, with a derivative of its own."""
    builder = CellBuilder("normed")
    x = builder.state("x", "n")
    s = builder.let("s", 1 + x.T @ x)
    builder.next(x, tanh(x / s))
    J = jacobian(builder.build())
    assert settle(J, Budget()).proved
    assert modular.opinion(J).passed
    wrong = replace(J, named_terms=tuple((k, scaled(sympy.Rational(101, 100), v)) for k, v in J.named_terms))
    assert not settle(wrong, Budget()).proved
    assert modular.opinion(wrong).passed is False


@pytest.mark.parametrize("wrt", ["x", "W_g", "b"])
def test_each_exact_route_sees_one_per_cent(wrt: str) -> None:
    """In either form, by either route."""
    for derive in (jacobian, vjp):
        right = derive(cell("multi_gate"), wrt)
        name, term = right.named_terms[-1]
        terms = (*right.named_terms[:-1], (name, scaled(sympy.Rational(101, 100), term)))
        wrong = replace(right, named_terms=terms)
        assert settle(right, Budget()).proved
        assert modular.opinion(right).passed
        assert not settle(wrong, Budget()).proved
        assert modular.opinion(wrong).passed is False
        assert numeric.check(wrong).passed is False


def test_the_stated_error_probability_is_a_bound() -> None:
    """It grows with the number of function values and stays far below what anyone would doubt."""
    few = modular.opinion(jacobian(cell("leaky"))).error_probability
    many = modular.opinion(jacobian(cell("gru_original"))).error_probability

    assert 0 < few < many < 1e-11


@pytest.mark.parametrize("own", CELLS, ids=lambda own: own.name)
def test_reductions_hold_and_their_number_is_known(own: Cell) -> None:
    """Every line of the table is used by the state Jacobian of its cell, and by more than that."""
    lines = [item.words for item in REDUCTIONS if item.cell == own.name]
    detail = limits.check(jacobian(own)).detail
    assert all(words in detail for words in lines)
    assert all(limits.check(derivation).passed for derivation in objects(own))


def test_each_reduction_can_fail() -> None:
    """A state Jacobian off by one per cent in all its terms fails wherever it is not zero anyway."""
    for own in CELLS:
        J = jacobian(own)
        wrong = replace(J, named_terms=tuple((k, scaled(sympy.Rational(101, 100), v)) for k, v in J.named_terms))
        for item in REDUCTIONS:
            if item.cell == own.name:
                sizes = {dim: 3 + k for k, dim in enumerate(own.dimensions)}
                ((words, _, left, right),) = limits._reduced(wrong, item, OPAQUE, sizes, 0)
                keys = left.keys() | right.keys()
                assert any(left.get(key, 0) != right.get(key, 0) for key in keys), words


def test_gradients_of_other_libraries_where_installed() -> None:
    """torch and jax, where installed, differentiate the recurrence typed anew; otherwise the certificate says so."""
    found = numeric.autodiff(jacobian(cell("scalar_gate", phi="sin")))
    if not interop.available():
        assert found.passed is None
        assert "not installed" in found.detail
        return
    J = jacobian(cell("scalar_gate"))
    wrong = replace(J, named_terms=tuple((k, scaled(sympy.Rational(101, 100), v)) for k, v in J.named_terms))
    assert found.passed
    assert all(name in found.detail for name in interop.available())
    assert numeric.autodiff(wrong).passed is False


def test_without_other_libraries_a_proof_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are never required."""
    monkeypatch.setattr(interop, "available", lambda: ())
    found = numeric.autodiff(jacobian(cell("plain")))
    assert found.passed is None
    assert "not installed" in found.detail
    with pytest.raises(ValueError, match="torch"):
        interop.kernels("abacus")


def test_relu_is_stepped_on_the_side_where_it_is() -> None:
    """A kink is no obstacle to the numeric route: the branch is chosen on the real part."""
    assert numeric.check(jacobian(cell("multi_gate", phi="relu"))).passed


def test_a_user_cell_is_stepped_through_its_own_recurrence() -> None:
    """Without a reference the evidence says whose recurrence it was."""
    builder = CellBuilder("own")
    x, w = builder.state("x", "n"), builder.vector("w", "n")
    builder.next(x, sigma(w.T @ x) * tanh(x))
    J = jacobian(builder.build())
    found = numeric.check(J)
    assert found.passed
    assert "no independent reference" in found.detail

    def step(x: np.ndarray, w: np.ndarray) -> np.ndarray:
        return np.tanh(x) / (1 + np.exp(-(w @ x)))

    assert "reference given" in numeric.check(J, reference=step).detail
    assert numeric.check(J, reference=step).passed
