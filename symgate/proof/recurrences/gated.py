"""Gated cells with one state, typed a second time; W acts on the input, U on the state."""

from __future__ import annotations

from symgate.proof.recurrences.common import Array, Kernels, gate


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


def fastgrnn(f: Kernels, x: Array, u: Array, **p: Array) -> Array:
    """Kusupati et al. 2018: h = (zeta (1 - z) + nu) h~ + z h_{t-1}, W and U shared, zeta and nu sigmoids."""
    shared = p["W"] @ u + p["U"] @ x
    z = f["sigma"](shared + p["b_z"])
    new = f["phi"](shared + p["b_c"])
    return f["sigma"](p["zeta"]) * new + f["sigma"](p["nu"]) * new + z * (x - f["sigma"](p["zeta"]) * new)


STEPS = (gru, gru_original, mgu, janet, ugrnn, indrnn, fastgrnn)
