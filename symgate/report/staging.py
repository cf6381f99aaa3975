"""A folder that is written whole or not at all: built beside its place, then moved in file by file.

The next run finishes what a kill interrupted.  A folder that was being built is removed; one whose files were already
moving in is moved in to the end, since its list of files says what belongs to it.  A lock tells a folder that is
abandoned from one that another process works on.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from symgate.errors import OutputError
from symgate.files import abandoned, held, write_atomic

#: Written last; lists the files of the report, so that a later one removes what it no longer has.  In a folder that is
#: being built it means that all is written and the move has begun.
MANIFEST = "files.txt"
#: In a folder that is being built: held by the process that builds it.
LOCK = ".symgate-lock"


@contextmanager
def staged(out: Path) -> Iterator[Path]:
    """A fresh folder that takes the place of what a former report left in ``out``, once the block ends well.

    Whatever goes wrong inside (an error, Ctrl-C, a full disk), ``out`` stays as it was and the fresh
    folder is removed.  Files in ``out`` that no report wrote are never touched.

    Raises:
        OutputError: ``out`` cannot be a folder or cannot be written; found out before any work is done.
    """
    out = out.resolve()
    if out.exists() and not out.is_dir():
        raise OutputError(f"The report needs a folder; {out} is a file. Choose another with --out.")
    _settle_killed(out)
    folder = _fresh(out)
    try:
        with (folder / LOCK).open("wb") as stream, held(folder / LOCK, stream.fileno()):
            yield folder
            with _uninterrupted():
                _move_in(folder, out)
    except OSError as error:
        raise _named(error, folder, out) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _named(error: OSError, folder: Path, out: Path) -> OutputError:
    """The error for the file that the reader knows, not for the one in the folder that is being built."""
    place = os.fspath(folder)
    words = str(error).replace(place, os.fspath(out))
    if isinstance(error, OutputError):
        return OutputError(words)
    return OutputError(f"Cannot write the report: {words}. What {out} held before is untouched.")


def _fresh(out: Path) -> Path:
    """An empty folder on the same file system as ``out``: beside it, or inside where the parent is not ours."""
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


def _settle_killed(out: Path) -> None:
    """Finish the move of a report that was killed in it; remove what other killed runs left."""
    left = [*out.parent.glob(f".{out.name}-*"), *out.glob(".building-*")]
    for folder in sorted(path for path in left if path.is_dir() and not path.is_symlink()):
        with abandoned(folder / LOCK) as taken:
            if taken:
                with suppress(OSError), _uninterrupted():
                    if (folder / MANIFEST).is_file() and _whole(folder, out):
                        _finish_move(folder, out)
                shutil.rmtree(folder, ignore_errors=True)


def _whole(folder: Path, out: Path) -> bool:
    """Whether every file of a report is still in one of the two places."""
    listed = _listed(folder)
    return bool(listed) and all((folder / path).is_file() or (out / path).is_file() for path in listed)


def _move_in(folder: Path, out: Path) -> None:
    """Move every file to its place, each in one step, then remove what only the former report had."""
    files = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and path.name != LOCK)
    for path in files:
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        if (out / path).is_dir():
            raise OutputError(
                f"{out / path} is a folder where the report has a file. Remove it or choose another --out."
            )
    write_atomic(folder / MANIFEST, "".join(f"{path.as_posix()}\n" for path in files))
    try:
        _finish_move(folder, out)
    except OSError as error:
        raise OutputError(
            f"Moving the finished report into {out} failed: {error}. Each file there is complete, but some belong to "
            "the report before. Run again."
        ) from error


def _finish_move(folder: Path, out: Path) -> None:
    """Move what is still in ``folder``; the list of files goes last, so that a kill at any moment can be put right."""
    files, former = _listed(folder), _listed(out)
    for path in sorted(files):
        if (folder / path).is_file():
            (out / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).replace(out / path)
    for path in former - files:
        if (out / path).is_file():
            (out / path).unlink(missing_ok=True)
    (folder / MANIFEST).replace(out / MANIFEST)


def _listed(folder: Path) -> set[Path]:
    """The files that the report in a folder lists and that would lie inside it."""
    try:
        names = (folder / MANIFEST).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return set()
    paths = {Path(name) for name in names if name}
    return {path for path in paths if not path.is_absolute() and ".." not in path.parts}


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
