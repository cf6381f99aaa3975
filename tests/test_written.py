"""Every construct of the language, swept: derivatives, proofs, code on every target, gradients through time."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import symgate as sg
from symgate.codegen import source
from symgate.derive import objects
from symgate.interop.autodiff import _double_precision
from symgate.numeric import loss_gradient, rollout
from symgate.numeric.load import lambdify
from symgate.records import Cell, Derivation, Kind
from tests.codegen.numba_in_python import uncompiled
from tests.in_jax import gradients
from tests.oracles import complex_step, draw_point, environment, sizes_of
from tests.strategies import cells
from tests.written import WRITTEN

SIZES = {"n": 3, "m": 2}
TARGETS = ["numpy", "array_api", "array_api on strict", "array_api on torch", "numba"]
#: The routes of a proof, and of cells with many arguments only these: derivatives of the first state.
ROUTES = ("decision", "modular")


def named(item: Any) -> str:
    return str(item.name)


def evaluated(item: Derivation, target: str, point: dict[str, Any]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The value of the generated function, and its terms."""
    if target == "numba":
        module = uncompiled(source(item, "numba"), item.name)
        return getattr(module, item.name)(**point), getattr(module, f"{item.name}_terms")(**point)
    word = target.rsplit(maxsplit=1)[-1]
    if word in {"strict", "torch"}:
        xp = pytest.importorskip({"strict": "array_api_strict"}.get(word, word))
        point = {name: xp.asarray(np.asarray(value)) for name, value in point.items()}
    f = lambdify(item, target.split(maxsplit=1)[0])
    return np.asarray(f(**point)), {name: np.asarray(value) for name, value in f.terms(**point).items()}


@pytest.mark.sweep(12)
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("cell", WRITTEN, ids=named)
def test_every_object_agrees_with_complex_step_on_every_target(cell: Cell, target: str) -> None:
    sizes, point = sizes_of(cell, **SIZES), draw_point(cell, **SIZES)
    for item in objects(cell):
        wanted = complex_step(cell, point, str(item.wrt.name), sizes, of=str(item.of.name))
        extra = {}
        if item.kind is Kind.VJP:
            extra = {"lam": np.random.default_rng(0).standard_normal(len(wanted))}
            wanted = (extra["lam"] @ wanted).reshape(np.shape(point[str(item.wrt.name)]), order="F")
        value, terms = evaluated(item, target, {**point, **extra})
        assert_allclose(value, wanted, rtol=1e-11, atol=1e-13, err_msg=item.name)
        assert_allclose(sum(terms.values()), value, rtol=1e-11, atol=1e-13, err_msg=item.name)


@pytest.mark.sweep(6)
@pytest.mark.parametrize("cell", WRITTEN, ids=named)
def test_every_object_is_proved_and_printed(cell: Cell) -> None:
    """For all sizes; layer-like normalisations of a product are left to the sampled sweep below."""
    for item in objects(cell):
        if cell.name == "spread" and str(item.wrt.name) not in {"x", "gamma"}:
            continue
        sg.verify(item, routes=ROUTES).require()
        assert sg.latex(item)
        assert sg.text(item)


@pytest.mark.sweep(6)
@pytest.mark.parametrize("cell", WRITTEN, ids=named)
def test_a_planted_slip_is_refuted(cell: Cell) -> None:
    """Masks dropped, slopes without their matrix, transposed weights: no slip of the state Jacobian passes."""
    from symgate.proof import slips

    J = sg.jacobian(cell, of=cell.states[0].name)
    planted = list(slips(J))[:12]
    assert planted
    for slip in planted:
        assert sg.verify(slip.derivation, routes=("modular",)).verdict == "refuted", slip.place


@pytest.mark.parametrize("batched", [False, True])
@pytest.mark.parametrize("cell", WRITTEN, ids=named)
def test_gradients_through_time_agree_with_complex_step(cell: Cell, batched: bool) -> None:
    """The generated adjoint over four steps, by parameters, inputs and initial states; batches are sums."""
    sizes, point = sizes_of(cell, **SIZES), draw_point(cell, scale=0.4, **SIZES)
    rng, steps = np.random.default_rng(3), 4
    numbers = {str(size): value for size, value in sizes.items()}
    every = (2,) if batched else ()
    inputs = {}
    for symbol in cell.inputs:
        core = [numbers.get(str(size), size) for size in getattr(symbol, "shape", ())[:1]]
        inputs[str(symbol.name)] = 0.5 * np.abs(rng.standard_normal((*every, steps, *core)))
    params = {str(p.name): point[str(p.name)] for p in cell.parameters}
    starts = {state.name: point[state.name] for state in cell.states}
    pushes = {name: rng.standard_normal((*every, steps, *np.shape(value))) for name, value in starts.items()}

    def loss(values: dict[str, Any], fed: dict[str, Any], pushed: dict[str, Any]) -> complex:
        states, total = {name: values[name] for name in starts}, 0j
        for t in range(steps):
            now = {**values, **states, **{name: value[t] for name, value in fed.items()}}
            found = environment(cell, now, sizes)
            states = {state.name: found[state.after][:, 0] for state in cell.states}
            total += sum((pushed[name][t] * states[name]).sum() for name in states)
        return total

    trajectory = rollout(cell, params, inputs, starts, keep=True)
    delta = pushes if len(pushes) > 1 else pushes[cell.states[0].name]
    found = loss_gradient(trajectory, delta, list(params))
    for name, value in params.items():
        wanted = np.zeros(np.shape(value))
        for index in np.ndindex(np.shape(value)):
            moved = np.array(value, complex)
            moved[index] += 1e-30j
            for b in range(2) if batched else [...]:
                fed = {key: item[b] for key, item in inputs.items()}
                pushed = {key: item[b] for key, item in pushes.items()}
                wanted[index] += loss({**point, name: moved}, fed, pushed).imag / 1e-30
        assert_allclose(found[name], wanted, rtol=1e-9, atol=1e-12, err_msg=name)


@given(cell=cells(depth=2, intermediates=2), seed=st.integers(0, 1000))
@settings(max_examples=int(os.environ.get("SYMGATE_DRAWN", "12")), deadline=None)
def test_drawn_cells_have_the_gradients_of_jax_through_time(cell: Cell, seed: int) -> None:
    """Cells from the whole language, three steps, against ``jax.grad`` of the same recurrence."""
    jax = pytest.importorskip("jax")
    sizes, point = sizes_of(cell, **SIZES), draw_point(cell, seed=seed, scale=0.4, **SIZES)
    rng, steps = np.random.default_rng(seed), 3
    inputs = {"u": 0.5 * rng.standard_normal((steps, SIZES["m"]))}
    pushes = rng.standard_normal((steps, SIZES["n"]))
    params = {str(p.name): point[str(p.name)] for p in cell.parameters}
    found = loss_gradient(rollout(cell, params, inputs, {"x": point["x"]}), pushes, list(params))
    with _double_precision(jax):
        wanted = gradients(cell, point, inputs, pushes, sizes)
        for name, value in wanted.items():
            if not np.isfinite(value).all():
                continue
            scale = max(1.0, float(np.abs(np.asarray(value)).max()))
            assert_allclose(found[name] / scale, np.asarray(value) / scale, atol=1e-9, err_msg=name)
