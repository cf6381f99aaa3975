"""A batch in which one run leaves the floating point range, and what every gradient through time must make of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

import symgate as sg
from symgate import numeric
from symgate.errors import ShapeError


def exploding(steps: int = 2000) -> numeric.Trajectory:
    """A batch of two: the first shrinks, the second leaves the floating point range on the way."""
    cell = sg.cell("plain", phi="identity")
    params = {"W_r": [[2.0]], "W_i": [[1.0]], "b": [0.0]}
    u = np.stack([np.zeros((steps, 1)), np.ones((steps, 1))])
    return numeric.rollout(cell, params, u)


def check_losses_before_a_divergence(compute: Callable[[numeric.Trajectory, np.ndarray], Any], field: str) -> None:
    """What is lost is marked; the loss of early steps has the gradient that it has without the steps behind it.

    Args:
        compute: what takes a trajectory and dl/dx, and tells which runs ``diverged``.
        field: where its result holds the gradients by parameter.
    """
    found, short = exploding(), exploding(20)
    delta = np.zeros((2, 2000, 1))
    delta[:, :20] = 1
    delta[:, 1500:] = np.nan
    delta[0, 1500:] = 0
    result = compute(found, delta)
    assert result.diverged.tolist() == [False, True]
    for name, value in numeric.loss_gradient(short, delta[:, :20]).items():
        assert_allclose(getattr(result, field)[name], value, rtol=1e-12)
    broken = replace(found, params={**found.params, "W_r": np.array([[np.inf]])})
    with pytest.raises(ShapeError, match="'W_r' holds 1 entries that are not finite"):
        compute(broken, delta)
