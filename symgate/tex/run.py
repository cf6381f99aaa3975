"""TeX runs: many formulas at once, or a document to PDF.

TeX works in a temporary directory, without shell escape and without questions, and opens no file outside it
but those of its own installation.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from symgate.errors import OutputError, SymgateError
from symgate.files import write_atomic

_MARK, _END = "SYMGATE-FORMULA", "SYMGATE-END"
_PACKAGES = "\\documentclass{article}\n\\usepackage{amsmath,longtable}\n\\hfuzz=1pt\n\\emergencystretch=4em\n"
_DISPLAY = re.compile(r"\\begin\{(?:equation|align|gather|multline|longtable)\*?\}")
#: The width of a text block of 16 cm, in points.
BLOCK = 455


class TexError(SymgateError, RuntimeError):
    """TeX or a parser is missing, ran too long, or did not accept a document."""


@dataclass(frozen=True)
class Fault:
    """A formula that a checker did not accept: which one, its text, and the message of the checker."""

    name: str
    formula: str
    message: str


def compile_tex(
    formulas: Mapping[str, str],
    *,
    macros: str = "",
    overfull: bool = False,
    points: int = BLOCK,
    timeout: float = 120,
) -> tuple[Fault, ...]:
    """Set every formula in one TeX run; what seems faulty is set again alone, so that an error is laid to its author.

    Args:
        formulas: LaTeX by name, without dollar signs, or text that holds its own displays.
        macros: definitions that the formulas rely on.
        overfull: whether a line that is wider than the text block is a fault.
        points: the width of the text block: 455 for 16 cm, 345 for one column of article, 240 for one of two columns.
        timeout: seconds for each run.

    Raises:
        TexError: pdflatex is missing, or a run took too long.
    """
    rest = dict(formulas)
    faults: dict[str, str] = {}
    while rest:
        suspects = _run(rest, macros, timeout, points if overfull else None)
        if not suspects:
            break
        for name in suspects:
            alone = _run({name: rest[name]}, macros, timeout, points if overfull else None)
            if alone:
                faults[name] = alone[name]
        if not faults.keys() & suspects.keys():
            name = next(iter(suspects))
            faults[name] = suspects[name]
        rest = {name: formula for name, formula in rest.items() if name not in faults}
    return tuple(Fault(name, formulas[name], faults[name]) for name in formulas if name in faults)


def log_of(formulas: Mapping[str, str], *, macros: str = "", points: int = BLOCK, timeout: float = 120) -> str:
    """The log of one TeX run; a line ``SYMGATE-FORMULA n.`` stands in front of what was said at the n-th formula."""
    parts = [_PACKAGES, f"\\textwidth={points}pt\n", macros, "\\begin{document}\n"]
    for place, formula in enumerate(formulas.values()):
        shown = formula if _DISPLAY.search(formula) else f"\\[\n{formula}\n\\]"
        parts.append(f"\\typeout{{{_MARK} {place}.}}\n{shown}\n\n")
    parts.append(f"\\typeout{{{_END}}}\n\\end{{document}}\n")
    with tempfile.TemporaryDirectory(prefix="symgate-tex-") as folder:
        Path(folder, "formulas.tex").write_text("".join(parts), encoding="utf-8")
        return _pdflatex("formulas.tex", Path(folder), timeout, "-draftmode")


def _run(formulas: Mapping[str, str], macros: str, timeout: float, points: int | None) -> dict[str, str]:
    """One TeX run: the first message at each formula; a run that stops early blames the last one reached."""
    names = list(formulas)
    log = log_of(formulas, macros=macros, points=points or BLOCK, timeout=timeout)
    found: dict[str, str] = {}
    current = -1
    for line in log.splitlines():
        mark = re.match(rf"{_MARK} (\d+)\.", line)
        if mark:
            current = int(mark[1])
        message = (
            line.lstrip("! ") if line.startswith("!") else line if points and line.startswith("Overfull \\hbox") else ""
        )
        if message and names:
            found.setdefault(names[max(current, 0)], message)
    if f"\n{_END}" not in log:
        found.setdefault(names[max(current, 0)], "The run stopped inside this formula.")
    return found


def _pdflatex(name: str, folder: Path, timeout: float, *options: str) -> str:
    """Run pdflatex on a file of ``folder`` and return its log."""
    program = shutil.which("pdflatex")
    if program is None:
        raise TexError("pdflatex is not installed.")
    flags = ["-no-shell-escape", "-interaction=nonstopmode", *options]
    environment = os.environ | {
        "openin_any": "p",
        "openout_any": "p",
        "max_print_line": "10000",
        "SOURCE_DATE_EPOCH": "0",
        "FORCE_SOURCE_DATE": "1",
        "TEXMFOUTPUT": str(folder),
    }
    try:
        subprocess.run(
            [program, *flags, name],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise TexError(f"pdflatex ran longer than {timeout:g} s.") from None
    log = (folder / name).with_suffix(".log")
    return log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""


def compile_pdf(tex_path: str | os.PathLike[str], *, beside: Iterable[str] = (), timeout: float = 120) -> Path:
    """Compile a document and put the PDF beside it, whole or not at all.

    Args:
        tex_path: the document.
        beside: the files that it includes, relative to it, such as "figures/terms.pdf".
        timeout: seconds for each run.

    Raises:
        TexError: pdflatex is missing, ran too long, or reported an error (the message is in the text).
        OutputError: the document cannot be read, or the PDF not be written.
    """
    source = Path(tex_path)
    target = source.with_suffix(".pdf")
    try:
        with tempfile.TemporaryDirectory(prefix="symgate-tex-") as folder:
            Path(folder, "document.tex").write_bytes(source.read_bytes())
            for name in beside:
                Path(folder, name).parent.mkdir(parents=True, exist_ok=True)
                Path(folder, name).write_bytes((source.parent / name).read_bytes())
            for _ in range(3):  # labels settle in the second run, a longtable in the third
                log = _pdflatex("document.tex", Path(folder), timeout)
                if "Rerun" not in log and "Table widths have changed" not in log:
                    break
            faults = [line.lstrip("! ") for line in log.splitlines() if line.startswith("!")]
            made = Path(folder, "document.pdf")
            if faults or not made.exists():
                raise TexError(f"pdflatex did not accept {source.name}: {(faults or ['no PDF was made'])[0]}")
            pdf = made.read_bytes()
    except OSError as error:
        raise OutputError(f"{target} was not written: {error.strerror or error}.") from None
    return write_atomic(target, pdf)
