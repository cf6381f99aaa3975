"""The multi-lag regression task: white inputs, a target at every step that holds some of their past.

    y_t = sum_k c_k u' x_{t - l_k} + 0.35 e_t,      x_t in R^16 white, |u| = 1.

Source: arXiv:2512.05790.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from symgate.errors import ShapeError
from symgate.experiments.tasks import Batch
from symgate.numeric.arrays import Array

#: The coefficients of the lags, from the shortest on, and the standard deviation of the noise.
COEFFICIENTS, NOISE = (0.6, 0.45, 0.35, 0.28, 0.22), 0.35


@dataclass(frozen=True)
class MultiLag:
    """The task.

    Attributes:
        lags: l_1 < l_2 < .., as many as there are coefficients or fewer.
        channels: the dimension of x_t.
    """

    lags: tuple[int, ...]
    channels: int = 16

    def __post_init__(self) -> None:
        increasing = all(0 < a < b for a, b in zip(self.lags, self.lags[1:], strict=False))
        if not self.lags or len(self.lags) > len(COEFFICIENTS) or self.lags[0] < 1 or not increasing:
            raise ShapeError(
                f"The lags are 1 to {len(COEFFICIENTS)} increasing whole numbers from 1; found {self.lags}."
            )

    @property
    def direction(self) -> Array:
        """u, a unit vector, the same for every draw: all channels count the same."""
        return np.full(self.channels, self.channels**-0.5)

    @property
    def variance(self) -> float:
        """The variance of y_t at steps that see every lag."""
        return float(sum(c * c for c in COEFFICIENTS[: len(self.lags)]) + NOISE**2)

    def draw(self, rng: Generator, steps: int, batch: int) -> Batch:
        """Inputs (B, T, m) and targets (B, T, 1); what lies before the first step counts as 0."""
        x = rng.standard_normal((batch, steps, self.channels))
        along = x @ self.direction
        y = NOISE * rng.standard_normal((batch, steps))
        for c, lag in zip(COEFFICIENTS, self.lags, strict=False):
            if lag < steps:
                y[:, lag:] += c * along[:, : steps - lag]
        return Batch(x, y[..., None])
