"""Recurrences with a matrix state, typed from the papers in their own orientation, for NumPy (complex too) and jax.

Each takes the module of arrays and the arguments by name, the states before the step, and returns the states after it
by name.  Many papers keep the transpose S = C', keys in rows: here it is turned at both ends.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Array = Any


def sigmoid(xp: Any, z: Array) -> Array:
    return 1 / (1 + xp.exp(-z))


def silu(xp: Any, z: Array) -> Array:
    return z * sigmoid(xp, z)


def unit(xp: Any, z: Array) -> Array:
    """z over its Euclidean norm."""
    return z / xp.sqrt((z * z).sum())


def fast_weights(xp: Any, C: Array, u: Array, W_k: Array, W_v: Array) -> dict[str, Array]:
    """Schlag et al. 2021, equation 4: W^(i) = W^(i-1) + v^(i) (x) phi(k^(i))."""
    return {"C": C + xp.outer(W_v @ u, xp.tanh(W_k @ u))}


def linear_attention(
    xp: Any, C: Array, u: Array, W_k: Array, W_v: Array, W_g: Array, V_g: Array, b_g: Array
) -> dict[str, Array]:
    """Yang et al. 2023, section 4.4: S_t = Diag(a_t) S_{t-1} + k_t' v_t, a_t = sigmoid(...)^(1/tau), tau = 16."""
    alpha = sigmoid(xp, W_g @ (V_g @ u) + b_g) ** (1 / 16)
    S = alpha[:, None] * C.T + xp.outer(W_k @ u, W_v @ u)
    return {"C": S.T}


def hgrn2(
    xp: Any, C: Array, u: Array, gamma: Array, W_f: Array, b_f: Array, W_v: Array, b_v: Array
) -> dict[str, Array]:
    """Qin et al. 2024: h_t = Diag(f_t) h_{t-1} + (1 - f_t) (x) i_t, f_t bounded below by gamma."""
    f = gamma + (1 - gamma) * sigmoid(xp, W_f @ u + b_f)
    h = f[:, None] * C.T + xp.outer(1 - f, silu(xp, W_v @ u + b_v))
    return {"C": h.T}


def rwkv6(xp: Any, C: Array, u: Array, W_k: Array, W_v: Array, b_d: Array, W_d: Array, V_d: Array) -> dict[str, Array]:
    """Peng et al. 2024, section 4.2: s' = diag(w_t) s + k_t' v_t, w_t = exp(-exp(lambda + B tanh(A x)))."""
    w = xp.exp(-xp.exp(b_d + W_d @ xp.tanh(V_d @ u)))
    s = w[:, None] * C.T + xp.outer(W_k @ u, W_v @ u)
    return {"C": s.T}


def mlstm(
    xp: Any,
    C: Array,
    q: Array,
    m: Array,
    u: Array,
    W_k: Array,
    b_k: Array,
    W_v: Array,
    b_v: Array,
    w_i: Array,
    b_i: Array,
    w_f: Array,
    b_f: Array,
) -> dict[str, Array]:
    """Beck et al. 2024, equations 19 to 27, with the sigmoid forget gate; m has one entry."""
    k, v = W_k @ u / len(b_k) ** 0.5 + b_k, W_v @ u + b_v
    i_tilde, log_f = w_i @ u + b_i, xp.log(sigmoid(xp, w_f @ u + b_f))
    kept = log_f + m[0]
    m_new = xp.where(xp.real(kept) > xp.real(i_tilde), kept, i_tilde)
    i, f = xp.exp(i_tilde - m_new), xp.exp(kept - m_new)
    return {"C": f * C + i * xp.outer(v, k), "q": f * q + i * k, "m": m_new * xp.ones(1)}


def delta_net(xp: Any, C: Array, u: Array, W_k: Array, W_v: Array, w_b: Array) -> dict[str, Array]:
    """Yang et al. 2024, section 2: v_old = S k, v_new = b v + (1 - b) v_old, S' = S - v_old k' + v_new k'."""
    k, v, b = unit(xp, silu(xp, W_k @ u)), silu(xp, W_v @ u), sigmoid(xp, w_b @ u)
    old = C @ k
    new = b * v + (1 - b) * old
    return {"C": C - xp.outer(old, k) + xp.outer(new, k)}


def gated_delta_net(
    xp: Any, C: Array, u: Array, W_k: Array, W_v: Array, w_b: Array, w_f: Array, b_f: Array, s: Array
) -> dict[str, Array]:
    """Yang et al. 2024, equation 10: S_t = S_{t-1} (alpha_t (I - beta_t k_t k_t')) + beta_t v_t k_t'."""
    k, v, b = unit(xp, silu(xp, W_k @ u)), silu(xp, W_v @ u), sigmoid(xp, w_b @ u)
    alpha = xp.exp(-xp.exp(s) * xp.log(1 + xp.exp(w_f @ u + b_f)))
    return {"C": C @ (alpha * (xp.eye(len(k)) - b * xp.outer(k, k))) + b * xp.outer(v, k)}


MATRIX_REFERENCE: dict[str, Callable[..., dict[str, Array]]] = {
    step.__name__: step for step in (fast_weights, linear_attention, hgrn2, rwkv6, mlstm, delta_net, gated_delta_net)
}
