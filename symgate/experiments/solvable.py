"""What can be reached on a task: the errors of a constant, of an affine function of the input, and of the solution."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from symgate.errors import ShapeError
from symgate.experiments.tasks import task


@dataclass(frozen=True)
class SolvableErrors:
    """Mean squared errors of three predictors of a task, estimated from fresh samples.

    Attributes:
        constant: of the mean of y: its variance.
        linear: of the best affine function of the whole input, found by least squares on other samples.
        best: of ``Task.solve``: the floor.
    """

    constant: float
    linear: float
    best: float


def solvable_errors(name: str, steps: int, channels: int, samples: int = 8192, seed: int = 0) -> SolvableErrors:
    """What can be reached on a task: the errors of a constant, of an affine function and of the solution.

    Args:
        name: the task.
        steps: T.
        channels: m.
        samples: how many sequences to fit to, and as many to test on; well above T m.
        seed: of the generator.

    Raises:
        UnknownNameError: there is no such task.
        ShapeError: T or m is too small for it, or there are too few samples for the affine function.
    """
    chosen = task(name)
    if samples < 2 * steps * channels:
        raise ShapeError(f"An affine fit needs {2 * steps * channels} samples or more (2 T m); found {samples}.")
    rng = np.random.default_rng(seed)
    fit, test = (chosen.draw(rng, steps, samples, channels) for _ in range(2))
    features = [np.hstack([part.u.reshape(samples, -1), np.ones((samples, 1))]) for part in (fit, test)]
    weights = np.linalg.lstsq(features[0], fit.y, rcond=None)[0]
    guesses = (fit.y.mean(), features[1] @ weights, chosen.solve(test.u))
    return SolvableErrors(*(float(np.mean((test.y - guess) ** 2)) for guess in guesses))
