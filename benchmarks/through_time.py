"""Work over many steps: gradients, first orders, norms of all products; each with what it cannot beat."""

from __future__ import annotations

import tracemalloc
from importlib.util import find_spec
from typing import Any

import contenders
import numpy as np
from timing import CELL, Work, interleaved, trajectory_of

from symgate import numeric
from symgate.numeric.norms import share_computed_whole

Entry = dict[str, Any]


def bptt_rows(steps: int = 80, batch: int = 64, n: int = 64) -> Entry:
    """The gradient through the whole recurrence."""
    params, u = trajectory_of(steps, batch, n)
    delta = np.zeros((batch, steps, n))
    delta[:, -1] = 1
    weights, x, rows = np.stack([params["W_r"].T, params["W_g"].T]), np.ones((batch, n)), np.ones((steps * batch, n))
    pair, columns = np.empty((2, batch, n)), np.ones((steps * batch, 2 * n))

    def products() -> None:
        for _ in range(2 * steps):
            np.matmul(x, weights, out=pair)
        columns.T @ rows

    def ours() -> dict[str, np.ndarray]:
        return numeric.loss_gradient(numeric.rollout(CELL, params, u, keep=True), delta)

    def compiled() -> dict[str, np.ndarray]:
        return numeric.loss_gradient(numeric.rollout(CELL, params, u, keep=True, target="numba"), delta)

    work: Work = {"its matrix products alone": products, "symgate": ours}
    if find_spec("numba"):
        work["symgate, target numba"] = compiled
    work |= contenders.gradient(params, u)
    expected = ours()
    for name, action in work.items():
        found = action()
        if found is not None:
            for key, value in expected.items():
                np.testing.assert_allclose(np.asarray(found[key]), value, rtol=1e-7, atol=1e-8, err_msg=f"{name} {key}")
    return {"work": f"BPTT gradient, T {steps}, batch {batch}, n {n}", "unit": "symgate", "rows": interleaved(work)}


def expansion_rows(steps: int = 100, n: int = 64) -> Entry:
    """The first-order expansion of a product of dense matrices."""
    rng = np.random.default_rng(0)
    A, B = rng.standard_normal((2, steps, n, n)) / (2 * np.sqrt(n))
    out, carried = np.empty((n, n)), np.ones((n, n))

    def products() -> None:
        for j in range(3 * steps - 2):
            np.matmul(A[j % steps], carried, out=out)

    def prefix_suffix() -> np.ndarray:
        before, after = [np.eye(n)], [np.eye(n)]
        for j in range(steps):
            before.append(A[j] @ before[-1])
            after.append(after[-1] @ A[steps - 1 - j])
        return sum(after[steps - 1 - j] @ (B[j] @ before[j]) for j in range(steps))

    ours: Work = {"symgate": lambda: numeric.expansion_orders(A, B, 1)[1]}
    others = {"prefix and suffix products": prefix_suffix, **contenders.dense_first_order(A, B)}
    for name, action in others.items():
        np.testing.assert_allclose(np.asarray(action()), ours["symgate"](), rtol=1e-8, atol=1e-10, err_msg=name)
    rows = interleaved({"3 T - 2 products": products, **ours, **others})
    return {"work": f"First order, dense, T {steps}, n {n}", "unit": "symgate", "rows": rows}


