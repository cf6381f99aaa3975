"""What the gates alone predict: products of gate values by lag, in logarithms, beside the sensitivities."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from sympy import Expr, S
from sympy.matrices.expressions import OneMatrix

from symgate.errors import DefinitionError, ShapeError, UnknownNameError, unknown
from symgate.experiments.initialisation import retention_biases
from symgate.numeric.arrays import Array
from symgate.numeric.load import GeneratedFunction, lambdify
from symgate.numeric.rates import effective_learning_rates
from symgate.numeric.trajectories import Trajectory
from symgate.records import Cell, State

#: What the gate is called in the cells of the paper: a name of the recurrence, or a parameter.
NAMES = ("g", "alpha")

#: The two predictors: the product of g (zeroth order of the drive split) and of 1 - g (of the retention split).
PREDICTORS = ("drive", "retention")


#: What the fit of a power leaves out.
TRIMS = ("residuals", "predictor")

#: Predictors that differ by less than this share of the largest are equal.
TIES = 1e-9

#: How a predictor is made of the products of several units: their mean, or the largest of them.
MADE_OF = ("mean", "largest")


def has_gate(cell: Cell) -> bool:
    """Whether the cell has a gate g or a leak alpha."""
    return _gate(cell) is not None


def log_gates(trajectory: Trajectory) -> dict[str, Array]:
    """log g_t under "drive" and log of what is kept, such as log (1 - g_t), under "retention", each (..., T, N).

    -inf where a gate is 0 or 1.  With a gate g or a leak alpha both come from generated code, which forms 1 - g without
    cancellation.  Other cells have no "drive"; what they keep is the diagonal of the retention term, over all states.
    A name is left out where the cell has no such factor: no retention, or one that couples states.
    """
    arguments = trajectory.arguments
    if has_gate(trajectory.cell):
        values = {name: f(**arguments) for name, f in zip(PREDICTORS, _functions(trajectory.cell), strict=True)}
    else:
        try:
            values = {"retention": effective_learning_rates(trajectory, 0).leak}
        except (UnknownNameError, DefinitionError):
            values = {}
    with np.errstate(divide="ignore", invalid="ignore"):
        return {name: np.log(np.broadcast_to(value, trajectory.after.shape)) for name, value in values.items()}


def log_products(logs: Array, lag: int, made_of: str = "largest") -> Array:
    """The logarithm of the products prod_{j=t-l+1..t} g_j over units, for t = l..T, (..., T + 1 - l).

    Args:
        logs: log g_t, (..., T, n).
        lag: l.
        made_of: "largest" over units: the norm of the zeroth order of the retention split, exactly; or "mean" over
            units.  For one gate per step both are the product itself.  In the drive split, where diag(g_j) and D_j W_r
            do not commute, both are proxies.
    """
    floor = np.maximum(logs, -1e6)  # a gate of exactly 0: its products are below every number
    sums = np.concatenate([np.zeros_like(floor[..., :1, :]), floor.cumsum(axis=-2)], axis=-2)
    units = sums[..., lag:, :] - sums[..., : sums.shape[-2] - lag, :]
    top = units.max(axis=-1)
    if made_of == "largest":
        return np.asarray(top)
    return np.asarray(top + np.log(np.exp(units - top[..., None]).mean(axis=-1)))


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


def fitted_power(log_p: Array, log_s: Array, trim: float = 0.01, trim_by: str = "residuals") -> PowerFit:
    """Least squares in the logarithms, without a share ``trim`` of the pairs.

    Args:
        log_p: logarithms of the predictor, any shape.
        log_s: logarithms of what is predicted, the same shape; pairs that are not finite are left out.
        trim: 0 or more, below 1/2.
        trim_by: "residuals": those that a first fit misses most; "predictor": that share at either end of the
            predictor; of pairs with equal predictors all stay or none.

    Raises:
        ShapeError: the shapes differ, or ``trim`` is out of range.
        UnknownNameError: there is no such ``trim_by``.
    """
    x, y = np.ravel(log_p), np.ravel(log_s)
    if x.shape != y.shape or not 0 <= trim < 0.5:
        raise ShapeError(f"A fit needs equal shapes and 0 <= trim < 1/2; found {log_p.shape}, {log_s.shape}, {trim!r}.")
    if trim_by not in TRIMS:
        raise unknown("way to trim", trim_by, TRIMS)
    finite = np.isfinite(x) & np.isfinite(y)
    x, y = x[finite], y[finite]
    if trim_by == "predictor" and len(x):
        low, high = np.quantile(x, (trim, 1 - trim))
        room = TIES * np.abs(x).max()  # a leak has one predictor for each lag: rounding must not divide its pairs
        near = (x >= low - room) & (x <= high + room)
        return _line(x[near], y[near])
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
    """The symbol of the gate of a cell with one state: a name that is a gate, or a parameter."""
    if len(cell.states) > 1:
        return None
    symbols = {str(item.symbol.name): item.symbol for item in cell.assignments if item.role == "gate"}
    symbols |= {str(item.name): item for item in cell.parameters}
    return next((symbols[name] for name in NAMES if name in symbols), None)


@lru_cache(maxsize=32)
def _functions(cell: Cell) -> tuple[GeneratedFunction, GeneratedFunction]:
    """Functions for g and for 1 - g, generated as the step of a cell whose new state they are."""
    gate = _gate(cell)
    if gate is None:
        raise unknown(f"gate of cell {cell.name!r}", " or ".join(NAMES), [])
    state = cell.state()
    ones = OneMatrix(state.before.shape[0], 1)
    whole = gate if getattr(gate, "shape", ()) else gate * ones
    complement = ones - gate if getattr(gate, "shape", ()) else (S.One - gate) * ones

    def function(name: str, update: Expr) -> GeneratedFunction:
        return lambdify(replace(cell, name=f"{cell.name}_{name}", states=(State(state.before, state.after, update),)))

    found = function("gate", whole), function("complement", complement)
    return found[::-1] if 1 in retention_biases(cell).values() else found  # a gate that keeps, as in UGRNN
