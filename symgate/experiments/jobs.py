"""A job is a frozen record of everything that its result depends on; its key names that result."""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator, SeedSequence

from symgate.experiments.threads import settle_worker
from symgate.numeric.arrays import Array
from symgate.records import Cell
from symgate.tex import text
from symgate.version import __version__

#: The parts of the package that decide what a job returns.
DECISIVE = {"records", "nonlinearities", "language", "cells", "calculus", "derive", "codegen", "numeric", "experiments"}


@dataclass(frozen=True)
class Outcome:
    """What a job returned.

    Attributes:
        arrays: results by name.
        facts: single values by name, such as the iteration at which training diverged.
        seconds: processor time that it took.
    """

    arrays: Mapping[str, Array]
    facts: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass(frozen=True)
class Job(ABC):
    """One independent piece of a sweep; subclasses add what it depends on.

    Attributes:
        cell: the recurrence.
        seed: the number of the run; the same seed means the same random numbers for every cell.
    """

    cell: Cell
    seed: int

    @property
    def label(self) -> str:
        """For progress and messages."""
        return f"{self.cell.name}, seed {self.seed}"

    @abstractmethod
    def run(self) -> Outcome:
        """Do the work."""

    def streams(self, count: int) -> list[Generator]:
        """Independent generators, the same ones whatever runs before or beside this job."""
        return [np.random.default_rng(child) for child in SeedSequence(self.seed).spawn(count)]


def execute(job: Job) -> Outcome:
    """Run a job on one BLAS thread, and time it; what an executor is given.  A worker process keeps that limit."""
    settle_worker()
    start = time.process_time()
    outcome = job.run()
    return Outcome(outcome.arrays, outcome.facts, time.process_time() - start)


def key(job: Job) -> str:
    """The name of a job's result: a digest of its kind, every field, and the code that ran it."""
    written = json.dumps([type(job).__name__, canonical(job), code_version()], sort_keys=True, allow_nan=False)
    return sha256(written.encode()).hexdigest()[:32]


def canonical(value: Any) -> Any:
    """A value as JSON that does not depend on object identities; a cell by its name, recurrence and functions."""
    if isinstance(value, Cell):
        return {"cell": value.name, "recurrence": text(value), "functions": canonical(value.functions)}
    if is_dataclass(value):
        return {item.name: canonical(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): canonical(item) for name, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [canonical(item) for item in value]
    assert value is None or isinstance(value, (str, int, float)), type(value)
    return value


@lru_cache(maxsize=1)
def code_version() -> str:
    """The version of the package and a digest of the source that can change a result."""
    root, digest = Path(__file__).resolve().parents[1], sha256()
    for path in sorted(root.rglob("*.py")):
        if path.relative_to(root).parts[0].removesuffix(".py") not in DECISIVE:
            continue
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return f"{__version__}+{digest.hexdigest()[:12]}"
