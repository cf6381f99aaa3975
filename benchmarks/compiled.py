"""The Jacobian of the multi gate by the export target numba, where that is installed."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np

import symgate as sg
from symgate.codegen import source
from symgate.numeric.load import load_module


def jacobian(given: dict[str, np.ndarray]) -> dict[str, Callable[[], Any]]:
    """A call with its checks, and a plan."""
    if not find_spec("numba"):
        return {}
    J, moving = sg.jacobian(sg.cell("multi_gate", phi="tanh")), {"x": given["x"], "u": given["u"]}
    compiled = load_module(source(J, "numba"), J.name)
    plan = compiled.multi_gate_jacobian_x_plan(**given)
    return {
        "symgate, numba": lambda: compiled.multi_gate_jacobian_x(**given),
        "symgate, numba plan": lambda: plan(**moving),
    }
