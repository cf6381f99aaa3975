"""Each analysis against what people use for it now, in one process, on the same work; memory and remainders.

    python benchmarks/analyses.py [--quick] [PART ..]

Writes ``analyses.json`` beside this file.  Times are process CPU times on one thread; a ratio above 1 says that
symgate needs less.
"""

from __future__ import annotations

import json
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import torch
from timing import interleaved  # sets the number of threads before NumPy

import symgate as sg

jax.config.update("jax_enable_x64", val=True)
torch.set_default_dtype(torch.float64)

QUICK = "--quick" in sys.argv
CELL = sg.cell("multi_gate")
N, M, STEPS = (32, 4, 60) if QUICK else (64, 4, 200)
REPEATS = 5


def weights(n: int, scale: float = 1.0, seed: int = 0) -> dict[str, np.ndarray]:
    """Weights of the multi gate."""
    rng = np.random.default_rng(seed)
    shapes = {"W_r": (n, n), "W_i": (n, M), "b": (n,), "W_g": (n, n), "V_g": (n, M), "b_g": (n,)}
    return {name: scale * rng.normal(size=shape) / np.sqrt(n) for name, shape in shapes.items()}


def jax_step(W: Any, x: Any, u: Any) -> Any:
    """The multi gate in jax."""
    g = jax.nn.sigmoid(W["W_g"] @ x + W["V_g"] @ u + W["b_g"])
    return (1 - g) * x + g * jnp.tanh(W["W_r"] @ x + W["W_i"] @ u + W["b"])


def torch_step(W: Any, x: Any, u: Any) -> Any:
    """The multi gate in torch."""
    g = torch.sigmoid(W["W_g"] @ x + W["V_g"] @ u + W["b_g"])
    return (1 - g) * x + g * torch.tanh(W["W_r"] @ x + W["W_i"] @ u + W["b"])


def lyapunov() -> dict[str, Any]:
    """All exponents."""
    W, u = weights(N, 2.0), np.random.default_rng(1).normal(size=(STEPS, M))
    path = sg.numeric.rollout(CELL, W, u)
    start = np.linalg.qr(np.random.default_rng(0).normal(size=(N, N)))[0]
    Wj, Wt, uj = {k: jnp.asarray(v) for k, v in W.items()}, {k: torch.tensor(v) for k, v in W.items()}, jnp.asarray(u)
    states = jnp.asarray(path.before)

    @jax.jit
    def scanned(Wj: Any, states: Any, uj: Any) -> Any:
        J = jax.vmap(lambda x, v: jax.jacfwd(jax_step, argnums=1)(Wj, x, v))(states, uj)

        def body(Q: Any, matrix: Any) -> Any:
            Q, R = jnp.linalg.qr(matrix @ Q)
            return Q, jnp.log(jnp.abs(jnp.diag(R)))

        return jax.lax.scan(body, jnp.asarray(start), J)[1].mean(axis=0)

    def looped() -> Any:
        Q, total = torch.tensor(start), 0
        for x, v in zip(path.before, map(torch.tensor, u), strict=True):
            J = torch.autograd.functional.jacobian(lambda y, v=v: torch_step(Wt, y, v), torch.tensor(x))
            Q, R = torch.linalg.qr(J @ Q)
            total = total + torch.log(torch.abs(torch.diag(R)))
        return total / STEPS

    ours, theirs = sg.numeric.lyapunov(path), np.sort(np.asarray(scanned(Wj, states, uj)))[::-1]
    assert abs(ours.exponents.sum() - theirs.sum()) < 1e-9
    return compared(
        {
            "symgate": lambda: sg.numeric.lyapunov(path),
            "jax, vmap of jacfwd, scan over qr": lambda: scanned(Wj, states, uj).block_until_ready(),
            "torch, loop over functional.jacobian": looped,
        }
    )


