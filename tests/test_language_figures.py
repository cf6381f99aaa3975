"""The program that counts what passes on every target sees what does not."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from symgate.cells import cell
from symgate.nonlinearities import nonlinearity

pytest.importorskip("torch")
pytest.importorskip("jax")
PROGRAM = Path(__file__).resolve().parents[1] / "benchmarks" / "language.py"


@pytest.fixture(scope="module")
def program() -> ModuleType:
    spec = importlib.util.spec_from_file_location("language_figures", PROGRAM)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["tanh", "elu", "relu6", "softplus"])
def test_a_wrong_value_or_slope_is_counted(program: ModuleType, name: str) -> None:
    """The code passes; a value that is off by 1e-12, infinite, NaN, or beyond both slopes of a kink does not."""
    entry = nonlinearity(name)
    z = program.points(entry, np.float64)
    for order, found in enumerate(program.values_of(name, "numpy", z)):
        wanted = program.truths(entry, z, order)
        assert program.right(found, wanted, z)
        for place, slip in ((len(z) // 2, 1e-12), (0, np.inf), (-1, np.nan), (len(z) // 2, 1.1)):
            wrong = found.copy()
            wrong[place] += slip
            assert not program.right(wrong, wanted, z), (order, slip)


def test_a_wrong_gradient_through_time_is_counted(program: ModuleType) -> None:
    one = cell("plain")
    values = program.cases.point(one)
    lams = program.cases.cotangents(one, values)
    slopes = program.cases.slopes(one, values, lams)
    assert program.wrong_slopes(one, "torch", values, lams, slopes) == []
    direction, slope = slopes["W_r"]
    planted = {**slopes, "W_r": (direction, slope * (1 + 1e-6))}
    assert program.wrong_slopes(one, "torch", values, lams, planted) == ["W_r"]
