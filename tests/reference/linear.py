"""Cells that are linear in the state, their gates from the input alone."""

import numpy as np

from tests.reference.common import sigma, softplus

Array = np.ndarray


def mingru(*, x: Array, u: Array, W_z: Array, b_z: Array, W_c: Array, b_c: Array) -> Array:
    """Feng et al. 2024, section 3.1."""
    z = sigma(W_z @ u + b_z)
    return (1 - z) * x + z * (W_c @ u + b_c)


def minlstm(*, x: Array, u: Array, W_f: Array, b_f: Array, W_i: Array, b_i: Array, W_c: Array, b_c: Array) -> Array:
    """Feng et al. 2024, section 3.2: the gates are normalised to add up to 1."""
    f, i = sigma(W_f @ u + b_f), sigma(W_i @ u + b_i)
    return f / (f + i) * x + i / (f + i) * (W_c @ u + b_c)


def rg_lru(*, x: Array, u: Array, s: Array, W_a: Array, b_a: Array, W_x: Array, b_x: Array) -> Array:
    """De et al. 2024, equations 1 to 4 with c = 8: a = sigma(-s) so that log a^(c r) = -c softplus(s) r."""
    r, i = sigma(W_a @ u + b_a), sigma(W_x @ u + b_x)
    a = sigma(-s) ** (8 * r)
    return a * x + np.sqrt(1 - a**2) * (i * u)


def ssm(*, x: Array, u: Array, s: Array, W_d: Array, b_d: Array, W_v: Array, W_b: Array) -> Array:
    """Gu & Dao 2023, equation 4 (zero-order hold) for a diagonal A = -exp(s) < 0."""
    A, delta = -np.exp(s), softplus(W_d @ u + b_d)
    B, v = W_b @ u, W_v @ u
    return np.exp(delta * A) * x + (delta * A) ** -1 * (np.exp(delta * A) - 1) * delta * B * v


def s6(
    *,
    x_1: Array,
    x_2: Array,
    u: Array,
    W_d: Array,
    b_d: Array,
    s_1: Array,
    w_1: Array,
    s_2: Array,
    w_2: Array,
) -> dict[str, Array]:
    """Gu & Dao 2023, algorithm 2 and equation 4: A (D, N) diagonal for each channel, B (N) shared, Delta (D)."""
    A = -np.exp(np.stack([s_1, s_2], axis=1))
    B, delta = np.array([w_1 @ u, w_2 @ u]), softplus(W_d @ u + b_d)
    dA = delta[:, None] * A
    dB = (np.exp(dA) - 1) / dA * (delta[:, None] * B)
    h = np.exp(dA) * np.stack([x_1, x_2], axis=1) + dB * u[:, None]
    return {"x_1": h[:, 0], "x_2": h[:, 1]}


def lru(
    *, x: Array, y: Array, u: Array, nu: Array, theta: Array, gamma: Array, B_x: Array, B_y: Array
) -> dict[str, Array]:
    """Orvieto et al. 2023, section 3: two real numbers for each complex one, multiplied as a 2 x 2 matrix."""
    r, angle = np.exp(-np.exp(nu)), np.exp(theta)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    real, imaginary = r * np.einsum("ijn,jn->in", turn, np.array([x, y]))
    return {"x": real + gamma * (B_x @ u), "y": imaginary + gamma * (B_y @ u)}


def qrnn(
    *,
    h: Array,
    c: Array,
    u: Array,
    W_f: Array,
    b_f: Array,
    W_o: Array,
    b_o: Array,
    W_c: Array,
    b_c: Array,
) -> dict[str, Array]:
    """Bradbury et al. 2017, equation 4."""
    f, o = sigma(W_f @ u + b_f), sigma(W_o @ u + b_o)
    new = f * c + (1 - f) * np.tanh(W_c @ u + b_c)
    return {"h": o * new + 0 * h, "c": new}


def hgrn(*, x: Array, y: Array, u: Array, gamma: Array, theta: Array, **p: Array) -> dict[str, Array]:
    """Qin et al. 2023, equations 4 to 7: f = gamma + (1 - gamma) mu, h = f e^{i theta} h + (1 - f) i, complex."""
    f = gamma + (1 - gamma) * sigma(p["W_f"] @ u + p["b_f"])
    parts = [p[f"W_{k}"] @ u + p[f"b_{k}"] for k in "xy"]
    i, j = (part / (1 + np.exp(-part)) for part in parts)
    return {
        "x": f * (np.cos(theta) * x - np.sin(theta) * y) + (1 - f) * i,
        "y": f * (np.cos(theta) * y + np.sin(theta) * x) + (1 - f) * j,
    }


def rwkv4(*, y: Array, a: Array, b: Array, p: Array, u: Array, **w: Array) -> dict[str, Array]:
    """Peng et al. 2023, equations 11 to 16 and their recurrent form; u of the paper is beta."""
    r = w["W_r"] @ (w["mu_r"] * u + (1 - w["mu_r"]) * p)
    k = w["W_k"] @ (w["mu_k"] * u + (1 - w["mu_k"]) * p)
    v = w["W_v"] @ (w["mu_v"] * u + (1 - w["mu_v"]) * p)
    now = np.exp(w["beta"] + k)
    wkv = (a + now * v) / (b + now)
    decay = np.exp(-np.exp(w["omega"]))
    return {
        "y": w["W_o"] @ (sigma(r) * wkv) + 0 * y,
        "a": decay * a + np.exp(k) * v,
        "b": decay * b + np.exp(k),
        "p": u + 0 * p,
    }
