"""The array API target under transformations, at extreme arguments, and with wrong ones; values: test_conformance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sympy.matrices.expressions import Identity, MatMul

from symgate.cells import cell
from symgate.codegen import suite
from symgate.derive import jacobian, objects
from symgate.numeric.load import lambdify, load_module, times
from symgate.records import Cell, Derivation
from tests.cells.test_matrix import drawn
from tests.codegen.numba_in_python import function
from tests.oracles import draw_point


def every(one: Cell) -> list[Cell | Derivation]:
    """The step and every derived object."""
    return [one, *objects(one), *(times(jacobian(one, by.name, of.name)) for of in one.states for by in one.states)]


def arrays(item: Cell | Derivation, batch: tuple[int, ...], dtype: type = np.float64) -> dict[str, np.ndarray]:
    """A point; states and cotangents have batch axes, parameters are shared."""
    owner = item if isinstance(item, Cell) else item.cell
    point = {name: np.asarray(value, dtype) for name, value in draw_point(owner, n=4, m=2).items()}
    rng = np.random.default_rng(0)
    for state in owner.states:
        point[state.name] = rng.standard_normal((*batch, 4)).astype(dtype)
    if isinstance(item, Derivation) and item.cotangent is not None:
        point[str(item.cotangent.name)] = rng.standard_normal((*batch, 4)).astype(dtype)
    return point


@pytest.mark.parametrize("one", [cell("multi_gate"), cell("lstm_1997")], ids=lambda one: one.name)
def test_under_jit_and_vmap(one: Cell) -> None:
    """Every object of two cells, compiled by JAX, and mapped over the states by JAX and by PyTorch."""
    jax, torch = pytest.importorskip("jax"), pytest.importorskip("torch")
    for item in every(one):
        point = arrays(item, (3,), np.float32)
        expected = lambdify(item)(**point)
        expected = expected if isinstance(expected, tuple) else (expected,)
        f = lambdify(item, "array_api")
        assert_same(jax.jit(f.func)(**point), expected)
        states = {state.name: 0 for state in one.states}
        for mapped, as_array in ((jax.vmap, jax.numpy.asarray), (torch.func.vmap, torch.asarray)):
            fixed = {name: as_array(value) for name, value in point.items() if name not in states}
            moving = {name: as_array(value) for name, value in point.items() if name in states}
            extra = [name for name in ("lam", "tangent") if name in fixed]
            moving |= {name: fixed.pop(name) for name in extra}
            assert_same(mapped(lambda moving, f=f, fixed=fixed: f(**moving, **fixed))(moving), expected)


@pytest.mark.filterwarnings("ignore:Dynamo detected:UserWarning")
def test_under_torch_compile() -> None:
    """Dynamo traces every object of the multi gate in one graph, arguments checked."""
    torch = pytest.importorskip("torch")
    for item in every(cell("multi_gate")):
        point = arrays(item, (3,))
        found = torch.compile(lambdify(item, "array_api").func, fullgraph=True, backend="eager")
        value = found(**{name: torch.asarray(array) for name, array in point.items()})
        assert_same(value, (lambdify(item)(**point),))


def assert_same(found: object, expected: tuple[np.ndarray, ...]) -> None:
    for value, true in zip(found if isinstance(found, tuple) else (found,), expected, strict=True):
        assert_allclose(np.asarray(value), true, rtol=2e-5, atol=1e-6)


SHIPPED = ("tanh", "relu", "softplus", "identity", "abs", "sin", "cos", "exp", "expm1", "sqrt", "erf", "sigma")


@pytest.mark.parametrize("target", ["array_api", "numba"])
@pytest.mark.parametrize("phi", SHIPPED)
def test_every_nonlinearity(phi: str, target: str) -> None:
    """From denormal to far beyond saturation, as the NumPy target has it."""
    bound = cell("plain", phi=phi)
    J = jacobian(bound)
    sizes = [0.0, 1e-310, 1e-8, 0.3, 1.9, 2.1, 5.9, 6.1, 20, 40, 700, 1e300]
    b = np.array([sign * size for size in sizes for sign in (1, -1)])
    n = len(b)
    point = {"x": np.zeros(n), "u": np.zeros(1), "W_r": np.eye(n), "W_i": np.zeros((n, 1)), "b": b}
    with np.errstate(all="ignore"):
        for item in (bound, J):
            found, expected = function(item, target)(**point), lambdify(item)(**point)
            assert_allclose(found, expected, rtol=3e-14 if phi == "erf" else 2e-15, atol=1e-300)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("b", [0.0] * 4, "b must be an array; found list"),
        ("b", np.ones(3), r"b must have shape .* with n = 4; found \(3,\)"),
        ("b", np.ones(4, complex), "b must hold real numbers, float32 or float64"),
        ("u", np.ones((5, 2)), "batch axes of u do not broadcast"),
    ],
)
def test_mistakes_are_named(name: str, value: object, message: str) -> None:
    J = jacobian(cell("multi_gate"))
    with pytest.raises((TypeError, ValueError), match=message):
        lambdify(J, "array_api")(**{**arrays(J, (3,)), name: value})


def test_arrays_of_two_libraries_are_named() -> None:
    pytest.importorskip("array_api_compat")
    strict = pytest.importorskip("array_api_strict")
    J = jacobian(cell("multi_gate"))
    f, point = lambdify(J, "array_api"), arrays(J, (3,))
    with pytest.raises(TypeError, match="x and W_g come from different array libraries"):
        f(**{**point, "W_g": strict.asarray(point["W_g"])})
    torch = pytest.importorskip("torch")
    with pytest.raises(TypeError, match="x and b come from different array libraries"):
        f(**{**point, "b": torch.asarray(point["b"])})


def test_what_is_missing_whole_or_not_there_is_named() -> None:
    J = jacobian(cell("multi_gate"))
    f, point = lambdify(J, "array_api"), arrays(J, (3,))
    with pytest.raises(TypeError, match="b must be an array; found None"):
        f(**{**point, "b": None})
    with pytest.raises(TypeError, match="'b'"):
        f(**{name: value for name, value in point.items() if name != "b"})
    with pytest.raises(TypeError, match="out"):
        f(**point, out=np.empty((3, 4, 4)))
    assert f(**{name: np.ones(value.shape, int) for name, value in point.items()}).dtype == np.float64


def test_odd_arrays_give_the_right_result() -> None:
    """No points at all, one unit, strides, memory that cannot be written."""
    J = jacobian(cell("multi_gate"))
    f = lambdify(J, "array_api")
    assert f(**arrays(J, (2, 0))).shape == (2, 0, 4, 4)
    one = {name: np.asarray(value) for name, value in draw_point(J.cell, n=1, m=1).items()}
    assert_allclose(f(**one), lambdify(J)(**one), rtol=1e-13)
    point = arrays(J, (3,))
    strided = {name: np.repeat(value, 2, axis=-1)[..., ::2] for name, value in point.items()}
    for value in strided.values():
        value.flags.writeable = False
    assert_allclose(f(**strided), f(**point), rtol=1e-13)


@pytest.mark.parametrize("name", ["numpy", "array_api_strict", "torch", "jax.numpy"])
def test_a_jacobian_that_is_the_identity(name: str) -> None:
    """dc_t/dc_{t-1} of the LSTM without a forget gate is I: no array of the cell is in it."""
    as_array = pytest.importorskip(name).asarray
    pytest.importorskip("array_api_compat")
    carousel = jacobian(cell("lstm_1997"), "c", "c")
    double = replace(carousel, name="double", named_terms=(("twice", MatMul(2, Identity(carousel.shape[0]))),))
    for item, scale in ((carousel, 1), (double, 2)):
        point = {key: as_array(value) for key, value in arrays(item, (2, 3), np.float32).items()}
        found = lambdify(item, "array_api")
        for value in (found(**point), *found.terms(**point).values()):
            assert np.asarray(value).dtype == np.float32
            assert_array_equal(np.asarray(value), np.broadcast_to(scale * np.eye(4), (2, 3, 4, 4)))


def test_functions_take_arrays_alone_also_of_a_size() -> None:
    """The square root of a size, as in the scaling of mLSTM; strict arrays take no numbers of Python."""
    strict = pytest.importorskip("array_api_strict")
    mlstm = cell("mlstm")
    point = drawn(mlstm, 4, 3)
    strictly = load_module(suite([("step", mlstm)], "array_api"), "mlstm_strict").step
    plainly = load_module(suite([("step", mlstm)], "numpy"), "mlstm_plain").step
    after = strictly(**{name: strict.asarray(np.asarray(value, float)) for name, value in point.items()})
    for mine, other in zip(after, plainly(**point), strict=True):
        np.testing.assert_allclose(np.asarray(mine), other, rtol=1e-12)
