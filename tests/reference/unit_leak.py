"""x_t = (1 - alpha) (.) x_{t-1} + alpha (.) phi(W_r x_{t-1} + W_i u_t + b), alpha a vector."""

from collections.abc import Callable

import numpy as np

Array = np.ndarray
Function = Callable[[Array], Array]


def step(x: Array, u: Array, W_r: Array, W_i: Array, b: Array, alpha: Array, phi: Function = np.tanh) -> Array:
    return (1 - alpha) * x + alpha * phi(W_r @ x + W_i @ u + b)
