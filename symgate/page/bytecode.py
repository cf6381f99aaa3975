"""Runs inside Pyodide, once, when the page is built: compiles the modules that the page imports.

Bytecode belongs to one version of Python, so it is made by the Python that will load it.
"""

from __future__ import annotations

import json
import sys
import zipfile
from importlib.util import MAGIC_NUMBER, source_hash
from pathlib import Path

from symgate.page.answers import answer
from symgate.page.archive import entry

#: What the page is likely to be asked first; the modules that answer it are compiled.
REQUESTS = (
    {"ask": "cells"},
    {"ask": "warm"},
    {"ask": "derive", "recurrence": {"cell": "lstm"}},
    {"ask": "derive", "recurrence": {"text": "h_t = \\tanh(W h_{t-1} + U x_t + b)"}},
    {"ask": "check", "recurrence": {"cell": "leaky"}, "claim": "alpha*diag(dphi(a)) @ W_r", "object": "x"},
    {"ask": "prove", "recurrence": {"cell": "leaky"}, "object": "expansion:retention:1"},
    {"ask": "copy", "recurrence": {"cell": "leaky"}, "object": "x", "form": "numpy"},
)
#: The package whose source stays beside its bytecode: it reads some of its own files.
SOURCE_TOO = "symgate/"
#: Bytes of the header of bytecode, and the flag in it that says: by hash, not compared with the source.
HEADER, UNCHECKED = 16, 1


def compiled(source: str, target: str, root: str) -> int:
    """Copy the archive ``source`` to ``target`` with bytecode for every module of it that is imported by now.

    Args:
        source: the archive.
        target: where to.
        root: the folder in which the archive was unpacked, from which Python imports, and keeps its bytecode.

    Returns:
        How many modules have bytecode.

    Raises:
        RuntimeError: a request that the page is likely to meet is refused, or Python keeps no bytecode.
    """
    for request in REQUESTS:
        told = json.loads(answer(json.dumps(request)))
        if not told["ok"]:
            raise RuntimeError(f"{request} was rejected: {told['error']['message']}")
    kept = _kept(Path(root))
    if not kept:
        raise RuntimeError("no bytecode was kept: is sys.dont_write_bytecode set?")
    with (
        zipfile.ZipFile(source) as old,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for inside in old.namelist():
            data, body = old.read(inside), kept.get(inside)
            if body is None or inside.startswith(SOURCE_TOO):
                new.writestr(entry(inside), data)
            if body is not None:
                new.writestr(entry(f"{inside}c"), _header(data) + body)
    return len(kept)


def _kept(root: Path) -> dict[str, bytes]:
    """The bytecode that Python kept of what it imported, without its headers, by the path of the source."""
    found = {}
    for module in list(sys.modules.values()):
        spec = getattr(module, "__spec__", None)
        origin, cached = getattr(spec, "origin", None) or "", getattr(spec, "cached", None)
        if origin.startswith(f"{root}/") and cached and Path(cached).is_file():
            found[Path(origin).relative_to(root).as_posix()] = Path(cached).read_bytes()[HEADER:]
    return found


def _header(source: bytes) -> bytes:
    """A header that holds whatever the date of the source: by its hash, and not compared (PEP 552)."""
    return MAGIC_NUMBER + UNCHECKED.to_bytes(4, "little") + source_hash(source)
