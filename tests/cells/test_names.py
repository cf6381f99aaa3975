"""Where a cell is asked for, the name of a built-in one stands for it; anything else is refused in the same words."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import symgate as sg
from symgate import numeric
from symgate.errors import DefinitionError, UnknownNameError

ASKED: dict[str, Callable] = {
    "jacobian": sg.jacobian,
    "kronecker": sg.kronecker,
    "vjp": sg.vjp,
    "diagonal": sg.diagonal,
    "state_jacobian": sg.state_jacobian,
    "objects": sg.objects,
    "transport": sg.transport,
    "gradient": sg.gradient,
    "split": lambda cell: sg.split(cell, "gate"),
    "influence": lambda cell: sg.influence(cell, "W_r"),
    "lags": lambda cell: sg.lags(cell, "W_r"),
    "curvature": sg.curvature,
    "effective_learning_rate": sg.effective_learning_rate,
    "preconditioner": sg.preconditioner,
    "analogy": lambda cell: sg.analogy(cell, "schedule"),
    "result": lambda cell: sg.result(cell, "jacobian"),
    "lambdify": sg.lambdify,
}


@pytest.mark.parametrize("name", ASKED)
def test_a_name_is_a_cell(name: str) -> None:
    given = ASKED[name]
    assert given("multi_gate") == given(sg.cell("multi_gate"))
    with pytest.raises(UnknownNameError, match="'multigate' is not a known cell"):
        given("multigate")
    with pytest.raises(DefinitionError, match="Needed a cell, such as"):
        given(5)


def test_a_name_in_numbers(tmp_path: object) -> None:
    """Trajectories, and exports of a whole cell."""
    params = {"W_r": np.eye(2), "W_i": np.ones((2, 1)), "b": np.zeros(2)}
    assert numeric.rollout("plain", params, np.ones((3, 1))).cell == sg.cell("plain")
    assert sg.export("plain", "numpy", f"{tmp_path}/plain.py").read_text().startswith('"""')
