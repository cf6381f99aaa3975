"""Training on the multi-lag regression: fresh sequences, every step read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.random import Generator

from symgate.experiments.learnability_specs import Learner
from symgate.experiments.multilag import MultiLag
from symgate.experiments.networks import Network
from symgate.experiments.optimisers import optimiser


def fit(
    network: Network,
    learner: Learner,
    task: MultiLag,
    trained: Sequence[str],
    rng: Generator,
    sequences: int,
    steps: int,
    batch: int,
) -> Iterator[float]:
    """Train a network in place on fresh sequences; the loss of each step, the last one if it is not finite."""
    descent = optimiser(learner.optimiser, learner.rate, learner.clip)
    for _ in range(sequences // batch):
        loss, gradients = network.gradients(task.draw(rng, steps, batch), trained)
        fine = np.isfinite(loss) and all(np.isfinite(g).all() for g in gradients.values())
        yield loss if fine else np.inf
        if not fine:
            return
        with np.errstate(all="ignore"):
            descent.step(network.arrays, gradients)
