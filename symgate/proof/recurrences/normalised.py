"""The cells of arXiv:2512.05790 with layer normalisation of their pre-activations, typed a second time."""

from __future__ import annotations

from symgate.proof.recurrences.common import Array, Kernels


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


STEPS = (leaky_norm, scalar_gate_norm, multi_gate_norm)
