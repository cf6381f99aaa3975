"""LSTM in four forms, and a second-order cell."""

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
