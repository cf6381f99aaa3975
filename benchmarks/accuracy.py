"""Measure the largest relative error of every export against mpmath, over random and extreme arguments.

python benchmarks/accuracy.py         # writes benchmarks/accuracy.json
"""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import mpmath
import numpy as np

import symgate as sg

HERE = Path(__file__).resolve().parent
mp = mpmath.mp.clone()
mp.dps = 50

#: Sizes of a pre-activation; each is taken with both signs, and every pair of the two is tried.
REGIONS = {
    "random, |z| < 5": list(np.random.default_rng(0).uniform(0, 5, 12)),
    "saturation, 10 .. 40": list(np.linspace(10, 40, 12)),
    "brink of underflow, 80 .. 750": [80.0, 86.0, 88.0, 100.0, 300.0, 372.0, 500.0, 700.0, 708.0, 720.0, 740.0, 750.0],
    "denormal": [1e-310, 5e-324, 1e-40, 1e-45],
    "1e30, 1e300": [1e30, 3e38, 1e300],
}


def exports() -> dict[str, tuple[str, Callable[[np.ndarray], Any]]]:
    """Each export that can run here: its target, and how arrays of its library are made."""
    found: dict[str, tuple[str, Callable[[np.ndarray], Any]]] = {"numpy": ("numpy", np.asarray)}
    found["array_api, numpy"] = ("array_api", np.asarray)
    if find_spec("torch") and find_spec("array_api_compat"):
        import torch

        found["array_api, torch"] = ("array_api", torch.asarray)
    if find_spec("jax"):
        import jax

        jax.config.update("jax_enable_x64", True)  # noqa: FBT003 - JAX's signature
        found["array_api, jax"] = ("array_api", jax.numpy.asarray)
    if find_spec("numba"):
        found["numba"] = ("numba", np.asarray)
    return found


def sigma(z: Any) -> Any:
    """1 / (1 + exp(-z))."""
    return 1 / (1 + mp.exp(-z)) if abs(z) < 1e5 else mp.mpf(z > 0)


def true_terms(a: float, gate: float) -> dict[str, Any]:
    """The terms of one unit with weights 1 and state 0."""
    z, y = mp.mpf(a), mp.mpf(gate)
    far = abs(z) >= 1e5
    slope, value = (mp.mpf(0), mp.sign(z)) if far else (mp.sech(z) ** 2, mp.tanh(z))
    return {"retention": sigma(-y), "drive": sigma(y) * slope, "gate": sigma(y) * sigma(-y) * value}


def worst(
    target: str, dtype: type, sizes: list[float], as_array: Callable[[np.ndarray], Any] = np.asarray
) -> dict[str, float]:
    """The largest error of each term in units of the last place; below the smallest normal number, of that number."""
    with np.errstate(over="ignore"):
        grid = np.array([sign * size for size in sizes for sign in (1, -1)]).astype(dtype)
    grid = grid[np.isfinite(grid)]
    a, gate = (part.ravel()[:, None] for part in np.meshgrid(grid, grid))
    zero, one = np.zeros((1, 1), dtype), np.ones((1, 1), dtype)
    given = {"x": np.zeros((1,), dtype), "u": np.zeros((1,), dtype), "W_r": one, "W_i": zero, "b": a, "W_g": one}
    given = {name: as_array(value) for name, value in {**given, "V_g": zero, "b_g": gate}.items()}
    computed = sg.lambdify(sg.jacobian(sg.cell("multi_gate", phi="tanh")), target).terms(**given)
    found = {name: np.asarray(value) for name, value in computed.items()}
    assert {value.dtype for value in found.values()} == {np.dtype(dtype)}
    eps, tiny = float(np.finfo(dtype).eps), float(np.finfo(dtype).tiny)
    errors = dict.fromkeys(found, 0.0)
    for place, (z, y) in enumerate(zip(a[:, 0].tolist(), gate[:, 0].tolist(), strict=True)):
        for name, true in true_terms(z, y).items():
            error = abs(mp.mpf(float(found[name][place, 0, 0])) - true) / max(abs(true), tiny)
            errors[name] = max(errors[name], float(error) / eps)
    return {name: round(error, 2) for name, error in errors.items()}


def main() -> None:
    """Every export, float32 and float64, every region."""
    rows = [
        {"target": name, "dtype": np.dtype(dtype).name, "region": region, **worst(target, dtype, sizes, as_array)}
        for name, (target, as_array) in exports().items()
        for dtype in (np.float64, np.float32)
        for region, sizes in REGIONS.items()
    ]
    for row in rows:
        print(*row.values(), sep="  ")
    (HERE / "accuracy.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
