"""Further built-in recurrences typed a second time, for any array library: see ``recurrences.py``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Array = Any
Kernels = Mapping[str, Callable[[Any], Any]]


def fastgrnn(f: Kernels, x: Array, u: Array, **p: Array) -> Array:
    """Kusupati et al. 2018: h = (zeta (1 - z) + nu) h~ + z h_{t-1}, W and U shared, zeta and nu sigmoids."""
    shared = p["W"] @ u + p["U"] @ x
    z = f["sigma"](shared + p["b_z"])
    new = f["phi"](shared + p["b_c"])
    return f["sigma"](p["zeta"]) * new + f["sigma"](p["nu"]) * new + z * (x - f["sigma"](p["zeta"]) * new)


def s6(f: Kernels, x_1: Array, x_2: Array, u: Array, **p: Array) -> dict[str, Array]:
    """Gu & Dao 2023, zero-order hold for each state of a channel: B_bar u = (exp(delta A) - 1)/A B u, B shared."""
    delta = f["softplus"](p["W_d"] @ u + p["b_d"])
    new = {}
    for k, x in (("1", x_1), ("2", x_2)):
        rate = -f["exp"](p[f"s_{k}"])
        kept = f["exp"](delta * rate)
        new[f"x_{k}"] = kept * x + (kept - 1) / rate * u * (p[f"w_{k}"] @ u)
    return new


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


MEMORY: dict[str, Callable[..., Any]] = {step.__name__: step for step in (fastgrnn, s6, sru, lem)}
