"""Optimisers with the conventions of torch.optim, on dictionaries of arrays that are changed in place."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, final

import numpy as np

from symgate.errors import ShapeError, unknown
from symgate.numeric.arrays import Array


class Optimiser(ABC):
    """One step of descent at a time; what is carried from step to step lives here, per parameter."""

    name: ClassVar[str]

    def __init__(self, rate: float, clip: float | None = None) -> None:
        """Take the learning rate eta, and the norm at which the whole gradient is clipped; None clips nothing."""
        if not 0 < rate < np.inf:
            raise ShapeError(f"The learning rate needs a positive number; found {rate!r}.")
        if clip is not None and not 0 < clip < np.inf:
            raise ShapeError(f"The norm at which gradients are clipped needs a positive number; found {clip!r}.")
        self.rate = float(rate)
        self.clip = clip
        self.steps = 0
        self._carried: dict[str, tuple[Array, ...]] = {}

    def step(self, params: Mapping[str, Array], gradients: Mapping[str, Array]) -> None:
        """Move every parameter that has a gradient, in place."""
        self.steps += 1
        share = clipped_share(gradients, self.clip)
        for name, gradient in gradients.items():
            self._move(name, params[name], gradient if share == 1 else gradient * share)

    @abstractmethod
    def _move(self, name: str, value: Array, gradient: Array) -> None:
        """Move one parameter."""


@final
class Sgd(Optimiser):
    """theta <- theta - eta g."""

    name = "sgd"

    def _move(self, name: str, value: Array, gradient: Array) -> None:
        value -= self.rate * gradient


@final
class Momentum(Optimiser):
    """v <- beta v + g, theta <- theta - eta v, beta = 0.9: the heavy ball."""

    name = "momentum"
    beta = 0.9

    def _move(self, name: str, value: Array, gradient: Array) -> None:
        (v,) = self._carried.setdefault(name, (np.zeros_like(value),))
        v *= self.beta
        v += gradient
        value -= self.rate * v


class _Adam(Optimiser):
    """The step of Adam.

    m <- b1 m + (1-b1) g, v <- b2 v + (1-b2) g^2, theta <- theta - eta m^ / (sqrt(v^) + 1e-8), m^ and v^ unbiased.
    """

    betas = (0.9, 0.999)
    floor = 1e-8

    def _move(self, name: str, value: Array, gradient: Array) -> None:
        m, v = self._carried.setdefault(name, (np.zeros_like(value), np.zeros_like(value)))
        first, second = self.betas
        m *= first
        m += (1 - first) * gradient
        v *= second
        v += (1 - second) * gradient * gradient
        scale = np.sqrt(v / (1 - second**self.steps)) + self.floor
        value -= self.rate / (1 - first**self.steps) * m / scale


@final
class Adam(_Adam):
    """Adam as it is."""

    name = "adam"


@final
class AdamW(_Adam):
    """theta <- (1 - eta decay) theta before the step of Adam, decay = 1e-4 as in arXiv:2512.05790."""

    name = "adamw"
    decay = 1e-4

    def _move(self, name: str, value: Array, gradient: Array) -> None:
        value *= 1 - self.rate * self.decay
        super()._move(name, value, gradient)


def clipped_share(gradients: Mapping[str, Array], clip: float | None) -> float:
    """What the gradient is multiplied by, so that its norm over all parameters is at most ``clip``.

    torch.nn.utils.clip_grad_norm_: min(1, clip / (norm + 1e-6)).
    """
    if clip is None:
        return 1.0
    norm = float(np.sqrt(sum(float(np.sum(value * value)) for value in gradients.values())))
    return min(1.0, clip / (norm + 1e-6))


OPTIMISERS: dict[str, type[Optimiser]] = {kind.name: kind for kind in (Sgd, Momentum, Adam, AdamW)}


def optimiser(name: str, rate: float, clip: float | None = None) -> Optimiser:
    """A fresh optimiser.

    Args:
        name: "sgd", "momentum", "adam" or "adamw".
        rate: the learning rate eta.
        clip: the norm at which the gradient over all parameters is clipped; None clips nothing.

    Raises:
        UnknownNameError: there is none of that name.
        ShapeError: the rate or the norm is not positive.
    """
    if name not in OPTIMISERS:
        raise unknown("optimiser", name, OPTIMISERS)
    return OPTIMISERS[name](rate, clip)
