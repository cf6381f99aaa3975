"""Settings are data: what the published ones say, what is marked as a choice; how parameters begin."""

from __future__ import annotations

import math
from dataclasses import fields, replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

import symgate as sg
from symgate import numeric
from symgate.cells import LIBRARY
from symgate.errors import DefinitionError, ShapeError, SymgateError, UnknownNameError
from symgate.experiments import (
    SETTINGS,
    AnisotropySpec,
    Initialisation,
    ProfileSpec,
    Trained,
    TruncationSpec,
    anisotropy,
    drawn_network,
    profiles,
    settings,
    truncation,
)
from symgate.experiments.corrections import corrections, corrections_in, drawn_windows
from symgate.experiments.initialisation import retention_biases, untrained
from symgate.experiments.results import median_interval, spread
from symgate.experiments.signals import SIGNALS


def test_the_published_settings_are_those_of_the_source() -> None:
    """Typed from the description of the published code, not read from the records."""
    one, two, three = (settings().of(name) for name in ("profiles", "anisotropy", "truncation"))
    assert (one.n, one.inputs, one.steps, one.batch, one.rate, one.probe, one.alpha) == (64, 4, 80, 64, 0.01, 12, 0.8)
    assert one.checkpoints == (0, 50, 200, 400, 600, 800)
    assert (one.predictor, one.trim, one.trim_by) == ("mean", 0.01, "predictor")
    assert one.start == two.start == Initialisation("uniform", biases=False)
    assert (two.checkpoints, two.inputs, two.steps) == ((0, 400, 800, 1200), 6, 120)
    assert (three.signal, three.start.std, three.steps, three.inputs) == ("slow", 0.2, 100, 3)
    assert not three.start.biases
    assert all(len(spec.seeds) == 20 for spec in (one, two, three))


def test_every_field_is_told_with_where_it_comes_from() -> None:
    """All fields, none twice; every remark is about a field; the earlier settings are all ours."""
    for name, held in SETTINGS.items():
        for experiment in ("profiles", "anisotropy", "truncation"):
            rows = held.table(experiment)
            assert [row[0] for row in rows] == [item.name for item in fields(held.of(experiment))]
            assert set(held.choices[experiment]) <= {row[0] for row in rows}
            assert name != "symgate" or all(row[2] == "our choice" for row in rows)
    with pytest.raises(UnknownNameError, match="published"):
        settings("publishd")
    with pytest.raises(UnknownNameError, match="experiment with settings"):
        settings().of("profile")


def test_laws_of_the_weights() -> None:
    """Bounds, standard deviations, orthonormal rows or columns; biases are there or are not."""
    rng = np.random.default_rng(0)
    uniform = Initialisation().matrix(rng, (300, 100))
    assert np.abs(uniform).max() <= 0.1
    assert_allclose(uniform.std(), 0.1 / math.sqrt(3), rtol=0.02)
    assert_allclose(Initialisation("normal", std=0.2).matrix(rng, (300, 100)).std(), 0.2, rtol=0.02)
    tall = Initialisation("orthogonal").matrix(rng, (7, 4))
    assert_allclose(tall.T @ tall, np.eye(4), atol=1e-12)
    wide = Initialisation("orthogonal").matrix(rng, (4, 7))
    assert_allclose(wide @ wide.T, np.eye(4), atol=1e-12)
    cell = sg.cell("multi_gate")
    bare = drawn_network(cell, 8, 3, rng, start=Initialisation())
    assert not bare.params["b"].any()
    assert untrained(cell, Initialisation()) == ("b", "b_g")
    assert not bare.has_bias
    full = drawn_network(cell, 8, 3, rng, start=Initialisation(biases=True))
    assert full.params["b"].all()
    assert untrained(cell, Initialisation(biases=True)) == ()


#: What decides how much is kept, with its sign, read from the recurrences as they are published.
DECIDES = {
    "plain": {}, "leaky": {}, "scalar_gate": {"b_g": -1}, "multi_gate": {"b_g": -1}, "gru": {"b_z": 1},
    "gru_original": {"b_z": -1}, "lstm": {"b_f": 1}, "ugrnn": {"b_g": 1}, "mgu": {"b_f": -1}, "janet": {"b_f": 1},
    "mingru": {"b_z": -1}, "lem": {"b_d": -1, "b_e": -1},
}  # fmt: skip


@pytest.mark.parametrize("name", DECIDES)
def test_gates_begin_where_they_are_told(name: str) -> None:
    """The biases that raise what is kept; with them a unit keeps 1 - s, or for 2 to L steps, at states and inputs 0."""
    cell = sg.cell(name)
    assert dict(retention_biases(cell)) == DECIDES[name]
    if not DECIDES[name] or name == "lem":
        return
    for start in (Initialisation(gate=0.005), Initialisation(chrono=50)):
        network = drawn_network(cell, 40, 2, np.random.default_rng(0), start=start)
        leak = numeric.effective_learning_rates(network.run(np.zeros((1, 1, 2)))).leak[0, 0, -40:]
        if start.gate:
            assert_allclose(leak, 0.995, rtol=1e-12)
        else:
            steps = 1 / (1 - leak)
            assert steps.min() >= 2
            assert steps.max() <= 50
            assert name == "scalar_gate" or np.ptp(steps) > 20
        assert not set(untrained(cell, start)) & set(DECIDES[name])


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Initialisation("gauss"), UnknownNameError, "'gauss' is not a known law of the weights"),
        (lambda: Initialisation(std=0.1), ShapeError, "of normal weights"),
        (lambda: Initialisation(gate=1.5), ShapeError, "between 0 and 1"),
        (lambda: Initialisation(chrono=1), ShapeError, "above 2 steps"),
        (lambda: Initialisation(gate=0.1, chrono=9), DefinitionError, "give one of them"),
    ],
)  # fmt: skip
def test_bad_starts_are_refused(make: object, error: type[SymgateError], message: str) -> None:
    """Each says what was asked and what is allowed."""
    with pytest.raises(error, match=message):
        make()  # type: ignore[operator]


