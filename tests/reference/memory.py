"""LSTM in seven forms, a GRU for gaps, the simple recurrent unit, a second-order cell and one with two time scales."""

import numpy as np

from tests.reference.common import sigma

Array = np.ndarray


def lstm(*, h: Array, c: Array, u: Array, **p: Array) -> dict[str, Array]:
    """The equations in the documentation of torch.nn.LSTM, with one bias for the sum of the two."""
    i = sigma(p["W_i"] @ u + p["U_i"] @ h + p["b_i"])
    f = sigma(p["W_f"] @ u + p["U_f"] @ h + p["b_f"])
    g = np.tanh(p["W_g"] @ u + p["U_g"] @ h + p["b_g"])
    o = sigma(p["W_o"] @ u + p["U_o"] @ h + p["b_o"])
    new = f * c + i * g
    return {"h": o * np.tanh(new), "c": new}


def lstm_peephole(*, h: Array, c: Array, u: Array, **p: Array) -> dict[str, Array]:
    """Greff et al. 2015, section 2.A."""
    g = np.tanh(p["W_g"] @ u + p["U_g"] @ h + p["b_g"])
    i = sigma(p["W_i"] @ u + p["U_i"] @ h + p["p_i"] * c + p["b_i"])
    f = sigma(p["W_f"] @ u + p["U_f"] @ h + p["p_f"] * c + p["b_f"])
    new = g * i + c * f
    o = sigma(p["W_o"] @ u + p["U_o"] @ h + p["p_o"] * new + p["b_o"])
    return {"h": np.tanh(new) * o, "c": new}


def lstm_coupled(*, h: Array, c: Array, u: Array, **p: Array) -> dict[str, Array]:
    """Greff et al. 2015, appendix A.3, CIFG, the gate named by what it keeps."""
    f = sigma(p["W_f"] @ u + p["U_f"] @ h + p["b_f"])
    g = np.tanh(p["W_g"] @ u + p["U_g"] @ h + p["b_g"])
    o = sigma(p["W_o"] @ u + p["U_o"] @ h + p["b_o"])
    new = f * c + (1 - f) * g
    return {"h": o * np.tanh(new), "c": new}


def lstm_1997(*, h: Array, c: Array, u: Array, **p: Array) -> dict[str, Array]:
    """Hochreiter & Schmidhuber 1997: s(t) = s(t-1) + y_in g(net), y = y_out h(s)."""
    i = sigma(p["W_i"] @ u + p["U_i"] @ h + p["b_i"])
    o = sigma(p["W_o"] @ u + p["U_o"] @ h + p["b_o"])
    new = c + i * np.tanh(p["W_g"] @ u + p["U_g"] @ h + p["b_g"])
    return {"h": o * np.tanh(new), "c": new}


def cornn(
    *,
    y: Array,
    z: Array,
    u: Array,
    W_y: Array,
    W_z: Array,
    V: Array,
    b: Array,
    dt: Array,
    gamma: Array,
    epsilon: Array,
) -> dict[str, Array]:
    """Rusch & Mishra 2021, equation 3: velocity first, then the position with the new velocity."""
    z = z + dt * (np.tanh(W_y @ y + W_z @ z + V @ u + b) - gamma * y - epsilon * z)
    return {"y": y + dt * z, "z": z}


def sru(
    *, h: Array, c: Array, u: Array, W: Array, W_f: Array, v_f: Array, b_f: Array, W_r: Array, v_r: Array, b_r: Array
) -> dict[str, Array]:
    """Lei et al. 2018, equations 1 to 4; h is a read-out."""
    f = sigma(W_f @ u + v_f * c + b_f)
    new = f * c + (1 - f) * (W @ u)
    r = sigma(W_r @ u + v_r * c + b_r)
    return {"h": r * new + (1 - r) * u + 0 * h, "c": new}


