"""Small networks that the pages train themselves, by the gradients of the package."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

import symgate as sg
from symgate.records import Cell

Weights = dict[str, np.ndarray]
Gradient = Callable[[sg.numeric.Trajectory, np.ndarray], Mapping[str, np.ndarray]]


def flip_flop(rng: np.random.Generator, batch: int, steps: int, rate: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    """One bit to remember: rare pulses of either sign and a channel of noise, (B, T, 2); the last pulse, (B, T)."""
    pulses = rng.choice([-1.0, 0.0, 1.0], (batch, steps), p=[rate / 2, 1 - rate, rate / 2])
    pulses[:, 0] = rng.choice([-1.0, 1.0], batch)
    target = np.zeros((batch, steps))
    last = pulses[:, 0]
    for t in range(steps):
        last = np.where(pulses[:, t] != 0, pulses[:, t], last)
        target[:, t] = last
    return np.stack([pulses, 0.1 * rng.standard_normal((batch, steps))], axis=-1), target


def start(cell: Cell, n: int, m: int, rng: np.random.Generator) -> Weights:
    """Weights of standard deviation 1 / sqrt(fan in), no biases, a read-out."""
    weights = {}
    for symbol in cell.parameters:
        shape = tuple(1 if size == 1 else n if str(size) == "n" else m for size in symbol.shape)
        is_matrix = shape[1] > 1
        weights[str(symbol.name)] = rng.standard_normal(shape) / np.sqrt(shape[1]) if is_matrix else np.zeros(shape[0])
    return weights | {"read": rng.standard_normal(n) / np.sqrt(n)}


def bptt(path: sg.numeric.Trajectory, delta: np.ndarray) -> Mapping[str, np.ndarray]:
    """Backpropagation through time."""
    return sg.numeric.loss_gradient(path, delta)


def trained(
    cell: Cell, n: int = 12, iterations: int = 200, steps: int = 30, gradient: Gradient = bptt, seed: int = 0
) -> tuple[Weights, np.ndarray]:
    """Weights after training on the flip-flop with Adam, and the loss at every iteration."""
    rng = np.random.default_rng(seed)
    weights = start(cell, n, 2, rng)
    first, second = ({name: np.zeros_like(value) for name, value in weights.items()} for _ in range(2))
    losses = []
    for step in range(1, iterations + 1):
        u, target = flip_flop(rng, 16, steps)
        path = sg.numeric.rollout(cell, {name: weights[name] for name in weights if name != "read"}, u, keep=True)
        error = (path.after @ weights["read"] - target) / target.size
        losses.append(float((error**2).sum() * target.size))
        slopes = dict(gradient(path, error[..., None] * weights["read"]))
        slopes["read"] = np.einsum("bt,bti->i", error, path.after)
        for name, slope in slopes.items():
            first[name] = 0.9 * first[name] + 0.1 * slope
            second[name] = 0.999 * second[name] + 0.001 * slope**2
            rate = 0.02 * np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
            weights[name] = weights[name] - rate * first[name] / (np.sqrt(second[name]) + 1e-8)
    return weights, np.array(losses)