def test_slow_inputs() -> None:
    """sin(f s + p) + 0.05 e: the second differences of the signal itself are below f^2, the rest is noise."""
    u = SIGNALS["slow"](np.random.default_rng(0), 100, 3)
    assert u.shape == (100, 3)
    smooth = np.array([np.polyval(np.polyfit(np.arange(100), column, 3), np.arange(100)) for column in u.T]).T
    assert_allclose((u - smooth).std(), 0.05, rtol=0.1)
    assert abs(SIGNALS["white"](np.random.default_rng(0), 4000, 1).std() - 1) < 0.05


def test_windows_begin_at_all_starting_times_and_each_is_its_own() -> None:
    """Every step is drawn, none reaches beyond T; each window is what the whole computation says of it."""
    drawn = drawn_windows(np.random.default_rng(0), 3, 10, (1, 4, 10), 400)
    for lag, (sequences, starts) in drawn.items():
        assert set(starts) == set(range(10 - lag + 1))
        assert set(sequences) == {0, 1, 2}
    rng = np.random.default_rng(1)
    A, B = rng.normal(size=(2, 3, 10, 4, 4))
    some = {lag: (sequences[:5], starts[:5]) for lag, (sequences, starts) in drawn.items()}
    found = corrections_in(A, B, some)
    for place, (lag, (sequences, starts)) in enumerate(some.items()):
        for row, (b, k) in enumerate(zip(sequences, starts, strict=True)):
            alone = corrections(A[b], B[b], [k], [lag])
            assert_allclose(found.first[row, place], alone.first[0, 0], rtol=1e-10)
            assert_allclose(found.missed_by_first[row, place], alone.missed_by_first[0, 0], rtol=1e-10, atol=1e-14)


def test_intervals_cover_the_median() -> None:
    """Of 300 normal samples of 20 the interval of 95 % holds the true median in 90 to 99 %; the same twice."""
    samples = np.random.default_rng(0).normal(size=(300, 20))
    inside = [low <= 0 <= high for low, high in (median_interval(values) for values in samples)]
    assert 0.90 <= np.mean(inside) <= 0.99
    found = spread([3.0, 1.0, np.nan, 2.0])
    assert found["values"] == [3.0, 1.0, None, 2.0]
    assert (found["median"], found["count"]) == (2.0, 3)
    assert found["interval"] == spread([3.0, 1.0, np.nan, 2.0])["interval"]
    assert spread([1.0, 2.0])["interval"] is None
    assert "values" not in spread(np.zeros(51))


#: One cell of each sort: several states, coupled states, inputs of the state's size, elapsed time, masks, no gate.
SORTS = ("lstm", "lru", "rg_lru", "ltc", "gru_d", "plain", "rwkv4")
ALL = tuple(cell.name for cell in LIBRARY)


@pytest.mark.parametrize("names", [SORTS, pytest.param(ALL, marks=pytest.mark.full)], ids=["sorts", "all"])
def test_cells_of_one_and_several_states_run_in_every_experiment(names: tuple[str, ...]) -> None:
    """Products are of all states, rates for each; what a cell does not have is left out and not invented."""
    small = {"n": 8, "inputs": 2, "seeds": 1}
    first = replace(
        ProfileSpec().quick(), cells=names, steps=10, iterations=1, checkpoints=(0, 1), lags=(1, 4), windows=4, **small
    )
    found = profiles(first)
    assert set(found.summary) == set(names)
    assert found.diverged == ()
    assert all(np.isfinite(found.arrays[f"{name}/profile"]).all() for name in names)
    if "lstm" in names:
        states = found.summary["lstm"][0]["states"]
        assert states["c"]["slope"]["median"] > 0
        assert states["h"]["slope"]["median"] is None  # h keeps nothing of itself
        assert found.summary["plain"][0]["retention"]["slope"]["median"] is None
    second = replace(TruncationSpec().quick(), cells=names, steps=10, lags=(1, 5), windows=4, **small)
    expanded = truncation(second).summary
    assert all(found["bound_violations"] == 0 for found in expanded.values())
    slopes = [found["slope_by_order"]["1"]["median"] for found in expanded.values()]
    assert all(slope is None or abs(slope - 2) < 0.05 for slope in slopes)
    third = replace(
        AnisotropySpec().quick(), networks=[Trained(name, "adam", 1e-3) for name in names], tasks=("adding",),
        steps=10, iterations=1, checkpoints=(0, 1), lags=(1, 4), rank=3, gradients=12, pairs=4, **small,
    )  # fmt: skip
    measured = anisotropy(third)
    assert len(measured.summary) == len(names)
    assert measured.diverged == ()
