"""The timing figure compares two derivations of the same Jacobian."""

from __future__ import annotations

import numpy as np
import sympy

import symgate as sg
from symgate.numeric import lambdify
from symgate.proof import verify
from symgate.report import timing

N, M = 3, 2


def test_the_resized_cell_is_the_same_recurrence_with_a_number_for_its_size() -> None:
    cell = sg.cell("multi_gate")
    fixed = timing.resized(cell, cell.state().before.shape[0], N)

    assert sg.jacobian(fixed).shape == (N, N)
    assert list(sg.jacobian(fixed).terms) == ["retention", "drive", "gate"]
    assert verify(sg.jacobian(fixed), routes=("decision", "modular")).verdict == "proved"


def test_the_expanded_jacobian_is_that_of_the_multi_gate() -> None:
    """Both sides of the comparison are the same matrix, at a random point."""
    cell = sg.cell("multi_gate")
    rng = np.random.default_rng(0)
    shapes = {name: tuple(int(size.subs(dict(zip(cell.dimensions, (N, M), strict=True)))) for size in symbol.shape)
              for name, symbol in cell.symbols.items()}  # fmt: skip
    arrays = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    entries = {
        sympy.Symbol(f"{name}_{i + 1}_{j + 1}"): arrays[name][i, j]
        for name in arrays
        for i, j in np.ndindex(*shapes[name])
    }

    expanded = timing._expanded_jacobian(N, M).subs(entries)

    point = {name: value[:, 0] if value.shape[1] == 1 else value for name, value in arrays.items()}
    np.testing.assert_allclose(np.array(expanded, float), lambdify(sg.jacobian(cell))(**point), rtol=1e-12)


def test_an_expansion_that_would_pass_its_budget_is_not_begun() -> None:
    found, note = timing.expansion_times((2, 512), budget=5)

    assert [n for n, _ in found] == [2]
    assert note.startswith("not begun: n = 512, about ")


def test_the_closed_form_is_timed_at_every_size() -> None:
    found = timing.closed_form_times(sg.cell("leaky"), (2, 64), repeats=1)

    assert [n for n, _ in found] == [2, 64]
    assert all(0 < seconds < 5 for _, seconds in found)
