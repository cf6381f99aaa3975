"""The tasks of the paper: sequences with a target that has to be read from the last state.

Every task draws inputs u (B, T, m) and one target per sequence, y (B, 1), from a generator of random numbers: the same
generator state gives the same batch.  What solves it is in channel 0 (and in the last channel where there is a mask);
all other channels are distractors of the same law.  ``solve`` is the best predictor of y given the input alone: where
it is exact a task can be learnt to zero error, and otherwise its error is the floor.

Source: arXiv:2508.12121.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from symgate.errors import ShapeError, unknown
from symgate.numeric.arrays import Array

#: Delays of the task delay_sum, in steps before the last one.
DELAYS = (4, 12, 24, 36)

#: Coefficients of AR(2) and the standard deviation of its innovations.
AR2, NOISE = (1.6, -0.7), 0.05

#: Periods of the task sinmix, in steps.
PERIODS = (8.0, 13.0, 21.0)

#: How often a batch is drawn again for sequences of NARMA-10 that are not finite, or beyond this size.
REDRAWS, LARGEST = 100, 10.0


@dataclass(frozen=True)
class Batch:
    """A batch of sequences.

    Attributes:
        u: the inputs, (B, T, m).
        y: the targets, (B, 1).
        rejected: how many sequences were drawn and rejected because they were not finite.
    """

    u: Array
    y: Array
    rejected: int = 0


@dataclass(frozen=True)
class Task:
    """A task.

    Attributes:
        name: a plain name, such as "adding".
        meaning: the target, in one line.
        steps: the smallest number of steps T.
        channels: the smallest number of input channels m.
        make: draws (u, y, rejected) given a generator, T, B and m.
        solve: the best predictor of y (B, 1) given u alone.
        variance: the variance of y where it is known exactly: the error of the best constant.
    """

    name: str
    meaning: str
    steps: int
    channels: int
    make: Callable[[Generator, int, int, int], tuple[Array, Array, int]]
    solve: Callable[[Array], Array]
    variance: float | None = None

    def draw(self, rng: Generator, steps: int, batch: int, channels: int) -> Batch:
        """Draw a batch.

        Args:
            rng: the generator; it moves on, so that the next batch differs.
            steps: T.
            batch: B.
            channels: m.

        Raises:
            ShapeError: T or m is too small for the task, or there is no sequence.
        """
        self.check(steps, channels)
        if batch < 1:
            raise ShapeError(f"A batch needs one sequence or more; found {batch}.")
        u, y, rejected = self.make(rng, steps, batch, channels)
        return Batch(u, y[:, None], rejected)

    def check(self, steps: int, channels: int) -> None:
        """Refuse sequences too short, or with too few channels.

        Raises:
            ShapeError: with what is needed.
        """
        for meant, found, least in (("steps", steps, self.steps), ("input channels", channels, self.channels)):
            if found < least:
                raise ShapeError(f"Task {self.name!r} needs {least} {meant} or more; found {found}.")


def task(name: str) -> Task:
    """The task of that name.

    Raises:
        UnknownNameError: there is none; the message names those there are.
    """
    if name not in TASKS:
        raise unknown("task", name, TASKS)
    return TASKS[name]


def _with_mask(rng: Generator, steps: int, batch: int, channels: int, marks: Array) -> Array:
    """Uniform channels, and a last one that is 1 at the marks (B, marks)."""
    u = rng.random((batch, steps, channels))
    u[..., -1] = 0
    np.put_along_axis(u[..., -1], marks, 1, axis=1)
    return u


def _marked(u: Array) -> Array:
    return (u[..., 0] * u[..., -1]).sum(axis=1)


def _adding(rng: Generator, steps: int, batch: int, channels: int) -> tuple[Array, Array, int]:
    half = steps // 2
    marks = np.stack([rng.integers(0, half, batch), rng.integers(half, steps, batch)], axis=1)
    u = _with_mask(rng, steps, batch, channels, marks)
    return u, _marked(u), 0


def _recall(rng: Generator, steps: int, batch: int, channels: int) -> tuple[Array, Array, int]:
    third = np.broadcast_to(np.arange(steps // 3), (batch, steps // 3))
    u = _with_mask(rng, steps, batch, channels, rng.permuted(third, axis=1)[:, :5])
    return u, _marked(u) / 5, 0


def uniform(target: Callable[[Array], Array]) -> Callable[[Generator, int, int, int], tuple[Array, Array, int]]:
    """Draws uniform channels, with a target made of them."""

    def make(rng: Generator, steps: int, batch: int, channels: int) -> tuple[Array, Array, int]:
        u = rng.random((batch, steps, channels))
        return u, target(u), 0

    return make


def _short(u: Array) -> Array:
    return np.asarray(u[:, -6:, 0].sum(axis=1))


def _moving_average(u: Array) -> Array:
    return np.asarray(u[:, -8:, 0].mean(axis=1))


def _delay_sum(u: Array) -> Array:
    return np.asarray(u[:, [u.shape[1] - 1 - delay for delay in DELAYS], 0].mean(axis=1))


def _sinmix(rng: Generator, steps: int, batch: int, channels: int) -> tuple[Array, Array, int]:
    shape = (batch, 1, channels, len(PERIODS))
    size, phase = rng.uniform(0.5, 1, shape), rng.uniform(0, 2 * np.pi, shape)
    turns = 2 * np.pi * np.arange(steps + 1)[:, None, None] / np.array(PERIODS)
    waves = (size * np.sin(turns + phase)).sum(axis=-1)
    return waves[:, :-1], waves[:, -1, 0], 0


def _continued(u: Array) -> Array:
    """A mixture of sines of known periods obeys prod_p (1 - 2 cos(2 pi / p) L + L^2) x = 0, L the lag."""
    polynomial = np.ones(1)
    for period in PERIODS:
        polynomial = np.convolve(polynomial, [1, -2 * np.cos(2 * np.pi / period), 1])
    past = u[:, -1 : -len(polynomial) : -1, 0]
    return -past @ polynomial[1:]


def _ar2(rng: Generator, steps: int, batch: int, channels: int) -> tuple[Array, Array, int]:
    first, second = AR2
    variance = _ar2_variance()
    correlation = first / (1 - second)
    x = rng.standard_normal((batch, steps + 1, channels))
    x[:, 0] *= np.sqrt(variance)  # the first two in their stationary law
    x[:, 1] = correlation * x[:, 0] + np.sqrt(variance * (1 - correlation**2)) * x[:, 1]
    for t in range(2, steps + 1):
        x[:, t] = first * x[:, t - 1] + second * x[:, t - 2] + NOISE * x[:, t]
    return x[:, :-1], x[:, -1, 0], 0


def _ar2_next(u: Array) -> Array:
    return np.asarray(AR2[0] * u[:, -1, 0] + AR2[1] * u[:, -2, 0])


def _ar2_variance() -> float:
    """Of the stationary process, from the Yule-Walker equations."""
    first, second = AR2
    return NOISE**2 * (1 - second) / ((1 + second) * ((1 - second) ** 2 - first**2))


def _narma10(rng: Generator, steps: int, batch: int, channels: int) -> tuple[Array, Array, int]:
    u = rng.uniform(0, 0.5, (batch, steps, channels))
    y, rejected = _narma10_end(u), 0
    for _ in range(REDRAWS):
        bad = ~(np.abs(y) < LARGEST)
        if not bad.any():
            return u, y, rejected
        rejected += int(bad.sum())
        u[bad] = rng.uniform(0, 0.5, (int(bad.sum()), steps, channels))
        y[bad] = _narma10_end(u[bad])
    raise ShapeError(f"NARMA-10 over {steps} steps stayed unbounded in {REDRAWS} draws; use fewer steps.")


def _narma10_end(u: Array) -> Array:
    """y_T, started from y = 0 ten steps before the first input."""
    batch, steps = u.shape[:2]
    y, drive = np.zeros((batch, steps + 10)), np.concatenate([np.zeros((batch, 9)), u[..., 0]], axis=1)
    with np.errstate(all="ignore"):
        for t in range(steps):
            last = y[:, t + 9]
            grown = 0.3 * last + 0.05 * last * y[:, t : t + 10].sum(axis=1)
            y[:, t + 10] = grown + 1.5 * drive[:, t] * drive[:, t + 9] + 0.1
    return y[:, -1].copy()


def column(best: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """A predictor as (B, 1)."""
    return lambda u: best(u)[:, None]


#: The tasks, by name.
TASKS: dict[str, Task] = {
    entry.name: entry
    for entry in (
        Task("adding", "sum of the two marked values of channel 0, one in each half", 2, 2, _adding,
             column(_marked), 1 / 6),
        Task("recall", "mean of the five marked values of channel 0, all in the first third", 15, 2, _recall,
             column(lambda u: _marked(u) / 5), 1 / 60),
        Task("sinmix", "next value of a mixture of three sines", 6, 1, _sinmix, column(_continued), 0.875),
        Task("short", "sum of the last 6 values", 6, 1, uniform(_short), column(_short), 0.5),
        Task("moving_average", "mean of the last 8 values", 8, 1, uniform(_moving_average),
             column(_moving_average), 1 / 96),
        Task("delay_sum", "mean of the values 4, 12, 24 and 36 steps before the last", 37, 1, uniform(_delay_sum),
             column(_delay_sum), 1 / 48),
        Task("ar2", "next value of x_t = 1.6 x_{t-1} - 0.7 x_{t-2} + 0.05 e_t", 2, 1, _ar2, column(_ar2_next),
             _ar2_variance()),
        Task("narma10", "y_T of y_{t+1} = 0.3 y_t + 0.05 y_t (y_t + .. + y_{t-9}) + 1.5 u_{t-9} u_t + 0.1", 10, 1,
             _narma10, column(_narma10_end)),
    )
}  # fmt: skip
