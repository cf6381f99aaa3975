"""Cells drawn from the whole language: several states and inputs, numbers, delays, every registered function.

Each is compared with complex step, with ``jax.grad`` and complex step through time, and proved.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import symgate as sg
from symgate.exporting import trained
from symgate.interop.autodiff import _double_precision
from symgate.language import sigma, tanh
from symgate.numeric import loss_gradient, rollout
from symgate.numeric.load import lambdify, load_module
from symgate.records import Cell
from tests.expressions import left_out
from tests.in_jax import gradients
from tests.oracles import complex_step, draw_point, environment, sizes_of
from tests.strategies import whole_cells

SIZES = {"n": 3, "m": 2, "k": 2}
STEPS, LARGE = 3, 1e8
DRAWN = int(os.environ.get("SYMGATE_DRAWN", "6"))
RELAXED = list(HealthCheck)


class Course:
    """A drawn cell at a point: three steps, pushes on every state, and its loss by the plain reading."""

    def __init__(self, cell: Cell, seed: int) -> None:
        self.cell, self.sizes = cell, sizes_of(cell, **SIZES)
        self.point = draw_point(cell, seed, 0.4, **SIZES)
        rng = np.random.default_rng(seed)
        self.params = {str(p.name): self.point[str(p.name)] for p in cell.parameters}
        self.starts = {state.name: self.point[state.name] for state in cell.states}
        shapes = {str(u.name): np.shape(self.point[str(u.name)]) for u in cell.inputs}
        self.inputs = {name: 0.5 * np.abs(rng.standard_normal((STEPS, *shape))) for name, shape in shapes.items()}
        self.pushes = {name: rng.standard_normal((STEPS, *value.shape)) for name, value in self.starts.items()}
        self.along = {name: rng.standard_normal(np.shape(value)) for name, value in self.params.items()}

    def slope(self) -> float:
        """The derivative of the loss along one direction of all parameters, by complex step."""
        moved = {name: value + 1e-30j * self.along[name] for name, value in self.params.items()}
        states, total = dict(self.starts), 0j
        for t in range(STEPS):
            now = {**moved, **states, **{name: value[t] for name, value in self.inputs.items()}}
            found = environment(self.cell, now, self.sizes)
            states = {state.name: found[state.after][:, 0] for state in self.cell.states}
            total += sum((self.pushes[name][t] * value).sum() for name, value in states.items())
        return float(total.imag / 1e-30)

    def found(self) -> dict[str, np.ndarray]:
        """The gradient by every parameter, by the generated adjoint."""
        trajectory = rollout(self.cell, self.params, self.inputs, self.starts)
        several = len(self.starts) > 1
        return loss_gradient(trajectory, self.pushes if several else next(iter(self.pushes.values())))

    def trained(self, word: str) -> dict[str, np.ndarray]:
        """The same by a module to train the cell with, of torch or jax."""
        library = pytest.importorskip(word)
        module = load_module(trained(self.cell, word), "drawn")
        values = {**self.starts, **self.inputs, **self.params}
        steps = {} if self.cell.inputs else {"steps": STEPS}
        if word == "jax":

            def loss(params: dict[str, Any]) -> Any:
                found = module.sequence(**{**ready, **params}, **steps)
                return sum((push * after).sum() for push, after in zip(self.pushes.values(), found, strict=True))

            with _double_precision(library):
                ready = {name: library.numpy.asarray(value) for name, value in values.items()}
                each = library.grad(loss)({name: ready[name] for name in self.params})
                return {name: np.asarray(value) for name, value in each.items()}
        given_ = {name: library.tensor(np.asarray(values[name]), requires_grad=True) for name in self.cell.symbols}
        pairs = zip(self.pushes.values(), module.sequence(**given_, **steps), strict=True)
        total = sum((library.tensor(push) * after).sum() for push, after in pairs)
        wanted = [given_[name] for name in self.params]
        found = library.autograd.grad(total, wanted, allow_unused=True, materialize_grads=True)
        return {name: value.numpy() for name, value in zip(self.params, found, strict=True)}

    def total(self, gradient: dict[str, Any]) -> float:
        """A gradient along the direction."""
        return float(sum((np.asarray(gradient[name]) * d).sum() for name, d in self.along.items()))


@settings(max_examples=DRAWN, deadline=None, suppress_health_check=RELAXED)
@given(cell=whole_cells(), seed=st.integers(0, 99))
def test_every_block_is_the_derivative_of_the_step(cell: Cell, seed: int) -> None:
    """Of every state by every state and input, and by a weight."""
    sizes, point = sizes_of(cell, **SIZES), draw_point(cell, seed, 0.4, **SIZES)
    moving = [*(state.name for state in cell.states), *(str(u.name) for u in cell.inputs), "A"]
    with np.errstate(all="ignore"):
        for of in cell.states:
            for wrt in moving:
                wanted = complex_step(cell, point, wrt, sizes, of=of.name)
                if not np.all(np.abs(wanted) < LARGE):
                    continue
                bound = 1e-10 * (1 + np.abs(wanted).max())
                found = lambdify(sg.jacobian(cell, wrt, of.name))(**point)
                assert_allclose(found.reshape(wanted.shape), wanted, atol=bound, err_msg=f"{of.name} by {wrt}")


@settings(max_examples=max(1, DRAWN // 2), deadline=None, suppress_health_check=RELAXED)
@given(cell=whole_cells(), seed=st.integers(0, 99))
def test_gradients_through_time_by_three_routes(cell: Cell, seed: int) -> None:
    """The generated adjoint, ``jax.grad`` of the same recurrence, and complex step along a direction."""
    jax = pytest.importorskip("jax")
    course = Course(cell, seed)
    with np.errstate(all="ignore"), _double_precision(jax):
        slope, found = course.slope(), course.found()
        theirs = gradients(cell, course.point, course.inputs, course.pushes, course.sizes)
        sizes = [np.abs(np.asarray(value)).max(initial=0) for value in (slope, *theirs.values())]
        if not np.all(np.array(sizes) < LARGE):
            return
        scale = max(1.0, *map(float, sizes))
        assert abs(course.total(found) - slope) <= 1e-9 * scale
        for name, value in theirs.items():
            assert_allclose(found[name] / scale, np.asarray(value) / scale, atol=1e-9, err_msg=name)


@settings(max_examples=max(1, DRAWN // 4), deadline=None, suppress_health_check=RELAXED)
@given(cell=whole_cells(), seed=st.integers(0, 99), word=st.sampled_from(["torch", "torch", "jax"]))
def test_modules_to_train_with_have_the_same_gradient(cell: Cell, seed: int, word: str) -> None:
    course = Course(cell, seed)
    with np.errstate(all="ignore"):
        slope = course.slope()
        if abs(slope) < LARGE:
            assert abs(course.total(course.trained(word)) - slope) <= 1e-8 * max(1.0, abs(slope))


def with_a_matrix_for_each_row(name: str) -> Cell:
    """A weight that a number of the step, or of the state, is inside of; or one that nothing moves."""
    c = sg.CellBuilder(name)
    x, u, dt, q = c.state("x"), c.input("u"), c.input("dt", 1), c.state("q", "k")
    A, C, v, s = c.matrix("A", "n", "n"), c.matrix("C", "n", "n"), c.vector("v", "n"), c.scalar("s")
    ones, B = c.ones("n"), c.matrix("B", "n", "m")
    matrix = {
        "input": tanh(dt * A) / (1 + C**2),
        "state": sigma((c.ones("k").T @ q) * A),
        "units": sigma(A * (ones @ x.T - C)),
        "steady": sigma(s * A),
    }[name]
    c.next(x, (matrix @ (x + v)) * (matrix.T @ (v + B @ u)) + (matrix @ v))
    c.next(q, 0.5 * q)
    return c.build()


@pytest.mark.parametrize("word", ["torch", pytest.param("jax", marks=pytest.mark.full)])
@pytest.mark.parametrize("name", ["input", "state", "units", "steady"])
def test_matrices_that_have_a_value_for_each_row_are_trained(name: str, word: str) -> None:
    course = Course(with_a_matrix_for_each_row(name), 4)
    slope = course.slope()
    assert abs(course.total(course.found()) - slope) <= 1e-10 * (1 + abs(slope))
    assert abs(course.total(course.trained(word)) - slope) <= 1e-10 * (1 + abs(slope))


@settings(max_examples=DRAWN, deadline=None, suppress_health_check=RELAXED)
@given(cell=whole_cells(), data=st.data())
def test_every_block_is_proved_and_printed(cell: Cell, data: st.DataObject) -> None:
    of, wrt = (data.draw(st.sampled_from([state.name for state in cell.states])) for _ in range(2))
    for item in (sg.jacobian(cell, wrt, of), sg.vjp(cell, "A", of)):
        certificate = sg.verify(item, routes=("decision", "modular"))
        assert certificate.verdict == "proved", str(certificate)
        assert sg.latex(item).isascii()
        assert sg.text(item).isascii()


def test_every_registered_function_is_drawn() -> None:
    """A function that is registered later has to join the language that is drawn."""
    assert left_out() == set()


def test_the_routes_can_fail() -> None:
    """A gradient that misses one entry is seen by the direction, and by jax."""
    jax = pytest.importorskip("jax")
    course = Course(sg.cell("lstm"), 3)
    found, slope = course.found(), course.slope()
    assert abs(course.total(found) - slope) < 1e-12
    wrong = {**found, "W_i": found["W_i"] * (1 + 1e-6)}
    assert abs(course.total(wrong) - slope) > 1e-9
    with _double_precision(jax):
        theirs = gradients(course.cell, course.point, course.inputs, course.pushes, course.sizes)
    assert_allclose(found["W_i"], theirs["W_i"], rtol=1e-9)
