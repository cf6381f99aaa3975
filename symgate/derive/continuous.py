"""From continuous time to the cells: tau dx/ds = -x + f(s), f = phi(W_r x + W_i u + b), stepped by h.

The steps and their local truncation errors are derived per unit from Taylor series of the solution, so the
time constants may differ from unit to unit.
"""

from __future__ import annotations

import sympy
from sympy import Expr

from symgate.errors import unknown
from symgate.language.continuous import DRIVE, GATE, SCHEMES, SLOPE, STATE, STEP, TAU, Discretisation


def solution(order: int = 3) -> Expr:
    """x(s + h) as a Taylor polynomial in h of the given order, from tau x' = -x + f and f' = fdot (f'' left out).

    The terms up to h^2 are complete; f'' enters at h^3 only.
    """
    derivatives = [STATE, (DRIVE - STATE) / TAU]
    drives = [DRIVE, SLOPE, *([sympy.S.Zero] * order)]
    for q in range(1, order):
        derivatives.append((drives[q] - derivatives[-1]) / TAU)
    return sympy.Add(*(derivatives[q] * STEP**q / sympy.factorial(q) for q in range(order + 1)))


def continuous_time(scheme: str = "exponential") -> Discretisation:
    """The discrete cell that a step of length h makes from tau dx/ds = -x + phi(W_r x + W_i u + b).

    Args:
        scheme: "euler" or "exponential".

    Returns:
        alpha = h/tau or 1 - exp(-h/tau), dimensionless, with its local truncation error per step, in the unit
        of the state.  A gate acts as a learned local change of time: g_t = alpha(tau_t), solved for tau_t in
        ``gate_time``.

    Raises:
        UnknownNameError: no such scheme.
    """
    if scheme not in SCHEMES:
        raise unknown("discretisation", scheme, SCHEMES)
    alpha = STEP / TAU if scheme == "euler" else 1 - sympy.exp(-STEP / TAU)
    kept, of_gate = (
        (1 - alpha, 1 - GATE) if scheme == "euler" else (sympy.expand_log(sympy.log(1 - alpha)), sympy.log(1 - GATE))
    )
    (tau,) = sympy.solve(sympy.Eq(kept, of_gate), TAU)
    gap = solution() - ((1 - alpha) * STATE + alpha * DRIVE)
    leading = sympy.factor(sympy.series(gap, STEP, 0, 3).removeO())
    remark = (
        "Approximation of local order h^2; exact where the solution is a straight line, stable only for h < 2 tau, "
        "and an average of state and drive (alpha <= 1) only for h <= tau."
        if scheme == "euler"
        else "Exact, for every h, if the drive is constant over the step; otherwise an approximation of local order "
        "h^2, whose error comes from the change of the drive alone."
    )
    return Discretisation(scheme, alpha, tau, leading, remark)


def retention_time(gate: Expr = GATE) -> Expr:
    """The steps after which a unit at a constant gate value g keeps 1/e of its state: (1 - g)^tau_ret = 1/e."""
    steps = sympy.Symbol("tau_ret", positive=True)
    (found,) = sympy.solve(sympy.Eq(steps * sympy.log(1 - gate), -1), steps)
    return found
