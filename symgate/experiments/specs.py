"""What each experiment runs: sizes, tasks, seeds.  Everything is checked here, before any work starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from symgate.errors import ShapeError, unknown
from symgate.experiments.checks import cell_of, distinct_names, positive, seeds_of, trainable, within
from symgate.experiments.gates import MADE_OF, TRIMS
from symgate.experiments.initialisation import Initialisation
from symgate.experiments.optimisers import optimiser
from symgate.experiments.signals import SIGNALS
from symgate.numeric.arrays import whole_number
from symgate.records import Cell

#: How the parameters begin in the published experiments: trained networks, and frozen trajectories.
UNIFORM, NARROW = Initialisation("uniform"), Initialisation("normal", std=0.2)


@dataclass(frozen=True)
class ProfileSpec:
    """What experiment 1 runs; the defaults are the published settings.

    Attributes:
        cells: built-in cells by name, or cells; each with a gate g or a leak alpha.
        seeds: how many seeds, counted from 0, or the seeds.
        task: the task trained on.
        n: hidden units.
        inputs: input channels m.
        steps: T.
        batch: sequences per iteration, fresh every time.
        iterations: steps of descent.
        checkpoints: iterations at which the probe is run.
        optimiser: "sgd", "momentum" or "adam".
        rate: the learning rate eta.
        probe: sequences of the fixed probe batch.
        alpha: the leak of cells that have one; it is not trained.
        start: how the parameters begin.
        predictor: how the gates of several units make one number: the "mean" of their products, or the "largest".
        trim: the share of pairs left out of the fit.
        trim_by: "predictor": that share at either end of the predictor; "residuals": those a first fit misses most.
        lags: lags at which the corrections of the splits are measured.
        windows: windows for each of these lags, over all sequences of the probe and all starting times.
    """

    cells: Sequence[str | Cell] = ("leaky", "scalar_gate", "multi_gate")
    seeds: int | Sequence[int] = 20
    task: str = "adding"
    n: int = 64
    inputs: int = 4
    steps: int = 80
    batch: int = 64
    iterations: int = 800
    checkpoints: Sequence[int] = (0, 50, 200, 400, 600, 800)
    optimiser: str = "sgd"
    rate: float = 0.01
    probe: int = 12
    alpha: float = 0.8
    start: Initialisation = UNIFORM
    predictor: str = "mean"
    trim: float = 0.01
    trim_by: str = "predictor"
    lags: Sequence[int] = (1, 2, 4, 8, 16, 32, 64)
    windows: int = 16

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "cells", tuple(cell_of(item) for item in self.cells))
        put(self, "seeds", seeds_of(self.seeds))
        positive(n=self.n, inputs=self.inputs, steps=self.steps, batch=self.batch, probe=self.probe)
        positive(windows=self.windows)
        trainable(self.task, self.steps, self.inputs, self.optimiser, self.rate)
        put(self, "checkpoints", within("checkpoints", self.checkpoints, 0, self.iterations, "the iterations"))
        put(self, "lags", within("lags", self.lags, 1, self.steps, "the steps"))
        for word, value, allowed in (("predictor", self.predictor, MADE_OF), ("way to trim", self.trim_by, TRIMS)):
            if value not in allowed:
                raise unknown(word, value, allowed)

    def quick(self, seeds: int | Sequence[int] = 2) -> ProfileSpec:
        """A smaller experiment of the same kind, for a look: seconds, not minutes."""
        return replace(
            self, seeds=seeds, n=16, batch=16, iterations=60, checkpoints=(0, 20, 60),
            probe=4, windows=8, steps=min(40, self.steps),
            lags=tuple(lag for lag in self.lags if lag <= min(40, self.steps)),
        )  # fmt: skip


@dataclass(frozen=True)
class Trained:
    """A cell and how it is trained.

    Attributes:
        cell: a built-in cell by name, or a cell.
        optimiser: "sgd", "momentum" or "adam".
        rate: the learning rate eta.
    """

    cell: str | Cell
    optimiser: str
    rate: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "cell", cell_of(self.cell))
        optimiser(self.optimiser, self.rate)

    @property
    def label(self) -> str:
        """Such as "plain+adam"."""
        return f"{cell_of(self.cell).name}+{self.optimiser}"


@dataclass(frozen=True)
class AnisotropySpec:
    """What experiment 2 runs; the defaults are the published settings.

    Attributes:
        networks: cells with their optimisers.
        tasks: the tasks trained on.
        seeds: how many seeds, counted from 0, or the seeds.
        n: hidden units.
        inputs: input channels m.
        steps: T.
        batch: sequences per iteration, fresh every time.
        iterations: steps of descent.
        checkpoints: iterations at which both sides are measured.
        lags: lags of the products.
        start: how the parameters begin.
        pairs: products per lag, from random sequences and first steps.
        gradients: sequences whose own gradients are the rows of the other matrix.
        rank: r of AI_r and CE_r.
    """

    networks: Sequence[Trained] = (
        Trained("plain", "adam", 1e-3),
        Trained("scalar_gate", "sgd", 1e-2),
        Trained("multi_gate", "sgd", 1e-2),
    )
    tasks: Sequence[str] = ("adding", "ar2", "moving_average", "delay_sum", "narma10")
    seeds: int | Sequence[int] = 20
    n: int = 64
    inputs: int = 6
    steps: int = 120
    batch: int = 64
    iterations: int = 1200
    checkpoints: Sequence[int] = (0, 400, 800, 1200)
    start: Initialisation = UNIFORM
    lags: Sequence[int] = (1, 2, 4, 8, 12, 16, 24, 32, 40)
    pairs: int = 64
    gradients: int = 256
    rank: int = 10

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "networks", tuple(self.networks))
        put(self, "tasks", distinct_names("tasks", self.tasks))
        put(self, "seeds", seeds_of(self.seeds))
        distinct_names("networks", [network.label for network in self.networks])
        positive(n=self.n, inputs=self.inputs, steps=self.steps, batch=self.batch, pairs=self.pairs)
        for name in self.tasks:
            trainable(name, self.steps, self.inputs, "sgd", 1.0)
        put(self, "checkpoints", within("checkpoints", self.checkpoints, 0, self.iterations, "the iterations"))
        put(self, "lags", within("lags", self.lags, 1, self.steps, "the steps"))
        whole_number(self.rank, "rank", 1, self.n)
        if self.gradients <= self.rank:
            raise ShapeError(f"gradients needs more than rank = {self.rank} sequences; found {self.gradients}.")

    def quick(self, seeds: int | Sequence[int] = 2) -> AnisotropySpec:
        """A smaller experiment of the same kind, for a look: seconds, not minutes."""
        steps = min(40, self.steps)
        return replace(
            self, seeds=seeds, n=16, batch=16, iterations=40, checkpoints=(0, 20, 40),
            steps=steps, lags=tuple(lag for lag in self.lags if lag < steps), pairs=8, gradients=32, rank=5,
        )  # fmt: skip


@dataclass(frozen=True)
class TruncationSpec:
    """What experiment 3 runs; the defaults are the published settings.

    Attributes:
        cells: built-in cells by name, or cells; expanded is the gate split, or where a cell has no gate the retention.
        seeds: how many seeds, counted from 0, or the seeds.
        n: hidden units.
        inputs: input channels m.
        signal: "slow" oscillations, or "white" noise.
        steps: T.
        start: how the parameters are drawn.
        eps: sizes of the perturbation.
        highest: the highest order of the expansion.
        lags: lags at which relative errors at eps = 1 are measured.
        windows: windows for each of these lags, over all starting times.
    """

    cells: Sequence[str | Cell] = ("scalar_gate", "multi_gate")
    seeds: int | Sequence[int] = 20
    n: int = 64
    inputs: int = 3
    signal: str = "slow"
    steps: int = 100
    start: Initialisation = NARROW
    eps: Sequence[float] = tuple(float(f"{10 ** (power / 2):.4g}") for power in range(-10, 1))
    highest: int = 3
    lags: Sequence[int] = (1, 2, 5, 10, 20, 50, 100)
    windows: int = 16

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "cells", tuple(cell_of(item) for item in self.cells))
        put(self, "seeds", seeds_of(self.seeds))
        positive(n=self.n, inputs=self.inputs, steps=self.steps)
        whole_number(self.highest, "highest", 1)
        put(self, "lags", within("lags", self.lags, 1, self.steps, "the steps"))
        put(self, "eps", tuple(float(size) for size in self.eps))
        distinct_names("eps", map(str, self.eps))
        positive(windows=self.windows)
        if not all(0 < size < np.inf for size in self.eps):
            raise ShapeError(f"eps needs positive numbers; found {self.eps}.")
        if self.signal not in SIGNALS:
            raise unknown("input signal", self.signal, SIGNALS)

    def quick(self, seeds: int | Sequence[int] = 2) -> TruncationSpec:
        """A smaller experiment of the same kind, for a look: seconds, not minutes."""
        steps = min(40, self.steps)
        return replace(self, seeds=seeds, n=16, steps=steps, windows=8, lags=tuple(x for x in self.lags if x <= steps))
