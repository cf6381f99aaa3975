"""The five cells of arXiv:2508.12121, typed a second time."""

from __future__ import annotations

from symgate.proof.recurrences.common import Array, Kernels


def plain(f: Kernels, x: Array, u: Array, W_r: Array, W_i: Array, b: Array) -> Array:
    """Elman 1990: x_t = phi(W_r x_{t-1} + W_i u_t + b)."""
    return f["phi"](W_r @ x + W_i @ u + b)


def leaky(f: Kernels, x: Array, u: Array, W_r: Array, W_i: Array, b: Array, alpha: Array) -> Array:
    """Jaeger et al. 2007: x_t = (1 - alpha) x_{t-1} + alpha phi(W_r x_{t-1} + W_i u_t + b), alpha one number."""
    return (1 - alpha) * x + alpha * f["phi"](W_r @ x + W_i @ u + b)


def unit_leak(f: Kernels, x: Array, u: Array, W_r: Array, W_i: Array, b: Array, alpha: Array) -> Array:
    """The same with one alpha per unit, multiplied entry by entry."""
    return (1 - alpha) * x + alpha * f["phi"](W_r @ x + W_i @ u + b)


def scalar_gate(
    f: Kernels,
    x: Array,
    u: Array,
    W_r: Array,
    W_i: Array,
    b: Array,
    w_g: Array,
    v_g: Array,
    b_g: Array,
) -> Array:
    """arXiv:2508.12121: as multi_gate with one number g_t = sigma(w_g' x_{t-1} + v_g' u_t + b_g) for all units."""
    gate = f["sigma"](w_g @ x + v_g @ u + b_g)
    return x + gate * (f["phi"](W_r @ x + W_i @ u + b) - x)


def multi_gate(
    f: Kernels,
    x: Array,
    u: Array,
    W_r: Array,
    W_i: Array,
    b: Array,
    W_g: Array,
    V_g: Array,
    b_g: Array,
) -> Array:
    """arXiv:2508.12121: x_t = (1 - g_t) (.) x_{t-1} + g_t (.) phi(a_t), g_t = sigma(W_g x_{t-1} + V_g u_t + b_g)."""
    gate = f["sigma"](W_g @ x + V_g @ u + b_g)
    return x + gate * (f["phi"](W_r @ x + W_i @ u + b) - x)


STEPS = (plain, leaky, unit_leak, scalar_gate, multi_gate)
