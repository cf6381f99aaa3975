"""One source, every array library: each cell, each object, against the NumPy target."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sympy.matrices.expressions import Identity, MatMul

from symgate.cells import CELLS, cell, stack
from symgate.derive import jacobian, objects, vjp
from symgate.numeric.load import export, lambdify, load_module, times
from symgate.records import Cell, Derivation
from tests.oracles import draw_point

#: Cells with several states, one of which couples layers of different sizes.
SEVERAL = [*(cell(name) for name in ("lstm", "lstm_1997", "lru", "cornn")), stack("two", cell("lstm"), cell("gru"))]
EVERY: list[Cell | Derivation] = [item for one in CELLS for item in (one, *objects(one), times(jacobian(one)))]


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


def library(name: str) -> object:
    """A function from NumPy arrays to arrays of a library; skips where it is not installed."""
    if name == "numpy":
        return np.asarray
    module = pytest.importorskip({"strict": "array_api_strict", "torch": "torch", "jax": "jax.numpy"}[name])
    if name == "torch":
        pytest.importorskip("array_api_compat")
    return module.asarray


@pytest.mark.parametrize("name", ["numpy", "strict", "torch", "jax"])
@pytest.mark.parametrize("item", EVERY, ids=lambda item: item.name)
def test_every_object_in_every_library(item: Cell | Derivation, name: str) -> None:
    """float32, which JAX has without a switch, and batch axes."""
    as_array = library(name)
    for batch in ((), (3,), (2, 1)):
        point = arrays(item, batch, np.float32)
        expected = lambdify(item)(**point)
        found = lambdify(item, "array_api")(**{key: as_array(value) for key, value in point.items()})
        assert np.asarray(found).dtype == np.float32
        assert_allclose(np.asarray(found), expected, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("item", EVERY, ids=lambda item: item.name)
def test_double_precision_and_terms(item: Cell | Derivation) -> None:
    point = arrays(item, (3,))
    f, g = lambdify(item), lambdify(item, "array_api")
    assert_allclose(g(**point), f(**point), rtol=1e-13, atol=1e-15)
    if isinstance(item, Derivation):
        expected = f.terms(**point)
        for name, value in g.terms(**point).items():
            assert_allclose(value, expected[name], rtol=1e-13, atol=1e-15)


def test_under_jit_and_vmap() -> None:
    jax = pytest.importorskip("jax")
    J = jacobian(cell("multi_gate"))
    f, point = lambdify(J, "array_api"), arrays(J, (3,), np.float32)
    expected = lambdify(J)(**point)
    assert_allclose(np.asarray(jax.jit(f._call)(**point)), expected, rtol=2e-5, atol=1e-6)
    moved = {name: jax.numpy.asarray(value) for name, value in point.items() if name != "x"}
    assert_allclose(np.asarray(jax.vmap(lambda x: f(x=x, **moved))(point["x"])), expected, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("phi", ["tanh", "relu", "softplus", "identity", "abs", "sin", "erf", "sigma"])
def test_every_nonlinearity(phi: str) -> None:
    """From denormal to far beyond saturation."""
    bound = cell("plain", phi=phi)
    J = jacobian(bound)
    sizes = [0.0, 1e-310, 1e-8, 0.3, 1.9, 2.1, 5.9, 6.1, 20, 40, 700, 1e300]
    b = np.array([sign * size for size in sizes for sign in (1, -1)])
    n = len(b)
    point = {"x": np.zeros(n), "u": np.zeros(1), "W_r": np.eye(n), "W_i": np.zeros((n, 1)), "b": b}
    for item in (bound, J):
        assert_allclose(lambdify(item, "array_api")(**point), lambdify(item)(**point), rtol=1e-14, atol=1e-300)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("b", [0.0] * 4, "b must be an array; found list"),
        ("b", np.ones(3), r"b must have shape .* with n = 4; found \(3,\)"),
        ("b", np.ones(4, np.float32), "b has dtype float32, but x has float64"),
        ("u", np.ones((5, 2)), "batch axes of u do not broadcast"),
    ],
)
def test_mistakes_are_named(name: str, value: object, message: str) -> None:
    J = jacobian(cell("multi_gate"))
    with pytest.raises((TypeError, ValueError), match=message):
        lambdify(J, "array_api")(**{**arrays(J, (3,)), name: value})


@pytest.mark.parametrize("name", ["numpy", "strict", "torch", "jax"])
def test_a_jacobian_that_is_the_identity(name: str) -> None:
    """dc_t/dc_{t-1} of the LSTM without a forget gate is I: no array of the cell is in it."""
    as_array = library(name)
    carousel = jacobian(cell("lstm_1997"), "c", "c")
    double = replace(carousel, name="double", named_terms=(("twice", MatMul(2, Identity(carousel.shape[0]))),))
    for item, scale in ((carousel, 1), (double, 2)):
        point = {key: as_array(value) for key, value in arrays(item, (2, 3), np.float32).items()}
        found = lambdify(item, "array_api")
        for value in (found(**point), *found.terms(**point).values()):
            assert np.asarray(value).dtype == np.float32
            assert_array_equal(np.asarray(value), np.broadcast_to(scale * np.eye(4), (2, 3, 4, 4)))


@pytest.mark.parametrize("one", [*CELLS, *SEVERAL], ids=lambda one: one.name)
def test_a_module_of_a_whole_cell_checks_itself(one: Cell, tmp_path: Path) -> None:
    path = export(one, "array_api", tmp_path / "whole.py")
    shown = subprocess.run([sys.executable, path], capture_output=True, text=True, check=True)
    assert "checks passed" in shown.stdout
    assert "failed" not in shown.stdout


def test_the_self_check_objects_to_a_slip(tmp_path: Path) -> None:
    """Planted: the complement of the gate replaced by the gate, in the Jacobian alone."""
    path = export(cell("multi_gate"), "array_api", tmp_path / "whole.py")
    text = path.read_text()
    at = text.index("def jacobian(")
    planted = text[:at] + text[at:].replace("result = _diagonal(xp, one_minus_g", "result = _diagonal(xp, g", 1)
    assert planted != text
    path.write_text(planted)
    shown = subprocess.run([sys.executable, path], capture_output=True, text=True, check=False)
    assert shown.returncode == 1
    assert "failed: J v against differences" in shown.stdout


def test_the_self_check_looks_at_every_block(tmp_path: Path) -> None:
    """Planted: a sign in the block dh/dc alone of a cell with two states."""
    path = export(cell("lstm"), "array_api", tmp_path / "whole.py")
    text = path.read_text()
    at = text.index("def jacobian_h_c(")
    planted = text[:at] + text[at:].replace("result = _diagonal(xp, ", "result = -_diagonal(xp, ", 1)
    assert planted != text
    path.write_text(planted)
    shown = subprocess.run([sys.executable, path], capture_output=True, text=True, check=False)
    assert shown.returncode == 1
    assert "failed: J v against differences of the step_h_c" in shown.stdout
    assert "_c_h" not in shown.stdout


def test_the_functions_of_a_whole_cell_are_those_of_its_blocks(tmp_path: Path) -> None:
    """Named as the states are, each with a cotangent and a tangent of its own."""
    one = cell("lstm")
    names = load_module(export(one, "array_api", tmp_path / "whole.py").read_text(), "whole")
    point = arrays(one, (3,))
    v, lam = np.random.default_rng(1).standard_normal((2, 3, 4))
    J = lambdify(jacobian(one, "c", "h"))(**point)

    assert_allclose(names.jacobian_h_c(**point), J, rtol=1e-13, atol=1e-15)
    assert_allclose(names.jacobian_times_h_c(**point, tangent_c=v), (J @ v[..., None])[..., 0], rtol=1e-12)
    assert_allclose(names.transposed_times_h_c(**point, lam_h=lam), (lam[..., None, :] @ J)[..., 0, :], rtol=1e-12)
    gradient = lambdify(vjp(one, "U_f", "h"))(**point, lam=lam)
    assert_allclose(names.gradient_h_U_f(**point, lam_h=lam), gradient, rtol=1e-12, atol=1e-15)
