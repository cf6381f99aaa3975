"""LSTM in seven forms, a GRU for gaps and cells with two time scales, typed a second time."""

from __future__ import annotations

from collections.abc import Mapping

from symgate.proof.recurrences.common import Array, Kernels, gate, pre_activation


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


def cornn(f: Kernels, y: Array, z: Array, u: Array, **p: Array) -> dict[str, Array]:
    """Rusch & Mishra 2021: hz = hz + dt (tanh(.) - gamma hy - epsilon hz), hy = hy + dt hz."""
    force = f["phi"](p["W_y"] @ y + p["W_z"] @ z + p["V"] @ u + p["b"]) - p["gamma"] * y - p["epsilon"] * z
    velocity = z + p["dt"] * force
    return {"y": y + p["dt"] * velocity, "z": velocity}


def sru(f: Kernels, h: Array, c: Array, u: Array, **p: Array) -> dict[str, Array]:
    """Lei et al. 2018: c = f c_{t-1} + (1 - f) W x, h = r c + (1 - r) x."""
    del h
    forget, reset = (f["sigma"](p[f"W_{k}"] @ u + p[f"v_{k}"] * c + p[f"b_{k}"]) for k in "fr")
    candidate = p["W"] @ u
    new = candidate + forget * (c - candidate)
    return {"h": u + reset * (new - u), "c": new}


def lem(f: Kernels, y: Array, z: Array, u: Array, **p: Array) -> dict[str, Array]:
    """Rusch et al. 2022: z = (1 - dt_1) z + dt_1 phi(.), then y = (1 - dt_2) y + dt_2 phi(W_y z + .)."""

    def affine(name: str, state: Array) -> Array:
        return p[f"W_{name}"] @ state + p[f"V_{name}"] @ u + p[f"b_{name}"]

    first, second = (p["dt"] * f["sigma"](affine(name, y)) for name in "de")
    z = z + first * (f["phi"](affine("z", y)) - z)
    return {"y": y + second * (f["phi"](affine("y", z)) - y), "z": z}


def lstm_projected(f: Kernels, h: Array, c: Array, u: Array, **p: Array) -> dict[str, Array]:
    """torch.nn.LSTM with proj_size: h_t = W_hr (o tanh(c_t)); the gates see the short h."""
    forget, take, out = (f["sigma"](pre_activation(p, name, u, h)) for name in "fio")
    new = f["tanh"](pre_activation(p, "g", u, h)) * take + c * forget
    return {"h": p["W_p"] @ (f["psi"](new) * out), "c": new}


def lstm_zoneout(f: Kernels, h: Array, c: Array, u: Array, k_h: Array, k_c: Array, **p: Array) -> dict[str, Array]:
    """Krueger et al. 2017, equation 5: zoneout chooses between the old state and the LSTM's, unit by unit."""
    forget, take, out = (f["sigma"](pre_activation(p, name, u, h)) for name in "fio")
    cell = f["tanh"](pre_activation(p, "g", u, h)) * take + c * forget
    hidden = f["psi"](cell) * out
    return {"h": hidden + k_h * (h - hidden), "c": cell + k_c * (c - cell)}


def slstm(f: Kernels, h: Array, c: Array, q: Array, m: Array, u: Array, **p: Array) -> dict[str, Array]:
    """Beck et al. 2024: m = max(log f + m, i~), i' = exp(i~ - m), f' = exp(log f + m_{t-1} - m)."""
    kept, taken = m - f["softplus"](-pre_activation(p, "f", u, h)), pre_activation(p, "i", u, h)
    level = kept + f["relu"](taken - kept)
    take, keep = f["exp"](taken - level), f["exp"](kept - level)
    cell, norm = keep * c + take * f["tanh"](pre_activation(p, "z", u, h)), keep * q + take
    return {"h": f["sigma"](pre_activation(p, "o", u, h)) * cell / norm, "c": cell, "q": norm, "m": level}


def gru_d(
    f: Kernels, h: Array, l: Array, u: Array, k: Array, elapsed: Array, mean: Array, **p: Array
) -> dict[str, Array]:
    """Che et al. 2018: decays of the input towards its mean and of the state towards 0, then a GRU with the mask."""
    fade = f["exp"](-f["relu"](p["w_u"] * elapsed + p["c_u"]))
    seen = k * u + (1 - k) * (mean + fade * (l - mean))
    old = f["exp"](-f["relu"](p["W_d"] @ elapsed + p["c_d"])) * h
    reset, update = (f["sigma"](pre_activation(p, name, seen, old) + p[f"V_{name}"] @ k) for name in "rz")
    new = f["tanh"](pre_activation(p, "c", seen, reset * old) + p["V_c"] @ k)
    return {"h": old + update * (new - old), "l": l + k * (u - l)}


STEPS = (lstm, lstm_peephole, lstm_coupled, lstm_1997, cornn, sru, lem, lstm_projected, lstm_zoneout, slstm, gru_d)
