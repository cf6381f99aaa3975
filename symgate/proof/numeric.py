"""Route (c): floating point at n = 64, against an independently typed recurrence.

Complex step: Im f(x + i h e_j) / h has no cancellation, so h = 1e-30 gives the derivative to machine precision.
Where torch or jax are installed, their automatic differentiation of the same recurrence is compared too.
Agreement here is evidence, never a proof: saturated gates hide a gate term from any such comparison.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from sympy import Expr

from symgate import interop
from symgate.cells import LIBRARY
from symgate.errors import ShapeError, UnsupportedNodeError
from symgate.proof import layout
from symgate.proof.arrays import Arrays
from symgate.proof.certificate import Evidence
from symgate.proof.dependence import depending
from symgate.proof.functions import Functions, functions
from symgate.proof.kernels import ANALYTIC, kernel, slope_kernel
from symgate.proof.recurrences import RECURRENCES
from symgate.proof.tables import concrete
from symgate.records import Cell, Derivation, Kind

ROUTE, AUTODIFF = "numeric", "autodiff"
STEP, TOLERANCE = 1e-30, 1e-10
#: The sizes of the dimensions in order of declaration, and how many directions stand for many variables.
SIZES, DIRECTIONS = (64, 24, 40), 16
#: The same where a state is a matrix: its Kronecker matrices have n k rows.
MATRIX_SIZES = (12, 7, 9)

Reference = Callable[..., Any]


def check(
    derivation: Derivation,
    *,
    reference: Reference | None = None,
    overrides: Mapping[str, Any] | None = None,
    seed: int = 0,
) -> Evidence:
    """Compare the right side with the complex step of a recurrence in floating point.

    Args:
        derivation: the formula.
        reference: the step in NumPy, called with keyword arguments named as the symbols of the cell (vectors of
            shape (n,)), complex values included; default: the one typed for a built-in cell, else the cell's own.
        overrides: values by name in place of random ones, such as saturated biases.
        seed: of the random values.
    """
    start = time.perf_counter()
    sizes = _sizes(derivation.cell)
    values = draw(derivation, sizes, seed) | dict(overrides or {})
    step, whose = _step(derivation, sizes, reference)
    try:
        with np.errstate(all="ignore"):
            right = _claimed(derivation, sizes, values)
            pairs = [_pair(derivation, step, values, right, direction) for direction in _directions(derivation, values)]
    except UnsupportedNodeError as error:
        return Evidence(ROUTE, None, str(error), seconds=time.perf_counter() - start)
    got, true = (np.concatenate([np.atleast_1d(pair[k]) for pair in pairs]) for k in (0, 1))
    difference = relative(got, true)
    detail = (
        f"complex step of {whose} in {len(pairs)} directions at {layout.shown_sizes(sizes)}: "
        f"largest relative difference {difference:.1e}"
    )
    passed = None if np.isnan(difference) else bool(difference < TOLERANCE)
    at = (tuple((str(dim), size) for dim, size in sizes.items()),)
    return Evidence(ROUTE, passed, detail, at, got.size, None, difference, time.perf_counter() - start)


def _sizes(cell: Cell) -> dict[Expr, int]:
    """A number for each size."""
    numbers = MATRIX_SIZES if cell.matrix_states else SIZES
    return {dim: numbers[k % len(numbers)] for k, dim in enumerate(cell.dimensions)}


def autodiff(derivation: Derivation, *, seed: int = 0) -> Evidence:
    """Compare with the automatic differentiation of torch and jax, where installed, of a built-in recurrence."""
    start = time.perf_counter()
    libraries = interop.available()
    if not libraries or not typed(derivation) or derivation.kind is Kind.DIAGONAL or derivation.cell.matrix_states:
        why = "torch and jax are not installed" if not libraries else "no independent recurrence gives this derivative"
        return Evidence(AUTODIFF, None, f"skipped: {why}", seconds=time.perf_counter() - start)
    sizes = _sizes(derivation.cell)
    values = draw(derivation, sizes, seed)
    right = _claimed(derivation, sizes, values)
    if derivation.kind is Kind.VJP:
        cotangents, wanted = values[_letter(derivation)][None, :], [right]
    else:
        cotangents = np.random.default_rng(seed).standard_normal((3, right.shape[0]))
        wanted = [np.reshape(c @ right, np.shape(values[derivation.wrt.name]), order="F") for c in cotangents]
    worst, used = 0.0, []
    arguments = {name: values[name] for name in derivation.cell.symbols}
    for library in libraries:
        known = _kernels(library)
        names = {name: bound or "tanh" for name, bound in derivation.cell.functions}
        if known and all(target in known for target in names.values()):
            kernels = {**known, **{name: known[target] for name, target in names.items()}}
            step = typed_anew(derivation.cell, derivation.of.name, kernels)
            found = interop.gradient(library, step, arguments, derivation.wrt.name, cotangents)
            used.append(library)
            gaps = [relative(np.reshape(w, np.shape(g)), g) for w, g in zip(wanted, found, strict=True)]
            worst = max([worst, *gaps])
    if not used:
        why = "skipped: the functions are not known there"
        return Evidence(AUTODIFF, None, why, seconds=time.perf_counter() - start)
    detail = f"{' and '.join(used)} at {layout.shown_sizes(sizes)}: largest relative difference {worst:.1e}"
    at = (tuple((str(dim), size) for dim, size in sizes.items()),)
    checks = len(used) * sum(np.size(item) for item in wanted)
    return Evidence(AUTODIFF, worst < TOLERANCE, detail, at, checks, None, worst, time.perf_counter() - start)


def draw(derivation: Derivation, sizes: Mapping[Expr, int], seed: int) -> dict[str, Any]:
    """Random values by name: vectors of shape (n,), matrices scaled to keep pre-activations of order one."""
    rng = np.random.default_rng(seed)
    values: dict[str, Any] = {}
    for symbol in layout.leaves(derivation):
        shape = tuple(concrete(size, sizes) for size in getattr(symbol, "shape", ()))
        if not shape:
            values[symbol.name] = rng.uniform(0.2, 0.9)
        elif shape[1] == 1 and symbol.shape[1] == 1:
            values[symbol.name] = rng.uniform(-1, 1, shape[0])
        else:
            values[symbol.name] = rng.standard_normal(shape) / np.sqrt(shape[1])
    return values


def relative(got: Any, true: Any) -> float:
    """The largest difference, relative to the largest entry; NaN where something is not finite."""
    if not (np.isfinite(got).all() and np.isfinite(true).all()):
        return float("nan")
    scale = np.max(np.abs(true), initial=0.0) or np.max(np.abs(got), initial=0.0) or 1.0
    return float(np.max(np.abs(got - true), initial=0.0) / scale)


def is_builtin(cell: Cell) -> bool:
    """Whether the cell is one that ships with the package, whatever its functions are bound to."""
    bare = replace(cell, functions=())
    return cell.name in RECURRENCES and any(bare == replace(own, functions=()) for own in LIBRARY)


def typed(derivation: Derivation) -> bool:
    """Whether an independently typed recurrence gives the derivative: of a state, by an argument of the step."""
    of = any(derivation.of == state.after for state in derivation.cell.states)
    return is_builtin(derivation.cell) and of and derivation.wrt in derivation.cell.symbols.values()


def typed_anew(cell: Cell, state: str, kernels: Mapping[str, Callable[[Any], Any]]) -> Reference:
    """The independently typed recurrence of a built-in cell: a function that returns the named state after the step."""

    def step(**values: Any) -> Any:
        after = RECURRENCES[cell.name](kernels, **values)
        return after[state] if isinstance(after, dict) else after

    return step


def _step(derivation: Derivation, sizes: Mapping[Expr, int], reference: Reference | None) -> tuple[Reference, str]:
    """The recurrence to compare with, and what it is called."""
    cell = derivation.cell
    own = functions(cell)
    if reference is not None:
        return reference, "the reference given"
    if typed(derivation):
        names = [*ANALYTIC, *(name for name, _ in cell.functions)]
        known = {name: kernel(own, name) for name in names}
        return typed_anew(cell, derivation.of.name, known), "the recurrence typed anew"

    kept: dict[Expr, Any] = {}  # what no direction moves has one value in all of them

    def evaluate(**values: Any) -> Any:
        arrays = Arrays(sizes, _columns(derivation, values), cell.definitions, partial(_value, own), dict(kept))
        found = arrays.of(derivation.of)
        if not kept:
            moving = depending(derivation.wrt, cell.definitions)
            kept.update((name, value) for name, value in arrays.known.items() if name not in moving)
        return np.ravel(found) if 1 in np.shape(found) and not _is_matrix(derivation.of) else found

    return evaluate, "the cell's own recurrence (no independent reference was given)"


def _value(own: Functions, function: str, order: int, array: Any) -> Any:
    if order:
        raise UnsupportedNodeError(f"The recurrence holds a derivative of {function}; give a reference.")
    return kernel(own, function)(array)


def _columns(derivation: Derivation, values: Mapping[str, Any]) -> dict[Expr, Any]:
    """Values by symbol, vectors as columns."""
    return {
        symbol: np.reshape(values[symbol.name], (-1, 1)) if np.ndim(values[symbol.name]) == 1 else values[symbol.name]
        for symbol in layout.leaves(derivation)
        if symbol.name in values
    }


def _claimed(derivation: Derivation, sizes: Mapping[Expr, int], values: Mapping[str, Any]) -> Any:
    """The right side as a matrix."""
    own = functions(derivation.cell)
    columns = _columns(derivation, values)

    def apply(function: str, order: int, array: Any) -> Any:
        return slope_kernel(own, function, order)(array)

    result = np.atleast_2d(Arrays(sizes, columns, layout.meanings(derivation), apply).of(derivation.expr))
    wanted = layout.expected_shape(derivation, sizes)
    if result.shape != wanted:
        raise ShapeError(f"{derivation.name} must be {wanted[0]} x {wanted[1]}; its right side is {result.shape}.")
    return result


def _directions(derivation: Derivation, values: Mapping[str, Any]) -> Any:
    """All unit directions of the variable where it is a scalar or vector, random ones where it is a matrix."""
    at = np.asarray(values[derivation.wrt.name])
    if derivation.kind is Kind.JVP:
        return [np.asarray(values[_letter(derivation)])]
    if at.ndim < 2 or at.size <= max(SIZES):
        return np.eye(at.size).reshape((at.size, *at.shape))
    return np.random.default_rng(1).standard_normal((DIRECTIONS, *at.shape))


def _pair(
    derivation: Derivation, step: Reference, values: Mapping[str, Any], right: Any, direction: Any
) -> tuple[Any, Any]:
    """The derivative in one direction: as the right side has it, and by complex step."""
    name = derivation.wrt.name
    cotangent = derivation.cotangent
    arguments = {symbol.name: values[symbol.name] for symbol in layout.leaves(derivation) if symbol != cotangent}
    moved = step(**{**arguments, name: arguments[name] + 1j * STEP * direction})
    true = np.imag(moved) / STEP
    if derivation.kind is Kind.VJP:
        column = np.reshape(direction, (-1, 1)) if direction.ndim < 2 else direction
        cotangents = np.reshape(values[_letter(derivation)], np.shape(true))
        return np.sum(right * column), np.sum(cotangents * true)
    flat, true = np.reshape(direction, -1, order="F"), np.reshape(true, -1, order="F")
    if derivation.kind is Kind.JVP:
        return np.reshape(right, -1, order="F"), true
    return (np.ravel(right) * flat, true * flat) if derivation.kind is Kind.DIAGONAL else (right @ flat, true)


def _is_matrix(symbol: Expr) -> bool:
    return getattr(symbol, "shape", (1, 1))[1] != 1


def _letter(derivation: Derivation) -> str:
    """The name of the cotangent."""
    assert derivation.cotangent is not None, "a vector-Jacobian product has a cotangent"
    return str(derivation.cotangent.name)


def _kernels(library: str) -> Mapping[str, Any]:
    """The kernels of a library; none where it is installed but does not load."""
    try:
        return interop.kernels(library)
    except ImportError:
        return {}