def diagonal_rows(steps: int = 100, n: int = 64) -> Entry:
    """The first-order expansion in the retention split, from coefficients and weights."""
    params, u = trajectory_of(steps, 1, n)
    found = numeric.diagonal_words(numeric.rollout(CELL, params, u[0]))
    assert found is not None
    a, words = found
    coefficients, weights = np.stack([c for c, _ in words]), np.stack([W for _, W in words])
    sides, before = np.ones((steps, 2 * n)), np.ones((steps, n))

    def dense() -> np.ndarray:
        B = np.einsum("kti,kij->tij", coefficients, weights)
        return numeric.expansion_orders(a[:, :, None] * np.eye(n), B, 1)[1]

    def scan() -> np.ndarray:
        total, prefix = np.zeros((n, n)), np.ones(n)
        for j in range(steps):
            total *= a[j][:, None]
            for c, W in words:
                total += (c[j][:, None] * W) * prefix
            prefix = prefix * a[j]
        return total

    ours: Work = {"symgate": lambda: numeric.diagonal_first_order(a, words)}
    others = {"NumPy, dense": dense, "NumPy, diagonal scan": scan}
    others |= contenders.diagonal_first_order(a, coefficients, weights)
    for name, action in others.items():
        np.testing.assert_allclose(np.asarray(action()), ours["symgate"](), rtol=1e-8, atol=1e-12, err_msg=name)
    rows = interleaved({"its matrix product alone": lambda: sides.T @ before, **ours, **others})
    return {"work": f"First order, diagonal A, T {steps}, n {n}", "unit": "symgate", "rows": rows}


def norm_rows(name: str, bias: float, scale: float = 1.0, steps: int = 80, batch: int = 12, n: int = 64) -> Entry:
    """Spectral norms of all products, against an SVD of each; what is quick and wrong is shown with its error."""
    params, u = trajectory_of(steps, batch, n)
    params["b_g"] = np.full(n, bias)
    params |= {weight: scale * params[weight] for weight in ("W_r", "W_g")}
    J = numeric.jacobians(numeric.rollout(CELL, params, u))
    work: Work = {
        "the products alone": lambda: _all_pairs(J, None),
        "symgate": lambda: numeric.sensitivities(J),
        "eigvalsh of P'P": lambda: _all_pairs(J, _by_eigenvalues),
        "batched SVD": lambda: _all_pairs(J, _by_svd),
        "five power iterations": lambda: _all_pairs(J, _by_power_iteration),
    }
    t, k = np.tril_indices(steps + 1, -1)
    true = work["batched SVD"]()[:, t, k]
    errors = {
        other: float(np.abs(action()[:, t, k] / true - 1).max())
        for other, action in work.items()
        if other not in {"batched SVD", "the products alone"}
    }
    tracemalloc.start()
    work["symgate"]()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return {
        "work": f"Norms of all products, {name}, T {steps}, batch {batch}, n {n}",
        "unit": "symgate",
        "rows": interleaved(work, 3 if batch > 1 else 7, warm=True),
        "share_computed_whole": share_computed_whole(J),
        "largest_relative_error": errors,
        "peak_mib": round(peak / 2**20, 1),
    }


def _all_pairs(J: np.ndarray, norm: Any) -> np.ndarray:
    """``norm`` of every product; none at all gives the cost of the products."""
    batch, steps, n, _ = J.shape
    found = np.full((batch, steps + 1, steps + 1), np.nan)
    for element, stack in enumerate(J):
        products, spare = np.empty((2, steps, n, n))
        for t in range(1, steps + 1):
            np.matmul(stack[t - 1], products[: t - 1], out=spare[: t - 1])
            products, spare = spare, products
            products[t - 1] = stack[t - 1]
            if norm is not None:
                found[element, t, :t] = norm(products[:t])
    return found


def _by_svd(P: np.ndarray) -> np.ndarray:
    return np.linalg.svd(P, compute_uv=False)[:, 0]


def _by_eigenvalues(P: np.ndarray) -> np.ndarray:
    return np.sqrt(np.linalg.eigvalsh(np.swapaxes(P, -1, -2) @ P)[:, -1])


def _by_power_iteration(P: np.ndarray) -> np.ndarray:
    """|P v| after five steps v <- P'P v, from a random start: what it gives looks like a norm."""
    v = np.broadcast_to(np.random.default_rng(0).standard_normal((P.shape[-1], 1)), (len(P), P.shape[-1], 1))
    for _ in range(5):
        v = np.swapaxes(P, -1, -2) @ (P @ v)
        v = v / np.linalg.norm(v, axis=-2, keepdims=True)
    return np.linalg.norm(P @ v, axis=(-2, -1))
