"""Figures on many steps draw the arrays they are given, and the report's are the numbers of ``symgate.numeric``."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import symgate as sg
from symgate import plots
from symgate.report import continuous, demonstrations
from symgate.report.demonstrations import Array, Series

RNG = np.random.default_rng(0)
X = np.arange(1, 11)


def curves(*names: str, length: int = 10) -> Series:
    """A positive curve for each name."""
    return {name: RNG.random(length) + 0.1 for name in names}


def drawn(axes: Axes) -> dict[str, Array]:
    """The lines of a panel by their labels."""
    return {str(line.get_label()): line.get_ydata() for line in axes.lines}


@cache
def figures() -> dict[str, Figure]:
    """Each figure with arbitrary data."""
    orders = {p: RNG.random(10) + 0.1 for p in range(2)}
    return {
        "rates": plots.learning_rates(X, curves("a", "b", "c"), curves("true", "0"), curves("p")),
        "expansion": plots.expansion_error(X / 10, orders, orders, {0: 1.0, 1: 2.0}),
        "local": plots.local_errors(X / 10, curves("e"), curves("e"), X / 11, curves("t")),
        "schedule": plots.schedule(curves("s", length=9), *(curves("s") for _ in range(3))),
        "momentum": plots.momentum(X, curves("true", "ball"), X, curves("ball")),
        "adam": plots.adam(curves("Adam", "lag 4"), curves("lag 4"), RNG.normal(size=(10, 10))),
    }


@pytest.mark.sweep(2)
@pytest.mark.parametrize("name", ["rates", "expansion", "local", "schedule", "momentum", "adam"])
def test_a_figure_gives_the_same_bytes_twice_and_as_text(name: str, tmp_path: Path) -> None:
    figure = figures()[name]
    first = [path.read_bytes() for path in plots.save(figure, tmp_path, "first")]
    second = [path.read_bytes() for path in plots.save(figure, tmp_path, "second")]

    assert first == second
    assert plots.svg(figure).startswith("<?xml")
    assert plots.svg(figure) == plots.svg(figure)


def test_learning_rates_draw_what_they_are_given() -> None:
    given = [curves("fast", "slow"), curves("true", "order 0"), curves("zeroth")]

    panels = plots.learning_rates(X, *given).axes

    for axes, series in zip(panels, given, strict=True):
        assert axes.get_yscale() == "log"
        assert drawn(axes).keys() == series.keys()
        for name, values in series.items():
            np.testing.assert_array_equal(drawn(axes)[name], values)


def test_expansion_errors_and_bounds_are_told_apart_and_labelled_with_their_slope() -> None:
    errors, bounds = {0: X / 100.0, 1: X / 1000.0}, {0: X / 50.0, 1: X / 500.0}

    (axes,) = plots.expansion_error(X / 10, errors, bounds, {0: 1.0, 1: 2.004}).axes

    lines = [line.get_ydata() for line in axes.lines]
    for shown, values in zip(lines, [bounds[0], errors[0], bounds[1], errors[1]], strict=False):
        np.testing.assert_array_equal(shown, values)
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        "$p = 0$, slope 1.00",
        "$p = 1$, slope 2.00",
        "remainder bound",
    ]


def test_schedule_draws_gates_above_and_three_weights_below() -> None:
    gates, wanted, realised, true = curves("s", length=9), *(curves("s") for _ in range(3))

    above, below = plots.schedule(gates, wanted, realised, true).axes

    ends = [segment[1][1] for segment in above.collections[0].get_segments()]
    np.testing.assert_allclose(ends, gates["s"])
    for line, values in zip(below.lines, (wanted, realised, true), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), values["s"])


def test_momentum_and_adam_draw_what_they_are_given() -> None:
    paths, errors = curves("true", "ball"), curves("ball")
    left, right = plots.momentum(X, paths, X, errors).axes
    for name, values in paths.items():
        np.testing.assert_array_equal(drawn(left)[name], values)
    np.testing.assert_array_equal(drawn(right)["ball"], errors["ball"])

    first = RNG.normal(size=(10, 10))
    axes = plots.adam(paths, errors, first).axes
    np.testing.assert_array_equal(drawn(axes[0])["true"], paths["true"])
    np.testing.assert_array_equal(drawn(axes[1])["ball"], errors["ball"])
    np.testing.assert_array_equal(axes[2].images[0].get_array(), first)


@pytest.fixture(scope="module")
def path() -> sg.numeric.Trajectory:
    """The trajectory of the figures."""
    return demonstrations.gated_trajectory(sg.cell("multi_gate"))


def test_rates_are_those_of_the_numeric_side(path: sg.numeric.Trajectory) -> None:
    lags, units, norms, errors = demonstrations.learning_rate_profile(path, lags=12)
    found = sg.numeric.effective_learning_rates(path, 12)
    S = sg.numeric.sensitivities(sg.numeric.jacobians(path))

    assert units["fastest unit"][9] == np.nanmedian(found.zeroth[:, 10], axis=0).min()
    np.testing.assert_allclose(next(iter(norms.values())), [np.median(np.diagonal(S, -lag)) for lag in lags])
    for lag in lags:
        sizes = [found.zeroth[t, lag].max() for t in range(lag, path.steps + 1)]
        assert norms["to order 0"][lag - 1] == pytest.approx(np.median(sizes))
    assert errors["to first order"][0] < 1e-12 < errors["zeroth order"][0]


def test_errors_of_expansions_have_their_slope_and_stay_below_their_bound(path: sg.numeric.Trajectory) -> None:
    eps, errors, bounds, slopes = demonstrations.expansion_errors(path)

    for p, slope in slopes.items():
        assert slope == pytest.approx(p + 1, abs=0.02)
        assert (errors[p] <= bounds[p]).all()
    A, B = sg.numeric.split(path, ("retention", "drive"))
    whole = sg.numeric.transport(A + B, 60, 48)
    gap = whole - sg.numeric.expand_product(A[-12:], B[-12:], 2)
    assert eps[-1] == 1
    assert errors[2][-1] == pytest.approx(np.linalg.norm(gap, 2))


@pytest.mark.parametrize("name", ["warm_up", "cosine", "step", "exponential"])
def test_gates_realise_the_schedule_on_a_trajectory(name: str) -> None:
    gates, wanted, realised, true = demonstrations.scheduled(name)

    np.testing.assert_allclose(realised, wanted, rtol=1e-9)
    np.testing.assert_allclose(np.cumprod(1 - gates[::-1])[::-1], wanted[:-1], rtol=1e-9)
    assert true[-1] == 1
    assert np.abs(true - wanted).max() > 1e-3


def test_the_heavy_ball_is_the_zeroth_order_of_the_adjoint(path: sg.numeric.Trajectory) -> None:
    steps, paths, back, errors = demonstrations.momentum_paths(path, unit=3)
    true = sg.numeric.adjoint(path, path.after)
    orders = demonstrations.adjoint_orders(path, path.after, orders=8)

    np.testing.assert_allclose(paths["heavy ball, momentum $1 - g$"], orders[0, 1:, 3], rtol=1e-12)
    np.testing.assert_array_equal(paths["true adjoint"], true[steps, 3])
    np.testing.assert_allclose(orders.sum(axis=0)[-9:], true[-9:], rtol=1e-10)
    assert errors["to first order"][back == 1] < 1e-12 < errors["heavy ball (zeroth order)"][back == 1]
    assert errors["to second order"][back == 2] < 1e-12 < errors["to first order"][back == 2]


def test_constant_gates_give_the_diagonal_of_adam() -> None:
    diagonals, gates, first = demonstrations.adam_diagonals(batches=8)

    assert (np.diff(diagonals["Adam"]) >= 0).all()
    for name, g in gates.items():
        np.testing.assert_allclose((1 - g) ** int(name.split()[1]), diagonals["Adam"])
    assert np.abs(first - np.diag(np.diag(first))).max() > 1e-3


def test_local_errors_follow_the_derived_leading_term() -> None:
    steps, errors, leading, gates, times = continuous.step_errors()

    for name, found in errors.items():
        np.testing.assert_allclose(found[:3], leading[name][:3], rtol=0.01)
        assert np.polyfit(np.log(steps[:4]), np.log(found[:4]), 1)[0] == pytest.approx(2, abs=0.02)
    euler, exponential = times.values()
    np.testing.assert_allclose(euler, 1 / gates)
    np.testing.assert_allclose((1 - gates) ** exponential, np.exp(-1))