def influence() -> dict[str, Any]:
    """Real-time recurrent learning of one matrix, and its truncation."""
    n, steps = (16, 10) if QUICK else (48, 20)
    W, u = weights(n), np.random.default_rng(1).normal(size=(steps, M))
    path = sg.numeric.rollout(CELL, W, u, keep=True)
    delta = np.random.default_rng(2).normal(size=(steps, n))
    Wj = {k: jnp.asarray(v) for k, v in W.items()}

    @jax.jit
    def dense(Wj: Any, uj: Any, push: Any) -> Any:
        def body(carry: Any, item: Any) -> Any:
            x, P, total = carry
            v, d = item
            J = jax.jacfwd(jax_step, argnums=1)(Wj, x, v)
            local = jax.jacrev(lambda R: jax_step({**Wj, "W_r": R}, x, v))(Wj["W_r"])
            P = jnp.einsum("ij,jab->iab", J, P) + local
            return (jax_step(Wj, x, v), P, total + jnp.einsum("i,iab->ab", d, P)), None

        zero = (jnp.zeros(n), jnp.zeros((n, n, n)), jnp.zeros((n, n)))
        return jax.lax.scan(body, zero, (uj, push))[0][2]

    uj, push = jnp.asarray(u), jnp.asarray(delta)
    whole = sg.numeric.influence(path, delta, "W_r").gradients["W_r"]
    assert np.abs(whole - np.asarray(dense(Wj, uj, push))).max() < 1e-10
    return compared(
        {
            "symgate": lambda: sg.numeric.influence(path, delta, "W_r"),
            "jax, dense real-time recurrent learning": lambda: dense(Wj, uj, push).block_until_ready(),
            "symgate, eligibility trace": lambda: sg.numeric.influence(path, delta, "W_r", keep="retention"),
            "symgate, backpropagation": lambda: sg.numeric.loss_gradient(path, delta, "W_r"),
        }
    )


def lags() -> dict[str, Any]:
    """The gradient by a matrix, lag by lag."""
    steps = 30 if QUICK else 100
    W, u = weights(N), np.random.default_rng(1).normal(size=(steps, M))
    path = sg.numeric.rollout(CELL, W, u, keep=True)
    delta = np.random.default_rng(2).normal(size=(steps, N))

    def formed() -> Any:
        J = sg.numeric.jacobians(path)
        slopes = np.diagonal(sg.numeric.lambdify(sg.jacobian(CELL, "b"))(**path.arguments), axis1=-2, axis2=-1)
        found = np.zeros((steps, N, N))
        for t in range(1, steps + 1):
            product = np.eye(N)
            for k in range(t, 0, -1):
                found[t - k] += np.outer(slopes[k - 1] * (product.T @ delta[t - 1]), path.before[k - 1])
                product = product @ J[k - 1]
        return found

    own = sg.numeric.lag_gradients(path, delta, "W_r").by_lag["W_r"]
    assert np.abs(own - formed()).max() < 1e-9
    return compared(
        {"symgate": lambda: sg.numeric.lag_gradients(path, delta, "W_r"), "NumPy, transports formed": formed}
    )


def curvature() -> dict[str, Any]:
    """A Hessian-vector product through time."""
    W, u = weights(N), np.random.default_rng(1).normal(size=(STEPS, M))
    V = weights(N, seed=5)
    path = sg.numeric.rollout(CELL, W, u, keep=True)
    uj = jnp.asarray(u)

    def loss(Wj: Any) -> Any:
        return (jax.lax.scan(lambda x, v: (jax_step(Wj, x, v),) * 2, jnp.zeros(N), uj)[1] ** 2).sum() / 2

    product = jax.jit(lambda Wj, Vj: jax.jvp(jax.grad(loss), (Wj,), (Vj,))[1])
    Wj, Vj = ({k: jnp.asarray(v) for k, v in item.items()} for item in (W, V))
    own = sg.numeric.hessian_product(path, path.after, V, 1.0)
    assert max(np.abs(own[k] - np.asarray(v)).max() for k, v in product(Wj, Vj).items()) < 1e-8
    return compared(
        {
            "symgate": lambda: sg.numeric.hessian_product(path, path.after, V, 1.0),
            "jax, jit of jvp of grad": lambda: jax.block_until_ready(product(Wj, Vj)),
        }
    )


def envelope() -> dict[str, Any]:
    """f(l) of T = n = 128."""
    n = 32 if QUICK else 128
    path = sg.numeric.rollout(CELL, weights(n), np.random.default_rng(1).normal(size=(n, M)))

    def tables() -> Any:
        rates = sg.numeric.effective_learning_rates(path)
        return rates.first_order, rates.diagonal_of_product

    work = {"symgate": lambda: sg.numeric.effective_learning_rates(path).envelope, "every table, as before": tables}
    return compared(work)


