"""The command ``symgate page``: a folder with the page on which one types a recurrence and sees its derivatives."""

from __future__ import annotations

import argparse
from pathlib import Path

from symgate.page.build import build_page

DESCRIPTION = (
    "Write a folder with a web page on which you type a recurrence, see its derivatives and check a formula.  It runs "
    "in the browser (Pyodide), contacts no other host and sends nothing anywhere; any web server can serve it."
)
EXAMPLES = (
    "symgate page --out try-it && python -m http.server --directory try-it\n"
    "symgate page --out try-it --pyodide node_modules/pyodide --wheels wheels"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="the folder: new, empty, or a page")
    parser.add_argument(
        "--pyodide",
        type=Path,
        metavar="DIR",
        help="a folder with the npm package pyodide (default: $SYMGATE_NODE_MODULES/pyodide, else npm installs it)",
    )
    parser.add_argument(
        "--wheels",
        type=Path,
        metavar="DIR",
        help="a folder with wheels of sympy, mpmath and lark (default: the packages that are installed)",
    )
    parser.add_argument(
        "--no-bytecode", action="store_true", help="do not compile the packages: faster to build, slower to open"
    )
    parser.set_defaults(run=write)


def write(options: argparse.Namespace) -> int:
    """Write the folder and say how to open it."""
    page = build_page(options.out, pyodide=options.pyodide, wheels=options.wheels, compile_=not options.no_bytecode)
    print(f"{page.files} files, {page.size / 1e6:.1f} MB -> {options.out}")
    if page.without_bytecode and not options.no_bytecode:
        print(f"without bytecode, so the page opens more slowly: {page.without_bytecode}")
    print(f"open it with: python -m http.server --directory {options.out}")
    return 0