def lem(*, y: Array, z: Array, u: Array, dt: Array, **p: Array) -> dict[str, Array]:
    """Rusch et al. 2022, equation 3; Delta t_n is d and its barred twin e."""
    d = dt * sigma(p["W_d"] @ y + p["V_d"] @ u + p["b_d"])
    e = dt * sigma(p["W_e"] @ y + p["V_e"] @ u + p["b_e"])
    new = (1 - d) * z + d * np.tanh(p["W_z"] @ y + p["V_z"] @ u + p["b_z"])
    return {"y": (1 - e) * y + e * np.tanh(p["W_y"] @ new + p["V_y"] @ u + p["b_y"]), "z": new}


def lstm_projected(*, h: Array, c: Array, u: Array, W_p: Array, **p: Array) -> dict[str, Array]:
    """The equations in the documentation of torch.nn.LSTM with proj_size: h_t = W_hr h_t."""
    i = sigma(p["W_i"] @ u + p["U_i"] @ h + p["b_i"])
    f = sigma(p["W_f"] @ u + p["U_f"] @ h + p["b_f"])
    g = np.tanh(p["W_g"] @ u + p["U_g"] @ h + p["b_g"])
    o = sigma(p["W_o"] @ u + p["U_o"] @ h + p["b_o"])
    new = f * c + i * g
    return {"h": W_p @ (o * np.tanh(new)), "c": new}


def lstm_zoneout(*, h: Array, c: Array, u: Array, k_h: Array, k_c: Array, **p: Array) -> dict[str, Array]:
    """Krueger et al. 2017, equation 5; d_t of the paper is k."""
    inner = lstm(h=h, c=c, u=u, **p)
    o = sigma(p["W_o"] @ u + p["U_o"] @ h + p["b_o"])
    return {"h": k_h * h + (1 - k_h) * o * np.tanh(inner["c"]), "c": k_c * c + (1 - k_c) * inner["c"]}


def slstm(*, h: Array, c: Array, q: Array, m: Array, u: Array, **p: Array) -> dict[str, Array]:
    """Beck et al. 2024, equations 8 to 17 with the sigmoid forget gate; n of the paper is q."""
    z = np.tanh(p["W_z"] @ u + p["U_z"] @ h + p["b_z"])
    i = p["W_i"] @ u + p["U_i"] @ h + p["b_i"]
    f = sigma(p["W_f"] @ u + p["U_f"] @ h + p["b_f"])
    o = sigma(p["W_o"] @ u + p["U_o"] @ h + p["b_o"])
    left = np.log(f) + m
    top = np.where(np.real(left) > np.real(i), left, i)
    take, keep = np.exp(i - top), np.exp(np.log(f) + m - top)
    new, norm = keep * c + take * z, keep * q + take
    return {"h": o * (new / norm), "c": new, "q": norm, "m": top}


def gru_d(*, h: Array, l: Array, u: Array, k: Array, elapsed: Array, mean: Array, **p: Array) -> dict[str, Array]:
    """Che et al. 2018, equations 10 to 15; m of the paper is k, x' is l."""
    decay_x = np.exp(-np.where(np.real(p["w_u"] * elapsed + p["c_u"]) > 0, p["w_u"] * elapsed + p["c_u"], 0))
    inner = p["W_d"] @ elapsed + p["c_d"]
    old = np.exp(-np.where(np.real(inner) > 0, inner, 0)) * h
    x = k * u + (1 - k) * (decay_x * l + (1 - decay_x) * mean)
    r = sigma(p["W_r"] @ x + p["U_r"] @ old + p["V_r"] @ k + p["b_r"])
    z = sigma(p["W_z"] @ x + p["U_z"] @ old + p["V_z"] @ k + p["b_z"])
    new = np.tanh(p["W_c"] @ x + p["U_c"] @ (r * old) + p["V_c"] @ k + p["b_c"])
    return {"h": (1 - z) * old + z * new, "l": k * u + (1 - k) * l}
