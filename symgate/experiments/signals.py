"""Input signals of frozen trajectories: slow oscillations with a little noise, or white noise."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.random import Generator

from symgate.numeric.arrays import Array


def slow(rng: Generator, steps: int, channels: int) -> Array:
    """u_k(s) = sin(f_k s + p_k) + 0.05 e, (T, m): s from 0 to 12, f_k evenly from 0.03 to 0.09, p_k normal, e white.

    Source: the published code of arXiv:2508.12121.
    """
    time = np.linspace(0, 12, steps)[:, None]
    frequencies, phases = np.linspace(0.03, 0.09, channels), rng.standard_normal(channels)
    return np.asarray(np.sin(frequencies * time + phases) + 0.05 * rng.standard_normal((steps, channels)))


def white(rng: Generator, steps: int, channels: int) -> Array:
    """Independent standard normal numbers, (T, m)."""
    return rng.standard_normal((steps, channels))


#: The signals, by name.
SIGNALS: Mapping[str, Callable[[Generator, int, int], Array]] = {"slow": slow, "white": white}
