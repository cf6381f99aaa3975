"""Every cell, every object, every target, every array library, against complex step of the published recurrences.

One module per cell and target holds all objects.  The oracle knows nothing of symgate: ``tests/reference`` evaluated at
complex points.  Points are single and batched, in float64 and float32.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from symgate.cells import LIBRARY
from symgate.codegen import suite
from symgate.derive import jacobian, objects
from symgate.interop.autodiff import _double_precision
from symgate.numeric.load import load_module, times
from symgate.records import Cell, Derivation, Kind
from tests.codegen.numba_in_python import uncompiled
from tests.oracles import FURTHER, draw_point
from tests.reference import REFERENCE
from tests.strategies import cells

Point = dict[str, np.ndarray]
POINTS = 2

#: name -> (target, module of the array library, and how its arrays are made)
LIBRARIES = {
    "numpy": ("numpy", "numpy"),
    "array_api on numpy": ("array_api", "numpy"),
    "array_api on array_api_strict": ("array_api", "array_api_strict"),
    "array_api on torch": ("array_api", "torch"),
    "array_api on jax": ("array_api", "jax.numpy"),
    "numba, in Python": ("numba", "numpy"),
}


def every(cell: Cell) -> list[Derivation]:
    """Jacobians and vector-Jacobian products by everything, and products of the Jacobians by states with a vector."""
    blocks = [jacobian(cell, by.name, of.name) for of in cell.states for by in cell.states]
    return [*objects(cell), *(times(block) for block in blocks)]


@lru_cache(maxsize=2)
def module(cell: Cell, target: str) -> ModuleType:
    """All objects of a cell in one module."""
    parts: list[tuple[str, Cell | Derivation]] = [("step", cell), *((item.name, item) for item in every(cell))]
    text = suite(parts, target)
    return (uncompiled if target == "numba" else load_module)(text, f"{cell.name}_{target}")


@cache
def points(cell: Cell) -> list[Point]:
    """A few points that share their parameters."""
    first, *others = (draw_point(cell, seed=seed, n=4, m=3) for seed in range(POINTS))
    moving = {state.name for state in cell.states} | {str(u.name) for u in cell.inputs}
    return [first, *({name: (other if name in moving else first)[name] for name in first} for other in others)]


def after(cell: Cell, point: Point) -> Point:
    """The states after the step, as published."""
    found = REFERENCE[cell.name](**point)
    return found if isinstance(found, dict) else {cell.state().name: found}


@cache
def truth(cell: Cell, place: int) -> dict[tuple[str, str], np.ndarray]:
    """d (state after) / d (argument), columns as the column-major vec, at one point; by complex step."""
    point, found = points(cell)[place], {}
    for name, value in point.items():
        columns: dict[str, list[np.ndarray]] = {state.name: [] for state in cell.states}
        for index in np.ndindex(value.T.shape):
            moved = np.array(value, complex)
            moved[index[::-1]] += 1e-30j
            for state, column in after(cell, {**point, name: moved}).items():
                columns[state].append(column.imag / 1e-30)
        found |= {(state, name): np.stack(each, axis=1) for state, each in columns.items()}
    return found


def wanted(item: Derivation, place: int, vector: np.ndarray | None) -> np.ndarray:
    """The value of an object at one point."""
    J = truth(item.cell, place)[str(item.of.name), str(item.wrt.name)]
    if item.kind is Kind.JVP:
        return J @ vector
    if item.kind is Kind.VJP:
        return (vector @ J).reshape(np.shape(points(item.cell)[place][str(item.wrt.name)]), order="F")
    return J


def arguments(cell: Cell, batched: bool, dtype: type) -> Point:
    """One point, or a stack of points that share their parameters."""
    every_point = points(cell)
    moving = {state.name for state in cell.states} | {str(u.name) for u in cell.inputs}
    single = every_point[0]
    drawn = {k: np.stack([p[k] for p in every_point]) if batched and k in moving else single[k] for k in single}
    return {name: np.asarray(value, dtype) for name, value in drawn.items()}


@contextlib.contextmanager
def library(name: str) -> Iterator[Callable[[np.ndarray], Any]]:
    """A function from NumPy arrays to arrays of the library; skips where that is not installed."""
    found = pytest.importorskip(name)
    if name != "numpy":
        pytest.importorskip("array_api_compat")
    with _double_precision(pytest.importorskip("jax")) if name == "jax.numpy" else contextlib.nullcontext():
        yield found.asarray


def on_host(value: Any) -> np.ndarray:
    """A NumPy array, wherever the array lives."""
    return np.asarray(value.cpu() if hasattr(value, "cpu") else value)


def disagreements(
    found: ModuleType, cell: Cell, as_array: Callable[[np.ndarray], Any], *, batched: bool, dtype: type
) -> list[str]:
    """The functions of a module that are not what the recurrence says, or not where their arguments are."""
    point = {name: as_array(value) for name, value in arguments(cell, batched, dtype).items()}
    places = range(POINTS if batched else 1)
    tolerance = {"rtol": 3e-4, "atol": 3e-5} if dtype is np.float32 else {"rtol": 1e-10, "atol": 1e-12}
    bad: list[str] = []

    device = getattr(next(iter(point.values())), "device", None)

    def compare(name: str, values: list[Any], truths: list[np.ndarray]) -> None:
        if any(getattr(value, "device", None) != device for value in values):
            bad.append(f"{name} has left the device")
        array = sum(map(on_host, values[1:]), on_host(values[0]))
        true = np.stack(truths) if batched else truths[0]
        if array.shape != true.shape or array.dtype != dtype or not np.allclose(array, true, **tolerance):
            bad.append(name)

    stepped = found.step(**point)
    for state, value in zip(cell.states, stepped if isinstance(stepped, tuple) else [stepped], strict=True):
        compare(f"step {state.name}", [value], [after(cell, points(cell)[place])[state.name] for place in places])
    rng = np.random.default_rng(3)
    for item in every(cell):
        extra, vectors = {}, [None] * POINTS
        if item.cotangent is not None:
            length = item.of.shape[0] if item.kind is Kind.VJP else item.wrt.shape[0]
            vectors = list(rng.standard_normal((POINTS, (FURTHER | {"n": 4, "m": 3}).get(str(length), 1))))
            drawn = np.stack(vectors) if batched else vectors[0]
            extra = {str(item.cotangent.name): as_array(np.asarray(drawn, dtype))}
        truths = [wanted(item, place, vectors[place]) for place in places]
        compare(item.name, [getattr(found, item.name)(**point, **extra)], truths)
        terms = getattr(found, f"{item.name}_terms")(**point, **extra)
        compare(f"{item.name}_terms", list(terms.values()), truths)
        if hasattr(found, f"{item.name}_plan"):
            plan = getattr(found, f"{item.name}_plan")(**point)
            compare(f"{item.name}_plan", [plan(**{name: point[name] for name in plan._shapes})], truths)
    return bad


@pytest.mark.sweep(20)
@pytest.mark.parametrize("name", LIBRARIES)
@pytest.mark.parametrize("cell", LIBRARY, ids=lambda cell: cell.name)
def test_every_object_is_the_derivative_of_the_published_step(cell: Cell, name: str) -> None:
    target, package = LIBRARIES[name]
    with library(package) as as_array:
        for dtype in (np.float64, np.float32):
            for batched in (False, True):
                bad = disagreements(module(cell, target), cell, as_array, batched=batched, dtype=dtype)
                assert bad == [], (dtype.__name__, batched)


@pytest.mark.parametrize("name", ["scalar_gate", "gru_original", "lstm_1997"])
def test_compiled_loops(name: str) -> None:
    """Cells with a scalar gate, with products of matrices, with two states; the rest runs uncompiled above."""
    pytest.importorskip("numba")
    cell = next(cell for cell in LIBRARY if cell.name == name)
    states = [state.name for state in cell.states]
    blocks = [item for item in every(cell) if item.kind in {Kind.JACOBIAN, Kind.JVP} and str(item.wrt.name) in states]
    parts: list[tuple[str, Cell | Derivation]] = [("step", cell), *((item.name, item) for item in blocks)]
    compiled = load_module(suite(parts, "numba"), cell.name)
    in_python = uncompiled(suite(parts, "numba"), cell.name)
    for dtype in (np.float64, np.float32):
        point = arguments(cell, batched=True, dtype=dtype)
        assert_allclose(compiled.step(**point), in_python.step(**point), rtol=1e-6)
        for item in blocks:
            vector = {} if item.cotangent is None else {"tangent": point[str(item.wrt.name)]}
            expected = getattr(in_python, item.name)(**point, **vector)
            value = getattr(compiled, item.name)(**point, **vector)
            assert value.dtype == dtype
            rtol, atol = (1e-12, 1e-14) if dtype is np.float64 else (1e-5, 1e-6)
            assert_allclose(value, expected, rtol=rtol, atol=atol, err_msg=item.name)


@pytest.mark.parametrize(
    ("target", "slip"),
    [
        ("numpy", ("(g * dtanh_a, W_r)", "(dtanh_a, W_r)")),
        ("array_api", ("(g * dtanh_a)[..., :, None] * W_r", "dtanh_a[..., :, None] * W_r")),
        ("numba", ("c0_ = g[i_] * dtanh_a[i_]", "c0_ = dtanh_a[i_]")),
    ],
)
def test_a_planted_slip_is_seen(target: str, slip: tuple[str, str]) -> None:
    """The drive term of the multi gate without its gate."""
    cell = next(cell for cell in LIBRARY if cell.name == "multi_gate")
    parts: list[tuple[str, Cell | Derivation]] = [("step", cell), *((item.name, item) for item in every(cell))]
    text = suite(parts, target)
    assert slip[0] in text
    planted = (uncompiled if target == "numba" else load_module)(text.replace(*slip, 1), "planted")
    bad = disagreements(planted, cell, np.asarray, batched=True, dtype=np.float64)
    assert "multi_gate_jacobian_x" in bad
    assert not [name for name in bad if "jacobian_x" not in name]


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(cell=cells(), n=st.integers(1, 3), seed=st.integers(0, 99))
def test_the_targets_agree_on_any_cell(cell: Cell, n: int, seed: int) -> None:
    """Whole cells drawn at random, with batch axes; the NumPy target is held to complex step in test_values."""
    point = draw_point(cell, seed, 0.3, n=n, m=2)
    for state in cell.states:
        point[state.name] = np.stack([point[state.name], 0.5 * point[state.name]])
    parts: list[tuple[str, Cell | Derivation]] = [("step", cell), *((item.name, item) for item in every(cell))]
    numpy, array_api, numba = (
        (uncompiled if target == "numba" else load_module)(suite(parts, target), "drawn")
        for target in ("numpy", "array_api", "numba")
    )
    with np.errstate(all="ignore"):
        for name, item in parts:
            given_ = dict(point)
            if isinstance(item, Derivation) and item.cotangent is not None:
                given_[str(item.cotangent.name)] = point[cell.state().name]
            expected = getattr(numpy, name)(**given_)
            if not np.all(np.abs(expected) < 1e6):
                continue
            for other in (array_api, numba):
                found = getattr(other, name)(**given_)
                assert found.shape == expected.shape
                assert_allclose(found, expected, rtol=1e-10, atol=1e-12 * max(1, np.abs(expected).max(initial=0)))
