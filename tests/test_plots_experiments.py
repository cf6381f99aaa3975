"""Figures of experiments draw the arrays of the result: medians over seeds, bands, every panel labelled."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.testing import assert_allclose

from symgate.experiments import (
    AlignmentSpec,
    AnisotropySpec,
    LearnabilitySpec,
    Learner,
    ProfileSpec,
    Result,
    TrainabilitySpec,
    TruncationSpec,
    UpdateSpec,
    alignment,
    anisotropy,
    learnability,
    profiles,
    trainability,
    truncation,
    updates,
)
from symgate.plots import experiment_figures, save

#: The figures of every result by the names of both.
Figures = dict[str, dict[str, Figure]]


@pytest.fixture(scope="module")
def results() -> dict[str, Result]:
    small = {"n": 6, "iterations": 4, "checkpoints": (0, 4), "inputs": 2}
    return {
        "profiles": profiles(replace(ProfileSpec().quick(), steps=12, lags=(1, 2, 8), **small)),
        "anisotropy": anisotropy(
            replace(
                AnisotropySpec().quick(),
                tasks=("adding", "ar2"),
                steps=20,
                lags=(1, 4, 8),
                rank=3,
                gradients=12,
                **small,
            )
        ),
        "truncation": truncation(replace(TruncationSpec().quick(), n=6, steps=20, lags=(1, 5, 20))),
        "learnability": learnability(
            replace(
                LearnabilitySpec().quick(),
                learners=(Learner("diagonal"), Learner("gru", "sgd", 0.1)),
                n=4,
                steps=12,
                task_lags=(1, 2),
                train=8,
                diagnose=120,
                lags=(1, 2, 3, 4, 6),
            )
        ),
        "updates": updates(
            replace(
                UpdateSpec().quick(), learners=tuple(map(Learner, ("diagonal", "shared", "plain"))), n=4, steps=16,
                train=16, lags=(1, 2, 4, 8),
            )
        ),
        "trainability": trainability(replace(TrainabilitySpec().quick(), n=4, iterations=4)),
        "alignment": alignment(replace(AlignmentSpec().quick(), n=4, iterations=4)),
    }  # fmt: skip


@pytest.fixture(scope="module")
def drawn(results: dict[str, Result]) -> Figures:
    """The figures of every result, drawn once."""
    return {name: experiment_figures(result) for name, result in results.items()}


def _lines(axes: Axes) -> dict[str, np.ndarray]:
    return {str(line.get_label()): np.asarray(line.get_ydata()) for line in axes.lines}


def test_every_result_has_its_figures_and_they_are_written(
    results: dict[str, Result], drawn: Figures, tmp_path: Path
) -> None:
    """In vector form and as PNG; the same result gives the same bytes."""
    assert {name: list(figures) for name, figures in drawn.items()} == {
        "profiles": ["profiles_by_checkpoint", "profiles_heat_map", "profiles_slopes", "profiles_corrections"],
        "anisotropy": ["anisotropy_by_lag", "anisotropy_gradients"],
        "truncation": ["truncation_by_size", "truncation_bounds", "truncation_ratios", "truncation_by_lag"],
        "learnability": ["learnability_envelopes", "learnability_samples", "learnability_tails"],
        "updates": ["updates_before", "updates_after", "updates_power", "updates_between"],
        "trainability": ["trainability_map", "trainability_prediction"],
        "alignment": ["alignment_by_lag"],
    }
    for folder, figures in (("a", drawn["anisotropy"]), ("b", experiment_figures(results["anisotropy"]))):
        (tmp_path / folder).mkdir()
        save(figures["anisotropy_gradients"], tmp_path / folder, "gradients")
    for kind in ("pdf", "svg", "png"):
        assert (tmp_path / "a" / f"gradients.{kind}").read_bytes() == (
            tmp_path / "b" / f"gradients.{kind}"
        ).read_bytes()


def test_profiles_draw_medians_over_seeds(results: dict[str, Result], drawn: Figures) -> None:
    """Three lines and three bands per panel; cells in rows, checkpoints in columns with a title."""
    result = results["profiles"]
    axes = drawn["profiles"]["profiles_by_checkpoint"].axes
    assert len(axes) == 6
    assert [panel.get_title() for panel in axes[:2]] == ["iteration 0", "iteration 4"]
    last = axes[-1]
    lines = _lines(last)
    assert len(lines) == len(last.collections) == 3
    expected = np.median(result.arrays["multi_gate/profile"][:, 1], axis=0) / np.log(10)
    assert_allclose(next(iter(lines.values())), expected)


def test_learnability_draws_envelopes_and_what_was_found(results: dict[str, Result], drawn: Figures) -> None:
    """Five lines relative to the first lag, for AdamW alone; N(l) by architecture and way to train, where found."""
    result = results["learnability"]
    figures = drawn["learnability"]
    lines = _lines(figures["learnability_envelopes"].axes[0])
    assert len(lines) == 5
    logs = np.log10(result.arrays["diagonal+adamw/envelopes"][0, 1])
    assert_allclose(lines["first order"], logs - logs[0])
    above = {axes.get_title(): axes for axes in figures["learnability_samples"].axes if axes.get_title()}
    assert list(above) == ["diagonal", "gru"]
    for name, learner in result.summary["learners"].items():
        architecture, _, way = name.partition("+")
        needed = [n for n in learner["true"][0]["needed"].values() if n is not None]
        assert_allclose(_lines(above[architecture])[way], needed)
    assert [len(axes.lines) for axes in figures["learnability_samples"].axes[2:]] == [1, 1]


def test_slopes_heat_map_and_corrections_draw_the_arrays(results: dict[str, Result], drawn: Figures) -> None:
    """Each panel its own cell."""
    result = results["profiles"]
    figures = drawn["profiles"]
    slopes = _lines(figures["profiles_slopes"].axes[0])
    assert_allclose(slopes["drive split"], np.median(result.arrays["leaky/slope"][..., 0], axis=0))
    image = figures["profiles_heat_map"].axes[1].collections[0]
    expected = np.median(result.arrays["scalar_gate/profile"], axis=0).T / np.log(10)
    assert_allclose(np.asarray(image.get_array()).reshape(expected.shape), expected)
    titles = [axes.get_title() for axes in figures["profiles_corrections"].axes if axes.get_visible()]
    assert titles == [
        "scalar_gate, gate split", "multi_gate, gate split",
        "leaky, retention split", "scalar_gate, retention split", "multi_gate, retention split",
    ]  # fmt: skip


def test_anisotropy_draws_one_column_per_task_and_a_bar_per_network_and_checkpoint(
    results: dict[str, Result], drawn: Figures
) -> None:
    """Heights are medians."""
    result = results["anisotropy"]
    figures = drawn["anisotropy"]
    assert [axes.get_title() for axes in figures["anisotropy_by_lag"].axes[:2]] == ["adding", "ar2"]
    upper, lower = figures["anisotropy_gradients"].axes
    assert len(upper.patches) == len(lower.patches) == 2 * 3 * 2
    assert_allclose(lower.patches[1].get_height(), np.median(result.arrays["plain+adam/adding/gradients"][:, 1, 1]))


def test_truncation_draws_every_order(results: dict[str, Result], drawn: Figures) -> None:
    """Errors on both logarithmic axes, with their slopes in the legend."""
    result = results["truncation"]
    upper = drawn["truncation"]["truncation_by_size"].axes[0]
    assert upper.get_xscale() == upper.get_yscale() == "log"
    lines = _lines(upper)
    assert [label.split(",")[0] for label in lines] == [f"order {order}" for order in range(4)]
    assert_allclose(list(lines.values()), np.median(result.arrays["scalar_gate/error"], axis=0))


def test_updates_draw_rate_against_update(results: dict[str, Result], drawn: Figures) -> None:
    """Medians relative to the first lag, and slope 1; a cell without a rate is left out there, not elsewhere."""
    result, figures = results["updates"], drawn["updates"]
    axes = figures["updates_power"].axes[1]
    lines = _lines(axes)
    assert set(lines) >= {"diagonal+adamw", "shared+adamw"}
    assert "plain+adamw" not in lines
    logs = np.log10(result.arrays["shared+adamw/update"][:, 1][:, [1, 2, 4, 8]])
    assert_allclose(lines["shared+adamw"], np.median(logs - logs[:, :1], axis=0))
    assert len(_lines(figures["updates_after"].axes[2])) == 5


def test_trainability_draws_the_map_and_every_run(results: dict[str, Result], drawn: Figures) -> None:
    """A panel per step size with the medians; a point per seed at the best step size."""
    result, figures = results["trainability"], drawn["trainability"]
    panel = figures["trainability_map"].axes[1]
    assert panel.get_title() == "step 0.02"
    expected = [np.median(result.arrays[f"{net.label}/recall/15/0.02/loss"]) for net in result.spec.networks]
    assert_allclose(np.asarray(panel.collections[0].get_array()).ravel(), np.minimum(expected, 1.2))
    (axes,) = figures["trainability_prediction"].axes
    best = np.minimum(*(result.arrays[f"plain/recall/15/{step}/loss"] for step in ("0.003", "0.02")))
    assert_allclose(np.sort(np.asarray(axes.lines[0].get_ydata())), np.sort(best))


def test_alignment_draws_shares_above_random_and_over_chance(results: dict[str, Result], drawn: Figures) -> None:
    """Three rows, a column per task and moment."""
    result, figures = results["alignment"], drawn["alignment"]
    axes = figures["alignment_by_lag"].axes
    assert [panel.get_title() for panel in axes[:2]] == ["recall, before", "recall, after"]
    shares = result.arrays["plain/recall/shares"][:, 1]
    assert_allclose(_lines(axes[1])["plain"], np.median(shares[..., 0], axis=0))
    assert_allclose(_lines(axes[3])["plain"], np.median(shares[..., 0] - shares[..., 1], axis=0))
    assert_allclose(_lines(axes[5])["plain"], np.median(shares[..., 2], axis=0) / (2 / 4))


def test_a_result_in_which_every_run_diverged_has_no_figure(results: dict[str, Result]) -> None:
    """Nothing is drawn of nothing."""
    assert experiment_figures(replace(results["profiles"], arrays={})) == {}
    assert experiment_figures(replace(results["anisotropy"], arrays={})) == {}
    assert experiment_figures(replace(results["truncation"], arrays={})) == {}
    for name in ("updates", "trainability", "alignment"):
        assert experiment_figures(replace(results[name], arrays={})) == {}
