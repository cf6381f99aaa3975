"""Sweeps: resumable, whatever the executor and the order, nothing half written, failures told apart."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import subprocess
import sys
import time
import warnings
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from threadpoolctl import threadpool_info

import symgate as sg
from symgate.errors import DefinitionError
from symgate.experiments import Job, Outcome, SweepError, TruncationSpec, run_jobs, truncation
from symgate.experiments.jobs import code_version, key
from symgate.experiments.store import DamagedResultWarning, Store, archive

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Draw(Job):
    """Draws numbers; leaves a mark in a folder each time it runs; may fail."""

    folder: str = ""
    fails: bool = False

    def run(self) -> Outcome:
        """Draw."""
        if self.folder:
            Path(self.folder, f"{self.seed}-{time.perf_counter_ns()}").touch()
        if self.fails:
            message = "as planned"
            raise ValueError(message)
        first, second = self.streams(2)
        return Outcome({"a": first.normal(size=3), "b": second.normal(size=2)}, {"threads": _threads()})


def _threads() -> int:
    return max((pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"), default=1)


def _jobs(count: int = 5, **fields: Any) -> list[Draw]:
    return [Draw(sg.cell("plain"), seed, **fields) for seed in range(count)]


class Backwards(Executor):
    """Runs what it was given in reversed order, when the first result is asked for."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Future, Any, tuple]] = []

    def submit(self, fn: Any, /, *args: Any, **_: Any) -> Future:
        """Keep it for later."""
        future: Future = Future()
        self.waiting.append((future, fn, args))
        if len(self.waiting) == 5:
            for held, function, given in reversed(self.waiting):
                held.set_result(function(*given))
        return future


def _same(found: list[Outcome], expected: list[Outcome]) -> None:
    for a, b in zip(found, expected, strict=True):
        assert a.arrays.keys() == b.arrays.keys()
        for name in a.arrays:
            assert_array_equal(a.arrays[name], b.arrays[name])
        assert a.facts == b.facts


@pytest.mark.filterwarnings("ignore:.*fork:RuntimeWarning", "ignore:.*fork:DeprecationWarning")  # threads of libraries
def test_any_executor_and_any_order_give_the_same_results() -> None:
    """Serial, threads, processes, and one that works backwards."""
    jobs = _jobs()
    expected = run_jobs(jobs)
    with ThreadPoolExecutor(2) as threads, ProcessPoolExecutor(2, multiprocessing.get_context("fork")) as processes:
        for executor in (threads, processes, Backwards()):
            _same(run_jobs(jobs, executor), expected)
    _same(run_jobs(jobs[::-1])[::-1], expected)
    assert not np.array_equal(expected[0].arrays["a"], expected[1].arrays["a"])
    assert all(outcome.facts["threads"] == 1 for outcome in expected)  # one BLAS thread


def test_a_sweep_leaves_the_number_of_blas_threads_as_it_was() -> None:
    """In the process that ran it."""
    before = _threads()
    run_jobs(_jobs(1))
    assert _threads() == before


def test_finished_jobs_are_not_run_again(tmp_path: Path) -> None:
    """The second call reads what the first one kept; a job with another field is another job."""
    marks = tmp_path / "marks"
    marks.mkdir()
    jobs = _jobs(3, folder=str(marks))
    first = run_jobs(jobs, folder=tmp_path / "jobs")
    assert len(list(marks.iterdir())) == 3

    messages: list[str] = []
    _same(run_jobs(jobs, folder=tmp_path / "jobs", begin=lambda _label, _total: messages.append), first)
    assert len(list(marks.iterdir())) == 3
    assert messages == [f"plain, seed {seed}: kept" for seed in range(3)]

    run_jobs([replace(jobs[0], seed=7)], folder=tmp_path / "jobs")
    assert len(list(marks.iterdir())) == 4


def test_a_failing_job_leaves_the_others_done(tmp_path: Path) -> None:
    """All others are kept; the error says which failed, why, and how many are done."""
    jobs = _jobs(4)
    jobs[1] = replace(jobs[1], fails=True)
    for executor in (None, ThreadPoolExecutor(2)):
        with pytest.raises(
            SweepError, match=r"1 of 4 jobs failed, first plain, seed 1 \(ValueError: as planned\); 3 of 4"
        ):
            run_jobs(jobs, executor, tmp_path)
        assert len(list(tmp_path.iterdir())) == 3


def test_the_same_job_twice_is_refused() -> None:
    """Before any work."""
    with pytest.raises(DefinitionError, match="plain, seed 0 was asked for 2 times"):
        run_jobs([*_jobs(1), *_jobs(1)])


def test_keys_tell_jobs_apart() -> None:
    """By kind, seed, cell (also its bound functions), specification and code."""
    spec = TruncationSpec(seeds=1)
    base = key(Draw(sg.cell("plain"), 0))
    others = {
        key(Draw(sg.cell("plain"), 1)),
        key(Draw(sg.cell("leaky"), 0)),
        key(Draw(sg.cell("plain", phi="relu"), 0)),
    }
    assert len(others | {base}) == 4
    assert key(Draw(sg.cell("plain"), 0)) == base
    assert code_version().startswith(sg.__version__)
    assert spec.quick() != spec


