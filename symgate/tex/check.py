"""Whether formulas are sound LaTeX: a real TeX run over all of them at once, or a strict parser through node.

Node finds temml or katex through ``SYMGATE_NODE_MODULES`` (a ``node_modules`` folder), NODE_PATH, or a
``node_modules`` folder where the program was started.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from symgate.errors import unknown
from symgate.tex.run import Fault, TexError, compile_tex

_PARSERS = ("temml", "katex")
_NODE = r"""
const [engine, definitions, formulas] = JSON.parse(require("fs").readFileSync(0, "utf8"));
const parser = require(engine);
const strict = engine === "katex" ? "error" : true;
const faults = {};
const lines = definitions.matchAll(/\\newcommand\{(\\[A-Za-z]+)\}(?:\[\d\])?\{(.*)\}$/gm);
const known = Object.fromEntries(Array.from(lines, (line) => [line[1], line[2]]));
for (const [name, formula] of Object.entries(formulas)) {
  const plain = formula.replace(/\\label\{[^}]*\}|\\allowdisplaybreaks/g, "");
  try {
    parser.renderToString(plain, {displayMode: true, throwOnError: true, strict, macros: {...known}});
  } catch (error) { faults[name] = String(error.message); }
}
process.stdout.write(JSON.stringify(faults));
"""


@lru_cache(maxsize=1)
def available_checkers() -> tuple[str, ...]:
    """The checkers that are installed, the strictest first: "tex", "temml", "katex"."""
    found = ("tex",) if shutil.which("pdflatex") else ()
    return found + tuple(engine for engine in _PARSERS if shutil.which("node") and _node_finds(engine))


def check_formulas(formulas: Mapping[str, str], *, macros: str = "", checker: str | None = None) -> tuple[Fault, ...]:
    """Check formulas with one checker, by default the first of ``available_checkers``.

    Args:
        formulas: LaTeX by name, without dollar signs, or whole ``equation`` environments.
        macros: definitions that the formulas rely on (``macro_definitions(style)``).
        checker: "tex", "temml" or "katex".

    Returns:
        The faults, in the order of the formulas; empty where every formula is sound.

    Raises:
        TexError: no checker is installed, or the asked one is not.
        UnknownNameError: there is no such checker.
    """
    found = available_checkers()
    if not found:
        raise TexError("No checker of LaTeX is installed: neither pdflatex nor node with temml or katex.")
    checker = checker or found[0]
    if checker not in ("tex", *_PARSERS):
        raise unknown("checker", checker, ("tex", *_PARSERS))
    if checker not in found:
        raise TexError(f"The checker {checker!r} is not installed; found: {', '.join(found)}.")
    return (
        compile_tex(formulas, macros=macros) if checker == "tex" else parse_strictly(formulas, checker, macros=macros)
    )


def parse_strictly(
    formulas: Mapping[str, str], engine: str, *, macros: str = "", timeout: float = 60
) -> tuple[Fault, ...]:
    """Parse every formula with temml or katex, warnings being errors; they have no labels and no pages to break.

    Raises:
        TexError: node or the parser is missing, or the run failed.
    """
    node = shutil.which("node")
    if node is None or engine not in _PARSERS:
        raise TexError(f"The parser {engine!r} needs node and one of {', '.join(_PARSERS)}.")
    request = json.dumps([engine, macros, dict(formulas)])
    try:
        done = subprocess.run(
            [node, "-e", _NODE],
            input=request,
            env=_node_environment(),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise TexError(f"{engine} ran longer than {timeout:g} s.") from None
    if done.returncode:
        raise TexError(f"{engine} did not run: {(done.stderr.strip().splitlines() or ['no message'])[-1]}")
    faults = json.loads(done.stdout)
    return tuple(Fault(name, formulas[name], faults[name]) for name in formulas if name in faults)


def _node_environment() -> dict[str, str]:
    """The environment in which node finds the parsers."""
    places = [
        os.environ.get("SYMGATE_NODE_MODULES", ""),
        os.environ.get("NODE_PATH", ""),
        str(Path.cwd() / "node_modules"),
    ]
    return os.environ | {"NODE_PATH": os.pathsep.join(place for place in places if place)}


def _node_finds(engine: str) -> bool:
    node = shutil.which("node")
    asked = [node or "node", "-e", f"require({engine!r})"]
    return subprocess.run(asked, env=_node_environment(), capture_output=True, timeout=30, check=False).returncode == 0
