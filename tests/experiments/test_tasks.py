"""Tasks: what they say of their targets, their variance and what solves them is so."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from symgate.errors import ShapeError, UnknownNameError
from symgate.experiments import TASKS, Task, solvable_errors, task
from symgate.experiments.tasks import AR2, DELAYS, NOISE

STEPS, CHANNELS = 60, 3


def _draw(name: str, batch: int = 4000, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    drawn = task(name).draw(np.random.default_rng(seed), STEPS, batch, CHANNELS)
    return drawn.u, drawn.y[:, 0]


@pytest.mark.parametrize("name", TASKS)
def test_batches_have_the_shape_and_follow_the_seed(name: str) -> None:
    """(B, T, m) and (B, 1); the same seed gives the same batch, and the next batch differs."""
    rng = np.random.default_rng(5)
    first, second = (task(name).draw(rng, STEPS, 7, CHANNELS) for _ in range(2))
    again = task(name).draw(np.random.default_rng(5), STEPS, 7, CHANNELS)

    assert first.u.shape == (7, STEPS, CHANNELS)
    assert first.y.shape == (7, 1)
    assert_array_equal(first.u, again.u)
    assert_array_equal(first.y, again.y)
    assert not np.array_equal(first.u, second.u)


@pytest.mark.parametrize("name", TASKS)
def test_every_task_is_learnable(name: str) -> None:
    """Its solution, a function of the input alone, reaches the floor: 0, or the innovations of AR(2)."""
    u, y = _draw(name)
    error = np.mean((task(name).solve(u)[:, 0] - y) ** 2)
    floor = NOISE**2 if name == "ar2" else 0.0

    assert abs(error - floor) < 0.06 * floor + 1e-20
    assert error < 0.1 * np.var(y)


@pytest.mark.parametrize("entry", [t for t in TASKS.values() if t.variance is not None], ids=lambda entry: entry.name)
def test_the_stated_variance_is_that_of_the_target(entry: Task) -> None:
    """Within four standard errors of 4000 draws."""
    assert entry.variance is not None
    _, y = _draw(entry.name)
    centred = (y - y.mean()) ** 2
    assert abs(centred.mean() - entry.variance) < 4 * centred.std() / np.sqrt(len(y))


def test_targets_are_what_their_meaning_says() -> None:
    """Read off the inputs, one step at a time."""
    u, y = _draw("adding", 50)
    marks = [np.flatnonzero(row[:, -1]) for row in u]
    assert all(len(m) == 2 and m[0] < STEPS // 2 <= m[1] for m in marks)
    assert_allclose(y, [row[m, 0].sum() for row, m in zip(u, marks, strict=True)])

    u, y = _draw("recall", 50)
    marks = [np.flatnonzero(row[:, -1]) for row in u]
    assert all(len(m) == 5 and m.max() < STEPS // 3 for m in marks)
    assert_allclose(y, [row[m, 0].mean() for row, m in zip(u, marks, strict=True)])

    u, y = _draw("delay_sum", 50)
    assert_allclose(y, sum(u[:, STEPS - 1 - delay, 0] for delay in DELAYS) / 4)
    u, y = _draw("short", 50)
    assert_allclose(y, sum(u[:, -1 - back, 0] for back in range(6)))
    u, y = _draw("moving_average", 50)
    assert_allclose(y, sum(u[:, -1 - back, 0] for back in range(8)) / 8)


def test_ar2_is_its_own_input_and_stationary() -> None:
    """Every innovation has the stated size, and the first value the variance of the last."""
    u, y = _draw("ar2", 20000)
    whole = np.concatenate([u[..., 0], y[:, None]], axis=1)
    innovations = whole[:, 2:] - AR2[0] * whole[:, 1:-1] - AR2[1] * whole[:, :-2]

    assert_allclose(innovations.std(), NOISE, rtol=0.01)
    assert_allclose([whole[:, 0].var(), whole[:, 1].var(), whole[:, -1].var()], task("ar2").variance, rtol=0.05)
    assert_allclose(np.mean(whole[:, 0] * whole[:, 1]), np.mean(whole[:, -1] * whole[:, -2]), rtol=0.05)


def test_a_target_of_independent_noise_would_be_unlearnable() -> None:
    """Planted: with the target of another draw no affine function of the input beats the constant."""
    u, _ = _draw("ar2", 4000)
    _, other = _draw("ar2", 4000, seed=9)
    features = np.hstack([u[:2000].reshape(2000, -1), np.ones((2000, 1))])
    weights = np.linalg.lstsq(features, other[:2000], rcond=None)[0]
    guess = np.hstack([u[2000:].reshape(2000, -1), np.ones((2000, 1))]) @ weights
    assert np.mean((guess - other[2000:]) ** 2) > 0.95 * np.var(other[2000:])
    assert solvable_errors("ar2", 20, 2, 2000).linear < 0.1 * task("ar2").variance


def test_narma_agrees_with_the_recurrence_and_counts_what_it_rejects() -> None:
    """Written out one sequence at a time; long sequences blow up now and then."""
    u, y = _draw("narma10", 5)
    for row, end in zip(u[..., 0], y, strict=True):
        values = [0.0] * (STEPS + 1)
        for t in range(STEPS):
            past = sum(values[max(0, t - 9) : t + 1])
            late = row[t - 9] if t >= 9 else 0.0
            values[t + 1] = 0.3 * values[t] + 0.05 * values[t] * past + 1.5 * late * row[t] + 0.1
        assert_allclose(end, values[-1], rtol=1e-12)

    drawn = task("narma10").draw(np.random.default_rng(0), 2000, 400, 1)
    assert np.isfinite(drawn.y).all()
    assert drawn.rejected >= 0


def test_narma_replaces_sequences_that_blow_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a bound that many sequences pass, those are drawn again and counted."""
    monkeypatch.setattr("symgate.experiments.tasks.LARGEST", 0.4)
    drawn = task("narma10").draw(np.random.default_rng(0), 30, 200, 1)
    assert drawn.rejected > 10
    assert np.abs(drawn.y).max() < 0.4

    monkeypatch.setattr("symgate.experiments.tasks.LARGEST", 0.0)
    with pytest.raises(ShapeError, match="stayed unbounded"):
        task("narma10").draw(np.random.default_rng(0), 30, 5, 1)


