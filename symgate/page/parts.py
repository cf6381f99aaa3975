"""Where the parts of the page come from: Pyodide from npm or a folder, the packages from where they are installed.

Nothing is fetched but by npm, and only where no folder is named.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import symgate.version
from symgate.errors import MissingLibraryError

#: What is asked of npm: Python 3.11 or newer inside.
PYODIDE = "pyodide@>=0.25.0"
#: What Pyodide needs from its package; the loader of older releases ends in js.
RUNTIME = ("pyodide.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")
LOADERS = ("pyodide.asm.mjs", "pyodide.asm.js")
#: What symgate needs to derive, prove, check, print and export.
PACKAGES = ("sympy", "mpmath", "lark")
#: Where the modules of npm may lie already.
MODULES = "SYMGATE_NODE_MODULES"
_SHOWN = 300


def pyodide_in(folder: Path) -> list[Path]:
    """The files of Pyodide in a folder.

    Raises:
        MissingLibraryError: the folder lacks some of them.
    """
    loader = next((name for name in LOADERS if (folder / name).is_file()), LOADERS[0])
    wanted = [folder / name for name in (*RUNTIME, loader)]
    missing = [path.name for path in wanted if not path.is_file()]
    if missing:
        raise MissingLibraryError(
            f"{folder} is not the npm package pyodide: it lacks {', '.join(missing)}. Run `npm install pyodide` and "
            "name the folder node_modules/pyodide with --pyodide."
        )
    return wanted


def find_pyodide(named: Path | None, scratch: Path) -> list[Path]:
    """The files of Pyodide: in the folder named, in ``$SYMGATE_NODE_MODULES/pyodide``, or installed by npm.

    Args:
        named: a folder that holds the npm package, or None.
        scratch: an empty folder, for npm to install into.

    Raises:
        MissingLibraryError: the folder lacks files; npm is missing or fails.
    """
    if named is not None:
        return pyodide_in(named)
    modules = os.environ.get(MODULES)
    if modules and (Path(modules) / "pyodide").is_dir():
        return pyodide_in(Path(modules) / "pyodide")
    npm = shutil.which("npm")
    if npm is None:
        raise MissingLibraryError(
            "The page runs on Pyodide, which npm installs, and npm is not on the PATH. Install Node.js, or name a "
            "folder that holds the npm package with --pyodide."
        )
    done = subprocess.run(
        [npm, "install", "--no-fund", "--no-audit", "--ignore-scripts", "--prefix", str(scratch), PYODIDE],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        told = " ".join(done.stderr.split())[-_SHOWN:]
        raise MissingLibraryError(
            f"npm could not install {PYODIDE}: {told or 'no message'}. Name a folder that contains the npm package "
            "with --pyodide."
        )
    return pyodide_in(scratch / "node_modules" / "pyodide")


def package_files(wheels: Path | None) -> Iterator[tuple[str, bytes]]:
    """Every file of the Python packages: (path inside the archive, bytes); symgate's own come last.

    Args:
        wheels: a folder with wheels of sympy, mpmath and lark; None to take the packages that are installed here.

    Raises:
        MissingLibraryError: a package is missing, or is not pure Python.
    """
    for name in PACKAGES:
        yield from _of_wheel(name, wheels) if wheels is not None else _installed(name)
    root = Path(symgate.version.__file__).resolve().parent
    for path in sorted(root.rglob("*")):
        inside = path.relative_to(root.parent).as_posix()
        if path.is_file() and _wanted(inside):
            yield inside, path.read_bytes()


def _wanted(inside: str) -> bool:
    """Neither tests nor what an interpreter or a file system left behind."""
    parts = inside.split("/")
    return not {"tests", "benchmarks", "__pycache__"} & set(parts) and not inside.endswith((".pyc", ".pyi"))


def _of_wheel(name: str, folder: Path) -> Iterator[tuple[str, bytes]]:
    found = sorted(folder.glob(f"{name}-*.whl"))
    if len(found) != 1 or not found[0].name.endswith("-none-any.whl"):
        shown = ", ".join(path.name for path in found) or "none"
        raise MissingLibraryError(
            f"{folder} needs one pure-Python wheel of {name}, such as {name}-1.0-py3-none-any.whl; found {shown}. "
            f"Run `python -m pip download --no-deps --dest {folder} {name}`."
        )
    try:
        with zipfile.ZipFile(found[0]) as wheel:
            for inside in sorted(wheel.namelist()):
                if not inside.endswith("/") and _wanted(inside):
                    yield inside, wheel.read(inside)
    except zipfile.BadZipFile:
        raise MissingLibraryError(f"{found[0]} is not a wheel: it cannot be unpacked. Download it again.") from None


def _installed(name: str) -> Iterator[tuple[str, bytes]]:
    """The files of an installed package by its own record, scripts aside."""
    again = f"Run `python -m pip download --no-deps --dest wheels {name}` and name the folder with --wheels."
    try:
        found = distribution(name)
    except PackageNotFoundError:
        raise MissingLibraryError(f"{name} is not installed. {again}") from None
    files = sorted(str(path) for path in found.files or [] if ".." not in path.parts)
    if not any(path.startswith(f"{name}/") for path in files):
        raise MissingLibraryError(f"The installed {name} does not say which files it has. {again}")
    compiled = [path for path in files if path.endswith((".so", ".pyd"))]
    if compiled:
        raise MissingLibraryError(f"The installed {name} is not pure Python: it has {compiled[0]}. {again}")
    for inside in files:
        if _wanted(inside):
            yield inside, Path(str(found.locate_file(inside))).read_bytes()
