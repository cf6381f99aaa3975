"""Steps of the continuous equation are proved, and every wrong one is refuted."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sympy

import symgate as sg
from symgate.errors import UnknownNameError
from symgate.language.continuous import DRIVE, GATE, SCHEMES, SLOPE, STATE, STEP, TAU

WRONG = {
    "another leak": lambda found: replace(found, alpha=found.alpha / 2),
    "the leak of the other scheme": lambda found: replace(
        found, alpha=sg.continuous_time(next(name for name in SCHEMES if name != found.scheme)).alpha
    ),
    "half the error": lambda found: replace(found, error=found.error / 2),
    "an error of order h": lambda found: replace(found, error=found.error / STEP),
    "a drive for a state": lambda found: replace(found, error=found.error.xreplace({SLOPE: DRIVE, STATE: DRIVE})),
    "a sign": lambda found: replace(found, gate_time=-found.gate_time),
    "g for 1 - g": lambda found: replace(found, gate_time=-STEP / sympy.log(GATE)),
    "tau for h": lambda found: replace(found, gate_time=found.gate_time * TAU / STEP),
}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_discretisation_is_proved(scheme: str) -> None:
    certificate = sg.verify(sg.continuous_time(scheme)).require()

    assert certificate.subject == f"continuous_time_{scheme}"
    assert sg.continuous_time(scheme).remark in certificate.statement


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("slip", WRONG)
def test_a_planted_slip_is_refuted(scheme: str, slip: str) -> None:
    assert sg.verify(WRONG[slip](sg.continuous_time(scheme))).verdict == "refuted"


def test_an_unknown_scheme_is_named() -> None:
    with pytest.raises(UnknownNameError, match="euler"):
        sg.verify(replace(sg.continuous_time("euler"), scheme="heun"))
