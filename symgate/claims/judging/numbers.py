"""Functions and stacks of Jacobians: compared in floating point, refuted or in agreement, never proved."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from sympy import Expr

from symgate.claims.judging.diagnosis import Diagnosis, Slip
from symgate.claims.judging.record import Finding
from symgate.claims.judging.variants import rewrites
from symgate.claims.reading.limits import UnreadableError
from symgate.errors import SymgateError
from symgate.proof import REFUTED, UNDECIDED, layout
from symgate.proof.arrays import Arrays
from symgate.proof.functions import Functions, functions
from symgate.proof.kernels import slope_kernel
from symgate.records import Derivation

#: A relative difference from here on refutes; rounding and complex steps stay far below, and so do central differences.
TOLERANCE = 1e-5
#: A slip explains a function if it brings the difference below this.
_EXPLAINED = 1e-8
_SIZES = (5, 3, 4)
#: How near an argument is at a kink, and how many points are drawn for one at which the object is stated.
_AT, _TRIES = 1e-12, 200
#: How large values are drawn: ordinary ones, small ones, and ones that saturate gates.
_SCALES = (1.0, 0.3, 3.0)


def judge_function(base: Finding, claim: Callable[..., Any], truth: Derivation, points: int, seed: int) -> Finding:
    """Compare a function f(x=..., u=..., W_r=...) at random points; vectors are (n,), scalars plain numbers.

    Raises:
        UnreadableError: it cannot be called so, or returns another shape.
    """
    _one_step(truth)
    cell = truth.cell
    sizes = {dim: _SIZES[k % len(_SIZES)] + k // len(_SIZES) for k, dim in enumerate(cell.dimensions)}
    rng = np.random.default_rng(seed)
    draws = [_drawn(truth, sizes, rng, _SCALES[k % len(_SCALES)]) for k in range(max(points, 1))]
    got = [_called(claim, values, truth, sizes) for values in draws]
    return _compared(base, got, draws, truth, "points")


def judge_stack(base: Finding, claim: Any, truth: Derivation, at: Mapping[str, Any]) -> Finding:
    """Compare a stack (T, n, n) of derivatives along a trajectory.

    ``at`` holds states and inputs as (T, size), states before the step (or T + 1 rows, the last one left out), and
    parameters as they are.

    Raises:
        UnreadableError: values are missing or of other shapes.
    """
    _one_step(truth)
    stack = np.asarray(claim, dtype=float)
    if stack.ndim != 1 + len(truth.shape) and not (stack.ndim == 2 and truth.shape[-1:] == (1,)):
        raise UnreadableError(f"a stack has one axis more than the object; found the shape {stack.shape}")
    draws = []
    for step in range(len(stack)):
        values = {}
        for symbol in layout.leaves(truth):
            if symbol.name not in at:
                raise UnreadableError(f"the value of {symbol.name} is missing in at=")
            whole = np.asarray(at[symbol.name], dtype=float)
            timed = symbol not in truth.cell.parameters
            if timed and len(whole) not in (len(stack), len(stack) + 1):
                raise UnreadableError(f"{symbol.name} has {len(whole)} rows for a stack of {len(stack)} steps")
            values[symbol.name] = whole[step] if timed else whole
        draws.append(values)
    found = _compared(base, list(stack), draws, truth, "steps")
    if found.verdict == REFUTED and not found.diagnosis and len(stack) > 2:
        for shift, word in ((1, "later"), (-1, "earlier")):
            pairs = list(zip(stack[max(-shift, 0) :], draws[max(shift, 0) :], strict=False))
            gaps = [relative(np.reshape(g, w.shape), w) for g, w in ((g, evaluated(truth, d)) for g, d in pairs)]
            if max(gaps) < _EXPLAINED:
                return replace(found, diagnosis=((Slip("off_by_one_step", f"one step {word}"),),))
    return found


def evaluated(
    truth: Derivation, values: Mapping[str, Any], expr: Expr | None = None, kinks: list[str] | None = None
) -> Any:
    """The right side, or another expression of its shape, at one point.

    ``kinks`` takes the names of functions that are applied where they have a kink, or no value.
    """
    own = functions(truth.cell)
    columns = {
        symbol: np.reshape(values[symbol.name], (-1, 1)) if np.ndim(values[symbol.name]) == 1 else values[symbol.name]
        for symbol in layout.leaves(truth)
    }
    sizes: dict[Expr, int] = {}
    for symbol, value in columns.items():
        sizes |= dict(zip(getattr(symbol, "shape", ()), np.shape(value), strict=False))

    def apply(function: str, order: int, array: Any) -> Any:
        if kinks is not None and _is_outside(own, function, array):
            kinks.append(function)
        return slope_kernel(own, function, order)(array)

    arrays = Arrays(sizes, columns, truth.cell.definitions, apply)
    with np.errstate(all="ignore"):  # where it has no value
        return np.asarray(arrays.of(truth.expr if expr is None else expr))


def _is_outside(own: Functions, function: str, array: Any) -> bool:
    """Whether a function is applied where nothing is stated of it: at a kink, or where it has no value."""
    entry = own.entry(function)
    near = any(np.any(np.abs(array - float(kink)) < _AT) for kink in entry.kinks)
    return near or (bool(entry.assumption) and not np.isfinite(slope_kernel(own, function, 0)(array)).all())


def relative(got: Any, true: Any) -> float:
    """The largest difference relative to the largest entry; infinite where something is not finite."""
    if not (np.isfinite(got).all() and np.isfinite(true).all()):
        return float("inf")
    scale = np.max(np.abs(true), initial=0.0) or np.max(np.abs(got), initial=0.0) or 1.0
    return float(np.max(np.abs(got - true), initial=0.0) / scale)


def _one_step(truth: Derivation) -> None:
    if truth.kind not in layout.KINDS:
        raise UnreadableError("functions and stacks are compared with derivatives of one step only")


def _stated(truth: Derivation, values: Mapping[str, Any]) -> Any:
    """The right side at one point; None where nothing is stated: at a kink, or where it has no value."""
    kinks: list[str] = []
    found = evaluated(truth, values, kinks=kinks)
    return None if kinks or not np.isfinite(found).all() else found


def _compared(base: Finding, got: list[Any], draws: list[dict[str, Any]], truth: Derivation, what: str) -> Finding:
    every = [_stated(truth, values) for values in draws]
    places, count = [place for place, value in enumerate(every) if value is not None], len(every)
    got, draws = [got[place] for place in places], [draws[place] for place in places]
    true = [every[place] for place in places]
    if not places:
        words = (
            f"Nothing is compared: at each of the {count} {what} an argument is at a kink, or the object has no value."
        )
        return replace(base, verdict=UNDECIDED, statement=words)
    gaps = [relative(_fitted(g, w), w) for g, w in zip(got, true, strict=True)]
    largest = max(gaps)
    if largest <= TOLERANCE:
        words = (
            f"It agrees at {len(draws)} {what}, largest relative difference {largest:.1e}. Agreement of numbers is not "
            "a proof: a term that is small there does not show."
        )
        return replace(base, verdict=UNDECIDED, statement=words, points=len(draws), largest=largest)
    worst = gaps.index(largest)
    gap = np.abs(_fitted(got[worst], true[worst]) - true[worst])
    place = np.unravel_index(int(np.argmax(np.nan_to_num(gap, nan=np.inf))), np.shape(gap)) if np.shape(gap) else ()
    entry = tuple(int(k) + 1 for k in place)
    claimed, right = float(_fitted(got[worst], true[worst])[place]), float(true[worst][place])
    words = (
        f"It differs at {what[:-1]} {places[worst] + 1} of {count}: entry {entry} is {right:.15g}, the claim gives "
        f"{claimed:.15g}; largest relative difference {largest:.1e}."
    )
    found = replace(base, verdict=REFUTED, statement=words, points=len(draws), largest=largest)
    return replace(found, diagnosis=_explained(got, draws, true, truth))


def _explained(
    got: list[Any], draws: list[dict[str, Any]], true: list[Any], truth: Derivation
) -> tuple[Diagnosis, ...]:
    """Single slips that bring the difference down to rounding."""
    both = list(zip(got, true, strict=True))
    fits = all(np.shape(g) == np.shape(w)[::-1] for g, w in both)
    if fits and max(relative(np.asarray(g), np.transpose(w)) for g, w in both) < _EXPLAINED:
        return ((Slip("layout", "transposed"),),)
    found = []
    for name, term in truth.named_terms:
        for kind, place, wrong in rewrites(term, name, truth):
            terms = [wrong if other == name else item for other, item in truth.named_terms]
            try:
                pairs = zip(got, draws, true, strict=True)
                gaps = [relative(_fitted(g, w), sum(evaluated(truth, d, item) for item in terms)) for g, d, w in pairs]
            except (SymgateError, ValueError):
                continue
            if max(gaps) < _EXPLAINED:
                found.append((Slip(kind, place),))
    return tuple(found[:4])


def _fitted(got: Any, true: Any) -> Any:
    """The claim's array in the shape of the true one, where only an axis of length one differs."""
    array = np.asarray(got)
    if array.shape == true.shape:
        return array
    return (
        np.reshape(array, true.shape)
        if array.size == true.size and 1 in (*true.shape, 1)
        else np.full(true.shape, np.nan)
    )


