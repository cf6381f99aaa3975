"""``symgate check``: a formula that somebody else wrote, or a file of them, proved or refuted."""

from __future__ import annotations

import argparse
import json
from argparse import Namespace
from pathlib import Path

from symgate.claims import Finding, check, load_claims
from symgate.claims.tables import exit_code
from symgate.cli import console
from symgate.cli.select import find_cell
from symgate.errors import DefinitionError

EXAMPLES = (
    'symgate check plain jacobian "diag(dphi(a)) @ W_r"\n'
    "symgate check leaky jacobian --latex '(1-\\alpha) I + \\alpha \\operatorname{diag}(\\phi'\"'\"'(a_t)) W_r'\n"
    "symgate check --file claims.toml"
)
DESCRIPTION = (
    "Check a claim: proved, refuted with a witness and the likely slip, or undecided.  Exit code 0 if all "
    "claims are proved, 1 if any is refuted, 2 if any is undecided or cannot be read."
)


def add_arguments(parser: argparse.ArgumentParser, cell: str) -> None:
    """The arguments of the command."""
    positional = (
        ("cell", "CELL", f"{cell}; with --file, a cell that the file may name"),
        (
            "object",
            "OBJECT",
            "jacobian, u, W_r, vjp:W_r, gradient:W_r, ...; leave it out if FORMULA has a left side",
        ),
        ("claim", "FORMULA", "the right side, or the whole equation"),
    )
    for name, shown, meaning in positional:  # not nargs="?", which would end at the first option in between
        parser.add_argument(name, metavar=shown, help=meaning).required = False
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--latex", dest="form", action="store_const", const="latex", help="the formula is LaTeX")
    form.add_argument("--text", dest="form", action="store_const", const="text", help="the formula is plain text")
    parser.add_argument("--file", type=Path, metavar="FILE", help="a TOML file of claims, all checked together")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.set_defaults(run=run, form=None, cell=None, object=None, claim=None)


def run(options: Namespace) -> int:
    """Run the command.

    Raises:
        DefinitionError: neither a claim nor a file was given, or both.
    """
    if options.claim is None and options.object is not None:  # CELL FORMULA: the left side says which object
        options.object, options.claim = None, options.object
    if (options.file is None) == (options.claim is None):
        raise DefinitionError("Give CELL [OBJECT] FORMULA, or --file claims.toml.")
    if options.file is None:
        finding = check(find_cell(options.cell), options.claim, options.object, form=options.form)
        print(finding.to_json() if options.json else finding)
        return finding.exit_code
    own = find_cell(options.cell) if options.cell else None
    claims = load_claims(options.file, {own.name: own} if own else {})
    findings = [claim.check() for claim in claims]
    pairs = [(finding.verdict, claim.expect) for claim, finding in zip(claims, findings, strict=True)]
    if options.json:
        named = zip(claims, findings, strict=True)
        print(json.dumps([{"name": c.name, "expect": c.expect, **f.to_dict()} for c, f in named], indent=2))
    else:
        _table([claim.name for claim in claims], findings)
        met = sum(verdict == expected for verdict, expected in pairs)
        print(f"{met} of {len(pairs)} claims as expected")
    return exit_code(pairs)


def _table(names: list[str], findings: list[Finding]) -> None:
    """One line for each claim, then every claim that is not proved."""
    rows = [
        (name, finding.cell, finding.object, finding.verdict, finding.slips[0] if finding.slips else "")
        for name, finding in zip(names, findings, strict=True)
    ]
    console.table(("claim", "cell", "object", "verdict", "looks like"), rows)
    for name, finding in zip(names, findings, strict=True):
        if not finding.proved:
            print(f"\n{name}: {finding}")
