"""The arguments of each command; a command is imported when it is named, so that ``symgate cells`` loads no figures."""

from __future__ import annotations

import argparse
import re
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path

from symgate.version import __version__

_CELL = "a built-in cell (see `symgate cells`), or FILE.py:NAME for your own cell; the file is executed"
_OBJECT = (
    "x, u, W_r, ... for the Jacobian with respect to it (default: the state); vjp:x, vjp:W_r, ... for the "
    "vector-Jacobian product; step for the recurrence itself, cell for the complete cell (export); over time: "
    "transport, adjoint, gradient:W_r, split:retention, expansion:retention:1, remainder:gate:1, rate:retention, "
    "preconditioner, analogy:momentum"
)

Add = Callable[..., argparse.ArgumentParser]


def parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """The parser for these arguments: of the command that they begin with, or of all commands (for help and slips)."""
    whole = _described(
        argparse.ArgumentParser,
        "Exact, proved derivatives of gated recurrences: closed forms for every size, LaTeX and NumPy functions.",
        "symgate cells\nsymgate derive multi_gate\nsymgate derive scalar_gate vjp:w_g --latex\nsymgate report",
        prog="symgate",
    )
    whole.add_argument("--version", action="version", version=f"symgate {__version__}")
    add = whole.add_subparsers(title="commands", metavar="COMMAND", required=True).add_parser
    named = arguments[0] if arguments else ""
    for command in [_COMMANDS[named]] if named in _COMMANDS else _COMMANDS.values():
        command(add)
    return whole


def _cells(add: Add) -> None:
    from symgate.cli import commands

    cells = _described(add, "List the built-in cells: name, equations, source.", "symgate cells", "cells")
    cells.set_defaults(run=commands.cells)


def _derive(add: Add) -> None:
    from symgate.cli import commands

    derive = _described(
        add,
        "Derive one object of a cell and print it.",
        "symgate derive multi_gate\nsymgate derive multi_gate W_r --latex\n"
        "symgate derive scalar_gate vjp:w_g --python\nsymgate derive multi_gate expansion:retention:1 --latex\n"
        "symgate derive my_cells.py:MY_CELL\n"
        "symgate derive --recurrence 'h_t = tanh(W h_{t-1} + U x_t + b)' gradient:W",
        "derive",
    )
    _cell_and_object(derive, "?")
    derive.add_argument("--recurrence", metavar="EQUATIONS", help="the equations of a cell, in place of CELL")
    form = derive.add_mutually_exclusive_group()
    for name, meaning in (
        ("text", "plain text (default)"),
        ("latex", "LaTeX, as a paper prints it"),
        ("python", "a standalone NumPy module"),
    ):
        form.add_argument(f"--{name}", dest="form", action="store_const", const=name, help=meaning)
    derive.set_defaults(run=commands.derive, form="text")


def _verify(add: Add) -> None:
    from symgate.cli import verdicts

    verify = _described(
        add,
        "Derive and verify every object of the cells; print a verdict for each.  Exit code 1 if any is not proved.",
        "symgate verify\nsymgate verify multi_gate scalar_gate\nsymgate verify my_cells.py:MY_CELL",
        "verify",
    )
    verify.add_argument("cells", nargs="*", metavar="CELL", help=f"{_CELL} (default: the five cells of the paper)")
    verify.add_argument("--save", type=Path, metavar="FILE", help="write the certificates, for symgate recheck")
    _jobs(verify)
    verify.set_defaults(run=verdicts.verify)


def _recheck(add: Add) -> None:
    from symgate.cli import recheck

    recheck.add_arguments(_described(add, recheck.DESCRIPTION, recheck.EXAMPLES, "recheck"))


def _check(add: Add) -> None:
    from symgate.cli import check

    check.add_arguments(_described(add, check.DESCRIPTION, check.EXAMPLES, "check"), _CELL)


def _read(add: Add) -> None:
    from symgate.cli import read

    read.add_arguments(_described(add, read.DESCRIPTION, read.EXAMPLES, "read"))


def _certify(add: Add) -> None:
    from symgate.cli import certify

    certify.add_arguments(_described(add, certify.DESCRIPTION, certify.EXAMPLES, "certify"), _CELL)


