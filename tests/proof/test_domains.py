"""A right formula is proved also where the numbers of a route lie outside the domain of a function."""

from __future__ import annotations

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
