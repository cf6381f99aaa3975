"""The other built-in recurrences typed a second time, for any array library: see ``recurrences.py``.

A recurrence with several states returns them by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Array = Any
Kernels = Mapping[str, Callable[[Any], Any]]


def normalised(p: Array, gain: Array, shift: Array) -> Array:
    """Ba, Kiros & Hinton 2016: the entries of p less their mean, over the root of their variance + 1e-5."""
    n = len(p)
    mean = p.sum() / n
    variance = (p * p).sum() / n - mean * mean
    return gain * (p - mean) * (variance + 1e-5) ** -0.5 + shift


def leaky_norm(f: Kernels, x: Array, u: Array, W_r: Array, W_i: Array, gamma_a: Array, b: Array, alpha: Array) -> Array:
    """arXiv:2512.05790, ConstGate: the leak is one number, the drive is normalised."""
    return x + alpha * (f["phi"](normalised(W_r @ x + W_i @ u, gamma_a, b)) - x)


def scalar_gate_norm(f: Kernels, x: Array, u: Array, **p: Array) -> Array:
    """arXiv:2512.05790, SharedGate: one gate for all units, the drive is normalised."""
    gate = f["sigma"](p["w_g"] @ x + p["v_g"] @ u + p["b_g"])
    return x + gate * (f["phi"](normalised(p["W_r"] @ x + p["W_i"] @ u, p["gamma_a"], p["b"])) - x)


def multi_gate_norm(f: Kernels, x: Array, u: Array, **p: Array) -> Array:
    """arXiv:2512.05790, DiagGate: one gate per unit, drive and gate are normalised."""
    gate = f["sigma"](normalised(p["W_g"] @ x + p["V_g"] @ u, p["gamma_g"], p["b_g"]))
    return x + gate * (f["phi"](normalised(p["W_r"] @ x + p["W_i"] @ u, p["gamma_a"], p["b"])) - x)


def gate(f: Kernels, p: Mapping[str, Array], name: str, u: Array, x: Array | None = None) -> Array:
    """sigma(W u + U x + b), or sigma(W u + b) where no state enters, with the parameters of that name."""
    sees_state = 0 if x is None else p[f"U_{name}"] @ x
    return f["sigma"](p[f"W_{name}"] @ u + sees_state + p[f"b_{name}"])


def gru(f: Kernels, x: Array, u: Array, **p: Array) -> Array:
    """torch.nn.GRU: n = tanh(W_in x + b_in + r * (W_hn h + b_hn)), h' = (1 - z) * n + z * h."""
    r, z = gate(f, p, "r", u, x), gate(f, p, "z", u, x)
    new = f["phi"](p["W_c"] @ u + p["b_c"] + r * (p["U_c"] @ x + p["d_c"]))
    return new + z * (x - new)


def gru_original(f: Kernels, x: Array, u: Array, **p: Array) -> Array:
    """Chung et al. 2014: h_t = (1 - z) h_{t-1} + z tanh(W x_t + U (r (.) h_{t-1}))."""
    r, z = gate(f, p, "r", u, x), gate(f, p, "z", u, x)
    return x + z * (f["phi"](p["W_c"] @ u + p["U_c"] @ (r * x) + p["b_c"]) - x)


def mgu(f: Kernels, x: Array, u: Array, **p: Array) -> Array:
    """Zhou et al. 2016: the forget gate is the reset gate too."""
    forget = gate(f, p, "f", u, x)
    return x + forget * (f["phi"](p["W_c"] @ u + p["U_c"] @ (forget * x) + p["b_c"]) - x)


def janet(f: Kernels, x: Array, u: Array, **p: Array) -> Array:
    """van der Westhuizen & Lasenby 2018: c_t = sigma(s) c_{t-1} + (1 - sigma(s - beta)) tanh(.)."""
    s = p["W_f"] @ u + p["U_f"] @ x + p["b_f"]
    return f["sigma"](s) * x + f["sigma"](p["beta"] - s) * f["phi"](p["W_c"] @ u + p["U_c"] @ x + p["b_c"])


def ugrnn(f: Kernels, x: Array, u: Array, **p: Array) -> Array:
    """Collins et al. 2017: h_t = g h_{t-1} + (1 - g) c."""
    new = f["phi"](p["W_c"] @ u + p["U_c"] @ x + p["b_c"])
    return new + gate(f, p, "g", u, x) * (x - new)


def indrnn(f: Kernels, x: Array, u: Array, w_r: Array, W_i: Array, b: Array) -> Array:
    """Li et al. 2018: h_t = phi(W x_t + u (.) h_{t-1} + b)."""
    return f["phi"](W_i @ u + w_r * x + b)


def mingru(f: Kernels, x: Array, u: Array, **p: Array) -> Array:
    """Feng et al. 2024: h_t = (1 - z) h_{t-1} + z (W x_t + b)."""
    return x + gate(f, p, "z", u) * (p["W_c"] @ u + p["b_c"] - x)


def minlstm(f: Kernels, x: Array, u: Array, **p: Array) -> Array:
    """Feng et al. 2024: f' = f/(f + i), i' = i/(f + i)."""
    forget, take = gate(f, p, "f", u), gate(f, p, "i", u)
    return (forget * x + take * (p["W_c"] @ u + p["b_c"])) / (forget + take)


