"""Files are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from symgate.errors import OutputError


def write_atomic(path: str | os.PathLike[str], content: str | bytes) -> Path:
    """Write a file through a temporary one in the same folder, so that ``path`` is the old or the new file, whole.

    Args:
        path: the file; its folder must exist.  A symbolic link is followed, an earlier file's permissions are kept.
        content: text (written as UTF-8, newlines as they are) or bytes.

    Returns:
        The path.

    Raises:
        OutputError: the folder is missing, is no folder or cannot be written, ``path`` is a folder, or the
            disk is full.  An earlier file at ``path`` is intact, and no temporary file is left.
    """
    target = Path(os.path.realpath(path))
    data = content.encode() if isinstance(content, str) else content
    advice = "Nothing was written; an earlier file is intact."
    if target.is_dir():
        raise OutputError(f"Cannot write {path}: it is a folder. Give the name of a file. {advice}")
    if not target.parent.is_dir():
        found = "is not a folder" if target.parent.exists() else "does not exist"
        raise OutputError(f"Cannot write {path}: {target.parent} {found}. {advice}")
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name[:40]}.", suffix=".tmp", dir=target.parent)
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).chmod(_mode(target))
        Path(temporary).replace(target)
        temporary = ""
        _sync_folder(target.parent)
    except OSError as error:
        raise OutputError(f"Cannot write {path}: {error.strerror or error}. {advice}") from error
    finally:
        if temporary:
            with suppress(OSError):
                Path(temporary).unlink()
    return Path(path)


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
