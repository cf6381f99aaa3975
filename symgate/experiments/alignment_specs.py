"""What the experiment on alignment runs: networks, tasks, lags; full and small settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from symgate.experiments.checks import cell_of, distinct_names, positive, seeds_of, within
from symgate.experiments.lagged_tasks import lagged_task
from symgate.experiments.optimisers import optimiser
from symgate.experiments.starting import CHRONO, Started
from symgate.numeric.arrays import whole_number


@dataclass(frozen=True)
class AlignmentSpec:
    """What the experiment runs; the defaults are the settings "small".

    Attributes:
        networks: cells and where their gates begin.
        tasks: of ``LAGGED``.
        seeds: how many seeds, counted from 0, or the seeds.
        lag: the lag of the tasks.
        optimiser: "sgd", "momentum", "adam" or "adamw".
        rate: the step size.
        clip: the norm at which gradients are clipped; None clips nothing.
        n: hidden units.
        inputs: input channels m.
        batch: sequences per iteration, fresh every time.
        iterations: steps of descent.
        lags: lags of the products M.
        rank: k, how many leading directions.
        windows: products for each lag, over all sequences of the probe and all starting times.
        probe: sequences of the probe.
        draws: random gradients for each window.
    """

    networks: Sequence[Started] = (
        Started("plain"),
        *(Started("multi_gate", gate) for gate in (0.5, CHRONO)),
        Started("gru", CHRONO),
        Started("lstm", CHRONO),
    )
    tasks: Sequence[str] = ("recall", "delay_sum")
    seeds: int | Sequence[int] = 3
    lag: int = 20
    optimiser: str = "adam"
    rate: float = 2e-2
    clip: float | None = 1.0
    n: int = 24
    inputs: int = 2
    batch: int = 16
    iterations: int = 400
    lags: Sequence[int] = (1, 2, 4, 8, 12, 16)
    rank: int = 3
    windows: int = 48
    probe: int = 64
    draws: int = 32

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "networks", tuple(self.networks))
        put(self, "tasks", distinct_names("tasks", self.tasks))
        put(self, "seeds", seeds_of(self.seeds))
        distinct_names("networks", [network.label for network in self.networks])
        positive(n=self.n, batch=self.batch, windows=self.windows, probe=self.probe, draws=self.draws)
        whole_number(self.iterations, "iterations", 0)
        whole_number(self.rank, "rank", 1, self.n)
        optimiser(self.optimiser, self.rate, self.clip)
        for name in self.tasks:
            lagged_task(name, self.lag).check(self.lag + 1, self.inputs)
        put(self, "lags", within("lags", self.lags, 1, self.lag + 1, "the steps"))

    def quick(self, seeds: int | Sequence[int] = 2) -> AlignmentSpec:
        """A smaller experiment of the same kind, for a look: seconds, not minutes."""
        return replace(
            self, networks=(Started("plain"), Started("multi_gate", CHRONO)), tasks=("recall",), seeds=seeds, lag=15,
            n=8, iterations=40, lags=(1, 4, 8), rank=2, windows=12, probe=8, draws=8,
        )  # fmt: skip

    def units(self, network: Started) -> int:
        """N, the number of units of all states."""
        return self.n * len(cell_of(network.cell).states)


FULL = AlignmentSpec(
    networks=(
        Started("plain"),
        *(Started(cell, gate) for cell in ("scalar_gate", "multi_gate", "gru", "lstm") for gate in (0.5, 0.05, CHRONO)),
    ),
    tasks=("adding", "recall", "delay_sum"),
    seeds=20,
    lag=50,
    rate=1e-2,
    n=64,
    inputs=4,
    batch=64,
    iterations=3000,
    lags=(1, 2, 4, 8, 12, 16, 24, 32, 40),
    rank=8,
    windows=64,
    probe=256,
)

#: The settings of this experiment, by name, with what they are.
ALIGNMENT: Mapping[str, tuple[str, AlignmentSpec]] = {
    "full": ("our choice: three tasks of lag 50, 64 units", FULL),
    "small": ("our choice: two tasks of lag 20, 24 units, little training; minutes on one core", AlignmentSpec()),
}