def rg_lru(f: Kernels, x: Array, u: Array, **p: Array) -> Array:
    """De et al. 2024: a = exp(-8 softplus(s) r), h_t = a h_{t-1} + sqrt(1 - a^2) (i x_t)."""
    a = f["exp"](-8 * f["softplus"](p["s"]) * gate(f, p, "a", u))
    return a * x + (1 - a * a) ** 0.5 * gate(f, p, "x", u) * u


def ssm(f: Kernels, x: Array, u: Array, **p: Array) -> Array:
    """Gu & Dao 2023, zero-order hold: A_bar = exp(delta A), B_bar = (exp(delta A) - 1)/A B with A = -exp(s)."""
    rate = -f["exp"](p["s"])
    kept = f["exp"](f["softplus"](p["W_d"] @ u + p["b_d"]) * rate)
    return kept * x + (kept - 1) / rate * (p["W_v"] @ u) * (p["W_b"] @ u)


def lstm(f: Kernels, h: Array, c: Array, u: Array, **p: Array) -> dict[str, Array]:
    """torch.nn.LSTM: c' = f * c + i * g, h' = o * tanh(c')."""
    new = gate(f, p, "f", u, h) * c + gate(f, p, "i", u, h) * _candidate(f, p, u, h)
    return {"h": gate(f, p, "o", u, h) * f["psi"](new), "c": new}


def lstm_peephole(f: Kernels, h: Array, c: Array, u: Array, **p: Array) -> dict[str, Array]:
    """Greff et al. 2015: input and forget gate see c_{t-1}, the output gate sees c_t."""
    before = {name: p[f"W_{name}"] @ u + p[f"U_{name}"] @ h + p[f"b_{name}"] for name in "ifo"}
    new = f["sigma"](before["f"] + p["p_f"] * c) * c
    new = new + f["sigma"](before["i"] + p["p_i"] * c) * _candidate(f, p, u, h)
    return {"h": f["sigma"](before["o"] + p["p_o"] * new) * f["psi"](new), "c": new}


def lstm_coupled(f: Kernels, h: Array, c: Array, u: Array, **p: Array) -> dict[str, Array]:
    """Greff et al. 2015, coupled input and forget gate: i = 1 - f."""
    candidate = _candidate(f, p, u, h)
    new = candidate + gate(f, p, "f", u, h) * (c - candidate)
    return {"h": gate(f, p, "o", u, h) * f["psi"](new), "c": new}


def lstm_1997(f: Kernels, h: Array, c: Array, u: Array, **p: Array) -> dict[str, Array]:
    """Hochreiter & Schmidhuber 1997: nothing is forgotten."""
    new = c + gate(f, p, "i", u, h) * _candidate(f, p, u, h)
    return {"h": gate(f, p, "o", u, h) * f["psi"](new), "c": new}


def _candidate(f: Kernels, p: Mapping[str, Array], u: Array, h: Array) -> Array:
    return f["tanh"](p["W_g"] @ u + p["U_g"] @ h + p["b_g"])


def qrnn(f: Kernels, h: Array, c: Array, u: Array, **p: Array) -> dict[str, Array]:
    """Bradbury et al. 2017, fo-pooling: c_t = f c_{t-1} + (1 - f) z, h_t = o c_t."""
    del h
    candidate = f["phi"](p["W_c"] @ u + p["b_c"])
    new = candidate + gate(f, p, "f", u) * (c - candidate)
    return {"h": gate(f, p, "o", u) * new, "c": new}


def lru(f: Kernels, x: Array, y: Array, u: Array, **p: Array) -> dict[str, Array]:
    """Orvieto et al. 2023: lambda = exp(-exp(nu) + i exp(theta)), real and imaginary part of the recurrence."""
    radius, angle = f["exp"](-f["exp"](p["nu"])), f["exp"](p["theta"])
    real, imaginary = radius * f["cos"](angle), radius * f["sin"](angle)
    return {
        "x": real * x - imaginary * y + p["gamma"] * (p["B_x"] @ u),
        "y": real * y + imaginary * x + p["gamma"] * (p["B_y"] @ u),
    }


def cornn(f: Kernels, y: Array, z: Array, u: Array, **p: Array) -> dict[str, Array]:
    """Rusch & Mishra 2021: hz = hz + dt (tanh(.) - gamma hy - epsilon hz), hy = hy + dt hz."""
    force = f["phi"](p["W_y"] @ y + p["W_z"] @ z + p["V"] @ u + p["b"]) - p["gamma"] * y - p["epsilon"] * z
    velocity = z + p["dt"] * force
    return {"y": y + p["dt"] * velocity, "z": velocity}


GATED: dict[str, Callable[..., Any]] = {
    step.__name__: step
    for step in (
        *(leaky_norm, scalar_gate_norm, multi_gate_norm),
        *(gru, gru_original, mgu, janet, ugrnn, indrnn, mingru, minlstm, rg_lru, ssm),
        *(lstm, lstm_peephole, lstm_coupled, lstm_1997, qrnn, lru, cornn),
    )
}
