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

    def __init__(self, rate: float) -> None:
        """Take the learning rate eta, a positive number."""
        if not 0 < rate < np.inf:
            raise ShapeError(f"The learning rate needs a positive number; found {rate!r}.")
        self.rate = float(rate)
        self.steps = 0
        self._carried: dict[str, tuple[Array, ...]] = {}

    def step(self, params: Mapping[str, Array], gradients: Mapping[str, Array]) -> None:
        """Move every parameter that has a gradient, in place."""
        self.steps += 1
        for name, gradient in gradients.items():
            self._move(name, params[name], gradient)

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


@final
class Adam(Optimiser):
    """m <- b1 m + (1-b1) g, v <- b2 v + (1-b2) g^2, theta <- theta - eta m^ / (sqrt(v^) + 1e-8), m^ and v^ unbiased."""

    name = "adam"
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


OPTIMISERS: dict[str, type[Optimiser]] = {kind.name: kind for kind in (Sgd, Momentum, Adam)}


def optimiser(name: str, rate: float) -> Optimiser:
    """A fresh optimiser.

    Raises:
        UnknownNameError: there is none of that name.
        ShapeError: the rate is not positive.
    """
    if name not in OPTIMISERS:
        raise unknown("optimiser", name, OPTIMISERS)
    return OPTIMISERS[name](rate)
