"""Files are written whole or not at all, and what a killed process left behind is removed.

What comes in is a path and its content; what goes out is the file, or an ``OutputError`` that names it.  A process
holds a lock on each file that it is about to finish, so that a later one can tell work in progress from litter:
``.jacobian.py.k3x1.tmp`` without a lock belongs to a process that is gone.
"""

from __future__ import annotations

import errno
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from symgate.errors import OutputError

try:
    import fcntl as _posix
except ImportError:  # a platform without POSIX locks: litter stays
    fcntl: Any = None
else:
    fcntl = _posix

#: What to do about the errors that a user can mend.
_ADVICE = {
    errno.ENOSPC: "Free some space, or choose a folder on another disk, and run again.",
    errno.EDQUOT: "Free some of your quota, or choose a folder on another disk, and run again.",
    errno.EACCES: "Choose a folder that you may write to.",
    errno.EROFS: "Choose a folder that you may write to.",
}
#: What ``mkstemp`` puts after the prefix.
_LITTER = re.compile(r"[a-z0-9_]{8}\.tmp")
#: The files that this process holds: its own locks would not keep it from taking them again.
_HELD: set[str] = set()


def write_atomic(path: str | os.PathLike[str], content: str | bytes) -> Path:
    """Write a file through a temporary one in the same folder, so that ``path`` is the old or the new file, whole.

    Args:
        path: the file; its folder must exist.  A symbolic link is followed, an earlier file's permissions are kept.
        content: text (written as UTF-8, newlines as they are) or bytes.

    Returns:
        The path.

    Raises:
        OutputError: the folder is missing, is not a folder or cannot be written, ``path`` is a folder, or the
            disk is full.  An earlier file at ``path`` is intact, and no temporary file is left.  The attribute
            ``path`` is the path.
    """
    target = Path(os.path.realpath(path))
    data = content.encode() if isinstance(content, str) else content
    if target.is_dir():
        raise cannot_write(path, "it is a folder. Give the name of a file")
    if not target.parent.is_dir():
        reason = "is not a folder" if target.parent.exists() else "does not exist"
        raise cannot_write(path, f"{target.parent} {reason}")
    prefix = f".{target.name[:40]}."
    _remove_litter(target.parent, prefix)
    try:
        while not _replace(target, prefix, data):
            pass
        _sync_folder(target.parent)
    except OSError as error:
        raise cannot_write(path, error) from error
    return Path(path)


def _replace(target: Path, prefix: str, data: bytes) -> bool:
    """Write a temporary file and let it take the place of ``target``; False where a cleaner removed it first."""
    handle, name = tempfile.mkstemp(prefix=prefix, suffix=".tmp", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream, held(temporary, stream.fileno()) as ours:
            if not ours:
                return False
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
            if fcntl is None:
                stream.close()  # where an open file cannot be renamed
            temporary.chmod(_mode(target))
            temporary.replace(target)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    return True


def cannot_write(path: str | os.PathLike[str], reason: str | OSError) -> OutputError:
    """The error for a file that was not written: which one, why, and what to do where that is known."""
    advice = "Nothing was written; an earlier file is intact."
    if isinstance(reason, OSError):
        advice = f"{_ADVICE.get(reason.errno or 0, '')} {advice}".lstrip()
        reason = reason.strerror or str(reason)
    error = OutputError(f"Cannot write {os.fspath(path)}: {reason}. {advice}")
    error.path = os.fspath(path)
    return error


@contextmanager
def held(path: Path, handle: int) -> Iterator[bool]:
    """Hold an open file of ours, so that no cleaner takes it; False where one was faster and removed it.

    The lock belongs to the process: it ends with it, and processes forked from it do not inherit it.
    """
    name = os.path.realpath(path)
    _HELD.add(name)
    try:
        if fcntl is not None:
            with suppress(OSError):  # a file system without locks
                fcntl.lockf(handle, fcntl.LOCK_EX)
        yield path.exists()
    finally:
        _HELD.discard(name)


@contextmanager
def abandoned(path: Path) -> Iterator[bool]:
    """Take over a file that a process of ours held when it ended; True where nobody holds it, until the block ends.

    False wherever that is in doubt: another user's file, a file system without locks, a platform without them.
    """
    if fcntl is None or os.path.realpath(path) in _HELD or path.is_symlink():
        yield False
        return
    with ExitStack() as stack:
        taken = False
        with suppress(OSError):
            stream = stack.enter_context(path.open("r+b"))
            fcntl.lockf(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            taken = os.fstat(stream.fileno()).st_uid == os.geteuid() and path.exists()
        yield taken


def _remove_litter(folder: Path, prefix: str) -> None:
    """Remove temporary files of processes that were killed while they wrote the same file."""
    with suppress(OSError):
        for path in folder.iterdir():
            if path.name.startswith(prefix) and _LITTER.fullmatch(path.name, len(prefix)):
                with abandoned(path) as taken:
                    if taken:
                        path.unlink(missing_ok=True)


def _mode(target: Path) -> int:
    """The permissions of the earlier file, or those that a new file would have."""
    if target.exists():
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _sync_folder(folder: Path) -> None:
    """Make the new name durable where folders can be synced; the file is whole either way."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
