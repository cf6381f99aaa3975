"""What the generated functions are measured against: the same quantities as people write them, where installed."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np

Work = dict[str, Callable[[], Any]]


def jacobian(given: dict[str, np.ndarray]) -> Work:
    """Textbook NumPy, and what torch and JAX do."""

    def textbook() -> np.ndarray:
        a = given["x"] @ given["W_r"].T + given["u"] @ given["W_i"].T + given["b"]
        g = 1 / (1 + np.exp(-(given["x"] @ given["W_g"].T + given["u"] @ given["V_g"].T + given["b_g"])))
        h, eye = np.tanh(a), np.eye(given["x"].shape[-1])
        drive, gate = g * (1 - h**2), (h - given["x"]) * g * (1 - g)
        return (1 - g)[:, :, None] * eye + drive[:, :, None] * given["W_r"] + gate[:, :, None] * given["W_g"]

    others = (_jax_jacobian, _torch_jacobian, _numba_jacobian, _casadi_jacobian)
    return {"textbook broadcasting": textbook, **{k: v for other in others for k, v in other(given).items()}}


def _jax_jacobian(given: dict[str, np.ndarray]) -> Work:
    if not find_spec("jax"):
        return {}
    import jax

    jax.config.update("jax_enable_x64", True)  # noqa: FBT003 - JAX's signature
    jnp = jax.numpy
    fixed = {name: jnp.asarray(value) for name, value in given.items()}

    def step(x: Any, u: Any, p: dict[str, Any]) -> Any:
        g = jax.nn.sigmoid(p["W_g"] @ x + p["V_g"] @ u + p["b_g"])
        return (1 - g) * x + g * jnp.tanh(p["W_r"] @ x + p["W_i"] @ u + p["b"])

    def formula(x: Any, u: Any, p: dict[str, Any]) -> Any:
        h = jnp.tanh(x @ p["W_r"].T + u @ p["W_i"].T + p["b"])
        g = jax.nn.sigmoid(x @ p["W_g"].T + u @ p["V_g"].T + p["b_g"])
        drive, gate = g * (1 - h**2), (h - x) * g * (1 - g)
        first = (1 - g)[:, :, None] * jnp.eye(x.shape[-1])
        return first + drive[:, :, None] * p["W_r"] + gate[:, :, None] * p["W_g"]

    forward = jax.jit(jax.vmap(jax.jacfwd(step), (0, 0, None)))
    written = jax.jit(formula)
    x, u = fixed["x"], fixed["u"]
    return {
        "jax jit(vmap(jacfwd))": lambda: jax.block_until_ready(forward(x, u, fixed)),
        "jax jit of the formula": lambda: jax.block_until_ready(written(x, u, fixed)),
    }


def _torch_jacobian(given: dict[str, np.ndarray]) -> Work:
    if not find_spec("torch"):
        return {}
    import torch

    torch.set_num_threads(1)
    p = {name: torch.tensor(value) for name, value in given.items()}

    def step(x: Any, u: Any) -> Any:
        g = torch.sigmoid(p["W_g"] @ x + p["V_g"] @ u + p["b_g"])
        return (1 - g) * x + g * torch.tanh(p["W_r"] @ x + p["W_i"] @ u + p["b"])

    backward = torch.func.vmap(torch.func.jacrev(step))
    return {"torch vmap(jacrev)": lambda: backward(p["x"], p["u"])}


def _numba_jacobian(given: dict[str, np.ndarray]) -> Work:
    """The loop that a patient programmer writes."""
    if not find_spec("numba"):
        return {}
    from numba import njit

    @njit
    def loop(x: Any, u: Any, W_r: Any, W_i: Any, b: Any, W_g: Any, V_g: Any, b_g: Any) -> Any:
        batch, n = x.shape
        result = np.empty((batch, n, n))
        for p in range(batch):
            for i in range(n):
                a, c = b[i], b_g[i]
                for j in range(n):
                    a += W_r[i, j] * x[p, j]
                    c += W_g[i, j] * x[p, j]
                for j in range(u.shape[1]):
                    a += W_i[i, j] * u[p, j]
                    c += V_g[i, j] * u[p, j]
                h, g = np.tanh(a), 1 / (1 + np.exp(-c))
                drive, gate = g * (1 - h * h), (h - x[p, i]) * g * (1 - g)
                for j in range(n):
                    result[p, i, j] = drive * W_r[i, j] + gate * W_g[i, j]
                result[p, i, i] += 1 - g
        return result

    return {"numba, loop by hand": lambda: loop(**given)}


def _casadi_jacobian(given: dict[str, np.ndarray]) -> Work:
    """Symbolic entries, mapped over the batch; building them for more than 128 units takes minutes."""
    batch, n = given["x"].shape
    if not find_spec("casadi") or n > 128:
        return {}
    import casadi

    shapes = {name: value.shape if name not in {"x", "u"} else value.shape[1:] for name, value in given.items()}
    p = {name: casadi.SX.sym(name, *shape) for name, shape in shapes.items()}
    g = 1 / (1 + casadi.exp(-(p["W_g"] @ p["x"] + p["V_g"] @ p["u"] + p["b_g"])))
    after = (1 - g) * p["x"] + g * casadi.tanh(p["W_r"] @ p["x"] + p["W_i"] @ p["u"] + p["b"])
    moving = ["x", "u"]
    fixed = [name for name in p if name not in moving]
    one = casadi.Function("J", [p[name] for name in [*moving, *fixed]], [casadi.jacobian(after, p["x"])])
    every = one.map("J_batch", "serial", batch, list(range(2, len(p))), [])
    weights = [casadi.DM(given[name]) for name in fixed]

    def run() -> np.ndarray:
        found = every(given["x"].T, given["u"].T, *weights).full()
        return found.reshape(n, batch, n).transpose(1, 0, 2)

    return {"casadi, SX jacobian": run}


def gradient(params: dict[str, np.ndarray], u: np.ndarray) -> Work:
    """Autograd through the recurrence, for the loss sum(x_T)."""
    return {**_torch_gradient(params, u), **_jax_gradient(params, u)}


def _torch_gradient(params: dict[str, np.ndarray], u: np.ndarray) -> Work:
    if not find_spec("torch"):
        return {}
    import torch

    torch.set_num_threads(1)
    p = {name: torch.tensor(value, requires_grad=True) for name, value in params.items()}
    inputs = torch.tensor(u)

    def run() -> dict[str, Any]:
        x = torch.zeros(u.shape[0], len(params["b"]), dtype=torch.float64)
        drive, gate = inputs @ p["W_i"].T + p["b"], inputs @ p["V_g"].T + p["b_g"]
        for t in range(u.shape[1]):
            g = torch.sigmoid(x @ p["W_g"].T + gate[:, t])
            x = (1 - g) * x + g * torch.tanh(x @ p["W_r"].T + drive[:, t])
        return dict(zip(p, torch.autograd.grad(x.sum(), list(p.values())), strict=True))

    return {"torch autograd, eager": run}


def _jax_gradient(params: dict[str, np.ndarray], u: np.ndarray) -> Work:
    if not find_spec("jax"):
        return {}
    import jax

    jax.config.update("jax_enable_x64", True)  # noqa: FBT003 - JAX's signature
    jnp = jax.numpy

    def loss(p: dict[str, Any], inputs: Any) -> Any:
        drive, gate = inputs @ p["W_i"].T + p["b"], inputs @ p["V_g"].T + p["b_g"]

        def step(x: Any, now: Any) -> Any:
            g = jax.nn.sigmoid(x @ p["W_g"].T + now[1])
            return (1 - g) * x + g * jnp.tanh(x @ p["W_r"].T + now[0]), None

        start = jnp.zeros((u.shape[0], len(params["b"])))
        return jax.lax.scan(step, start, (drive.swapaxes(0, 1), gate.swapaxes(0, 1)))[0].sum()

    slope = jax.jit(jax.grad(loss))
    fixed, inputs = {name: jnp.asarray(value) for name, value in params.items()}, jnp.asarray(u)
    return {"jax jit(grad), scan": lambda: jax.block_until_ready(slope(fixed, inputs))}


def dense_first_order(A: np.ndarray, B: np.ndarray) -> Work:
    """The recursion over dense factors, as JAX compiles it."""
    if not find_spec("jax"):
        return {}
    import jax

    jax.config.update("jax_enable_x64", True)  # noqa: FBT003 - JAX's signature
    jnp = jax.numpy

    def scan(A: Any, B: Any) -> Any:
        def step(carry: Any, now: Any) -> Any:
            a, b = now
            return (a @ carry[0], a @ carry[1] + b @ carry[0]), None

        start = jnp.eye(A.shape[-1]), jnp.zeros(A.shape[1:])
        return jax.lax.scan(step, start, (A, B))[0][1]

    compiled, first, second = jax.jit(scan), jnp.asarray(A), jnp.asarray(B)
    return {"jax jit, scan": lambda: jax.block_until_ready(compiled(first, second))}


def diagonal_first_order(a: np.ndarray, coefficients: np.ndarray, weights: np.ndarray) -> Work:
    """Retention split: a scan over diagonals and a derivative of the dense product in JAX, a fused loop in numba."""
    return {**_jax_diagonal(a, coefficients, weights), **_numba_diagonal(a, coefficients, weights)}


def _jax_diagonal(a: np.ndarray, coefficients: np.ndarray, weights: np.ndarray) -> Work:
    if not find_spec("jax"):
        return {}
    import jax

    jax.config.update("jax_enable_x64", True)  # noqa: FBT003 - JAX's signature
    jnp = jax.numpy

    def scan(a: Any, c: Any, W: Any) -> Any:
        def step(carry: Any, now: Any) -> Any:
            total, prefix = carry
            B = jnp.einsum("ki,kij->ij", now[1], W)
            return (now[0][:, None] * total + B * prefix, now[0] * prefix), None

        start = jnp.zeros(W.shape[1:]), jnp.ones(W.shape[-1])
        return jax.lax.scan(step, start, (a, c.swapaxes(0, 1)))[0][0]

    def dense(a: Any, c: Any, W: Any) -> Any:
        A, B = a[:, :, None] * jnp.eye(a.shape[-1]), jnp.einsum("kti,kij->tij", c, W)

        def product(eps: Any) -> Any:
            return jax.lax.scan(lambda M, now: ((now[0] + eps * now[1]) @ M, None), jnp.eye(a.shape[-1]), (A, B))[0]

        return jax.jvp(product, (0.0,), (1.0,))[1]

    given = tuple(jnp.asarray(value) for value in (a, coefficients, weights))
    scanned, derived = jax.jit(scan), jax.jit(dense)
    return {
        "jax jit, diagonal scan": lambda: jax.block_until_ready(scanned(*given)),
        "jax jit, dense jvp": lambda: jax.block_until_ready(derived(*given)),
    }


def _numba_diagonal(a: np.ndarray, coefficients: np.ndarray, weights: np.ndarray) -> Work:
    if not find_spec("numba"):
        return {}
    import numba

    @numba.njit
    def loop(a: np.ndarray, c: np.ndarray, W: np.ndarray) -> np.ndarray:
        steps, n = a.shape
        total, prefix = np.zeros((n, n)), np.ones(n)
        for t in range(steps):
            for i in range(n):
                for j in range(n):
                    word = 0.0
                    for k in range(len(W)):
                        word += c[k, t, i] * W[k, i, j]
                    total[i, j] = a[t, i] * total[i, j] + word * prefix[j]
            for j in range(n):
                prefix[j] *= a[t, j]
        return total

    return {"numba, fused loop": lambda: loop(a, coefficients, weights)}
