"""``symgate read``: a whole paper, its recurrences found and its claims judged."""

from __future__ import annotations

import argparse
import tomllib
from argparse import Namespace
from pathlib import Path

from symgate.claims.papers.page import html
from symgate.claims.papers.reader import read_paper
from symgate.claims.recurrence.flows import SCHEMES
from symgate.errors import DefinitionError
from symgate.files import write_atomic
from symgate.notation import Notation, notation_of

EXAMPLES = (
    "symgate read paper.tex\nsymgate read paper.tex --html paper.html\nsymgate read paper.tex --json > paper.json"
)
DESCRIPTION = (
    "Read a paper: its equations are found and sorted into recurrence, definition, claim and the rest, and every claim "
    "is judged against the recurrence before it.  Exit code 0 if all claims are proved, 1 if any is refuted, 2 if any "
    "is undecided or cannot be read, 3 if there is nothing to judge."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("paper", type=Path, metavar="PAPER.tex", help="the paper")
    parser.add_argument(
        "--html", type=Path, metavar="FILE", help="write a page with every equation, its mark and the reason"
    )
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.add_argument("--notation", type=Path, metavar="FILE", help="a TOML file with a [notation] table")
    parser.add_argument("--discretisation", choices=SCHEMES, help="how differential equations are made discrete")
    parser.set_defaults(run=run)


def run(options: Namespace) -> int:
    """Run the command.

    Raises:
        DefinitionError: the paper or the notation is not of its form.
    """
    paper = read_paper(options.paper, notation_in(options.notation), options.discretisation)
    if options.html:
        write_atomic(options.html, html(paper))
    print(paper.to_json() if options.json else paper)
    return paper.exit_code


def notation_in(path: Path | None) -> Notation:
    """The conventions of a file; the default ones for no file.

    Raises:
        DefinitionError: it is not TOML, or has no ``[notation]`` table.
    """
    if path is None:
        return Notation()
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DefinitionError(f"{path} is not TOML: {error}") from None
    if not isinstance(table.get("notation"), dict):
        raise DefinitionError(f"{path} has no [notation] table.")
    return notation_of(table["notation"], f"[notation] of {path}")
