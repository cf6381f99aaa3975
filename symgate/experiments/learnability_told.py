"""What the samples of the learnability experiment tell: losses, envelopes, tails, N(l) and H_N, in numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.random import Generator

from symgate.experiments.detection import (
    detect,
    detected_nulls,
    fitted_laws,
    grid,
    needed_intervals,
    preferred,
    rank_correlation,
    window,
)
from symgate.experiments.envelopes import ENVELOPES
from symgate.experiments.learnability_specs import LearnabilitySpec
from symgate.experiments.results import spread
from symgate.experiments.tails import ESTIMATORS, NULLS, exponent, tail_index
from symgate.numeric.arrays import Array

#: The statistics, in the order of their axis: matched to the first-order rate, and true.
STATISTICS = ("matched", "true")


def nulls(size: int) -> dict[str, Any]:
    """What the estimators say of laws of finite variance, at the number of sequences of this experiment."""
    found = {}
    for name, law in NULLS.items():
        rng = np.random.default_rng(0)
        drawn = [law(rng, size) for _ in range(10)]
        found[name] = {key: spread([estimate(x) for x in drawn]) for key, estimate in ESTIMATORS.items()}
        found[name]["exponent"] = spread([exponent(x, rng).value for x in drawn])
    return found


def summary(spec: LearnabilitySpec, arrays: Mapping[str, Array]) -> dict[str, Any]:
    """By learner: loss, envelopes, tails, N(l), H_N."""
    told: dict[str, Any] = {}
    for learner in spec.learners:
        of = {key.split("/")[1]: value for key, value in arrays.items() if key.startswith(f"{learner.label}/")}
        if "samples" in of:
            told[learner.label] = _learner(spec, of)
    return told


def _learner(spec: LearnabilitySpec, of: Mapping[str, Array]) -> dict[str, Any]:
    lags = np.array(spec.lags)
    told: dict[str, Any] = {"loss_over_variance": spread(of["probe_loss"] / of["variance"])}
    log_f = np.log(np.maximum(of["envelopes"], np.finfo(float).tiny))
    told["log_envelopes"] = {
        name: {str(lag): spread(log_f[:, row, i]) for i, lag in enumerate(lags)} for row, name in enumerate(ENVELOPES)
    }
    told["update"] = {str(lag): spread(of["update"][:, i]) for i, lag in enumerate(lags)}
    told["rank_correlation_with_update"] = {
        name: spread([rank_correlation(f[row], u) for f, u in zip(of["envelopes"], of["update"], strict=True)])
        for row, name in enumerate(ENVELOPES)
    }
    told["fits"] = [_fits(lags, one[1]) for one in log_f]
    for place, statistic in enumerate(STATISTICS):
        told[statistic] = [_seed(spec, lags, one[:, place]) for one in of["samples"]]
    return told


def _fits(lags: Array, log_f: Array) -> dict[str, Any]:
    fits = fitted_laws(lags, log_f)
    rows = {law: {"rate": fit.rate, "aic": fit.aic, "bic": fit.bic} for law, fit in fits.items()}
    return {"laws": rows, "preferred": preferred(fits)}


def _seed(spec: LearnabilitySpec, lags: Array, samples: Array) -> dict[str, Any]:
    """One seed's samples (S, L): tails, N(l) for finite variance, H_N of all lags and of those of the task alone."""
    rng = np.random.default_rng(0)
    found = detect(samples)
    tails = {}
    for place, lag in enumerate(lags):
        row = {name: _told(tail_index(samples[:, place], name, rng)) for name in ESTIMATORS}
        row["exponent"] = _told(exponent(samples[:, place], rng, 40))
        tails[str(lag)] = row
    windows = _windows(spec, lags, samples, rng)
    of_task = np.isin(lags, spec.task_lags)
    return {
        "needed": {str(lag): float(n) if np.isfinite(n) else None for lag, n in zip(lags, found.needed, strict=True)},
        "needed_interval": {
            str(lag): [float(end) if np.isfinite(end) else None for end in ends]
            for lag, ends in zip(lags, needed_intervals(samples, np.random.default_rng(1)), strict=True)
        },
        "found": {str(lag): bool(yes) for lag, yes in zip(lags, found.found, strict=True)},
        "H": windows,
        "H_of_task": _windows(spec, lags[of_task], samples[:, of_task], np.random.default_rng(2)),
        "tails": tails,
        "share_of_nulls_found": detected_nulls(samples, rng),
    }


def _windows(spec: LearnabilitySpec, lags: Array, samples: Array, rng: Generator) -> dict[str, Any]:
    """H_N of these lags by N; nothing where there are none."""
    found = {}
    for count in grid(spec.diagnose) if len(lags) else ():
        own = window(samples, lags, count, rng)
        found[str(count)] = {"lag": own.lag, "low": own.low, "high": own.high, "censored": own.censored}
    return found


def _told(estimate: Any) -> dict[str, float]:
    return {"value": estimate.value, "low": estimate.low, "high": estimate.high}
