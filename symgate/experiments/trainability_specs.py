"""What the experiment on trainability runs: networks, tasks with their lags, step sizes; full and small settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from symgate.errors import ShapeError
from symgate.experiments.checks import distinct_names, positive, seeds_of, within
from symgate.experiments.lagged_tasks import lagged_task
from symgate.experiments.optimisers import optimiser
from symgate.experiments.starting import CHRONO, Started
from symgate.numeric.arrays import whole_number


def started(cells: Sequence[str], gates: Sequence[float | str]) -> tuple[Started, ...]:
    """Each of the cells with each beginning of its gates."""
    return tuple(Started(cell, gate) for cell in cells for gate in gates)


@dataclass(frozen=True)
class TrainabilitySpec:
    """What the experiment runs; the defaults are the settings "small".

    Attributes:
        networks: cells and where their gates begin; cells without gates are the control.
        seeds: how many seeds, counted from 0, or the seeds.
        tasks: of ``LAGGED``.
        lags: the lags of the tasks.
        rates: step sizes.
        optimiser: "sgd", "momentum", "adam" or "adamw".
        clip: the norm at which gradients are clipped, of every network; None clips nothing.
        n: hidden units.
        inputs: input channels m.
        batch: sequences per iteration, fresh every time.
        iterations: steps of descent.
        probe: sequences on which the final loss is measured.
        thresholds: what share of a step has to arrive for a lag to count as reached.
        horizon: the longest lag at which rates are measured; those that last longer count as reaching it.
        windows: last steps t at which the diagonal of the product is taken.
    """

    networks: Sequence[Started] = (
        Started("plain"),
        *started(("multi_gate",), (0.5, 0.05, CHRONO)),
        *started(("gru",), (0.5, CHRONO)),
        Started("lstm", CHRONO),
    )
    seeds: int | Sequence[int] = 3
    tasks: Sequence[str] = ("adding", "recall", "delay_sum")
    lags: Sequence[int] = (20, 40)
    rates: Sequence[float] = (3e-3, 2e-2)
    optimiser: str = "adam"
    clip: float | None = 1.0
    n: int = 16
    inputs: int = 2
    batch: int = 16
    iterations: int = 300
    probe: int = 256
    thresholds: Sequence[float] = (0.01, 0.1, 0.5)
    horizon: int = 80
    windows: int = 4

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "networks", tuple(self.networks))
        put(self, "seeds", seeds_of(self.seeds))
        put(self, "tasks", distinct_names("tasks", self.tasks))
        put(self, "rates", tuple(float(rate) for rate in self.rates))
        put(self, "thresholds", tuple(float(share) for share in self.thresholds))
        positive(n=self.n, batch=self.batch, probe=self.probe, windows=self.windows)
        whole_number(self.iterations, "iterations", 0)
        whole_number(self.horizon, "horizon", 2)
        put(self, "lags", within("lags", self.lags, 2, self.horizon, "the horizon"))
        distinct_names("networks", [network.label for network in self.networks])
        distinct_names("rates", map(str, self.rates))
        for rate in self.rates:
            optimiser(self.optimiser, rate, self.clip)
        for name in self.tasks:
            for lag in self.lags:
                lagged_task(name, lag).check(lag + 1, self.inputs)
        if not self.thresholds or not all(0 < share < 1 for share in self.thresholds):
            raise ShapeError(f"thresholds needs numbers between 0 and 1; found {self.thresholds}.")

    def quick(self, seeds: int | Sequence[int] = 2) -> TrainabilitySpec:
        """A smaller experiment of the same kind, for a look: seconds, not minutes."""
        return replace(
            self, networks=(Started("plain"), *started(("multi_gate",), (0.5, CHRONO))), seeds=seeds, tasks=("recall",),
            lags=(15,), n=8, iterations=40, probe=64, horizon=30,
        )  # fmt: skip


FULL = TrainabilitySpec(
    networks=(
        Started("plain"),
        *started(("leaky",), (0.5, 0.1, 0.02, 0.005)),
        *started(("scalar_gate", "multi_gate", "gru", "lstm"), (0.5, 0.1, 0.02, 0.005, CHRONO)),
    ),
    seeds=10,
    lags=(20, 50, 100, 200),
    rates=(3e-4, 1e-3, 3e-3, 1e-2, 3e-2),
    n=64,
    inputs=4,
    batch=64,
    iterations=5000,
    probe=1024,
    horizon=400,
    windows=16,
)

LAGS = TrainabilitySpec(seeds=1, lags=(20, 50, 100, 200), horizon=400)

#: The settings of this experiment, by name, with what they are.
TRAINABILITY: Mapping[str, tuple[str, TrainabilitySpec]] = {
    "full": ("our choice: the whole grid, lags 20 to 200", FULL),
    "lags": ("our choice: as small, with lags from 20 to 200 and one seed; minutes on one core", LAGS),
    "small": ("our choice: part of the grid, little training, few seeds; minutes on one core", TrainabilitySpec()),
}
