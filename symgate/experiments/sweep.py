"""Many jobs on any ``concurrent.futures.Executor``: in any order, resumable, with results in the order asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, as_completed
from pathlib import Path

from symgate.errors import DefinitionError, SymgateError
from symgate.experiments.jobs import Job, Outcome, execute
from symgate.experiments.store import Store
from symgate.experiments.threads import one_blas_thread

#: From (label, total) to a function that is told what was just finished.
Begin = Callable[[str, int], Callable[[str], None]]


class SweepError(SymgateError, RuntimeError):
    """Jobs of a sweep failed, or their workers died; what was finished is kept."""


def run_jobs(
    jobs: Sequence[Job],
    executor: Executor | None = None,
    folder: Path | None = None,
    begin: Begin | None = None,
    name: str = "jobs",
) -> list[Outcome]:
    """Run jobs and return their results, in the order of the jobs.

    Args:
        jobs: all different.
        executor: None for one after the other here; or any executor, such as a ``ProcessPoolExecutor``, dask's
            ``client.get_executor()``, or mpi4py's.
        folder: where to keep the result of each job; results that are there already are taken.
        begin: shows progress.
        name: the label of the progress.

    Raises:
        DefinitionError: two jobs are the same.
        OutputError: a result cannot be written.
        SweepError: a job raised an error or a worker died.  All others are finished and kept first where the
            executor still works; the same call goes on from there.
    """
    for job, times in Counter(jobs).items():
        if times > 1:
            raise DefinitionError(f"A sweep runs each job once; {job.label} was asked for {times} times.")
    store = Store(folder) if folder else None
    advance = begin(name, len(jobs)) if begin else lambda _: None
    found: dict[Job, Outcome] = {}
    for job in jobs:
        kept = store.load(job) if store else None
        if kept is not None:
            found[job] = kept
            advance(f"{job.label}: kept")

    def finish(job: Job, outcome: Outcome) -> None:
        if store:
            store.save(job, outcome)
        found[job] = outcome
        advance(job.label)

    left = [job for job in jobs if job not in found]
    with one_blas_thread():
        failures = _serially(left, finish) if executor is None else _on(executor, left, finish)
    if failures:
        job, error = failures[0]
        kept_in = f"; {len(found)} of {len(jobs)} are done and kept in {folder}, run again to go on" if store else ""
        died = "a worker died" if isinstance(error, BrokenExecutor) else f"{type(error).__name__}: {error}"
        raise SweepError(f"{len(failures)} of {len(jobs)} jobs failed, first {job.label} ({died}){kept_in}.") from error
    return [found[job] for job in jobs]


def _serially(jobs: Sequence[Job], finish: Callable[[Job, Outcome], None]) -> list[tuple[Job, Exception]]:
    """Run jobs here; those that failed."""
    failures: list[tuple[Job, Exception]] = []
    for job in jobs:
        try:
            outcome = execute(job)
        except Exception as error:  # noqa: BLE001 - reported once the others are done
            failures.append((job, error))
        else:
            finish(job, outcome)
    return failures


def _on(executor: Executor, jobs: Sequence[Job], finish: Callable[[Job, Outcome], None]) -> list[tuple[Job, Exception]]:
    """Run jobs on an executor; those that failed."""
    futures: dict[Future[Outcome], Job] = {}
    failures: list[tuple[Job, Exception]] = []
    try:
        for job in jobs:
            try:
                futures[executor.submit(execute, job)] = job
            except BrokenExecutor as broken:  # died while jobs were handed out; what is done is taken below
                failures.append((job, broken))
        for future in as_completed(futures):
            error = future.exception()
            if error is None:
                finish(futures[future], future.result())
            elif isinstance(error, Exception):
                failures.append((futures[future], error))
            else:
                raise error
    finally:
        for future in futures:
            future.cancel()
    return failures
