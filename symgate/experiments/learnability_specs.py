"""What the learnability experiment runs: architectures, optimisers, sizes; the published and smaller settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from symgate.cells import LIBRARY
from symgate.cells import cell as built_in
from symgate.errors import DefinitionError, ShapeError, unknown
from symgate.experiments.checks import distinct_names, positive, seeds_of, within
from symgate.experiments.detection import FEWEST_LAGS
from symgate.experiments.initialisation import Initialisation, retention_biases
from symgate.experiments.multilag import MultiLag
from symgate.experiments.optimisers import optimiser
from symgate.experiments.starting import has_leak
from symgate.numeric.arrays import whole_number
from symgate.records import Cell

#: What gates begin at: s is written, 1 - s kept.
GATE = 0.005

#: The architectures: the cell, its normalised form (the same name: all pre-activations of the cell are normalised), and
#: how its gates begin.  GRU and LSTM begin as in torch, uniform with biases.
ARCHITECTURES: Mapping[str, tuple[str, str, float | None]] = {
    "constant": ("leaky", "leaky_norm", None),
    "shared": ("scalar_gate", "scalar_gate_norm", GATE),
    "diagonal": ("multi_gate", "multi_gate_norm", GATE),
    "gru": ("gru", "gru", None),
    "lstm": ("lstm", "lstm", None),
}


@dataclass(frozen=True)
class Learner:
    """An architecture and how it is trained.

    Attributes:
        architecture: "constant", "shared", "diagonal", "gru" or "lstm"; or a cell of the library by name, which begins
            as in torch, uniform with biases.
        optimiser: "adamw", "sgd" or another one.
        rate: the learning rate.
        clip: the norm at which gradients are clipped; None clips nothing.
        norm: whether pre-activations are normalised.
        gate: what the gates begin at, or the constant leak; None: as the architecture has it.
    """

    architecture: str
    optimiser: str = "adamw"
    rate: float = 1e-3
    clip: float | None = 1.0
    norm: bool = False
    gate: float | None = None

    def __post_init__(self) -> None:
        if self.architecture not in (known := dict.fromkeys([*ARCHITECTURES, *(cell.name for cell in LIBRARY)])):
            raise unknown("architecture", self.architecture, known)
        optimiser(self.optimiser, self.rate, self.clip)
        if self.norm and self.architecture not in ARCHITECTURES:
            raise DefinitionError(f"norm is one of {', '.join(ARCHITECTURES)}; name the normalised cell instead.")
        if self.gate is not None and not 0 < self.gate < 1:
            raise ShapeError(f"gate needs a number between 0 and 1; found {self.gate!r}.")
        if self.gate is not None and not has_leak(self.cell) and not retention_biases(self.cell):
            raise DefinitionError(f"Cell {self.cell.name!r} has no gate that decides what it keeps; leave gate out.")

    @property
    def cell(self) -> Cell:
        """The recurrence."""
        plain, normalised, _ = ARCHITECTURES.get(self.architecture, (self.architecture, self.architecture, None))
        if self.norm and plain == normalised:
            return built_in(plain, layer_norm=True)
        return built_in(normalised if self.norm else plain)

    @property
    def start(self) -> Initialisation:
        """How its parameters begin."""
        own = ARCHITECTURES.get(self.architecture, ("", "", None))[2] if self.gate is None else self.gate
        return Initialisation("uniform", biases=True, gate=None if has_leak(self.cell) else own)

    @property
    def given(self) -> dict[str, float]:
        """Parameters that are set and stay: the constant gate."""
        if not has_leak(self.cell) or (self.gate is None and self.architecture != "constant"):
            return {}
        return {"alpha": GATE if self.gate is None else self.gate}

    @property
    def label(self) -> str:
        """Such as "gru+adamw", "diagonal+norm+sgd" or "diagonal(0.1)+adamw"."""
        begun = "" if self.gate is None else f"({self.gate:g})"
        return "+".join([self.architecture + begun, *(["norm"] if self.norm else []), self.optimiser])


FIVE = tuple(Learner(name) for name in ARCHITECTURES)
#: Both optimisers; and normalised.
ALL = (
    *FIVE,
    *(Learner(name, "sgd", 0.1) for name in ARCHITECTURES),
    *(Learner(name, norm=True) for name in ARCHITECTURES),
)


@dataclass(frozen=True)
class LearnabilitySpec:
    """What the experiment runs; the defaults are the settings "small".

    Attributes:
        learners: architectures with their optimisers.
        seeds: how many seeds, counted from 0, or the seeds.
        n: hidden units.
        channels: the dimension of the input.
        steps: T.
        task_lags: the lags of the task.
        batch: sequences per step of descent, and per batch of the diagnosis.
        train: sequences to train on, each seen once.
        diagnose: sequences that are the samples of the diagnosis.
        lags: the lags that are diagnosed.
        windows: last steps t at which the diagonal of the product is taken.
        updates: sequences on which |Gamma_l|, what each lag moves, is measured.
    """

    learners: Sequence[Learner] = ALL
    seeds: int | Sequence[int] = 1
    n: int = 64
    channels: int = 16
    steps: int = 256
    task_lags: Sequence[int] = (8, 16, 32, 64, 128)
    batch: int = 16
    train: int = 4000
    diagnose: int = 256
    lags: Sequence[int] = (2, 4, 8, 12, 16, 24, 32, 48, 64, 96)
    windows: int = 4
    updates: int = 4

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "learners", tuple(self.learners))
        put(self, "seeds", seeds_of(self.seeds))
        distinct_names("learners", [learner.label for learner in self.learners])
        positive(n=self.n, channels=self.channels, steps=self.steps, batch=self.batch, windows=self.windows)
        positive(updates=self.updates)
        whole_number(self.train, "train", 0)
        put(self, "lags", within("lags", self.lags, 1, self.steps - 1, "the steps less one"))
        if sum(lag >= 2 for lag in self.lags) < FEWEST_LAGS:  # log log l, of a logarithmic decay, begins at 2
            raise ShapeError(f"lags needs {FEWEST_LAGS} lags or more from 2 on, to fit decays to; found {self.lags}.")
        put(self, "task_lags", within("task_lags", self.task_lags, 1, self.steps - 1, "the steps less one"))
        MultiLag(tuple(self.task_lags), self.channels)
        whole_number(self.diagnose, "diagnose", 120)
        if self.diagnose % self.batch:
            raise ShapeError(f"diagnose needs a multiple of batch = {self.batch} sequences; found {self.diagnose}.")

    def quick(self, seeds: int | Sequence[int] = 1) -> LearnabilitySpec:
        """A smaller experiment of the same kind, for a look."""
        return replace(
            self, learners=FIVE, seeds=seeds, n=12, channels=4, steps=48, task_lags=(2, 4, 8, 16, 32), batch=8,
            train=80, diagnose=128, lags=(1, 2, 4, 8, 16, 24), windows=2, updates=2,
        )  # fmt: skip


PUBLISHED = LearnabilitySpec(
    seeds=5,
    n=128,
    steps=1024,
    task_lags=(32, 64, 128, 256, 512),
    train=8000,
    diagnose=8000,
    lags=(4, 8, 16, 24, 32, 48, 64, 96, 128, 192, 256),
)
TINY = LearnabilitySpec(
    n=32, steps=128, task_lags=(4, 8, 16, 32, 64), train=1600, diagnose=256, lags=(2, 4, 6, 8, 12, 16, 24, 32, 48, 64)
)

#: The settings of this experiment, by name, with what they are.
LEARNABILITY: Mapping[str, tuple[str, LearnabilitySpec]] = {
    "published": ("arXiv:2512.05790; step size of SGD, units (64 or 128) and seeds are our choice", PUBLISHED),
    "small": ("our choice: a quarter of the steps, half of the units, lags a quarter", LearnabilitySpec()),
    "tiny": ("our choice: an eighth of the steps, a quarter of the units", TINY),
}
