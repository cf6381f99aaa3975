"""Numbers behind the figures of many steps: trajectories and what the derived formulas say of them.

Everything is computed by ``symgate.numeric`` from one seed; ``symgate.plots`` draws it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray

from symgate.cells import cell as built_in
from symgate.derive import SPLITS, analogy
from symgate.derive.states import term_names
from symgate.language.sequences import LAST
from symgate.language.sequences import J as INDEX
from symgate.numeric import (
    Trajectory,
    adjoint,
    effective_learning_rates,
    expansion_orders,
    jacobians,
    loss_gradient,
    remainder_bound,
    rollout,
    sensitivities,
    split,
    transport,
)
from symgate.records import Cell
from symgate.report.samples import is_matrix, parameter, shape_of, signal, sizes_of, special, start

Array = NDArray[Any]
Series = dict[str, Array]

UNITS, INPUTS, STEPS, SEED = 16, 3, 60, 20250812


def gated_trajectory(cell: Cell, steps: int = STEPS, batch: tuple[int, ...] = (), seed: int = SEED) -> Trajectory:
    """The cell with moderate random weights on noise; its gates are slow, and differ from unit to unit.

    Recurrent matrices are normal with spectral radius about 0.5, biases of gates uniform in (-3, 0).
    """
    rng = np.random.default_rng(seed)
    params = draw_parameters(cell, rng)
    sizes = sizes_of(cell, UNITS, INPUTS)
    if len(cell.inputs) == 1 and len(cell.states) == 1:
        u = rng.normal(size=(*batch, steps, *shape_of(cell.inputs[0], sizes)))
        return rollout(cell, params, u, x0=0.5 * rng.normal(size=UNITS))
    inputs = {str(symbol.name): signal(cell, symbol, steps, sizes, rng) for symbol in cell.inputs}
    return rollout(cell, params, inputs or np.zeros((steps, 0)), x0=start(cell, sizes, rng))


def draw_parameters(cell: Cell, rng: np.random.Generator) -> Series:
    """Weights for ``gated_trajectory``."""
    sizes = sizes_of(cell, UNITS, INPUTS)
    drawn: Series = {}
    for symbol in cell.parameters:
        core = shape_of(symbol, sizes)
        if symbol.name == "b_g":
            drawn[symbol.name] = rng.uniform(-3, 0, size=core)
        elif symbol.name == "alpha" and not is_matrix(core):
            drawn[symbol.name] = rng.uniform(0.05, 0.5, size=core)
        elif special(cell, symbol):
            drawn[symbol.name] = parameter(cell, symbol, sizes, rng)
        else:
            drawn[symbol.name] = rng.normal(size=core) * (0.3 if len(core) < 2 else 0.5 / np.sqrt(core[1]))
    return drawn


def path_of(cell: Cell) -> Trajectory | None:
    """The trajectory of ``gated_trajectory``, where the cell has vector states and stays finite."""
    if cell.matrix_states:
        return None
    with np.errstate(all="ignore"):
        found = gated_trajectory(cell)
    return found if np.isfinite(found.x).all() else None


def splits_by(cell: Cell, name: str) -> bool:
    """Whether a split keeps some named terms of the Jacobian and leaves others."""
    names, kept = set(term_names(cell)), set(SPLITS[name])
    return kept <= names and kept != names


def learning_rate_profile(trajectory: Trajectory, lags: int = 40) -> tuple[Array, Series, Series, Series]:
    """What ``plots.learning_rates`` draws: lags, rates of three units, sensitivities, errors of proxies."""
    found = effective_learning_rates(trajectory, lags)
    by_lag = np.arange(1, lags + 1)
    zeroth = np.nanmedian(found.zeroth, axis=0)[1:]
    ranked = np.argsort(zeroth[9])
    chosen = {"fastest unit": ranked[0], "median unit": ranked[len(ranked) // 2], "slowest unit": ranked[-1]}
    J, (A, B) = jacobians(trajectory), split(trajectory, "retention")
    S = sensitivities(J)
    norms = {"true, $|\\mathbf{M}_{t,k}|_2$": _by_lag(S, lags)}
    for order in (0, 1):
        norms[f"to order {order}"] = _by_lag(_truncated_norms(A, B, order), lags)
    true = found.diagonal_of_product[:, 1:]
    proxies = {
        "zeroth order": found.zeroth[:, 1:],
        "to first order": found.first_order[:, 1:],
        "product of diagonals": found.product_of_diagonals[:, 1:],
    }
    with np.errstate(divide="ignore", invalid="ignore"):  # nothing arrives at some units
        errors = {name: np.nanmedian(np.abs(value / true - 1), axis=(0, 2)) for name, value in proxies.items()}
    return by_lag, {name: zeroth[:, unit] for name, unit in chosen.items()}, norms, errors


def _by_lag(pairs: Array, lags: int) -> Array:
    """The median over t of S[t, t - l] for l = 1..lags."""
    return np.array([np.median(np.diagonal(pairs, -lag)) for lag in range(1, lags + 1)])


def _truncated_norms(A: Array, B: Array, order: int) -> Array:
    """|sum_{m <= p} M^(m)_{t,k}|_2 for all pairs."""
    steps = A.shape[-3]
    norms = np.full((steps + 1, steps + 1), np.nan)
    for k in range(steps):
        orders = np.zeros((order + 1, *A.shape[-2:]))
        orders[0] = np.eye(A.shape[-1])
        for t in range(k + 1, steps + 1):
            moved = B[t - 1] @ orders[:-1]
            orders = A[t - 1] @ orders
            orders[1:] += moved
            norms[t, k] = np.linalg.norm(orders.sum(axis=0), 2)
    return norms


def expansion_errors(
    trajectory: Trajectory, keep: str = "gate", lag: int = 12, orders: int = 3
) -> tuple[Array, dict[int, Array], dict[int, Array], dict[int, float]]:
    """What ``plots.expansion_error`` draws, for M_{t,k} over the last ``lag`` steps of a trajectory."""
    A, B = (part[-lag:] for part in split(trajectory, SPLITS[keep]))
    eps = np.logspace(-2, 0, 13)
    exact = [transport(A + size * B, lag, 0) for size in eps]
    powers = expansion_orders(A, B, orders)
    errors, bounds, slopes = {}, {}, {}
    for p in range(orders + 1):
        sums = [sum(size**m * powers[m] for m in range(p + 1)) for size in eps]
        gaps = [np.linalg.norm(whole - part, 2) for whole, part in zip(exact, sums, strict=True)]
        errors[p] = np.array(gaps)
        bounds[p] = np.array([remainder_bound(A, B, p, size) for size in eps])
        slopes[p] = float(np.polyfit(np.log(eps[:5]), np.log(errors[p][:5]), 1)[0])
    return eps, errors, bounds, slopes


def scheduled(name: str, steps: int = 40, low: float = 0.1) -> tuple[Array, Array, Array, Array]:
    """A schedule realised by the gates of a trajectory of the scalar gate: what ``plots.schedule`` draws of it.

    The derived gate sequence enters the cell through an input channel that the gate alone listens to.

    Args:
        name: "step", "cosine", "warm_up" or "exponential", as in the equations of ``analogy(cell, "schedule")``.
        steps: T.
        low: the smallest weight; for "exponential" the constant gate; a step switches at T/2.

    Returns:
        g_j (T,), s_k / s_T, the gate products and the mean diagonals of M_{T,k} (T + 1,).
    """
    cell = built_in("scalar_gate")
    said = analogy(cell, "schedule")
    gates = _numbers(said.equation(f"gate_{name}").right, range(1, steps + 1), steps, low)
    schedule = said.equation(f"schedule_{name}")
    wanted = _numbers(schedule.right.xreplace({schedule.left.index: INDEX}), range(steps + 1), steps, low)
    rng = np.random.default_rng(SEED)
    params = draw_parameters(cell, rng)
    with np.errstate(divide="ignore"):
        logits = np.clip(np.log(gates) - np.log1p(-gates), -800, 800)
    u = np.column_stack([logits, rng.normal(size=(steps, INPUTS - 1))])
    params["W_i"][:, 0] = 0
    params["W_r"] *= 2
    params |= {"w_g": np.zeros(UNITS), "v_g": np.eye(INPUTS)[0], "b_g": np.zeros(())}
    trajectory = rollout(cell, params, u, x0=0.5 * rng.normal(size=UNITS))
    realised = effective_learning_rates(trajectory).zeroth[-1, ::-1, 0]
    J = jacobians(trajectory)
    true = np.array([np.trace(transport(J, steps, k)) / UNITS for k in range(steps + 1)])
    return gates, wanted / wanted[-1], realised, true


def _numbers(expr: sympy.Expr, at: range, steps: int, low: float) -> Array:
    """A schedule or a gate at each step, from its formula."""
    given = {LAST: steps}
    named = {"rho": low, "gamma": low, "c": steps // 2}
    given |= {symbol: named[symbol.name] for symbol in expr.free_symbols if symbol.name in named}
    return np.array([float(expr.subs({**given, INDEX: place})) for place in at])


def adjoint_orders(trajectory: Trajectory, delta: Array, keep: str = "retention", orders: int = 2) -> Array:
    """The adjoint by orders of the rest of the Jacobian, (p + 1, T + 1, n); they sum to it as p grows.

    lambda^(m)_k = [m = 0] delta_k + A_{k+1}' lambda^(m)_{k+1} + B_{k+1}' lambda^(m-1)_{k+1}.
    """
    A, B = split(trajectory, SPLITS[keep])
    found = np.zeros((orders + 1, *trajectory.x.shape))
    for k in range(trajectory.steps, 0, -1):
        found[0, k] += delta[k - 1]
        found[:, k - 1] = found[:, k] @ A[k - 1]
        found[1:, k - 1] += found[:-1, k] @ B[k - 1]
    return found


def heavy_ball(beta: Array, push: Array) -> Array:
    """v_s = beta_s v_{s-1} + push_s from v_{-1} = 0, (S, n)."""
    held, v = [], np.zeros(push.shape[-1])
    for damping, gradient in zip(beta, push, strict=True):
        v = damping * v + gradient
        held.append(v)
    return np.array(held)


def momentum_paths(trajectory: Trajectory, unit: int = 0) -> tuple[Array, Series, Array, Series]:
    """What ``plots.momentum`` draws, for the loss L = sum_t |x_t|^2 / 2."""
    delta = trajectory.after
    true, steps = adjoint(trajectory, delta)[1:], trajectory.steps
    kept = np.diagonal(split(trajectory, "retention")[0], axis1=-2, axis2=-1)
    beta = np.concatenate([np.zeros_like(kept[:1]), kept[:0:-1]])  # beta_0 meets an empty buffer
    ball = heavy_ball(beta, delta[::-1])[::-1]
    orders = np.cumsum(adjoint_orders(trajectory, delta)[:, 1:], axis=0)
    sizes = np.linalg.norm(true, axis=-1)
    named = {"heavy ball (zeroth order)": ball, "to first order": orders[1], "to second order": orders[2]}
    errors = {
        name: (np.linalg.norm(value - true, axis=-1) / sizes)[-2::-1] for name, value in named.items()
    }  # the last step is exact
    paths = {"true adjoint": true, "heavy ball, momentum $1 - g$": ball, "to first order": orders[1]}
    return (
        np.arange(1, steps + 1),
        {name: value[:, unit] for name, value in paths.items()},
        np.arange(1, steps),
        errors,
    )


def adam_diagonals(lags: tuple[int, int] = (4, 16), batches: int = 200) -> tuple[Series, Series, Array]:
    """What ``plots.adam`` draws: Adam's diagonal on the bias b, the gates' at two lags, the first order.

    Adam's second moments (decay 0.999, bias corrected) are those of the gradient by b of the loss |x_T|^2 / 2 over
    minibatches of 16 at fixed weights.
    """
    cell = built_in("multi_gate")
    rng = np.random.default_rng(SEED)
    params = draw_parameters(cell, rng)
    v = np.zeros(UNITS)
    for _ in range(batches):
        path = rollout(cell, params, rng.normal(size=(16, 20, INPUTS)))
        delta = np.zeros_like(path.after)
        delta[:, -1] = path.after[:, -1] / 16
        v = 0.999 * v + 0.001 * loss_gradient(path, delta, ["b"])["b"] ** 2
    ours = 1 / (np.sqrt(v / (1 - 0.999**batches)) + 1e-8)
    order = np.argsort(ours)
    wanted = (ours / ours.max())[order]
    probe = rollout(cell, params, rng.normal(size=(STEPS, INPUTS)))
    A, B = split(probe, "retention")
    diagonals = {"Adam": wanted}
    for lag in lags:
        rates = np.diagonal(transport(A, STEPS, STEPS - lag))
        diagonals[f"gates, lag {lag}"] = (rates / rates.max())[order]
    gates = {f"lag {lag}": 1 - wanted ** (1 / lag) for lag in lags}
    first = expansion_orders(A[-lags[0] :], B[-lags[0] :], 1)[1]
    return diagonals, gates, first[np.ix_(order, order)]
