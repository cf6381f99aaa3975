"""Trajectories, gradients, fixed points and generated functions take and refuse the same arrays, in the same words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import sparse

import symgate as sg
from symgate import numeric
from tests.numeric.recurrence import draw

CELL = sg.cell("multi_gate")
PARAMS = draw(CELL, 3, 2, 1)
X, U = np.ones(3), np.ones((4, 2))


def functions() -> dict[str, Callable[[dict[str, Any]], Any]]:
    """What takes the weights of a cell."""
    generated = {name: sg.lambdify(item) for name, item in (("step", CELL), ("jacobian", sg.jacobian(CELL)))}
    return {
        "rollout": lambda params: numeric.rollout(CELL, params, U).x,
        "gradient": lambda params: numeric.loss_gradient(numeric.rollout(CELL, params, U), np.ones((4, 3)))["b"],
        "fixed points": lambda params: numeric.fixed_points(CELL, params, U[0], 2).points,
        **{name: lambda params, f=f: f(x=X, u=U[0], **params) for name, f in generated.items()},
    }


def said(value: Any) -> dict[str, str]:
    """What each of them says of a weight: its error, or the dtype of its result."""
    found = {}
    for name, f in functions().items():
        try:
            found[name] = str(f({**PARAMS, "W_r": value}).dtype)
        except (TypeError, ValueError) as error:
            found[name] = str(error)
    return found


@pytest.mark.parametrize("kind", ["f2", "f4", "i4", "?", "u1"])
def test_what_is_taken_is_taken_by_all(kind: str) -> None:
    """Halves, floats, whole numbers and truth values beside float64."""
    assert set(said(np.ones((3, 3)).astype(kind)).values()) == {"float64"}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (np.ones((3, 3), complex), "W_r must hold real numbers, float32 or float64"),
        (np.ones((3, 3), object), "W_r must hold real numbers, float32 or float64"),
        (np.ones((3, 3), np.longdouble), "W_r must hold real numbers, float32 or float64"),
        (np.full((3, 3), "a"), "W_r must hold real numbers, float32 or float64"),
        (None, "W_r must hold real numbers, float32 or float64"),
        ([[1, 2], [3]], "W_r cannot be read as an array of numbers"),
        (np.ma.masked_array(np.ones((3, 3))), "W_r is a masked array"),
        (sparse.csr_matrix(np.eye(3)), "W_r is a sparse csr_matrix; pass W_r.toarray()"),
        (sparse.coo_array(np.eye(3)), "W_r is a sparse coo_array; pass W_r.toarray()"),
    ],
    ids=["complex", "object", "long", "text", "None", "ragged", "masked", "csr", "coo"],
)
def test_what_is_refused_is_refused_by_all_in_the_same_words(value: Any, words: str) -> None:
    found = said(value)
    needed = {name: text for name, text in found.items() if not (value is None and "missing" in text)}
    assert len(set(needed.values())) == 1, found
    assert next(iter(needed.values())).startswith(words)
    for f in functions().values():
        with pytest.raises(TypeError):
            f({**PARAMS, "W_r": value})


def test_a_size_of_nothing_is_refused_by_all_in_the_same_words() -> None:
    """n = 0, and m = 0."""
    none = {
        name: value[:0, :0] if name.startswith("W_") and value.shape == (3, 3) else value[:0]
        for name, value in PARAMS.items()
    }
    for f in (lambda: numeric.rollout(CELL, none, U), lambda: sg.lambdify(sg.jacobian(CELL))(x=X[:0], u=U[0], **none)):
        with pytest.raises(
            ValueError, match=r"must have shape \(..., n.*\) with every size 1 or more; found \(.*0.*\)"
        ):
            f()
    thin = {name: value[:, :0] if value.shape == (3, 2) else value for name, value in PARAMS.items()}
    for f in (lambda: numeric.rollout(CELL, thin, U[:, :0]), lambda: sg.lambdify(CELL)(x=X, u=U[0, :0], **thin)):
        with pytest.raises(ValueError, match=r"must have shape \(..., .*m\) with every size 1 or more"):
            f()


def test_sparse_weights_of_the_array_api_target() -> None:
    f = sg.lambdify(sg.jacobian(CELL), "array_api")
    with pytest.raises(TypeError, match=r"W_r is a sparse csr_matrix; pass W_r.toarray\(\)"):
        f(x=X, u=U[0], **{**PARAMS, "W_r": sparse.csr_matrix(np.eye(3))})
