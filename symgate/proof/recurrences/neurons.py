"""Models of neurons and of elapsed time, typed a second time."""

from __future__ import annotations

from symgate.proof.recurrences.common import Array, Kernels, pre_activation


def ltc(f: Kernels, x: Array, u: Array, dt: Array, W_r: Array, W_i: Array, b: Array, tau: Array, E: Array) -> Array:
    """Hasani et al. 2020, algorithm 1: x (t + dt) = (x + dt f A)/(1 + dt (1/tau + f))."""
    rate = f["sigma"](W_r @ x + W_i @ u + b)
    return (x + dt * rate * E) * tau / (tau + dt * (1 + tau * rate))


def cfc(f: Kernels, x: Array, u: Array, dt: Array, **p: Array) -> Array:
    """Hasani et al. 2022, equation 10: x = sigma(-f t) g + (1 - sigma(-f t)) h."""
    first, second = (f["phi"](pre_activation(p, name, u, x)) for name in "gk")
    return second + f["sigma"](-dt * pre_activation(p, "f", u, x)) * (first - second)


def stp(f: Kernels, h: Array, r: Array, v: Array, u: Array, **p: Array) -> dict[str, Array]:
    """Masse et al. 2019: depression and facilitation of Mongillo et al. 2008, then the leaky rate."""
    left = r + p["dt"] * (1 - r) / p["tau_r"] - p["dt"] * v * r * h
    used = v + p["dt"] * (p["b_v"] - v) / p["tau_v"] + p["dt"] * p["b_v"] * (1 - v) * h
    new = f["relu"](p["W_r"] @ (left * used * h) + p["W_i"] @ u + p["b"])
    return {"h": h + p["alpha"] * (new - h), "r": left, "v": used}


def low_rank(f: Kernels, x: Array, u: Array, P: Array, Q: Array, W_i: Array, alpha: Array) -> Array:
    """Mastrogiuseppe & Ostojic 2018: dx = -x + P Q' phi(x) + I, a step alpha."""
    return x + alpha * (P @ (f["phi"](x) @ Q) + W_i @ u - x)


def dale(f: Kernels, x: Array, u: Array, W_r: Array, C: Array, s: Array, W_i: Array, b: Array, alpha: Array) -> Array:
    """Song et al. 2016: W = ([W_r]_+ (.) C) diag(s), a leaky step of rates softplus(x)."""
    return x + alpha * ((f["relu"](W_r) * C * s) @ f["softplus"](x) + W_i @ u + b - x)


def esn(f: Kernels, x: Array, u: Array, y: Array, **p: Array) -> Array:
    """Jaeger et al. 2007, equation 1 with feedback: x = (1 - a gamma) x + gamma f(W x + W_in u + W_fb y)."""
    return x - p["a"] * p["gamma"] * x + p["gamma"] * f["phi"](p["W_r"] @ x + p["W_i"] @ u + p["W_b"] @ y + p["b"])


STEPS = (ltc, cfc, stp, low_rank, dale, esn)
