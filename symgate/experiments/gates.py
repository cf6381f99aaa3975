"""What the gates alone predict: products of gate values by lag, in logarithms, beside the sensitivities."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from sympy import Expr, S
from sympy.matrices.expressions import OneMatrix

from symgate.errors import ShapeError, unknown
from symgate.numeric.arrays import Array
from symgate.numeric.load import GeneratedFunction, lambdify
from symgate.numeric.trajectories import Trajectory
from symgate.records import Cell, State

#: What the gate is called in the cells of the paper: a name of the recurrence, or a parameter.
NAMES = ("g", "alpha")

#: The two predictors: the product of g (zeroth order of the drive split) and of 1 - g (of the retention split).
PREDICTORS = ("drive", "retention")


def has_gate(cell: Cell) -> bool:
    """Whether the cell has a gate g or a leak alpha."""
    return _gate(cell) is not None


def log_gates(trajectory: Trajectory) -> dict[str, Array]:
    """log g_t under "drive" and log (1 - g_t) under "retention", each (..., T, n), -inf where a gate is 0 or 1.

    Both come from generated code, which forms 1 - g without cancellation.

    Raises:
        UnknownNameError: the cell has no gate.
    """
    arguments = trajectory.arguments
    values = {name: f(**arguments) for name, f in zip(PREDICTORS, _functions(trajectory.cell), strict=True)}
    with np.errstate(divide="ignore"):
        return {name: np.log(np.broadcast_to(value, trajectory.after.shape)) for name, value in values.items()}


def log_products(logs: Array, lag: int) -> Array:
    """log |diag(prod_{j=t-l+1..t} g_j)|_2, the largest over units, for t = l..T, (..., T + 1 - l).

    For one gate per step that is the product itself.  For a gate per unit it is the norm of the zeroth order of
    the retention split, exactly; in the drive split, where diag(g_j) and D_j W_r do not commute, it is a proxy.
    """
    floor = np.maximum(logs, -1e6)  # a gate of exactly 0: its products are below every number
    sums = np.concatenate([np.zeros_like(floor[..., :1, :]), floor.cumsum(axis=-2)], axis=-2)
    return np.asarray((sums[..., lag:, :] - sums[..., : sums.shape[-2] - lag, :]).max(axis=-1))


@dataclass(frozen=True)
class PowerFit:
    """The fit log S = slope log p + intercept.

    Attributes:
        slope: s of S = c p^s; NaN where p does not vary.
        intercept: log c.
        r_squared: the share of the variance of log S that it explains.
    """

    slope: float
    intercept: float
    r_squared: float


def fitted_power(log_p: Array, log_s: Array, trim: float = 0.01) -> PowerFit:
    """Least squares in the logarithms, without the share ``trim`` of the pairs that a first fit misses most.

    Args:
        log_p: logarithms of the predictor, any shape.
        log_s: logarithms of what is predicted, the same shape; pairs that are not finite are left out.
        trim: 0 or more, below 1/2.

    Raises:
        ShapeError: the shapes differ, or ``trim`` is out of range.
    """
    x, y = np.ravel(log_p), np.ravel(log_s)
    if x.shape != y.shape or not 0 <= trim < 0.5:
        raise ShapeError(f"A fit needs equal shapes and 0 <= trim < 1/2; found {log_p.shape}, {log_s.shape}, {trim!r}.")
    finite = np.isfinite(x) & np.isfinite(y)
    x, y = x[finite], y[finite]
    first = _line(x, y)
    if np.isfinite(first.slope) and trim:
        size = np.abs(y - first.slope * x - first.intercept)
        near = size <= np.quantile(size, 1 - trim)
        return _line(x[near], y[near])
    return first


def _line(x: Array, y: Array) -> PowerFit:
    """Least squares y = slope x + intercept."""
    if len(x) < 2 or np.ptp(x) == 0:
        return PowerFit(np.nan, np.nan, np.nan)
    middle, height = x.mean(), y.mean()
    slope = float((x - middle) @ (y - height) / ((x - middle) @ (x - middle)))
    rest, spread = y - height - slope * (x - middle), y - height
    whole = float(spread @ spread)
    return PowerFit(slope, float(height - slope * middle), 1 - float(rest @ rest) / whole if whole else np.nan)


def _gate(cell: Cell) -> Expr | None:
    """The symbol of the gate."""
    symbols = {str(item.symbol.name): item.symbol for item in cell.assignments}
    symbols |= {str(item.name): item for item in cell.parameters}
    return next((symbols[name] for name in NAMES if name in symbols), None)


@lru_cache(maxsize=32)
def _functions(cell: Cell) -> tuple[GeneratedFunction, GeneratedFunction]:
    """Functions for g and for 1 - g, generated as the step of a cell whose new state they are."""
    gate, state = _gate(cell), cell.state()
    if gate is None:
        raise unknown(f"gate of cell {cell.name!r}", " or ".join(NAMES), [])
    ones = OneMatrix(state.before.shape[0], 1)
    whole = gate if getattr(gate, "shape", ()) else gate * ones
    complement = ones - gate if getattr(gate, "shape", ()) else (S.One - gate) * ones

    def function(name: str, update: Expr) -> GeneratedFunction:
        return lambdify(replace(cell, name=f"{cell.name}_{name}", states=(State(state.before, state.after, update),)))

    return function("gate", whole), function("complement", complement)