def _drawn(truth: Derivation, sizes: Mapping[Expr, int], rng: np.random.Generator, scale: float) -> dict[str, Any]:
    """A point at which the object is stated, if one is drawn soon."""
    for _ in range(_TRIES):
        values = _draw(truth, sizes, rng, scale)
        if _stated(truth, values) is not None:
            break
    return values


def _draw(truth: Derivation, sizes: Mapping[Expr, int], rng: np.random.Generator, scale: float) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for symbol in layout.leaves(truth):
        shape = tuple(int(sizes.get(size, size)) for size in getattr(symbol, "shape", ()))
        if not shape:
            values[symbol.name] = float(rng.uniform(0.2, 0.9))
        elif shape[1] == 1 and symbol.shape[1] == 1:
            values[symbol.name] = scale * rng.uniform(-1, 1, shape[0])
        else:
            values[symbol.name] = scale * rng.standard_normal(shape) / np.sqrt(shape[1])
    return values


def _called(claim: Callable[..., Any], values: dict[str, Any], truth: Derivation, sizes: Mapping[Expr, int]) -> Any:
    """The function at one point, called with the arguments that it names."""
    try:
        parameters = inspect.signature(claim).parameters.values()
    except (TypeError, ValueError):
        wanted = values
    else:
        every = any(item.kind is item.VAR_KEYWORD for item in parameters)
        wanted = values if every else {item.name: values[item.name] for item in parameters if item.name in values}
    try:
        found = np.asarray(claim(**wanted), dtype=float)
    except Exception as error:
        raise UnreadableError(f"the function raises {type(error).__name__}: {error}") from error
    shape = layout.expected_shape(truth, sizes) if truth.shape else ()
    if found.shape not in (shape, shape[::-1]) and found.size != np.prod(shape, dtype=int):
        raise UnreadableError(f"the function returns the shape {found.shape}; the object has {shape}")
    return found
