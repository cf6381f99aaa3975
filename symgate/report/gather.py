"""Derive and verify, object by object, on one core or on several."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass

from symgate.derive import results
from symgate.proof import Certificate, verify
from symgate.records import Cell, Derivation

#: Called with the label and the number of steps of a stage; returns what counts one step done.
Progress = Callable[[str, int], Callable[[str], None]]


@dataclass(frozen=True)
class Entry:
    """One object and what is known of it.

    Attributes:
        key: its short name, such as "vjp:W_r".
        derivation: the formula.
        certificate: the verdict with its evidence.
        seconds: how long the verification took.
    """

    key: str
    derivation: Derivation
    certificate: Certificate
    seconds: float

    @property
    def proved(self) -> bool:
        """Whether the verdict is "proved"."""
        return bool(self.certificate.verdict == "proved")


def gather(cells: Iterable[Cell], executor: Executor | None = None, progress: Progress | None = None) -> list[Entry]:
    """Derive and verify every object of the cells.

    Args:
        cells: the recurrences.
        executor: where the verification runs; None for this process.
        progress: told of every object that is done.

    Returns:
        An entry per object, in the order of the cells and of their objects.
    """
    listed = [(key, derivation) for cell in cells for key, derivation in results(cell).items()]
    judged = judge([derivation for _, derivation in listed], executor, progress, "verify")
    return [Entry(key, derivation, *found) for (key, derivation), found in zip(listed, judged, strict=True)]


def judge(
    derivations: Sequence[Derivation],
    executor: Executor | None = None,
    progress: Progress | None = None,
    label: str = "verify",
) -> list[tuple[Certificate, float]]:
    """The certificate of each derivation and the seconds it took, in their order."""
    advance = progress(label, len(derivations)) if progress else lambda _: None
    found: dict[int, tuple[Certificate, float]] = {}
    if executor is None:
        for index, derivation in enumerate(derivations):
            found[index] = _judge(derivation)
            advance(derivation.name)
    else:
        places = {executor.submit(_judge, derivation): index for index, derivation in enumerate(derivations)}
        for future in as_completed(places):
            found[places[future]] = future.result()
            advance(derivations[places[future]].name)
    return [found[index] for index in range(len(derivations))]


def _judge(derivation: Derivation) -> tuple[Certificate, float]:
    start = time.perf_counter()
    return verify(derivation), time.perf_counter() - start


@contextmanager
def workers(count: int | None = None) -> Iterator[Executor | None]:
    """An executor of that many processes; None where one is enough or none is to be had.

    On Ctrl-C, and on any other error, the processes end at once instead of finishing what is queued.
    Nonlinearities that the caller registered are known to the processes, because they are forked;
    where the platform has no safe fork, the work stays in this process.
    """
    count = min(4, cores()) if count is None else count
    if count < 2 or sys.platform != "linux":
        yield None
        return
    others = set(multiprocessing.active_children())
    executor = ProcessPoolExecutor(
        count, multiprocessing.get_context("fork"), initializer=_settle, initargs=(os.getpid(),)
    )
    executor.submit(os.getpid).result()  # all processes start here, before a progress bar starts its thread
    try:
        yield executor
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)
        for child in set(multiprocessing.active_children()) - others:
            child.terminate()
        raise
    executor.shutdown()


def _settle(parent: int) -> None:
    """Start of a process: Ctrl-C reaches all of them, the parent alone answers; one thread each is enough.

    A parent that was killed closes no queue, so each process looks for itself whether it is still there.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    """End this process once its parent is gone."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