def _export(add: Add) -> None:
    from symgate.cli import commands
    from symgate.codegen import TARGETS, TRAINED
    from symgate.proof.rocq import ROUTE

    export = _described(
        add,
        "Write one object, or a complete cell, as a standalone module.",
        "symgate export multi_gate x -o jacobian.py\nsymgate export multi_gate vjp:W_r -o vjp.py\n"
        "symgate export leaky step --bind phi=relu -o step.py\nsymgate export gru cell --target numba -o gru.py\n"
        "symgate export gru --target torch -o gru_torch.py",
        "export",
    )
    _cell_and_object(export, optional=True)
    export.add_argument("-o", "--output", required=True, type=Path, metavar="FILE", help="the file to write")
    every = ", ".join([*TARGETS, *TRAINED, ROUTE])
    whole = f"{' and '.join(TRAINED)} write a complete cell, for training"
    export.add_argument("--target", default="numpy", help=f"{every} (default: numpy); {whole}")
    export.set_defaults(run=commands.export)


def _appendix(add: Add) -> None:
    from symgate.cli import appendix

    appendix.add_arguments(_described(add, appendix.DESCRIPTION, appendix.EXAMPLES, "appendix"), _CELL)


def _experiment(add: Add) -> None:
    from symgate.cli import experiment

    experiment.add_arguments(_described(add, experiment.DESCRIPTION, experiment.EXAMPLES, "experiment"), _positive)


def _analyse(add: Add) -> None:
    from symgate.cli import analyse

    analyse.add_arguments(_described(add, analyse.DESCRIPTION, analyse.EXAMPLES, "analyse"), _CELL, _positive)


def _page(add: Add) -> None:
    from symgate.cli import page

    page.add_arguments(_described(add, page.DESCRIPTION, page.EXAMPLES, "page"))


def _report(add: Add) -> None:
    from symgate.cli import verdicts

    report = _described(
        add,
        "The main job: derive and verify every object of the cells, check that planted slips are refuted, and "
        "write a folder with report.tex (and report.pdf if TeX is installed), index.html, certificates.json, "
        "modules/ and figures/.  Exit code 1 if anything is not proved.",
        "symgate report\nsymgate report --out results\nsymgate report gru lstm --out gated",
        "report",
    )
    report.add_argument("cells", nargs="*", metavar="CELL", help=f"{_CELL} (default: the five cells of the paper)")
    report.add_argument(
        "--out", type=Path, default=Path("symgate-report"), metavar="DIR", help="the folder (default: ./symgate-report)"
    )
    _jobs(report)
    report.add_argument(
        "--timings", action="store_true", help="also plot how long derivations take; this differs from run to run"
    )
    report.set_defaults(run=verdicts.report, when_interrupted="; the previous content of the folder is untouched")


#: In the order of the help.
_COMMANDS: dict[str, Callable[[Add], None]] = {
    "cells": _cells,
    "derive": _derive,
    "verify": _verify,
    "recheck": _recheck,
    "check": _check,
    "read": _read,
    "certify": _certify,
    "export": _export,
    "appendix": _appendix,
    "experiment": _experiment,
    "analyse": _analyse,
    "page": _page,
    "report": _report,
}


def _described(
    make: Callable[..., argparse.ArgumentParser], description: str, examples: str, *names: str, **keywords: str
) -> argparse.ArgumentParser:
    """A parser with a description and examples."""
    indented = "\n".join(f"  {line}" for line in examples.splitlines())
    if names:
        keywords["help"] = re.split("[:;.]", description, maxsplit=1)[0]
    return make(
        *names,
        description=textwrap.fill(description, 88),
        epilog=f"examples:\n{indented}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        **keywords,
    )


def _cell_and_object(parser: argparse.ArgumentParser, count: str | None = None, *, optional: bool = False) -> None:
    parser.add_argument("cell", nargs=count, metavar="CELL", help=_CELL)
    parser.add_argument("object", nargs="?" if optional else count, metavar="OBJECT", help=_OBJECT)
    parser.add_argument(
        "--bind",
        action="append",
        default=[],
        metavar="NAME=FUNCTION",
        help="the nonlinearity that numbers use for an opaque function of the cell, such as phi=relu",
    )


def _jobs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--jobs",
        type=_positive,
        default=None,
        metavar="N",
        help="number of processes that verify (default: the number of cores, at most 4)",
    )


def _positive(text: str) -> int:
    """A whole number, at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"a whole number, at least 1; found {text!r}")
    return int(text)
