"""What the experiment on updates runs: learners, sizes, lags; full and small settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from symgate.experiments.checks import distinct_names, positive, seeds_of, within
from symgate.experiments.learnability_specs import ARCHITECTURES, Learner
from symgate.experiments.multilag import MultiLag
from symgate.numeric.arrays import whole_number

#: The architectures whose gates begin at a value.
_GATED = tuple(name for name, (_, _, gate) in ARCHITECTURES.items() if gate is not None or name == "constant")


def learners(optimiser: str, rate: float, gates: Sequence[float]) -> tuple[Learner, ...]:
    """The five architectures, those with a gate to set at each of the values."""
    gated = [Learner(name, optimiser, rate, gate=gate) for gate in gates for name in _GATED]
    return (*gated, Learner("gru", optimiser, rate), Learner("lstm", optimiser, rate))


@dataclass(frozen=True)
class UpdateSpec:
    """What the experiment runs; the defaults are the settings "small".

    Attributes:
        learners: architectures, or cells of the library, with their optimisers and what their gates begin at.
        seeds: how many seeds, counted from 0, or the seeds.
        n: hidden units.
        channels: the dimension of the input.
        steps: T.
        task_lags: the lags of the task.
        batch: sequences per step of descent.
        train: sequences to train on, each seen once.
        probe: sequences on which the gradient is split by lags and rates are measured; as many as a batch say what
            the lags are of one step.
        lags: the lags that are compared.
        windows: last steps t at which the diagonal of the product is taken.
    """

    learners: Sequence[Learner] = learners("adamw", 3e-3, (0.02, 0.2))
    seeds: int | Sequence[int] = 3
    n: int = 24
    channels: int = 8
    steps: int = 96
    task_lags: Sequence[int] = (3, 6, 12, 24, 48)
    batch: int = 16
    train: int = 2400
    probe: int = 16
    lags: Sequence[int] = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48)
    windows: int = 16

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "learners", tuple(self.learners))
        put(self, "seeds", seeds_of(self.seeds))
        distinct_names("learners", [learner.label for learner in self.learners])
        positive(n=self.n, channels=self.channels, steps=self.steps, batch=self.batch, windows=self.windows)
        positive(probe=self.probe)
        whole_number(self.train, "train", 0)
        put(self, "lags", within("lags", self.lags, 1, self.steps - 1, "the steps less one"))
        put(self, "task_lags", within("task_lags", self.task_lags, 1, self.steps - 1, "the steps less one"))
        MultiLag(tuple(self.task_lags), self.channels)

    def quick(self, seeds: int | Sequence[int] = 2) -> UpdateSpec:
        """A smaller experiment of the same kind, for a look: seconds, not minutes."""
        return replace(
            self, seeds=seeds, n=8, channels=3, steps=32, task_lags=(2, 4, 8), train=160, probe=4,
            lags=(1, 2, 4, 8, 12), windows=4,
        )  # fmt: skip


FULL = UpdateSpec(
    learners=(
        *learners("adamw", 1e-3, (0.005, 0.02, 0.1, 0.5)),
        *learners("sgd", 0.1, (0.005, 0.02, 0.1, 0.5)),
        Learner("plain"),
        Learner("plain", "sgd", 0.1),
    ),
    seeds=20,
    n=64,
    channels=16,
    steps=256,
    task_lags=(8, 16, 32, 64, 128),
    train=8000,
    probe=16,
    lags=(1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128),
    windows=32,
)

#: The settings of this experiment, by name, with what they are.
UPDATES: Mapping[str, tuple[str, UpdateSpec]] = {
    "full": ("our choice: the task and the architectures of arXiv:2512.05790 at a quarter of the steps", FULL),
    "small": ("our choice: a tenth of the steps, few seeds; minutes on one core", UpdateSpec()),
}
