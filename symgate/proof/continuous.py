"""Is a step of the leaky integrator what it claims to be?  Judged against the solution of its equation.

For a drive f + fdot s the solution of tau dx/ds = -x + f + fdot s is
x(h) = f + fdot (h - tau) + (x - f + fdot tau) exp(-h/tau); what bends the drive further enters x(h) at h^3 only,
so the error of a step to order h^2 is read off this solution.  (The derivation takes Taylor series instead.)
"""

from __future__ import annotations

import time

import sympy
from sympy import Expr

from symgate.errors import unknown
from symgate.language.continuous import DRIVE, GATE, SCHEMES, SLOPE, STATE, STEP, TAU, Discretisation
from symgate.proof.certificate import PROVED, REFUTED, Certificate, Evidence

_DECAY, _REST = sympy.symbols("E R")
_SOLUTION = DRIVE + SLOPE * (STEP - TAU) + (STATE - DRIVE + SLOPE * TAU) * sympy.exp(-STEP / TAU)


def verify_discretisation(found: Discretisation) -> Certificate:
    """Judge a discretisation: what it is exact for, its leading error, and the time constant of a gate value.

    Each equation is an identity between rational functions of h, tau and exp(-h/tau), decided exactly.

    Raises:
        UnknownNameError: no such scheme.
    """
    if found.scheme not in SCHEMES:
        raise unknown("discretisation", found.scheme, SCHEMES)
    start = time.perf_counter()
    gaps = list(_gaps(found))
    faults, checks = [label for label, gap in gaps if not _vanishes(gap)], len(gaps)
    seconds = time.perf_counter() - start
    if faults:
        detail = f"does not hold: {'; '.join(faults)}"
        evidence = Evidence("solution", passed=False, detail=detail, checks=checks, seconds=seconds)
        return Certificate(found.name, REFUTED, f"Wrong: {detail}.", (evidence,))
    detail = f"{checks} identities with the solution of tau dx/ds = -x + f + fdot s hold exactly"
    evidence = Evidence("solution", passed=True, detail=detail, checks=checks, seconds=seconds)
    statement = f"Holds for every step and every time constant: {detail}. {found.remark}"
    return Certificate(found.name, PROVED, statement, (evidence,))


def _gaps(found: Discretisation) -> list[tuple[str, Expr]]:
    """What must vanish, with its meaning."""
    equation = TAU * _SOLUTION.diff(STEP) + _SOLUTION - DRIVE - SLOPE * STEP
    line = STATE + STEP * (DRIVE - STATE) / TAU
    exact = line if found.scheme == "euler" else _SOLUTION.xreplace({SLOPE: sympy.S.Zero})
    taylor = 1 - STEP / TAU + (STEP / TAU) ** 2 / 2 + _REST * STEP**3
    error = sympy.expand((_SOLUTION - found.step).xreplace({sympy.exp(-STEP / TAU): taylor}))
    return [
        ("the solution solves its equation", equation),
        ("the solution starts at x", _SOLUTION.xreplace({STEP: sympy.S.Zero}) - STATE),
        ("the step is what its name says", found.step - exact),
        ("the error begins at h^2", error.coeff(STEP, 0) + error.coeff(STEP, 1) * STEP),
        ("the leading error", error.coeff(STEP, 2) * STEP**2 - found.error),
        ("the time constant of a gate value", found.alpha.xreplace({TAU: found.gate_time}) - GATE),
    ]


def _vanishes(expr: Expr) -> bool:
    """Whether a rational function of the symbols and of exp(-h/tau) is 0, by putting it on one denominator."""
    return bool(sympy.cancel(expr.xreplace({sympy.exp(-STEP / TAU): _DECAY})) == 0)
