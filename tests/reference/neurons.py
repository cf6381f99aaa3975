"""Models of neurons and of elapsed time, typed from their papers in plain NumPy."""

import numpy as np

from tests.reference.common import sigma, softplus

Array = np.ndarray


def positive(z: Array) -> Array:
    return np.where(np.real(z) > 0, z, 0)


def ltc(*, x: Array, u: Array, dt: Array, W_r: Array, W_i: Array, b: Array, tau: Array, E: Array) -> Array:
    """Hasani et al. 2020, algorithm 1, FusedStep; their A is E, their nonlinearity a sigmoid."""
    f = sigma(W_r @ x + W_i @ u + b)
    return (x + dt * f * E) / (1 + dt * (1 / tau + f))


def cfc(*, x: Array, u: Array, dt: Array, **p: Array) -> Array:
    """Hasani et al. 2022, equation 10: x(t) = sigma(-f t) g + [1 - sigma(-[f] t)] h."""
    f = p["W_f"] @ u + p["U_f"] @ x + p["b_f"]
    g = np.tanh(p["W_g"] @ u + p["U_g"] @ x + p["b_g"])
    h = np.tanh(p["W_k"] @ u + p["U_k"] @ x + p["b_k"])
    gate = sigma(-f * dt)
    return gate * g + (1 - gate) * h


def stp(
    *,
    h: Array,
    r: Array,
    v: Array,
    u: Array,
    W_r: Array,
    W_i: Array,
    b: Array,
    alpha: Array,
    dt: Array,
    tau_r: Array,
    tau_v: Array,
    b_v: Array,
) -> dict[str, Array]:
    """Masse et al. 2019, methods: dx = (1 - x)/tau_x - u x r, du = (U - u)/tau_u + U (1 - u) r, then the rates."""
    x = r + dt * ((1 - r) / tau_r - v * r * h)
    use = v + dt * ((b_v - v) / tau_v + b_v * (1 - v) * h)
    rates = (1 - alpha) * h + alpha * positive(W_r @ (use * x * h) + W_i @ u + b)
    return {"h": rates, "r": x, "v": use}


def low_rank(*, x: Array, u: Array, P: Array, Q: Array, W_i: Array, alpha: Array) -> Array:
    """Mastrogiuseppe & Ostojic 2018, equation 2 with J = P Q', an Euler step alpha."""
    J = P @ Q.T
    return (1 - alpha) * x + alpha * (J @ np.tanh(x) + W_i @ u)


def dale(*, x: Array, u: Array, W_r: Array, C: Array, s: Array, W_i: Array, b: Array, alpha: Array) -> Array:
    """Song et al. 2016, equations 3 and 16: W = W_+ D with a mask, rates by softplus."""
    W = (positive(W_r) * C) @ np.diag(s)
    return (1 - alpha) * x + alpha * (W @ softplus(x) + W_i @ u + b)


def esn(
    *,
    x: Array,
    u: Array,
    y: Array,
    W_r: Array,
    W_i: Array,
    W_b: Array,
    b: Array,
    a: Array,
    gamma: Array,
) -> Array:
    """Jaeger et al. 2007, equation 2: x(n+1) = (1 - a gamma) x + gamma f(W_in u + W x + W_fb y)."""
    return (1 - a * gamma) * x + gamma * np.tanh(W_i @ u + W_r @ x + W_b @ y + b)
