"""``build_page``: a folder that any web server can serve, and that needs nothing else."""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from symgate.errors import OutputError
from symgate.page.archive import ARCHIVE, add_bytecode, write_archive
from symgate.page.parts import find_pyodide, package_files
from symgate.version import __version__

#: What the browser loads of ours.
STATIC = ("index.html", "style.css", "app.js", "desk.js", "formulas.js", "link.js", "views.js", "worker.js")
SERVICE = "service.js"
#: Marks a folder as one that this command wrote, so that it may be written again.
MARK = "symgate-page.json"


@dataclass(frozen=True)
class Page:
    """The folder that was written.

    Attributes:
        folder: where it is.
        files: how many files it has.
        size: how many bytes they have.
        without_bytecode: why the packages are not compiled; "" where they are.
    """

    folder: Path
    files: int
    size: int
    without_bytecode: str = ""


def build_page(out: Path, *, pyodide: Path | None = None, wheels: Path | None = None, compile_: bool = True) -> Page:
    """Write the page, whole or not at all.

    Args:
        out: the folder; it is made, must be empty, or hold an earlier page, which is replaced.
        pyodide: a folder with the npm package pyodide; None to take ``$SYMGATE_NODE_MODULES/pyodide`` or ask npm.
        wheels: a folder with wheels of sympy, mpmath and lark; None to take the packages that are installed.
        compile_: whether the modules are compiled when the page is built, which takes Node.js and half a minute.

    Raises:
        MissingLibraryError: Pyodide or a package cannot be had; the message says what to do.
        OutputError: the folder cannot be written, or holds something else.
    """
    out = out.resolve()
    _may_write(out)
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        (scratch / "npm").mkdir()
        runtime = find_pyodide(pyodide, scratch / "npm")
        write_archive(scratch / ARCHIVE, package_files(wheels))
        why = add_bytecode(scratch / ARCHIVE, runtime[0].parent, scratch) if compile_ else "it was not asked for"
        try:
            return _written(out, runtime, scratch / ARCHIVE, why)
        except OSError as error:
            raise OutputError(f"Cannot write the page to {out}: {error.strerror or error}.") from error


def _may_write(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise OutputError(f"The page needs a folder; {out} is a file. Choose another with --out.")
    if out.is_dir() and any(out.iterdir()) and not (out / MARK).is_file():
        raise OutputError(f"{out} holds something that is not a page of symgate. Choose an empty folder with --out.")


def _written(out: Path, runtime: list[Path], archive: Path, why: str) -> Page:
    """Build beside the place, then move in."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as name:
        folder = Path(name) / "page"
        (folder / "pyodide").mkdir(parents=True)
        for path in runtime:
            shutil.copyfile(path, folder / "pyodide" / path.name)
        shutil.copyfile(archive, folder / ARCHIVE)
        own = files("symgate.page") / "static"
        for item in STATIC:
            (folder / item).write_bytes((own / item).read_bytes())
        _service(folder, (own / SERVICE).read_text(encoding="utf-8"))
        if out.exists():
            out.rename(Path(name) / "former")
        folder.rename(out)
    kept = [path for path in out.rglob("*") if path.is_file()]
    return Page(out, len(kept), sum(path.stat().st_size for path in kept), why)


def _service(folder: Path, script: str) -> None:
    """The list of all files with their digest, for the part that keeps the page usable offline."""
    listed = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    digest = sha256(b"".join((folder / path).read_bytes() for path in listed)).hexdigest()[:16]
    script = script.replace("@VERSION@", digest).replace('["@FILES@"]', json.dumps(["./", *listed]))
    (folder / SERVICE).write_text(script, encoding="utf-8")
    about = {"symgate": __version__, "version": digest, "files": listed}
    (folder / MARK).write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