def compared(work: dict[str, Any]) -> dict[str, Any]:
    """Medians in milliseconds, and how many times longer each takes than symgate."""
    for action in work.values():
        action()
    rows = interleaved(work, REPEATS, warm=True)
    base = rows["symgate"]["ms"]
    return {name: {"ms": round(row["ms"], 2), "ratio": round(row["ms"] / base, 2)} for name, row in rows.items()}


def memory() -> dict[str, Any]:
    """Peak memory of exact influence by one matrix, in MiB: a dense local term and a second copy, and in place."""
    n = 64 if QUICK else 256
    W, u = weights(n), np.random.default_rng(1).normal(size=(2, M))
    path = sg.numeric.rollout(CELL, W, u)
    delta = np.ones((2, n))
    J = sg.numeric.jacobians(path)
    slopes = sg.numeric.lambdify(sg.jacobian(CELL, "b"))(**path.arguments)

    def dense() -> Any:
        P = np.zeros((n, n * n))
        for t in range(2):
            local = np.kron(path.before[t][None], slopes[t])
            P = J[t] @ P + local
        return P

    found = {"influence alone": n**3 * 8 / 2**20}
    for name, action in (
        ("dense", dense),
        ("symgate, exact", lambda: sg.numeric.influence(path, delta, "W_r")),
        ("symgate, eligibility trace", lambda: sg.numeric.influence(path, delta, "W_r", keep="retention")),
    ):
        tracemalloc.start()
        action()
        found[name] = tracemalloc.get_traced_memory()[1] / 2**20
        tracemalloc.stop()
    return {name: round(value, 1) for name, value in found.items()} | {"n": n}


def remainders() -> list[dict[str, Any]]:
    """Bound over error at T = 100, n = 64, weights of standard deviation 0.2, smooth inputs."""
    n, steps, rows = (24, 40, []) if QUICK else (64, 100, [])
    rng = np.random.default_rng(0)
    s = np.linspace(0, 12, steps)[:, None]
    u = np.sin(np.linspace(0.03, 0.09, 3) * s + rng.normal(size=3)) + 0.05 * rng.normal(size=(steps, 3))
    for name in ("scalar_gate", "multi_gate"):
        cell, drawn = sg.cell(name), {}
        for symbol in cell.parameters:
            shape = tuple(n if str(d) == "n" else 3 for d in getattr(symbol, "shape", ()) if d != 1)
            drawn[str(symbol.name)] = 0.2 * rng.normal(size=shape) * (not str(symbol.name).startswith("b"))
        path = sg.numeric.rollout(cell, drawn, u)
        for keep in ("gate", "retention"):
            A, B = sg.numeric.split(path, keep)
            for eps in (1.0, 0.1):
                for order in range(4):
                    error = exact(A, B, order, eps)
                    computed = float(sg.numeric.remainder_bound(A, B, order, eps, method="computed"))
                    norms = float(sg.numeric.remainder_bound(A, B, order, eps))
                    row = {"cell": name, "split": keep, "eps": eps, "order": order, "error": error}
                    rows.append(row | {"computed / error": round(computed / error, 6), "norms / error": norms / error})
    return rows


def exact(A: np.ndarray, B: np.ndarray, order: int, eps: float) -> float:
    """The error in long doubles, by the recursion of the remainder."""
    n = A.shape[-1]
    a, b, e = A.astype(np.longdouble), B.astype(np.longdouble), np.longdouble(eps)
    orders, E = (
        [np.eye(n, dtype=np.longdouble)] + [np.zeros((n, n), np.longdouble)] * order,
        np.zeros((n, n), np.longdouble),
    )
    for j in range(len(A)):
        E = (a[j] + e * b[j]) @ E + e ** (order + 1) * (b[j] @ orders[order])
        orders = [a[j] @ M_ + (b[j] @ orders[m - 1] if m else 0) for m, M_ in enumerate(orders)]
    return float(np.linalg.norm(E.astype(float), 2))


PARTS = {part.__name__: part for part in (lyapunov, influence, lags, curvature, envelope, memory, remainders)}

if __name__ == "__main__":
    target = Path(__file__).with_suffix(".json")
    results: dict[str, Any] = json.loads(target.read_text()) if target.is_file() else {}
    for name in [word for word in sys.argv[1:] if word in PARTS] or PARTS:
        results[name] = PARTS[name]()
        print(name, json.dumps(results[name], indent=1), flush=True)
        target.write_text(json.dumps(results, indent=1) + "\n")
