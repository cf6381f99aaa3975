"""Every registered function and its slope in NumPy, typed by hand, for real arguments and for complex steps."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

Pair = tuple[Callable, Callable]
SCALE, ALPHA = 1.0507009873554805, 1.6732632423543772
ROOT = np.sqrt(2 / np.pi)


def _sigma(z):  # noqa: ANN001, ANN202 - floats, arrays and complex arrays
    return 1 / (1 + np.exp(-z))


def _slope_of_sigma(z):  # noqa: ANN001, ANN202
    return np.exp(-z) / (1 + np.exp(-z)) ** 2


def _softplus(z):  # noqa: ANN001, ANN202
    return np.log(1 + np.exp(z))


def _bell(z):  # noqa: ANN001, ANN202
    return np.exp(-z * z / 2) / np.sqrt(2 * np.pi)


def _inner(z):  # noqa: ANN001, ANN202
    return ROOT * (z + 0.044715 * z**3)


def _above(z, left, right):  # noqa: ANN001, ANN202
    """The first for z > 0, else the second."""
    return np.where(np.real(z) > 0, left, right)


def _between(z, low, high):  # noqa: ANN001, ANN202
    """z, kept between two numbers."""
    return np.where(np.real(z) > high, high, np.where(np.real(z) < low, low, z))


def _inside(z, low, high):  # noqa: ANN001, ANN202
    """1 between two numbers, else 0."""
    return np.where((np.real(z) > low) & (np.real(z) < high), 1.0, 0.0)


def _size(z):  # noqa: ANN001, ANN202
    return np.where(np.real(z) > 0, z, -z)


def _root(q: int) -> Pair:
    return (lambda z: z ** (1 / q), lambda z: z ** (1 / q - 1) / q)


#: (f, f') as NumPy functions that take complex arguments.
FUNCTIONS: dict[str, Pair] = {
    "sigma": (_sigma, _slope_of_sigma),
    "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
    "phi": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
    "psi": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
    "softplus": (_softplus, _sigma),
    "sin": (np.sin, np.cos),
    "cos": (np.cos, lambda z: -np.sin(z)),
    "exp": (np.exp, np.exp),
    "expm1": (np.expm1, np.exp),
    "log": (np.log, lambda z: 1 / z),
    "sqrt": (np.sqrt, lambda z: 0.5 / np.sqrt(z)),
    "root_3": _root(3),
    "reciprocal": (lambda z: 1 / z, lambda z: -1 / z**2),
    "square": (lambda z: z * z, lambda z: 2 * z),
    "identity": (lambda z: z, np.ones_like),
    "erf": (special.erf, lambda z: 2 / np.sqrt(np.pi) * np.exp(-z * z)),
    "abs": (_size, lambda z: np.sign(np.real(z))),
    "step": (lambda z: _above(z, 1.0, 0.0), lambda z: np.zeros_like(np.real(z))),
    "relu": (lambda z: _above(z, z, 0), lambda z: _above(z, 1.0, 0.0)),
    "silu": (lambda z: z * _sigma(z), lambda z: _sigma(z) + z * _slope_of_sigma(z)),
    "gelu": (
        lambda z: z * (1 + special.erf(z / np.sqrt(2))) / 2,
        lambda z: (1 + special.erf(z / np.sqrt(2))) / 2 + z * _bell(z),
    ),
    "gelu_tanh": (
        lambda z: z * (1 + np.tanh(_inner(z))) / 2,
        lambda z: (1 + np.tanh(_inner(z))) / 2 + z / 2 / np.cosh(_inner(z)) ** 2 * ROOT * (1 + 3 * 0.044715 * z**2),
    ),
    "mish": (
        lambda z: z * np.tanh(_softplus(z)),
        lambda z: np.tanh(_softplus(z)) + z * _sigma(z) / np.cosh(_softplus(z)) ** 2,
    ),
    "log_sigmoid": (lambda z: -np.log(1 + np.exp(-z)), lambda z: 1 / (1 + np.exp(z))),
    "softsign": (lambda z: z / (1 + _size(z)), lambda z: 1 / (1 + _size(z)) ** 2),
    "elu": (lambda z: _above(z, z, np.exp(z) - 1), lambda z: _above(z, 1.0, np.exp(z))),
    "selu": (
        lambda z: SCALE * _above(z, z, ALPHA * (np.exp(z) - 1)),
        lambda z: SCALE * _above(z, 1.0, ALPHA * np.exp(z)),
    ),
    "leaky_relu": (lambda z: _above(z, z, 0.01 * z), lambda z: _above(z, 1.0, 0.01)),
    "relu6": (lambda z: _between(z, 0, 6), lambda z: _inside(z, 0, 6)),
    "hard_tanh": (lambda z: _between(z, -1, 1), lambda z: _inside(z, -1, 1)),
    "hard_sigmoid": (lambda z: _between(z + 3, 0, 6) / 6, lambda z: _inside(z, -3, 3) / 6),
}
