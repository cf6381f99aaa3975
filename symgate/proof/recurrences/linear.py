"""Cells that are linear in the state, their gates from the input alone, typed a second time."""

from __future__ import annotations

from symgate.proof.recurrences.common import Array, Kernels, gate


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


def s6(f: Kernels, x_1: Array, x_2: Array, u: Array, **p: Array) -> dict[str, Array]:
    """Gu & Dao 2023, zero-order hold for each state of a channel: B_bar u = (exp(delta A) - 1)/A B u, B shared."""
    delta = f["softplus"](p["W_d"] @ u + p["b_d"])
    new = {}
    for k, x in (("1", x_1), ("2", x_2)):
        rate = -f["exp"](p[f"s_{k}"])
        kept = f["exp"](delta * rate)
        new[f"x_{k}"] = kept * x + (kept - 1) / rate * u * (p[f"w_{k}"] @ u)
    return new


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


STEPS = (mingru, minlstm, rg_lru, ssm, qrnn, lru, s6, hgrn, rwkv4)
