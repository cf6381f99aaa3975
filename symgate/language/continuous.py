"""The leaky integrator in continuous time: its symbols, and the record of one way to step it."""

from __future__ import annotations

from dataclasses import dataclass

import sympy
from sympy import Expr

#: Step, time constant, state, drive, the time derivative of the drive, and a gate value; each per unit.
STEP, TAU = sympy.symbols("h tau", positive=True)
STATE, DRIVE, SLOPE = sympy.symbols("x f fdot", real=True)
GATE = sympy.Symbol("g", positive=True)

SCHEMES = ("euler", "exponential")


@dataclass(frozen=True)
class Discretisation:
    """One way to step the leaky integrator tau dx/ds = -x + f(s).

    Attributes:
        scheme: "euler" (explicit) or "exponential" (exact for a constant drive).
        alpha: the constant of the leaky cell that the step amounts to, per unit.
        gate_time: the time constant that a gate value g stands for: g is alpha with tau_t in place of tau.
        error: the leading term of x(s + h) minus the step from x(s), of order h^2.
        remark: in words, when the step is exact.
    """

    scheme: str
    alpha: Expr
    gate_time: Expr
    error: Expr
    remark: str

    @property
    def name(self) -> str:
        """A plain name, such as "continuous_time_euler"."""
        return f"continuous_time_{self.scheme}"

    @property
    def step(self) -> Expr:
        """The step (1 - alpha) x + alpha f."""
        return (1 - self.alpha) * STATE + self.alpha * DRIVE
