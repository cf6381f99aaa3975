"""x_t = (1 - g_t) (.) x_{t-1} + g_t (.) phi(a_t), g_t = sigma(W_g x_{t-1} + V_g u_t + b_g)."""

from collections.abc import Callable

import numpy as np

Array = np.ndarray
Function = Callable[[Array], Array]


def step(
    x: Array, u: Array, W_r: Array, W_i: Array, b: Array, W_g: Array, V_g: Array, b_g: Array, phi: Function = np.tanh
) -> Array:
    a = W_r @ x + W_i @ u + b
    g = 1 / (1 + np.exp(-(W_g @ x + V_g @ u + b_g)))
    return (1 - g) * x + g * phi(a)
