"""Parity with flax.linen and equinox in float64: forward and state Jacobian to 1e-12, all gradients to 1e-11."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

import symgate as sg
from symgate.errors import ShapeError, UnknownNameError
from symgate.numeric.load import lambdify

jax = pytest.importorskip("jax")
N, M = 4, 3
CELLS = {
    "flax SimpleCell": "rnn",
    "flax GRUCell": "gru",
    "flax LSTMCell": "lstm",
    "flax OptimizedLSTMCell": "lstm",
    "nnx SimpleCell": "rnn",
    "nnx GRUCell": "gru",
    "nnx LSTMCell": "lstm",
    "nnx OptimizedLSTMCell": "lstm",
    "equinox GRUCell": "gru",
    "equinox LSTMCell": "lstm",
}
#: The states in the order in which each library carries them.
CARRY = {"flax": ("c", "h"), "nnx": ("c", "h"), "equinox": ("h", "c")}


@pytest.fixture(autouse=True)
def _double() -> Iterator[None]:
    """float64 for these tests only."""
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", val=True)
    yield
    jax.config.update("jax_enable_x64", before)


def made(which: str) -> tuple[Any, Callable[..., Any], Callable[[Any], Any]]:
    """(parameters, step(parameters, carry, u) -> carry, how to load parameters or gradients of them)."""
    library, name = which.split()
    key = jax.random.PRNGKey(0)
    if library == "flax":
        linen = pytest.importorskip("flax.linen")
        module = getattr(linen, name)(N, param_dtype="float64")
        carry = module.initialize_carry(key, (M,))
        params = module.init(key, carry, np.zeros(M))
        leaves, form = jax.tree_util.tree_flatten(params)
        keys = jax.random.split(key, len(leaves))
        drawn = [jax.random.normal(k, leaf.shape, "float64") for k, leaf in zip(keys, leaves, strict=True)]
        params = jax.tree_util.tree_unflatten(form, drawn)  # biases are zero at first
        return (
            params,
            lambda given, carry, u: module.apply(given, carry, u)[0],
            lambda tree: sg.interop.from_flax(tree, CELLS[which]),
        )
    if library == "nnx":
        return _nnx(name, CELLS[which])
    equinox = pytest.importorskip("equinox")
    module = getattr(equinox.nn, name)(M, N, key=key)
    return module, lambda given, carry, u: given(u, carry), sg.interop.from_equinox


def _nnx(name: str, kind: str) -> tuple[Any, Callable[..., Any], Callable[[Any], Any]]:
    """A cell of flax.nnx with random biases."""
    nnx = pytest.importorskip("flax.nnx")
    draw = jax.nn.initializers.normal(1.0)
    biases = {"bias_init": draw} if kind != "rnn" else {}
    module = getattr(nnx, name)(M, N, dtype="float64", param_dtype="float64", rngs=nnx.Rngs(0), **biases)
    form, params, rest = nnx.split(module, nnx.Param, ...)

    def step(given: Any, carry: Any, u: Any) -> Any:
        return nnx.merge(form, given, rest)(carry, u)[0]

    return params, step, lambda state: sg.interop.from_flax(nnx.to_pure_dict(state), kind)


def packed(which: str, states: dict[str, Any]) -> Any:
    """States by name as that library carries them."""
    order = CARRY[which.split(maxsplit=1)[0]]
    return tuple(states[name] for name in order) if len(states) > 1 else next(iter(states.values()))


def stepping(which: str) -> tuple[Any, dict[str, np.ndarray], Callable[..., Any], Any]:
    """Cell, values of its arguments, step(parameters, states) -> states by name, and the parameters."""
    params, step, load = made(which)
    cell, own = load(params)
    rng = np.random.default_rng(2)
    values = {state.name: rng.standard_normal(N) for state in cell.states} | {"u": rng.standard_normal(M)}

    def after(given: Any, states: dict[str, Any]) -> dict[str, Any]:
        new = step(given, packed(which, states), values["u"])
        order = CARRY[which.split(maxsplit=1)[0]] if len(states) > 1 else list(states)
        return dict(zip(order, new if len(states) > 1 else (new,), strict=True))

    return cell, {**values, **own}, after, params


@pytest.mark.parametrize("which", CELLS)
def test_forward_and_jacobians(which: str) -> None:
    cell, values, after, params = stepping(which)
    states = {state.name: jax.numpy.asarray(values[state.name]) for state in cell.states}

    found = lambdify(cell)(**values)
    wanted = after(params, states)
    for state, value in zip(cell.states, found if len(cell.states) > 1 else [found], strict=True):
        assert_allclose(value, wanted[state.name], rtol=1e-12, atol=1e-14)
    whole = jax.jacfwd(lambda given: after(params, given))(states)
    for of in cell.states:
        for by in cell.states:
            J = lambdify(sg.jacobian(cell, wrt=by.name, of=of.name))(**values)
            assert_allclose(J, whole[of.name][by.name], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("which", CELLS)
def test_parameter_gradients(which: str) -> None:
    """No bias is a sum here, so the gradient loads like the parameters themselves, under the same names."""
    cell, values, after, params = stepping(which)
    states = {state.name: jax.numpy.asarray(values[state.name]) for state in cell.states}
    lam = np.random.default_rng(3).standard_normal(N)
    load = made(which)[2]
    for of in cell.states:

        def loss(given: Any, of: Any = of) -> Any:
            return lam @ after(given, states)[of.name]

        _, wanted = load(jax.grad(loss)(params))
        for name, value in wanted.items():
            if which == "nnx GRUCell" and name == "d_c":
                continue  # it has no such bias: nothing to compare with
            own = lambdify(sg.vjp(cell, name, of.name))(**values, lam=lam)
            assert_allclose(own, value, rtol=1e-11, atol=1e-13, err_msg=name)


@pytest.mark.parametrize("which", ["flax GRUCell", "nnx LSTMCell", "equinox GRUCell", "equinox LSTMCell"])
def test_fixed_points_stay_under_the_step_of_the_library(which: str) -> None:
    """Found from the loaded weights, held by the cell that they come from."""
    params, step, load = made(which)
    cell, own = load(params)
    u = np.full(M, 0.3)
    found = sg.numeric.fixed_points(cell, own, u, 30)
    assert (~found.slow).any()
    for x in found.points[~found.slow]:
        parts = np.split(x, len(cell.states))
        states = {state.name: jax.numpy.asarray(part) for state, part in zip(cell.states, parts, strict=True)}
        before = packed(which, states)
        assert_allclose(np.ravel(step(params, before, u)), np.ravel(before), atol=1e-8)


def test_a_permuted_block_would_be_caught() -> None:
    """The parity can fail: with r and z exchanged the step is another one."""
    cell, values, after, params = stepping("flax GRUCell")
    swapped = values | {f"{k}_r": values[f"{k}_z"] for k in "WUb"} | {f"{k}_z": values[f"{k}_r"] for k in "WUb"}

    assert np.max(np.abs(lambdify(cell)(**swapped) - after(params, {"x": values["x"]})["x"])) > 1e-2


def test_what_does_not_fit_is_refused() -> None:
    tree = jax.tree_util.tree_map(np.asarray, made("flax GRUCell")[0])["params"]
    with pytest.raises(UnknownNameError, match="'ii/kernel' is not a known block of a flax tree of kind 'lstm'"):
        sg.interop.from_flax(tree, "lstm")
    with pytest.raises(UnknownNameError, match="kind of layer"):
        sg.interop.from_flax(tree, "mgu")
    wide = tree | {"hz": {"kernel": np.ones((N, N + 1))}}
    with pytest.raises(ShapeError, match=re.escape("one shape; found [(4, 4), (5, 4), (4, 4)] for weight_hh")):
        sg.interop.from_flax(wide, "gru")
    batch = jax.tree_util.tree_map(lambda value: np.stack([value, value]), tree)
    with pytest.raises(ShapeError, match=re.escape("The kernel of 'ir' is a matrix (inputs, units); found (2, 3, 4)")):
        sg.interop.from_flax(batch, "gru")
    with pytest.raises(UnknownNameError, match=r"cell of equinox.*model\.cell"):
        sg.interop.from_equinox(tree)
    equinox = pytest.importorskip("equinox")
    ensemble = equinox.filter_vmap(lambda key: equinox.nn.GRUCell(M, N, key=key))(
        jax.random.split(jax.random.PRNGKey(0), 2)
    )
    with pytest.raises(ShapeError, match="bias_n has one entry for each"):
        sg.interop.from_equinox(ensemble)


def test_without_bias_and_in_half_precision() -> None:
    equinox = pytest.importorskip("equinox")
    _, params = sg.interop.from_equinox(equinox.nn.GRUCell(M, N, use_bias=False, key=jax.random.PRNGKey(0)))
    assert not any(params[name].any() for name in ("b_r", "b_z", "b_c", "d_c"))
    half = equinox.nn.LSTMCell(M, N, dtype=jax.numpy.bfloat16, key=jax.random.PRNGKey(0))
    assert {value.dtype for value in sg.interop.from_equinox(half)[1].values()} == {np.dtype(np.float32)}
