"""What each analysis of a trained cell prints, and the arrays and the figure that it leaves."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from typing import Any

import numpy as np

from symgate import numeric, plots
from symgate.cli import console
from symgate.cli.curvature import curvature
from symgate.cli.shown import Array, Shown, Told, tell_lost
from symgate.errors import ShapeError, UnknownNameError
from symgate.numeric.lags import frobenius
from symgate.numeric.pieces import cut, finite_part, finite_steps

#: The sizes of the perturbation that ``remainder`` takes.
EPS = (1.0, 0.1)


def _lyapunov(path: numeric.Trajectory, options: Namespace, told: Told) -> Shown:
    transient = path.steps // 10 if options.transient is None else options.transient
    found = numeric.lyapunov(path, options.k, transient, told=told)
    flat = found.exponents.reshape(-1, found.exponents.shape[-1])
    mean, errors = flat.mean(axis=0), found.errors.reshape(flat.shape)[0]
    told_errors = [f"{error:.1g}" if np.isfinite(error) else "too few steps" for error in errors]
    rows = [[f"{i + 1}", f"{mean[i]:.5f}", told_errors[i]] for i in range(min(len(mean), 10))]
    console.table(["i", "exponent per step", "error"], rows, f"{path.cell.name}: {len(mean)} exponents")
    dimension = np.atleast_1d(found.dimension).mean()
    if np.isfinite(dimension):
        print(f"Kaplan-Yorke dimension {dimension:.3g}")
    else:
        whole = len(mean) == path.x.shape[-1]
        why = "that of the state space" if whole else "unknown: more exponents are needed (-k)"
        print(f"Kaplan-Yorke dimension {why}, as no sum of exponents is negative")
    print(f"{int(np.min(found.steps))} steps counted, {transient} left out")
    if found.log_determinant is not None:
        print(f"sum {mean.sum():.6f}, mean log |det J| {np.mean(found.log_determinant):.6f}")
    tell_lost(found.diverged)
    history = found.history.reshape(-1, *found.history.shape[-2:])[0]
    arrays = {
        "exponents": found.exponents,
        "errors": found.errors,
        "history": found.history,
        "history_steps": found.history_steps,
    }
    return arrays, plots.lyapunov_spectrum(mean, found.history_steps, history, errors)


def _fixed_points(path: numeric.Trajectory, options: Namespace, told: Told) -> Shown:
    m = path.u.shape[-1]
    at = np.zeros(m) if options.at is None else _numbers(options.at, m)
    found = numeric.fixed_points(path.cell, path.params, at, options.starts or path, seed=options.seed, told=told)
    kinds = np.where(found.slow, "slow", np.where(found.stable, "stable", "unstable"))
    largest = np.abs(found.eigenvalues).max(axis=-1, initial=0)
    columns = zip(kinds, found.residuals, largest, found.unstable_directions, found.hits, strict=True)
    rows = [[f"{i + 1}", str(k), f"{r:.1g}", f"{e:.4f}", f"{d}", f"{h}"] for i, (k, r, e, d, h) in enumerate(columns)][
        :12
    ]
    console.table(
        ["point", "kind", "residual", "largest |eigenvalue|", "unstable directions", "starts"], rows, path.cell.name
    )
    print(found.summary)
    arrays = {"points": found.points, "residuals": found.residuals, "slow": found.slow, "eigenvalues":
    found.eigenvalues,
              "eigenvectors": found.eigenvectors, "jacobians": found.jacobians, "left": found.left}  # fmt: skip
    visited = path.x.reshape(-1, path.x.shape[-1])[:4000]
    visited = visited[(np.abs(visited) < np.sqrt(np.finfo(visited.dtype).max)).all(axis=-1)]
    return arrays, plots.fixed_points(found.points, found.eigenvalues, found.stable, found.slow, visited)


def _lags(path: numeric.Trajectory, options: Namespace, told: Told) -> Shown:
    most = min(options.max_lag or 64, path.steps - 1)
    if options.max_lag and options.max_lag > most:
        print(f"the longest lag of {path.steps} steps is {most}")
    name = options.wrt or str(path.cell.parameters[0].name)
    path, delta, diverged = _finite(path, options)
    rates, keep = None, None
    try:
        rates = numeric.effective_learning_rates(path, most).envelope
        keep = "retention"
    except (UnknownNameError, ValueError):
        print(f"{path.cell.name} has no effective learning rate per unit; the figure has no prediction")
    found = numeric.lag_gradients(path, delta, [name], max_lag=most, keep=keep, told=told)
    sizes, shares = found.sizes(name), found.shares(name)
    terms = {term: frobenius(value[name]) for term, value in found.by_term.items()}
    shown = [lag for lag in (0, 1, 2, 4, 8, 16, 32, 64) if lag <= most]
    rows = [[f"{lag}", f"{sizes[lag]:.3g}", f"{shares[lag]:.3f}"] for lag in shown]
    console.table(["lag", f"|Gamma_l| of {name}", "share of the gradient"], rows, path.cell.name)
    tell_lost(diverged)
    if np.isfinite(shares).all():
        print(f"lags 0 to {most} contribute {shares.sum():.3f} of the gradient")
    else:
        print("The gradient is 0 or exceeds the floating-point range.")
    predicted = frobenius(found.predicted[name]) if keep else None
    arrays = {"by_lag": found.by_lag[name], "sizes": sizes, "shares": shares} | (
        {} if rates is None else {"envelope": rates}
    )
    return arrays, plots.lag_profile(sizes, terms, predicted, rates)


def _influence(path: numeric.Trajectory, options: Namespace, told: Told) -> Shown:
    path, delta, diverged = _finite(path, options)
    whole = numeric.loss_gradient(path, delta)
    known = {"eligibility trace": ("retention", 0), "SnAp-1": ("diagonal", 0), "first order": ("retention", 1)}
    cosines, numbers, rows = {}, {}, []
    for place, (label, (keep, order)) in enumerate(known.items()):
        if keep == "retention" and "retention" not in numeric.jacobian_terms(path):
            continue
        found = numeric.influence(path, delta, keep=keep, order=order)
        told(place + 1, len(known))
        cosines[label] = {name: _cosine(found.gradients[name], whole[name]) for name in whole}
        numbers[label] = found.numbers
        note = f" (not SnAp-1 for {', '.join(found.several)})" if keep == "diagonal" and found.several else ""
        known_here = [value for value in cosines[label].values() if np.isfinite(value)]
        mean = f"{np.mean(known_here):.4f}" if known_here else "no gradient"
        rows.append([label + note, mean, f"{found.numbers}"])
    exact = (
        path.x.shape[-1] * sum(value.size for value in path.params.values()) * max(1, int(np.prod(path.x.shape[:-2])))
    )
    rows.append(["exact (real-time recurrent learning)", "1.0000", f"{exact}"])
    console.table(["gradient", "mean cosine with the true one", "numbers held"], rows, path.cell.name)
    zero = [name for name, value in whole.items() if not value.any()]
    if zero:
        print(f"the gradient with respect to {', '.join(zero)} is zero: no cosine")
    tell_lost(diverged)
    arrays = {
        f"{label.replace(' ', '_')}_{name}": np.array(value)
        for label, own in cosines.items()
        for name, value in own.items()
    }
    return arrays, plots.gradient_angles(cosines)


def _remainder(path: numeric.Trajectory, options: Namespace, told: Told) -> Shown:
    keep: Any = options.keep if "+" not in options.keep else options.keep.split("+")
    usable = finite_steps(path)
    if (usable < path.steps).any():
        tell_lost(usable < path.steps)
        print(f"only the first {int(np.min(usable))} steps are used")
        path = cut(path, 0, int(np.min(usable)))
    if not path.steps:
        raise ShapeError("A trajectory of T = 0 steps has no product to expand.")
    A, B = numeric.split(path, keep)
    if A.ndim > 3:
        print(f"the first of {int(np.prod(A.shape[:-3]))} sequences is shown")
    A, B = A.reshape(-1, *A.shape[-3:])[0], B.reshape(-1, *B.shape[-3:])[0]
    whole = _norm(numeric.transport(A + B, len(A), 0))
    orders = range(4)
    values = np.zeros((3, len(EPS), len(orders)))
    rows = []
    for place, (e, p) in enumerate((e, p) for e in range(len(EPS)) for p in orders):
        M = numeric.transport(A + EPS[e] * B, len(A), 0)
        error = _norm(M - numeric.expand_product(A, B, p, EPS[e]))
        bounds = [float(numeric.remainder_bound(A, B, p, EPS[e], method=method)) for method in ("computed", "norms")]
        values[:, e, p] = error, *bounds
        rows.append([f"{EPS[e]:g}", f"{p}", f"{error:.3g}", f"{bounds[0]:.3g}", f"{bounds[1]:.3g}"])
        told(place + 1, len(EPS) * len(orders))
    title = f"{path.cell.name}, {options.keep} kept, {len(A)} steps; |M| = {whole:.3g} at eps = 1"
    console.table(["eps", "order", "error", "computed bound", "bound by norms"], rows, title)
    if np.isnan(values[0]).any():
        print("If the error is nan, a product exceeds the floating-point range: use fewer steps.")
    arrays = {"eps": np.array(EPS), "error": values[0], "computed": values[1], "norms": values[2]}
    return arrays, plots.remainders(EPS, *values)


def _finite(path: numeric.Trajectory, options: Namespace) -> tuple[numeric.Trajectory, Array, Array]:
    """The finite part of a trajectory; dl_t/dx_t of half the squared state, after the last step or after every one."""
    delta = path.after.copy()
    if options.loss == "last":
        delta[..., :-1, :] = 0
    path, delta, diverged = finite_part(path, delta)
    if diverged.all() and not delta.any():
        raise ShapeError("Every sequence leaves the floating point range before the last step; use --loss every.")
    return path, delta, diverged


def _norm(matrix: Array) -> float:
    """The spectral norm; NaN where the product left the floating point range."""
    return float(np.linalg.norm(matrix, 2)) if np.isfinite(matrix).all() else float("nan")


def _numbers(text: str, m: int) -> Array:
    """Numbers behind --at, as many as the input has channels."""
    try:
        found = np.array([float(part) for part in text.split(",")])
    except ValueError:
        raise ShapeError(f"--at needs {m} numbers, such as {','.join(['0'] * m)}; found {text!r}.") from None
    if found.shape != (m,):
        raise ShapeError(f"--at needs {m} numbers, one for each input channel; found {len(found)}.")
    return found


def _cosine(one: Array, other: Array) -> float:
    one, other = (value / max(np.abs(value).max(initial=0), 1e-300) for value in (one, other))
    scale = np.linalg.norm(one) * np.linalg.norm(other)
    return float((one * other).sum() / scale) if scale > 0 else float("nan")


KNOWN: dict[str, Callable[[numeric.Trajectory, Namespace, Told], Shown]] = {
    "lyapunov": _lyapunov,
    "fixed-points": _fixed_points,
    "lags": _lags,
    "influence": _influence,
    "remainder": _remainder,
    "curvature": curvature,
}
