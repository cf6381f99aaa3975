"""Recurrences with elapsed time, masks, plasticity and structured weights typed anew: see ``recurrences.py``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Array = Any
Kernels = Mapping[str, Callable[[Any], Any]]


def _sum(p: Mapping[str, Array], name: str, u: Array, x: Array) -> Array:
    return p[f"U_{name}"] @ x + p[f"W_{name}"] @ u + p[f"b_{name}"]


def lstm_projected(f: Kernels, h: Array, c: Array, u: Array, **p: Array) -> dict[str, Array]:
    """torch.nn.LSTM with proj_size: h_t = W_hr (o tanh(c_t)); the gates see the short h."""
    forget, take, out = (f["sigma"](_sum(p, name, u, h)) for name in "fio")
    new = f["tanh"](_sum(p, "g", u, h)) * take + c * forget
    return {"h": p["W_p"] @ (f["psi"](new) * out), "c": new}


def lstm_zoneout(f: Kernels, h: Array, c: Array, u: Array, k_h: Array, k_c: Array, **p: Array) -> dict[str, Array]:
    """Krueger et al. 2017, equation 5: zoneout chooses between the old state and the LSTM's, unit by unit."""
    forget, take, out = (f["sigma"](_sum(p, name, u, h)) for name in "fio")
    cell = f["tanh"](_sum(p, "g", u, h)) * take + c * forget
    hidden = f["psi"](cell) * out
    return {"h": hidden + k_h * (h - hidden), "c": cell + k_c * (c - cell)}


def slstm(f: Kernels, h: Array, c: Array, q: Array, m: Array, u: Array, **p: Array) -> dict[str, Array]:
    """Beck et al. 2024: m = max(log f + m, i~), i' = exp(i~ - m), f' = exp(log f + m_{t-1} - m)."""
    kept, taken = m - f["softplus"](-_sum(p, "f", u, h)), _sum(p, "i", u, h)
    level = kept + f["relu"](taken - kept)
    take, keep = f["exp"](taken - level), f["exp"](kept - level)
    cell, norm = keep * c + take * f["tanh"](_sum(p, "z", u, h)), keep * q + take
    return {"h": f["sigma"](_sum(p, "o", u, h)) * cell / norm, "c": cell, "q": norm, "m": level}


def gru_d(
    f: Kernels, h: Array, l: Array, u: Array, k: Array, elapsed: Array, mean: Array, **p: Array
) -> dict[str, Array]:
    """Che et al. 2018: decays of the input towards its mean and of the state towards 0, then a GRU with the mask."""
    fade = f["exp"](-f["relu"](p["w_u"] * elapsed + p["c_u"]))
    seen = k * u + (1 - k) * (mean + fade * (l - mean))
    old = f["exp"](-f["relu"](p["W_d"] @ elapsed + p["c_d"])) * h
    reset, update = (f["sigma"](_sum(p, name, seen, old) + p[f"V_{name}"] @ k) for name in "rz")
    new = f["tanh"](_sum(p, "c", seen, reset * old) + p["V_c"] @ k)
    return {"h": old + update * (new - old), "l": l + k * (u - l)}


def hgrn(f: Kernels, x: Array, y: Array, u: Array, gamma: Array, theta: Array, **p: Array) -> dict[str, Array]:
    """Qin et al. 2023: f = gamma + (1 - gamma) sigma(.), a rotation by theta, inputs through SiLU."""
    keep = gamma + (1 - gamma) * f["sigma"](p["W_f"] @ u + p["b_f"])
    parts = [p[f"W_{name}"] @ u + p[f"b_{name}"] for name in "xy"]
    real, imaginary = ((1 - keep) * part * f["sigma"](part) for part in parts)
    turn, lift = keep * f["cos"](theta), keep * f["sin"](theta)
    return {"x": real + turn * x - lift * y, "y": imaginary + lift * x + turn * y}


def rwkv4(f: Kernels, y: Array, a: Array, b: Array, p: Array, u: Array, **w: Array) -> dict[str, Array]:
    """Peng et al. 2023: token shift, then wkv by its numerator and denominator, as the recurrent form has it."""
    del y
    r, k, v = (w[f"W_{name}"] @ (p + w[f"mu_{name}"] * (u - p)) for name in "rkv")
    bonus, weight = f["exp"](w["beta"] + k), f["exp"](k)
    decay = f["exp"](-f["exp"](w["omega"]))
    mixed = f["sigma"](r) * (a + bonus * v) / (b + bonus)
    return {"y": w["W_o"] @ mixed, "a": decay * a + weight * v, "b": decay * b + weight, "p": 1 * u}


def ltc(f: Kernels, x: Array, u: Array, dt: Array, W_r: Array, W_i: Array, b: Array, tau: Array, E: Array) -> Array:
    """Hasani et al. 2020, algorithm 1: x (t + dt) = (x + dt f A)/(1 + dt (1/tau + f))."""
    rate = f["sigma"](W_r @ x + W_i @ u + b)
    return (x + dt * rate * E) * tau / (tau + dt * (1 + tau * rate))


def cfc(f: Kernels, x: Array, u: Array, dt: Array, **p: Array) -> Array:
    """Hasani et al. 2022, equation 10: x = sigma(-f t) g + (1 - sigma(-f t)) h."""
    first, second = (f["phi"](_sum(p, name, u, x)) for name in "gk")
    return second + f["sigma"](-dt * _sum(p, "f", u, x)) * (first - second)


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


TIME: dict[str, Callable[..., Any]] = {
    step.__name__: step
    for step in (
        *(lstm_projected, lstm_zoneout, slstm, gru_d, hgrn, rwkv4),
        *(ltc, cfc, stp, low_rank, dale, esn),
    )
}
