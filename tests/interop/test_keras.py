"""Weights of keras: its equations typed by hand, then parity with keras itself where it is installed."""

from __future__ import annotations

import importlib
import os
import re
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

import symgate as sg
from symgate.errors import ShapeError, UnknownNameError
from symgate.numeric.load import lambdify
from symgate.records import Cell
from tests.reference.common import sigma

#: keras 3.15 on NumPy 2 warns about itself.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

N, M, STEPS = 4, 3, 6
FORMS = ("rnn", "gru after", "gru before", "lstm")
BLOCKS = {"rnn": 1, "gru": 3, "lstm": 4}


def arrays(form: str, *, bias: bool = True) -> list[np.ndarray]:
    """As layer.get_weights() lists them."""
    rng, k = np.random.default_rng(1), BLOCKS[form.split(maxsplit=1)[0]]
    found = [rng.standard_normal((M, k * N)), rng.standard_normal((N, k * N))]
    return [*found, rng.standard_normal((2, k * N) if form == "gru after" else k * N)] if bias else found


def by_hand(form: str, given: list[np.ndarray], u: np.ndarray, h: np.ndarray, c: np.ndarray) -> list[np.ndarray]:
    """The call methods of keras's cells, transcribed."""
    kernel, recurrent = given[:2]
    k = kernel.shape[1]
    bias = given[2] if len(given) > 2 else np.zeros((2, k) if form == "gru after" else k)
    if form == "rnn":
        return [np.tanh(u @ kernel + bias + h @ recurrent)]
    if form == "lstm":
        i, f, new, o = np.split(u @ kernel + h @ recurrent + bias, 4)
        c = sigma(f) * c + sigma(i) * np.tanh(new)
        return [sigma(o) * np.tanh(c), c]
    if form == "gru after":
        x_z, x_r, x_h = np.split(u @ kernel + bias[0], 3)
        h_z, h_r, h_h = np.split(h @ recurrent + bias[1], 3)
        z, r = sigma(x_z + h_z), sigma(x_r + h_r)
        candidate = np.tanh(x_h + r * h_h)
    else:
        x_z, x_r, x_h = np.split(u @ kernel + bias, 3)
        z, r = sigma(x_z + h @ recurrent[:, :N]), sigma(x_r + h @ recurrent[:, N : 2 * N])
        candidate = np.tanh(x_h + (r * h) @ recurrent[:, 2 * N :])
    return [z * h + (1 - z) * candidate]


