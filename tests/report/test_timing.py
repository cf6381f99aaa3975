"""The timing figure compares two derivations of the same Jacobian."""

from __future__ import annotations

import sympy

import symgate as sg
from symgate.proof import verify
from symgate.report import timing

N, M = 3, 2


def test_the_resized_cell_is_the_same_recurrence_with_a_number_for_its_size() -> None:
    cell = sg.cell("multi_gate")
    fixed = timing.resized(cell, cell.state().before.shape[0], N)

    assert sg.jacobian(fixed).shape == (N, N)
    assert list(sg.jacobian(fixed).terms) == ["retention", "drive", "gate"]
    assert verify(sg.jacobian(fixed), routes=("entrywise", "modular")).verdict == "proved"


def test_the_expanded_jacobian_is_that_of_the_multi_gate() -> None:
    """At W = 0 it is diag(1 - sigma(b_g)) + the parts through a and a_g, which vanish with the weights."""
    J = timing._expanded_jacobian(N, M)
    weights = [s for s in J.free_symbols if s.name.startswith(("W_r", "W_g", "W_i", "V_g"))]
    at_zero = J.subs({symbol: 0 for symbol in weights})
    b_g = [sympy.Symbol(f"b_g_{i}1") for i in range(1, N + 1)]

    expected = sympy.diag(*(1 - 1 / (1 + sympy.exp(-symbol)) for symbol in b_g))
    assert (at_zero - expected).applyfunc(lambda entry: sympy.N(entry.subs({s: 0.3 for s in b_g}))).norm() < 1e-12


def test_an_expansion_that_would_pass_its_budget_is_not_begun() -> None:
    found, note = timing.expansion_times((2, 512), budget=5)

    assert [n for n, _ in found] == [2]
    assert note.startswith("not begun: n = 512, about ")


def test_the_closed_form_is_timed_at_every_size() -> None:
    found = timing.closed_form_times(sg.cell("leaky"), (2, 64), repeats=1)

    assert [n for n, _ in found] == [2, 64]
    assert all(0 < seconds < 5 for _, seconds in found)
