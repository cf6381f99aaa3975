"""The same sweep on a dask cluster on loopback gives the same results."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from symgate.cli import experiment, main
from symgate.experiments import OWN_SETTINGS, TruncationSpec, truncation
from symgate.experiments.learnability_runs import LearnabilityJob
from symgate.experiments.learnability_specs import Learner

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


@pytest.fixture(scope="module")
def two_workers() -> Iterator[distributed.LocalCluster]:
    """A cluster on loopback, its workers in processes of their own."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
    ) as cluster:
        yield cluster


def test_a_cluster_gives_the_results_of_a_serial_run(tmp_path: Path, two_workers: distributed.LocalCluster) -> None:
    """Two workers in processes of their own, through ``client.get_executor()``; what they finished is kept here."""
    spec = replace(TruncationSpec().quick(3), n=6, steps=20, lags=(1, 5, 20))
    expected = truncation(spec)
    with distributed.Client(two_workers) as client:
        found = truncation(spec, client.get_executor(), out=tmp_path)

    assert len(list((tmp_path / "jobs").iterdir())) == 6
    assert found.summary == expected.summary
    for name, value in expected.arrays.items():
        assert_array_equal(found.arrays[name], value)


def test_the_command_runs_the_published_learnability_on_a_cluster(
    tmp_path: Path, two_workers: distributed.LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``--settings published --scheduler``, reduced to seconds: the samples are those of a run here; figures apart."""
    source, spec = OWN_SETTINGS["learnability"]["published"]
    small = replace(
        spec.quick(), learners=(Learner("constant"), Learner("diagonal", "sgd", 0.1)), n=6, steps=24,
        task_lags=(2, 4, 8), train=16, diagnose=120, lags=(2, 3, 4, 6),
    )  # fmt: skip
    monkeypatch.setitem(OWN_SETTINGS["learnability"], "published", (source, small))
    monkeypatch.setattr(experiment, "experiment_figures", lambda _: {})
    command = ["experiment", "learnability", "--settings", "published", "--out", str(tmp_path)]
    assert main([*command, "--scheduler", two_workers.scheduler_address]) == 0

    with np.load(tmp_path / "learnability.npz") as found:
        assert {name.split("/")[0] for name in found} == {"constant+adamw", "diagonal+sgd"}
        for learner in small.learners:
            job = LearnabilityJob(learner.cell, 0, replace(small, learners=(learner,), seeds=(0,)))
            for name, value in job.run().arrays.items():
                assert_array_equal(found[f"{learner.label}/{name}"][0], value)
