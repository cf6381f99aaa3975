"""How heavy the tails of samples are, and how fast their means concentrate.

Three estimators of the tail index alpha, each with what it says of finite variance: by a ratio of quantiles, by the
empirical characteristic function, by a Hill plot.  All three report alpha below 2 on many laws of finite variance, so
the exponent of the concentration of means, 1/kappa, is measured directly as well.

Sources: McCulloch 1986 (quantiles), Koutrouvelis 1980 (characteristic function), Hill 1975.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.random import Generator

from symgate.errors import ShapeError
from symgate.numeric.arrays import Array

#: The fewest samples of an estimate.
FEWEST = 32


@lru_cache(maxsize=1)
def _quantile_table() -> tuple[Array, Array]:
    """(q_95 - q_05) / (q_75 - q_25) of symmetric stable laws, decreasing, and their alpha."""
    alphas = np.linspace(0.6, 2.0, 57)
    found = [_stable_quantile(a, 0.95) / _stable_quantile(a, 0.75) for a in alphas]
    return np.array(found)[::-1], alphas[::-1]


def _stable_quantile(alpha: float, p: float) -> float:
    """The quantile of exp(-|t|^alpha), by bisection on F(x) = 1/2 + (1/pi) int sin(t x)/t exp(-t^alpha) dt."""
    t = (np.arange(20000) + 0.5) * (40.0 ** (1 / alpha) / 20000)
    weight = np.exp(-(t**alpha)) / t * (t[1] - t[0]) / np.pi
    low, high = 0.0, 100.0
    for _ in range(50):
        middle = (low + high) / 2
        below = 0.5 + float(np.sin(t * middle) @ weight) < p
        low, high = (middle, high) if below else (low, middle)
    return (low + high) / 2


def by_quantiles(samples: Array) -> float:
    """alpha of the symmetric stable law with the same ratio of quantiles, 0.6 to 2."""
    low, first, third, high = np.quantile(samples, (0.05, 0.25, 0.75, 0.95))
    if third == first:
        return np.nan
    ratios, alphas = _quantile_table()
    order = np.argsort(ratios)
    return float(np.interp((high - low) / (third - first), ratios[order], alphas[order]))


def by_characteristic_function(samples: Array) -> float:
    """alpha from log(-log |phi(t)|) = alpha log t + const., between 0.2 and 1 over the scale; at most 2."""
    scale = np.subtract(*np.quantile(samples, (0.75, 0.25))) / 2
    if not scale > 0:
        return np.nan
    t = np.linspace(0.2, 1.0, 9)
    centred = (samples - np.median(samples)) / scale
    size = np.array([np.abs(np.exp(1j * x * centred).mean()) for x in t])
    fine = (size > 0) & (size < 1)
    if fine.sum() < 2:
        return np.nan
    return float(min(2.0, np.polyfit(np.log(t[fine]), np.log(-np.log(size[fine])), 1)[0]))


def hill_plot(samples: Array) -> Array:
    """Hill's estimate for the k largest |x - median|, k from 2 to 10 % of the samples, (K,)."""
    size = np.sort(np.abs(samples - np.median(samples)))[::-1]
    first, last = max(4, len(size) // 50), max(8, len(size) // 10)
    logs = np.log(np.maximum(size[: last + 1], np.finfo(float).tiny))
    means = np.cumsum(logs)[first - 1 : last] / np.arange(first, last + 1)
    with np.errstate(divide="ignore"):
        return np.asarray(1 / np.maximum(means - logs[first : last + 1], 0))


def by_hill(samples: Array) -> float:
    """The median of the Hill plot; not bounded by 2, and no estimate of anything where the tail is no power."""
    return float(np.median(hill_plot(samples)))


ESTIMATORS: Mapping[str, Callable[[Array], float]] = {
    "quantiles": by_quantiles,
    "characteristic_function": by_characteristic_function,
    "hill": by_hill,
}


@dataclass(frozen=True)
class Estimate:
    """A number with a bootstrap interval of 95 %."""

    value: float
    low: float
    high: float


def tail_index(samples: Array, estimator: str, rng: Generator, resamples: int = 100) -> Estimate:
    """One estimate of alpha with its interval.

    Raises:
        ShapeError: there are fewer than ``FEWEST`` samples.
    """
    values = _enough(samples)
    estimate = ESTIMATORS[estimator]
    drawn = [estimate(rng.choice(values, len(values))) for _ in range(resamples)]
    fine = [value for value in drawn if np.isfinite(value)]
    low, high = np.quantile(fine, (0.025, 0.975)) if fine else (np.nan, np.nan)
    return Estimate(estimate(values), float(low), float(high))


def concentration(
    samples: Array, rng: Generator, blocks: tuple[int, ...] = (1, 2, 4, 8, 16, 32), draws: int = 8
) -> Array:
    """Interquartile ranges of the means of disjoint blocks of N samples, (N,), over several orders of the samples."""
    values = _enough(samples)
    found = np.zeros(len(blocks))
    for _ in range(draws):
        order = rng.permutation(values)
        for place, size in enumerate(blocks):
            means = order[: len(order) // size * size].reshape(-1, size).mean(axis=1)
            found[place] += np.subtract(*np.quantile(means, (0.75, 0.25))) / draws
    return found


def exponent(samples: Array, rng: Generator, resamples: int = 0) -> Estimate:
    """1/kappa: minus the slope of the log of those ranges by log N: 1/2 for finite variance, 1 - 1/alpha if stable.

    Blocks run up to a thirtieth of the samples, so that every range is one of thirty means or more.
    """
    values = _enough(samples)
    blocks = tuple(2**q for q in range(12) if 2**q * 30 <= len(values)) or (1,)
    if len(blocks) < 3:
        raise ShapeError(f"A slope needs blocks of 1, 2 and 4 with 30 means each, 120 samples; found {len(values)}.")
    logs = np.log(blocks[len(blocks) // 3 :])

    def slope(given: Array) -> float:
        if np.ptp(given) == 0:
            return np.nan
        with np.errstate(divide="ignore"):
            ranges = np.log(concentration(given, rng, blocks, 4 if resamples else 16))[len(blocks) // 3 :]
        return float(-np.polyfit(logs, ranges, 1)[0])

    found = [slope(rng.choice(values, len(values))) for _ in range(resamples)]
    found = [value for value in found if np.isfinite(value)]
    low, high = np.quantile(found, (0.025, 0.975)) if found else (np.nan, np.nan)
    return Estimate(slope(values), float(low), float(high))


def _enough(samples: Array) -> Array:
    values = np.ravel(np.asarray(samples, dtype=np.float64))
    values = values[np.isfinite(values)]
    if len(values) < FEWEST:
        raise ShapeError(f"A tail needs {FEWEST} finite samples or more; found {len(values)}.")
    return values


def stable(rng: Generator, alpha: float, size: int) -> Array:
    """Symmetric stable numbers, by the method of Chambers, Mallows and Stuck (1976)."""
    v, w = rng.uniform(-np.pi / 2, np.pi / 2, size), rng.exponential(1, size)
    return np.asarray(
        np.sin(alpha * v) / np.cos(v) ** (1 / alpha) * (np.cos((1 - alpha) * v) / w) ** ((1 - alpha) / alpha)
    )


#: Laws of finite variance that estimators of alpha are shown beside, and one that is stable.
NULLS: Mapping[str, Callable[[Generator, int], Array]] = {
    "normal": lambda rng, size: rng.standard_normal(size),
    "product of two normals": lambda rng, size: rng.standard_normal(size) * rng.standard_normal(size),
    "Laplace": lambda rng, size: rng.laplace(size=size),
    "Student t5": lambda rng, size: rng.standard_t(5, size),
}
