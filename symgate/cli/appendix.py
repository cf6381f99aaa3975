"""The command ``symgate appendix``: a cell and its results as LaTeX to be put into a paper."""

from __future__ import annotations

import argparse
from pathlib import Path

from symgate.cli.select import NOTATION, find_cell, read_notation
from symgate.derive import result
from symgate.files import write_atomic
from symgate.proof import verify
from symgate.tex import Style, appendix
from symgate.version import __version__

DESCRIPTION = (
    "Write an appendix ready to be put into a paper with \\input: the recurrence, the results, a notation table, what "
    "was proved and the source as BibTeX.  Exit code 1 if a result is not proved; it is written anyway."
)
EXAMPLES = (
    "symgate appendix gru -o appendix.tex\n"
    "symgate appendix my_cells.py:MY_CELL x gradient:W_r --notation paper.toml --columns 2 -o appendix.tex"
)


def add_arguments(parser: argparse.ArgumentParser, cell_help: str) -> None:
    """The arguments of the command."""
    parser.add_argument("cell", metavar="CELL", help=cell_help)
    parser.add_argument(
        "objects", nargs="*", metavar="OBJECT", help="results, such as x, gradient:W_r (default: the state Jacobian)"
    )
    parser.add_argument("-o", "--output", required=True, type=Path, metavar="FILE", help="the file to write")
    parser.add_argument("--notation", type=Path, metavar="FILE", help=NOTATION)
    parser.add_argument("--columns", type=int, choices=(1, 2), default=1, help="columns of the paper (default: 1)")
    parser.add_argument("--bind", action="append", default=[], metavar="NAME=FUNCTION", help="as for derive")
    parser.set_defaults(run=write)


def write(options: argparse.Namespace) -> int:
    """Derive, judge and write."""
    cell = find_cell(options.cell, options.bind)
    results = [result(cell, name) for name in options.objects or ["jacobian"]]
    notation = read_notation(options.notation) if options.notation else None
    certificates = [verify(item) for item in results]
    statements = {item.name: certificate.statement for item, certificate in zip(results, certificates, strict=True)}
    text = appendix(
        cell,
        results,
        statements=statements,
        notation=notation,
        columns=options.columns,
        version=__version__,
        style=Style(),
    )
    write_atomic(options.output, text)
    print(f"{cell.name}: {len(results)} {'result' if len(results) == 1 else 'results'} -> {options.output}")
    unproved = [item.name for item, certificate in zip(results, certificates, strict=True) if not certificate.proved]
    for name in unproved:
        print(f"{name} is not proved: {statements[name]}")
    return int(bool(unproved))
