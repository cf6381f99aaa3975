"""Every public function of the analyses says its formula, shapes, units, errors, source and law."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path

import pytest

import symgate as sg
from symgate import numeric

ROOT = Path(__file__).resolve().parents[2]
#: What people do with Jacobians, in numbers and as formulas.
ANALYSES = [
    numeric.curvature_spectrum,
    numeric.effective_learning_rates,
    numeric.fixed_points,
    numeric.gauss_newton_product,
    numeric.hessian_product,
    numeric.influence,
    numeric.lag_gradients,
    numeric.lyapunov,
    numeric.remainder_bound,
    numeric.tangent_trajectory,
    sg.curvature,
    sg.influence,
    sg.lags,
    sg.rest,
    sg.truncate,
]
FUNCTIONS = [getattr(numeric, name) for name in numeric.__all__ if inspect.isfunction(getattr(numeric, name))]


def missing(function: Callable) -> list[str]:
    """What the docstring of an analysis does not say."""
    text = inspect.getdoc(function) or ""
    asked = {
        "a formula": r" = ",
        "arguments": r"^Args:",
        "what it returns": r"^Returns:",
        "errors": r"^Raises:",
        "a source": r"Source: ",
        "a law": r"Law:\s+``tests/",
        "shapes": r"\((\.\.\.|n|N|k|P|P, N|L \+ 1), ?|of the shape of|in its shape",
        "a unit": r"\bunits?\b|per step",
    }
    return [name for name, pattern in asked.items() if not re.search(pattern, text, re.MULTILINE)] + unnamed(function)


def unnamed(function: Callable) -> list[str]:
    """The arguments that the docstring leaves out, and files that it names and that are not there."""
    text = inspect.getdoc(function) or ""
    lost = [path for path in re.findall(r"``(tests/[^`]+)``", text) if not (ROOT / path).is_file()]
    if re.search(r"^Arguments( and errors)? as for|^``lambdify", text, re.MULTILINE) or "``lambdify(obj)" in text:
        return lost
    own = [
        name for name in inspect.signature(function).parameters if not re.search(rf"^    {name}: ", text, re.MULTILINE)
    ]
    alone = own == ["trajectory"] and len(inspect.signature(function).parameters) == 1  # the one thing it can be
    return lost + ([] if alone else [f"the argument {name}" for name in own])


@pytest.mark.parametrize("function", ANALYSES, ids=lambda function: f"{function.__module__}.{function.__name__}")
def test_an_analysis_says_what_it_is(function: Callable) -> None:
    assert missing(function) == []


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_every_argument_is_explained(function: Callable) -> None:
    assert unnamed(function) == []


def test_what_is_left_out_is_seen() -> None:
    """A docstring without its errors, its unit, an argument; a law that is not there."""

    def slipped(trajectory: object, order: int) -> None:  # noqa: D417
        """P = J P, (n, n).

        Args:
            trajectory: a trajectory.

        Returns:
            A number.

        Source: nowhere.  Law: ``tests/numeric/test_nothing.py``.
        """

    assert missing(slipped) == ["errors", "a unit", "tests/numeric/test_nothing.py", "the argument order"]
