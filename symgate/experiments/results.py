"""What an experiment returns: arrays over seeds, a summary in numbers, and files of both."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from symgate.errors import OutputError
from symgate.experiments.jobs import Job, Outcome, canonical, code_version
from symgate.experiments.store import archive
from symgate.files import write_atomic
from symgate.numeric.arrays import Array

#: The jobs of one experiment.
J = TypeVar("J", bound=Job)
#: Resamples of a bootstrap interval; the fewest values that get one; the most values that a summary keeps one by one.
RESAMPLES, FEWEST, MOST_SEEDS = 2000, 3, 50


@dataclass(frozen=True)
class Result:
    """The result of an experiment.

    Attributes:
        name: of the experiment, such as "profiles".
        spec: what was asked for.
        arrays: by name such as "multi_gate/profile"; the first axis counts the seeds that finished.
        summary: numbers with their spread over seeds, ready for JSON.
        diverged: the runs whose loss stopped being finite: label and iteration.
        seconds: processor time of all jobs, kept ones included as first measured.
    """

    name: str
    spec: Any
    arrays: Mapping[str, Array]
    summary: Mapping[str, Any]
    diverged: tuple[tuple[str, int], ...] = ()
    seconds: float = field(default=0.0, compare=False)

    def save(self, folder: Path | str) -> tuple[Path, Path]:
        """Write ``<name>.npz`` and ``<name>.json``, each whole or not at all; equal results give equal bytes.

        Raises:
            OutputError: the folder cannot be made or written.
        """
        root = Path(folder)
        try:
            root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"Cannot write results to {root}: {error.strerror or error}.") from error
        written = {
            "experiment": self.name,
            "code": code_version(),
            "spec": canonical(self.spec),
            "summary": self.summary,
            "diverged": [{"run": label, "iteration": iteration} for label, iteration in self.diverged],
        }
        text = json.dumps(_plain(written), indent=1, sort_keys=True, allow_nan=False) + "\n"
        return (
            write_atomic(root / f"{self.name}.npz", archive(self.arrays)),
            write_atomic(root / f"{self.name}.json", text),
        )


def spread(values: ArrayLike) -> dict[str, Any]:
    """One number per seed, with median, 10th and 90th percentile and an interval for the median.

    Returns:
        median, low, high: over the numbers that are finite; None where there are none.
        interval: a bootstrap interval of 95 % for the median, over seeds; None for fewer than three numbers.
        count: how many are finite.
        values: all of them, to six digits; None where one is not finite.  Left out where there are more than
            ``MOST_SEEDS``.
    """
    array = np.asarray(values, dtype=np.float64).ravel()
    finite = array[np.isfinite(array)]
    held = [float(f"{value:.6g}") if np.isfinite(value) else None for value in array]
    kept = {"values": held} if len(held) <= MOST_SEEDS else {}
    if not len(finite):
        return {"median": None, "low": None, "high": None, "interval": None, "count": 0, **kept}
    low, middle, high = np.quantile(finite, (0.1, 0.5, 0.9))
    interval = None if len(finite) < FEWEST else list(median_interval(finite))
    numbers = {"median": float(middle), "low": float(low), "high": float(high)}
    return {**numbers, "interval": interval, "count": len(finite), **kept}


def median_interval(values: Array, level: float = 0.95) -> tuple[float, float]:
    """A percentile bootstrap interval for the median of values, (S,); the same for the same values."""
    low, high = np.quantile(np.median(values[_resampled(len(values))], axis=1), ((1 - level) / 2, (1 + level) / 2))
    return float(low), float(high)


@lru_cache(maxsize=32)
def _resampled(count: int) -> Array:
    """Which of ``count`` values each resample takes, (RESAMPLES, count)."""
    return np.random.default_rng(count).integers(0, count, (RESAMPLES, count))


def stacked(outcomes: Sequence[Outcome], prefix: str) -> dict[str, Array]:
    """The arrays of the outcomes that finished, one seed after the other, under ``prefix/name``."""
    done = [outcome for outcome in outcomes if outcome.facts.get("diverged") is None]
    names = list(done[0].arrays) if done else []
    return {f"{prefix}/{name}": np.stack([outcome.arrays[name] for outcome in done]) for name in names}


def gathered(jobs: Sequence[J], outcomes: Sequence[Outcome], prefix: Callable[[J], str]) -> dict[str, Array]:
    """The arrays of all outcomes; those of jobs with one prefix are stacked, in the order of the jobs."""
    groups: dict[str, list[Outcome]] = {}
    for job, outcome in zip(jobs, outcomes, strict=True):
        groups.setdefault(prefix(job), []).append(outcome)
    return {name: value for own, several in groups.items() for name, value in stacked(several, own).items()}


def diverged(jobs: Sequence[Job], outcomes: Sequence[Outcome]) -> tuple[tuple[str, int], ...]:
    """Which runs diverged, and when."""
    pairs = [(job.label, outcome.facts.get("diverged")) for job, outcome in zip(jobs, outcomes, strict=True)]
    return tuple((label, int(iteration)) for label, iteration in pairs if iteration is not None)


def _plain(value: Any) -> Any:
    """A value for JSON: NumPy numbers as Python's, what is not finite as null."""
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    return None if isinstance(value, float) and not math.isfinite(value) else value
