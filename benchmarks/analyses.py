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
from scipy.sparse.linalg import LinearOperator, eigsh
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


def fixed_points() -> dict[str, Any]:
    """Fixed points under a constant input, from 64 starts, with the Jacobian at each."""
    W, u = weights(N), np.zeros(M)
    starts = np.random.default_rng(3).normal(size=(64, N))
    Wj, Wt = {k: jnp.asarray(v) for k, v in W.items()}, {k: torch.tensor(v) for k, v in W.items()}
    uj, ut = jnp.asarray(u), torch.tensor(u)

    @jax.jit
    def newton(Wj: Any, x: Any) -> Any:
        def step(x: Any, _: Any) -> Any:
            J = jax.vmap(lambda y: jax.jacfwd(jax_step, argnums=1)(Wj, y, uj))(x)
            g = jax.vmap(lambda y: jax_step(Wj, y, uj))(x) - x
            return x - jnp.linalg.solve(J - jnp.eye(N), g[..., None])[..., 0], None

        x = jax.lax.scan(step, x, None, length=30)[0]
        return x, jax.vmap(lambda y: jax.jacfwd(jax_step, argnums=1)(Wj, y, uj))(x)

    def descended() -> Any:
        x = torch.tensor(starts, requires_grad=True)
        optimiser = torch.optim.Adam([x], 0.02)
        for _ in range(200 if QUICK else 1000):
            optimiser.zero_grad()
            g = torch.sigmoid(x @ Wt["W_g"].T + Wt["b_g"])
            after = (1 - g) * x + g * torch.tanh(x @ Wt["W_r"].T + Wt["b"])
            (((after - x) ** 2).sum() / 2).backward()
            optimiser.step()
        found = x.detach()
        return found, [torch.autograd.functional.jacobian(lambda y: torch_step(Wt, y, ut), y) for y in found]

    ours = sg.numeric.fixed_points(CELL, W, u, starts)
    theirs = np.asarray(newton(Wj, jnp.asarray(starts))[0])
    speed = np.linalg.norm(np.asarray(jax.vmap(lambda y: jax_step(Wj, y, uj))(theirs)) - theirs, axis=-1)
    own = descended()[0].numpy()
    slow = np.linalg.norm(np.asarray(jax.vmap(lambda y: jax_step(Wj, y, uj))(own)) - own, axis=-1)
    reached = {
        "symgate": int(ours.hits[~ours.slow].sum()),
        "jax, 30 plain Newton steps, vmap of jacfwd": int((speed < 1e-9).sum()),
        "torch, 1000 steps of Adam, loop over functional.jacobian": int((slow < 1e-9).sum()),
    }
    rows = compared(
        {
            "symgate": lambda: sg.numeric.fixed_points(CELL, W, u, starts),
            "jax, 30 plain Newton steps, vmap of jacfwd": lambda: jax.block_until_ready(
                newton(Wj, jnp.asarray(starts))
            ),
            "torch, 1000 steps of Adam, loop over functional.jacobian": descended,
        }
    )
    return {name: row | {"starts at a fixed point": reached[name]} for name, row in rows.items()}


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

    Wt = {k: torch.tensor(v) for k, v in W.items()}

    def looped() -> Any:
        x, P, total = torch.zeros(n), torch.zeros(n, n, n), torch.zeros(n, n)
        for v, d in zip(map(torch.tensor, u), map(torch.tensor, delta), strict=True):
            J, local = torch.autograd.functional.jacobian(
                lambda y, R, v=v: torch_step({**Wt, "W_r": R}, y, v), (x, Wt["W_r"])
            )
            P = torch.einsum("ij,jab->iab", J, P) + local
            x = torch_step(Wt, x, v)
            total = total + torch.einsum("i,iab->ab", d, P)
        return total

    uj, push = jnp.asarray(u), jnp.asarray(delta)
    whole = sg.numeric.influence(path, delta, "W_r").gradients["W_r"]
    assert np.abs(whole - np.asarray(dense(Wj, uj, push))).max() < 1e-10
    assert np.abs(whole - looped().numpy()).max() < 1e-10
    return compared(
        {
            "symgate": lambda: sg.numeric.influence(path, delta, "W_r"),
            "jax, dense real-time recurrent learning": lambda: dense(Wj, uj, push).block_until_ready(),
            "torch, dense, loop over functional.jacobian": looped,
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

    Wt = {k: torch.tensor(v) for k, v in W.items()}

    def differentiated() -> Any:
        x, states, drives = torch.zeros(N), [], []
        for v in map(torch.tensor, u):
            states.append(x)
            drives.append((Wt["W_r"] @ x + Wt["W_i"] @ v + Wt["b"]).requires_grad_())
            g = torch.sigmoid(Wt["W_g"] @ x + Wt["V_g"] @ v + Wt["b_g"])
            x = (1 - g) * x + g * torch.tanh(drives[-1])
        states.append(x)
        found = torch.zeros(steps, N, N)
        for t in range(1, steps + 1):
            slopes = torch.autograd.grad(torch.tensor(delta[t - 1]) @ states[t], drives[:t], retain_graph=True)
            for k, slope in enumerate(slopes, start=1):
                found[t - k] += torch.outer(slope, states[k - 1].detach())
        return found.numpy()

    own = sg.numeric.lag_gradients(path, delta, "W_r").by_lag["W_r"]
    assert np.abs(own - formed()).max() < 1e-9
    assert np.abs(own - differentiated()).max() < 1e-9
    return compared(
        {
            "symgate": lambda: sg.numeric.lag_gradients(path, delta, "W_r"),
            "NumPy, transports formed": formed,
            "torch, autograd.grad for every step": differentiated,
        }
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


def eigenvalues() -> dict[str, Any]:
    """The five largest eigenvalues of the Hessian, by all parameters."""
    W, u = weights(N), np.random.default_rng(1).normal(size=(STEPS, M))
    path = sg.numeric.rollout(CELL, W, u, keep=True)
    uj, shapes = jnp.asarray(u), {name: value.shape for name, value in W.items()}
    size = sum(value.size for value in W.values())

    def loss(flat: Any) -> Any:
        Wj, start = {}, 0
        for name, shape in shapes.items():
            Wj[name] = flat[start : start + int(np.prod(shape))].reshape(shape)
            start += int(np.prod(shape))
        return (jax.lax.scan(lambda x, v: (jax_step(Wj, x, v),) * 2, jnp.zeros(N), uj)[1] ** 2).sum() / 2

    whole = jnp.concatenate([jnp.asarray(value).reshape(-1) for value in W.values()])
    product = jax.jit(lambda v: jax.jvp(jax.grad(loss), (whole,), (v,))[1])

    def arpack() -> Any:
        operator = LinearOperator((size, size), matvec=lambda v: np.asarray(product(jnp.asarray(v))), dtype=np.float64)
        top = eigsh(operator, 5, which="LA", tol=1e-6, return_eigenvectors=False)
        return np.sort(top)[::-1], eigsh(operator, 5, which="SA", tol=1e-6, return_eigenvectors=False)

    def mine() -> Any:
        return sg.numeric.curvature_spectrum(path, path.after, 1.0, 5)

    own = mine()
    assert np.abs(own.hessian.values - arpack()[0]).max() < 1e-4 * own.hessian.values[0]
    return compared({"symgate": mine, "jax products in ARPACK (H at both ends, no Gauss-Newton)": arpack})


def gauss_newton() -> dict[str, Any]:
    """A Gauss-Newton product through time."""
    W, u, V = weights(N), np.random.default_rng(1).normal(size=(STEPS, M)), weights(N, seed=5)
    path = sg.numeric.rollout(CELL, W, u, keep=True)
    uj = jnp.asarray(u)

    def states(Wj: Any) -> Any:
        return jax.lax.scan(lambda x, v: (jax_step(Wj, x, v),) * 2, jnp.zeros(N), uj)[1]

    @jax.jit
    def product(Wj: Any, Vj: Any) -> Any:
        moved = jax.jvp(states, (Wj,), (Vj,))[1]
        return jax.vjp(states, Wj)[1](moved)[0]

    Wj, Vj = ({k: jnp.asarray(v) for k, v in item.items()} for item in (W, V))
    own = sg.numeric.gauss_newton_product(path, V)
    assert max(np.abs(own[k] - np.asarray(v)).max() for k, v in product(Wj, Vj).items()) < 1e-8
    return compared(
        {
            "symgate": lambda: sg.numeric.gauss_newton_product(path, V),
            "jax, jit of jvp and vjp": lambda: jax.block_until_ready(product(Wj, Vj)),
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


#: The settings of the published experiment, and what each of the others changes.
SETTINGS = ("published", "white inputs", "biases", "unit radius")


def remainders() -> list[dict[str, Any]]:
    """Bound over error at T = 100, n = 64, on frozen trajectories.

    "published": weights of standard deviation 0.2 without biases, smooth inputs.  The three others change one thing of
    it each: white inputs, biases, recurrent weights of spectral radius 1.
    """
    n, steps, rows = (24, 40, []) if QUICK else (64, 100, [])
    for name in ("scalar_gate", "multi_gate"):
        for setting in SETTINGS:
            path = frozen(sg.cell(name), setting, n, steps)
            for keep in ("gate", "retention"):
                A, B = sg.numeric.split(path, keep)
                for eps in (1.0, 0.1):
                    for order in range(4):
                        error = exact(A, B, order, eps)
                        computed = float(sg.numeric.remainder_bound(A, B, order, eps, method="computed"))
                        norms = float(sg.numeric.remainder_bound(A, B, order, eps))
                        row = {
                            "cell": name,
                            "setting": setting,
                            "split": keep,
                            "eps": eps,
                            "order": order,
                            "error": error,
                        }
                        rows.append(
                            row | {"computed / error": round(computed / error, 6), "norms / error": norms / error}
                        )
    return rows


def frozen(cell: Any, setting: str, n: int, steps: int) -> Any:
    """A trajectory of a cell with weights that stay as they are drawn."""
    rng = np.random.default_rng(0)
    s = np.linspace(0, 12, steps)[:, None]
    smooth = np.sin(np.linspace(0.03, 0.09, 3) * s + rng.normal(size=3)) + 0.05 * rng.normal(size=(steps, 3))
    u, drawn = rng.normal(size=(steps, 3)) if setting == "white inputs" else smooth, {}
    for symbol in cell.parameters:
        shape = tuple(n if str(d) == "n" else 3 for d in getattr(symbol, "shape", ()) if d != 1)
        value = 0.2 * rng.normal(size=shape)
        if str(symbol.name).startswith("b") and setting != "biases":
            value = np.zeros_like(value)
        if shape == (n, n) and setting == "unit radius":
            value /= np.abs(np.linalg.eigvals(value)).max()
        drawn[str(symbol.name)] = value
    return sg.numeric.rollout(cell, drawn, u)


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


ALL = (lyapunov, fixed_points, influence, lags, curvature, gauss_newton, eigenvalues, envelope, memory, remainders)
PARTS = {part.__name__: part for part in ALL}

if __name__ == "__main__":
    target = Path(__file__).with_suffix(".json")
    results: dict[str, Any] = json.loads(target.read_text()) if target.is_file() else {}
    for name in [word for word in sys.argv[1:] if word in PARTS] or PARTS:
        results[name] = PARTS[name]()
        print(name, json.dumps(results[name], indent=1), flush=True)
        target.write_text(json.dumps(results, indent=1) + "\n")
