"""The first order where A is diagonal: the same as the recursion over dense factors, without forming one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import symgate as sg
from symgate import numeric
from symgate.errors import ShapeError, UnknownNameError
from symgate.numeric.diagonal import _runs
from tests.drawn import examples
from tests.numeric.recurrence import draw

WITH_RETENTION = ["leaky", "unit_leak", "scalar_gate", "multi_gate"]


def path(name: str, n: int, steps: int, batch: tuple[int, ...] = ()) -> numeric.Trajectory:
    cell = sg.cell(name)
    return numeric.rollout(cell, draw(cell, n, 2, 3, 0.7), np.random.default_rng(3).normal(size=(*batch, steps, 2)))


def dense(a: np.ndarray, words: list) -> np.ndarray:
    """The definition, by factors written out and their sums over places."""
    n, steps = a.shape[-1], a.shape[-2]
    B = sum(c[..., None] * (np.eye(n) if W is None else W) for c, W in words)
    total = np.zeros((n, n))
    for i in range(steps):
        total += np.diag(a[i + 1 :].prod(axis=0)) @ B[i] @ np.diag(a[:i].prod(axis=0))
    return total


@pytest.mark.sweep(15)
@pytest.mark.parametrize("name", WITH_RETENTION)
@pytest.mark.parametrize("batch", [(), (3,), (2, 2)])
@pytest.mark.parametrize("steps", [0, 1, 2, 9])
def test_cells_agree_with_the_recursion(name: str, batch: tuple[int, ...], steps: int) -> None:
    """Retention split, any batch; the structure is found in the normal form, not by the name of the cell."""
    trajectory = path(name, 4, steps, batch)
    expected = numeric.expansion_orders(*numeric.split(trajectory, "retention"), 1)[1]

    assert_allclose(numeric.first_order(trajectory), expected, rtol=1e-12, atol=1e-14)
    assert (numeric.diagonal_words(trajectory) is not None) or not steps


@pytest.mark.parametrize("name", [*WITH_RETENTION, "plain", "gru"])
@pytest.mark.parametrize("keep", ["drive", "gate"])
def test_other_splits_take_the_recursion(name: str, keep: str) -> None:
    """A is dense there, or a word is a product of matrices."""
    trajectory = path(name, 3, 5)
    expected = numeric.expansion_orders(*numeric.split(trajectory, keep), 1)[1]

    assert numeric.diagonal_words(trajectory, keep) is None
    assert_allclose(numeric.first_order(trajectory, keep), expected, rtol=1e-12, atol=1e-14)


def test_weights_with_a_batch_axis() -> None:
    cell = sg.cell("multi_gate")
    params = draw(cell, 3, 2, 0, 0.7)
    params["W_r"] = np.stack([params["W_r"], 2 * params["W_r"]])
    trajectory = numeric.rollout(cell, params, np.random.default_rng(0).normal(size=(2, 6, 2)))
    expected = numeric.expansion_orders(*numeric.split(trajectory), 1)[1]

    assert_allclose(numeric.first_order(trajectory), expected, rtol=1e-12, atol=1e-14)


@settings(max_examples=examples(40))
@given(n=st.integers(1, 4), steps=st.integers(1, 12), seed=st.integers(0, 99), size=st.sampled_from([0.5, 1.0, 3.0]))
def test_words_of_every_kind(n: int, steps: int, seed: int, size: float) -> None:
    """Matrices, rows, the identity; coefficients shared by all units; any sign, and zeros."""
    rng = np.random.default_rng(seed)
    a = size * rng.normal(size=(steps, n)) * (rng.random((steps, n)) > 0.2)
    words = [
        (rng.normal(size=(steps, n)), rng.normal(size=(n, n))),
        (rng.normal(size=(steps, 1)), rng.normal(size=(1, n))),
        (rng.normal(size=(steps, n)), None),
    ]
    expected = dense(a, words)

    assert_allclose(numeric.diagonal_first_order(a, words), expected, rtol=1e-9, atol=1e-10 * np.abs(expected).max())


@pytest.mark.parametrize("steps", range(12))
def test_runs_are_products_without_their_own_step(steps: int) -> None:
    a = np.random.default_rng(steps).normal(size=(2, steps, 3))
    before, after = _runs(a)
    for i in range(steps):
        assert_allclose(before[:, i], a[:, :i].prod(axis=1))
        assert_allclose(after[:, i], a[:, i + 1 :].prod(axis=1))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("steps", [1, 30, 700, 5000])
@pytest.mark.parametrize("closed", [False, True])
def test_runs_of_scaled_products_are_exact_to_rounding(steps: int, closed: bool, dtype: type) -> None:
    """As quotients, and, where the whole product is no normal number, one by one; against sums of logarithms."""
    a = np.random.default_rng(2).uniform(0.5, 1, (steps, 3)).astype(dtype)
    a[::2, 1] *= -1
    if closed:
        a[steps // 2, 2] = 0
    info = np.finfo(dtype)
    start = dtype(2.0 ** (2 * info.maxexp // 5))
    before, after = _runs(a, float(start))
    with np.errstate(divide="ignore"):
        logs, signs = np.log(np.abs(a).astype(np.longdouble)), np.sign(a)
    one = np.zeros((1, 3))
    for found, gone, turned in (
        (before, np.cumsum(np.vstack([one, logs[:-1]]), axis=0), np.cumprod(np.vstack([one + 1, signs[:-1]]), axis=0)),
        (
            after,
            np.cumsum(np.vstack([one, logs[:0:-1]]), axis=0)[::-1],
            np.cumprod(np.vstack([one + 1, signs[:0:-1]]), axis=0)[::-1],
        ),
    ):
        true = turned * np.exp(gone + np.log(np.longdouble(start)))
        assert found.dtype == dtype
        assert_allclose(
            found.astype(np.longdouble), true, rtol=2 * steps * float(info.eps), atol=float(start * info.tiny)
        )


def test_closed_gates_and_underflow() -> None:
    """Gates of exactly 0 and 1, products far below the range of floats: no NaN, and every digit of what is left."""
    rng = np.random.default_rng(1)
    a = np.full((400, 3), 1e-3)
    a[:, 1], a[200, 2] = 1.0, 0.0
    words = [(rng.normal(size=(400, 3)), rng.normal(size=(3, 3)))]
    found = numeric.diagonal_first_order(a, words)

    assert_allclose(found, dense(a, words), rtol=1e-13)
    assert_allclose(found[1, 1], words[0][1][1, 1] * words[0][0][:, 1].sum(), rtol=1e-12)
    assert found[0, 0] == 0
    assert found[0, 1] != 0


def test_what_grows_beyond_the_range_takes_the_recursion() -> None:
    """A suffix of 1e340 against a prefix of 1e-200: their product is in range, and is not lost."""
    a = np.concatenate([np.full((100, 2), 0.01), np.full((170, 2), 100.0)])
    words = [(np.ones((270, 2)), np.eye(2) + 1), (np.ones((270, 1)), None)]
    places = 1e140 * (100 / 0.01 + 170 / 100.0)  # every place leaves out one factor

    assert_allclose(numeric.diagonal_first_order(a, words), places * (words[0][1] + np.eye(2)), rtol=1e-10)


def test_planted_slips_are_seen() -> None:
    """A prefix that holds its own step, and prefix and suffix exchanged, differ from the recursion."""
    a, words = numeric.diagonal_words(path("multi_gate", 4, 6))
    expected = numeric.diagonal_first_order(a, words)
    before, after = _runs(a)
    for first, second in ((before * a, after), (after, before)):
        wrong = sum(W * ((second * c).T @ first) for c, W in words)
        assert np.abs(wrong - expected).max() > 1e-3


def test_float32_stays() -> None:
    a = np.full((3, 2), 0.5, np.float32)
    assert numeric.diagonal_first_order(a, [(a, np.ones((2, 2), np.float32))]).dtype == np.float32


def test_what_is_not_finite_stays_in_its_place() -> None:
    a = np.full((5, 2), 0.5)
    a[2, 0] = np.nan
    found = numeric.diagonal_first_order(a, [(np.ones((5, 2)), np.ones((2, 2)))])
    assert_array_equal(np.isnan(found), [[True, True], [True, False]])


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ShapeError, match=r"a needs shape \(..., T, n\).*\(3,\)"):
        numeric.diagonal_first_order(np.ones(3), [])
    with pytest.raises(ShapeError, match="words need c"):
        numeric.diagonal_first_order(np.ones((4, 3)), [(np.ones((5, 3)), np.ones((3, 3)))])
    with pytest.raises(ShapeError, match="A word needs"):
        numeric.diagonal_first_order(np.ones((4, 3)), [(np.ones(3), np.ones((3, 3)))])
    with pytest.raises(UnknownNameError, match="multi_gate"):
        numeric.first_order(path("multi_gate", 2, 3), "nothing")


def test_several_states_take_the_recursion() -> None:
    """(N, N) with all states side by side."""
    cell, rng = sg.cell("qrnn"), np.random.default_rng(0)
    params = {
        str(p.name): rng.normal(size=[4 if str(s) == "n" else 2 for s in p.shape if s != 1]) for p in cell.parameters
    }
    trajectory = numeric.rollout(cell, params, rng.normal(size=(6, 2)))
    found = numeric.first_order(trajectory, "retention")
    assert found.shape == (8, 8)
    assert_allclose(found, numeric.expansion_orders(*numeric.split(trajectory, "retention"), 1)[1])
