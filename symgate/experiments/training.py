"""Training by the generated gradients: a fresh batch every iteration, stops where the loss is no number."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from symgate.experiments.networks import Network
from symgate.experiments.optimisers import Optimiser
from symgate.experiments.tasks import Task
from symgate.numeric.arrays import Array


@dataclass(frozen=True)
class Checkpoint:
    """A network on its way.

    Attributes:
        iteration: how many steps of descent were taken.
        network: as it is now, with arrays of its own.
        losses: the loss of every iteration so far, (iteration,), each on its batch before the step.
        diverged: the loss of this network or its gradient is not finite, ``losses`` ends with it, and nothing follows.
        rejected: sequences that the task rejected so far.
    """

    iteration: int
    network: Network
    losses: Array
    diverged: bool = False
    rejected: int = 0


def train(
    network: Network,
    task: Task,
    optimiser: Optimiser,
    rng: Generator,
    *,
    steps: int,
    batch: int,
    channels: int,
    iterations: int,
    checkpoints: Collection[int],
    fixed: Collection[str] = (),
) -> Iterator[Checkpoint]:
    """Train a copy of a network, and yield it at the checkpoints.

    Args:
        network: the network to begin with; it is left as it is.
        task: draws the batches.
        optimiser: moves the arrays.
        rng: of the batches.
        steps: T.
        batch: B.
        channels: m.
        iterations: steps of descent.
        checkpoints: iterations 0 .. iterations at which to yield.
        fixed: parameters of the cell that are not trained.

    Yields:
        A checkpoint for each of ``checkpoints``, in order; where the loss is not finite, one that says so, the last.
    """
    moving = network.copy()
    trained = [name for name in moving.params if name not in fixed]
    losses, rejected = np.empty(iterations + 1), 0
    for iteration in range(iterations + 1):
        drawn = task.draw(rng, steps, batch, channels)
        rejected += drawn.rejected
        losses[iteration], gradients = moving.gradients(drawn, trained)
        fine = np.isfinite(losses[iteration]) and all(np.isfinite(g).all() for g in gradients.values())
        if iteration in checkpoints or not fine:
            seen = losses[: iteration + (not fine)].copy()
            yield Checkpoint(iteration, moving.copy(), seen, diverged=not fine, rejected=rejected)
        if not fine:
            return
        with np.errstate(all="ignore"):  # what overflows here is seen in the next loss
            optimiser.step(moving.arrays, gradients)
