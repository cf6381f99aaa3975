"""How long a derivation takes: the closed form, and the entry by entry expansion one would write without it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace

import sympy
from sympy import Matrix

from symgate.derive import jacobian
from symgate.records import Assignment, Cell, State

Timing = list[tuple[int, float]]


def closed_form_times(cell: Cell, sizes: Iterable[int], repeats: int = 3) -> Timing:
    """Seconds to derive the state Jacobian of the cell with n units, cold, for each n: the least of a few runs."""
    size = cell.state().before.shape[0]
    found = []
    for n in sizes:
        runs = []
        for attempt in range(repeats):
            fresh = replace(resized(cell, size, n), name=f"{cell.name}_{n}_{attempt}")
            start = time.perf_counter()
            jacobian(fresh)
            runs.append(time.perf_counter() - start)
        found.append((n, min(runs)))
    return found


def resized(cell: Cell, size: sympy.Symbol, n: int) -> Cell:
    """The same recurrence with a number in place of a symbolic size."""
    swap = {size: sympy.Integer(n)}
    return replace(
        cell,
        states=tuple(State(*(part.xreplace(swap) for part in (s.before, s.after, s.update))) for s in cell.states),
        inputs=tuple(symbol.xreplace(swap) for symbol in cell.inputs),
        parameters=tuple(symbol.xreplace(swap) for symbol in cell.parameters),
        assignments=tuple(
            Assignment(item.symbol.xreplace(swap), item.expr.xreplace(swap), item.role) for item in cell.assignments
        ),
    )


def expansion_times(sizes: Iterable[int], budget: float, m: int = 2) -> tuple[Timing, str]:
    """Seconds for SymPy's ``Matrix.jacobian`` on the written-out entries of the multi gate with tanh.

    Args:
        sizes: the n to try, ascending.
        budget: seconds in all; a size that would pass it, at eight times the cost per doubling, is not begun.
        m: the number of inputs.

    Returns:
        (n, seconds) pairs, and a note on where it stopped ("" where it did not).
    """
    found: Timing = []
    spent = 0.0
    for n in sizes:
        expected = found[-1][1] * (n / found[-1][0]) ** 3 if found else 0.0
        if spent + expected > budget:
            return found, f"not begun: n = {n}, about {expected:.0f} s"
        start = time.perf_counter()
        _expanded_jacobian(n, m)
        found.append((n, time.perf_counter() - start))
        spent += found[-1][1]
    return found, ""


def _expanded_jacobian(n: int, m: int) -> Matrix:
    """The multi gate written out in scalars, differentiated entry by entry."""

    def matrix(name: str, rows: int, cols: int) -> Matrix:
        return Matrix(rows, cols, sympy.symbols(f"{name}_1:{rows + 1}_1:{cols + 1}"))

    x, u, b, b_g = (matrix(name, size, 1) for name, size in (("x", n), ("u", m), ("b", n), ("b_g", n)))
    a = matrix("W_r", n, n) * x + matrix("W_i", n, m) * u + b
    a_g = matrix("W_g", n, n) * x + matrix("V_g", n, m) * u + b_g
    g = a_g.applyfunc(lambda z: 1 / (1 + sympy.exp(-z)))
    step = (Matrix.ones(n, 1) - g).multiply_elementwise(x) + g.multiply_elementwise(a.applyfunc(sympy.tanh))
    return step.jacobian(x)