def test_solvable_errors_are_in_order() -> None:
    """The solution is no worse than the affine function, and adding is hardly affine at all."""
    for name in TASKS:
        found = solvable_errors(name, 40, 2, 4000)
        assert found.best <= found.linear * 1.01 + 1e-20
    adding = solvable_errors("adding", 40, 2, 4000)
    assert adding.linear > 0.9 * adding.constant
    assert adding.best == 0


@pytest.mark.parametrize(
    ("name", "steps", "batch", "channels", "message"),
    [
        ("delay_sum", 36, 4, 2, "'delay_sum' needs 37 steps or more; found 36"),
        ("adding", 10, 4, 1, "'adding' needs 2 input channels or more; found 1"),
        ("short", 10, 0, 1, "one sequence or more; found 0"),
    ],
)
def test_bad_sizes_are_refused(name: str, steps: int, batch: int, channels: int, message: str) -> None:
    """With what is needed and what was found."""
    with pytest.raises(ShapeError, match=message):
        task(name).draw(np.random.default_rng(0), steps, batch, channels)


def test_unknown_tasks_and_too_few_samples_are_refused() -> None:
    """The message names the tasks there are."""
    with pytest.raises(UnknownNameError, match=r"'addding' is not a known task\. Did you mean 'adding'"):
        task("addding")
    with pytest.raises(ShapeError, match="480 samples or more"):
        solvable_errors("adding", 120, 2, 100)
