"""Generated functions against complex step of the recurrence, evaluated by an independent reader of the notation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from symgate.cells import CELLS
from symgate.cells import cell as built_in
from symgate.codegen import suite
from symgate.derive import jacobian, objects
from symgate.language import CellBuilder, sigma, tanh
from symgate.numeric.load import lambdify, load_module
from symgate.records import Cell, Derivation
from tests.codegen.numba_in_python import uncompiled
from tests.drawn import examples
from tests.oracles import complex_step, draw_point, environment, evaluate, sizes_of
from tests.strategies import cells

EVERY = [(cell, derivation) for cell in CELLS for derivation in objects(cell)]


def named(case: object) -> str:
    return getattr(case, "name", "")


def arguments(derivation: Derivation, point: dict[str, np.ndarray], seed: int = 0) -> dict[str, np.ndarray]:
    """The point, with a cotangent where one is needed."""
    if derivation.cotangent is None:
        return dict(point)
    return {**point, "lam": np.random.default_rng(seed).standard_normal(point[str(derivation.of.name)].shape)}


def expected(derivation: Derivation, given_: dict[str, np.ndarray], n: int, m: int) -> np.ndarray:
    """The Jacobian by complex step, pulled back where a vector-Jacobian product is asked."""
    cell, name = derivation.cell, str(derivation.wrt.name)
    J = complex_step(cell, given_, name, sizes_of(cell, n=n, m=m), of=str(derivation.of.name))
    return J if derivation.cotangent is None else (given_["lam"] @ J).reshape(np.shape(given_[name]), order="F")


@pytest.mark.parametrize("cell", CELLS, ids=named)
def test_the_step_is_the_recurrence(cell: Cell) -> None:
    point = draw_point(cell, n=5, m=3)
    values = environment(cell, point, sizes_of(cell, n=5, m=3))
    after = lambdify(cell)(**point)

    for state, value in zip(cell.states, after if len(cell.states) > 1 else [after], strict=True):
        assert_allclose(value, values[state.after][:, 0], rtol=1e-14)


@pytest.mark.sweep(60)
@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 3), (4, 2)])
@pytest.mark.parametrize("derivation", [derivation for _, derivation in EVERY], ids=named)
def test_every_object_is_the_derivative_of_the_step(derivation: Derivation, n: int, m: int) -> None:
    """Complex step has no truncation error, so the agreement is to rounding."""
    given_ = arguments(derivation, draw_point(derivation.cell, n=n, m=m))
    value = lambdify(derivation)(**given_)
    wanted = expected(derivation, given_, n, m)

    assert value.shape == wanted.shape
    assert_allclose(value, wanted, rtol=1e-12, atol=1e-15)


@pytest.mark.sweep(20)
@pytest.mark.parametrize("derivation", [derivation for _, derivation in EVERY], ids=named)
def test_each_named_term_is_its_expression(derivation: Derivation) -> None:
    cell, sizes = derivation.cell, sizes_of(derivation.cell, n=4, m=2)
    given_ = arguments(derivation, draw_point(cell, n=4, m=2))
    values = environment(cell, given_, sizes)
    if derivation.cotangent is not None:
        values[derivation.cotangent] = given_["lam"][:, None]
    terms = lambdify(derivation).terms(**given_)

    assert list(terms) == list(derivation.terms)
    for name, expr in derivation.named_terms:
        wanted = np.asarray(evaluate(expr, values, sizes)).reshape(terms[name].shape)
        assert_allclose(terms[name], wanted, rtol=1e-12, atol=1e-15)
    assert_allclose(sum(terms.values()), lambdify(derivation)(**given_), rtol=1e-13, atol=1e-15)


@settings(max_examples=examples(40))
@given(cell=cells(), n=st.integers(1, 4), m=st.integers(1, 3), seed=st.integers(0, 99))
def test_objects_of_any_cell_are_derivatives(cell: Cell, n: int, m: int, seed: int) -> None:
    """Whole cells drawn at random: step, every object and every term, alone and batched."""
    sizes, point = sizes_of(cell, n=n, m=m), draw_point(cell, seed, 0.3, n=n, m=m)
    after = environment(cell, point, sizes)[cell.state().after][:, 0]
    assert_allclose(lambdify(cell)(**point), after, rtol=1e-11, atol=1e-13)
    for derivation in objects(cell):
        given_ = arguments(derivation, point, seed)
        wanted = expected(derivation, given_, n, m)
        size = max(1.0, np.abs(wanted).max(initial=0))
        f = lambdify(derivation)
        value = f(**given_)
        assert value.shape == wanted.shape
        assert_allclose(value, wanted, rtol=1e-9, atol=1e-11 * size)
        assert_allclose(sum(f.terms(**given_).values()), value, rtol=1e-11, atol=1e-12 * size)
        twice = f(**{name: np.stack([array, array]) for name, array in given_.items()})
        assert_allclose(twice[1], value, rtol=1e-12, atol=1e-13 * size)


@settings(max_examples=examples(25))
@given(
    case=st.sampled_from(EVERY),
    n=st.integers(1, 5),
    m=st.integers(1, 4),
    batch=st.sampled_from([(), (1,), (3,), (0,), (2, 1), (2, 3)]),
    shared=st.booleans(),
    dtype=st.sampled_from([np.float32, np.float64]),
    scale=st.sampled_from([1e-3, 1.0, 30.0, 1e3]),
)
def test_batches_are_stacks_of_single_points(
    case: tuple[Cell, Derivation],
    n: int,
    m: int,
    batch: tuple[int, ...],
    shared: bool,
    dtype: type,
    scale: float,
) -> None:
    """Leading axes broadcast; each entry is what the function gives for that entry alone; the dtype is kept."""
    cell, derivation = case
    rng = np.random.default_rng(n + 10 * m)
    single = arguments(derivation, draw_point(cell, scale=scale, n=n, m=m))
    moving = {state.name for state in cell.states} | {str(u.name) for u in cell.inputs} | {"lam"}
    given_ = {}
    for name, value in single.items():
        axes = batch if name in moving or not shared else ()
        given_[name] = (scale * rng.standard_normal(axes + value.shape)).astype(dtype)
    f = lambdify(derivation)
    value = f(**given_)

    core = f(**{name: array.astype(dtype) for name, array in single.items()}).shape
    assert value.dtype == dtype
    assert value.shape == batch + core
    assert np.isfinite(value).all()
    for index in np.ndindex(batch):
        alone = f(**{name: array[index] if array.ndim > single[name].ndim else array for name, array in given_.items()})
        tolerance = 100 * np.finfo(dtype).eps * max(1.0, scale) ** 2
        assert_allclose(value[index], alone, rtol=1e3 * np.finfo(dtype).eps, atol=tolerance)


def test_batch_axes_of_states_and_parameters_broadcast() -> None:
    cell = built_in("multi_gate")
    derivation = objects(cell)[0]
    point = draw_point(cell, n=3, m=2)
    rng = np.random.default_rng(1)
    point["x"] = rng.standard_normal((5, 1, 3))
    point["W_r"] = rng.standard_normal((4, 3, 3))
    J = lambdify(derivation)(**point)

    assert J.shape == (5, 4, 3, 3)
    assert_allclose(
        J[2, 3], lambdify(derivation)(**{**point, "x": point["x"][2, 0], "W_r": point["W_r"][3]}), rtol=1e-13
    )


def test_a_cell_with_two_states_returns_both() -> None:
    c = CellBuilder("two_states")
    h, k = c.state("h", "n"), c.state("k", "n")
    W, V = c.matrix("W", "n", "n"), c.matrix("V", "n", "n")
    f = c.let("f", sigma(W @ h), role="gate")
    memory = c.let("memory", f * k + (1 - f) * tanh(V @ h))
    c.next(k, memory)
    c.next(h, f * tanh(memory))
    cell = c.build()
    point = draw_point(cell, n=3)
    sizes = sizes_of(cell, n=3)
    values = environment(cell, point, sizes)

    after = lambdify(cell)(**{**point, "h": np.stack([point["h"]] * 2)})
    for state, value in zip(cell.states, after, strict=True):
        assert value.shape == (2, 3)
        assert_allclose(value[1], values[state.after][:, 0], rtol=1e-14)
    for derivation in objects(cell):
        given_ = arguments(derivation, point)
        wanted = complex_step(cell, point, str(derivation.wrt.name), sizes, of=str(derivation.of.name))
        if derivation.cotangent is not None:
            wanted = (given_["lam"] @ wanted).reshape(point[str(derivation.wrt.name)].shape, order="F")
        assert_allclose(lambdify(derivation)(**given_), wanted, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("target", ["numpy", "array_api", "numba"])
def test_a_word_that_stands_twice_is_added_twice(target: str) -> None:
    c = CellBuilder("twice")
    x, b, W = c.state("x", "n"), c.vector("b", "n"), c.matrix("W", "n", "n")
    a = c.let("a", W @ x + b + W @ x)
    c.next(x, x + x + a + b + a + b + x)
    cell = c.build()
    load = uncompiled if target == "numba" else load_module
    module = load(suite([("step", cell), ("J", jacobian(cell))], target), f"twice_{target}")
    rng = np.random.default_rng(1)
    x0, b0, W0 = rng.normal(size=3), rng.normal(size=3), rng.normal(size=(3, 3))
    assert_allclose(module.step(x=x0, b=b0, W=W0), 3 * x0 + 2 * (2 * W0 @ x0 + b0) + 2 * b0, rtol=1e-13)
    assert_allclose(module.J(x=x0, b=b0, W=W0), 3 * np.eye(3) + 4 * W0, rtol=1e-13)
