"""A right formula is proved also where the numbers of a route lie outside the domain of a function."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symgate as sg
from symgate.proof.functions import BOUND, functions
from symgate.proof.kernels import kernel


@pytest.mark.parametrize("name", ["log", "sqrt", "reciprocal"])
def test_a_function_without_a_value_there_contradicts_nothing(name: str) -> None:
    certificate = sg.verify(sg.jacobian(sg.cell("plain", phi=name)))
    assert certificate.proved
    assert not certificate.fault


@pytest.mark.parametrize("name", ["log", "sqrt"])
def test_a_complex_step_has_no_value_outside_the_domain(name: str) -> None:
    own = kernel(functions(sg.cell("plain", phi=name), BOUND), "phi")
    found = own(np.array([-1 + 1e-30j, 4 + 1e-30j]))
    assert np.isnan(found[0])
    assert found[1].imag == pytest.approx(0.25e-30)


def test_a_claim_is_not_refuted_where_a_function_has_no_value() -> None:
    """Every argument of log is positive there, so its slope is 1/|a|; numbers below 0 say nothing."""
    cell = sg.cell("plain", phi="log")
    assert sg.check(cell, "diag(1/sqrt(a*a)) @ W_r", "jacobian").verdict == "undecided"
    assert sg.check(cell, "diag(2/sqrt(a*a)) @ W_r", "jacobian").verdict == "refuted"

    def right(x: Any, u: Any, W_r: Any, W_i: Any, b: Any) -> Any:
        return W_r / np.abs(W_r @ x + W_i @ u + b)[:, None]

    found = sg.check(cell, right, "jacobian")
    assert (found.verdict, found.points) == ("undecided", 5)
    assert sg.check(cell, lambda **values: 2 * right(**values), "jacobian").verdict == "refuted"
