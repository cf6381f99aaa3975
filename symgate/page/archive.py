"""One archive of all Python packages, from which the browser imports; the same files give the same bytes."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from collections.abc import Iterable
from importlib.resources import as_file, files
from pathlib import Path

from symgate.errors import OutputError

ARCHIVE = "packages.zip"
#: Every entry bears this date, the first that an archive can.
_DATE = (1980, 1, 1, 0, 0, 0)
_SHOWN = 300


def write_archive(path: Path, entries: Iterable[tuple[str, bytes]]) -> int:
    """Write the archive and return how many files it has.

    Raises:
        OutputError: two packages have a file of the same path.
    """
    seen: set[str] = set()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for inside, data in entries:
            if inside in seen:
                raise OutputError(f"Two packages have the file {inside}; one of them is not what it should be.")
            seen.add(inside)
            archive.writestr(entry(inside), data)
    return len(seen)


def entry(inside: str) -> zipfile.ZipInfo:
    """The header of one file."""
    header = zipfile.ZipInfo(inside, _DATE)
    header.compress_type = zipfile.ZIP_DEFLATED
    header.external_attr = 0o644 << 16
    return header


def add_bytecode(archive: Path, pyodide: Path, scratch: Path) -> str:
    """Add the bytecode of what the page imports, made by Pyodide's own Python under Node.js.

    The browser then has nothing to compile, which is most of the time to the first result.

    Args:
        archive: the archive; replaced where all went well.
        pyodide: the folder with Pyodide.
        scratch: a folder for what is made on the way.

    Returns:
        "" or, where there is no bytecode, the reason; the archive is then as it was, and works.
    """
    node = shutil.which("node")
    if node is None:
        return "there is no Node.js on the PATH"
    made = scratch / "compiled.zip"
    with as_file(files("symgate.page") / "static" / "compile.mjs") as script:
        done = subprocess.run(
            [node, str(script), str(pyodide.resolve()), str(archive.resolve()), str(made.resolve())],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    if done.returncode or not made.is_file():
        return f"Node.js failed: {' '.join(done.stderr.split())[-_SHOWN:] or 'no message'}"
    made.replace(archive)
    return ""
