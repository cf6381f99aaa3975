"""Gated cells with one state; W acts on the input, U on the state."""

import numpy as np

from tests.reference.common import sigma

Array = np.ndarray


def gru(
    *,
    x: Array,
    u: Array,
    W_r: Array,
    U_r: Array,
    b_r: Array,
    W_z: Array,
    U_z: Array,
    b_z: Array,
    W_c: Array,
    U_c: Array,
    b_c: Array,
    d_c: Array,
) -> Array:
    """The equations in the documentation of torch.nn.GRU, with b_r = b_ir + b_hr, b_z = b_iz + b_hz."""
    r = sigma(W_r @ u + U_r @ x + b_r)
    z = sigma(W_z @ u + U_z @ x + b_z)
    n = np.tanh(W_c @ u + b_c + r * (U_c @ x + d_c))
    return (1 - z) * n + z * x


def gru_original(
    *,
    x: Array,
    u: Array,
    W_r: Array,
    U_r: Array,
    b_r: Array,
    W_z: Array,
    U_z: Array,
    b_z: Array,
    W_c: Array,
    U_c: Array,
    b_c: Array,
) -> Array:
    """Chung et al. 2014, section 3.2, with biases."""
    z = sigma(W_z @ u + U_z @ x + b_z)
    r = sigma(W_r @ u + U_r @ x + b_r)
    candidate = np.tanh(W_c @ u + U_c @ (r * x) + b_c)
    return (1 - z) * x + z * candidate


def mgu(*, x: Array, u: Array, W_f: Array, U_f: Array, b_f: Array, W_c: Array, U_c: Array, b_c: Array) -> Array:
    """Zhou et al. 2016, table 1."""
    f = sigma(U_f @ x + W_f @ u + b_f)
    return (1 - f) * x + f * np.tanh(U_c @ (f * x) + W_c @ u + b_c)


def janet(
    *, x: Array, u: Array, W_f: Array, U_f: Array, b_f: Array, W_c: Array, U_c: Array, b_c: Array, beta: Array
) -> Array:
    """van der Westhuizen & Lasenby 2018, equations of the beta variant."""
    s = U_f @ x + W_f @ u + b_f
    return sigma(s) * x + (1 - sigma(s - beta)) * np.tanh(U_c @ x + W_c @ u + b_c)


def ugrnn(*, x: Array, u: Array, W_g: Array, U_g: Array, b_g: Array, W_c: Array, U_c: Array, b_c: Array) -> Array:
    """Collins et al. 2017, equation 7 and following."""
    g = sigma(U_g @ x + W_g @ u + b_g)
    return g * x + (1 - g) * np.tanh(U_c @ x + W_c @ u + b_c)


def indrnn(*, x: Array, u: Array, w_r: Array, W_i: Array, b: Array) -> Array:
    """Li et al. 2018, equation 2; their phi is relu or tanh."""
    return np.tanh(W_i @ u + w_r * x + b)


def fastgrnn(*, x: Array, u: Array, W: Array, U: Array, b_z: Array, b_c: Array, zeta: Array, nu: Array) -> Array:
    """Kusupati et al. 2018, section 3.2: 0 <= zeta, nu <= 1 are sigmoids of what is trained, as in their code."""
    pre = W @ u + U @ x
    z = sigma(pre + b_z)
    return (sigma(zeta) * (1 - z) + sigma(nu)) * np.tanh(pre + b_c) + z * x
