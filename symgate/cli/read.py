"""``symgate read``: a whole paper, its recurrences found and its claims judged."""

from __future__ import annotations

import argparse
from argparse import Namespace
from pathlib import Path

from symgate.claims.papers.page import html
from symgate.claims.papers.reader import read_paper
from symgate.claims.recurrence.flows import SCHEMES
from symgate.cli.select import NOTATION, read_notation
from symgate.files import write_atomic
from symgate.notation import Notation

EXAMPLES = (
    "symgate read paper.tex\nsymgate read paper.tex --html paper.html\nsymgate read paper.tex --json > paper.json"
)
DESCRIPTION = (
    "Read a paper: find its equations, sort them into recurrences, definitions, claims and others, and judge every "
    "claim against the recurrence before it.  Exit code 0 if all claims are proved, 1 if any is refuted, 2 if any "
    "is undecided or cannot be read, or if there is nothing to judge."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("paper", type=Path, metavar="PAPER.tex", help="the paper")
    parser.add_argument(
        "--html", type=Path, metavar="FILE", help="write a page with every equation, its mark and the reason"
    )
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.add_argument("--notation", type=Path, metavar="FILE", help=NOTATION)
    parser.add_argument("--discretisation", choices=SCHEMES, help="how differential equations are made discrete")
    parser.set_defaults(run=run)


def run(options: Namespace) -> int:
    """Run the command.

    Raises:
        DefinitionError: the paper or the notation is not of its form.
    """
    notation = read_notation(options.notation) if options.notation else Notation()
    paper = read_paper(options.paper, notation, options.discretisation)
    if options.html:
        write_atomic(options.html, html(paper))
    print(paper.to_json() if options.json else paper)
    return paper.exit_code
