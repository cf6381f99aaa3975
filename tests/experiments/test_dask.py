"""The same sweep on a dask cluster on loopback gives the same results."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from numpy.testing import assert_array_equal

from symgate.experiments import TruncationSpec, truncation

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


def test_a_cluster_gives_the_results_of_a_serial_run(tmp_path: Path) -> None:
    """Two workers in processes of their own, through ``client.get_executor()``; what they finished is kept here."""
    spec = replace(TruncationSpec().quick(3), n=6, steps=20, lags=(1, 5, 20))
    expected = truncation(spec)
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        found = truncation(spec, client.get_executor(), out=tmp_path)

    assert len(list((tmp_path / "jobs").iterdir())) == 6
    assert found.summary == expected.summary
    for name, value in expected.arrays.items():
        assert_array_equal(found.arrays[name], value)
