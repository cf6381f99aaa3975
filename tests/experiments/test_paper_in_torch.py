"""The experiments as published but smaller, against an independent program in torch on the same data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from symgate.experiments import settings
from symgate.experiments.networks import drawn_network
from symgate.experiments.specs import Trained
from tests.experiments import paper_compared as compared

torch = pytest.importorskip("torch")

from tests.reference import paper  # noqa: E402 - it is written in torch

#: Both compute the same numbers in another order; what is planted moves them by far more.
NEAR, FAR = 1e-11, 1e-4

PUBLISHED = settings("published")
PROFILES = replace(
    PUBLISHED.profiles, n=8, steps=20, batch=8, iterations=20, checkpoints=(0, 20), probe=4, lags=(1, 2, 8), windows=4
)
ANISOTROPY = replace(
    PUBLISHED.anisotropy, n=12, steps=37, batch=8, iterations=12, checkpoints=(0, 12), gradients=16, pairs=8,
    lags=(1, 4, 12), rank=4,
)  # fmt: skip
PROFILE = {"losses", "profile", "drive", "retention", "slope", "r_squared", "retention_split"}
TRUNCATION = replace(PUBLISHED.truncation, n=8, steps=20, lags=(1, 2, 10, 20), windows=4)


def profiled(cell: str) -> compared.Pairs:
    return compared.profiles(cell, PROFILES, 0)


def truncated(cell: str) -> compared.Pairs:
    return compared.truncation(cell, TRUNCATION, 0)


def turned(cell: str) -> compared.Pairs:
    """With the optimiser of the paper, on a task that is not that of the profiles."""
    found = [one for one in ANISOTROPY.networks if one.label.startswith(f"{cell}+")]
    return compared.anisotropy(found[0] if found else Trained(cell, "sgd", 1e-2), "narma10", ANISOTROPY, 0)


@pytest.mark.parametrize(
    ("run", "cell", "measured"),
    [
        (profiled, "leaky", PROFILE),
        *((profiled, cell, {*PROFILE, "gate_split"}) for cell in ("scalar_gate", "multi_gate")),
        *((truncated, cell, {"first", "missed_by_zeroth", "missed_by_first", "log error"})
          for cell in ("scalar_gate", "multi_gate")),
        *((turned, cell, {"losses", "products", "gradients"})
          for cell in ("plain", "leaky", "scalar_gate", "multi_gate")),
    ],
)  # fmt: skip
def test_both_programs_measure_the_same(run: Callable[[str], compared.Pairs], cell: str, measured: set[str]) -> None:
    """Every number of every checkpoint, to 1e-11 of the largest of its kind; networks have moved on the way."""
    pairs = run(cell)

    assert pairs.keys() == measured
    assert {name: apart for name, pair in pairs.items() if (apart := compared.distance(*pair)) > NEAR} == {}
    if "losses" in pairs:
        moved = pairs["products" if "products" in pairs else "profile"][0]
        assert np.abs(moved[1] - moved[0]).max() > FAR


product, all_gates, line, anisotropy = paper.product, paper.all_gates, paper.line, paper.anisotropy


@pytest.mark.parametrize(
    ("name", "slip", "run", "noticed"),
    [
        ("product", lambda factors: product(factors.flip(0)), turned, {"products"}),
        ("all_gates", lambda w, u, kept: all_gates(w, u.roll(1, 0), kept=kept), profiled,
         {"drive", "retention", "slope"}),
        ("line", lambda log_p, log_s, trim: line(log_p, log_s, 5 * trim), profiled, {"slope", "r_squared"}),
        ("norm", torch.linalg.matrix_norm, truncated, {"first", "log error"}),
        ("anisotropy", lambda s, r: (anisotropy(s, r)[0], anisotropy(s[..., : r + 1], r)[1]), turned,
         {"products", "gradients"}),
        ("median", lambda values: values.mean(), truncated, {"first"}),
    ],
    ids=["reversed", "gate of another step", "trim", "frobenius", "energy of some", "mean"],
)  # fmt: skip
def test_a_planted_difference_is_noticed(
    monkeypatch: pytest.MonkeyPatch, name: str, slip: Any, run: Callable[[str], compared.Pairs], noticed: set[str]
) -> None:
    """A slip in the program moves what depends on it by more than a thousand tolerances, and the losses not at all."""
    monkeypatch.setattr(paper, name, slip)
    apart = {of: compared.distance(*pair) for of, pair in run("multi_gate").items()}

    assert {of for of in noticed if apart[of] > FAR} == noticed, apart
    assert apart.get("losses", 0.0) < NEAR


def test_a_weight_that_is_not_the_same_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """One entry of W_g handed over with an error of a thousandth: the losses part at the first step."""
    handed = compared._handed

    def moved(network: Any) -> dict[str, Any]:
        found = handed(network)
        found["W_g"][0, 1] += 1e-3
        return found

    monkeypatch.setattr(compared, "_handed", moved)
    apart = {of: compared.distance(*pair) for of, pair in profiled("multi_gate").items()}

    assert min(apart.values()) > 100 * NEAR


def test_what_is_handed_over_begins_as_published() -> None:
    """Weights uniform on +-1/sqrt(columns), read-out too, no biases; of frozen trajectories normal, 0.2."""
    for cell in PUBLISHED.profiles.cells:
        w = compared._handed(drawn_network(cell, 64, 4, np.random.default_rng(0), start=PUBLISHED.profiles.start))
        assert not {name for name in w if name.startswith("b")}
        for name in w.keys() - {"alpha"}:
            edge = w[name].shape[-1] ** -0.5
            assert 0.8 * edge < w[name].abs().max() <= edge
    frozen = compared._handed(
        drawn_network(PUBLISHED.truncation.cells[1], 64, 3, np.random.default_rng(0), start=PUBLISHED.truncation.start)
    )
    assert {name: round(float(value.std()), 1) for name, value in frozen.items()} == dict.fromkeys(frozen, 0.2)
