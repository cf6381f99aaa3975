"""x_t = phi(W_r x_{t-1} + W_i u_t + b)."""

from collections.abc import Callable

import numpy as np

Array = np.ndarray
Function = Callable[[Array], Array]


def step(x: Array, u: Array, W_r: Array, W_i: Array, b: Array, phi: Function = np.tanh) -> Array:
    return phi(W_r @ x + W_i @ u + b)