def after(cell: Cell, params: dict[str, np.ndarray], u: np.ndarray, h: np.ndarray, c: np.ndarray) -> list[np.ndarray]:
    """The step of the cell, its states as a list."""
    states = dict(zip((state.name for state in cell.states), (h, c), strict=False))
    found = lambdify(cell)(u=u, **params, **states)
    return list(found) if len(cell.states) > 1 else [found]


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("form", FORMS)
def test_the_equations_of_keras(form: str, bias: bool) -> None:
    given = arrays(form, bias=bias)
    reset_after = None if bias else form == "gru after"
    cell, params = sg.interop.from_keras_weights(given, form.split(maxsplit=1)[0], reset_after=reset_after)
    u, h, c = np.random.default_rng(2).standard_normal((3, N))
    wanted = by_hand(form, given, u[:M], h, c)

    assert cell.name == {"rnn": "plain", "gru after": "gru", "gru before": "gru_original"}.get(form, form)
    for found, value in zip(after(cell, params, u[:M], h, c), wanted, strict=True):
        assert_allclose(found, value, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("form", FORMS)
def test_fixed_points_stay_under_the_equations_of_keras(form: str) -> None:
    """Found from the loaded weights, held by the equations typed by hand."""
    given = arrays(form)
    cell, params = sg.interop.from_keras_weights(given, form.split(maxsplit=1)[0], reset_after=form == "gru after")
    u = np.full(M, 0.3)
    found = sg.numeric.fixed_points(cell, params, u, 30)
    assert (~found.slow).any()
    for x in found.points[~found.slow]:
        h, c = x[:N], x[N:]
        assert_allclose(np.concatenate(by_hand(form, given, u, h, c)), x, atol=1e-8)


def test_torchs_order_of_blocks_would_be_caught() -> None:
    """The parity can fail: read as if the reset gate came first, the step is another one."""
    given = arrays("gru after")
    _, params = sg.interop.from_keras_weights(given, "gru")
    swapped = params | {f"{k}_r": params[f"{k}_z"] for k in "WUb"} | {f"{k}_z": params[f"{k}_r"] for k in "WUb"}
    u, h, c = np.random.default_rng(2).standard_normal((3, N))

    found = after(sg.cell("gru"), swapped, u[:M], h, c)[0]
    assert np.max(np.abs(found - by_hand("gru after", given, u[:M], h, c)[0])) > 1e-2


def test_activations() -> None:
    assert sg.interop.from_keras_weights(arrays("rnn"), "rnn", phi="linear")[0] == sg.cell("plain", phi="identity")
    assert sg.interop.from_keras_weights(arrays("gru after"), "gru", phi="relu")[0] == sg.cell("gru", phi="relu")
    with pytest.raises(UnknownNameError, match="activation of an LSTM"):
        sg.interop.from_keras_weights(arrays("lstm"), "lstm", phi="relu")
    with pytest.raises(UnknownNameError, match="nonlinearity"):
        sg.interop.from_keras_weights(arrays("rnn"), "rnn", phi="hard_silu")


def test_what_does_not_fit_is_refused() -> None:
    load = sg.interop.from_keras_weights
    with pytest.raises(UnknownNameError, match="kind of layer"):
        load(arrays("rnn"), "GRUs")
    with pytest.raises(ShapeError, match=re.escape("4 blocks side by side: kernel (m, 4 n)")):
        load(arrays("gru after"), "lstm")
    with pytest.raises(ShapeError, match="two or three arrays, kernel, recurrent kernel and bias; found 1"):
        load(arrays("rnn")[:1], "rnn")
    with pytest.raises(ShapeError, match="Or does reset_after have the other value"):
        load(arrays("gru before"), "gru", reset_after=True)
    with pytest.raises(ShapeError, match=re.escape("found (2, 3, 12) and (2, 4, 12)")):
        load([np.stack([value, value]) for value in arrays("gru after")], "gru")
    with pytest.raises(UnknownNameError, match="recurrent layer"):
        sg.interop.from_keras(object())


@pytest.fixture(scope="module")
def keras() -> Any:
    """keras on the jax backend, in float64 for this module only: off tensorflow it rounds results to float32."""
    jax = pytest.importorskip("jax")
    os.environ.setdefault("KERAS_BACKEND", "jax")
    library = pytest.importorskip("keras")
    if library.backend.backend() != "jax":
        pytest.skip("keras runs on another backend here")
    rounding = importlib.import_module("keras.src.backend.common.dtypes").BIT64_TO_BIT32_DTYPE
    before = jax.config.jax_enable_x64, library.config.floatx()
    jax.config.update("jax_enable_x64", val=True)
    library.config.set_floatx("float64")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(rounding, "float64", "float64")
        yield library
    jax.config.update("jax_enable_x64", before[0])
    library.config.set_floatx(before[1])


@pytest.mark.parametrize("form", FORMS)
def test_parity_with_keras(keras: Any, form: str) -> None:
    """Forward over a sequence, the state Jacobian, to 1e-12; the gradients by all weights, to 1e-11."""
    import jax

    kind = form.split(maxsplit=1)[0]
    options = {"gru after": {"reset_after": True}, "gru before": {"reset_after": False}}.get(form, {})
    name = {"rnn": "SimpleRNN", "gru": "GRU", "lstm": "LSTM"}[kind]
    layer = getattr(keras.layers, f"{name}Cell")(N, dtype="float64", **options)
    layer.build((None, M))
    layer.set_weights(arrays(form))
    cell, params = sg.interop.from_keras(layer)
    rng = np.random.default_rng(3)
    u, start = rng.standard_normal((STEPS, M)), rng.standard_normal((len(cell.states), N))

    fixed = [value.value for value in layer.non_trainable_variables]

    def step(weights: list[Any], before: Any, given: Any = u[0]) -> Any:
        pairs = list(zip(layer.trainable_variables, weights, strict=True))
        (_, new), _ = layer.stateless_call([value for _, value in pairs], fixed, given[None], [s[None] for s in before])
        return jax.numpy.stack([state[0] for state in (new if isinstance(new, (list, tuple)) else [new])])

    states, wanted = list(start), start
    for t in range(STEPS):
        states = after(cell, params, u[t], *(*states, np.zeros(N))[:2])
        wanted = step([value.value for value in layer.trainable_variables], wanted, u[t])
        assert_allclose(states, wanted, rtol=1e-12, atol=1e-14)
    whole_layer = getattr(keras.layers, name)(N, **options)
    whole_layer.build((None, None, M))
    whole_layer.set_weights(arrays(form))
    same = sg.interop.from_keras(whole_layer)
    assert same[0] == cell
    assert all(np.allclose(same[1][key], value, rtol=1e-6) for key, value in params.items())

    weights = [jax.numpy.asarray(value) for value in layer.get_weights()]
    values = dict(zip((state.name for state in cell.states), start, strict=True)) | {"u": u[0]}
    whole = jax.jacfwd(step, argnums=1)(weights, jax.numpy.asarray(start))
    for i, of in enumerate(cell.states):
        for j, by in enumerate(cell.states):
            J = lambdify(sg.jacobian(cell, wrt=by.name, of=of.name))(**params, **values)
            assert_allclose(J, whole[i, :, j], rtol=1e-12, atol=1e-14)

    lam = rng.standard_normal(N)
    _, pull = jax.vjp(lambda given: lam @ step(given, jax.numpy.asarray(start))[0], weights)
    kernel, recurrent, bias = (np.asarray(value) for value in pull(1.0)[0])
    own = {name: lambdify(sg.vjp(cell, name, cell.states[0].name))(**params, **values, lam=lam) for name in params}
    sign = {"z": -1 if form == "gru before" else 1}
    order = {"rnn": ("",), "gru": ("z", "r", "c"), "lstm": ("i", "f", "g", "o")}[kind]
    for k, name in enumerate(order):
        W, U, b = ("W_i", "W_r", "b") if kind == "rnn" else (f"W_{name}", f"U_{name}", f"b_{name}")
        place = slice(k * N, (k + 1) * N)
        assert_allclose(sign.get(name, 1) * own[W], kernel.T[place], rtol=1e-11, atol=1e-13)
        assert_allclose(sign.get(name, 1) * own[U], recurrent.T[place], rtol=1e-11, atol=1e-13)
        if form == "gru after":
            assert_allclose(own["d_c" if name == "c" else b], bias[1, place], rtol=1e-11, atol=1e-13)
        assert_allclose(sign.get(name, 1) * own[b], np.atleast_2d(bias)[0, place], rtol=1e-11, atol=1e-13)


def test_layers_that_have_no_cell(keras: Any) -> None:
    layer = keras.layers.LSTM(N, recurrent_activation="hard_sigmoid")
    layer.build((None, None, M))
    with pytest.raises(UnknownNameError, match="'hard_sigmoid' is not a known activation of gates"):
        sg.interop.from_keras(layer)
    with pytest.raises(ShapeError, match="no weights yet"):
        sg.interop.from_keras(keras.layers.GRU(N))
