"""Arguments that are wrong: an error that names the argument, or the right result."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from symgate.cells import cell
from symgate.derive import jacobian, vjp
from tests.codegen.numba_in_python import function
from tests.oracles import draw_point

CELL = cell("multi_gate")
POINT = draw_point(CELL, n=4, m=2)


@pytest.fixture(params=["numpy", "numba"])
def target(request: pytest.FixtureRequest) -> str:
    """Both targets that take NumPy arrays; that of the array API refuses more, see test_array_api."""
    return request.param


@pytest.fixture
def F(target: str) -> Callable:
    return function(jacobian(CELL), target)


@pytest.fixture
def STEP(target: str) -> Callable:
    return function(CELL, target)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"W_r": np.ones((3, 4))}, r"W_r must have shape \(\.\.\., n, n\) with n = 4 from x; found \(3, 4\)"),
        (
            {"W_i": np.ones((4, 3))},
            r"W_i must have shape \(\.\.\., n, m\) with n = 4 from x, m = 2 from u; found \(4, 3\)",
        ),
        ({"b": 1.0}, r"b must have shape \(\.\.\., n\); found \(\)"),
        ({"x": np.ones(5)}, r"W_r must have shape \(\.\.\., n, n\) with n = 5 from x; found \(4, 4\)"),
        (
            {"x": np.ones((3, 4)), "u": np.ones((2, 2))},
            r"batch axes of u do not broadcast .* \(2,\) .* before it: \(3,\)",
        ),
    ],
)
def test_shapes_are_checked(F: Callable, changed: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        F(**{**POINT, **changed})


@pytest.mark.parametrize(
    "value",
    [
        np.ones(4, complex),
        np.array(["a", "b", "c", "d"]),
        np.array([1, 2, 3, None]),
        [[1, 2], [3]],
        np.ones(4, "datetime64[s]"),
        np.ones(4, np.longdouble),
        None,
        np.ma.masked_array(np.ones(4), mask=[0, 0, 1, 0]),
        [10**400, 1, 1, 1],
    ],
    ids=str,
)
def test_what_is_no_real_array_is_refused_by_name(F: Callable, value: object) -> None:
    with pytest.raises(TypeError, match=r"\bb\b.*(must hold real numbers|cannot be read|masked)"):
        F(**{**POINT, "b": value})


def test_missing_and_unknown_arguments_are_named(F: Callable) -> None:
    with pytest.raises(TypeError, match="'b_g'"):
        F(**{name: value for name, value in POINT.items() if name != "b_g"})
    with pytest.raises(TypeError, match="'W_x'"):
        F(**POINT, W_x=1)


def test_optional_arguments_are_checked_where_given(target: str) -> None:
    f = function(jacobian(cell("leaky"), "alpha"), target)
    point = draw_point(cell("leaky"), n=3, m=2)
    without = {name: value for name, value in point.items() if name != "alpha"}
    assert_array_equal(f(**without), f(**point))
    assert f(**{**point, "alpha": np.ones(5)}).shape == (5, 3, 1)
    with pytest.raises(TypeError, match="alpha"):
        f(**{**point, "alpha": "much"})


def test_dtypes(F: Callable, target: str) -> None:
    single = {name: value.astype(np.float32) for name, value in POINT.items()}
    assert F(**single).dtype == np.float32
    assert F(**{**single, "x": POINT["x"]}).dtype == np.float64
    assert F(**{**single, "x": np.array([1, 2, 3, 4])}).dtype == np.float64
    assert F(**{**single, "x": [1, 2, 3, 4]}).dtype == np.float64
    assert F(**{**single, "x": single["x"].astype(">f4")}).dtype == np.float32
    assert F(**{**single, "x": single["x"].astype(np.float16)}).dtype == np.float64
    leaky = {name: np.float32(value) for name, value in draw_point(cell("leaky"), n=3, m=2).items()}
    assert function(jacobian(cell("leaky")), target)(**{**leaky, "alpha": 0.5}).dtype == np.float32
    assert function(jacobian(cell("leaky")), target)(**{**leaky, "alpha": np.float64(0.5)}).dtype == np.float64
    assert {term.dtype for term in F.terms(**single).values()} == {np.dtype(np.float32)}


def test_lists_integers_and_strided_arrays_work(F: Callable) -> None:
    expected = F(**POINT)
    assert_array_equal(F(**{name: value.tolist() for name, value in POINT.items()}), expected)
    strided = {
        name: np.repeat(np.repeat(value, 2, axis=0), 3, axis=-1)[::2, ::3]
        for name, value in POINT.items()
        if value.ndim == 2
    }
    strided |= {name: np.repeat(value, 2)[::2] for name, value in POINT.items() if value.ndim == 1}
    assert not strided["W_r"].flags.c_contiguous
    assert_allclose(F(**strided), expected, rtol=1e-14)
    whole = {name: np.ones(value.shape, int) for name, value in POINT.items()}
    assert F(**whole).dtype == np.float64


def test_one_unit_and_one_input(F: Callable, STEP: Callable) -> None:
    """n = 1: a matrix of one entry is a matrix."""
    point = draw_point(CELL, n=1, m=1)
    assert F(**point).shape == (1, 1)
    assert F(**{**point, "x": np.ones((3, 1))}).shape == (3, 1, 1)
    moved = STEP(**{**point, "x": point["x"] + 1e-6}) - STEP(**{**point, "x": point["x"] - 1e-6})
    assert_allclose(F(**point)[0], moved / 2e-6, rtol=1e-8)


@pytest.mark.parametrize("library", ["torch", "jax.numpy", "array_api_strict"])
def test_arrays_of_another_library_are_read_or_named(F: Callable, library: str) -> None:
    other = pytest.importorskip(library)
    given = {name: other.asarray(value.astype(np.float32)) for name, value in POINT.items()}
    single = {name: value.astype(np.float32) for name, value in POINT.items()}
    value = F(**given)
    assert type(value) is np.ndarray
    assert_allclose(value, F(**single), rtol=1e-6)
    if library == "torch":
        with pytest.raises(TypeError, match="W_r cannot be read as an array of numbers"):
            F(**{**POINT, "W_r": other.ones((4, 4), requires_grad=True)})
        with pytest.raises(TypeError, match="out must be a NumPy array; found Tensor"):
            F(**POINT, out=other.zeros((4, 4)))


def test_arguments_are_never_changed(F: Callable) -> None:
    frozen = {name: value.copy() for name, value in POINT.items()}
    for value in frozen.values():
        value.flags.writeable = False
    first = F(**frozen)
    first[...] = 0
    for name, value in POINT.items():
        assert_array_equal(frozen[name], value)
    terms = F.terms(**frozen)
    terms["drive"][...] = 0
    assert_array_equal(F(**frozen), F(**POINT))


def test_zero_size_batches(F: Callable, STEP: Callable, target: str) -> None:
    for batch in ((0,), (3, 0), (0, 2)):
        point = {**POINT, "x": np.empty((*batch, 4))}
        assert F(**point).shape == (*batch, 4, 4)
        assert STEP(**point).shape == (*batch, 4)
        assert F.terms(**point)["gate"].shape == (*batch, 4, 4)
    f = function(jacobian(CELL, "W_i"), target)
    assert f(**{**POINT, "x": np.empty((0, 4))}).shape == (0, 4, 8)


def test_out_takes_the_result(F: Callable, STEP: Callable, target: str) -> None:
    out = np.full((4, 4), np.nan)
    assert F(**POINT, out=out) is out
    assert_array_equal(out, F(**POINT))
    step = np.full(4, np.nan)
    assert STEP(**POINT, out=step) is step
    assert_array_equal(step, STEP(**POINT))
    scalar = function(vjp(cell("leaky"), "alpha"), target)
    point = {**draw_point(cell("leaky"), n=3, m=2), "lam": np.ones(3)}
    zero = np.array(np.nan)
    assert scalar(**point, out=zero) is zero
    assert zero == scalar(**point)


@pytest.mark.parametrize(
    ("out", "error", "message"),
    [
        (np.empty((4, 3)), ValueError, r"out must have shape \(4, 4\); found \(4, 3\)"),
        (np.empty((1, 4, 4)), ValueError, "out must have shape"),
        (np.empty((4, 4), np.float32), TypeError, "out must have dtype float64.*found float32"),
        (np.broadcast_to(0.0, (4, 4)), ValueError, "read-only"),
        ([[0.0] * 4] * 4, TypeError, "out must be a NumPy array; found list"),
    ],
)
def test_out_is_checked(F: Callable, out: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        F(**POINT, out=out)


def test_out_may_be_an_argument_or_overlap_one(F: Callable, STEP: Callable) -> None:
    """The old values are read before the new ones are written."""
    expected = F(**POINT)
    for name in ("W_r", "W_g"):
        moved = {key: value.copy() for key, value in POINT.items()}
        assert F(**moved, out=moved[name]) is moved[name]
        assert_array_equal(moved[name], expected)
    memory = np.empty((5, 4))
    memory[:4] = POINT["W_r"]
    F(**{**POINT, "W_r": memory[:4]}, out=memory[1:])
    assert_array_equal(memory[1:], expected)
    state = POINT["x"].copy()
    after = STEP(**POINT)
    STEP(**{**POINT, "x": state}, out=state)
    assert_array_equal(state, after)


def test_a_scaled_row_product_is_not_a_dense_one() -> None:
    """Doubling n multiplies the number of array entries made by four, not the work by eight: no n x n product."""
    text = function(jacobian(CELL), "numpy").source
    body = text[text.index("def _words(") : text.index("def multi_gate_jacobian_x_terms(")]
    assert " @ " not in body
    assert "(g * dtanh_a, W_r),  # drive" in body


def test_no_warning_where_only_small_numbers_vanish(F: Callable) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        F(**{**POINT, "b_g": np.full(4, -745.0), "b": np.full(4, 1e-310)})
