"""Figures of the analyses draw what they are given, with what is missing left out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from symgate import plots


def test_lyapunov_spectrum_marks_lost_directions() -> None:
    """Infinite exponents are counted in the title, and not drawn."""
    exponents = np.array([0.1, -0.5, -np.inf])
    figure = plots.lyapunov_spectrum(exponents, np.arange(1, 5), np.tile(exponents, (4, 1)), np.full(3, np.nan))
    left, right = figure.axes
    assert "1 at $-\\infty$" in left.get_title()
    np.testing.assert_array_equal(left.lines[0].get_ydata(), exponents[:2])
    assert len(right.lines) == 3


def test_remainders_have_a_panel_for_every_size() -> None:
    """Three lines each; a bound that is infinite is left out."""
    error = np.array([[1.0, 0.1], [0.1, 0.0]])
    figure = plots.remainders((1.0, 0.1), error, error * 1.1, np.array([[np.inf, 1e9], [5.0, 1.0]]))
    assert len(figure.axes) == 2
    assert [len(axes.lines) for axes in figure.axes] == [3, 3]
    assert np.isnan(figure.axes[0].lines[2].get_ydata()[0])


def test_curvature_draws_both_ends_and_where_the_gradient_lies() -> None:
    """Three rows of eigenvalues with their errors; shares summed up, and left out where there is no gradient."""

    @dataclass
    class Pairs:
        values: np.ndarray
        errors: np.ndarray

    rows = [Pairs(np.array(values), np.array([0.1, 0.2])) for values in ([3.0, 1.0], [-1.0, 0.5], [4.0, 2.0])]
    figure = plots.curvature(*rows, np.array([0.5, 0.25]), np.full(2, np.nan))
    left, right = figure.axes
    for row, drawn in zip(rows, left.containers, strict=True):
        np.testing.assert_array_equal(drawn.lines[0].get_ydata(), row.values)
        np.testing.assert_allclose(drawn.lines[2][0].get_segments()[0][:, 1], row.values[0] + np.array([-0.1, 0.1]))
    np.testing.assert_array_equal(right.lines[0].get_ydata(), [0.5, 0.75])
    assert np.isnan(right.lines[1].get_ydata()).all()


def test_fixed_points_tell_kinds_apart_and_leave_out_what_is_far() -> None:
    """Each kind has its marker; a slow point far from everything is counted in the legend."""
    rng = np.random.default_rng(0)
    visited, points = rng.normal(size=(50, 4)), np.vstack([rng.normal(size=(2, 4)), 1e3 * np.ones((1, 4))])
    values = np.array([[0.5, 0.1, 0, 0], [1.5, 0.2, 0, 0], [1, 0, 0, 0]], complex)
    figure = plots.fixed_points(points, values, np.array([True, False, False]), np.array([False, False, True]), visited)
    labels = [text.get_text() for text in figure.axes[1].get_legend().get_texts()]
    assert labels == ["states", "stable (1)", "unstable (1)", "slow (1, 1 far out)"]
    assert max(figure.axes[1].get_xlim()) < 100
    empty = plots.fixed_points(points[:0], values[:0], np.zeros(0, bool), np.zeros(0, bool), visited)
    assert len(empty.axes) == 2


def test_lag_profiles_and_angles() -> None:
    """Zeros are gaps on the logarithmic axis; the prediction is there only where it is given."""
    sizes = np.array([1.0, 0.1, 0.0])
    figure = plots.lag_profile(sizes, {"drive": sizes / 2}, None, None)
    assert np.isnan(figure.axes[0].lines[0].get_ydata()[2])
    assert len(figure.axes[1].lines) == 1
    assert len(plots.lag_profile(sizes, {}, sizes, sizes).axes[1].lines) == 3
    angles = plots.gradient_angles({"trace": {"W": 0.9, "b": 1.0}})
    np.testing.assert_array_equal(angles.axes[0].lines[0].get_ydata(), [0.9, 1.0])