def test_results_come_back_as_they_were(tmp_path: Path) -> None:
    """Every dtype and shape; equal results are equal bytes; a damaged file counts as none."""
    job = Draw(sg.cell("plain"), 0)
    arrays = {"x": np.array([1.5, np.nan, np.inf]), "none": np.zeros((0, 2)), "n": np.array(3), "a/b": np.eye(2)}
    store = Store(tmp_path / "deep" / "er")
    assert store.load(job) is None
    store.save(job, Outcome(arrays, {"diverged": None, "rejected": 2}, 1.5))
    found = store.load(job)
    assert found is not None
    for name, value in arrays.items():
        assert_array_equal(found.arrays[name], value)
    assert found.facts == {"diverged": None, "rejected": 2}
    assert found.seconds == 1.5
    assert archive(arrays) == archive(arrays)

    (path,) = store.folder.iterdir()
    path.write_bytes(path.read_bytes()[:40])
    with pytest.warns(DamagedResultWarning, match="is run again: plain, seed 0"):
        assert store.load(job) is None


def _saved(folder: Path) -> tuple[Store, Draw, Path, Outcome]:
    """A store with one result in it."""
    store, job = Store(folder), Draw(sg.cell("plain"), 0)
    outcome = Outcome({"loss": np.arange(40.0), "gate": np.eye(5)}, {"diverged": None}, 0.5)
    store.save(job, outcome)
    (path,) = folder.iterdir()
    return store, job, path, outcome


def test_damaged_bytes_are_never_taken_for_a_result(tmp_path: Path) -> None:
    """A flipped bit at every place, and a block of zeros at many: the result as it was, or a warning, and no error."""
    store, job, path, outcome = _saved(tmp_path)
    whole = path.read_bytes()
    damaged = [whole[:k] + bytes([whole[k] ^ (1 << k % 8)]) + whole[k + 1 :] for k in range(len(whole))]
    damaged += [whole[:k] + bytes(64) + whole[k + 64 :] for k in range(0, len(whole) - 64, 16)]
    damaged += [b"", bytes(len(whole)), whole + b"x", whole[::-1]]
    told = 0
    for data in damaged:
        path.write_bytes(data)
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            found = store.load(job)
        told += len(said)
        assert (found is None) == (len(said) == 1)
        if found is not None:
            assert (found.facts, found.seconds) == (outcome.facts, outcome.seconds)
            assert list(found.arrays) == ["loss", "gate"]
            for name, value in outcome.arrays.items():
                assert_array_equal(found.arrays[name], value)
    assert told > len(damaged) / 2


@pytest.mark.parametrize("facts", ["[]", "3", "{}", '{"facts": {}}', '{"facts": {}, "seconds": 1}', "nonsense"])
def test_foreign_facts_are_told_and_the_job_is_run_again(tmp_path: Path, facts: str) -> None:
    store, job, path, outcome = _saved(tmp_path)
    path.write_bytes(archive(outcome.arrays, {"facts.json": facts}))
    with pytest.warns(DamagedResultWarning, match="is damaged"):
        assert store.load(job) is None


def test_the_result_of_another_job_is_not_taken(tmp_path: Path) -> None:
    """A file under the name of another."""
    store, job, path, _ = _saved(tmp_path)
    other = Draw(job.cell, 1)
    path.rename(path.with_name(f"{key(other)}.npz"))
    with pytest.warns(DamagedResultWarning, match="not the result of this job"):
        assert store.load(other) is None


def test_a_sweep_redoes_a_damaged_job(tmp_path: Path) -> None:
    """The same numbers as before, and a whole file again."""
    jobs = _jobs(2)
    before = run_jobs(jobs, folder=tmp_path)
    path = tmp_path / f"{key(jobs[0])}.npz"
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + bytes(64) + whole[164:])
    with pytest.warns(DamagedResultWarning, match=re.escape(str(path))):
        again = run_jobs(jobs, folder=tmp_path)
    for first, second in zip(before, again, strict=True):
        for name in first.arrays:
            assert_array_equal(first.arrays[name], second.arrays[name])
    assert Store(tmp_path).load(jobs[0]) is not None


def test_a_sweep_counts_processor_time() -> None:
    """And keeps arrays and facts."""
    (outcome,) = run_jobs(_jobs(1))
    assert outcome.seconds >= 0
    assert set(outcome.arrays) == {"a", "b"}


@pytest.mark.skipif(sys.platform != "linux", reason="finds worker processes through /proc")
def test_a_killed_worker_loses_nothing(tmp_path: Path) -> None:
    """The run ends with a message; the same command completes it, with the results of an undisturbed run."""
    out = tmp_path / "out"
    command = [
        sys.executable,
        "-m",
        "symgate",
        "experiment",
        "truncation",
        "--quick",
        "--seeds",
        "20",
        "--workers",
        "2",
    ]
    command += ["--out", str(out)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    started = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 120
    while time.monotonic() < until and not any((out / "jobs").glob("*.npz")):
        time.sleep(0.01)
    children = Path(f"/proc/{started.pid}/task/{started.pid}/children").read_text(encoding="ascii").split()
    os.kill(int(children[-1]), signal.SIGKILL)
    _, message = started.communicate(timeout=120)

    assert started.returncode == 2
    assert "a worker died" in message
    assert "are done and kept" in message
    assert 0 < len(list((out / "jobs").glob("*.npz"))) < 40
    assert not (out / "truncation.json").exists()
    assert not list(out.rglob("*.tmp"))

    again = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    expected = truncation(TruncationSpec().quick(20))
    with np.load(out / "truncation.npz") as found:
        assert set(found.files) == set(expected.arrays)
        for name, value in expected.arrays.items():
            assert_array_equal(found[name], value)
