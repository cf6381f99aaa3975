"""A folder that is written whole or not at all: built beside its place, then moved in file by file."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from symgate.errors import OutputError

#: Written last; lists the files of the report, so that a later one removes what it no longer has.
MANIFEST = "files.txt"


@contextmanager
def staged(out: Path) -> Iterator[Path]:
    """A fresh folder that takes the place of what a former report left in ``out``, once the block ends well.

    Whatever goes wrong inside (an error, Ctrl-C, a full disk), ``out`` stays as it was and the fresh
    folder is removed.  Files in ``out`` that no report wrote are never touched.

    Raises:
        OutputError: ``out`` cannot be a folder or cannot be written; found out before any work is done.
    """
    out = out.resolve()
    folder = _fresh(out)
    try:
        yield folder
        with _uninterrupted():
            _move_in(folder, out)
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise OutputError(f"Cannot write the report: {error}. What {out} held before is untouched.") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _fresh(out: Path) -> Path:
    """An empty folder on the same file system as ``out``: beside it, or inside where the parent is not ours."""
    if out.exists() and not out.is_dir():
        raise OutputError(f"The report needs a folder; {out} is a file. Choose another with --out.")
    tried: list[str] = []
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        if not out.exists() or out.parent.stat().st_dev == out.stat().st_dev:
            folder = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
            if not out.exists() or os.access(out, os.W_OK | os.X_OK):
                return folder
            folder.rmdir()
            tried.append(f"{out} is not writable")
    except OSError as error:
        tried.append(str(error))
    try:
        return Path(tempfile.mkdtemp(prefix=".building-", dir=out))
    except OSError as error:
        reason = tried[0] if tried else str(error)
        raise OutputError(f"Cannot write a report to {out}: {reason}. Choose another folder with --out.") from None


def _move_in(folder: Path, out: Path) -> None:
    """Move every file to its place, each in one step, then remove what only the former report had."""
    files = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    former = _former(out)
    (folder / MANIFEST).write_text("".join(f"{path.as_posix()}\n" for path in files), encoding="utf-8")
    for path in files:
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        if (out / path).is_dir():
            raise OutputError(
                f"{out / path} is a folder where the report has a file. Remove it or choose another --out."
            )
    try:
        for path in [*files, Path(MANIFEST)]:
            (folder / path).replace(out / path)
        for path in former - set(files):
            (out / path).unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"While moving the finished report into {out}: {error}. Each file there is whole.") from error


def _former(out: Path) -> set[Path]:
    """The files that the report in ``out`` lists and that lie inside it."""
    try:
        names = (out / MANIFEST).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return set()
    paths = {Path(name) for name in names}
    return {path for path in paths if not path.is_absolute() and ".." not in path.parts and (out / path).is_file()}


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold back Ctrl-C for the moment in which files take their places."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pending: list[int] = []

    def remember(number: int, _: FrameType | None) -> None:
        pending.append(number)

    former = signal.signal(signal.SIGINT, remember)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, former)
    if pending:
        raise KeyboardInterrupt
