"""The cells of arXiv:2512.05790 with layer normalisation of their pre-activations."""

from collections.abc import Callable

import numpy as np

from tests.reference.common import layer_norm, sigma

Array = np.ndarray
Function = Callable[[Array], Array]


def leaky(
    x: Array, u: Array, W_r: Array, W_i: Array, gamma_a: Array, b: Array, alpha: Array, phi: Function = np.tanh
) -> Array:
    return (1 - alpha) * x + alpha * phi(layer_norm(W_r @ x + W_i @ u, gamma_a, b))


def scalar_gate(
    *, x: Array, u: Array, W_r: Array, W_i: Array, gamma_a: Array, b: Array, w_g: Array, v_g: Array, b_g: Array
) -> Array:
    g = sigma(w_g @ x + v_g @ u + b_g)
    return (1 - g) * x + g * np.tanh(layer_norm(W_r @ x + W_i @ u, gamma_a, b))


def multi_gate(
    *,
    x: Array,
    u: Array,
    W_r: Array,
    W_i: Array,
    gamma_a: Array,
    b: Array,
    W_g: Array,
    V_g: Array,
    gamma_g: Array,
    b_g: Array,
) -> Array:
    g = sigma(layer_norm(W_g @ x + V_g @ u, gamma_g, b_g))
    return (1 - g) * x + g * np.tanh(layer_norm(W_r @ x + W_i @ u, gamma_a, b))
