"""One BLAS thread while jobs run, in this process and in every worker.

The limit is set by the thread that runs a sweep, for as long as it runs: jobs in threads of the same process are under
it.  A worker process sets it once, at its first job, and keeps it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits

#: The processes that are under the limit; a forked worker has another number than the one it inherited.
_LIMITED: set[int] = set()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keep BLAS in this process to one thread; a sweep inside a sweep changes nothing."""
    if os.getpid() in _LIMITED:
        yield
        return
    _LIMITED.add(os.getpid())
    try:
        with threadpool_limits(limits=1):
            yield
    finally:
        _LIMITED.discard(os.getpid())


def settle_worker() -> None:
    """Keep BLAS in a worker process to one thread from now on; in a process that runs a sweep nothing changes."""
    if os.getpid() not in _LIMITED:
        _LIMITED.add(os.getpid())
        threadpool_limits(limits=1)
