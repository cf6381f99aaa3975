"""Numbers behind the figure of continuous time: one step of each scheme against the solution of the equation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import sympy

from symgate.derive import continuous_time, retention_time
from symgate.language.continuous import DRIVE, GATE, SCHEMES, SLOPE, STATE, STEP, TAU
from symgate.report.demonstrations import Array, Series

UNITS, SEED, SUBSTEPS = 6, 20250812, 64


def step_errors() -> tuple[Array, Series, Series, Array, Series]:
    """What ``plots.local_errors`` draws, for tau dx/ds = -x + tanh(W x + b) with a time constant per unit.

    The solution is Runge and Kutta's of order 4 with 64 substeps, whose own error is far smaller.
    """
    rng = np.random.default_rng(SEED)
    W, b = rng.normal(size=(UNITS, UNITS)) / np.sqrt(UNITS), rng.normal(size=UNITS)
    tau, x = rng.uniform(0.5, 2, size=UNITS), rng.normal(size=UNITS)

    def flow(state: Array) -> Array:
        return (np.tanh(W @ state + b) - state) / tau

    f = np.tanh(W @ x + b)
    slope = (1 - f**2) * (W @ flow(x))
    steps = np.logspace(-3, 0, 10)
    errors: Series = {}
    leading: Series = {}
    for scheme in SCHEMES:
        found = continuous_time(scheme)
        alpha = np.array([_at(found.alpha, h, tau, x, f, slope) for h in steps])
        gaps = [solve(flow, x, h) - ((1 - a) * x + a * f) for h, a in zip(steps, alpha, strict=True)]
        name = "explicit Euler" if scheme == "euler" else "exponential Euler"
        errors[name] = np.linalg.norm(gaps, axis=-1)
        leading[name] = np.linalg.norm([_at(found.error, h, tau, x, f, slope) for h in steps], axis=-1)
    gates = np.linspace(0.02, 0.98, 49)
    return steps, errors, leading, gates, time_scales(gates)


def time_scales(gates: Array) -> Series:
    """The time constant in steps that a gate value stands for, by each scheme; the second is tau_ret."""
    euler = continuous_time("euler").gate_time.xreplace({STEP: sympy.S.One})
    named = {
        "Euler: $\\tau_t / h = 1/g$": euler,
        "exponential: $\\tau_t / h = \\tau_{\\mathrm{ret}}$": retention_time(),
    }
    return {name: np.array([float(expr.subs(GATE, g)) for g in gates]) for name, expr in named.items()}


def solve(flow: Callable[[Array], Array], x: Array, h: float) -> Array:
    """x(s + h) from x(s) = x."""
    part = h / SUBSTEPS
    for _ in range(SUBSTEPS):
        first = flow(x)
        second = flow(x + part / 2 * first)
        third = flow(x + part / 2 * second)
        x = x + part / 6 * (first + 2 * second + 2 * third + flow(x + part * third))
    return x


def _at(expr: sympy.Expr, h: float, tau: Array, x: Array, f: Array, slope: Array) -> Array:
    """A formula per unit, as numbers."""
    units = zip(tau, x, f, slope, strict=True)
    return np.array([float(expr.subs({STEP: h, TAU: t, STATE: p, DRIVE: q, SLOPE: r})) for t, p, q, r in units])
