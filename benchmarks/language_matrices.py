"""Cells with matrix states on every target, for ``language.py``: steps and derivatives, or that a target has no code.

The truth is the complex step of the recurrences as published, typed a second time in ``tests/reference/matrix.py``.
Whether a target has code for a matrix state is asked of the target.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import symgate as sg
from symgate.codegen import suite
from symgate.errors import NotDerivedError
from symgate.numeric.load import load_module
from symgate.records import Cell, Derivation
from tests.cells.test_matrix import drawn
from tests.codegen import test_conformance as steps_of
from tests.codegen.numba_in_python import uncompiled
from tests.codegen.training import test_matrix_states as training_of
from tests.reference.matrix import MATRIX_REFERENCE

#: What is said of a target that has no code for matrix states.
NOT_OFFERED = None
DTYPES = {"float64": (np.float64, 1e-10), "float32": (np.float32, 3e-4)}
TRAINING: dict[str, Callable[..., dict[str, Any]]] = {"torch": training_of.in_torch, "jax": training_of.in_jax}


def told(cell: Cell, library: Callable[[str], Callable[[np.ndarray], Any]]) -> Iterator[tuple[str, list[str] | None]]:
    """Each target, and which functions are wrong on it; None where it has no code for the cell."""
    for target, (word, package) in steps_of.LIBRARIES.items():
        yield target, wrong_steps(cell, word, library(package))
    values, lams = training_of.point(cell, 4, 3)
    slopes = training_of.along(cell, values, lams, training_of.STEPS)
    for word in TRAINING:
        yield f"{word}, training", wrong_slopes(cell, word, values, lams, slopes)


def parts_of(cell: Cell) -> list[tuple[str, Cell | Derivation]]:
    """The step, and the vector-Jacobian product of every state by everything."""
    pulls = [(f"{of.name}_by_{by}", sg.vjp(cell, by, of.name)) for of in cell.states for by in cell.symbols]
    return [("step", cell), *pulls]


def wrong_steps(cell: Cell, word: str, as_array: Callable[[np.ndarray], Any]) -> list[str] | None:
    """The functions of one step that are not what the recurrence says."""
    parts = parts_of(cell)
    try:
        source = suite(parts, word)
    except NotDerivedError:
        return NOT_OFFERED
    module = (uncompiled if word == "numba" else load_module)(source, f"{cell.name}_{word}")
    point, bad = drawn(cell, 4, 3), []
    rng = np.random.default_rng(5)
    pushes = {state.name: rng.standard_normal(np.shape(point[state.name])) for state in cell.states}
    after = MATRIX_REFERENCE[cell.name](np, **point)
    for label, (dtype, rtol) in DTYPES.items():
        given = {name: as_array(np.asarray(value, dtype)) for name, value in point.items()}
        stepped = module.step(**given)
        for state, value in zip(cell.states, stepped if len(cell.states) > 1 else [stepped], strict=True):
            if not agree(value, after[state.name], dtype, rtol):
                bad.append(f"step {state.name} ({label})")
        for name, item in parts[1:]:
            assert isinstance(item, Derivation), "a vector-Jacobian product"
            push, wrt = pushes[str(item.of.name)], str(item.wrt.name)
            direction = rng.standard_normal(np.shape(point[wrt]))
            moved = MATRIX_REFERENCE[cell.name](np, **{**point, wrt: point[wrt] + 1e-30j * direction})
            slope = (push * np.imag(moved[str(item.of.name)]) / 1e-30).sum()
            lam = {str(item.cotangent.name): as_array(np.asarray(push, dtype))}  # type: ignore[union-attr]
            pulled = steps_of.on_host(getattr(module, name)(**given, **lam))
            if pulled.dtype != dtype or not agree((pulled * direction).sum(), slope, None, rtol):
                bad.append(f"{name} ({label})")
    return bad


def agree(found: Any, wanted: Any, dtype: Any, rtol: float) -> bool:
    """Whether a value is the one wanted, and of the dtype wanted."""
    value = steps_of.on_host(found)
    return bool(np.allclose(value, wanted, rtol=rtol, atol=rtol)) and (dtype is None or value.dtype == dtype)


def wrong_slopes(
    cell: Cell, word: str, values: dict[str, Any], lams: dict[str, Any], slopes: dict[str, tuple[np.ndarray, float]]
) -> list[str] | None:
    """The arguments by which the gradient through time of a module to train with is not that of the recurrence."""
    try:
        found = TRAINING[word](cell, values, lams)
    except NotDerivedError:
        return NOT_OFFERED
    pairs = {name: (float((np.asarray(found[name]) * d).sum()), slope) for name, (d, slope) in slopes.items()}
    return [name for name, (value, slope) in pairs.items() if not abs(value - slope) <= 1e-9 * (1 + abs(slope))]
