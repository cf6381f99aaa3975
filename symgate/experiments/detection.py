"""From samples by lag to the samples that a lag needs, N(l), and the lag that N samples reach, H_N.

One sample is one sequence: its statistic summed over its steps.  Pairs (sequence, step) are correlated and are no
samples.  The sign of each lag is fixed on one half of the sequences and used on the other, and the mean is cleared of
its own noise, so that a lag without signal is not found: |mean| of pure noise is not 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.random import Generator

from symgate.errors import ShapeError
from symgate.numeric.arrays import Array

#: The margin epsilon: how many standard errors a mean must lie above 0; one-sided, 4 % of nulls, 5 % in small samples.
MARGIN = 1.75


@dataclass(frozen=True)
class Detection:
    """What the samples of each lag say, (L,) each.

    Attributes:
        mean: the mean of the second half in the sign of the first, cleared of its noise: sqrt(m^2 - s^2/n), 0 where the
            noise is larger.
        scale: the standard deviation of one sample.
        found: whether m is ``MARGIN`` standard errors above 0.
        needed: N(l) = (epsilon scale / mean)^kappa, one or more; infinite where the lag is not found: censored.
    """

    mean: Array
    scale: Array
    found: Array
    needed: Array


def detect(samples: Array, kappa: float = 2.0) -> Detection:
    """The lags of samples (S, L), sequences by lags, that are found, and how many samples each needs.

    Args:
        samples: independent rows.
        kappa: 2 for finite variance; alpha/(alpha - 1) for a tail index alpha between 1 and 2.  The exponent is one of
            the sample mean.

    Raises:
        ShapeError: there are fewer than eight sequences, or kappa is below 2.
    """
    values = np.asarray(samples, dtype=np.float64)
    if values.ndim != 2 or len(values) < 8 or not kappa >= 2:
        raise ShapeError(
            f"Detection needs (S, L) with 8 sequences or more, and kappa >= 2; found {values.shape}, {kappa}."
        )
    half = len(values) // 2
    sign = np.where(values[:half].mean(axis=0) < 0, -1.0, 1.0)
    rest = values[half:] * sign
    m, s = rest.mean(axis=0), rest.std(axis=0, ddof=1)
    noise = s / np.sqrt(len(rest))
    found = m > MARGIN * noise
    clear = np.sqrt(np.maximum(m * m - noise * noise, 0)) * (m > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        needed = np.where(found & (clear > 0), np.maximum(1.0, (MARGIN * s / clear) ** kappa), np.inf)
    return Detection(clear, s, found, needed)


def horizon(lags: Array, needed: Array, count: float) -> int:
    """H_N: the longest lag up to which every lag of the grid needs at most N samples; 0 where the first needs more."""
    reached = np.minimum.accumulate(needed <= count)
    return int(lags[int(reached.sum()) - 1]) if reached.any() else 0


@dataclass(frozen=True)
class Window:
    """H_N with a bootstrap interval of 95 % over sequences.

    Attributes:
        lag: H_N.
        low, high: the interval.
        censored: whether H_N is the end of the grid, so that the truth may lie beyond.
    """

    lag: int
    low: int
    high: int
    censored: bool


def window(
    samples: Array, lags: Array, count: float, rng: Generator, kappa: float = 2.0, resamples: int = 200
) -> Window:
    """H_N of samples (S, L) at the lags (L,), in increasing order."""
    found = horizon(lags, detect(samples, kappa).needed, count)
    drawn = [horizon(lags, needed, count) for needed in _needed_again(samples, rng, kappa, resamples)]
    low, high = np.quantile(drawn, (0.025, 0.975), method="nearest")
    return Window(found, int(low), int(high), found == int(lags[-1]))


def needed_intervals(samples: Array, rng: Generator, kappa: float = 2.0, resamples: int = 200) -> Array:
    """Bootstrap intervals of 95 % over sequences for N(l), (L, 2); infinite where a lag is not found.

    Law: ``tests/experiments/test_learnability.py`` (coverage of a planted mean).
    """
    drawn = np.array(list(_needed_again(samples, rng, kappa, resamples)))
    return np.asarray(np.quantile(drawn, (0.025, 0.975), axis=0, method="nearest").T)


def _needed_again(samples: Array, rng: Generator, kappa: float, resamples: int) -> Iterator[Array]:
    """N(l) of resampled sequences: each half by itself, so that the sign is always fixed on other sequences."""
    half = len(samples) // 2
    for _ in range(resamples):
        rows = [rng.integers(0, half, half), half + rng.integers(0, len(samples) - half, len(samples) - half)]
        yield detect(samples[np.concatenate(rows)], kappa).needed


def detected_nulls(samples: Array, rng: Generator, draws: int = 400) -> float:
    """The share of lags that are found when every sequence gets a random sign, so that nothing is there to be found."""
    signs = rng.integers(0, 2, (draws, len(samples), 1)) * 2 - 1
    return float(np.mean([detect(samples * sign).found.mean() for sign in signs]))


#: The fewest lags to which decays are fitted.
FEWEST_LAGS = 4


@dataclass(frozen=True)
class Fit:
    """A law fitted to log f over lags.

    Attributes:
        law: "constant", "exponential", "power" or "logarithmic".
        rate: 1/tau, or beta; 0 for a constant.
        aic, bic: for normal residuals of log f, the variance counted as a parameter.
    """

    law: str
    rate: float
    aic: float
    bic: float


def fitted_laws(lags: Array, log_f: Array) -> dict[str, Fit]:
    """Least squares of log f on l, log l and log log l, beside a constant.

    Raises:
        ShapeError: fewer than four finite values at lags from 2 on.
    """
    l, y = np.asarray(lags, dtype=float), np.asarray(log_f, dtype=float)
    fine = np.isfinite(y) & (l >= 2)
    l, y = l[fine], y[fine]
    if len(l) < FEWEST_LAGS:
        raise ShapeError(f"A fit of a decay needs {FEWEST_LAGS} lags from 2 on with finite values; found {len(l)}.")
    found = {}
    for law, x in (("constant", None), ("exponential", l), ("power", np.log(l)), ("logarithmic", np.log(np.log(l)))):
        columns = np.ones((len(l), 1)) if x is None else np.stack([np.ones(len(l)), x], axis=1)
        weights = np.linalg.lstsq(columns, y, rcond=None)[0]
        rest = float(np.sum((y - columns @ weights) ** 2)) / len(l)
        count = columns.shape[1] + 1
        deviance = len(l) * np.log(max(rest, np.finfo(float).tiny))
        rate = 0.0 if x is None else -float(weights[1])
        found[law] = Fit(law, rate, deviance + 2 * count, deviance + count * float(np.log(len(l))))
    return found


def preferred(fits: dict[str, Fit], margin: float = 2.0) -> str:
    """The law of the smallest AIC; "none" where another one is within ``margin`` of it, or where it does not decay."""
    ordered = sorted(fits.values(), key=lambda fit: fit.aic)
    if ordered[1].aic - ordered[0].aic < margin:
        return "none"
    return ordered[0].law if ordered[0].rate > 0 or ordered[0].law == "constant" else "none"


def rank_correlation(x: Array, y: Array) -> float:
    """Spearman's, over pairs that are finite; NaN for fewer than three, or where one side is constant."""
    fine = np.isfinite(x) & np.isfinite(y)
    if fine.sum() < 3:
        return np.nan
    a, b = (_ranks(v[fine]) for v in (np.asarray(x), np.asarray(y)))
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return np.nan
    return float(np.corrcoef(a, b)[0, 1])


def _ranks(values: Array) -> Array:
    """Ranks from 0, equal values sharing their mean rank."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts + 1) / 2)[inverse])


@lru_cache(maxsize=8)
def grid(most: int) -> tuple[int, ...]:
    """Numbers of samples at which H_N is told: powers of four from 16 to ``most``, and ``most``."""
    return tuple(sorted({*(4**q for q in range(2, 20) if 4**q < most), most}))
